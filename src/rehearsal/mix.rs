//! Rollouts that reach some responses before others: in how many rounds a flow broke, and which of its
//! responses were old and which new when it did.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::{Outcome, counterpart, rehearsal};
use crate::event::{BrowserInfo, UnitReport};
use crate::observation::{Hop, Observation, without_query};

/// Some rounds in which a share of the responses had the rollout.
#[derive(Debug, Clone, Default)]
pub struct Mix {
    /// How many of a hundred responses are new.
    pub percent: u8,
    /// What the choice of responses starts from.
    pub seed: u64,
    /// How many rounds there were.
    pub rounds: usize,
    /// The flows, in the order of the run.
    pub flows: Vec<MixFlow>,
}

/// A flow in all rounds.
#[derive(Debug, Clone)]
pub struct MixFlow {
    /// `scenario › variant`.
    pub name: String,
    /// What came of it in each browser.
    pub columns: Vec<MixColumn>,
}

/// A flow in all rounds in one browser.
#[derive(Debug, Clone)]
pub struct MixColumn {
    /// The browser.
    pub browser: Arc<BrowserInfo>,
    /// How the flow fares when all responses are new.
    pub whole: Outcome,
    /// In how many rounds it broke.
    pub broke: usize,
    /// In how many rounds something worked that does not as the site is, and nothing broke.
    pub worked: usize,
    /// In how many rounds it was tested.
    pub tested: usize,
    /// What was old and new in these rounds, breaking ones first.
    pub patterns: Vec<Pattern>,
}

/// Which responses of a flow were old and which new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pattern {
    /// The responses that the rollout is about, in the order of the flow, each with whether it was new.
    pub responses: Vec<(String, bool)>,
    /// In how many rounds the flow broke with it.
    pub broke: usize,
    /// In how many rounds it did not.
    pub held: usize,
}

impl MixColumn {
    /// Whether only a mixture breaks the flow: with old responses alone and with new ones alone it works.
    #[must_use]
    pub fn breaks_only_mixed(&self) -> bool {
        self.broke > 0 && self.whole != Outcome::Breaks
    }
}

impl Mix {
    /// Nothing yet: the flows as they fare without and with the whole rollout.
    #[must_use]
    pub fn new(percent: u8, seed: u64, before: &[UnitReport], after: &[UnitReport]) -> Self {
        let flows = rehearsal(before, after, &[]).flows.into_iter().map(|flow| MixFlow {
            name: flow.name,
            columns: flow
                .columns
                .into_iter()
                .map(|column| MixColumn {
                    browser: column.browser,
                    whole: column.outcome,
                    broke: 0,
                    worked: 0,
                    tested: 0,
                    patterns: Vec::new(),
                })
                .collect(),
        });
        Self { percent, seed, rounds: 0, flows: flows.collect() }
    }

    /// Takes one round in.
    pub fn add(&mut self, before: &[UnitReport], after: &[UnitReport], round: &[UnitReport]) {
        self.rounds += 1;
        let rehearsed = rehearsal(before, round, &[]);
        for flow in &rehearsed.flows {
            let Some(known) = self.flows.iter_mut().find(|known| known.name == flow.name) else {
                continue;
            };
            for column in &flow.columns {
                let browser = column.browser.browser;
                let mine = known.columns.iter_mut().find(|known| known.browser.browser == browser);
                let Some(mine) = mine.filter(|_| column.outcome != Outcome::Untested) else {
                    continue;
                };
                let is = |report: &&UnitReport| {
                    report.unit.name() == flow.name && report.browser.browser == browser
                };
                let Some(report) = round.iter().find(is) else { continue };
                let broke = column.outcome == Outcome::Breaks;
                mine.tested += 1;
                mine.broke += usize::from(broke);
                mine.worked += usize::from(column.outcome == Outcome::Works);
                let all_new =
                    counterpart(report, after).and_then(|after| after.observation.as_ref());
                let responses = pattern(report.observation.as_ref(), all_new);
                match mine.patterns.iter_mut().find(|known| known.responses == responses) {
                    Some(known) if broke => known.broke += 1,
                    Some(known) => known.held += 1,
                    None => mine.patterns.push(Pattern {
                        responses,
                        broke: usize::from(broke),
                        held: usize::from(!broke),
                    }),
                }
            }
        }
        let columns = self.flows.iter_mut().flat_map(|flow| &mut flow.columns);
        for column in columns {
            column.patterns.sort_by(|one, other| {
                let order = |pattern: &Pattern| (std::cmp::Reverse(pattern.broke), pattern.held);
                order(one).cmp(&order(other)).then_with(|| one.responses.cmp(&other.responses))
            });
        }
    }
}

/// Of the responses on the way to a flow's documents those that the whole rollout changes, each with
/// whether it was changed in this round.
fn pattern(round: Option<&Observation>, all_new: Option<&Observation>) -> Vec<(String, bool)> {
    let (Some(round), Some(all_new)) = (round, all_new) else { return Vec::new() };
    let changed: BTreeSet<(&str, u16)> = documents(all_new)
        .filter(|hop| hop.before.is_some())
        .map(|hop| (without_query(&hop.page), hop.status))
        .collect();
    let mut responses: Vec<(String, bool)> = Vec::new();
    for hop in documents(round) {
        let page = without_query(&hop.page);
        let response = (page.to_owned(), !hop.rules.is_empty());
        if changed.contains(&(page, hop.status)) && responses.last() != Some(&response) {
            responses.push(response);
        }
    }
    responses
}

fn documents(seen: &Observation) -> impl Iterator<Item = &Hop> {
    seen.windows.iter().flat_map(|window| &window.documents).flat_map(|document| &document.hops)
}
