//! Cells of a matrix in one browser, many at a time.
//!
//! Most of what a cell costs is a round trip for each step. Where the steps have a simple
//! [`shape`], the page itself opens its popups or embeds and fetches, eight at a time, and pushes what
//! came of it: [`stage`] puts the pages of all cells on one stage, [`groups`] brings up one opener after
//! the other, [`outcome`] makes facts of what was pushed. The facts mean what they mean in a unit that
//! is run step by step.

mod groups;
mod outcome;
mod shape;
mod stage;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use fixtures_server::Server;

use super::error::UnitError;
use crate::browser::{Session, WindowId};
use crate::fact::Facts;
use crate::scenario::Matrix;
use shape::Shape;

/// Tells how cells have ended, by their numbers.
pub(super) type Tell<'a> = dyn Fn(Vec<(usize, Result<Facts, String>)>) + Send + Sync + 'a;

/// More portions than workers, so that all of them end at about the same time.
const PORTIONS_EACH: usize = 2;

/// Fewer cells are not worth a worker's while.
const SMALLEST: usize = 24;

/// Divides the cells for `workers`; nothing if some have to be run step by step. Cells with the same
/// opener stay together, as far as that goes.
pub(super) fn portions(matrix: &Matrix, workers: usize) -> Option<Vec<Vec<usize>>> {
    // What browsers reach by a proxy has a browser of its own.
    let mut units = matrix.cells.iter();
    if units.any(|unit| {
        unit.needs_proxy() || unit.session.is_some() || unit.unplaced().next().is_some()
    }) {
        return None;
    }
    let shapes: Option<Vec<Shape<'_>>> =
        matrix.cells.iter().map(|unit| Shape::of(unit, &matrix.show)).collect();
    let groups = stage::groups(matrix, &shapes?, 0..matrix.cells.len());
    let count = if workers < 2 { 1 } else { workers * PORTIONS_EACH };
    let most = matrix.cells.len().div_ceil(count).max(SMALLEST);
    let mut portions: Vec<Vec<usize>> = vec![Vec::new()];
    for group in groups {
        // A group that is large by itself is divided: its opener is then brought up once more.
        for part in group.cells.chunks(most) {
            let last = portions.last_mut().expect("there is always one");
            if last.is_empty() || last.len() + part.len() <= most {
                last.extend(part);
            } else {
                portions.push(part.to_vec());
            }
        }
    }
    Some(portions)
}

/// Cells on their way.
pub(super) struct Batch<'m> {
    matrix: &'m Matrix,
    shapes: Vec<Option<Shape<'m>>>,
    left: BTreeSet<usize>,
    /// Cells that had begun when the browser was last heard of.
    at_work: HashSet<usize>,
    /// Cells that were at work when a browser was lost, or ran out of time beside the others.
    tried: HashSet<usize>,
}

impl<'m> Batch<'m> {
    /// These cells of a matrix that [`portions`] has divided.
    pub(super) fn new(matrix: &'m Matrix, cells: Vec<usize>) -> Self {
        let shape = |unit: &'m std::sync::Arc<crate::scenario::Unit>| Shape::of(unit, &matrix.show);
        Self {
            matrix,
            shapes: matrix.cells.iter().map(shape).collect(),
            left: cells.into_iter().collect(),
            at_work: HashSet::new(),
            tried: HashSet::new(),
        }
    }

    /// Whether all cells have ended.
    pub(super) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Runs what is left, in the session's window `main`, and gives that window back.
    ///
    /// # Errors
    /// Where the browser does not do what it is asked. Cells that have not ended are still left.
    pub(super) async fn run(
        &mut self,
        session: &Session,
        server: &Server,
        main: WindowId,
        limit: Duration,
        tell: &Tell<'_>,
    ) -> Result<WindowId, UnitError> {
        let shapes: Vec<Shape<'m>> = self.shapes.iter().flatten().cloned().collect();
        let groups = stage::groups(self.matrix, &shapes, self.left.iter().copied());
        let staged = stage::Staged::new(self.matrix, &shapes, &groups, server)?;
        let mut windows = groups::Windows::new(session, main);
        for group in &groups {
            groups::run(self, &shapes, group, &staged, &mut windows, limit, tell).await?;
            windows.sweep().await?;
        }
        windows.clear().await
    }

    /// A cell has ended.
    fn end(&mut self, cell: usize, result: Result<Facts, String>, tell: &Tell<'_>) {
        self.at_work.remove(&cell);
        if self.left.remove(&cell) {
            tell(vec![(cell, result)]);
        }
    }

    /// A cell ran out of time. On a busy machine that may be its neighbours' doing, so it is tried once
    /// more when all others have ended; the second time it is given up.
    fn overdue(&mut self, cell: usize, reason: String, tell: &Tell<'_>) {
        self.at_work.remove(&cell);
        if !self.tried.insert(cell) {
            self.end(cell, Err(reason), tell);
        }
    }

    /// The browser was lost: what was at work is tried once more, and given up the second time.
    pub(super) fn lost(&mut self, reason: &str, tell: &Tell<'_>) {
        let at_work = std::mem::take(&mut self.at_work);
        if at_work.is_empty() {
            // Nothing had begun, so nothing will the next time.
            return self.give_up(reason, tell);
        }
        let mut cells: Vec<usize> = at_work.into_iter().collect();
        cells.sort_unstable();
        for cell in cells {
            if !self.tried.insert(cell) {
                self.end(cell, Err(reason.to_owned()), tell);
            }
        }
    }

    /// Nothing more will come of what is left.
    pub(super) fn give_up(&mut self, reason: &str, tell: &Tell<'_>) {
        let left = std::mem::take(&mut self.left);
        tell(left.into_iter().map(|cell| (cell, Err(reason.to_owned()))).collect());
    }
}
