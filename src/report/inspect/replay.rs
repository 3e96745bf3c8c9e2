//! A `fetch()` of a page: whether it may read the answer, and every exchange on the way.

use std::fmt::Write as _;

use super::{ended, header, lint, paragraph};
use crate::chain::{Asked, Readable, Replay, shown_line, shown_url};
use crate::lint::{self as header_lint, Context};
use crate::spec::Engine;

const LABEL: usize = 11;

/// Request header lines that are shown with their values; others may hold secrets.
const SHOWN: [&str; 3] =
    ["origin", "access-control-request-method", "access-control-request-headers"];

/// All about a replay.
#[must_use]
pub fn replay(replay: &Replay) -> String {
    let mut out = String::new();
    let question = replay.question();
    header(&mut out, 0, &format!("{} {}", question.method(), shown_url(question.url())));
    let credentials = if question.has_credentials() { "with" } else { "without" };
    let text = format!("fetch() by a page of {}, {credentials} credentials", question.origin());
    paragraph(&mut out, "", &text);
    out.push('\n');
    let readable = replay.readable();
    answer(&mut out, replay, &readable);
    for asked in replay.asked() {
        out.push('\n');
        exchange(&mut out, asked);
    }
    if question.has_credentials() {
        out.push('\n');
        let text = "it was sent without cookies, which are not known here: with them, the server may answer \
                    otherwise";
        paragraph(&mut out, "note: ", text);
    }
    out
}

fn answer(out: &mut String, replay: &Replay, readable: &[Readable]) {
    const QUESTION: &str = "can the page read the answer?  ";
    if let Some((what, hint)) = ended(replay.end()) {
        paragraph(out, QUESTION, &format!("no: {what}"));
        if let Some(hint) = hint {
            paragraph(out, "help: ", &hint);
        }
        return;
    }
    let Some(standard) = readable.first() else { return };
    paragraph(out, QUESTION, if standard.readable { "yes: status and body" } else { "no" });
    if standard.readable {
        headers(out, replay, &standard.headers);
    }
    if let Some(reason) = standard.because.last() {
        let text = format!("{reason} [{}]", reason.rule.source());
        paragraph(out, "  because: ", &text);
    }
    if !standard.readable {
        let arrived = match (standard.preflight_fails, replay.arrived()) {
            (true, false) => {
                "the request itself was not sent: only its preflight reached the server"
            }
            (_, true) => {
                "the request reached the server all the same, and was answered: CORS keeps scripts from \
                 reading, it keeps nobody from asking"
            }
            (false, false) => "nothing was sent",
        };
        paragraph(out, "  but: ", arrived);
    }
    let otherwise =
        |one: &&Readable| one.readable != standard.readable || one.headers != standard.headers;
    for one in readable.iter().filter(otherwise) {
        let own: Vec<String> = deviations(one.engine).collect();
        let word = if one.readable { "yes" } else { "no" };
        let why = if own.is_empty() { String::new() } else { format!(" ({})", own.join(", ")) };
        paragraph(out, &format!("  {} otherwise: ", one.engine.name()), &format!("{word}{why}"));
    }
}

/// What an engine does otherwise about CORS.
fn deviations(engine: Engine) -> impl Iterator<Item = String> {
    let about = |name: &String| name == "wildcard-covers-authorization";
    crate::spec::deviations()
        .iter()
        .filter(move |deviation| deviation.engine == engine)
        .map(|deviation| deviation.name.to_string())
        .filter(about)
}

/// The response headers that can be read, and those that came and cannot.
fn headers(out: &mut String, replay: &Replay, readable: &[String]) {
    let list = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    paragraph(out, "  headers: ", &list(readable));
    let Some(response) = replay.response() else { return };
    let mut hidden: Vec<String> = response.lines().names().map(str::to_ascii_lowercase).collect();
    // What is about the connection only reaches no script, wherever it comes from.
    let known = |name: &String| {
        ["connection", "keep-alive", "transfer-encoding"].contains(&name.as_str())
            || readable.contains(name)
            || name.starts_with("set-cookie")
            || name.starts_with("access-control-")
    };
    hidden.retain(|name| !known(name));
    hidden.sort();
    hidden.dedup();
    if !hidden.is_empty() {
        let text = format!("{} (not in Access-Control-Expose-Headers)", list(&hidden));
        paragraph(out, "  hidden:  ", &text);
    }
}

fn exchange(out: &mut String, asked: &Asked) {
    let label = if asked.preflight { "preflight" } else { "request" };
    let line = format!("{label:LABEL$}{} {}", asked.request.method, shown_url(&asked.request.url));
    header(out, 0, &line);
    for (name, value) in &asked.request.headers {
        if SHOWN.contains(&name.as_str()) {
            header(out, LABEL, &format!("{}: {value}", spelled(name)));
        }
    }
    let Some(answer) = &asked.answer else {
        header(out, 0, &format!("{:LABEL$}(no answer)", "answer"));
        return;
    };
    let _ = writeln!(out, "{:LABEL$}{}  {}", "answer", answer.status, answer.version);
    let context = Context {
        secure: Some(answer.is_secure()),
        status: Some(answer.status),
        is_document: Some(false).filter(|_| !answer.redirects()),
        framed: None,
        preflight: asked.preflight,
        html: None,
    };
    let lints = header_lint::response(&answer.headers, &context);
    let relevant = answer.relevant(&lints);
    for index in &relevant {
        let (name, value) = &answer.headers[*index];
        let (name, value) = shown_line(name, value);
        header(out, LABEL, &format!("{name}: {value}"));
    }
    if relevant.is_empty() {
        header(out, LABEL, "(no header that matters here)");
    }
    for found in &lints {
        lint(out, LABEL, found);
    }
}

/// A request header as standards spell it.
fn spelled(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        first.to_ascii_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}
