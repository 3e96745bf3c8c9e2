//! `inspect --json`.
//!
//! The document is an object:
//!
//! - `version`: 1. It changes when a field changes its meaning or goes; new fields may come.
//! - `pages`: one object for each address, in the order in which they were asked for:
//!   - `url`: the address, secrets masked; `end`: `answered`, `loop`, `too-many-redirects`, `bad-location`,
//!     `outside` or `failed`; `error`: nothing, or what happened; `hint`: nothing, or what to do about it.
//!   - `hops`: the responses: `url`, `status`, `http`, `secure`, `headers` (those that matter, as pairs),
//!     `effective` (what counts: `header`, `value`), `lint`, `caching`.
//!   - `refresh`: nothing, or `seconds` and `url` where the page sends itself on.
//!   - `breaks-login-popups`: `as-opener` and `as-popup`, each `no`, `in-part`, `yes` or nothing; `remedies`
//!     by the same names: `hops` (from 0; null is the opener), `header`, `value` (null: none), `then`,
//!     `ends-isolation`.
//!   - `cases`: `id`, `role`, `title`, and `engines`: for `chromium`, `firefox` and `webkit` what they show
//!     (`shown`), the `handle` of a popup, and `because`: `hop`, `headers`, `rule`, `text`, `compared`,
//!     `source`, `url`, `deviation`.
//!   - `to-isolate`: the changes that would isolate the page.
//!   - `observed` (with browsers): for each of them `browser`, `version`, `shown` (a word for each case's
//!     id), `errors` (by the same ids) and `went-on-to` (pages to which it went on by itself).
//! - `comparison` (with `--compare`): `same`, `headers` (`hop`, `name`, `sent`: for each page null or its
//!   values) and `cases` (`id`, `role`, `title`, `shown`: for each page null or three words).
//! - `requests` (with `--cors`, in place of `pages`): `method`, `url`, `origin`, `credentials`; `end`,
//!   `error`, `hint` as above; `exchanges` (`preflight`, `method`, `url`, `status`, `headers`, `lint`);
//!   `arrived`; `readable`: for the standards and each engine `engine`, `readable`, `headers`,
//!   `preflight-fails`, `because`; `observed` (with browsers) as above, with the one case `fetch`.

use serde_json::{Map, Value, json};

use super::{Inspected, ended};
use crate::chain::{
    Breaks, Case, Difference, End, Hop, Remedy, Replay, Sent, Shown, Why, remedies, shown_line,
    shown_url,
};
use crate::lint::{self, Context, Lint};
use crate::spec::{PageEdit, Reason};

/// The version of the document.
pub const VERSION: u32 = 1;

/// One page.
#[must_use]
pub fn page(inspected: &Inspected) -> Value {
    let Inspected { chain, opener, outlook } = inspected;
    let opener = opener.as_ref();
    let last = chain.hops.len().saturating_sub(1);
    let hops = chain.hops.iter().enumerate().map(|(index, each)| hop(each, index == last));
    let (error, hint) = ended(&chain.end).unzip();
    let name = |breaks: Option<Breaks>| breaks.map(Breaks::name);
    let remedies =
        |opens| -> Vec<Value> { remedies(chain, opener, opens).iter().map(remedy).collect() };
    let edits = outlook.iter().flat_map(|outlook| &outlook.isolating).map(|edit| match edit {
        PageEdit::Https => json!({ "https": true }),
        PageEdit::Header(name, value) => json!({ "header": name, "value": value }),
        PageEdit::NoPermissionsPolicy => json!({ "header": "Permissions-Policy", "value": null }),
    });
    json!({
        "url": shown_url(&chain.asked),
        "opener": opener.map(|opener| shown_url(&opener.url)),
        "end": end(&chain.end),
        "error": error,
        "hint": hint.flatten(),
        "hops": hops.collect::<Vec<_>>(),
        "refresh": chain.refresh().map(|(seconds, to)| json!({ "seconds": seconds, "url": shown_url(&to) })),
        "breaks-login-popups": {
            "as-opener": name(Breaks::as_opener(chain)),
            "as-popup": name(Breaks::as_popup(chain, opener)),
            "remedies": { "as-opener": remedies(true), "as-popup": remedies(false) },
        },
        "cases": outlook.iter().flat_map(|outlook| &outlook.cases).map(case).collect::<Vec<_>>(),
        "to-isolate": edits.collect::<Vec<_>>(),
    })
}

fn end(end: &End) -> &'static str {
    match end {
        End::Answered => "answered",
        End::Loop(_) => "loop",
        End::TooManyRedirects => "too-many-redirects",
        End::BadLocation(_) => "bad-location",
        End::Outside(_) => "outside",
        End::Failed(_) => "failed",
    }
}

fn hop(hop: &Hop, last: bool) -> Value {
    let lints = hop.lints(last);
    json!({
        "url": shown_url(&hop.url),
        "status": hop.status,
        "http": hop.version,
        "secure": hop.is_secure(),
        "headers": headers(hop, &lints),
        "effective": hop.effective(),
        "lint": shown_lints(lints),
        "caching": hop.caching(),
    })
}

fn headers(hop: &Hop, lints: &[Lint]) -> Vec<(String, String)> {
    let lines = hop.relevant(lints).into_iter().map(|index| &hop.headers[index]);
    lines.map(|(name, value)| shown_line(name, value)).collect()
}

/// Lints count the lines of the response; here only some of them are told.
fn shown_lints(lints: Vec<Lint>) -> Vec<Lint> {
    let shown = |lint: Lint| Lint { text: crate::chain::masked(&lint.text), line: None, ..lint };
    lints.into_iter().map(shown).collect()
}

fn remedy(remedy: &Remedy) -> Value {
    json!({
        "hops": remedy.hops,
        "header": remedy.header,
        "value": remedy.policy,
        "then": remedy.then.name(),
        "ends-isolation": remedy.ends_isolation,
    })
}

fn case(case: &Case) -> Value {
    let engines = case.shown.iter().map(|shown: &Shown| {
        let told = json!({
            "shown": shown.word,
            "handle": shown.handle,
            "because": shown.why.as_ref().map(why),
        });
        (shown.engine.name().to_owned(), told)
    });
    json!({
        "id": case.id,
        "role": case.role,
        "title": case.title,
        "engines": engines.collect::<Map<String, Value>>(),
    })
}

fn why(why: &Why) -> Value {
    let lines = why.lines.iter().map(|(name, value)| shown_line(name, value));
    let mut told = reason(&why.reason);
    told["hop"] = json!(why.hop);
    told["headers"] = json!(lines.collect::<Vec<_>>());
    told
}

fn reason(reason: &Reason) -> Value {
    json!({
        "hop": reason.hop,
        "rule": reason.rule.code(),
        "text": reason.rule.text(),
        "compared": reason.compared.as_ref().map(ToString::to_string),
        "source": reason.rule.source(),
        "url": reason.rule.url(),
        "deviation": reason.deviation,
    })
}

/// What differs between pages.
#[must_use]
pub fn compare(difference: &Difference) -> Value {
    let values = |sent: &Sent| match sent {
        Sent::NoResponse => Value::Null,
        Sent::Values(values) => json!(values),
    };
    let headers = difference.headers.iter().map(|found| {
        json!({
            "hop": found.hop,
            "name": found.name,
            "sent": found.sent.iter().map(values).collect::<Vec<_>>(),
        })
    });
    let cases = difference.cases.iter().map(|case| {
        json!({ "id": case.id, "role": case.role, "title": case.title, "shown": case.words })
    });
    json!({
        "same": difference.can_do_the_same(),
        "headers": headers.collect::<Vec<_>>(),
        "cases": cases.collect::<Vec<_>>(),
    })
}

/// A replayed `fetch()`.
#[must_use]
pub fn replay(replay: &Replay) -> Value {
    let question = replay.question();
    let (error, hint) = ended(replay.end()).unzip();
    let exchanges = replay.asked().iter().map(|asked| {
        let context =
            Context { preflight: asked.preflight, is_document: Some(false), ..Context::default() };
        let lints = asked.answer.as_ref().map(|hop| lint::response(&hop.headers, &context));
        let headers = asked.answer.as_ref().zip(lints.as_ref());
        json!({
            "preflight": asked.preflight,
            "method": asked.request.method,
            "url": shown_url(&asked.request.url),
            "status": asked.answer.as_ref().map(|answer| answer.status),
            "headers": headers.map(|(hop, lints)| self::headers(hop, lints)),
            "lint": lints.map(shown_lints),
        })
    });
    let readable = replay.readable();
    let readable = readable.iter().map(|one| {
        let mut told = json!(one);
        told["because"] = one.because.iter().map(reason).collect();
        told
    });
    json!({
        "method": question.method(),
        "url": shown_url(question.url()),
        "origin": question.origin(),
        "credentials": question.has_credentials(),
        "end": end(replay.end()),
        "error": error,
        "hint": hint.flatten(),
        "exchanges": exchanges.collect::<Vec<_>>(),
        "arrived": replay.arrived(),
        "readable": readable.collect::<Vec<_>>(),
    })
}
