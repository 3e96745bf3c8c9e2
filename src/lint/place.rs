//! Policies in the wrong place: over plain http, on a response that is no page, in a frame, in a
//! `<meta>` element.

use super::codes;
use super::names::known;
use super::quote::quote;
use super::{Context, Lint};
use crate::policy::{Lines, OpenerPolicy, SECURE_ONLY, pragmas};

/// What a response is, by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Page,
    Script,
    Data,
    Unknown,
}

fn content_type(lines: Lines<'_>, context: &Context<'_>) -> Type {
    // The body of a redirect is never shown, and its opener policy counts.
    if context.status.is_some_and(|status| (300..400).contains(&status)) {
        return Type::Unknown;
    }
    let value = lines.combined("Content-Type").unwrap_or_default().to_ascii_lowercase();
    let essence = value.split(';').next().unwrap_or_default().trim_ascii();
    let (kind, name) = essence.split_once('/').unwrap_or_default();
    match (kind, name) {
        ("text", "html") | (_, "xhtml+xml") => Type::Page,
        (_, "javascript" | "ecmascript" | "x-javascript") => Type::Script,
        ("image", "svg+xml") => Type::Unknown,
        ("image" | "font" | "audio" | "video", _) | ("text", "css" | "csv") => Type::Data,
        (_, "json" | "wasm" | "octet-stream") => Type::Data,
        (_, name) if name.ends_with("+json") => Type::Data,
        _ => Type::Unknown,
    }
}

/// Whether the response is known to be a page.
pub(super) fn is_page(lines: Lines<'_>, context: &Context<'_>) -> bool {
    context.is_document.unwrap_or_else(|| content_type(lines, context) == Type::Page)
}

/// Whether the response may isolate a page, as far as is known.
pub(super) fn may_be_page(lines: Lines<'_>, context: &Context<'_>) -> bool {
    let by_type = || matches!(content_type(lines, context), Type::Page | Type::Unknown);
    context.is_document.unwrap_or_else(by_type)
}

/// The lints of policies in the wrong place.
pub(super) fn lints(lines: Lines<'_>, context: &Context<'_>) -> Vec<Lint> {
    let mut lints = Vec::new();
    let content = content_type(lines, context);
    let redirect = context.status.is_some_and(|status| (300..400).contains(&status));
    let no_page = !redirect
        && context
            .is_document
            .map_or_else(|| matches!(content, Type::Data | Type::Script), |is| !is);
    for name in SECURE_ONLY {
        let Some(token) = lines.token(name).filter(|token| is_policy(name, &token.text)) else {
            continue;
        };
        let value = quote(&token.text);
        if context.secure == Some(false) {
            let text = format!("{value} does not count over plain http");
            lints.push(Lint::new(&codes::INSECURE_CONTEXT, name, text));
        }
        // The embedder policy of a worker's script does count.
        let worker = content == Type::Script
            && ![OpenerPolicy::NAME, OpenerPolicy::REPORT_ONLY].contains(&name);
        if no_page && !worker {
            let kind = lines.combined("Content-Type").filter(|_| content != Type::Page);
            let kind = kind.map(|kind| format!(" ({})", quote(&kind))).unwrap_or_default();
            let text = format!("{value} does nothing on a response that is no page{kind}");
            lints.push(Lint::new(&codes::NOT_A_DOCUMENT, name, text));
        }
        if context.framed == Some(true) && name == OpenerPolicy::NAME {
            let text = format!("{value} is not read in a frame: the top page's policy counts");
            lints.push(Lint::new(&codes::COOP_IN_FRAME, name, text));
        }
    }
    lints.extend(context.html.map(in_meta).unwrap_or_default());
    lints
}

/// Whether the word is a policy of this header, and not its default.
fn is_policy(name: &str, word: &str) -> bool {
    let words = known(name).map_or(&[][..], |known| known.kind.words());
    words.iter().skip(1).any(|other| *other == word)
}

/// The lints of `<meta http-equiv>` elements that name a header of the family.
fn in_meta(html: &str) -> Vec<Lint> {
    let mut lints = Vec::new();
    for pragma in pragmas(html) {
        if let Some(header) = known(&pragma.name) {
            let shown = quote(pragma.text);
            let text = format!("{shown} is read by no browser: send it as a header");
            lints.push(Lint::new(&codes::POLICY_IN_META, header.name, text));
        }
    }
    lints
}
