//! The smallest header changes that would make a popup come out otherwise: every single change that
//! helps, and pairs only where no single one does.

use super::document::{Document, FlowError};
use super::engine::Engine;
use super::flow::{Flow, Navigation, Opening};
use super::frames::frames;
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
    if let Some(header) = edit.header {
        set(headers, header, edit.value);
    }
}

/// Puts one line, or none, in place of all lines of a header.
fn set(headers: &mut Vec<(String, String)>, header: &str, value: Option<&str>) {
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header));
    headers.extend(value.map(|value| (header.to_owned(), value.to_owned())));
}

/// A change of a page that is meant to be isolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageEdit {
    /// Serve it over https.
    Https,
    /// Send this header with this value.
    Header(&'static str, &'static str),
    /// Send no `Permissions-Policy` that denies it.
    NoPermissionsPolicy,
}

/// The smallest set of changes that isolates a top-level page; none where it is isolated already, or where
/// none of them helps.
#[must_use]
pub fn isolating(page: &Document, engine: Engine) -> Vec<PageEdit> {
    use PageEdit::{Header, Https, NoPermissionsPolicy};
    // Each with its weight: a set weighs as much as its edits, and no two sets weigh the same.
    const EDITS: [(PageEdit, u8); 4] = [
        (Https, 8),
        (Header(COOP, "same-origin"), 1),
        (Header(COEP, "require-corp"), 2),
        (NoPermissionsPolicy, 4),
    ];
    let mut sets = (0..16_u8).map(|set| {
        let taken = EDITS.iter().filter(move |(_, weight)| set & weight != 0);
        taken.map(|(edit, _)| *edit).collect::<Vec<_>>()
    });
    let isolates = |edits: &Vec<PageEdit>| {
        let mut page = page.clone();
        for edit in edits {
            match edit {
                Https => page.url = page.url.replacen("http://", "https://", 1),
                Header(header, value) => set(&mut page.headers, header, Some(value)),
                NoPermissionsPolicy => set(&mut page.headers, "Permissions-Policy", None),
            }
        }
        frames(&page, &[], engine).is_ok_and(|answer| answer.isolated == [true])
    };
    sets.find(isolates).unwrap_or_default()
}
