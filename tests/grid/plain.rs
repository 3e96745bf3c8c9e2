//! A driver that is running already, without a Grid.

use super::driver::{Background, as_root, ask, free_port, geckodriver};
use super::support::{Project, Ran};

/// The smallest run: three variants of the built-in suite.
const RUN: [&str; 5] = ["run", "--builtin", "--tag", "mistake-1", "--ignore-snapshots"];

/// `run` at a driver on this machine.
fn run(port: u16, more: &[&str]) -> Ran {
    let url = format!("http://127.0.0.1:{port}");
    Project::new().run(&[&RUN[..], &["--webdriver", &url], more].concat())
}

fn chromedriver() -> (Background, u16) {
    let port = free_port();
    let driver = Background::start("chromedriver", &[&format!("--port={port}")]);
    driver.says("started successfully");
    (driver, port)
}

fn gecko() -> (Background, u16) {
    let port = free_port();
    let arguments = ["--port", &port.to_string(), "--websocket-port", &free_port().to_string()];
    let driver = Background::start(&geckodriver(), &arguments);
    driver.says("Listening on");
    (driver, port)
}

fn assert_no_session(port: u16) {
    let sessions = ask(port, "GET", "/sessions", None, "");
    assert!(sessions.contains(r#""value":[]"#), "{sessions}");
}

#[test]
fn a_driver_with_one_session_at_a_time_is_enough() {
    let (_driver, port) = gecko();
    let ran = run(port, &["--browser", "firefox"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains(", 1 browser"), "{ran}");
    // It refuses a second one, and the run goes on with the first.
    let ran = run(port, &["--browser", "firefox", "--workers", "2"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains(", 1 browser"), "{ran}");

    // Somebody else has it.
    let wanted =
        r#"{"capabilities":{"alwaysMatch":{"moz:firefoxOptions":{"args":["-headless"]}}}}"#;
    let session = ask(port, "POST", "/session", None, wanted);
    let ran = run(port, &["--browser", "firefox"]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("it has one session at a time, and that is taken"), "{ran}");
    let id = session.split(r#""sessionId":""#).nth(1).unwrap().split('"').next().unwrap();
    ask(port, "DELETE", &format!("/session/{id}"), None, "");
}

#[test]
fn a_browser_that_does_not_get_the_pages_ends_the_run_early() {
    let (_driver, port) = chromedriver();
    let proxy = format!(
        r#"goog:chromeOptions={{"args":["--proxy-server=http=127.0.0.1:{}","--proxy-bypass-list=<-loopback>","--no-sandbox"]}}"#,
        free_port(),
    );
    let ran = run(port, &["--capability", &proxy]);
    assert_eq!(ran.code, 3, "{ran}");
    assert_eq!(ran.out, "", "{ran}");
    for words in ["does not reach the fixture server", ".localhost:", "--fixtures-at HOST"] {
        assert!(ran.err.contains(words), "{words}: {ran}");
    }
    assert_no_session(port);
}

/// Nothing listens at the address that the pages' names lead to, so all goes through the proxy.
#[test]
fn pages_come_by_proxy_where_their_names_lead_elsewhere() {
    let there = ["--fixtures-at", "127.0.0.2"];
    let (_chromedriver, port) = chromedriver();
    let ran = run(port, &[&there[..], &as_root()].concat());
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(ran.err, "", "loopback needs no warning: {ran}");
    assert_no_session(port);

    let (_geckodriver, port) = gecko();
    let ran = run(port, &[&there[..], &["--browser", "firefox"]].concat());
    assert_eq!(ran.code, 0, "{ran}");

    let screen = ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
    let screen = Background::start("Xvfb", &screen);
    let display = format!("DISPLAY=:{}", screen.number());
    let port = free_port();
    let around = ["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1", "NO_AT_BRIDGE=1", "GTK_A11Y=none"];
    let driver = ["WebKitWebDriver", "--host=127.0.0.1", &format!("--port={port}")];
    let arguments = [&[display.as_str()][..], &around, &driver].concat();
    let _webkit = Background::start("env", &arguments);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    let ran = run(port, &[&there[..], &["--browser", "webkit"]].concat());
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn other_machines_are_let_in_only_with_a_warning() {
    let (_driver, port) = chromedriver();
    // An address that this machine does not have, as behind a router: all of its own are used.
    let arguments = ["--fixtures-at", "192.0.2.1"];
    let ran = run(port, &[&arguments[..], &as_root()].concat());
    assert_eq!(ran.code, 3, "{ran}");
    for words in [
        "note: while this runs, other machines reach the fixture server",
        "of all addresses of this machine",
        "it was told to ask 192.0.2.1:",
    ] {
        assert!(ran.err.contains(words), "{words}: {ran}");
    }
    assert_no_session(port);
}

#[test]
fn doctor_and_explain_ask_it_as_well() {
    let (_driver, port) = chromedriver();
    let url = format!("http://127.0.0.1:{port}");
    let there = [&["--webdriver", &url][..], &as_root()].concat();
    let (ran, document) = Project::new().json(&[&["doctor"][..], &there].concat());
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(document["browsers"][0]["webdriver"], format!("{url}/"));
    assert_eq!(document["browsers"][0]["healthy"], true);
    let flow = ["explain", "--opener", "Cross-Origin-Opener-Policy: same-origin", "--popup", ""];
    let ran = Project::new().run(&[&flow[..], &["--observe"], &there].concat());
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.out.contains("observed"), "{ran}");
    assert_no_session(port);
}

#[test]
fn faulty_words_are_usage_errors_and_are_not_repeated() {
    let secret = "hunter2";
    for (arguments, words) in [
        (vec!["--webdriver", "localhost:4444"], "does not begin with `http://` or `https://`"),
        (vec!["--webdriver", "http://ann:hunter2@host:port"], "it is no URL: invalid port number"),
        (vec!["--webdriver", "http://host/?key=hunter2"], "it has a query or a fragment"),
        (vec!["--webdriver", "http://h", "--capability", "hunter2"], "number 1 has no `=`"),
        (
            vec!["--webdriver", "http://h", "--capability", "key=hunter2"],
            "`--capability key=` is not JSON",
        ),
        (vec!["--capability", "a=1"], "--webdriver <URL>"),
        (vec!["--fixtures-at", "here"], "--webdriver <URL>"),
        (vec!["--webdriver", "http://h", "--install"], "cannot be used with"),
    ] {
        let ran = Project::new().run(&[&RUN[..], &arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran}");
        assert!(ran.err.contains(words), "{arguments:?}: {ran}");
        assert!(!ran.err.contains(secret) && !ran.out.contains(secret), "{ran}");
    }
}

#[test]
fn what_is_no_webdriver_server_is_named() {
    // Nobody listens.
    let ran = run(free_port(), &[]);
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains("cannot reach http://127.0.0.1:"), "{ran}");
    assert!(ran.err.contains("Connection refused"), "{ran}");
    // A driver, but at another path.
    let (_driver, port) = chromedriver();
    let url = format!("http://ann:hunter2@127.0.0.1:{port}/nowhere");
    let ran = Project::new().run(&[&RUN[..], &["--webdriver", &url]].concat());
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains(&format!("http://127.0.0.1:{port}/nowhere/")), "{ran}");
    assert!(ran.err.contains("the path must lead to"), "{ran}");
    assert!(!ran.err.contains("hunter2") && !ran.err.contains("ann:"), "{ran}");
    // TLS is spoken where https is asked for, and a driver does not.
    let url = format!("https://127.0.0.1:{port}");
    let (ran, said) = (Project::new().run(&[&RUN[..], &["--webdriver", &url]].concat()), "tls");
    assert_eq!(ran.code, 3, "{ran}");
    assert!(ran.err.contains(said), "{ran}");
}
