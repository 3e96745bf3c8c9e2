//! A Selenium Grid on this machine: a hub that asks for credentials, and two nodes.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;

use super::driver::{Background, ask, free_port, geckodriver};
use super::support::Ran;

/// Who may use the Grid. The password has signs that mean something else in an address.
pub(crate) const USER: &str = "grid-tester";
pub(crate) const PASSWORD: &str = "p@ss/w=rd%41";
/// Both, as basic authentication writes them.
const PAIR: &str = "Z3JpZC10ZXN0ZXI6cEBzcy93PXJkJTQx";

fn on_path(program: &str) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program));
    let found = found.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("no `{program}` on the search path")).display().to_string()
}

/// See the module. The nodes end before the hub.
pub(crate) struct Grid {
    nodes: Vec<Background>,
    _hub: Background,
    port: u16,
}

impl Grid {
    /// Starts it, and returns once both nodes are there: each with a place for Chromium and one for Firefox.
    pub(crate) fn start(folder: &Path) -> Self {
        let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grid");
        let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grid/setup.sh");
        let status = Command::new("bash").arg(setup).arg(&tools).status().unwrap();
        assert!(status.success(), "no Selenium Grid can be had: see what setup.sh said");
        let jar = tools.join("selenium-server-4.48.0.jar");

        let config = folder.join("node.toml");
        let arguments = if geteuid().is_root() { r#"["--no-sandbox"]"# } else { "[]" };
        let driver = |name: &str, driver: &str, more: &str| {
            format!(
                "[[node.driver-configuration]]\ndisplay-name = \"{name}\"\n\
                 webdriver-executable = \"{driver}\"\nmax-sessions = 1\n\
                 stereotype = '{{\"browserName\":\"{name}\",\"platformName\":\"linux\"{more}}}'\n"
            )
        };
        let options = format!(r#","goog:chromeOptions":{{"args":{arguments}}}"#);
        let chrome = driver("chrome", &on_path("chromedriver"), &options);
        let firefox = driver("firefox", &geckodriver(), "");
        let text = format!("[node]\ndetect-drivers = false\n{chrome}{firefox}");
        std::fs::write(&config, text).unwrap();

        let (port, publish, subscribe) = (free_port(), free_port(), free_port());
        let publish = format!("tcp://127.0.0.1:{publish}");
        let subscribe = format!("tcp://127.0.0.1:{subscribe}");
        let start = |role: &str, port: u16, more: &[&str]| {
            let (jar, port) = (jar.display().to_string(), port.to_string());
            let all = ["-jar", &jar, role, "--host", "127.0.0.1", "--port", &port];
            let events = ["--publish-events", &publish, "--subscribe-events", &subscribe];
            Background::start("java", &[&all[..], &events, more].concat())
        };
        let who = ["--reject-unsupported-caps", "true", "--username", USER, "--password", PASSWORD];
        let hub = start("hub", port, &who);
        let (address, config) = (format!("http://127.0.0.1:{port}"), config.display().to_string());
        let node = |_| {
            let places = ["--override-max-sessions", "true", "--max-sessions", "2"];
            let more = [&["--hub", &address, "--config", &config][..], &places].concat();
            start("node", free_port(), &more)
        };
        let nodes: Vec<Background> = (0..2).map(node).collect();
        for node in &nodes {
            node.says("Node has been added");
        }
        Self { nodes, _hub: hub, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many sessions it has.
    pub(crate) fn sessions(&self) -> usize {
        let status = ask(self.port, "GET", "/status", Some(PAIR), "");
        assert!(status.contains("Selenium Grid ready"), "{status}");
        status.matches("\"sessionId\"").count()
    }

    /// Returns once it has no session. The hub hears of a session's end from the node, a moment after
    /// whoever asked for it; whoever did not ask would wait for minutes.
    pub(crate) fn has_no_session(&self, ran: &Ran) {
        let end = Instant::now() + Duration::from_secs(10);
        while self.sessions() > 0 {
            assert!(Instant::now() < end, "a session is left: {ran}");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(!ran.err.contains("may be left"), "{ran}");
    }

    /// How many sessions each node has had so far.
    pub(crate) fn had(&self) -> Vec<usize> {
        let created =
            |node: &Background| node.text().matches("Session created by the Node").count();
        self.nodes.iter().map(created).collect()
    }
}
