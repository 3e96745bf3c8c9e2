//! Expectation × observation → verdict, and facts → the texts of snapshots. Pure.
//!
//! Here for a unit; the `table` of a matrix is beside.

mod table;

use serde::{Deserialize, Serialize};

use crate::fact::{Fact, FactKind, FactValue, Facts};
use crate::scenario::Unit;

pub use table::matrix_text;

/// How a unit ended in one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was expected was observed, and the snapshot holds.
    Passed,
    /// It passed when it was tried again, and had not before.
    Flaky,
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
            Self::Flaky => "flaky",
            Self::Failed => "failed",
            Self::NotApplicable => "not applicable",
            Self::Error => "error",
        }
    }

    /// Whether something is to be looked into.
    #[must_use]
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
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

/// The facts of a unit from the text of its snapshot: [`snapshot_text`] read backwards. What is no fact
/// is left out.
#[must_use]
pub fn facts_of_text(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut subject = "";
    let mut list: Option<(FactKind, Vec<String>)> = None;
    let kind_of = |name: &str| FactKind::all().find(|kind| kind.name() == name);
    for line in text.lines() {
        if let (Some(item), Some((_, items))) = (line.strip_prefix("    - "), &mut list) {
            items.push(item.to_owned());
            continue;
        }
        if let Some((kind, items)) = list.take() {
            facts.insert(subject, kind, items);
        }
        let fact = line.strip_prefix("  ").and_then(|fact| fact.split_once(':'));
        match fact.and_then(|(kind, value)| Some((kind_of(kind)?, value.trim()))) {
            Some((kind, "")) => list = Some((kind, Vec::new())),
            Some((kind, "(none)")) => facts.insert(subject, kind, Vec::new()),
            Some((kind, value)) => facts.insert(subject, kind, value),
            None => subject = line,
        }
    }
    if let Some((kind, items)) = list {
        facts.insert(subject, kind, items);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let mut facts = Facts::default();
        facts.insert("app:/api", FactKind::Received, vec!["GET cors: 200".to_owned()]);
        facts.insert("main", FactKind::Messages, Vec::<String>::new());
        facts.insert("popup", FactKind::Opener, "severed");
        let text = snapshot_text(&facts);
        assert_eq!(snapshot_text(&facts_of_text(&text)), text);
        assert_eq!(facts_of_text(&text).iter().count(), 3);
    }
}
