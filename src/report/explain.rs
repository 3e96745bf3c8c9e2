//! Explanations as text: what each response does, by which rule, what comes out, and what would change it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::console::wrap;
use crate::fact::FactKind;
use crate::inspection::Finding;
use crate::lint::{self, Context, Lint};
use crate::predict::{Because, Prediction};
use crate::scenario::{Step, Unit};
use crate::spec::{
    self, Behaviour, Change, Deviation, Edit, End, Engine, Flow, Navigation, Opening, PageEdit,
    Place, PopupAnswer, Reason, Relation, Response, deviations, frames, popup,
};

const WIDTH: usize = 80;
const INDENT: &str = "          ";
/// The most changes that are shown.
const CHANGES: usize = 6;

/// An engine in which a flow ends otherwise, and the deviations that play a part.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// The engine.
    pub engine: Engine,
    /// How it ends there.
    pub end: End,
    /// The deviations.
    pub deviations: Vec<Behaviour>,
}

/// The engines in which a flow ends otherwise than in the one that was asked about.
#[must_use]
pub fn other_engines(flow: &Flow) -> Vec<Elsewhere> {
    let Some(here) = popup(flow).ok().as_ref().and_then(End::of) else { return Vec::new() };
    let engines = [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::Webkit];
    let others = engines.into_iter().filter(|engine| *engine != flow.engine);
    others
        .filter_map(|engine| {
            let answer = popup(&Flow { engine, ..flow.clone() }).ok()?;
            let end = End::of(&answer).filter(|end| *end != here)?;
            let mut deviations: Vec<Behaviour> =
                answer.because.iter().filter_map(|reason| reason.deviation).collect();
            deviations.dedup();
            Some(Elsewhere { engine, end, deviations })
        })
        .collect()
}

/// A flow, explained.
#[must_use]
pub fn flow(
    flow: &Flow,
    answer: &PopupAnswer,
    elsewhere: &[Elsewhere],
    changes: &[Change],
) -> String {
    let mut text = String::new();
    response(&mut text, "opener", &flow.opener, false);
    if let Some(frame) = &flow.frame {
        response(&mut text, "frame", &frame.document, true);
        if let Some(tokens) = &frame.sandbox {
            let _ = writeln!(text, "{INDENT}sandbox=\"{tokens}\"");
        }
    }
    if !flow.popup.is_empty() {
        let _ = writeln!(text, "popup     {}", opened(flow.open));
    }
    let opening = answer.because.iter().filter(|reason| reason.navigation.is_none());
    for reason in opening.filter(|_| !flow.popup.is_empty()) {
        because(&mut text, reason);
    }
    for (number, navigation) in flow.popup.iter().enumerate() {
        let Navigation::To(hops) = navigation else {
            let _ = writeln!(text, "{:8}  back", number + 1);
            continue;
        };
        for (hop, given) in hops.iter().enumerate() {
            let label = label_of(flow, number, hop);
            response(&mut text, &label, given, false);
            let here = |reason: &&Reason| {
                (reason.navigation, reason.hop) == (Some(number), Some(hop))
                    && reason.fact != "isolated"
            };
            for reason in answer.because.iter().filter(here) {
                because(&mut text, reason);
            }
        }
    }
    text.push('\n');
    result(&mut text, flow, answer);
    if let Some(now) = End::of(answer) {
        suggestions(&mut text, flow, now, changes);
    }
    isolating(&mut text, flow);
    for Elsewhere { engine, end, deviations } in elsewhere {
        let why = if deviations.is_empty() {
            String::new()
        } else {
            let names: Vec<String> = deviations.iter().map(ToString::to_string).collect();
            format!(" ({})", names.join(", "))
        };
        let _ = writeln!(text, "{:8}  otherwise: {}{why}", engine.name(), ended(*end));
    }
    text
}

/// What a response of the popup is called.
fn label_of(flow: &Flow, number: usize, hop: usize) -> String {
    let hops = match flow.popup.get(number) {
        Some(Navigation::To(hops)) => hops.len(),
        _ => 1,
    };
    match (flow.popup.len(), hops) {
        (1, 1) => "shows".to_owned(),
        (1, _) => format!("hop {}", hop + 1),
        (_, 1) => format!("page {}", number + 1),
        _ => format!("page {}.{}", number + 1, hop + 1),
    }
}

fn opened(open: Opening) -> &'static str {
    match open {
        Opening::Direct => "opened by window.open(url)",
        Opening::Named => "opened by window.open(url, name)",
        Opening::Noopener => "opened by window.open(url, name, \"noopener\")",
        Opening::Noreferrer => "opened by window.open(url, name, \"noreferrer\")",
        Opening::BlankThenAssign => "opened by window.open(), then sent on by popup.location = url",
        Opening::Link => "opened by a link with a target and rel=opener",
        Opening::LinkNoopener => "opened by a link with a target and rel=noopener",
    }
}

fn response(text: &mut String, label: &str, response: &Response, framed: bool) {
    let status =
        if response.status == 200 { String::new() } else { format!("  {}", response.status) };
    let _ = writeln!(text, "{label:8}  {}{status}", response.url);
    for (name, value) in &response.headers {
        let _ = writeln!(text, "{INDENT}{name}: {}", value.trim());
    }
    let secure = crate::origin::Origin::of(&response.url).ok();
    let context = Context {
        secure: secure.map(|origin| origin.is_trustworthy()),
        status: Some(response.status),
        is_document: (!(300..=399).contains(&response.status)).then_some(true),
        framed: Some(framed),
        ..Context::default()
    };
    for lint in lint::response(&response.headers, &context) {
        linted(text, &lint);
    }
}

fn linted(text: &mut String, lint: &Lint) {
    paragraph(text, &format!("{} [{}]", lint.text, lint.code.name), "! ");
}

fn because(text: &mut String, reason: &Reason) {
    let mark = if reason.rule.severs() { "✗ " } else { "· " };
    let deviation = reason.deviation.map(|name| format!(" [this engine's own: {name}]"));
    let line = format!("{reason} [{}]{}", reason.rule.source(), deviation.unwrap_or_default());
    paragraph(text, &line, mark);
}

fn paragraph(text: &mut String, line: &str, mark: &str) {
    for (number, line) in wrap(line, WIDTH - INDENT.len() - 2).iter().enumerate() {
        let mark = if number == 0 { mark } else { "  " };
        let _ = writeln!(text, "{INDENT}{mark}{line}");
    }
}

fn result(text: &mut String, flow: &Flow, answer: &PopupAnswer) {
    let cut = answer.because.iter().find(|reason| reason.fact == "opener" && reason.rule.severs());
    let by = cut.and_then(|reason| {
        let Navigation::To(hops) = flow.popup.get(reason.navigation?)? else { return None };
        Some(format!("cut by {}", hops.get(reason.hop?)?.url))
    });
    for (number, document) in answer.popup.iter().enumerate() {
        let label = if answer.popup.len() == 1 {
            "result".to_owned()
        } else {
            format!("result {}", number + 1)
        };
        let by = by.as_deref().filter(|_| document.opener.name() == "severed").unwrap_or_default();
        let _ = writeln!(text, "{label:8}  opener    {:13} {by}", document.opener.name());
        if !document.loads {
            let _ = writeln!(text, "{INDENT}loads     no");
        }
        let rule = answer
            .because
            .iter()
            .find(|reason| reason.fact == "isolated" && reason.navigation == Some(number));
        let rule = rule.map(|reason| reason.rule.text()).unwrap_or_default();
        isolated(text, INDENT, document.isolated, rule);
    }
    let said = match answer.handle.name() {
        "reads-closed" => "the popup is open, but `popup.closed` is true",
        "live" => "messages get through",
        _ => "the opener holds nothing",
    };
    if !answer.popup.is_empty() {
        let _ = writeln!(text, "{INDENT}handle    {:13} {said}", answer.handle.name());
    }
    if let Ok(opener) = frames(&flow.opener, &[], flow.engine) {
        let rule = opener.because.iter().find(|reason| reason.fact == "isolated");
        let rule = rule.map(|reason| reason.rule.text()).unwrap_or_default();
        isolated(text, "opener    ", opener.isolated == [true], rule);
    }
}

fn isolated(text: &mut String, start: &str, yes: bool, rule: &str) {
    let word = if yes { "yes" } else { "no" };
    let lines = wrap(rule, WIDTH - INDENT.len() - 24);
    for (number, line) in lines.iter().enumerate() {
        if number == 0 {
            let _ = writeln!(text, "{start}isolated  {word:13} {line}");
        } else {
            let _ = writeln!(text, "{INDENT}{:24}{line}", "");
        }
    }
}

fn suggestions(text: &mut String, flow: &Flow, now: End, changes: &[Change]) {
    let mut ends: Vec<End> = changes.iter().map(|change| change.end).collect();
    // What is gained comes first: a link, then isolation.
    ends.sort_by_key(|end| (end.opener != Relation::Connected, !end.isolated, !end.loads));
    let mut order: Vec<End> = Vec::new();
    for end in ends {
        if !order.contains(&end) {
            order.push(end);
        }
    }
    if order.is_empty() {
        return;
    }
    text.push('\n');
    let mut label = "change";
    for end in order.into_iter().filter(|end| *end != now) {
        let _ = writeln!(text, "{label:8}  {}:", for_end(now, end));
        label = "";
        let found: Vec<&Change> = changes.iter().filter(|change| change.end == end).collect();
        for change in found.iter().take(CHANGES) {
            let edits: Vec<String> = change.edits.iter().map(|each| edit(flow, each)).collect();
            paragraph(text, &edits.join(", and "), "- ");
        }
        if found.len() > CHANGES {
            let _ = writeln!(text, "{INDENT}  and {} more", found.len() - CHANGES);
        }
    }
    text.push('\n');
}

/// What a change is good for.
fn for_end(now: End, end: End) -> String {
    let linked = |end: End| end.opener == Relation::Connected;
    let what = match (linked(now), linked(end)) {
        (false, true) => "to keep the link",
        (true, false) => "what would cut the link",
        _ if end.isolated && !now.isolated => "to isolate the popup's page",
        _ => "what would change otherwise",
    };
    format!("{what} ({})", ended(end))
}

/// What would isolate the opener's page, where it is not.
fn isolating(text: &mut String, flow: &Flow) {
    let edits = spec::isolating(&flow.opener, flow.engine);
    if edits.is_empty() {
        return;
    }
    let told: Vec<String> = edits
        .iter()
        .map(|edit| match edit {
            PageEdit::Https => "https".to_owned(),
            PageEdit::Header(name, value) => format!("{name}: {value}"),
            PageEdit::NoPermissionsPolicy => "no Permissions-Policy for it".to_owned(),
        })
        .collect();
    let _ = writeln!(text, "{:8}  to isolate the opener's page:", "change");
    paragraph(text, &told.join(", and "), "- ");
    text.push('\n');
}

fn ended(end: End) -> String {
    let mut words = vec![end.opener.name(), end.handle.name()];
    if !end.loads {
        words.push("blocked");
    }
    if end.isolated {
        words.push("isolated");
    }
    words.join(", ")
}

fn edit(flow: &Flow, edit: &Edit) -> String {
    let place = match edit.place {
        Place::Opener => "opener".to_owned(),
        Place::Hop(number, hop) => match label_of(flow, number, hop).as_str() {
            "shows" => "popup".to_owned(),
            label => label.to_owned(),
        },
        Place::Opening => {
            let way = edit.value.map_or("with noopener", |_| "without noopener");
            return format!("open it {way}");
        }
    };
    let header = edit.header.unwrap_or_default();
    match edit.value {
        Some(value) => format!("{place}: {header}: {value}"),
        None => format!("{place}: no {header}"),
    }
}

/// What is known of a deviation of this name (`deviations` for all): in which engines, since when, and how
/// that is known. Nothing if there is none of this name.
#[must_use]
pub fn deviation(name: &str) -> String {
    let mut text = String::new();
    let wanted =
        |deviation: &&Deviation| name == "deviations" || deviation.name.to_string() == name;
    for deviation in deviations().iter().filter(wanted) {
        let versions = match (&deviation.from, &deviation.until) {
            (None, None) => "in every version that was looked at".to_owned(),
            (Some(from), None) => format!("since {from}"),
            (None, Some(until)) => format!("until {until}"),
            (Some(from), Some(until)) => format!("from {from} until {until}"),
        };
        let _ = writeln!(text, "{} ({}, {versions})", deviation.name, deviation.engine.name());
        paragraph(&mut text, &deviation.does, "");
        paragraph(&mut text, &format!("known by: {}", deviation.evidence), "");
    }
    text
}

/// A unit of a scenario: what must follow, why, and what its headers do in vain.
#[must_use]
pub fn unit(unit: &Unit, predictions: &[Prediction], findings: &[Finding]) -> String {
    let mut text = format!("{} ({}): {}\n", unit.name(), unit.kind.name(), unit.title);
    let mut told: Option<&[Because]> = None;
    for Prediction { fact, value, because, .. } in predictions {
        let _ = writeln!(text, "  {fact}  {value}");
        if told == Some(because) {
            continue;
        }
        told = Some(because);
        for because in because {
            let mark = if because.reason.rule.severs() { "✗ " } else { "· " };
            paragraph(&mut text, &because.to_string(), mark);
        }
    }
    for popup in unpredicted(unit, predictions) {
        let _ = writeln!(
            text,
            "  {popup}.opener  not predicted: its opener moves on, or a click leads on"
        );
    }
    if !findings.is_empty() {
        text += "  headers that do not do what they seem to do\n";
    }
    for finding in findings {
        paragraph(&mut text, &finding.to_string(), "! ");
    }
    text.push('\n');
    text
}

/// The popups of which the model cannot say whether they keep their opener.
fn unpredicted<'a>(unit: &'a Unit, predictions: &[Prediction]) -> Vec<&'a str> {
    let popups = unit.steps.iter().filter_map(|step| match step {
        Step::Popup(popup) => Some(popup.r#as.as_str()),
        Step::Login(login) => login.r#as.as_deref(),
        _ => None,
    });
    let is_told = |popup: &&str| {
        let of_it = |prediction: &&Prediction| prediction.fact.subject == **popup;
        predictions
            .iter()
            .filter(of_it)
            .any(|prediction| matches!(prediction.fact.kind, FactKind::Opener | FactKind::Handle))
    };
    popups.filter(|popup| !is_told(popup)).collect()
}

/// As [`unit()`], for programs.
#[must_use]
pub fn unit_json(unit: &Unit, predictions: &[Prediction], findings: &[Finding]) -> Value {
    json!({
        "scenario": unit.scenario,
        "variant": unit.variant,
        "kind": unit.kind,
        "predicted": super::json::predicted(predictions),
        "lint": findings,
    })
}
