//! Whether a fact that changed is worse or better than before: a table over kinds and answers.

use serde::Serialize;

use crate::fact::{FactKind, FactValue};

/// What a change means to the people who use the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Something that worked works no more.
    Breaks,
    /// Something works that did not.
    Works,
    /// Something is different, and nobody can say from here whether that matters.
    Differs,
}

impl Effect {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Works => "works",
            Self::Differs => "differs",
        }
    }
}

/// What it means that `before` has become `after`; nothing is there where a fact did not come about.
#[must_use]
pub(super) fn effect(
    kind: FactKind,
    before: Option<&FactValue>,
    after: Option<&FactValue>,
) -> Effect {
    match kind {
        FactKind::Messages => {
            let welcome = |value| items(value).filter(|item| is_welcome(item)).collect();
            compared(welcome(before), welcome(after))
        }
        FactKind::ReadableHeaders => compared(items(before).collect(), items(after).collect()),
        // Here more is less.
        FactKind::Blocked => compared(items(after).collect(), items(before).collect()),
        FactKind::Journey => of_journeys(before, after),
        _ => match rank(kind, before).cmp(&rank(kind, after)) {
            std::cmp::Ordering::Greater => Effect::Breaks,
            std::cmp::Ordering::Less => Effect::Works,
            std::cmp::Ordering::Equal => Effect::Differs,
        },
    }
}

/// How good an answer is; 0 is the worst, and what a fact that did not come about is worth.
fn rank(kind: FactKind, value: Option<&FactValue>) -> u8 {
    let Some(FactValue::Text(word)) = value else { return 0 };
    let good = match kind {
        FactKind::Opener => "connected",
        FactKind::Handle => "live",
        FactKind::SelfClose | FactKind::Isolated | FactKind::SecureContext => "yes",
        FactKind::WindowName => "kept",
        FactKind::SessionStorage => "copied",
        FactKind::SharedMemory => "usable",
        FactKind::Login => "completed",
        FactKind::Loading => "loaded",
        FactKind::Result => match word.as_str() {
            "readable" => return 2,
            "opaque" => return 1,
            _ => return 0,
        },
        // 2xx is what was asked for; a redirect that a page can read is none.
        FactKind::Status => return u8::from(word.starts_with('2')),
        // Whether a window should be open, or an endpoint act, only the scenario knows.
        FactKind::Open
        | FactKind::Received
        | FactKind::Performed
        | FactKind::Value
        | FactKind::Messages
        | FactKind::ReadableHeaders
        | FactKind::Blocked
        | FactKind::Journey => return 0,
    };
    u8::from(word == good)
}

/// The entries of a list; a text is a list of one.
pub(super) fn items(value: Option<&FactValue>) -> impl Iterator<Item = &str> {
    let items: &[String] = match value {
        None => &[],
        Some(FactValue::Text(text)) => std::slice::from_ref(text),
        Some(FactValue::List(items)) => items,
    };
    items.iter().map(String::as_str)
}

/// Whether a page took a message. One that it turned down is no loss.
pub(super) fn is_welcome(message: &str) -> bool {
    message.ends_with(": accepted") || message.ends_with(": delivered")
}

/// What `one` has and `other` lacks, each as often as it does.
pub(super) fn without<'a>(one: &[&'a str], other: &[&str]) -> Vec<&'a str> {
    let mut other = other.to_vec();
    let lacks = |item: &&&str| match other.iter().position(|known| known == *item) {
        Some(at) => {
            other.swap_remove(at);
            false
        }
        None => true,
    };
    one.iter().filter(lacks).copied().collect()
}

#[expect(clippy::needless_pass_by_value, reason = "lists that were made for this")]
fn compared(before: Vec<&str>, after: Vec<&str>) -> Effect {
    if !without(&before, &after).is_empty() {
        Effect::Breaks
    } else if !without(&after, &before).is_empty() {
        Effect::Works
    } else {
        Effect::Differs
    }
}

/// A document of a journey, `page relation`: the page, and whether it has its opener, where that was seen.
pub(super) fn stop(text: &str) -> (&str, Option<bool>) {
    match text.rsplit_once(' ') {
        Some((page, "unseen")) => (page, None),
        Some((page, relation)) => (page, Some(relation == "connected")),
        None => (text, None),
    }
}

/// The pages that two journeys have in common, each with whether it had and has its opener.
pub(super) fn common_stops<'a>(
    before: Option<&'a FactValue>,
    after: Option<&'a FactValue>,
) -> Vec<(&'a str, bool, bool)> {
    let seen = |value| -> Vec<(&'a str, bool)> {
        items(value).map(stop).filter_map(|(page, has)| Some((page, has?))).collect()
    };
    let after = seen(after);
    let common = seen(before).into_iter().filter_map(|(page, had)| {
        let (_, has) = after.iter().find(|(other, _)| *other == page)?;
        Some((page, had, *has))
    });
    common.collect()
}

/// The same pages may have lost or won their opener on the way; other pages are only different.
fn of_journeys(before: Option<&FactValue>, after: Option<&FactValue>) -> Effect {
    let common = common_stops(before, after);
    if common.iter().any(|(_, had, has)| *had && !has) {
        Effect::Breaks
    } else if common.iter().any(|(_, had, has)| !had && *has) {
        Effect::Works
    } else {
        Effect::Differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<FactValue> {
        match text {
            "" => None,
            _ if text.starts_with('[') => {
                let items = text.trim_matches(['[', ']']).split(',').map(str::trim);
                Some(
                    items
                        .filter(|item| !item.is_empty())
                        .map(ToOwned::to_owned)
                        .collect::<Vec<_>>()
                        .into(),
                )
            }
            _ => Some(text.into()),
        }
    }

    #[test]
    fn the_table() {
        #[rustfmt::skip]
        let table = [
            (FactKind::Opener, "connected", "severed", Effect::Breaks),
            (FactKind::Opener, "connected", "", Effect::Breaks),
            (FactKind::Opener, "severed", "connected", Effect::Works),
            (FactKind::Opener, "severed", "never", Effect::Differs),
            (FactKind::Opener, "", "severed", Effect::Differs),
            (FactKind::Handle, "live", "reads-closed", Effect::Breaks),
            (FactKind::Handle, "live", "null", Effect::Breaks),
            (FactKind::Handle, "null", "live", Effect::Works),
            (FactKind::Open, "yes", "no", Effect::Differs),
            (FactKind::SelfClose, "yes", "no", Effect::Breaks),
            (FactKind::WindowName, "kept", "reset", Effect::Breaks),
            (FactKind::SessionStorage, "copied", "empty", Effect::Breaks),
            (FactKind::Isolated, "no", "yes", Effect::Works),
            (FactKind::Isolated, "yes", "no", Effect::Breaks),
            (FactKind::Isolated, "no", "", Effect::Differs),
            (FactKind::SharedMemory, "unavailable", "usable", Effect::Works),
            (FactKind::SecureContext, "yes", "no", Effect::Breaks),
            (FactKind::Login, "completed", "cancelled", Effect::Breaks),
            (FactKind::Login, "completed", "waiting", Effect::Breaks),
            (FactKind::Login, "waiting", "cancelled", Effect::Differs),
            (FactKind::Login, "denied", "completed", Effect::Works),
            (FactKind::Result, "readable", "opaque", Effect::Breaks),
            (FactKind::Result, "opaque", "blocked", Effect::Breaks),
            (FactKind::Result, "blocked", "readable", Effect::Works),
            (FactKind::Loading, "loaded", "blocked", Effect::Breaks),
            (FactKind::Loading, "blocked", "loaded", Effect::Works),
            (FactKind::Status, "200", "403", Effect::Breaks),
            (FactKind::Status, "200", "201", Effect::Differs),
            (FactKind::Status, "500", "200", Effect::Works),
            (FactKind::ReadableHeaders, "[date, etag]", "[date]", Effect::Breaks),
            (FactKind::ReadableHeaders, "[date]", "[date, etag]", Effect::Works),
            (FactKind::ReadableHeaders, "[date, etag]", "[date, link]", Effect::Breaks),
            (FactKind::Blocked, "[]", "[cdn:/a.js script]", Effect::Breaks),
            (FactKind::Blocked, "[cdn:/a.js script]", "[]", Effect::Works),
            (FactKind::Blocked, "[cdn:/a.js script]", "", Effect::Works),
            (FactKind::Blocked, "", "[]", Effect::Differs),
            (FactKind::Messages, "[r from auth: accepted]", "[]", Effect::Breaks),
            (FactKind::Messages, "[r from auth: delivered, r from auth: delivered]", "[r from auth: delivered]", Effect::Breaks),
            (FactKind::Messages, "[r from auth: accepted]", "[r from auth: rejected: wrong origin]", Effect::Breaks),
            (FactKind::Messages, "[r from evil: rejected: wrong origin]", "[]", Effect::Differs),
            (FactKind::Messages, "[]", "[r from auth: accepted]", Effect::Works),
            (FactKind::Messages, "[]", "[r from evil: rejected: wrong origin]", Effect::Differs),
            (FactKind::Messages, "[a from x: accepted, b from x: accepted]", "[b from x: accepted, a from x: accepted]", Effect::Differs),
            (FactKind::Journey, "[auth:/ connected, app:/cb connected]", "[auth:/ connected, app:/cb severed]", Effect::Breaks),
            (FactKind::Journey, "[auth:/ severed]", "[auth:/ connected]", Effect::Works),
            (FactKind::Journey, "[auth:/ connected, app:/cb connected]", "[auth:/ connected]", Effect::Differs),
            (FactKind::Journey, "[auth:/ connected, app:/cb connected]", "[auth:/ severed]", Effect::Breaks),
            (FactKind::Journey, "[auth:/ connected, app:/cb connected]", "[auth:/ connected, app:/cb unseen]", Effect::Differs),
            (FactKind::Journey, "[auth:/ connected, app:/cb unseen]", "[new:/ severed, auth:/ severed]", Effect::Breaks),
            (FactKind::Received, "[POST]", "[]", Effect::Differs),
            (FactKind::Performed, "1", "0", Effect::Differs),
            (FactKind::Value, "a", "b", Effect::Differs),
        ];
        for (kind, before, after, expected) in table {
            let found = effect(kind, value(before).as_ref(), value(after).as_ref());
            assert_eq!(found, expected, "{kind}: {before} -> {after}");
        }
    }

    #[test]
    fn every_good_answer_is_an_answer() {
        for kind in FactKind::all().filter(|kind| !kind.words().is_empty()) {
            let best = kind.words().iter().map(|word| rank(kind, Some(&(*word).into()))).max();
            assert!(best > Some(0) || kind == FactKind::Open, "{kind}");
        }
    }
}
