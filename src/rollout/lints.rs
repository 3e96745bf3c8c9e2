//! What browsers would ignore in the headers that rules put.

use super::{Edit, Rollout};
use crate::lint::{self, Lint};

/// A lint of a header that a rule puts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLint {
    /// The index of the rule.
    pub rule: usize,
    /// The line of the file (from 1).
    pub line: usize,
    /// The lint.
    pub lint: Lint,
}

impl Rollout {
    /// The lints of each header that rules put, by itself: what other lines the response will have is
    /// not known here. Call it once the sites are filled in ([`Rollout::for_sites`]).
    #[must_use]
    pub fn lints(&self) -> Vec<RuleLint> {
        let mut lints = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let mut seen: Vec<&str> = Vec::new();
            for edit in &rule.edits {
                // Of lines that are added one by one the first stands for all.
                if seen.contains(&edit.name()) {
                    continue;
                }
                seen.push(edit.name());
                let same = rule.edits.iter().filter(|other| other.name() == edit.name());
                let values: Vec<String> = same.flat_map(Edit::values).cloned().collect();
                let line = self.line(index, edit);
                // Of a header that is taken away only the name can be wrong.
                let found = lint::header(edit.name(), &values).into_iter();
                lints.extend(found.map(|lint| RuleLint { rule: index, line, lint }));
            }
        }
        lints
    }
}
