//! The relation of an opener and its popup: what the opener's handle is worth.

use std::time::Duration;

use serde_json::json;

use super::error::UnitError;
use super::flow::Flow;
use super::observer::is_foreign;
use super::seen::{Opened, Relation, Role};
use crate::browser::BrowserError;
use crate::scenario::Step;

/// How long a handle may be silent at least before it counts as neither live nor closed.
const SILENCE: Duration = Duration::from_secs(3);

impl Flow<'_> {
    /// Finds out what the opener's handle is worth now. Both answers are proved: `live` by an answer
    /// through the handle, `reads-closed` by `popup.closed`.
    pub(super) async fn relate(&mut self, popup: &str) -> Result<(), UnitError> {
        let window = self.seen.window(popup);
        let Role::Popup { from, .. } = &window.role else { return Ok(()) };
        let from = from.clone();
        let unchanged = window.related_at == window.documents.len() && window.open != Some(false);
        match window.relation {
            _ if window.opened != Opened::Handle => return Ok(()),
            // A cut is never mended, and only another document can cut a live link.
            Some(Relation::ReadsClosed) => return Ok(()),
            Some(Relation::Live) if unchanged => return Ok(()),
            _ => {}
        }
        let limit = self.patience(SILENCE).as_millis();
        let given = json!({ "as": popup, "limit": u64::try_from(limit).unwrap_or(0) });
        let answer = match self.agent(&from, "relation(given)", given).await {
            Ok(answer) => answer,
            // The opener is gone or shows another page: its handle is gone with it.
            Err(UnitError::NoAgent { .. } | UnitError::WindowGone { .. })
            | Err(UnitError::Browser(BrowserError::NoWindow { .. })) => return Ok(()),
            Err(error) => return Err(error),
        };
        let last = self.seen.window(popup).last();
        let relation = match answer.as_str() {
            Some("live") => Relation::Live,
            Some("reads-closed") => Relation::ReadsClosed,
            // A page without an agent cannot answer; its own opener speaks for the link.
            Some("silent")
                if last.is_some_and(|last| {
                    (last.id.is_none() || is_foreign(last)) && last.has_opener == Some(true)
                }) =>
            {
                Relation::Live
            }
            // Neither can the observer ask it anything.
            Some("reads-open") => match last.and_then(|last| last.has_opener) {
                Some(true) => Relation::Live,
                Some(false) => return self.await_cut(popup, &from).await,
                None => return Ok(()),
            },
            // The opener has navigated, so the handle belongs to a page that is no more.
            Some("none") => return Ok(()),
            _ => return Err(UnitError::NeitherLiveNorClosed { window: popup.to_owned() }),
        };
        self.put_relation(popup, &from, relation).await
    }

    /// The popup says that its link is cut: its opener will read so in a moment.
    async fn await_cut(&mut self, popup: &str, from: &str) -> Result<(), UnitError> {
        let end = self.remaining().saturating_sub(self.patience(SILENCE));
        loop {
            let answer = self.agent(from, "relation(given)", json!({ "as": popup })).await?;
            if answer == "reads-closed" {
                return self.put_relation(popup, from, Relation::ReadsClosed).await;
            }
            if self.remaining() <= end {
                return Err(UnitError::NeitherLiveNorClosed { window: popup.to_owned() });
            }
            self.pause("a cut handle to read closed").await?;
        }
    }

    async fn put_relation(
        &mut self,
        popup: &str,
        from: &str,
        relation: Relation,
    ) -> Result<(), UnitError> {
        let window = self.seen.window_mut(popup);
        window.relation = Some(relation);
        window.related_at = window.documents.len();
        // What the opener's own poll makes of it must be known before the next step changes the scene.
        if relation == Relation::ReadsClosed && self.watches_closed(from) {
            let what = format!("the login in `{from}` to notice that `{popup}` reads closed");
            self.until(&what, |flow| flow.seen.window(from).login.as_ref().map(drop)).await?;
        }
        Ok(())
    }

    fn watches_closed(&self, window: &str) -> bool {
        self.unit.steps.iter().any(|step| {
            matches!(step, Step::Login(login) if login.from == window && login.watches_closed)
        })
    }
}
