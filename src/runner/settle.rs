//! The end of a unit: lets every window come to rest, takes the last looks, and clears the stage.

use std::time::Duration;

use fixtures_server::page::{PageUrl, Serve};

use super::error::UnitError;
use super::flow::Flow;
use super::observer::is_foreign;
use super::seen::Role;
use crate::browser::{BrowserError, WindowId};
use crate::observation::Event;
use crate::scenario::Step;

/// How long a page that hands a result on may at least take to say how that went.
const HANDING_ON: Duration = Duration::from_secs(1);
/// How long a window may at least take to close itself.
const CLOSING: Duration = Duration::from_secs(2);
/// How long a popup that is not ours is at least given to close itself: what is open then stays so.
const GOING: Duration = Duration::from_millis(500);
/// How long answers that are on their way are at least waited for when the steps are over.
const ON_THE_WAY: Duration = Duration::from_secs(2);

impl Flow<'_> {
    /// After the last step: waits for what is still on its way, and looks at every window once more.
    pub(super) async fn settle(&mut self) -> Result<(), UnitError> {
        self.absorb();
        // A page that is not ours says nothing of what it is about to do; what it asks for is known.
        self.within(self.patience(ON_THE_WAY), |flow| (!flow.ground.is_busy()).then_some(()))
            .await?;
        let names: Vec<String> = self.seen.windows.keys().cloned().collect();
        for name in &names {
            let window = self.seen.window(name);
            if window.relation.is_none() && !window.closed_by_user {
                self.relate(name).await?;
            }
        }
        // The last first: the driver is most likely there, and what it finds there may make a visit to
        // the first window needless.
        for name in self.tops().into_iter().rev() {
            let known = self.seen.window(&name).role == Role::Main
                && !self.is_in(&name)
                && self.seen.all_verified();
            if !known && self.is_open(&name).await? {
                match self.arrive(&name).await {
                    // It closed itself between the two looks.
                    Err(UnitError::Browser(BrowserError::NoWindow { .. })) => self.leave(),
                    other => other?,
                }
            }
            self.let_finish(&name).await?;
            self.let_go(&name).await?;
            let open = self.is_open(&name).await?;
            if open {
                self.count_document(&name);
            }
            self.seen.window_mut(&name).open = Some(open);
            if !open && !self.seen.window(&name).closed_by_user {
                self.note(self.elapsed(), &name, None, Event::Closed { user: false });
            }
        }
        for name in &names {
            self.relate(name).await?;
            self.await_shared_memory(name).await?;
        }
        self.leave_out_others().await?;
        self.look_before_closing().await;
        for name in self.tops() {
            if matches!(self.seen.window(&name).role, Role::Popup { .. }) {
                self.try_self_close(&name).await?;
            }
        }
        Ok(())
    }

    /// Windows and popups, frames left out.
    pub(super) fn tops(&self) -> Vec<String> {
        let is_top = |role: &Role| !matches!(role, Role::Frame { .. });
        let tops = self.seen.windows.iter().filter(|(_, window)| is_top(&window.role));
        tops.map(|(name, _)| name.clone()).collect()
    }

    /// A page that hands a result on says how it went, and may then close itself.
    pub(super) async fn let_finish(&mut self, name: &str) -> Result<(), UnitError> {
        let serve = |flow: &Self| {
            let page: PageUrl = flow.seen.window(name).last()?.page.parse().ok()?;
            flow.page(&page)?.serve.clone()
        };
        let Some(serve) = serve(self) else { return Ok(()) };
        let clicked = self
            .unit
            .steps
            .iter()
            .any(|step| matches!(step, Step::Click(click) if click.r#in == name));
        let hands_on = match serve {
            Serve::Callback(_) | Serve::Sso | Serve::Dashboard => true,
            Serve::Payment => clicked,
            _ => false,
        };
        if hands_on {
            self.within(self.patience(HANDING_ON), |flow| {
                flow.seen.window(name).last().and_then(|last| last.returned.as_ref()).map(drop)
            })
            .await?;
        }
        let Some(last) = self.seen.window(name).last().cloned() else { return Ok(()) };
        let returned = last.returned.as_ref();
        let sent = returned.is_some_and(|returned| returned.outcome == "sent");
        if sent && returned.is_some_and(|returned| returned.via.starts_with("opener")) {
            // Its message is still to be judged; the fence behind it says when it has arrived.
            let Role::Popup { from, .. } = self.seen.window(name).role.clone() else {
                return Ok(());
            };
            let origin = self.origin_of(&last);
            self.within(self.patience(HANDING_ON), |flow| {
                flow.seen.window(&from).fences.contains(&origin).then_some(())
            })
            .await?;
        }
        let closes = match serve {
            Serve::Callback(callback) => callback.closes,
            Serve::Payment => true,
            _ => false,
        };
        if sent && closes {
            self.await_gone(name).await?;
        }
        Ok(())
    }

    /// A popup that is not ours may be about to close, and does not say so.
    async fn let_go(&mut self, name: &str) -> Result<(), UnitError> {
        let window = self.seen.window(name);
        let is_popup = matches!(window.role, Role::Popup { .. }) && !window.closed_by_user;
        if is_popup && window.last().is_some_and(is_foreign) {
            self.gone_within(name, self.patience(GOING)).await?;
        }
        Ok(())
    }

    /// Waits until the driver does not see the window any more; gives whether that came about.
    async fn await_gone(&mut self, name: &str) -> Result<bool, UnitError> {
        self.gone_within(name, self.patience(CLOSING)).await
    }

    async fn gone_within(&mut self, name: &str, limit: Duration) -> Result<bool, UnitError> {
        let end = self.remaining().saturating_sub(limit);
        while self.is_open(name).await? {
            if self.remaining() <= end {
                return Ok(false);
            }
            self.pause("a window to close").await?;
        }
        self.leave();
        Ok(true)
    }

    async fn await_shared_memory(&mut self, name: &str) -> Result<(), UnitError> {
        let pending = |flow: &Self| {
            let window = flow.seen.window(name);
            let gone = window.open == Some(false);
            window.last().is_some_and(|last| {
                last.has_shared_memory
                    && last.id.is_some()
                    && !is_foreign(last)
                    && last.shared_memory.is_none()
                    && !gone
            })
        };
        if pending(self) {
            let what = format!("the worker in `{name}` to try shared memory");
            self.until(&what, |flow| (!pending(flow)).then_some(())).await?;
        }
        Ok(())
    }

    /// Whether `window.close()` inside the popup closes it. Asked last, for it may end the popup.
    async fn try_self_close(&mut self, name: &str) -> Result<(), UnitError> {
        let window = self.seen.window(name);
        // What is not ours is left as it is.
        if window.closed_by_user || window.last().is_some_and(is_foreign) {
            return Ok(());
        }
        if window.open == Some(false) {
            self.seen.window_mut(name).self_close = Some(true);
            return Ok(());
        }
        self.enter(name).await?;
        match self.session.execute("window.close()", Vec::new()).await {
            // Where the window closes at once, WebKitGTK's driver finds no result to read.
            Ok(_) | Err(BrowserError::NoWindow { .. } | BrowserError::DocumentGone { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let closed = self.await_gone(name).await?;
        self.seen.window_mut(name).self_close = Some(closed);
        Ok(())
    }

    /// Closes every window but the first, so that the next unit finds the session as this one did. The
    /// first window is given back; it is a new one where the unit has closed the old.
    pub(super) async fn clear(&mut self, main: &WindowId) -> Result<WindowId, UnitError> {
        let windows = self.session.windows().await?;
        let mut main = main.clone();
        if !windows.contains(&main) {
            if let Some(other) = windows.first() {
                self.session.switch_to(other).await?;
            }
            main = self.session.new_window().await?;
        }
        for window in windows.iter().filter(|window| **window != main) {
            match self.close(window).await {
                Ok(()) | Err(BrowserError::NoWindow { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.leave();
        self.session.switch_to(&main).await?;
        Ok(main)
    }

    async fn close(&self, window: &WindowId) -> Result<(), BrowserError> {
        self.session.switch_to(window).await?;
        self.session.close_window().await
    }
}
