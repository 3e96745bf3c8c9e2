//! The smallest header changes that would make a popup come out otherwise: every single change that
//! helps, and pairs only where no single one does.

use super::document::FlowError;
use super::flow::{Flow, Navigation, Opening};
use super::popup::{Handle, PopupAnswer, Relation, popup};

/// Where something can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The opener's top page.
    Opener,
    /// A response of the popup: navigation and hop, from 0.
    Hop(usize, usize),
    /// The way of opening.
    Opening,
}

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edit {
    /// Where.
    pub place: Place,
    /// The header; nothing for the way of opening.
    pub header: Option<&'static str>,
    /// Its new value; nothing to leave the header out (or, for the way of opening, `noopener`).
    pub value: Option<&'static str>,
}

/// What a popup comes out as, as far as changes are about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct End {
    /// What the last document sees of its opener.
    pub opener: Relation,
    /// What the opener's handle is worth.
    pub handle: Handle,
    /// Whether the last document loads.
    pub loads: bool,
    /// Whether it is isolated.
    pub isolated: bool,
}

/// Edits, and what comes out with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// One edit, or two.
    pub edits: Vec<Edit>,
    /// What comes out.
    pub end: End,
}

impl End {
    /// Whether something is there that was not: a link, isolation, a document.
    fn gains_over(self, other: Self) -> bool {
        let linked = |end: Self| end.opener == Relation::Connected;
        linked(self) && !linked(other)
            || self.isolated && !other.isolated
            || self.loads && !other.loads
    }

    /// How a flow ends; nothing if the popup goes nowhere.
    #[must_use]
    pub fn of(answer: &PopupAnswer) -> Option<Self> {
        let last = answer.popup.last()?;
        let PopupAnswer { handle, .. } = answer;
        let (opener, loads, isolated) = (last.opener, last.loads, last.isolated);
        Some(Self { opener, handle: *handle, loads, isolated })
    }
}

const COOP: &str = "Cross-Origin-Opener-Policy";
const COEP: &str = "Cross-Origin-Embedder-Policy";

const VALUES: [(&str, &[Option<&str>]); 2] = [
    (
        COOP,
        &[
            Some("same-origin-allow-popups"),
            None,
            Some("noopener-allow-popups"),
            Some("same-origin"),
        ],
    ),
    (COEP, &[None, Some("require-corp")]),
];

/// The smallest changes that make the flow end otherwise, single ones first; ends that a single change
/// reaches are not looked for among the pairs, nor are ends that gain nothing.
///
/// # Errors
/// As [`popup`].
pub fn changes(flow: &Flow) -> Result<Vec<Change>, FlowError> {
    let Some(now) = End::of(&popup(flow)?) else { return Ok(Vec::new()) };
    let edits = edits_of(flow);
    let mut found: Vec<Change> = Vec::new();
    for edit in &edits {
        if let Some(end) = end_with(flow, &[*edit]).filter(|end| *end != now) {
            found.push(Change { edits: vec![*edit], end });
        }
    }
    let singles: Vec<End> = found.iter().map(|change| change.end).collect();
    for (index, one) in edits.iter().enumerate() {
        for other in &edits[index + 1..] {
            if (one.place, one.header) == (other.place, other.header) {
                continue;
            }
            let end = end_with(flow, &[*one, *other]);
            // Two changes are worth a thought only where something is gained.
            let Some(end) = end.filter(|end| end.gains_over(now) && !singles.contains(end)) else {
                continue;
            };
            found.push(Change { edits: vec![*one, *other], end });
        }
    }
    Ok(found)
}

/// How the flow ends with these edits.
fn end_with(flow: &Flow, edits: &[Edit]) -> Option<End> {
    let mut changed = flow.clone();
    for edit in edits {
        apply(&mut changed, edit);
    }
    End::of(&popup(&changed).ok()?)
}

/// All single edits that change something in a flow.
fn edits_of(flow: &Flow) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut add = |place, headers: &[(String, String)]| {
        for (header, values) in VALUES {
            let sent: Vec<&str> = headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case(header))
                .map(|(_, value)| value.trim())
                .collect();
            for value in values {
                let same = match value {
                    Some(value) => sent == [*value],
                    None => sent.is_empty(),
                };
                if !same {
                    edits.push(Edit { place, header: Some(header), value: *value });
                }
            }
        }
    };
    add(Place::Opener, &flow.opener.headers);
    for (number, navigation) in flow.popup.iter().enumerate() {
        if let Navigation::To(hops) = navigation {
            for (hop, response) in hops.iter().enumerate() {
                add(Place::Hop(number, hop), &response.headers);
            }
        }
    }
    let asks = matches!(flow.open, Opening::Noopener | Opening::Noreferrer | Opening::LinkNoopener);
    let value = if asks { Some("direct") } else { None };
    edits.push(Edit { place: Place::Opening, header: None, value });
    edits
}

fn apply(flow: &mut Flow, edit: &Edit) {
    let headers = match edit.place {
        Place::Opener => &mut flow.opener.headers,
        Place::Hop(number, hop) => {
            let Some(Navigation::To(hops)) = flow.popup.get_mut(number) else { return };
            let Some(response) = hops.get_mut(hop) else { return };
            &mut response.headers
        }
        Place::Opening => {
            flow.open = match (edit.value, flow.open) {
                (Some(_), Opening::LinkNoopener) => Opening::Link,
                (Some(_), _) => Opening::Direct,
                (None, Opening::Link) => Opening::LinkNoopener,
                (None, _) => Opening::Noopener,
            };
            return;
        }
    };
    let Some(header) = edit.header else { return };
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header));
    if let Some(value) = edit.value {
        headers.push((header.to_owned(), value.to_owned()));
    }
}
