//! A run in a visitor's browser: its own fixture server, its own driver, and what has become of it so far.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fixtures_server::page::Plan;
use fixtures_server::{Server, Stage, StartError, Visitor};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::driver::Driver;
use super::exercises::Exercise;
use crate::browser::{Browser, Endpoint, Remote, Settings, UrlFault};
use crate::event::{JobReport, RunEvent};
use crate::report::json;
use crate::runner::{self, Options, Wish};
use crate::scenario::{Job, Unit};

/// How long a visitor may take for the whole.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How long its windows may do nothing where nobody is asked to do something.
const STANDSTILL: Duration = Duration::from_secs(30);
const STALLED: &str =
    "nothing happens in its windows any more: perhaps one of them was reloaded or closed";

/// The page at which a visitor's window begins.
const LOBBY: &str = r#"{ "sites": { "lobby": {} }, "pages": { "lobby:/": { "serve": { "html":
    "<h1>The stage</h1>\n<p role=\"status\">One moment: the first page comes.</p>" } } } }"#;

/// See the module.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) driver: Driver,
    visitor: Visitor,
    /// Where the visitor's window begins.
    pub(super) open: String,
    told: watch::Sender<Told>,
    wish: watch::Sender<Wish>,
    used: Mutex<Instant>,
    exercise: Option<(Exercise, Unit)>,
    _lobby: Stage,
}

/// What has become of it.
#[derive(Debug, Clone, Default)]
struct Told {
    phase: Phase,
    error: Option<String>,
    unit: Option<Value>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// For the visitor's window.
    #[default]
    Waiting,
    Running,
    Done,
    Failed,
}

/// A run that could not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum BeginError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the driver's address: {0}")]
    Url(#[from] UrlFault),
}

/// The visitor's browser, as it calls itself (RFC 9110, section 10.1.5).
#[derive(Debug, Clone)]
pub(super) struct Visiting {
    pub(super) browser: Browser,
    pub(super) version: String,
}

impl Visiting {
    /// From the header `User-Agent`.
    pub(super) fn of(agent: &str) -> Self {
        let after = |mark: &str| {
            let rest = agent.split_once(mark)?.1;
            Some(rest.split([' ', ';', ')']).next().unwrap_or_default().to_owned())
        };
        // Chromium names WebKit and Safari as well, so it comes first.
        let known = [
            ("Firefox/", Browser::Firefox),
            ("HeadlessChrome/", Browser::Chromium),
            ("Chrome/", Browser::Chromium),
            ("Chromium/", Browser::Chromium),
            ("Version/", Browser::Webkit),
            ("AppleWebKit/", Browser::Webkit),
        ];
        let found = known.into_iter().find_map(|(mark, browser)| Some((browser, after(mark)?)));
        let (browser, version) = found.unwrap_or((Browser::Chromium, String::new()));
        Self { browser, version }
    }
}

impl Run {
    /// Sets the stage; the unit runs once the visitor's window is there. `driver` is the address under which
    /// the driver of this run will answer.
    ///
    /// # Errors
    /// When there is no port for it.
    pub(super) async fn begin(
        unit: Unit,
        exercise: Option<Exercise>,
        visiting: &Visiting,
        driver: &str,
    ) -> Result<Self, BeginError> {
        let exercise = exercise.map(|exercise| (exercise, unit.clone()));
        let server = Arc::new(Server::bind_loopback(0).await?);
        let visitor = server.visitor();
        let plan: Plan = serde_json::from_str(LOBBY).expect("a test reads it");
        let lobby = server.stage(plan).expect("a test stages it");
        let open = format!("{}/", lobby.origin("lobby").unwrap_or_default());
        visitor.set_home(Some(open.clone()));
        let name = match visiting.browser.engine() {
            "firefox" => "firefox",
            "webkit" => "webkit",
            _ => "chrome",
        };
        let browser = (name, visiting.version.clone());
        let own = Driver::new(visitor.clone(), browser, open.clone(), PATIENCE);
        let remote = Remote::new(visiting.browser, driver, None, &[])?;
        let told = watch::Sender::default();
        let wish = watch::Sender::new(Wish::Run);
        let (visits, stop, tells) = (visitor.clone(), wish.clone(), told.clone());
        // What compares and what listens may not go from thread to thread.
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            runtime.block_on(play(unit, server, remote, visits, stop, tells));
        });
        let used = Mutex::new(Instant::now());
        Ok(Self { driver: own, visitor, open, told, wish, used, exercise, _lobby: lobby })
    }

    /// What has become of it, for the page that shows it.
    pub(super) fn state(&self) -> Value {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let Told { phase, error, unit } = self.told.borrow().clone();
        let wish = self.visitor.wish().filter(|_| phase == Phase::Running);
        let phase = match (phase, &wish) {
            (Phase::Waiting, _) => "waiting",
            (Phase::Running, Some(_)) => "asks",
            (Phase::Running, None) => "running",
            (Phase::Done, _) => "done",
            (Phase::Failed, _) => "failed",
        };
        let ask = wish.map(|wish| json!({ "window": wish.page, "what": wish.what }));
        let check = self.exercise.as_ref().zip(unit.as_ref());
        let check = check.map(|((exercise, tried), unit)| exercise.check(tried, &unit["facts"]));
        json!({ "phase": phase, "ask": ask, "error": error, "unit": unit, "check": check })
    }

    /// Resolves once the state may be another than `before`; gives it.
    pub(super) async fn next_state(&self, before: &Value) -> Value {
        let mut told = self.told.subscribe();
        let mut seen = 0;
        loop {
            told.borrow_and_update();
            let state = self.state();
            if state != *before {
                return state;
            }
            tokio::select! {
                _ = told.changed() => {}
                changes = self.visitor.changed(seen) => seen = changes,
            }
        }
    }

    /// Ends it, whoever still holds it: its pages are told so.
    pub(super) fn stop(&self) {
        self.wish.send_replace(Wish::Stop);
    }

    /// Resolves once it is ended.
    pub(super) async fn stopped(&self) {
        // An error means that nobody can end it any more.
        let _ = self.wish.subscribe().wait_for(|wish| *wish == Wish::Stop).await;
    }

    /// Whether nobody has looked at it for so long.
    pub(super) fn is_idle(&self, limit: Duration) -> bool {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > limit
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn play(
    unit: Unit,
    server: Arc<Server>,
    remote: Remote,
    visitor: Visitor,
    stop: watch::Sender<Wish>,
    told: watch::Sender<Told>,
) {
    let mut wish = stop.subscribe();
    let tell = |phase, error, unit| drop(told.send_replace(Told { phase, error, unit }));
    let arrives = async {
        tokio::select! {
            window = visitor.arrives(PATIENCE) => window,
            _ = wish.wait_for(|wish| *wish == Wish::Stop) => None,
        }
    };
    if arrives.await.is_none() {
        tell(Phase::Failed, Some("no window came".to_owned()), None);
        return;
    }
    tell(Phase::Running, None, None);
    let settings = Settings { headed: true, root: false, limit: PATIENCE, proxy: None };
    let options = Options::new(settings, 1, |_| None);
    let mut report = None;
    let mut stalled = false;
    let ran = {
        let mut hear = |event: RunEvent| {
            match event {
                // What the browser can do is known; what comes now stays to be looked at.
                RunEvent::Started { .. } => visitor.set_home(None),
                RunEvent::Finished(reports) => report = reports.into_iter().next(),
                _ => {}
            }
        };
        let jobs = [Job::Unit(Arc::new(unit))];
        let endpoints = [Endpoint::Remote(remote)];
        let mut compare = runner::uncompared;
        let run = runner::run(&jobs, server, &endpoints, &options, wish, &mut compare, &mut hear);
        let mut run = std::pin::pin!(run);
        tokio::select! {
            ran = &mut run => ran,
            () = visitor.rests(STANDSTILL) => {
                stalled = true;
                tell(Phase::Failed, Some(STALLED.to_owned()), None);
                stop.send_replace(Wish::Stop);
                run.await
            }
        }
    };
    match (ran, report) {
        _ if stalled => {}
        (Err(error), _) => tell(Phase::Failed, Some(error.to_string()), None),
        (Ok(_), Some(JobReport::Unit(report))) => {
            let phase = if report.error.is_some() { Phase::Failed } else { Phase::Done };
            tell(phase, report.error.clone(), Some(json::unit(&report)));
        }
        (Ok(_), _) => tell(Phase::Failed, Some("the run was given up".to_owned()), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_they_call_themselves() {
        let of = |agent| {
            let Visiting { browser, version } = Visiting::of(agent);
            (browser.engine(), version)
        };
        let chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                        HeadlessChrome/145.0.7632.0 Safari/537.36";
        assert_eq!(of(chromium), ("chromium", "145.0.7632.0".to_owned()));
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(of(firefox), ("firefox", "140.0".to_owned()));
        let safari = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/26.0 Safari/605.1.15";
        assert_eq!(of(safari), ("webkit", "26.0".to_owned()));
    }

    #[tokio::test]
    async fn the_lobby_can_be_staged() {
        let server = Server::bind_loopback(0).await.unwrap();
        let stage = server.stage(serde_json::from_str(LOBBY).unwrap()).unwrap();
        assert!(stage.origin("lobby").is_some());
    }
}
