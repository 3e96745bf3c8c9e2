//! What WebKitGTK's MiniBrowser and WebKitWebDriver need: arguments and capabilities. Pure.

use std::path::Path;

use serde_json::{Value, json};

use super::remote::Fixtures;
use super::session::{ByProxy, Settings};

/// The capabilities of a session. The browser is stock: nothing here touches COOP, COEP or CORS.
pub(super) fn capabilities(binary: Option<&Path>, settings: &Settings) -> Value {
    // Pages may open popups without a user's click.
    let popups = "--javascript-can-open-windows-automatically=true";
    let mut arguments = vec!["--automation".to_owned(), popups.to_owned()];
    if let Some(ByProxy { port, .. }) = settings.proxy {
        // The standard's capability makes the driver speak TLS to the proxy.
        arguments.push(format!("--proxy=http://127.0.0.1:{port}"));
    }
    let mut options = json!({ "args": arguments });
    if let Some(binary) = binary {
        options["binary"] = json!(binary);
    }
    let mut capabilities = json!({
        "browserName": "MiniBrowser",
        "unhandledPromptBehavior": "dismiss and notify",
        "webkitgtk:browserOptions": options,
    });
    if settings.proxy.is_some() {
        capabilities["acceptInsecureCerts"] = json!(true);
    }
    capabilities
}

/// The capabilities of a browser that finds the fixture server by proxy.
pub(super) fn proxied(fixtures: &Fixtures) -> Value {
    let proxy = format!("--proxy=http://{}", fixtures.authority());
    json!({ "webkitgtk:browserOptions": { "args": [proxy] } })
}

/// The environment of the driver, which hands it on to the browser.
pub(super) fn environment(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        // Nothing of the session's bus is needed, and looking for one costs time.
        ("GTK_A11Y", "none".to_owned()),
        ("NO_AT_BRIDGE", "1".to_owned()),
    ];
    if settings.root {
        // WebKitGTK's sandbox does not start as root.
        variables.push(("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1".to_owned()));
    }
    variables
}
