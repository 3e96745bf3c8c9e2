//! What Chromium and chromedriver need: arguments and capabilities. Pure.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::remote::Fixtures;
use super::session::{ByProxy, Settings};

/// Arguments of chromedriver: any free port.
pub(super) const DRIVER_ARGUMENTS: &[&str] = &["--port=0"];

/// The port in chromedriver's greeting.
pub(super) fn port_in(line: &str) -> Option<u16> {
    line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

/// The capabilities of a session; of a browser on this machine with its executable and, but for the
/// headless shell, which does not start with one of ours, its profile's folder. The browser is stock: nothing here touches COOP, COEP or CORS.
pub(super) fn capabilities(local: Option<(&Path, Option<&Path>)>, settings: &Settings) -> Value {
    let mut arguments = vec![
        "--no-first-run".to_owned(),
        "--disable-gpu".to_owned(),
        // Chromium's own errands: they only fail on a closed network, and cost time on an open one.
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
    ];
    if !settings.headed {
        arguments.push("--headless=new".to_owned());
    }
    if settings.root {
        // Chromium refuses to run its sandbox as root.
        arguments.push("--no-sandbox".to_owned());
    }
    if let Some(ByProxy { port, authority }) = settings.proxy {
        arguments.push(format!("--proxy-server=http://127.0.0.1:{port}"));
        // Without it `localhost` and its sub-names would go past the proxy.
        arguments.push("--proxy-bypass-list=<-loopback>".to_owned());
        // Without it `http://` of a made-up host becomes `https://`.
        arguments
            .push("--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable".to_owned());
        // Its certificates are as good as any then. Those that are only put up with are not: Chromium keeps
        // nothing in its cache that came with one, and takes no service worker from it.
        arguments
            .push(format!("--ignore-certificate-errors-spki-list={}", STANDARD.encode(authority)));
        // Else reports wait for up to a minute.
        arguments.push("--short-reporting-delay".to_owned());
    }
    if let Some((_, Some(profile))) = local {
        arguments.push(format!("--user-data-dir={}", profile.display()));
    }
    let mut options = json!({
        "args": arguments,
        // Debian's Chromium opens a search engine at its start: that would leave the machine, and the
        // first navigation would wait for it.
        "prefs": {
            "session.restore_on_startup": 4,
            "session.startup_urls": ["about:blank"],
        },
    });
    if let Some((binary, _)) = local {
        options["binary"] = json!(binary);
    }
    let mut capabilities = json!({
        "browserName": "chrome",
        "unhandledPromptBehavior": "dismiss and notify",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    if settings.proxy.is_some() {
        capabilities["acceptInsecureCerts"] = json!(true);
        capabilities["webSocketUrl"] = json!(true);
    }
    capabilities
}

/// The capabilities of a browser that finds the fixture server by proxy. Without the second argument it
/// would look for `localhost` on its own machine.
pub(super) fn proxied(fixtures: &Fixtures) -> Value {
    let proxy = format!("--proxy-server=http={}", fixtures.authority());
    json!({ "goog:chromeOptions": { "args": [proxy, "--proxy-bypass-list=<-loopback>"] } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_greeting() {
        let greeting = "ChromeDriver was started successfully on port 33423.";
        assert_eq!(port_in(greeting), Some(33423));
        assert_eq!(port_in("Starting ChromeDriver 156.0 on port 0"), None);
    }
}
