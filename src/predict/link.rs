//! The link between opener and popup: from the documents that were seen to a flow for the model.

use super::{Because, Told, World};
use crate::fact::FactKind;
use crate::observation::{DocumentSeen, Hop, Observation, WindowSeen, without_query};
use crate::scenario::{self, Step, Unit};
use crate::spec::{
    Behaviour, Flow, Frame, Handle, Navigation, Opening, PopupAnswer, Profile, Reason, Relation,
};

/// A popup as the model sees it.
#[derive(Debug)]
pub struct Link<'a> {
    /// The top document of its opener.
    pub top: &'a DocumentSeen,
    /// Its documents.
    pub documents: &'a [DocumentSeen],
    /// What becomes of it.
    pub answer: PopupAnswer,
}

/// A popup as the model sees it; nothing where the responses are not known, or the opener itself has
/// moved on, which the model does not follow.
#[must_use]
pub fn link_of<'a>(
    unit: &Unit,
    seen: &'a Observation,
    world: &World,
    popup: &'a WindowSeen,
    profile: &Profile,
) -> Option<Link<'a>> {
    let (opener, top) = popup.opened_by.as_ref()?;
    let (open, frame) = opening_of(unit, popup)?;
    if popup.frame || popup.documents.is_empty() || moved_on(seen, popup) {
        return None;
    }
    let document = |seen: &DocumentSeen| world.response(seen.hops.last()?);
    let mut navigations = Vec::new();
    for document in &popup.documents {
        if document.hops.is_empty() {
            return None;
        }
        let hops: Option<Vec<_>> = document.hops.iter().map(|hop| world.response(hop)).collect();
        navigations.push(Navigation::To(hops?));
    }
    let frame = match frame {
        Some(sandbox) => Some(Frame { document: document(opener)?, sandbox }),
        None => None,
    };
    let flow = Flow {
        opener: document(top)?,
        frame,
        open,
        popup: navigations,
        engine: crate::spec::Engine::Standard,
    };
    let answer = crate::spec::popup_in(&flow, profile).ok()?;
    Some(Link { top, documents: &popup.documents, answer })
}

/// Whether the window that opened a popup has left the document that did.
fn moved_on(seen: &Observation, popup: &WindowSeen) -> bool {
    let mut from = popup.opened_from.as_deref();
    while let Some(name) = from {
        let Some(window) = seen.windows.iter().find(|window| window.name == name) else {
            return true;
        };
        if !window.frame {
            let opener = popup.opened_by.as_ref().map(|(_, top)| top.page.as_str());
            return window.documents.last().map(|document| document.page.as_str()) != opener;
        }
        from = window.opened_from.as_deref();
    }
    true
}

/// How a popup was opened, and from which frame: its `sandbox` attribute.
#[expect(clippy::option_option, reason = "a frame may have no `sandbox`")]
fn opening_of(unit: &Unit, popup: &WindowSeen) -> Option<(Opening, Option<Option<String>>)> {
    let from = popup.opened_from.as_deref()?;
    let frame = unit.steps.iter().find_map(|step| match step {
        Step::Frame(frame) if frame.r#as == from => Some(frame.sandbox.clone()),
        // One that the page itself has: nobody has looked at its attributes.
        Step::Wait(wait) if wait.frame.as_deref() == Some(from) => Some(None),
        _ => None,
    });
    let name = popup.name.as_str();
    let open = unit.steps.iter().find_map(|step| match step {
        Step::Popup(step) if step.r#as == name => Some(opening(step.how)),
        Step::Login(step) if step.r#as.as_deref() == Some(name) => Some(opening(step.how)),
        Step::Submit(step) if step.popup.as_deref() == Some(name) => Some(Opening::Link),
        Step::Wait(step) if step.popup.as_deref() == Some(name) => {
            serde_json::from_value(popup.how.as_deref()?.into()).ok()
        }
        _ => None,
    })?;
    Some((open, frame))
}

fn opening(how: scenario::Opening) -> Opening {
    match how {
        scenario::Opening::Direct => Opening::Direct,
        scenario::Opening::Named => Opening::Named,
        scenario::Opening::Noopener => Opening::Noopener,
        scenario::Opening::Noreferrer => Opening::Noreferrer,
        scenario::Opening::BlankThenAssign => Opening::BlankThenAssign,
        scenario::Opening::Link => Opening::Link,
        scenario::Opening::LinkNoopener => Opening::LinkNoopener,
    }
}

impl<'a> Link<'a> {
    /// The response at which a reason was applied.
    #[must_use]
    pub fn hop(&self, reason: &Reason) -> Option<&'a Hop> {
        self.documents.get(reason.navigation?)?.hops.get(reason.hop?)
    }

    /// The first response that cuts the link.
    #[must_use]
    pub fn cut(&self) -> Option<&Reason> {
        self.answer.because.iter().find(|reason| reason.fact == "opener" && reason.rule.severs())
    }

    fn because(&self, facts: &[&str]) -> Vec<Because> {
        let reasons = self.answer.because.iter().filter(|reason| facts.contains(&reason.fact));
        reasons
            .map(|reason| Because { reason: reason.clone(), hop: self.hop(reason).cloned() })
            .collect()
    }
}

/// Predicts a popup's link and its name.
pub(super) fn predict(
    unit: &Unit,
    seen: &Observation,
    world: &World,
    popup: &WindowSeen,
    profile: &Profile,
    told: &mut Told,
) {
    let Some(link) = link_of(unit, seen, world, popup, profile) else { return };
    let Some(last) = link.answer.popup.last() else { return };
    let because = link.because(&["opener"]);
    let name = popup.name.as_str();
    if link.answer.popup.iter().any(|document| !document.loads) {
        // A popup without a document tells nothing; what its opener holds is known all the same.
        if link.answer.handle == Handle::Null {
            told.add(name, FactKind::Handle, Handle::Null.name(), &because);
        }
        return;
    }
    let (open, _) = opening_of(unit, popup).unwrap_or_default();
    let link_only = matches!(open, Opening::Link | Opening::LinkNoopener);
    let journey = |severed: bool| -> Vec<String> {
        let stops = link.documents.iter().zip(&link.answer.popup);
        stops
            .map(|(document, predicted)| {
                let relation = if severed { Relation::Severed } else { predicted.opener };
                // What nobody looked at is told as such.
                let relation = if document.unseen { "unseen" } else { relation.name() };
                format!("{} {relation}", without_query(&document.page))
            })
            .collect()
    };
    // A link gives no handle, so nobody can see whether `noopener` was forced or a response cut it.
    let forced = link_only && open != Opening::LinkNoopener && last.opener == Relation::Never;
    told.add(name, FactKind::Opener, last.opener.name(), &because);
    if forced {
        told.or_looks_like(Relation::Severed.name());
    }
    told.add(name, FactKind::Journey, journey(false), &because);
    if forced {
        told.or_looks_like(journey(true));
    }
    // A popup that is really closed reads closed, whatever the headers say.
    let open_still = seen.facts.text(name, FactKind::Open) != Some("no");
    if !link_only && (open_still || link.answer.handle != Handle::Live) {
        told.add(name, FactKind::Handle, link.answer.handle.name(), &because);
    }
    // The name of a window that never had a link is the engine's own affair.
    if open != Opening::Direct && last.opener != Relation::Never {
        // Where a link of a cross-origin frame is spared, its window's name is not.
        let spared = because
            .iter()
            .any(|because| because.reason.deviation == Some(Behaviour::SparesLinksFromNoopener));
        let kept = last.opener == Relation::Connected && !spared;
        told.add(name, FactKind::WindowName, if kept { "kept" } else { "reset" }, &because);
    }
}
