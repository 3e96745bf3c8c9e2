//! A unit while it runs: the session that drives it, the stage that serves it, and what was seen.
//!
//! The ground that [`steps`](super::steps) and [`settle`](super::settle) stand on: entering windows,
//! talking to a page's agent, and waiting. Every wait is for something that happens, with the unit's
//! deadline as its end, and notices a browser that is gone.

use std::time::{Duration, Instant};

use fixtures_server::Exchange;
use fixtures_server::page::{Page, PageUrl, Serve};
use serde_json::Value;

use super::error::UnitError;
use super::ground::{Ground, News};
use super::looks::Looks;
use super::observer::{OBSERVER, Watched};
use super::seen::{Document, Role, Seen};
use super::timeline::Heard;
use crate::browser::{BrowserError, Session, WindowId};
use crate::fact::Facts;
use crate::observation::{Event, Names, Observation, site_of_page, without_query};
use crate::scenario::{MAIN, Unit};

/// Between two looks at the driver while waiting for something else: only to notice that it is gone.
const LIFE_SIGN: Duration = Duration::from_millis(250);
/// Between two looks at something that only the driver can tell, at least.
const LOOK: Duration = Duration::from_millis(5);
/// The same at most. Looking costs the browser time, and who has waited long can wait a little longer.
const LONG_LOOK: Duration = Duration::from_millis(50);
/// The same at most where documents are known by looking only.
const LONG_BLIND_LOOK: Duration = Duration::from_millis(20);
/// The part of what a step has taken so far that lies between two looks.
const LOOKS: u32 = 20;
/// How long a unit whose time is over may take to say what it saw.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// The number of the document that is there, if it is one of ours.
pub(super) const DOCUMENT: &str = "return window.__coopwright?.config?.doc ?? null";

/// What a page tells of itself where it has no agent.
const PROBE: &str = "return { opener: window.opener !== null, name: window.name, \
    isolated: window.crossOriginIsolated === true, secure: window.isSecureContext, \
    sharedMemory: typeof SharedArrayBuffer !== 'undefined', url: location.href }";

/// A unit while it runs.
pub(super) struct Flow<'a> {
    pub(super) unit: &'a Unit,
    pub(super) session: &'a Session,
    pub(super) ground: Ground,
    pub(super) names: Names,
    pub(super) watched: Watched,
    pub(super) seen: Seen,
    /// Facts that a step knows at once: fetches, resources, evaluations.
    pub(super) facts: Facts,
    /// The document in which a fetch or load took place, by the step's name.
    pub(super) acted_in: Vec<(String, u64)>,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) timeline: Vec<Heard>,
    pub(super) screenshots: Vec<(String, Vec<u8>)>,
    /// When pictures of all windows are taken, and those that were.
    pub(super) looks: Looks,
    pub(super) pictures: Vec<(String, Vec<u8>)>,
    pub(super) limit: Duration,
    /// Looks up an environment variable.
    pub(super) variable: fn(&str) -> Option<String>,
    began: Instant,
    end: Instant,
    /// When the step at work began.
    step_began: Instant,
    /// The window that is the driver's current one, at its top document.
    current: Option<String>,
}

impl<'a> Flow<'a> {
    /// A unit that is about to begin in the session's window `main`.
    pub(super) fn new(
        unit: &'a Unit,
        session: &'a Session,
        ground: Ground,
        main: WindowId,
        limit: Duration,
        variable: fn(&str) -> Option<String>,
    ) -> Self {
        let began = Instant::now();
        Self {
            unit,
            session,
            names: ground.names(),
            ground,
            watched: Watched::default(),
            seen: Seen::new(MAIN, main),
            facts: Facts::default(),
            acted_in: Vec::new(),
            exchanges: Vec::new(),
            timeline: Vec::new(),
            screenshots: Vec::new(),
            looks: Looks::Never,
            pictures: Vec::new(),
            limit,
            variable,
            began,
            end: began + limit,
            step_began: began,
            current: None,
        }
    }

    /// The unit from its first step to its last look. The deadline is the unit's, whatever hangs.
    pub(super) async fn perform(&mut self) -> Result<Observation, UnitError> {
        let limit = self.limit;
        let unit = self.unit;
        let whole = async {
            for (number, step) in unit.steps.iter().enumerate() {
                self.step_began = Instant::now();
                self.step(step).await.map_err(|error| error.in_step(number, step))?;
            }
            self.step_began = Instant::now();
            self.settle().await?;
            let console = self.session.console().await?;
            Ok(self.observation(&console))
        };
        let result = match tokio::time::timeout(limit + AFTERWARDS, whole).await {
            Ok(result) => result,
            Err(_) => {
                Err(UnitError::Browser(BrowserError::Hung { doing: "the unit".to_owned(), limit }))
            }
        };
        if let Err(error) = &result
            && !error.is_of_a_site()
            && let Some((page, fault)) = self.fault_of_a_site()
        {
            // Whatever came of it: a site that does not answer is what to tell.
            return Err(UnitError::Site { page, fault: Box::new(fault), what: error.to_string() });
        }
        result.map_err(|error| match error.is_silence().then(|| self.lost_page()).flatten() {
            Some(page) => UnitError::PageLost { page, source: Box::new(error) },
            None => error,
        })
    }

    fn fault_of_a_site(&mut self) -> Option<(String, crate::upstream::Fault)> {
        self.absorb();
        self.fault_since(0)
    }

    /// What was seen of a unit that could not be tested to its end. Where not all answers are known, it is told
    /// what happened, and nothing follows from it.
    pub(super) fn evidence(&mut self) -> Observation {
        let mut seen = self.observation(&[]);
        if !self.ground.is_on_lane() {
            seen.facts = Facts::default();
        }
        seen
    }

    /// A page of ours that was answered and has not reported itself.
    fn lost_page(&mut self) -> Option<String> {
        self.absorb();
        if self.ground.is_watched() {
            return self.first_page_lost();
        }
        let shown = |id| self.seen.window_of(id).is_some();
        let lost = self.exchanges.iter().find(|exchange| {
            let dest = exchange.request.iter().find(|(name, _)| name == "sec-fetch-dest");
            // WebKitGTK does not send the header after a redirect to another origin.
            let navigates = dest.is_none_or(|(_, dest)| dest == "document");
            let page = exchange.page.parse().ok().and_then(|url| self.page(&url));
            let is_ours = page.is_some_and(Page::is_document);
            navigates && is_ours && exchange.shows() && !shown(exchange.id)
        });
        lost.map(|exchange| without_query(&exchange.page).to_owned())
    }

    // --- pages ---

    /// The real address of a page.
    pub(super) fn url(&self, page: &PageUrl) -> String {
        self.ground.url(page).expect("the scenario's check has seen this site")
    }

    /// The page of the plan at the path of `url`.
    pub(super) fn page(&self, url: &PageUrl) -> Option<&'a Page> {
        self.entry(url).map(|(_, page)| page)
    }

    fn entry(&self, url: &PageUrl) -> Option<(&'a PageUrl, &'a Page)> {
        let path = url.without_query();
        self.unit.plan.pages.iter().find(|(page, _)| page.as_str() == path)
    }

    /// The real origin of a document.
    pub(super) fn origin_of(&self, document: &Document) -> String {
        let site = site_of_page(&document.page);
        self.ground.origin(site).unwrap_or(site).to_owned()
    }

    /// Whether a document at `url` reports itself: an HTML page of ours. Redirects are followed.
    pub(super) fn speaks(&self, url: &PageUrl) -> bool {
        self.last_hop(url).and_then(|last| self.page(last)).is_some_and(Page::is_document)
    }

    /// Where redirects from `url` end; nothing if they do not.
    pub(super) fn last_hop(&self, url: &PageUrl) -> Option<&'a PageUrl> {
        let mut found = self.entry(url)?;
        for _ in 0..20 {
            let Some(Serve::Redirect(redirect)) = &found.1.serve else { return Some(found.0) };
            found = self.entry(&redirect.to)?;
        }
        None
    }

    // --- the log ---

    /// Files everything that has come in since the last call.
    pub(super) fn absorb(&mut self) {
        for news in self.ground.news() {
            match news {
                News::Answered(exchange) => {
                    let event = Event::Answered {
                        method: exchange.method.clone(),
                        page: without_query(&exchange.page).to_owned(),
                        answer: exchange.status.to_string(),
                    };
                    self.note_answer(exchange.at, exchange.id, event);
                    self.exchanges.push(exchange);
                }
                News::Pushed(push) => {
                    for told in self.seen.take(push.body) {
                        self.note(push.at, &told.window, Some(told.document), told.event);
                    }
                }
                News::Passed(exchange) => self.take_passed(*exchange),
                News::Reported(report) => self.watched.reports.push(report),
            }
        }
        for note in self.session.notes() {
            self.hear(note);
        }
    }

    /// Waits until `ready` gives something; `what` says what is waited for.
    pub(super) async fn until<T>(
        &mut self,
        what: &str,
        ready: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, UnitError> {
        let limit = self.limit;
        self.within(self.remaining(), ready)
            .await?
            .ok_or_else(|| UnitError::TimedOut { what: what.to_owned(), limit })
    }

    /// As [`Flow::until`], but nothing after `limit` is an answer, too.
    pub(super) async fn within<T>(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut(&Self) -> Option<T>,
    ) -> Result<Option<T>, UnitError> {
        let end = Instant::now() + limit.min(self.remaining());
        loop {
            self.absorb();
            if let Some(found) = ready(self) {
                return Ok(Some(found));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let something = async {
                tokio::select! {
                    () = self.ground.changed() => {}
                    () = self.session.noted() => {}
                }
            };
            let limit = if self.is_blind() { LOOK } else { LIFE_SIGN };
            if tokio::time::timeout(left.min(limit), something).await.is_err() {
                self.session.windows().await?;
                self.glance().await?;
            }
        }
    }

    /// A moment between two looks at something that only the driver can tell; `what` says what.
    pub(super) async fn pause(&mut self, what: &str) -> Result<(), UnitError> {
        if self.remaining().is_zero() {
            return Err(UnitError::TimedOut { what: what.to_owned(), limit: self.limit });
        }
        self.glance().await?;
        let most = if self.is_blind() { LONG_BLIND_LOOK } else { LONG_LOOK };
        tokio::time::sleep((self.step_began.elapsed() / LOOKS).clamp(LOOK, most)).await;
        self.absorb();
        Ok(())
    }

    /// Whether pages that are not ours are known by looking only.
    pub(super) fn is_blind(&self) -> bool {
        self.ground.is_watched() && !self.session.watches()
    }

    /// How long the unit has taken so far.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// A time by the clock of the lane, since the unit began.
    pub(super) fn since_begin(&self, at: Duration) -> Duration {
        let lead =
            self.ground.lane_began().map(|began| self.began.saturating_duration_since(began));
        at.saturating_sub(lead.unwrap_or_default())
    }

    /// How long to wait for what may never come: at least `least`, but as long as the unit has taken so far,
    /// for what has been slow so far will be slow again. Something is left for the steps that follow.
    pub(super) fn patience(&self, least: Duration) -> Duration {
        let left = self.remaining();
        least.max(self.limit.saturating_sub(left)).min(left / 2)
    }

    pub(super) fn remaining(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    // --- windows ---

    /// Makes the window or frame the driver's current one.
    pub(super) async fn enter(&mut self, name: &str) -> Result<(), UnitError> {
        if self.current.as_deref() == Some(name) {
            return Ok(());
        }
        let mut frames = Vec::new();
        let mut top = name.to_owned();
        while let Role::Frame { parent } = &self.seen.window(&top).role {
            frames.push(top.clone());
            top = parent.clone();
        }
        self.current = None;
        let handle = self.seen.window(&top).handle.clone();
        let handle = handle.ok_or_else(|| UnitError::WindowGone { window: top.clone() })?;
        self.session.switch_to(&handle).await?;
        for frame in frames.iter().rev() {
            let selector = match &self.seen.window(frame).found_by {
                Some(selector) => selector.clone(),
                None => frame_selector(frame),
            };
            self.session.enter_frame(&selector).await?;
        }
        if frames.is_empty() {
            self.current = Some(top);
        }
        Ok(())
    }

    /// Whether the window is the driver's current one.
    pub(super) fn is_in(&self, name: &str) -> bool {
        self.current.as_deref() == Some(name)
    }

    /// Forgets which window is the driver's current one: it was closed.
    pub(super) fn leave(&mut self) {
        self.current = None;
    }

    /// Asks the agent of the page in `name`; `call` is an expression on it, e.g. `fetch(given)`.
    pub(super) async fn agent(
        &mut self,
        name: &str,
        call: &str,
        given: Value,
    ) -> Result<Value, UnitError> {
        self.enter(name).await?;
        // Where the page is not ours, an observer takes its place, as far as it can.
        let observer = if self.ground.is_watched() { OBSERVER } else { "() => null" };
        let method = call.split('(').next().unwrap_or(call);
        let script = format!(
            "const [given] = arguments; const agent = window.__coopwright ?? ({observer})(null); \
             if (!agent?.{method}) return {{ silent: location.href }}; \
             return {{ answer: (await agent.{call}) ?? null }};"
        );
        // What only looks can be asked again, of the document that has come.
        let looks = matches!(method, "relation" | "bind" | "mark");
        let mut answer = loop {
            match self.session.evaluate(&script, vec![given.clone()]).await {
                Err(BrowserError::DocumentGone { .. }) if looks && !self.remaining().is_zero() => {}
                answer => break answer?,
            }
        };
        match answer.get("silent").and_then(Value::as_str) {
            Some(url) => {
                Err(UnitError::NoAgent { window: name.to_owned(), url: self.names.text(url) })
            }
            None => Ok(answer["answer"].take()),
        }
    }

    /// What a script that changes nothing finds in the current window, whose document may go meanwhile.
    pub(super) async fn look(&self, script: &str) -> Result<Value, BrowserError> {
        loop {
            match self.session.execute(script, Vec::new()).await {
                // The next one is on its way.
                Err(BrowserError::DocumentGone { .. }) if !self.remaining().is_zero() => {}
                other => return other,
            }
        }
    }

    /// Waits until the document that the driver sees in `name` has reported itself, and puts it there.
    pub(super) async fn arrive(&mut self, name: &str) -> Result<(), UnitError> {
        self.enter(name).await?;
        let id = self.look(DOCUMENT).await?;
        let Some(id) = id.as_u64() else {
            if self.ground.is_watched() {
                return self.probe_watched(name).await.map(drop);
            }
            return self.probe(name).await;
        };
        let what = format!("the page in `{name}` to report itself");
        self.until(&what, |flow| flow.seen.window_of(id).map(drop)).await?;
        self.seen.claim(name, id);
        Ok(())
    }

    /// Puts down what the driver can see of a page that does not report itself.
    async fn probe(&mut self, name: &str) -> Result<(), UnitError> {
        self.enter(name).await?;
        let told = self.look(PROBE).await?;
        let flag = |key: &str| told.get(key).and_then(Value::as_bool).unwrap_or(false);
        let url = self.names.text(told.get("url").and_then(Value::as_str).unwrap_or_default());
        let page = match url.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((site, path)) => format!("{site}:{path}"),
            None => url,
        };
        if self.seen.window(name).last().is_some_and(|last| last.id.is_none() && last.page == page)
        {
            return Ok(());
        }
        let document = Document {
            id: None,
            page,
            has_opener: Some(flag("opener")),
            counts: true,
            name: told.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            isolated: flag("isolated"),
            secure: flag("secure"),
            has_shared_memory: flag("sharedMemory"),
            ..Document::default()
        };
        self.seen.window_mut(name).documents.push(document);
        Ok(())
    }

    /// The driver's windows that no window of the scenario has yet.
    pub(super) async fn unknown_windows(&mut self) -> Result<Vec<WindowId>, UnitError> {
        let known = |id: &WindowId| {
            self.seen.windows.values().any(|window| window.handle.as_ref() == Some(id))
        };
        let all = self.session.windows().await?;
        Ok(all.into_iter().filter(|id| !known(id)).collect())
    }

    /// Whether the driver still sees the window.
    pub(super) async fn is_open(&mut self, name: &str) -> Result<bool, UnitError> {
        let Some(handle) = self.seen.window(name).handle.clone() else { return Ok(false) };
        Ok(self.session.windows().await?.contains(&handle))
    }
}

/// The frame that a step of this name has put into a page.
pub(super) fn frame_selector(name: &str) -> String {
    format!("iframe[data-coopwright=\"{name}\"]")
}
