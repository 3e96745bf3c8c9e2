//! Faults of the cells of a matrix, each told once.

use indexmap::IndexMap;

use super::axes::Cell;
use crate::yaml::Fault;

/// Faults of the cells of a file, each once: a matrix has hundreds of cells, a slip is one.
#[derive(Debug, Default)]
pub(super) struct CellFaults {
    /// How many cells were looked at, and how many of them had faults.
    cells: usize,
    faulty: usize,
    /// By place and words: the fault, how many cells have it, and the first of them in words.
    faults: IndexMap<(usize, usize, String), (Fault, usize, String)>,
}

impl CellFaults {
    /// After so many faulty cells the others have little to add.
    const ENOUGH: usize = 100;

    pub(super) fn add(&mut self, text: &str, cell: &Cell, mut faults: Vec<Fault>) {
        self.cells += 1;
        self.faulty += usize::from(!faults.is_empty());
        // Within one cell several variants may share a faulty part.
        faults.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        faults.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        for fault in faults {
            let key = (fault.span.start, fault.span.end, fault.message.clone());
            let values = || named(text.get(fault.span.clone()).unwrap_or_default(), cell);
            let entry = self.faults.entry(key).or_insert_with(|| (fault.clone(), 0, values()));
            entry.1 += 1;
        }
    }

    pub(super) fn are_none(&self) -> bool {
        self.faulty == 0
    }

    pub(super) fn are_enough(&self) -> bool {
        self.faulty >= Self::ENOUGH
    }

    /// The faults; one that not every cell has tells the first cell that has it.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let faults = self.faults.into_values();
        faults
            .map(|(mut fault, count, cell)| {
                if count < self.cells {
                    fault.message += &format!(" (where {cell})");
                }
                fault
            })
            .collect()
    }
}

/// The values that matter for a faulty part: those that it names, or else all.
fn named(part: &str, cell: &Cell) -> String {
    let is_named = |axis: &str| part.contains(&format!("{{{axis}}}"));
    let some = cell.iter().any(|(axis, _)| is_named(axis));
    let values = cell.iter().filter(|(axis, _)| !some || is_named(axis));
    let values: Vec<String> =
        values.map(|(axis, value)| format!("{axis} is `{}`", value.label)).collect();
    values.join(" and ")
}
