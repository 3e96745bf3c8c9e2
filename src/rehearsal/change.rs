//! What a rollout changes in one flow in one browser: two reports of a unit, fact by fact.

use std::borrow::Cow;

use serde::Serialize;

use super::RuleLine;
use super::blindness::{ReportOnly, report_only};
use super::decide::{Decided, Deciding, concerns, is_popup, profile, while_it_stayed};
use super::effect::{Effect, effect};
use super::words::words;
use crate::cause::cause_of;
use crate::event::UnitReport;
use crate::fact::{Fact, FactKind, FactValue};
use crate::observation::{Observation, WindowSeen};
use crate::verdict::Verdict;

/// A fact that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// The fact.
    pub fact: Fact,
    /// What it was; nothing where it did not come about.
    pub before: Option<FactValue>,
    /// What it is.
    pub after: Option<FactValue>,
    /// What that means.
    pub effect: Effect,
    /// The change in plain words, without a full stop.
    pub says: String,
    /// What the scenario expects, where that held and holds no more.
    pub expected: Option<FactValue>,
    /// Which headers did it.
    pub decided: Decided,
    /// Of a break: why, in one sentence about the responses.
    pub because: Option<String>,
    /// Of a break: whether a trial as report-only would have told of it, where browsers report.
    pub report_only: Option<ReportOnly>,
}

/// How a flow fares in one browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As before.
    Same,
    /// Something is different; nobody can say from here whether that matters.
    Differs,
    /// Something works that did not, and nothing breaks.
    Works,
    /// Something works no more.
    Breaks,
    /// The browser lacks what the flow is about, before and after.
    NotApplicable,
    /// It could not be tested as the site is.
    Untested,
}

impl Outcome {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "the same",
            Self::Differs => "differs",
            Self::Works => "newly works",
            Self::Breaks => "breaks",
            Self::NotApplicable => "not applicable",
            Self::Untested => "could not be tested",
        }
    }
}

/// The order in which changes are told: what people notice first.
const ORDER: &[FactKind] = &[
    FactKind::Login,
    FactKind::Messages,
    FactKind::Opener,
    FactKind::Handle,
    FactKind::Isolated,
    FactKind::SharedMemory,
    FactKind::Loading,
    FactKind::Blocked,
    FactKind::Result,
];

/// Why a flow that could be tested cannot be tested any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fault {
    /// What went wrong.
    pub says: String,
    /// Which headers may have done it.
    pub decided: Decided,
    /// What was seen of the windows until then, in one sentence about the responses.
    pub because: Option<String>,
    /// Whether a trial as report-only would have told of it.
    pub report_only: ReportOnly,
}

/// What changes between two runs of a flow.
pub(super) struct Changes {
    pub(super) outcome: Outcome,
    pub(super) fault: Option<Fault>,
    /// Whether a rule changed any response.
    pub(super) touched: bool,
    /// The facts, the ones that matter most first.
    pub(super) facts: Vec<Change>,
}

/// Compares two runs of a flow.
pub(super) fn changes(before: &UnitReport, after: &UnitReport, rules: &[RuleLine]) -> Changes {
    let deciding = Deciding::new(after, rules);
    let facts = facts(before, after, &deciding);
    let fault = fault(before, after, &deciding);
    let has = |effect| facts.iter().any(|change| change.effect == effect);
    let outcome = if before.error.is_some() {
        Outcome::Untested
    } else if fault.is_some() || has(Effect::Breaks) {
        Outcome::Breaks
    } else if has(Effect::Works) {
        Outcome::Works
    } else if has(Effect::Differs) {
        Outcome::Differs
    } else if before.verdict == Verdict::NotApplicable {
        Outcome::NotApplicable
    } else {
        Outcome::Same
    };
    Changes { outcome, fault, touched: deciding.is_touched(), facts }
}

fn fault(before: &UnitReport, after: &UnitReport, deciding: &Deciding<'_>) -> Option<Fault> {
    if before.error.is_some() {
        return None;
    }
    let lost = before.observation.is_some() && after.observation.is_none();
    let lacks = || {
        let lacks: Vec<&str> = after.lacks.iter().map(|feature| feature.title()).collect();
        format!("it ends too soon to be observed: this browser lacks {}", lacks.join(", "))
    };
    let says = after.error.clone().or_else(|| lost.then(lacks))?;
    let decided = deciding.somehow();
    let because = after.cause.as_ref().map(|cause| cause.sentence.clone());
    let report_only = report_only(before, after, None, &decided);
    Some(Fault { says, decided, because, report_only })
}

/// The facts that are not what they were.
fn facts(before: &UnitReport, after: &UnitReport, deciding: &Deciding<'_>) -> Vec<Change> {
    let facts = |report: &UnitReport| report.observation.as_ref().map(|seen| seen.facts.clone());
    let was = facts(before).filter(|_| before.error.is_none());
    let (Some(was), Some(is)) = (was, facts(after)) else { return Vec::new() };
    let mut all: Vec<&Fact> = was.iter().chain(is.iter()).map(|(fact, _)| fact).collect();
    all.sort();
    all.dedup();
    // Of a flow that did not come to its end, and of what nobody could look at, nothing is known.
    let unseen = |report: &UnitReport, fact: &Fact| {
        report.observation.as_ref().is_some_and(|seen: &Observation| seen.is_unseen(fact))
    };
    let counts = |fact: &Fact| match (was.get(fact), is.get(fact)) {
        (Some(_), None) => after.error.is_none() && !unseen(after, fact),
        (None, Some(_)) => !unseen(before, fact),
        _ => true,
    };
    let changed = all.into_iter().filter(|fact| was.get(fact) != is.get(fact) && counts(fact));
    let mut changes: Vec<Change> = changed
        .map(|fact| change(before, after, deciding, fact, (was.get(fact), is.get(fact))))
        .collect();
    let place = |kind| ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len());
    changes.sort_by_key(|change| (change.effect, place(change.fact.kind)));
    changes
}

fn change(
    before: &UnitReport,
    after: &UnitReport,
    deciding: &Deciding<'_>,
    fact: &Fact,
    (was, is): (Option<&FactValue>, Option<&FactValue>),
) -> Change {
    let expected = || {
        let of = |report: &UnitReport| report.broken.iter().find(|b| b.fact == *fact).cloned();
        of(after).filter(|_| of(before).is_none()).map(|broken| broken.expected)
    };
    let held_not_before = || before.broken.iter().any(|broken| broken.fact == *fact);
    let expected = expected();
    // The name of a window that never had a link is the engine's own affair.
    let is_never = |report: &UnitReport| {
        let seen = report.observation.as_ref();
        seen.and_then(|seen| seen.facts.text(&fact.subject, FactKind::Opener)) == Some("never")
    };
    let own_affair = fact.kind == FactKind::WindowName && is_never(before) && is_never(after);
    let of_kind = if own_affair { Effect::Differs } else { effect(fact.kind, was, is) };
    let effect = match of_kind {
        // The scenario knows what the table does not.
        Effect::Differs if expected.is_some() => Effect::Breaks,
        Effect::Differs
            if held_not_before() && !after.broken.iter().any(|broken| broken.fact == *fact) =>
        {
            Effect::Works
        }
        effect => effect,
    };
    let breaks = effect == Effect::Breaks;
    let decided = deciding.decided(fact, was);
    let because = after.observation.as_ref().filter(|_| breaks).and_then(|seen| {
        let of = |popup: &&WindowSeen| is_popup(popup) && concerns(popup, &fact.subject);
        let popup = seen.windows.iter().find(of);
        let seen = popup.map_or(Cow::Borrowed(seen), |popup| while_it_stayed(seen, &popup.name));
        let cause = cause_of(&after.unit, &seen, &profile(after), &after.predictions, [fact]);
        cause.map(|cause| cause.sentence)
    });
    let report_only = breaks.then(|| report_only(before, after, Some(fact), &decided));
    Change {
        fact: fact.clone(),
        before: was.cloned(),
        after: is.cloned(),
        effect,
        says: words(&after.unit, fact, was, is, effect),
        expected,
        decided,
        because,
        report_only,
    }
}
