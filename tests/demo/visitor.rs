//! A visitor with a browser: follows the link of a run, and clicks what the stage asks for.

use std::net::SocketAddr;
use std::time::Duration;

use coopwright::browser::{Browser, BrowserError, Endpoint, Session, Settings, WindowId, locate};
use serde_json::Value;

use super::ask::{Events, ask, send};

/// What a page marks that is to be clicked.
const ASKED: &str = "[data-coopwright-asks]";
/// What the site shows of a run that is over.
const RESULT: &str = ".result";
/// The longest time for a run: nothing takes as long, but on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks for what is to be clicked.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) struct Visitor {
    pub(crate) session: Session,
    main: WindowId,
    site: SocketAddr,
    agent: String,
}

impl Visitor {
    pub(crate) async fn with(browser: Browser, site: SocketAddr) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let installed = Endpoint::from(locate(browser, &path).unwrap());
        let root = nix::unistd::geteuid().is_root();
        let settings = Settings { headed: false, root, limit: LIMIT, proxy: None };
        let session = Session::start(&installed, &settings).await.unwrap();
        let main = session.windows().await.unwrap().remove(0);
        let agent = session.execute("return navigator.userAgent", Vec::new()).await.unwrap();
        let agent = agent.as_str().unwrap().to_owned();
        Self { session, main, site, agent }
    }

    /// Plays a run to its end; gives the last thing that is told of it.
    pub(crate) async fn plays(&self, wanted: &Value) -> Value {
        let mut told = Value::Null;
        let playing = self.play(wanted, &mut told);
        if tokio::time::timeout(LIMIT, playing).await.is_err() {
            panic!("{wanted}: still {told} after {} s", LIMIT.as_secs());
        }
        told
    }

    /// Begins a run and shows its first window; gives its name, and what will be told of it.
    pub(crate) async fn begins(&self, wanted: &Value) -> (String, Events) {
        let lines =
            format!("Host: localhost:{}\r\nUser-Agent: {}\r\n", self.site.port(), self.agent);
        let (status, begun) = send(self.site, "POST /api/runs", &lines, &wanted.to_string()).await;
        let begun: Value = serde_json::from_str(&begun).unwrap();
        assert_eq!(status, 201, "{begun}");
        let run = begun["run"].as_str().unwrap().to_owned();
        let events = Events::of(self.site, &run).await;
        self.session.switch_to(&self.main).await.unwrap();
        self.session.goto(begun["open"].as_str().unwrap()).await.unwrap();
        (run, events)
    }

    async fn play(&self, wanted: &Value, told: &mut Value) {
        let (run, mut events) = self.begins(wanted).await;
        loop {
            *told = events.next().await;
            match told["phase"].as_str().unwrap() {
                "asks" => {
                    // What is asked for may have been done when somebody closed a window, too.
                    tokio::select! {
                        () = self.click_what_is_asked_for() => {}
                        next = events.next() => *told = next,
                    }
                }
                "done" | "failed" | "gone" => break,
                _ => {}
            }
            if matches!(told["phase"].as_str(), Some("done" | "failed" | "gone")) {
                break;
            }
        }
        self.closes_what_was_opened().await;
        // Its stage ends with it, and an error page of the browser would come in the way of the next.
        self.session.goto("about:blank").await.unwrap();
        ask(self.site, &format!("DELETE /api/runs/{run}"), &Value::Null).await;
    }

    /// Shows a page of the site, ready for use.
    pub(crate) async fn goes_to(&self, path: &str) {
        self.session.switch_to(&self.main).await.unwrap();
        let url = format!("http://localhost:{}{path}", self.site.port());
        self.session.goto(&url).await.unwrap();
        self.until_shown("main h1").await;
    }

    /// Shows a page of the site and runs what it has to run, until it shows what came of it.
    pub(crate) async fn runs_the_page(&self, path: &str) {
        self.goes_to(path).await;
        self.until_shown("a.go[href]").await;
        let link = self.session.find("a.go[href]").await.unwrap();
        self.session.click(&link).await.unwrap();
        let runs = async {
            loop {
                self.session.switch_to(&self.main).await.unwrap();
                if self.session.has(RESULT, true).await.unwrap() {
                    break;
                }
                // As a visitor who reads what the page says.
                if self.session.has(".status.ask", true).await.unwrap() {
                    self.clicks_somewhere().await;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let ran = tokio::time::timeout(LIMIT, runs).await;
        if ran.is_err() {
            self.session.switch_to(&self.main).await.unwrap();
            let status = "return document.querySelector('.status').innerText";
            let status = self.session.execute(status, Vec::new()).await;
            panic!("{path} shows no `{RESULT}`, but says {status:?}");
        }
        self.closes_what_was_opened().await;
    }

    async fn until_shown(&self, selector: &str) {
        let shown = async {
            while !self.session.has(selector, true).await.unwrap() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let shown = tokio::time::timeout(LIMIT, shown).await;
        shown.unwrap_or_else(|_| panic!("`{selector}` is not shown"));
    }

    async fn closes_what_was_opened(&self) {
        for window in self.session.windows().await.unwrap() {
            if window != self.main {
                self.session.switch_to(&window).await.unwrap();
                self.session.close_window().await.unwrap();
            }
        }
        self.session.switch_to(&self.main).await.unwrap();
    }

    /// Looks through all windows and their frames.
    async fn click_what_is_asked_for(&self) {
        while !self.clicks_somewhere().await {
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn clicks_somewhere(&self) -> bool {
        for window in self.session.windows().await.unwrap() {
            if self.clicks_in(&window).await.unwrap_or(false) {
                return true;
            }
        }
        false
    }

    async fn clicks_in(&self, window: &WindowId) -> Result<bool, BrowserError> {
        self.session.switch_to(window).await?;
        if self.clicks().await? {
            return Ok(true);
        }
        if self.session.has("iframe", false).await? {
            self.session.enter_frame("iframe").await?;
            if self.session.browser() == Browser::Webkit {
                // Its driver clicks in no frame of another site; its scripts may do what people may.
                let click = format!(
                    "const asked = document.querySelector('{ASKED}'); asked?.click(); return asked !== null"
                );
                return Ok(self.session.execute(&click, Vec::new()).await? == true);
            }
            return self.clicks().await;
        }
        Ok(false)
    }

    async fn clicks(&self) -> Result<bool, BrowserError> {
        if !self.session.has(ASKED, true).await? {
            return Ok(false);
        }
        let found = self.session.find(ASKED).await?;
        self.session.click(&found).await?;
        Ok(true)
    }

    pub(crate) async fn leaves(self) {
        self.session.end().await;
    }
}
