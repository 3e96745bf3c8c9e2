//! Which response, which header and which rule made a change: each changed header in turn is thought away,
//! and the model says whether the fact would then be what it was.

use std::borrow::Cow;

use serde::Serialize;

use super::RuleLine;
use super::effect::{Effect, effect};
use crate::event::UnitReport;
use crate::fact::{Fact, FactKind, FactValue};
use crate::observation::{DocumentSeen, Hop, Observation, Request, WindowSeen, without_query};
use crate::policy::{
    DocumentIsolation, EmbedderPolicy, OpenerPolicy, changed_headers, report_only_name,
};
use crate::predict::{Prediction, World, link_of, predict, profile_of};
use crate::scenario::Unit;
use crate::spec::Profile;

/// A header of a response that a rollout changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Decider {
    /// The response, as `site:/path`.
    pub page: String,
    /// Its status.
    pub status: u16,
    /// The header, in lower case.
    pub header: String,
    /// Its values as the site sends them.
    pub before: Vec<String>,
    /// Its values under the rollout.
    pub after: Vec<String>,
    /// The rules of the rollout that did it, by their number from 0.
    pub rules: Vec<usize>,
}

/// Which headers made a change, and how sure that is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Decided {
    /// The headers. Where there are several, each of them is needed; or, if `sure` is false, one of them
    /// may have done it.
    pub by: Vec<Decider>,
    /// Whether the model says that without them the fact would be what it was, or nothing else was changed.
    pub sure: bool,
}

/// What follows if one header of one response were as before.
struct Without {
    hop: Hop,
    decider: Decider,
    predictions: Vec<Prediction>,
}

impl Without {
    /// An observation with the header as it was.
    fn alter(&self, seen: &Observation) -> Observation {
        without(seen, &self.hop, &self.decider.header)
    }
}

fn without(seen: &Observation, hop: &Hop, header: &str) -> Observation {
    altered(seen, &|other| if other == hop { reverted(other, header) } else { other.clone() })
}

/// The changed headers of one unit in one browser.
pub(super) struct Deciding<'a> {
    after: &'a UnitReport,
    profile: Profile,
    /// What the model says of the unit as it is.
    predictions: Vec<Prediction>,
    /// Each header of the responses that matter to the model.
    thought_away: Vec<Without>,
}

impl<'a> Deciding<'a> {
    /// Thinks each changed header away.
    pub(super) fn new(after: &'a UnitReport, rules: &[RuleLine]) -> Self {
        let profile = profile(after);
        let mut deciding =
            Self { after, profile, predictions: Vec::new(), thought_away: Vec::new() };
        let Some(seen) = &after.observation else { return deciding };
        deciding.predictions = predictions(&after.unit, seen, &profile);
        for hop in changed_hops(seen) {
            for header in headers_of_rules(hop, rules) {
                if is_idle(seen, hop, &header) {
                    continue;
                }
                let predictions = predictions(&after.unit, &without(seen, hop, &header), &profile);
                let decider = decider(hop, &header, rules);
                deciding.thought_away.push(Without { hop: hop.clone(), decider, predictions });
            }
        }
        deciding
    }

    /// Whether a rule changed any response, as far as is known.
    pub(super) fn is_touched(&self) -> bool {
        self.after.observation.is_none() || !self.thought_away.is_empty()
    }

    /// The headers that made `fact` what it is, where it was `before`.
    pub(super) fn decided(&self, fact: &Fact, before: Option<&FactValue>) -> Decided {
        let observed = self.observed(fact);
        if let Some((by, true)) = before.and_then(|before| self.by_the_model(fact, before)) {
            return Decided { by, sure: true };
        }
        // What follows from one header that was changed follows from that; what a script gives, or how often
        // a page asks, may be otherwise each time.
        let steady =
            !matches!(fact.kind, FactKind::Value | FactKind::Received | FactKind::Performed);
        if let ([only], true) = (&self.thought_away[..], steady) {
            return Decided { by: vec![only.decider.clone()], sure: true };
        }
        // A login, a message and the like follow from the link that they go by.
        let better = effect(fact.kind, before, observed) == Effect::Works;
        let was: FactValue = if better { "severed" } else { "connected" }.into();
        for link in self.links(fact) {
            if let Some((by, sure)) = self.by_the_model(&link, &was) {
                return Decided { by, sure };
            }
            if let Some(by) = self.at_the_cut(&link.subject).filter(|_| !better) {
                return Decided { by, sure: true };
            }
        }
        self.somehow()
    }

    /// All headers that were changed: one of them, or several, may have done it.
    pub(super) fn somehow(&self) -> Decided {
        let all = self.thought_away.iter().map(|without| without.decider.clone());
        Decided { by: all.collect(), sure: false }
    }

    fn observed(&self, fact: &Fact) -> Option<&'a FactValue> {
        self.after.observation.as_ref()?.facts.get(fact)
    }

    /// The headers without which the fact would be `before`, and whether the browser shows it as the model
    /// says: a model that does not see it as it is cannot say why it changed.
    fn by_the_model(&self, fact: &Fact, before: &FactValue) -> Option<(Vec<Decider>, bool)> {
        let now = find(&self.predictions, fact)?;
        let sure = match self.observed(fact) {
            Some(observed) if now.is_borne_out_by(observed) => true,
            Some(_) => return None,
            None => false,
        };
        let by = self.thought_away.iter().filter(|without| {
            find(&without.predictions, fact).is_some_and(|would| would.is_borne_out_by(before))
        });
        let by: Vec<Decider> = by.map(|without| without.decider.clone()).collect();
        (!by.is_empty() && !now.is_borne_out_by(before)).then_some((by, sure))
    }

    /// Where headers on several responses would each cut a link: those of the two responses of which the
    /// comparison cut it first.
    fn at_the_cut(&self, popup: &str) -> Option<Vec<Decider>> {
        let seen = self.after.observation.as_ref()?;
        if seen.facts.text(popup, FactKind::Opener) != Some("severed") {
            return None;
        }
        let unit = &self.after.unit;
        let world = World::new(unit);
        let place = |seen: &Observation| {
            let seen = while_it_stayed(seen, popup);
            let window = seen.windows.iter().find(|window| window.name == popup)?;
            let link = link_of(unit, &seen, &world, window, &self.profile)?;
            let cut = link.cut()?;
            let (navigation, hop) = (cut.navigation?, cut.hop?);
            let compared = match (hop.checked_sub(1), navigation.checked_sub(1)) {
                (Some(before), _) => link.documents.get(navigation)?.hops.get(before),
                (None, Some(before)) => link.documents.get(before)?.hops.last(),
                (None, None) => link.top.hops.last(),
            };
            Some(((navigation, hop), link.hop(cut)?.clone(), compared?.clone()))
        };
        let (at, here, there) = place(seen)?;
        let both = self.thought_away.iter().filter(|one| one.hop == here || one.hop == there);
        let both: Vec<&Without> = both.collect();
        let alone = |one: &&&Without| place(&one.alter(seen)).is_none_or(|(other, ..)| other != at);
        let alone: Vec<&Without> = both.iter().filter(alone).copied().collect();
        let by = if alone.is_empty() { both } else { alone };
        let by: Vec<Decider> = by.into_iter().map(|one| one.decider.clone()).collect();
        (!by.is_empty()).then_some(by)
    }

    /// The links of windows from which a fact may follow.
    fn links(&self, fact: &Fact) -> Vec<Fact> {
        let goes_by_a_link = matches!(
            fact.kind,
            FactKind::Login
                | FactKind::Messages
                | FactKind::Open
                | FactKind::SelfClose
                | FactKind::SessionStorage
                | FactKind::WindowName
                | FactKind::Opener
                | FactKind::Handle
                | FactKind::Journey
        );
        let Some(seen) = self.after.observation.as_ref().filter(|_| goes_by_a_link) else {
            return Vec::new();
        };
        let popups = seen.windows.iter().filter(|window| is_popup(window));
        let popups = popups.filter(|window| concerns(window, &fact.subject));
        popups.map(|window| Fact::new(&window.name, FactKind::Opener)).collect()
    }
}

/// What the model says, also of popups whose opener has gone on since.
fn predictions(unit: &Unit, seen: &Observation, profile: &Profile) -> Vec<Prediction> {
    let mut told = predict(unit, seen, profile);
    for popup in seen.windows.iter().filter(|window| is_popup(window)) {
        let earlier = while_it_stayed(seen, &popup.name);
        if let Cow::Owned(earlier) = earlier {
            told.retain(|prediction| prediction.fact.subject != popup.name);
            let of_it = predict(unit, &earlier, profile).into_iter();
            told.extend(of_it.filter(|prediction| prediction.fact.subject == popup.name));
        }
    }
    told
}

/// What was seen as long as the page that opened a popup was still there.
pub(super) fn while_it_stayed<'a>(seen: &'a Observation, popup: &str) -> Cow<'a, Observation> {
    let find = |name: &str| seen.windows.iter().find(|window| window.name == name);
    let stayed = || {
        let popup = find(popup)?;
        let (_, top) = popup.opened_by.as_ref()?;
        let mut window = find(popup.opened_from.as_deref()?)?;
        while window.frame {
            window = find(window.opened_from.as_deref()?)?;
        }
        let last = window.documents.iter().rposition(|shown| shown.page == top.page)?;
        (last + 1 < window.documents.len()).then(|| (window.name.clone(), last + 1))
    };
    let Some((name, length)) = stayed() else { return Cow::Borrowed(seen) };
    let mut earlier = altered(seen, &Hop::clone);
    if let Some(window) = earlier.windows.iter_mut().find(|window| window.name == name) {
        window.documents.truncate(length);
    }
    Cow::Owned(earlier)
}

/// Whether a window is a popup.
pub(super) fn is_popup(window: &WindowSeen) -> bool {
    !window.frame && window.opened_from.is_some()
}

/// Whether a popup is this one, or was opened from there.
pub(super) fn concerns(popup: &WindowSeen, subject: &str) -> bool {
    popup.name == subject || popup.opened_from.as_deref() == Some(subject)
}

/// The model's view of the browser that a unit ran in.
pub(super) fn profile(report: &UnitReport) -> Profile {
    let info = &report.browser;
    let profile = profile_of(info.browser.engine(), &info.version);
    info.lacks.iter().fold(profile, |profile, feature| profile.with(*feature, true))
}

fn find<'a>(predictions: &'a [Prediction], fact: &Fact) -> Option<&'a Prediction> {
    predictions.iter().find(|prediction| prediction.fact == *fact)
}

/// The responses that rules changed, each once.
pub(super) fn changed_hops(seen: &Observation) -> Vec<&Hop> {
    let documents = seen.windows.iter().flat_map(|window| &window.documents);
    let hops = documents.flat_map(|document| &document.hops);
    let others = seen.requests.iter().map(|request| &request.answer);
    let mut changed: Vec<&Hop> = Vec::new();
    for hop in hops.chain(others).filter(|hop| hop.before.is_some()) {
        if !changed.contains(&hop) {
            changed.push(hop);
        }
    }
    changed
}

/// The headers of a response that are not what they were, of those that its rules touch.
fn headers_of_rules(hop: &Hop, rules: &[RuleLine]) -> Vec<String> {
    let mut headers = changed_headers(hop.before.as_deref().unwrap_or_default(), &hop.headers);
    let lines: Vec<&RuleLine> = hop.rules.iter().filter_map(|rule| rules.get(*rule)).collect();
    headers.retain(|name| lines.is_empty() || lines.iter().any(|line| line.headers.contains(name)));
    headers
}

/// Headers that mean nothing on what is neither a document nor the script of a worker.
const OF_DOCUMENTS: &[&str] = &[OpenerPolicy::NAME, EmbedderPolicy::NAME, DocumentIsolation::NAME];

/// Whether a header does nothing on a response because of what it is asked for.
fn is_idle(seen: &Observation, hop: &Hop, header: &str) -> bool {
    let own = |name: &&str| {
        name.eq_ignore_ascii_case(header)
            || report_only_name(name).is_some_and(|name| name.eq_ignore_ascii_case(header))
    };
    let asked: Vec<&Request> =
        seen.requests.iter().filter(|request| request.answer == *hop).collect();
    // Browsers say what they ask for only towards secure origins.
    let is_no_document = |request: &&Request| {
        let dest = request.header("sec-fetch-dest");
        !request.navigates && dest.is_some_and(|dest| !dest.contains("worker"))
    };
    OF_DOCUMENTS.iter().any(own) && !asked.is_empty() && asked.iter().all(is_no_document)
}

fn decider(hop: &Hop, header: &str, rules: &[RuleLine]) -> Decider {
    let values = |lines: &[(String, String)]| -> Vec<String> {
        let named = lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case(header));
        named.map(|(_, value)| value.trim().to_owned()).collect()
    };
    let touches = |rule: &&usize| {
        rules.get(**rule).is_some_and(|line| line.headers.iter().any(|name| name == header))
    };
    let mut by: Vec<usize> = hop.rules.iter().filter(touches).copied().collect();
    if by.is_empty() {
        by.clone_from(&hop.rules);
    }
    Decider {
        page: without_query(&hop.page).to_owned(),
        status: hop.status,
        header: header.to_owned(),
        before: values(hop.before.as_deref().unwrap_or_default()),
        after: values(&hop.headers),
        rules: by,
    }
}

/// A response with one header as it was.
fn reverted(hop: &Hop, header: &str) -> Hop {
    let is = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(header);
    let others = hop.headers.iter().filter(|line| !is(line)).cloned();
    let before = hop.before.iter().flatten().filter(is).cloned();
    Hop { headers: others.chain(before).collect(), ..hop.clone() }
}

/// An observation with other responses: as much of it as the model asks for.
pub(super) fn altered(seen: &Observation, alter: &dyn Fn(&Hop) -> Hop) -> Observation {
    let document = |document: &DocumentSeen| DocumentSeen {
        hops: document.hops.iter().map(alter).collect(),
        ..document.clone()
    };
    Observation {
        facts: seen.facts.clone(),
        windows: seen
            .windows
            .iter()
            .map(|window| WindowSeen {
                documents: window.documents.iter().map(document).collect(),
                opened_by: window
                    .opened_by
                    .as_ref()
                    .map(|(opener, top)| (document(opener), document(top))),
                ..window.clone()
            })
            .collect(),
        acted_in: seen
            .acted_in
            .iter()
            .map(|(step, acted_in)| (step.clone(), document(acted_in)))
            .collect(),
        requests: seen
            .requests
            .iter()
            .map(|request| Request { answer: alter(&request.answer), ..request.clone() })
            .collect(),
        timeline: Vec::new(),
        console: Vec::new(),
    }
}
