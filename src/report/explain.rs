//! Explanations as text: what each response does, by which rule, what comes out, and what would change it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::console::wrap;
use crate::inspection::Finding;
use crate::lint::{self, Context, Lint};
use crate::predict::{Because, Prediction};
use crate::scenario::Unit;
use crate::spec::{
    Change, Edit, End, Engine, Flow, Navigation, Opening, Place, PopupAnswer, Reason, Response,
    frames, popup,
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
    /// The deviations, by name.
    pub deviations: Vec<&'static str>,
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
            let mut deviations: Vec<&str> =
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
    let _ = writeln!(text, "popup     {}", opened(flow.open));
    for reason in answer.because.iter().filter(|reason| reason.navigation.is_none()) {
        because(&mut text, reason);
    }
    for (number, navigation) in flow.popup.iter().enumerate() {
        let Navigation::To(hops) = navigation else {
            let _ = writeln!(text, "{:8}  back", number + 1);
            continue;
        };
        for (hop, given) in hops.iter().enumerate() {
            let label = match (flow.popup.len(), hops.len()) {
                (1, 1) => "shows".to_owned(),
                (1, _) => format!("hop {}", hop + 1),
                (_, 1) => format!("page {}", number + 1),
                _ => format!("page {}.{}", number + 1, hop + 1),
            };
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
        suggestions(&mut text, now, changes);
    }
    for Elsewhere { engine, end, deviations } in elsewhere {
        let why = if deviations.is_empty() {
            String::new()
        } else {
            format!(" ({})", deviations.join(", "))
        };
        let _ = writeln!(text, "{:8}  otherwise: {}{why}", engine.name(), ended(*end));
    }
    text
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
    let compared = reason.compared.as_ref().map(|compared| format!(" ({compared})"));
    let deviation = reason.deviation.map(|name| format!(" [this engine's own: {name}]"));
    let line = format!(
        "{}{} [{}]{}",
        reason.rule.text(),
        compared.unwrap_or_default(),
        reason.rule.source(),
        deviation.unwrap_or_default()
    );
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
        isolated(text, "isolated", document.isolated, rule);
    }
    let said = match answer.handle.name() {
        "reads-closed" => "the popup is open; `closed` says it is not",
        "live" => "messages get through",
        _ => "the opener holds nothing",
    };
    let _ = writeln!(text, "opener    handle    {:13} {said}", answer.handle.name());
    if let Ok(opener) = frames(&flow.opener, &[], flow.engine) {
        let rule = opener.because.iter().find(|reason| reason.fact == "isolated");
        let rule = rule.map(|reason| reason.rule.text()).unwrap_or_default();
        isolated(text, "isolated", opener.isolated == [true], rule);
    }
}

fn isolated(text: &mut String, label: &str, yes: bool, rule: &str) {
    let word = if yes { "yes" } else { "no" };
    let lines = wrap(rule, WIDTH - INDENT.len() - 24);
    for (number, line) in lines.iter().enumerate() {
        if number == 0 {
            let _ = writeln!(text, "{INDENT}{label:9} {word:13} {line}");
        } else {
            let _ = writeln!(text, "{INDENT}{:24}{line}", "");
        }
    }
}

fn suggestions(text: &mut String, now: End, changes: &[Change]) {
    let mut ends: Vec<End> = changes.iter().map(|change| change.end).collect();
    // What is gained comes first: a link, then isolation.
    ends.sort_by_key(|end| {
        (end.opener != crate::spec::Relation::Connected, !end.isolated, !end.loads)
    });
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
        let _ = writeln!(text, "{label:8}  for {}, one of", ended(end));
        label = "";
        let found: Vec<&Change> = changes.iter().filter(|change| change.end == end).collect();
        for change in found.iter().take(CHANGES) {
            let edits: Vec<String> = change.edits.iter().map(edit).collect();
            paragraph(text, &edits.join(", and "), "- ");
        }
        if found.len() > CHANGES {
            let _ = writeln!(text, "{INDENT}  and {} more", found.len() - CHANGES);
        }
    }
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

fn edit(edit: &Edit) -> String {
    let place = match edit.place {
        Place::Opener => "opener".to_owned(),
        Place::Hop(0, hop) => format!("popup's response {}", hop + 1),
        Place::Hop(number, hop) => format!("popup's page {}, response {}", number + 1, hop + 1),
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
        for Because { reason, hop } in because {
            let place = hop.as_ref().map(|hop| format!("{}: ", hop.page)).unwrap_or_default();
            let mark = if reason.rule.severs() { "✗ " } else { "· " };
            let compared = reason.compared.as_ref().map(|compared| format!(" ({compared})"));
            let line = format!(
                "{place}{}{} [{}]",
                reason.rule.text(),
                compared.unwrap_or_default(),
                reason.rule.source()
            );
            paragraph(&mut text, &line, mark);
        }
    }
    for finding in findings {
        paragraph(&mut text, &finding.to_string(), "! ");
    }
    text.push('\n');
    text
}

/// As [`unit`], for programs.
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
