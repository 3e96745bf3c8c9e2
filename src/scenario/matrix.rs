//! Matrices: all cells of one variant of a scenario with axes, as one job.

use std::sync::Arc;

use super::{Axis, Scenario, Unit};
use crate::fact::Fact;

/// What a run does and reports as one.
#[derive(Debug, Clone)]
pub enum Job {
    /// A variant.
    Unit(Arc<Unit>),
    /// All cells of a variant.
    Matrix(Arc<Matrix>),
}

/// The cells of one variant.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The variant's name, without a cell.
    pub variant: String,
    /// The axes by name, in the order of the file.
    pub axes: Vec<(String, Axis)>,
    /// The facts that the table shows, in this order; all if there is none.
    pub show: Vec<Fact>,
    /// The cells, the last axis changing fastest. At least one; not all of them if some were selected.
    pub cells: Vec<Arc<Unit>>,
}

impl Matrix {
    /// How many cells the axes make, selected or not.
    #[must_use]
    pub fn size(&self) -> usize {
        self.axes.iter().map(|(_, axis)| axis.0.len()).product()
    }

    /// Whether all cells are there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cells.len() == self.size()
    }

    /// The first cell: title, lesson and file are the same in all.
    #[must_use]
    pub fn first(&self) -> &Unit {
        &self.cells[0]
    }

    /// `scenario › variant`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} › {}", self.first().scenario, self.variant)
    }

    /// This matrix with the cells that `keep` takes; nothing if it takes none.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Unit) -> bool) -> Option<Self> {
        let cells: Vec<_> = self.cells.iter().filter(|unit| keep(unit)).cloned().collect();
        (!cells.is_empty()).then(|| Self { cells, ..self.clone() })
    }
}

impl Job {
    /// The unit, or the first cell: title, lesson and file are the same in all.
    #[must_use]
    pub fn first(&self) -> &Unit {
        match self {
            Self::Unit(unit) => unit,
            Self::Matrix(matrix) => matrix.first(),
        }
    }

    /// `scenario › variant`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Unit(unit) => unit.name(),
            Self::Matrix(matrix) => matrix.name(),
        }
    }

    /// The unit, or all cells.
    #[must_use]
    pub fn units(&self) -> &[Arc<Unit>] {
        match self {
            Self::Unit(unit) => std::slice::from_ref(unit),
            Self::Matrix(matrix) => &matrix.cells,
        }
    }

    /// How many units it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.units().len()
    }
}

impl From<Unit> for Job {
    fn from(unit: Unit) -> Self {
        Self::Unit(Arc::new(unit))
    }
}

impl Scenario {
    /// What a run does with the scenario, in the order of the file: each variant as it is, or as a
    /// matrix where there are axes.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        let units = self.units();
        if self.file.axes.is_empty() {
            return units.into_iter().map(Job::from).collect();
        }
        let axes: Vec<(String, Axis)> =
            self.file.axes.iter().map(|(name, axis)| (name.clone(), axis.clone())).collect();
        let show: Vec<Fact> = self.file.show.iter().filter_map(|key| key.parse().ok()).collect();
        let mut units = units.into_iter().map(Arc::new);
        let matrix = |name: &String| {
            let cells = units.by_ref().take(self.cells.len()).collect();
            let (axes, show) = (axes.clone(), show.clone());
            Job::Matrix(Arc::new(Matrix { variant: name.clone(), axes, show, cells }))
        };
        self.file.variants.keys().map(matrix).collect()
    }
}
