//! Isolation of windows and frames, and whether frames come in.

use super::requests::navigated;
use super::{Because, Told, World};
use crate::fact::FactKind;
use crate::observation::{DocumentSeen, Hop, Observation, WindowSeen};
use crate::scenario::{Frame, Step, Unit};
use crate::spec::{FramesAnswer, Nested, Profile, Response, frames_in};

/// Predicts the isolation of a window's or frame's last document.
pub(super) fn predict(
    unit: &Unit,
    seen: &Observation,
    world: &World,
    window: &WindowSeen,
    profile: &Profile,
    told: &mut Told,
) {
    let Some(chain) = chain_of(unit, seen, world, window) else { return };
    let Some(answer) = chain.answer(profile) else { return };
    let number = chain.nested.len();
    let hop = chain.last_hop.as_ref();
    let because = |fact: &str| -> Vec<Because> {
        let reasons = answer.because.iter();
        reasons
            .filter(|reason| reason.fact == fact && reason.navigation == Some(number))
            .map(|reason| Because { reason: reason.clone(), hop: hop.cloned() })
            .collect()
    };
    let loads = answer.loads[number];
    if window.frame {
        let loading = if loads { "loaded" } else { "blocked" };
        told.add(&window.name, FactKind::Loading, loading, &because("loads"));
    }
    if !loads || window.documents.is_empty() {
        return;
    }
    let isolated = answer.isolated[number];
    told.add(&window.name, FactKind::Isolated, isolated, &because("isolated"));
    let shared = if isolated && !profile.lacks_shared_memory { "usable" } else { "unavailable" };
    told.add(&window.name, FactKind::SharedMemory, shared, &because("isolated"));
    told.add(&window.name, FactKind::SecureContext, chain.is_secure(), &[]);
}

/// A document with those above it.
struct Chain {
    top: Response,
    nested: Vec<Nested>,
    last_hop: Option<Hop>,
}

impl Chain {
    fn answer(&self, profile: &Profile) -> Option<FramesAnswer> {
        frames_in(&self.top, &self.nested, profile).ok()
    }

    fn is_secure(&self) -> bool {
        let urls = self.nested.iter().map(|frame| &frame.document.url).chain([&self.top.url]);
        urls.map(|url| crate::origin::Origin::of(url))
            .all(|origin| origin.is_ok_and(|origin| origin.is_trustworthy()))
    }
}

fn chain_of(unit: &Unit, seen: &Observation, world: &World, window: &WindowSeen) -> Option<Chain> {
    if !window.frame {
        let hop = window.documents.last()?.hops.last()?;
        return Some(Chain {
            top: world.response(hop)?,
            nested: Vec::new(),
            last_hop: Some(hop.clone()),
        });
    }
    let parent = window.opened_from.as_deref()?;
    let parent = seen.windows.iter().find(|window| window.name == parent)?;
    let step = frame_step(unit, &window.name)?;
    let mut chain = chain_of(unit, seen, world, parent)?;
    // One that did not come in has no document: its responses stand in the log.
    let hops: Vec<&Hop> = match window.documents.last() {
        Some(DocumentSeen { hops, .. }) => hops.iter().collect(),
        None => navigated(seen, step.url.as_str()),
    };
    let mut responses: Vec<Response> =
        hops.iter().map(|hop| world.response(hop)).collect::<Option<_>>()?;
    let document = responses.pop()?;
    chain.nested.push(Nested {
        document,
        hops: responses,
        allow: step.allow.clone(),
        sandbox: step.sandbox.clone(),
    });
    chain.last_hop = hops.last().map(|hop| (*hop).clone());
    Some(chain)
}

fn frame_step<'a>(unit: &'a Unit, name: &str) -> Option<&'a Frame> {
    unit.steps.iter().find_map(|step| match step {
        Step::Frame(frame) if frame.r#as == name => Some(frame),
        _ => None,
    })
}
