//! A WebDriver session with one browser of its own: every command has a deadline.
//!
//! fantoccini has no deadline of its own, and a hung command blocks all later ones, so a command that
//! does not answer in time *loses* the session: its processes are killed, or the driver elsewhere is told to
//! delete it, and a new one must be started.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use nix::sys::signal::Signal;
use serde_json::{Map, Value};

use super::bidi::Watch;
use super::error::first_lines;
use super::process::{self, Launch, Process, Ready};
use super::remote::{Held, Opened};
use super::{
    Browser, BrowserError, Endpoint, Installed, Remote, chromium, display, firefox, webkit,
};

/// How long a driver or a browser may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How often a driver is started whose port is taken by somebody else.
const START_TRIES: u32 = 5;

/// The driver's handle of a window.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WindowId(pub(super) String);

impl From<&str> for WindowId {
    fn from(handle: &str) -> Self {
        Self(handle.to_owned())
    }
}

/// How a browser is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Show the browser's windows.
    pub headed: bool,
    /// coopwright runs as root: Chromium then needs `--no-sandbox`.
    pub root: bool,
    /// The longest time for one command.
    pub limit: Duration,
    /// The proxy that the browser takes for everything, `localhost` included. Its certificates are accepted,
    /// whoever has signed them.
    pub proxy: Option<ByProxy>,
}

/// A proxy on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByProxy {
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// The SHA-256 of the public key (`SubjectPublicKeyInfo`) of the authority that signs its certificates.
    pub authority: [u8; 32],
}

/// A browser under WebDriver.
#[derive(Debug)]
pub struct Session {
    pub(super) browser: Browser,
    pub(super) client: Client,
    pub(super) limit: Duration,
    pub(super) watch: Option<Watch>,
    version: String,
    place: Place,
}

/// What a session rests on.
#[derive(Debug)]
enum Place {
    /// Processes of ours.
    Here(Box<Processes>),
    /// A session of somebody else's driver.
    There(Box<Held>),
}

#[derive(Debug)]
struct Processes {
    driver: Process,
    display: Option<Process>,
}

impl Session {
    /// Starts a driver and, by it, a browser with a fresh profile; or asks the driver elsewhere for one.
    ///
    /// # Errors
    /// [`BrowserError::Start`] with the driver's own words.
    pub async fn start(endpoint: &Endpoint, settings: &Settings) -> Result<Self, BrowserError> {
        let started = match endpoint {
            Endpoint::Local(installed) => Self::here(installed, settings).await,
            Endpoint::Remote(remote) => Self::there(remote, settings).await,
        };
        let session = started.map_err(|fault| {
            let title = endpoint.browser().title();
            BrowserError::Start(format!("{title} did not start: {fault}"))
        })?;
        match session.set_timeouts().await {
            Ok(()) => Ok(session),
            Err(error) => {
                session.end().await;
                Err(error)
            }
        }
    }

    async fn here(installed: &Installed, settings: &Settings) -> Result<Self, String> {
        let display = match &installed.display {
            Some(xvfb) if !settings.headed => Some(display::start(xvfb, START_LIMIT).await?),
            _ => None,
        };
        let (display, number) = display.unzip();
        match Self::on(installed, settings, number).await {
            Ok((driver, client, version)) => {
                let (browser, limit) = (installed.browser, settings.limit);
                let place = Place::Here(Box::new(Processes { driver, display }));
                Ok(Self { browser, client, limit, watch: None, version, place })
            }
            Err(fault) => {
                if let Some(display) = display {
                    display.end().await;
                }
                Err(fault)
            }
        }
    }

    async fn there(remote: &Remote, settings: &Settings) -> Result<Self, String> {
        let Opened { version, held } = remote.open(settings).await?;
        let (address, bridge) = held.bridge();
        let attached = Client::with_existing_session(&address, held.id(), bridge).await;
        let client = attached.map_err(|error| error.to_string())?;
        // We delete it ourselves, for sure and once.
        client.persist().await.map_err(|error| error.to_string())?;
        let (browser, limit) = (remote.browser, settings.limit);
        let place = Place::There(Box::new(held));
        Ok(Self { browser, client, limit, watch: None, version, place })
    }

    /// Starts driver and browser on a display, and gives them with the browser's version.
    async fn on(
        installed: &Installed,
        settings: &Settings,
        display: Option<u16>,
    ) -> Result<(Process, Client, String), String> {
        let mut tries = 1;
        let (driver, port) = loop {
            match start_driver(installed, settings, display).await {
                // chromedriver takes a free port of IPv6 and then wants the same of IPv4, and a port that we
                // found free may be taken the next moment.
                Err(fault) if tries < START_TRIES && says_port_taken(&fault) => tries += 1,
                started => break started?,
            }
        };
        let binary = installed.executable.as_path();
        let capabilities = match installed.browser {
            Browser::Chromium => {
                let profile = driver.folder().join("profile");
                chromium::capabilities(Some((binary, Some(&profile))), settings)
            }
            Browser::ChromiumHeadlessShell => {
                chromium::capabilities(Some((binary, None)), settings)
            }
            Browser::Firefox => firefox::capabilities(Some(binary), settings),
            Browser::Webkit => webkit::capabilities(Some(binary), settings),
        };
        let address = format!("http://127.0.0.1:{port}");
        match tokio::time::timeout(START_LIMIT, connect(&address, capabilities)).await {
            Ok(Ok((client, version))) => Ok((driver, client, version)),
            other => {
                let fault = match other {
                    Ok(Err(fault)) => fault,
                    _ => format!("no session within {} s", START_LIMIT.as_secs()),
                };
                let log = driver.log();
                driver.end().await;
                Err(format!("{fault}\n{log}"))
            }
        }
    }

    async fn set_timeouts(&self) -> Result<(), BrowserError> {
        let limit = Some(self.limit);
        let timeouts = TimeoutConfiguration::new(limit, limit, Some(Duration::ZERO));
        self.command("setting timeouts", self.client.update_timeouts(timeouts)).await
    }

    /// Lets every document from now on run `script` when it begins: a function that is given another one, by
    /// which it tells us something as JSON text. Gives whether the browser can do so.
    ///
    /// # Errors
    /// [`BrowserError::Start`] when it should, and did not.
    pub async fn watch(&mut self, script: &str) -> Result<bool, BrowserError> {
        let granted = self.client.capabilities();
        let Some(address) = granted.and_then(|granted| granted.get("webSocketUrl")?.as_str())
        else {
            return Ok(false);
        };
        let watch = Watch::start(address, script).await.map_err(|fault| {
            BrowserError::Start(format!(
                "{} does not tell of its pages: {fault}",
                self.browser.title()
            ))
        })?;
        self.watch = Some(watch);
        Ok(true)
    }

    /// The browser's version, as it tells it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Which browser it is.
    #[must_use]
    pub fn browser(&self) -> Browser {
        self.browser
    }

    /// Ends the browser and its driver at once, and removes the profile; a browser elsewhere is given back to
    /// its driver. Nobody is asked to quit: what a browser then saves is of no use, and saving it costs
    /// Firefox most of a second.
    pub async fn end(self) {
        match self.place {
            Place::Here(processes) => {
                processes.driver.end().await;
                if let Some(display) = processes.display {
                    display.end().await;
                }
            }
            Place::There(held) => held.end().await,
        }
    }

    /// Whether the driver's process is still there; one elsewhere tells it by an error.
    pub fn is_alive(&mut self) -> bool {
        match &mut self.place {
            Place::Here(processes) => !processes.driver.has_ended(),
            Place::There(_) => true,
        }
    }

    /// The driver's last words, of one on this machine.
    #[must_use]
    pub fn log(&self) -> String {
        match &self.place {
            Place::Here(processes) => processes.driver.log(),
            Place::There(_) => String::new(),
        }
    }
}

/// Opens a session, and gives it with the browser's version.
async fn connect(address: &str, capabilities: Value) -> Result<(Client, String), String> {
    let capabilities = match capabilities {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(address)
        .await
        .map_err(|error| first_lines(&error.to_string()))?;
    let granted = client.capabilities();
    let version = granted.and_then(|granted| granted.get("browserVersion")?.as_str());
    let version = version.unwrap_or("of unknown version").to_owned();
    Ok((client, version))
}

/// Starts a browser's driver at a free port, and gives the port.
async fn start_driver(
    installed: &Installed,
    settings: &Settings,
    display: Option<u16>,
) -> Result<(Process, u16), String> {
    let folder =
        process::folder().map_err(|error| format!("no folder for its profile: {error}"))?;
    let own = |arguments: &[&str]| arguments.iter().map(|&word| word.to_owned()).collect();
    let (arguments, mut environment, ready): (Vec<String>, Vec<_>, _) = match installed.browser {
        Browser::Chromium | Browser::ChromiumHeadlessShell => {
            (own(chromium::DRIVER_ARGUMENTS), Vec::new(), Ready::Says(chromium::port_in))
        }
        Browser::Firefox => {
            (own(firefox::DRIVER_ARGUMENTS), Vec::new(), Ready::Says(firefox::port_in))
        }
        Browser::Webkit => {
            let port = free_port().map_err(|error| format!("no free port: {error}"))?;
            let arguments = vec!["--host=127.0.0.1".to_owned(), format!("--port={port}")];
            (arguments, webkit::environment(settings), Ready::Listens(port))
        }
    };
    environment.extend(display.map(|number| ("DISPLAY", format!(":{number}"))));
    let program = &installed.driver;
    let launch = Launch { program, arguments, environment, ready, last_signal: Signal::SIGKILL };
    Process::start(launch, folder, START_LIMIT).await
}

/// Whether a driver's last words are that somebody else has its port: chromedriver's and geckodriver's, and
/// WebKitWebDriver's.
fn says_port_taken(fault: &str) -> bool {
    ["Address already in use", "Unable to listen"].iter().any(|words| fault.contains(words))
}

/// Ports that were given out: a driver that is starting does not have its own yet.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port that is free now and was not given out before. Another process may take it before the driver does;
/// the driver then says so.
fn free_port() -> std::io::Result<u16> {
    for _ in 0..100 {
        let port =
            std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return Ok(port);
        }
    }
    Err(std::io::ErrorKind::AddrInUse.into())
}
