//! What Firefox and geckodriver need: arguments and capabilities. Pure.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::remote::Fixtures;
use super::session::{ByProxy, Settings};

/// Arguments of geckodriver: any free ports, for WebDriver as for its second protocol, which two
/// drivers would fight for otherwise.
pub(super) const DRIVER_ARGUMENTS: &[&str] = &["--port=0", "--websocket-port=0"];

/// The port in geckodriver's greeting.
pub(super) fn port_in(line: &str) -> Option<u16> {
    line.split_once("Listening on 127.0.0.1:")?.1.trim().parse().ok()
}

/// The capabilities of a session. The browser is stock: nothing here touches COOP, COEP or CORS.
pub(super) fn capabilities(binary: Option<&Path>, settings: &Settings) -> Value {
    let arguments: &[&str] = if settings.headed { &[] } else { &["-headless"] };
    let mut options = json!({
        "args": arguments,
        "prefs": {
            // Pages may open popups without a user's click, as many as they like.
            "dom.disable_open_during_load": false,
            "dom.popup_maximum": -1,
            // Popups are windows or tabs alike to the rules; making a window costs three times as much.
            "browser.link.open_newwindow.restriction": 0,
            // Firefox's own errands leave the machine.
            "app.normandy.enabled": false,
            "browser.safebrowsing.update.enabled": false,
            "datareporting.policy.dataSubmissionEnabled": false,
            "extensions.getAddons.cache.enabled": false,
            "network.captive-portal-service.enabled": false,
            "network.connectivity-service.enabled": false,
            "services.settings.server": "data:,#remote-settings-dummy/v1",
        },
    });
    if let Some(binary) = binary {
        options["binary"] = json!(binary);
    }
    if let (Some(ByProxy { port, .. }), Value::Object(prefs)) =
        (settings.proxy, &mut options["prefs"])
    {
        prefs.extend(proxy_prefs("127.0.0.1", port));
    }
    let mut capabilities = json!({
        "browserName": "firefox",
        "unhandledPromptBehavior": "dismiss and notify",
        "moz:firefoxOptions": options,
    });
    if settings.proxy.is_some() {
        capabilities["acceptInsecureCerts"] = json!(true);
        capabilities["webSocketUrl"] = json!(true);
    }
    capabilities
}

/// The preferences of a browser that asks a proxy for everything, `localhost` included.
fn proxy_prefs(host: &str, port: u16) -> Map<String, Value> {
    let prefs = json!({
        "network.proxy.type": 1,
        "network.proxy.http": host,
        "network.proxy.http_port": port,
        "network.proxy.ssl": host,
        "network.proxy.ssl_port": port,
        "network.proxy.no_proxies_on": "",
        "network.proxy.allow_hijacking_localhost": true,
        // All hosts share the proxy's connections.
        "network.http.max-persistent-connections-per-proxy": 256,
    });
    let Value::Object(prefs) = prefs else { return Map::new() };
    prefs
}

/// The capabilities of a browser that finds the fixture server by proxy, `localhost` included.
pub(super) fn proxied(fixtures: &Fixtures) -> Value {
    json!({ "moz:firefoxOptions": { "prefs": proxy_prefs(&fixtures.host, fixtures.port) } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_greeting() {
        let greeting = "1795382400000	geckodriver	INFO	Listening on 127.0.0.1:33423";
        assert_eq!(port_in(greeting), Some(33423));
        assert_eq!(port_in("geckodriver 0.37.1"), None);
    }
}
