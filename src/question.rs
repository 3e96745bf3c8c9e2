//! Questions to the model as JSON, one a line, and its answers: what `explain --stdin` reads and writes.
//! Pure.
//!
//! A question is known by its keys: `opener` asks about a popup, `resource` about a request, `document`
//! about nested documents, `header` about a header's lines. Keys that the model does not know are named in
//! the answer's `ignored`, so that a slip does not go unnoticed; `id` comes back as it was given.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::lint::{self, Effective};
use crate::policy::Dialect;
use crate::spec::{
    Behaviour, Document, Engine, Flow, Nested, Outcome, PopupAnswer, Profile, Reason, Resource,
    frames, popup, resource,
};

/// Answers one line; a faulty one with `{"error": …}`. Never fails.
#[must_use]
pub fn answer_line(line: &str) -> Value {
    if line.trim().is_empty() {
        return json!({ "error": "an empty line" });
    }
    match serde_json::from_str::<Value>(line) {
        Ok(question) => answer(question),
        Err(fault) => json!({ "error": format!("this is no JSON: {fault}") }),
    }
}

/// Answers one question.
#[must_use]
pub fn answer(question: Value) -> Value {
    let Value::Object(mut asked) = question else {
        return json!({ "error": "a question is a JSON object" });
    };
    let id = asked.remove("id");
    let has = |key: &str| asked.contains_key(key);
    let (known, answered): (&[&str], _) = if has("opener") {
        (&["opener", "frame", "open", "popup", "engine"], about_popup(&asked))
    } else if has("resource") {
        (&["document", "resource", "engine"], about_resource(&asked))
    } else if has("document") {
        (&["document", "frames", "engine"], about_frames(&asked))
    } else if has("header") {
        (&["header", "lines", "engine"], about_header(&asked))
    } else {
        let fault =
            "no question: give `opener`, `document` (with `frames` or `resource`) or `header`";
        (&[], Err(fault.to_owned()))
    };
    let mut answer = match answered {
        Ok(answer) => answer,
        Err(fault) => Map::from_iter([("error".to_owned(), json!(fault))]),
    };
    let mut ignored = Vec::new();
    if !known.is_empty() {
        ignored_in(&asked, known, "", &mut ignored);
    }
    if !ignored.is_empty() {
        answer.insert("ignored".to_owned(), json!(ignored));
    }
    if let Some(id) = id {
        answer.insert("id".to_owned(), id);
    }
    Value::Object(answer)
}

/// The keys of a part of a question, where the part is an object or a list of such.
const PARTS: &[(&str, &[&str])] = &[
    ("opener", &["url", "status", "headers"]),
    ("frame", &["url", "status", "headers", "sandbox"]),
    ("popup", &["url", "status", "headers"]),
    ("document", &["url", "status", "headers"]),
    ("frames", &["url", "status", "headers", "hops", "allow", "sandbox"]),
    ("resource", &["kind", "mode", "credentials", "method", "request-headers", "hops"]),
    ("hops", &["url", "status", "headers", "preflight"]),
    ("preflight", &["status", "headers"]),
];

/// Names the keys that mean nothing, at any depth: `opener.header`.
fn ignored_in(asked: &Map<String, Value>, known: &[&str], path: &str, ignored: &mut Vec<String>) {
    for (key, value) in asked {
        if !known.contains(&key.as_str()) {
            ignored.push(format!("{path}{key}"));
        } else if let Some((_, known)) = PARTS.iter().find(|(part, _)| part == key) {
            parts(value, &mut |part| ignored_in(part, known, &format!("{path}{key}."), ignored));
        }
    }
    ignored.dedup();
}

/// The objects in a value, through lists of lists.
fn parts(value: &Value, take: &mut dyn FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(part) => take(part),
        Value::Array(items) => items.iter().for_each(|item| parts(item, take)),
        _ => {}
    }
}

type Answered = Result<Map<String, Value>, String>;

fn about_popup(asked: &Map<String, Value>) -> Answered {
    let flow: Flow = read(asked)?;
    let answer = popup(&flow).map_err(|fault| fault.to_string())?;
    Ok(popup_answer(&answer))
}

/// The answer about a flow, as a question about it gives it.
#[must_use]
pub fn about(answer: &PopupAnswer) -> Value {
    Value::Object(popup_answer(answer))
}

fn popup_answer(answer: &PopupAnswer) -> Map<String, Value> {
    let documents: Vec<Value> = answer
        .popup
        .iter()
        .map(|document| {
            json!({
                "opener": document.opener.name(),
                "loads": document.loads,
                "isolated": document.isolated,
            })
        })
        .collect();
    let reports: Vec<Value> = answer
        .reports
        .iter()
        .map(|report| {
            json!({
                "navigation": report.navigation,
                "hop": report.hop,
                "disposition": report.disposition.name(),
            })
        })
        .collect();
    object([
        ("popup", json!(documents)),
        ("handle", json!(answer.handle.name())),
        ("because", reasons(&answer.because)),
        ("reports", json!(reports)),
    ])
}

#[derive(Deserialize)]
struct FramesAsked {
    document: Document,
    #[serde(default)]
    frames: Vec<Nested>,
    #[serde(default)]
    engine: Engine,
}

fn about_frames(asked: &Map<String, Value>) -> Answered {
    let asked: FramesAsked = read(asked)?;
    let answer =
        frames(&asked.document, &asked.frames, asked.engine).map_err(|fault| fault.to_string())?;
    Ok(object([
        ("isolated", json!(answer.isolated)),
        ("loads", json!(answer.loads)),
        ("because", reasons(&answer.because)),
    ]))
}

#[derive(Deserialize)]
struct ResourceAsked {
    document: Document,
    resource: Resource,
    #[serde(default)]
    engine: Engine,
}

fn about_resource(asked: &Map<String, Value>) -> Answered {
    let asked: ResourceAsked = read(asked)?;
    let answer = resource(&asked.document, &asked.resource, asked.engine)
        .map_err(|fault| fault.to_string())?;
    let result = if answer.outcome == Outcome::Blocked { "blocked" } else { "loaded" };
    Ok(object([
        ("result", json!(result)),
        ("readable", json!(answer.outcome == Outcome::Readable)),
        ("readable-headers", json!(answer.readable_headers)),
        ("preflights", json!(answer.preflights)),
        ("because", reasons(&answer.because)),
    ]))
}

#[derive(Deserialize)]
struct HeaderAsked {
    header: String,
    lines: Vec<String>,
    #[serde(default)]
    engine: Engine,
}

fn about_header(asked: &Map<String, Value>) -> Answered {
    let HeaderAsked { header, lines, engine } = read(asked)?;
    let dialect: Dialect = Profile::newest(engine).dialect;
    let effective: Effective =
        lint::effective(&header, &lines, dialect).map_err(|fault| fault.to_string())?;
    let lints: Vec<Value> = lint::header(&header, &lines)
        .iter()
        .map(|lint| json!({ "code": lint.code.name, "text": lint.text, "line": lint.line }))
        .collect();
    Ok(object([("effective", json!(effective.value)), ("lint", json!(lints))]))
}

fn read<T: DeserializeOwned>(asked: &Map<String, Value>) -> Result<T, String> {
    T::deserialize(asked).map_err(|fault| fault.to_string())
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn reasons(because: &[Reason]) -> Value {
    because.iter().map(reason).collect()
}

/// A reason as JSON.
fn reason(reason: &Reason) -> Value {
    #[derive(Serialize)]
    struct Told {
        fact: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        navigation: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        hop: Option<usize>,
        rule: &'static str,
        text: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        compared: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        deviation: Option<Behaviour>,
        source: &'static str,
        url: &'static str,
    }
    let Reason { fact, navigation, hop, rule, compared, deviation } = reason;
    json!(Told {
        fact,
        navigation: *navigation,
        hop: *hop,
        rule: rule.code(),
        text: rule.text(),
        compared: compared.as_ref().map(ToString::to_string),
        deviation: *deviation,
        source: rule.source(),
        url: rule.url(),
    })
}
