//! Units: each variant with its changes laid over the flow, and each cell of a matrix.

use fixtures_server::page::Plan;

use super::{Expectation, Lesson, Scenario, Step, VariantKind};
use crate::fact::Fact;

/// One variant of a scenario, ready to run: all changes applied.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's title.
    pub scenario_title: String,
    /// The path of its file.
    pub path: String,
    /// The line of the variant in that file, from 1.
    pub line: usize,
    /// The variant's name; in a matrix with the cell: `broken[coop=same-origin]`.
    pub variant: String,
    /// What the variant stands for.
    pub kind: VariantKind,
    /// What is different in it.
    pub title: String,
    /// Tags of the scenario.
    pub tags: Vec<String>,
    /// The scenario's lesson.
    pub lesson: Option<Lesson>,
    /// What the fixture server serves.
    pub plan: Plan,
    /// What happens.
    pub steps: Vec<Step>,
    /// What must hold, each with its line in the file.
    pub expect: Vec<(Fact, Expectation, usize)>,
}

impl Unit {
    /// `scenario › variant`, by which `--grep` selects and reports name the unit.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} › {}", self.scenario, self.variant)
    }
}

impl Scenario {
    /// All units of the scenario, in the order of the file.
    #[must_use]
    pub fn units(&self) -> Vec<Unit> {
        Vec::new()
    }
}
