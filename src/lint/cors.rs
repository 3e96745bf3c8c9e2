//! CORS headers: each by its spelling, and what they do to each other (Fetch, section 3.3 "CORS
//! protocol").

use super::codes::{self, Code};
use super::names::{Kind, Known};
use super::quote::{quote, twice};
use super::{Context, Lint, place};
use crate::origin::Origin;
use crate::policy::{Lines, header_names};

const ORIGIN: &str = "Access-Control-Allow-Origin";
const CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const METHODS: &str = "Access-Control-Allow-Methods";
const HEADERS: &str = "Access-Control-Allow-Headers";
const EXPOSED: &str = "Access-Control-Expose-Headers";

/// The lints of one header with these lines, which make this combined value.
pub(super) fn lints(known: &'static Known, values: &[&str], combined: &str) -> Vec<Lint> {
    let lint = |code: &'static Code, text: String| Lint::new(code, known.name, text);
    let is_list = matches!(known.kind, Kind::NameList);
    if values.len() > 1 && !is_list {
        return vec![lint(&codes::HEADER_TWICE, twice(values, combined))];
    }
    let lints = match known.kind {
        Kind::AllowOrigin => origin_fault(combined).map(|(code, text)| lint(code, text)),
        Kind::AllowCredentials => match combined {
            "true" => None,
            "false" => Some(lint(
                &codes::ALLOW_CREDENTIALS_FALSE,
                "`false` is the same as no header: only `true` means anything".to_owned(),
            )),
            other => Some(lint(
                &codes::ALLOW_CREDENTIALS_NOT_TRUE,
                format!("{} is not `true`, so credentials are not allowed", quote(other)),
            )),
        },
        Kind::MaxAge if !is_number(combined) => Some(lint(
            &codes::MAX_AGE_NOT_A_NUMBER,
            format!("{} is no number of seconds: write e.g. `600`", quote(combined)),
        )),
        Kind::NameList => list_fault(known.name, combined),
        _ => None,
    };
    lints.into_iter().map(|lint| if is_list { lint } else { lint.at(0) }).collect()
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// What keeps a value from being the origin of anybody.
fn origin_fault(value: &str) -> Option<(&'static Code, String)> {
    let shown = quote(value);
    if value == "*" {
        return None;
    }
    if value == "null" {
        let text = "`null` allows every sandboxed page, of whatever site".to_owned();
        return Some((&codes::ALLOW_ORIGIN_NULL, text));
    }
    if value.is_empty() {
        return Some((
            &codes::ALLOW_ORIGIN_MALFORMED,
            "has no value, and nobody is allowed".to_owned(),
        ));
    }
    if value.contains([',', ' ', '\t', ';']) {
        let text =
            format!("{shown} is a list, and equals none of its members: send the one that asks");
        return Some((&codes::ALLOW_ORIGIN_LIST, text));
    }
    if value.contains(['"', '\'', '`']) {
        let text = format!("{shown} has quotes, which no origin has");
        return Some((&codes::ALLOW_ORIGIN_MALFORMED, text));
    }
    if value.contains('*') {
        let text = format!("in {shown} the `*` is no wildcard: only the whole value can be one");
        return Some((&codes::ALLOW_ORIGIN_WILDCARD_HOST, text));
    }
    if let Ok(origin) = Origin::of(value) {
        let right = origin.serialised();
        if right == value {
            return None;
        }
        let goes_on =
            value.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
        return Some(if goes_on {
            let text = format!("{shown} goes on after the origin: write {}", quote(&right));
            (&codes::ALLOW_ORIGIN_WITH_PATH, text)
        } else {
            let text = format!("browsers spell the origin {shown} differently: {}", quote(&right));
            (&codes::ALLOW_ORIGIN_SPELLING, text)
        });
    }
    if value.contains(|c: char| !c.is_ascii() || c.is_ascii_control() && c != '\t') {
        let text = format!("{shown} has characters that no origin has");
        return Some((&codes::ALLOW_ORIGIN_MALFORMED, text));
    }
    match value.split_once("://") {
        // Apps have schemes of their own: `capacitor://localhost`.
        Some((scheme, host)) if !is_http(scheme) && !scheme.is_empty() && !host.is_empty() => {
            host.contains(['/', '?', '#']).then(|| {
                let text = format!("{shown} goes on after the origin: cut it off after the host");
                (&codes::ALLOW_ORIGIN_WITH_PATH, text)
            })
        }
        Some(_) => {
            let text = format!("{shown} is no origin, and nobody is allowed");
            Some((&codes::ALLOW_ORIGIN_MALFORMED, text))
        }
        None => Some(bare_word(value)),
    }
}

fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// A value without a scheme: a host name, or something else.
fn bare_word(value: &str) -> (&'static Code, String) {
    let is_host = value.contains('.') || value.starts_with("localhost");
    let scheme = if value.starts_with("localhost") { "http" } else { "https" };
    let origin = Origin::of(&format!("{scheme}://{value}")).ok().filter(|_| is_host);
    if let Some(origin) = origin {
        let right = quote(&origin.serialised());
        let text = format!("{} has no scheme: write e.g. {right}", quote(value));
        return (&codes::ALLOW_ORIGIN_WITHOUT_SCHEME, text);
    }
    let text =
        format!("{} is no origin: write `*`, or one such as `https://app.example`", quote(value));
    (&codes::ALLOW_ORIGIN_MALFORMED, text)
}

fn list_fault(name: &'static str, combined: &str) -> Option<Lint> {
    let headers = [(name.to_owned(), combined.to_owned())];
    let Some(names) = header_names(Lines::new(&headers), name) else {
        let bad = combined.split(',').map(|entry| entry.trim_matches([' ', '\t'])).find(|entry| {
            let entry = [(name.to_owned(), (*entry).to_owned())];
            header_names(Lines::new(&entry), name).is_none()
        });
        let text = format!(
            "{} is no name, and the whole list {} is lost",
            quote(bad.unwrap_or_default()),
            quote(combined)
        );
        return Some(Lint::new(&codes::CORS_LIST_MALFORMED, name, text));
    };
    // A single quote may stand in a name, and no name has one.
    if let Some(quoted) = names.iter().find(|name| name.contains(['\'', '`'])) {
        let text = format!("{} has quotes, and no name has them: it allows nothing", quote(quoted));
        return Some(Lint::new(&codes::CORS_LIST_MALFORMED, name, text));
    }
    if name != METHODS {
        return None;
    }
    let lower = names.iter().find(|method| {
        let upper = method.to_ascii_uppercase();
        let known = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
        **method != upper && known.contains(&upper.as_str())
    })?;
    let text = format!(
        "{} does not allow `{}`: methods are compared with case",
        quote(lower),
        lower.to_ascii_uppercase()
    );
    Some(Lint::new(&codes::METHOD_IN_LOWER_CASE, METHODS, text))
}

/// What the headers do to each other, and to a response of this kind.
pub(super) fn together(lines: Lines<'_>, context: &Context<'_>) -> Vec<Lint> {
    let mut lints = Vec::new();
    let origin = lines.combined(ORIGIN);
    let credentials = lines.combined(CREDENTIALS).as_deref() == Some("true");
    if origin.as_deref() == Some("*") && credentials {
        let text = "`true` has no effect beside `Access-Control-Allow-Origin: *`: name the origin";
        lints.push(Lint::new(&codes::WILDCARD_WITH_CREDENTIALS, CREDENTIALS, text));
    }
    let has = |header: &str, name: &str| {
        let names = header_names(lines, header).unwrap_or_default();
        names.iter().any(|other| other.eq_ignore_ascii_case(name))
    };
    for header in [METHODS, HEADERS, EXPOSED] {
        if credentials && has(header, "*") {
            let text =
                "`*` is a name like any other for requests with credentials, and nothing has it";
            lints.push(Lint::new(&codes::LITERAL_WILDCARD, header, text));
        }
    }
    if !credentials && has(HEADERS, "*") && !has(HEADERS, "authorization") {
        let text = "`*` does not cover `Authorization` (Chromium lets it through): add it if clients send tokens";
        lints.push(Lint::new(&codes::AUTHORIZATION_NOT_COVERED, HEADERS, text));
    }
    let one = origin.filter(|origin| origin != "*" && origin_fault(origin).is_none());
    if let Some(one) = &one {
        let varies = lines.all("Vary").flat_map(|line| line.split(','));
        let mut varies = varies.map(|name| name.trim_matches([' ', '\t']));
        if !context.preflight
            && !varies.any(|name| name == "*" || name.eq_ignore_ascii_case("origin"))
        {
            let text = format!("{} is sent without `Vary: Origin`", quote(one));
            lints.push(Lint::new(&codes::VARY_ORIGIN_MISSING, ORIGIN, text));
        }
    }
    if lines.has(ORIGIN) && place::is_page(lines, context) {
        let text =
            "on a page it frees no popup and isolates nothing: it is about reading by script";
        lints.push(Lint::new(&codes::CORS_ON_DOCUMENT, ORIGIN, text));
    }
    lints
}
