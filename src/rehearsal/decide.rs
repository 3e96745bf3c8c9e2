//! Which response, which header and which rule made a change: each changed header in turn is thought away,
//! and the model says whether the fact would then be what it was.

use serde::Serialize;

use super::RuleLine;
use crate::event::UnitReport;
use crate::fact::{Fact, FactKind, FactValue};
use crate::observation::{DocumentSeen, Hop, Observation, WindowSeen, without_query};
use crate::policy::changed_headers;
use crate::predict::{Prediction, predict, profile_of};
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
    /// Whether the model says that without them the fact would be what it was.
    pub sure: bool,
}

/// What follows if one header of one response were as before.
struct Without {
    decider: Decider,
    predictions: Vec<Prediction>,
}

/// The changed headers of one unit in one browser.
pub(super) struct Deciding<'a> {
    after: &'a UnitReport,
    /// Each header of the responses that matter to the model.
    thought_away: Vec<Without>,
}

impl<'a> Deciding<'a> {
    /// Thinks each changed header away.
    pub(super) fn new(after: &'a UnitReport, rules: &[RuleLine]) -> Self {
        let mut thought_away = Vec::new();
        if let Some(seen) = &after.observation {
            let profile = profile(after);
            for hop in changed_hops(seen) {
                let before = hop.before.as_deref().unwrap_or_default();
                for header in changed_headers(before, &hop.headers) {
                    let altered = altered(seen, &|other| {
                        if other == hop { reverted(other, &header) } else { other.clone() }
                    });
                    let predictions = predict(&after.unit, &altered, &profile);
                    let decider = decider(hop, &header, rules);
                    thought_away.push(Without { decider, predictions });
                }
            }
        }
        Self { after, thought_away }
    }

    /// Whether a rule changed any response.
    pub(super) fn is_touched(&self) -> bool {
        !self.thought_away.is_empty()
    }

    /// The headers that made `fact` what it is, where it was `before`.
    pub(super) fn decided(&self, fact: &Fact, before: Option<&FactValue>) -> Decided {
        if let Some(decided) = self.by_the_model(fact, before) {
            return decided;
        }
        // A login, a message and the like follow from the link that they go by.
        let facts = self.after.observation.as_ref().map(|seen| &seen.facts);
        for link in self.links(fact) {
            let now = facts.and_then(|facts| facts.get(&link));
            let was = if now == Some(&"connected".into()) { "severed" } else { "connected" };
            if let Some(decided) = self.by_the_model(&link, Some(&was.into())) {
                return decided;
            }
        }
        let all = self.thought_away.iter().map(|without| without.decider.clone());
        Decided { by: all.collect(), sure: false }
    }

    fn by_the_model(&self, fact: &Fact, before: Option<&FactValue>) -> Option<Decided> {
        let before = before?;
        let facts = &self.after.observation.as_ref()?.facts;
        let now = find(&self.after.predictions, fact)?;
        // A model that does not see the fact as it is cannot say why it changed.
        if !facts.get(fact).is_some_and(|observed| now.is_borne_out_by(observed)) {
            return None;
        }
        let by: Vec<Decider> = self
            .thought_away
            .iter()
            .filter(|without| {
                find(&without.predictions, fact).is_some_and(|would| would.is_borne_out_by(before))
            })
            .map(|without| without.decider.clone())
            .collect();
        (!by.is_empty()).then_some(Decided { by, sure: true })
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
        );
        let Some(seen) = self.after.observation.as_ref().filter(|_| goes_by_a_link) else {
            return Vec::new();
        };
        windows_of(seen, &fact.subject)
            .map(|window| Fact::new(&window.name, FactKind::Opener))
            .collect()
    }
}

/// The popups that a window or frame opened, or it itself if it is one.
pub(super) fn windows_of<'a>(
    seen: &'a Observation,
    subject: &'a str,
) -> impl Iterator<Item = &'a WindowSeen> {
    seen.windows.iter().filter(move |window| {
        !window.frame
            && window.opened_from.is_some()
            && (window.name == subject || window.opened_from.as_deref() == Some(subject))
    })
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
fn changed_hops(seen: &Observation) -> Vec<&Hop> {
    let documents = seen.windows.iter().flat_map(|window| &window.documents);
    let hops = documents.flat_map(|document| &document.hops);
    let others = seen.requests.iter().map(|request| &request.answer);
    let mut changed: Vec<&Hop> = Vec::new();
    for hop in hops.chain(others).filter(|hop| !hop.rules.is_empty()) {
        if !changed.contains(&hop) {
            changed.push(hop);
        }
    }
    changed
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
            .map(|request| crate::observation::Request {
                answer: alter(&request.answer),
                ..request.clone()
            })
            .collect(),
        timeline: Vec::new(),
        console: Vec::new(),
    }
}
