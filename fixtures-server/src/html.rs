//! The documents: what people see, and the scripts that come along.
//!
//! Every document starts with the agent, so that it is there before any other script; the scripts
//! that make a page what it is are at the end of its body, as people write them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::answer::Ask;
use crate::page::{Callback, PageUrl, Return, Serve};

const AGENT: &str = include_str!("../assets/agent.js");
const BATCH: &str = include_str!("../assets/batch.js");
const CALLBACK: &str = include_str!("../assets/callback.js");
const CLIENT: &str = include_str!("../assets/client.js");
const CONSENT: &str = include_str!("../assets/consent.js");
const DASHBOARD: &str = include_str!("../assets/dashboard.js");
const PAYMENT: &str = include_str!("../assets/payment.js");
const VISITOR: &str = include_str!("../assets/visitor.js");
const SSO: &str = include_str!("../assets/sso.js");
const LOOK: &str = include_str!("../assets/look.css");

/// What a document shows and runs.
#[derive(Debug)]
pub(crate) struct Document {
    title: String,
    /// HTML.
    main: String,
    scripts: Vec<&'static str>,
}

/// What a document tells its agent.
#[derive(Debug, Serialize)]
pub(crate) struct Config<'a> {
    /// Number of the exchange that brought the document.
    doc: u64,
    page: &'a str,
    /// Name of the [`Serve`] variant.
    serve: String,
    /// Fields of the [`Serve`] variant.
    options: Map<String, Value>,
    /// Origins by site.
    sites: Map<String, Value>,
    /// What the document is in a batch: `popup.12.3`, by the address's query.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<String>,
    /// What its browser, one without a driver, knows it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    visitor: Option<u64>,
}

/// The parameter that makes a document part of a batch.
const BATCH_PARAMETER: &str = "__coopwright";

impl<'a> Config<'a> {
    /// The configuration of the document that answers a request.
    pub(crate) fn new(ask: &Ask<'a>) -> Self {
        let serve = ask.page.serve.as_ref().unwrap_or(&Serve::Blank);
        let (serve, mut options) = name_and_fields(serve);
        if serve == "callback" {
            let is_record = |url: &PageUrl| url.site() == ask.url.site();
            let record = ask
                .staged
                .pages()
                .find(|(url, page)| page.serve == Some(Serve::LoginRecord) && is_record(url));
            options.extend(record.map(|(url, _)| ("record".to_owned(), url.path().into())));
        }
        if serve == "app" {
            options.extend(own_login(ask).map(|login| ("login".to_owned(), login)));
        }
        let sites = ask.staged.origins.iter();
        let sites = sites.map(|(site, origin)| (site.to_owned(), origin.into())).collect();
        let batch = ask.query().get(BATCH_PARAMETER).map(ToOwned::to_owned);
        let page = ask.url.as_str();
        let framed = ask.headers.get("sec-fetch-dest").is_some_and(|dest| dest == "iframe");
        let visitor = ask.staged.visitor.as_ref().map(|visitor| visitor.send(page, framed));
        Self { doc: ask.id, page, serve, options, sites, batch, visitor }
    }
}

/// The login behind the app's own button: the first endpoints of the stage that make one.
fn own_login(ask: &Ask<'_>) -> Option<Value> {
    let first = |fits: fn(&Serve) -> bool| {
        ask.staged.pages().find(|(_, page)| page.serve.as_ref().is_some_and(fits))
    };
    let (at, _) = first(|serve| matches!(serve, Serve::Authorize(_)))?;
    let (token, _) = first(|serve| matches!(serve, Serve::Token))?;
    let (callback, page) = first(|serve| matches!(serve, Serve::Callback(_)))?;
    let Some(Serve::Callback(Callback { returns, .. })) = &page.serve else { return None };
    let record = first(|serve| matches!(serve, Serve::LoginRecord));
    let url = |page: &PageUrl| ask.staged.url(page);
    Some(json!({
        "at": url(at)?,
        "token": url(token)?,
        "callback": url(callback)?,
        "record": record.and_then(|(record, _)| url(record)),
        "returns": returns,
        "checks": { "origin": ask.staged.origins.of(callback.site())?, "type": true, "state": true },
    }))
}

fn name_and_fields(serve: &Serve) -> (String, Map<String, Value>) {
    match serde_json::to_value(serve).expect("plain data") {
        Value::Object(variant) => match variant.into_iter().next() {
            Some((name, Value::Object(fields))) => (name, fields),
            // The body of an `html` page is on the page already.
            Some((name, _)) => (name, Map::new()),
            None => Default::default(),
        },
        Value::String(name) => (name, Map::new()),
        _ => Default::default(),
    }
}

/// The text of a document.
pub(crate) fn render(document: &Document, config: &Config<'_>) -> String {
    // A script must not contain `</script` or `<!--`.
    let json = serde_json::to_string(config).expect("plain data").replace('<', "\\u003c");
    let batch = if config.batch.is_some() { BATCH } else { "" };
    let visitor = if config.visitor.is_some() { VISITOR } else { "" };
    let scripts: String =
        document.scripts.iter().map(|script| format!("<script>\n{script}</script>\n")).collect();
    format!(
        "<!doctype html>\n\
         <html lang=\"en\">\n\
         <head>\n\
         <script>\nwindow.__coopwright = {{ config: {json} }};\n{AGENT}{batch}{visitor}</script>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n\
         <style>\n{LOOK}</style>\n\
         </head>\n\
         <body>\n\
         <main>\n{main}\n</main>\n\
         <footer>{page}</footer>\n\
         {scripts}\
         </body>\n\
         </html>\n",
        title = escaped(&document.title),
        main = document.main,
        page = escaped(config.page),
    )
}

fn document(title: &str, main: impl Into<String>, scripts: &[&'static str]) -> Document {
    Document { title: title.to_owned(), main: main.into(), scripts: scripts.to_vec() }
}

/// A page with nothing on it but its name.
pub(crate) fn blank(url: &PageUrl) -> Document {
    document(url.as_str(), format!("<h1>{}</h1>", escaped(url.as_str())), &[])
}

/// A page with a body that the plan gives.
pub(crate) fn custom(url: &PageUrl, body: &str) -> Document {
    document(url.as_str(), body, &[])
}

/// The client app.
pub(crate) fn app() -> Document {
    let main = "<h1>The app</h1>\n\
                <p>Signs you in with a popup of the identity provider.</p>\n\
                <p><button id=\"login\">Sign in</button></p>\n\
                <p id=\"status\" role=\"status\">Not signed in.</p>";
    document("The app", main, &[CLIENT])
}

/// The consent form of the identity provider. It has no `action`, so the query comes along.
pub(crate) fn consent(client: &str) -> Document {
    let main = format!(
        "<h1>Sign in</h1>\n\
         <p><b>{}</b> asks to know who you are.</p>\n\
         <form method=\"post\">\n\
         <button id=\"allow\" name=\"decision\" value=\"allow\">Allow</button>\n\
         <button id=\"deny\" name=\"decision\" value=\"deny\" class=\"quiet\">Deny</button>\n\
         </form>",
        escaped(client)
    );
    document("Sign in", main, &[CONSENT])
}

/// What the identity provider shows when there is nobody to send the browser back to.
pub(crate) fn authorization_error(reason: &str) -> Document {
    let main = format!(
        "<h1>Cannot sign in</h1>\n<p id=\"status\">This request cannot be granted: {}.</p>",
        escaped(reason)
    );
    document("Cannot sign in", main, &[])
}

/// The page to which the identity provider sends the code.
pub(crate) fn callback(options: &Callback) -> Document {
    let main = "<h1>Signing in</h1>\n\
                <p id=\"status\" role=\"status\">One moment …</p>";
    let scripts: &[_] =
        if options.returns == Return::Redirect { &[CALLBACK, CLIENT] } else { &[CALLBACK] };
    document("Signing in", main, scripts)
}

/// A payment page.
pub(crate) fn payment() -> Document {
    let main = "<h1>Payment</h1>\n\
                <p>Two tickets to the opera: <b>84.00 €</b></p>\n\
                <p><button id=\"pay\">Pay</button></p>\n\
                <p id=\"status\" role=\"status\"></p>";
    document("Payment", main, &[PAYMENT])
}

/// An admin dashboard.
pub(crate) fn dashboard() -> Document {
    let main = "<h1>Dashboard</h1>\n\
                <p>Signed in as <b id=\"context\">nobody yet</b></p>\n\
                <p id=\"status\" role=\"status\"></p>";
    document("Dashboard", main, &[DASHBOARD])
}

/// A legacy single-sign-on page.
pub(crate) fn sso() -> Document {
    let main = "<h1>Single sign-on</h1>\n\
                <p id=\"status\" role=\"status\">Handing your ticket over …</p>";
    document("Single sign-on", main, &[SSO])
}

/// Text that stands for itself in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_script_or_the_title() {
        let text = "</script><!--</title>";
        let (options, sites) = (Map::new(), Map::new());
        let config = Config {
            doc: 0,
            page: text,
            serve: "blank".into(),
            options,
            sites,
            batch: None,
            visitor: None,
        };
        let html = render(&document(text, "", &[]), &config);
        assert!(!html.contains(text), "{html}");
        assert!(html.contains(r#""page":"\u003c/script>\u003c!--\u003c/title>""#), "{html}");
    }
}
