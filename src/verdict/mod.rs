//! Expectation × observation → verdict, and facts → the texts of snapshots. Pure.
//!
//! Here for a unit; the `table` of a matrix is beside.

mod table;

use serde::Serialize;

use crate::fact::{Fact, FactKind, FactValue, Facts};
use crate::scenario::Unit;

pub use table::matrix_text;

/// How a unit ended in one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was expected was observed, and the snapshot holds.
    Passed,
    /// An expectation or the snapshot does not hold.
    Failed,
    /// The engine lacks a feature that the unit is about.
    NotApplicable,
    /// It could not be tested.
    Error,
}

impl Verdict {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotApplicable => "not applicable",
            Self::Error => "error",
        }
    }
}

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Broken {
    /// What was asked.
    pub fact: Fact,
    /// What the scenario says.
    pub expected: FactValue,
    /// What the browser showed; nothing where the fact never came about.
    pub observed: Option<FactValue>,
    /// The line of the expectation in the scenario's file.
    pub line: usize,
}

/// The expectations of `unit` that `facts` do not meet in `engine`.
#[must_use]
pub fn broken_expectations(unit: &Unit, engine: &str, facts: &Facts) -> Vec<Broken> {
    unit.expect
        .iter()
        .filter_map(|(fact, expectation, line)| {
            let expected = expectation.value_in(engine);
            let observed = facts.get(fact);
            let holds = observed.is_some_and(|observed| same(expected, observed));
            (!holds).then(|| Broken {
                fact: fact.clone(),
                expected: expected.clone(),
                observed: observed.cloned(),
                line: *line,
            })
        })
        .collect()
}

/// A list of one is as good as the one.
fn same(expected: &FactValue, observed: &FactValue) -> bool {
    match (expected, observed) {
        (FactValue::Text(text), FactValue::List(items)) => {
            matches!(&items[..], [item] if item == text)
        }
        _ => expected == observed,
    }
}

/// The facts as a text that people read and diffs show: the contents of a snapshot.
#[must_use]
pub fn snapshot_text(facts: &Facts) -> String {
    let mut text = String::new();
    let mut subject = None;
    for (fact, value) in facts.iter() {
        if subject != Some(&fact.subject) {
            subject = Some(&fact.subject);
            text += &format!("{}\n", fact.subject);
        }
        let kind: FactKind = fact.kind;
        match value {
            FactValue::Text(value) => text += &format!("  {kind}: {value}\n"),
            FactValue::List(items) if items.is_empty() => text += &format!("  {kind}: (none)\n"),
            FactValue::List(items) => {
                text += &format!("  {kind}:\n");
                for item in items {
                    text += &format!("    - {item}\n");
                }
            }
        }
    }
    text
}
