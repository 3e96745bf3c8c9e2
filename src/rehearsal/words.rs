//! What a change is in plain words.

use super::effect::{Effect, common_stops, is_welcome, items, without};
use crate::fact::{Fact, FactKind, FactValue};
use crate::scenario::{Step, Unit};

/// One sentence without a full stop. Names of the scenario are in backticks.
pub(super) fn words(
    unit: &Unit,
    fact: &Fact,
    before: Option<&FactValue>,
    after: Option<&FactValue>,
    effect: Effect,
) -> String {
    let subject = noun(unit, fact);
    let breaks = effect == Effect::Breaks;
    let works = effect == Effect::Works;
    if after.is_none() && breaks {
        return format!(
            "{subject} does not come so far any more: nothing is known of its {}",
            fact.kind
        );
    }
    let word =
        |value: Option<&FactValue>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let is = |text: &str| after == Some(&FactValue::from(text));
    match (fact.kind, breaks, works) {
        (FactKind::Opener, true, _) if is("never") => {
            format!("{subject} is opened without an opener")
        }
        (FactKind::Opener, true, _) => format!("{subject} loses its opener"),
        (FactKind::Opener, _, true) => format!("{subject} has its opener"),
        (FactKind::Handle, true, _) if is("null") => {
            format!("`window.open` gives no handle of {subject}")
        }
        (FactKind::Handle, true, _) => {
            format!("to the page that opened it, {subject} reads as closed")
        }
        (FactKind::Handle, _, true) => format!("the page that opened it reaches {subject}"),
        (FactKind::SelfClose, true, _) => format!("{subject} cannot close itself any more"),
        (FactKind::SelfClose, _, true) => format!("{subject} can close itself"),
        (FactKind::Open, ..) if is("yes") => format!("{subject} stays open"),
        (FactKind::Open, ..) if is("no") => format!("{subject} does not stay open"),
        (FactKind::WindowName, true, _) => {
            format!("{subject} loses the name that it was opened with")
        }
        (FactKind::WindowName, _, true) => {
            format!("{subject} keeps the name that it was opened with")
        }
        (FactKind::SessionStorage, true, _) => {
            format!("{subject} gets no copy of its opener's sessionStorage any more")
        }
        (FactKind::SessionStorage, _, true) => {
            format!("{subject} gets a copy of its opener's sessionStorage")
        }
        (FactKind::Journey, true, _) => match lost_at(before, after) {
            Some(page) => format!("on its way {subject} is cut off at `{page}`"),
            None => format!("{subject} is cut off on its way"),
        },
        (FactKind::Journey, _, true) => format!("{subject} is not cut off on its way any more"),
        (FactKind::Journey, ..) => format!("{subject} shows other pages"),
        (FactKind::Isolated, true, _) => format!("{subject} is not cross-origin isolated any more"),
        (FactKind::Isolated, _, true) => format!("{subject} is cross-origin isolated"),
        (FactKind::SecureContext, true, _) => format!("{subject} is no secure context any more"),
        (FactKind::SecureContext, _, true) => format!("{subject} is a secure context"),
        (FactKind::SharedMemory, true, _) => {
            format!("{subject} cannot share memory with workers any more")
        }
        (FactKind::SharedMemory, _, true) => format!("{subject} can share memory with workers"),
        (FactKind::Messages, ..) => messages(&subject, before, after, effect),
        (FactKind::Blocked, true, _) => {
            let blocked = without(&list(after), &list(before)).join("`, `");
            format!("in {subject} the browser blocks `{blocked}`")
        }
        (FactKind::Blocked, _, true) => {
            let free = without(&list(before), &list(after)).join("`, `");
            format!("in {subject} the browser does not block `{free}` any more")
        }
        (FactKind::Login, true, _) => {
            format!("the login in {subject} does not complete any more: {}", ended(after))
        }
        (FactKind::Login, _, true) => format!("the login in {subject} completes"),
        (FactKind::Login, ..) => format!("the login in {subject} ends otherwise: {}", ended(after)),
        (FactKind::Result, true, _) if is("opaque") => {
            format!("the page cannot read the answer to {subject} any more")
        }
        (FactKind::Result, true, _) => format!("{subject} is blocked"),
        (FactKind::Result, _, true) if is("readable") => {
            format!("the page can read the answer to {subject}")
        }
        (FactKind::Result, _, true) => format!("{subject} is not blocked any more"),
        (FactKind::Loading, true, _) => format!("{subject} is blocked"),
        (FactKind::Loading, _, true) => format!("{subject} loads"),
        (FactKind::Status, ..) => {
            format!("the answer to {subject} has status {} (was {})", word(after), word(before))
        }
        (FactKind::ReadableHeaders, true, _) => {
            let lost = without(&list(before), &list(after)).join("`, `");
            format!("of the answer to {subject} the page cannot read `{lost}` any more")
        }
        (FactKind::ReadableHeaders, ..) => {
            let won = without(&list(after), &list(before)).join("`, `");
            format!("of the answer to {subject} the page can read `{won}`")
        }
        (FactKind::Received, ..) => format!("other requests reach {subject}"),
        (FactKind::Performed, ..) => {
            format!("{subject} acts {} times (was {})", word(after), word(before))
        }
        (FactKind::Value, ..) => format!("{subject} gives something else"),
        _ => {
            format!("{subject} differs: {} is {} (was {})", fact.kind, word(after), word(before))
        }
    }
}

/// What a fact is about, as a person would call it.
fn noun(unit: &Unit, fact: &Fact) -> String {
    let name = fact.subject.as_str();
    let is = |other: &str| other == name;
    let kind = unit.steps.iter().find_map(|step| match step {
        Step::Login(step) if step.r#as.as_deref().is_some_and(is) => Some("the login popup"),
        Step::Popup(step) if is(&step.r#as) => Some("the popup"),
        Step::Submit(step) if step.popup.as_deref().is_some_and(is) => Some("the popup"),
        Step::Wait(step) if step.popup.as_deref().is_some_and(is) => Some("the popup"),
        Step::Frame(step) if is(&step.r#as) => Some("the frame"),
        Step::Wait(step) if step.frame.as_deref().is_some_and(is) => Some("the frame"),
        Step::Fetch(step) if is(&step.r#as) => Some("the fetch"),
        Step::Load(step) if is(&step.r#as) => Some("the resource"),
        Step::Evaluate(step) if is(&step.r#as) => Some("the script"),
        _ => None,
    });
    match kind {
        Some(kind) => format!("{kind} `{name}`"),
        None => format!("`{name}`"),
    }
}

fn ended(value: Option<&FactValue>) -> &'static str {
    match value {
        Some(FactValue::Text(word)) => match word.as_str() {
            "completed" => "it completes",
            "cancelled" => "the app takes it as cancelled",
            "denied" => "it is denied",
            "failed" => "it fails",
            "waiting" => "the app waits for ever",
            _ => "nobody knows how",
        },
        _ => "nobody knows how",
    }
}

fn list(value: Option<&FactValue>) -> Vec<&str> {
    items(value).collect()
}

/// The first page that has its opener no more.
fn lost_at<'a>(before: Option<&'a FactValue>, after: Option<&'a FactValue>) -> Option<&'a str> {
    let common = common_stops(before, after);
    common.into_iter().find(|(_, had, has)| *had && !has).map(|(page, ..)| page)
}

fn messages(
    subject: &str,
    before: Option<&FactValue>,
    after: Option<&FactValue>,
    effect: Effect,
) -> String {
    let (before, after) = (list(before), list(after));
    let told = |items: Vec<&str>| {
        let names = items.into_iter().map(|item| match item.rsplit_once(": ") {
            Some((message, _)) if is_welcome(item) => message,
            _ => item,
        });
        format!("`{}`", names.collect::<Vec<_>>().join("`, `"))
    };
    let (lost, won) = (without(&before, &after), without(&after, &before));
    match effect {
        Effect::Breaks => {
            let lost = told(welcome(lost));
            match won.first() {
                Some(other) => {
                    format!("{subject} does not take the message {lost} any more: `{other}`")
                }
                None => format!("{subject} does not get the message {lost} any more"),
            }
        }
        Effect::Works => format!("{subject} gets the message {}", told(welcome(won))),
        Effect::Differs if lost.is_empty() && won.is_empty() => {
            format!("{subject} gets its messages in another order")
        }
        Effect::Differs if won.is_empty() => format!("{subject} turns down fewer messages"),
        Effect::Differs => format!("{subject} turns down other messages"),
    }
}

fn welcome(messages: Vec<&str>) -> Vec<&str> {
    messages.into_iter().filter(|message| is_welcome(message)).collect()
}
