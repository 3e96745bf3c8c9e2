//! The login steps: what a client library starts, and how one knows that it is over.

use std::time::Duration;

use fixtures_server::page::Serve;
use serde_json::json;

use super::error::UnitError;
use super::flow::Flow;
use super::seen::Role;
use super::steps::{opened_from, word};
use crate::scenario::Login;

/// How long a result may at least be on its way over a channel that gives no sign of its end.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

impl Flow<'_> {
    /// Starts the login in the app, and waits for what it opens.
    pub(super) async fn login(&mut self, step: &Login) -> Result<(), UnitError> {
        let origin = match step.checks.origin.as_deref() {
            Some("any") => "*",
            Some(site) => {
                self.ground.origin(site).expect("the scenario's check has seen this site")
            }
            None => self.ground.origin(step.callback.site()).unwrap_or_default(),
        };
        let record = self.unit.plan.pages.iter().find(|(url, page)| {
            matches!(page.serve, Some(Serve::LoginRecord)) && url.site() == step.callback.site()
        });
        let given = json!({
            "at": self.url(&step.at),
            "token": self.url(&step.token),
            "callback": self.url(&step.callback),
            "record": record.map(|(url, _)| self.url(url)),
            "as": step.r#as,
            "how": word(&step.how),
            "returns": word(&step.returns),
            "checks": { "origin": origin, "type": step.checks.r#type, "state": step.checks.state },
            "watchesClosed": step.watches_closed,
        });
        self.act_in(&step.from).await?;
        self.absorb();
        let app = self.seen.window_mut(&step.from);
        app.login_began = Some(app.fences.len());
        let Some(popup) = &step.r#as else {
            let before = self.seen.window(&step.from).last_id();
            self.agent(&step.from, "login(given)", given).await?;
            let what = format!("`{}` to leave for {}", step.from, step.at);
            let shown =
                |flow: &Self| (flow.seen.window(&step.from).last_id() > before).then_some(());
            self.until(&what, shown).await?;
            return self.arrive(&step.from).await;
        };
        self.mark(&step.from, popup).await?;
        self.seen.add(popup, Role::Popup { from: step.from.clone(), how: step.how });
        let opened = self.agent(&step.from, "login(given)", given).await?;
        self.seen.window_mut(popup).opened = opened_from(&opened);
        self.await_popup(popup, &step.at).await
    }

    /// Waits until the login has ended, or until nothing is left on which its result could come.
    pub(super) async fn await_login(&mut self, name: &str) -> Result<(), UnitError> {
        let what = format!("the login in `{name}` to end");
        let over = self.until(&what, |flow| flow.login_over(name)).await?;
        if !over {
            // Sent on a channel that does not tell when it is empty.
            self.within(self.patience(ON_ITS_WAY), |flow| {
                flow.seen.window(name).login.as_ref().map(drop)
            })
            .await?;
        }
        Ok(())
    }

    /// `true`: it has ended or cannot end any more. `false`: its result was sent off.
    fn login_over(&self, name: &str) -> Option<bool> {
        let app = self.seen.window(name);
        if app.login.is_some() {
            return Some(true);
        }
        let popups = self
            .seen
            .windows
            .values()
            .filter(|window| matches!(&window.role, Role::Popup { from, .. } if from == name));
        let (document, returned) = popups
            .chain([app])
            .flat_map(|window| window.documents.iter().rev())
            .find_map(|document| Some((document, document.returned.as_ref()?)))?;
        let returned_from = self.origin_of(document);
        if returned.outcome != "sent" {
            return Some(true);
        }
        if returned.via.starts_with("opener") {
            // The fence came after the message: it is here, or was never delivered.
            let began = app.login_began.unwrap_or(0);
            if !app.fences[began..].contains(&returned_from) {
                return None;
            }
            let judged = |verdict: &str| {
                app.messages
                    .iter()
                    .any(|m| m.verdict.as_deref().is_some_and(|v| v.starts_with(verdict)))
            };
            let unjudged = app.messages.iter().any(|message| message.verdict.is_none());
            return (!judged("accepted") && !unjudged).then_some(true);
        }
        Some(false)
    }
}
