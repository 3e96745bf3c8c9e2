//! From arguments to a flow.

use clap::{ArgMatches, ValueEnum};
use coopwright::spec::{Document, Engine, Flow, Frame, Navigation, Opening, Response};

use super::ExplainArgs;

/// A flow that was not described well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskedError {
    /// There is nothing to explain.
    #[error("nothing to explain")]
    Nothing,
    /// A response that cannot be read.
    #[error("--{argument} `{text}`: {fault}")]
    Response {
        /// The argument's name.
        argument: &'static str,
        /// What was given.
        text: String,
        /// What is wrong with it.
        fault: String,
    },
}

impl AskedError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Nothing => {
                "name a scenario or a lint's code, or describe a flow: coopwright explain --opener \
                 'Cross-Origin-Opener-Policy: same-origin' --popup ''"
            }
            Self::Response { .. } => {
                "write `[URL] [STATUS] [HEADERS]`, e.g. `https://login.example/start 302 \
                 Cross-Origin-Opener-Policy: same-origin | Location: /next`"
            }
        }
    }
}

/// A place seen from the opener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Relation {
    /// The opener's own origin
    SameOrigin,
    /// Another origin of its site
    SameSite,
    /// Another site
    CrossSite,
}

/// The ways of opening, as they are written in questions.
pub(crate) const OPENINGS: [&str; 7] =
    ["direct", "named", "noopener", "noreferrer", "blank-then-assign", "link", "link-noopener"];

/// A way of opening by its word, which is one of [`OPENINGS`].
pub(crate) fn opening(word: &str) -> Opening {
    serde_json::from_value(word.into()).unwrap_or_default()
}

/// Whose behaviour is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// What the standards say
    Standard,
    /// Chromium
    Chromium,
    /// Firefox
    Firefox,
    /// WebKit
    Webkit,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Standard => Self::Standard,
            EngineName::Chromium => Self::Chromium,
            EngineName::Firefox => Self::Firefox,
            EngineName::Webkit => Self::Webkit,
        }
    }
}

/// The flow that the arguments describe.
pub(super) fn flow(args: &ExplainArgs, matches: &ArgMatches) -> Result<Flow, AskedError> {
    if args.opener.is_empty() && args.popup.is_empty() && args.popup_hop.is_empty() {
        return Err(AskedError::Nothing);
    }
    let mut opener = response("opener", "", "https://app.example/")?;
    for text in &args.opener {
        let given = response("opener", text, &opener.url)?;
        opener.url = given.url;
        opener.headers.extend(given.headers);
    }
    let frame = match &args.from_frame {
        Some(text) => {
            Some(Frame { document: frame(text, &opener)?, sandbox: args.sandbox.clone() })
        }
        None => None,
    };
    Ok(Flow {
        popup: popup(args, matches, &opener)?,
        opener,
        frame,
        open: args.open,
        engine: args.engine.into(),
    })
}

/// The popup's navigations: hops belong to the document that follows them on the command line.
fn popup(
    args: &ExplainArgs,
    matches: &ArgMatches,
    opener: &Document,
) -> Result<Vec<Navigation>, AskedError> {
    let places = |name: &str| matches.indices_of(name).into_iter().flatten();
    let hops = places("popup_hop").zip(&args.popup_hop).map(|(at, text)| (at, text, false));
    let ends = places("popup").zip(&args.popup).map(|(at, text)| (at, text, true));
    let mut given: Vec<(usize, &String, bool)> = hops.chain(ends).collect();
    given.sort_by_key(|(at, ..)| *at);
    let default = place_of(args.relation, &opener.url, "login");
    let mut navigations = Vec::new();
    let mut chain: Vec<Response> = Vec::new();
    for (_, text, ends) in given {
        let argument = if ends { "popup" } else { "popup-hop" };
        chain.push(response(argument, text, &default)?);
        if ends {
            navigations.push(Navigation::To(std::mem::take(&mut chain)));
        }
    }
    if !chain.is_empty() {
        navigations.push(Navigation::To(chain));
    }
    // Who asks about a page alone is told of the page alone.
    if navigations.is_empty() && args.asks_about_a_popup() {
        navigations.push(Navigation::To(vec![response("popup", "", &default)?]));
    }
    Ok(navigations)
}

fn frame(text: &str, opener: &Document) -> Result<Document, AskedError> {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match Relation::from_str(first, false) {
        Ok(relation) => response("from-frame", rest, &place_of(relation, &opener.url, "widget")),
        Err(_) => response("from-frame", text, &opener.url),
    }
}

/// An address in a relation to the opener's.
fn place_of(relation: Relation, opener: &str, name: &str) -> String {
    let host = opener.split_once("://").map_or("app.example", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or(host);
    match relation {
        Relation::SameOrigin => opener.to_owned(),
        Relation::SameSite => format!("https://{name}.{host}/"),
        Relation::CrossSite if host.starts_with(name) => "https://other.example/".to_owned(),
        Relation::CrossSite => format!("https://{name}.example/"),
    }
}

/// Reads `[URL] [STATUS] [HEADERS]`.
fn response(argument: &'static str, text: &str, default: &str) -> Result<Response, AskedError> {
    let fault = |fault: String| AskedError::Response { argument, text: text.to_owned(), fault };
    let mut rest = text.trim_start();
    let mut url = default.to_owned();
    let (first, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if first.contains("://") || first.starts_with("about:") {
        spec_address(first).map_err(&fault)?;
        url = first.to_owned();
        rest = after.trim_start();
    }
    let (second, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let mut status = 200;
    if second.len() == 3 && second.bytes().all(|byte| byte.is_ascii_digit()) {
        status = second.parse().unwrap_or(200);
        rest = after.trim_start();
    }
    let mut headers = Vec::new();
    for line in rest.split('\n').flat_map(|line| line.split(" | ")) {
        if line.trim().is_empty() {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            let line = line.trim();
            let looks = line.starts_with('/')
                || line.split(['/', ' ']).next().is_some_and(|word| word.contains('.'));
            return Err(fault(if looks {
                format!("`{line}` looks like an address: start it with `https://`")
            } else {
                format!("`{line}` has no colon: write `Name: value`")
            }));
        };
        let name = name.trim();
        if name.contains(char::is_whitespace) {
            return Err(fault(format!("`{name}` is no header name: it has a space in it")));
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(Response { url, status, headers })
}

fn spec_address(url: &str) -> Result<(), String> {
    if url.starts_with("about:") {
        return Ok(());
    }
    coopwright::origin::Origin::of(url).map(drop).map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_an_address_a_status_and_lines() {
        let read = |text: &str| response("popup", text, "https://app.example/").unwrap();
        let full = read("https://login.example/start 302 A: 1 | B: x, y");
        assert_eq!((full.url.as_str(), full.status), ("https://login.example/start", 302));
        assert_eq!(full.headers.len(), 2);
        assert_eq!(read("").url, "https://app.example/");
        assert_eq!(read("Cross-Origin-Opener-Policy: same-origin").headers[0].1, " same-origin");
        assert!(response("popup", "no colon here", "https://app.example/").is_err());
        assert!(response("popup", "ftp://x.example/ 200", "https://app.example/").is_err());
    }

    #[test]
    fn every_way_of_opening_has_its_word() {
        let ways: Vec<Opening> = OPENINGS.iter().map(|word| opening(word)).collect();
        assert_eq!(ways.iter().filter(|way| **way == Opening::Direct).count(), 1, "{ways:?}");
    }

    #[test]
    fn relations_are_seen_from_the_opener() {
        let to = |relation, opener: &str| place_of(relation, opener, "login");
        assert_eq!(to(Relation::SameSite, "https://shop.test/a"), "https://login.shop.test/");
        assert_eq!(to(Relation::CrossSite, "https://login.example/"), "https://other.example/");
    }
}
