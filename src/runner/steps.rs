//! One step of a scenario → what is done in the browser, and what is waited for.

use fixtures_server::Exchange;
use fixtures_server::page::PageUrl;
use serde::Serialize;
use serde_json::{Value, json};

use super::element::Doing;
use super::error::UnitError;
use super::flow::{DOCUMENT, Flow};
use super::seen::{Opened, Relation, Role};
use crate::browser::Browser;
use crate::fact::FactKind;
use crate::feature::Feature;
use crate::observation::{Event, without_query};
use crate::scenario::{Fill, Key, Navigate, Open, Opening, Popup, Send, Step, Submit};

/// A script of a scenario means a page that is all there.
const PARSED: &str = "if (document.readyState === 'loading') await new Promise((go) => \
    document.addEventListener('DOMContentLoaded', go, { once: true }));\n";

impl Flow<'_> {
    /// Does one step.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), UnitError> {
        match step {
            Step::Open(step) => self.open(step).await,
            Step::Popup(step) => self.popup(step).await,
            Step::Login(step) => self.login(step).await,
            Step::AwaitLogin(step) if step.signs().is_empty() => self.await_login(&step.r#in).await,
            Step::AwaitLogin(step) => self.await_signs(step).await,
            Step::Frame(step) => self.frame(step).await,
            Step::Navigate(step) => self.navigate(step).await,
            Step::Back(step) => {
                self.act_in(&step.r#in).await?;
                self.session.back().await?;
                self.after_back(&step.r#in).await
            }
            Step::Fetch(step) => self.fetch(step).await,
            Step::Load(step) => self.load(step).await,
            Step::Submit(step) => self.submit(step).await,
            Step::Send(step) => self.send(step).await,
            Step::Click(step) => {
                self.on_element(&step.r#in, &step.on, Doing::Click).await?;
                self.after_input(&step.r#in).await
            }
            Step::Fill(step) => self.fill(step).await,
            Step::Press(step) => {
                self.on_element(&step.r#in, &step.on, Doing::Press(key_code(step.key))).await?;
                self.after_input(&step.r#in).await
            }
            Step::Select(step) => {
                self.on_element(&step.r#in, &step.on, Doing::Select(&step.value)).await?;
                self.after_input(&step.r#in).await
            }
            Step::Wait(step) => self.wait(step).await,
            Step::Evaluate(step) => {
                self.enter(&step.r#in).await?;
                let script = format!("{PARSED}{}", step.script);
                let value = self.session.evaluate(&script, Vec::new()).await?;
                let text = match value {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                self.facts.insert(&step.r#as, FactKind::Value, self.names.text(&text));
                Ok(())
            }
            Step::Screenshot(step) => {
                self.enter(&step.r#in).await?;
                let picture = self.session.screenshot().await?;
                self.screenshots.push((step.r#as.clone(), picture));
                Ok(())
            }
            Step::Close(step) => {
                self.enter(&step.r#in).await?;
                self.session.close_window().await?;
                self.leave();
                self.seen.window_mut(&step.r#in).closed_by_user = true;
                self.note(self.elapsed(), &step.r#in, None, Event::Closed { user: true });
                Ok(())
            }
        }
    }

    /// A page that goes takes its handles with it: what they are worth must be known before.
    async fn before_leaving(&mut self, name: &str) -> Result<(), UnitError> {
        let opened_here = |role: &Role| matches!(role, Role::Popup { from, .. } if from == name);
        let popups = self.seen.windows.iter().filter(|(_, window)| opened_here(&window.role));
        let popups: Vec<String> = popups.map(|(popup, _)| popup.clone()).collect();
        for popup in popups {
            self.let_finish(&popup).await?;
            self.relate(&popup).await?;
        }
        Ok(())
    }

    /// Enters a window in which the step at hand may bring up a document.
    pub(super) async fn act_in(&mut self, name: &str) -> Result<(), UnitError> {
        self.absorb();
        self.seen.active = name.to_owned();
        self.enter(name).await
    }

    /// Puts down in which document a step takes place.
    pub(super) fn act_by(&mut self, step: &str, window: &str) {
        if let Some(id) = self.seen.window(window).last().and_then(|document| document.id) {
            self.acted_in.push((step.to_owned(), id));
        }
    }

    /// After a user's action: the window may show another page now, or be gone.
    pub(super) async fn after_input(&mut self, name: &str) -> Result<(), UnitError> {
        let requests = self.exchanges.len();
        if !matches!(self.seen.window(name).role, Role::Frame { .. }) && !self.is_open(name).await?
        {
            self.leave();
            return Ok(());
        }
        let leaving = "return window.__coopwright?.leaving === true";
        if self.session.execute(leaving, Vec::new()).await.is_ok_and(|leaving| leaving == true) {
            let what = format!("the form in `{name}` to be sent");
            self.await_answer(requests, &what, |_| true).await?;
        }
        match self.arrive(name).await {
            Err(UnitError::Browser(crate::browser::BrowserError::NoWindow { .. })) => {
                self.leave();
                Ok(())
            }
            other => other,
        }
    }

    /// Waits for a form's answer and, where it is a page of ours, for that page: until it is shown the driver
    /// still sees the old one. `requests` is the number of requests before the form was sent.
    async fn await_answer(
        &mut self,
        requests: usize,
        what: &str,
        is_form: impl Fn(&Exchange) -> bool,
    ) -> Result<(), UnitError> {
        let (id, shows, page) = self
            .until(what, |flow| {
                let mut new = flow.exchanges.iter().skip(requests);
                let found = new.find(|exchange| exchange.status > 0 && is_form(exchange))?;
                Some((found.id, found.is_redirect() || found.shows(), found.page.clone()))
            })
            .await?;
        if shows && page.parse().is_ok_and(|page| self.speaks(&page)) {
            let shown = |flow: &Self| {
                flow.seen.windows.values().any(|window| window.last_id() >= Some(id)).then_some(())
            };
            self.until(what, shown).await?;
        }
        Ok(())
    }

    /// Looks at the page to which a window has gone back. WebKitGTK's window may be dead then.
    async fn after_back(&mut self, name: &str) -> Result<(), UnitError> {
        let look = self.session.execute(DOCUMENT, Vec::new());
        // Long enough for any machine on which the unit itself could end in time.
        let limit = self.remaining() / 2;
        match tokio::time::timeout(limit, look).await {
            Err(_) => Err(UnitError::Lacks(Feature::BackOverSwitch)),
            Ok(looked) => {
                looked?;
                self.arrive(name).await
            }
        }
    }

    async fn open(&mut self, step: &Open) -> Result<(), UnitError> {
        self.before_leaving(&step.r#in).await?;
        self.act_in(&step.r#in).await?;
        let before = self.seen.window(&step.r#in).last_id();
        let url = self.url(&step.url);
        if self.ground.is_watched() && !self.speaks(&step.url) {
            return self.open_watched(&step.r#in, &url, &step.url).await;
        }
        self.session.goto(&url).await?;
        if !self.speaks(&step.url) {
            return self.arrive(&step.r#in).await;
        }
        // The driver has loaded the page here, so it is this window's without a look.
        let what = format!("{} to report itself", step.url);
        let name = &step.r#in;
        let new = |flow: &Self| flow.seen.window(name).last_id().filter(|id| Some(*id) > before);
        let id = self.until(&what, new).await?;
        self.seen.claim(name, id);
        Ok(())
    }

    async fn navigate(&mut self, step: &Navigate) -> Result<(), UnitError> {
        self.before_leaving(&step.r#in).await?;
        self.act_in(&step.r#in).await?;
        let before = self.seen.window(&step.r#in).last_id();
        let url = self.url(&step.url);
        self.session.execute("location.assign(arguments[0])", vec![json!(url)]).await?;
        if self.speaks(&step.url) {
            let name = step.r#in.clone();
            let what = format!("`{name}` to show {}", step.url);
            self.until(&what, |flow| (flow.seen.window(&name).last_id() > before).then_some(()))
                .await?;
        }
        self.after_input(&step.r#in).await
    }

    /// Puts a mark into the session's storage, of which a popup may get a copy, in time for that.
    pub(super) async fn mark(&mut self, from: &str, popup: &str) -> Result<(), UnitError> {
        if self.session.browser() == Browser::Webkit {
            self.agent(from, "mark(given)", json!({ "as": popup })).await?;
        }
        Ok(())
    }

    async fn popup(&mut self, step: &Popup) -> Result<(), UnitError> {
        let given = json!({ "as": step.r#as, "url": self.url(&step.url), "how": word(&step.how) });
        self.enter(&step.from).await?;
        self.mark(&step.from, &step.r#as).await?;
        self.absorb();
        self.seen.add(&step.r#as, Role::Popup { from: step.from.clone(), how: step.how });
        let opened = self.agent(&step.from, "open(given)", given).await?;
        self.seen.window_mut(&step.r#as).opened = opened_from(&opened);
        if step.how == Opening::BlankThenAssign && opened == "null" {
            // The window is there and stays empty: nobody has a handle to navigate it by.
            self.facts.insert(&step.r#as, FactKind::Handle, "null");
            return Ok(());
        }
        self.await_popup(&step.r#as, &step.url).await
    }

    /// Waits for a popup's first document, finds its window, and looks at the link.
    pub(super) async fn await_popup(&mut self, name: &str, url: &PageUrl) -> Result<(), UnitError> {
        if self.speaks(url) {
            let limit = self.remaining();
            let shown = |flow: &Self| flow.seen.window(name).last().map(drop);
            if self.within(limit, shown).await?.is_none() {
                return Err(self.no_popup(name, url).await);
            }
        } else {
            let requests = self.exchanges.len();
            let path = url.without_query();
            let what = format!("popup `{name}` to ask for {url}");
            self.until(&what, |flow| {
                let mut new = flow.exchanges.iter().skip(requests.saturating_sub(1));
                new.any(|exchange| without_query(&exchange.page) == path && exchange.status > 0)
                    .then_some(())
            })
            .await?;
        }
        // A popup that closes itself at once may be gone already.
        let unknown = self.unknown_windows().await?;
        if let [window] = &unknown[..] {
            self.seen.window_mut(name).handle = Some(window.clone());
        }
        if !self.speaks(url) {
            self.arrive(name).await?;
        }
        // A cut must be known before the next step; a link that holds is looked at in the end.
        if self.seen.window(name).last().is_some_and(|last| last.has_opener == Some(false)) {
            self.relate(name).await?;
        }
        Ok(())
    }

    /// Says what was seen in place of a popup.
    async fn no_popup(&mut self, name: &str, url: &PageUrl) -> UnitError {
        let path = url.without_query();
        let asked = self.exchanges.iter().rfind(|exchange| without_query(&exchange.page) == path);
        let asked = match asked.map(|exchange| exchange.status) {
            None => format!("nobody asked for {path}"),
            Some(0) => format!("{path} was asked for and not answered"),
            Some(status) => format!("{path} was asked for and answered with {status}"),
        };
        let unknown = self.unknown_windows().await.map_or(0, |windows| windows.len());
        let opened = match self.seen.window(name).opened {
            Opened::Handle => "`window.open` gave a handle",
            Opened::Null => "`window.open` gave null",
            Opened::Nothing => "it was to be opened by a link or form",
        };
        let windows = match unknown {
            0 => "the driver sees no new window",
            _ => "the driver sees a new window, but no page of the scenario reported from it",
        };
        UnitError::NoPopup {
            window: name.to_owned(),
            seen: format!("{opened}, {windows}, and {asked}"),
        }
    }

    async fn submit(&mut self, step: &Submit) -> Result<(), UnitError> {
        self.act_in(&step.r#in).await?;
        let requests = self.exchanges.len();
        if let Some(popup) = &step.popup {
            let role = Role::Popup { from: step.r#in.clone(), how: Opening::Link };
            self.seen.add(popup, role);
        }
        let given = json!({ "as": step.popup, "url": self.url(&step.url), "fields": step.fields });
        self.agent(&step.r#in, "submit(given)", given).await?;
        let path = step.url.without_query();
        let what = format!("the form to arrive at {}", step.url);
        let is_form = |e: &Exchange| e.method == "POST" && without_query(&e.page) == path;
        self.await_answer(requests, &what, is_form).await?;
        match &step.popup {
            Some(popup) => self.await_popup(popup, &step.url).await,
            None => self.after_input(&step.r#in).await,
        }
    }

    async fn send(&mut self, step: &Send) -> Result<(), UnitError> {
        let target = match step.target.as_str() {
            "*" => "*",
            site => self.ground.origin(site).expect("the scenario's check has seen this site"),
        };
        let given = json!({ "to": step.to, "message": { "type": step.r#type }, "target": target });
        let receiver = match &self.seen.window(&step.from).role {
            Role::Popup { from, .. } if step.to == "opener" => from.clone(),
            _ => step.to.clone(),
        };
        let fences = self.seen.windows.get(&receiver).map_or(0, |window| window.fences.len());
        let outcome = self.agent(&step.from, "send(given)", given).await?;
        let cut = self
            .seen
            .windows
            .get(&step.to)
            .is_some_and(|popup| popup.relation == Some(Relation::ReadsClosed));
        if outcome == "sent" && !cut {
            let what = format!("the message from `{}` to pass", step.from);
            self.until(&what, |flow| {
                (flow.seen.windows.get(&receiver)?.fences.len() > fences).then_some(())
            })
            .await?;
        }
        Ok(())
    }

    async fn fill(&mut self, step: &Fill) -> Result<(), UnitError> {
        let text = match step.with.strip_prefix("env:") {
            Some(name) => {
                let value = (self.variable)(name);
                let value = value.ok_or_else(|| UnitError::NoVariable(name.to_owned()))?;
                self.names.hide(&value);
                value
            }
            None => step.with.clone(),
        };
        self.on_element(&step.r#in, &step.on, Doing::Fill(&text)).await?;
        self.after_input(&step.r#in).await
    }
}

pub(super) fn opened_from(answer: &Value) -> Opened {
    match answer.as_str() {
        Some("handle") => Opened::Handle,
        Some("null") => Opened::Null,
        _ => Opened::Nothing,
    }
}

/// A closed choice as the word that stands for it in files, which the agent takes, too.
pub(super) fn word(choice: &impl Serialize) -> Value {
    serde_json::to_value(choice).unwrap_or_default()
}

/// WebDriver, section 17.4.2 "Keyboard actions": the code points of keys.
fn key_code(key: Key) -> &'static str {
    match key {
        Key::Enter => "\u{E007}",
        Key::Tab => "\u{E004}",
        Key::Escape => "\u{E00C}",
        Key::Space => " ",
    }
}
