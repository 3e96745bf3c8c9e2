//! The facts of a matrix as a table that a person reads and a diff shows: the contents of its snapshot.
//! Pure.
//!
//! Facts that are the same in all cells are told once, above. Those that vary are joined in the text of
//! a cell; rows are all axes but the last, columns are the values of the last one. Where that would make
//! long lines, every cell has a line of its own.

use super::snapshot_text;
use crate::fact::{Fact, Facts};
use crate::scenario::Matrix;

/// Lines should not be longer.
const WIDEST: usize = 120;
/// Between columns.
const GAP: &str = "  ";
/// Between the facts of a cell.
const AND: &str = " · ";
/// Stands for a fact that a cell lacks.
const ABSENT: &str = "-";

/// The facts of all cells of `matrix`, in its order.
#[must_use]
pub fn matrix_text(matrix: &Matrix, cells: &[&Facts]) -> String {
    let (common, varying) = sorted_out(matrix, cells);
    let mut text = String::new();
    if !common.is_empty() {
        text += "in every cell\n\n";
        text += &snapshot_text(&common);
        text.push('\n');
    }
    let names: Vec<&str> = matrix.axes.iter().map(|(name, _)| name.as_str()).collect();
    if varying.is_empty() {
        return text + &format!("no fact depends on {}\n", names.join(", "));
    }
    let facts: Vec<String> = varying.iter().map(ToString::to_string).collect();
    text += &format!("in each cell: {}\n", facts.join(AND));
    let contents: Vec<String> = cells.iter().map(|facts| content(facts, &varying)).collect();
    let wide = match &matrix.axes[..] {
        [above @ .., (last, values)] if !above.is_empty() => {
            let labels = values.0.iter().map(|value| value.label.clone()).collect();
            Some((last, wide(matrix, labels, &contents)))
        }
        _ => None,
    };
    match wide {
        Some((last, table)) if table.width() <= WIDEST => {
            text += &format!("columns: {last}\n\n");
            text + &table.text(names.len() - 1)
        }
        _ => text + "\n" + &long(matrix, &contents).text(names.len()),
    }
}

/// The facts that all cells share, and the names of those in which they differ.
fn sorted_out(matrix: &Matrix, cells: &[&Facts]) -> (Facts, Vec<Fact>) {
    let mut names: Vec<Fact> = matrix.show.clone();
    if names.is_empty() {
        for (fact, _) in cells.iter().flat_map(|facts| facts.iter()) {
            if let Err(at) = names.binary_search(fact) {
                names.insert(at, fact.clone());
            }
        }
    }
    let mut common = Facts::default();
    let is_common = |fact: &Fact| {
        let mut values = cells.iter().map(|facts| facts.get(fact));
        let first = values.next().flatten();
        first.filter(|first| values.all(|value| value == Some(*first))).cloned()
    };
    names.retain(|fact| match is_common(fact) {
        Some(value) => {
            common.insert(&fact.subject, fact.kind, value);
            false
        }
        // A fact that no cell has is no difference.
        None => cells.iter().any(|facts| facts.get(fact).is_some()),
    });
    (common, names)
}

fn content(facts: &Facts, varying: &[Fact]) -> String {
    let value = |fact| facts.get(fact).map_or_else(|| ABSENT.to_owned(), ToString::to_string);
    varying.iter().map(value).collect::<Vec<_>>().join(AND)
}

/// A header and rows of columns.
struct Table(Vec<Vec<String>>);

/// A row for each combination of all axes but the last.
fn wide(matrix: &Matrix, labels: Vec<String>, contents: &[String]) -> Table {
    let columns = labels.len();
    let axes = matrix.axes[..matrix.axes.len() - 1].iter().map(|(name, _)| name.clone());
    let mut rows = vec![axes.chain(labels).collect::<Vec<String>>()];
    for (units, contents) in matrix.cells.chunks(columns).zip(contents.chunks(columns)) {
        let cell = &units[0].cell;
        let labels = cell[..cell.len() - 1].iter().map(|(_, label)| label.clone());
        rows.push(labels.chain(contents.iter().cloned()).collect());
    }
    Table(rows)
}

/// A row for each cell.
fn long(matrix: &Matrix, contents: &[String]) -> Table {
    let mut rows: Vec<Vec<String>> = vec![matrix.axes.iter().map(|(n, _)| n.clone()).collect()];
    for (unit, content) in matrix.cells.iter().zip(contents) {
        let labels = unit.cell.iter().map(|(_, label)| label.clone());
        rows.push(labels.chain([content.clone()]).collect());
    }
    Table(rows)
}

impl Table {
    fn widths(&self) -> Vec<usize> {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let texts = self.0.iter().filter_map(|row| row.get(column));
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        (0..columns).map(width).collect()
    }

    fn width(&self) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
    }

    /// The lines, of which the first `axes` columns say which cell it is. All values stand in every
    /// row, so that a search finds it; an empty line parts the blocks in which the leading ones are the
    /// same.
    fn text(&self, axes: usize) -> String {
        let widths = self.widths();
        let leading = if axes > 1 { (axes - 2).max(1) } else { 0 };
        let mut text = String::new();
        let mut before: Option<&[String]> = None;
        for (number, row) in self.0.iter().enumerate() {
            let block = &row[..leading];
            if number > 0 && before.is_some_and(|before| before != block) {
                text.push('\n');
            }
            before = (number > 0).then_some(block);
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column > 0 {
                    line += GAP;
                }
                line += &format!("{cell:width$}");
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::FactKind;
    use crate::scenario::{Job, Unit, parse};

    fn matrix(axes: &str) -> Matrix {
        let text = format!(
            "version: 1\ntitle: t\nsites: {{ app: {{}}, auth: {{}} }}\naxes: {axes}\npages: {{ 'app:/': \
             {{ headers: \"A: {{coop}} {{coep}} {{how}}\" }}, 'auth:/': {{}} }}\nsteps:\n  - open: {{ url: app:/ }}\n  \
             - popup: {{ as: popup, url: auth:/ }}\nvariants: {{ case: {{ kind: case, title: t }} }}\n"
        );
        // A placeholder that is no axis would be a fault.
        let text = ["coop", "coep", "how"].iter().fold(text, |text, axis| {
            if axes.contains(axis) { text } else { text.replace(&format!("{{{axis}}}"), "") }
        });
        match parse("m.yaml", &text).map(|scenario| scenario.jobs().remove(0)) {
            Ok(Job::Matrix(matrix)) => Matrix::clone(&matrix),
            other => panic!("{other:?}"),
        }
    }

    fn text(matrix: &Matrix, facts: impl Fn(&Unit) -> Facts) -> String {
        let cells: Vec<Facts> = matrix.cells.iter().map(|unit| facts(unit)).collect();
        matrix_text(matrix, &cells.iter().collect::<Vec<_>>())
    }

    fn is(unit: &Unit, axis: &str, label: &str) -> bool {
        unit.cell.contains(&(axis.to_owned(), label.to_owned()))
    }

    fn facts(unit: &Unit) -> Facts {
        let mut facts = Facts::default();
        let cut = is(unit, "coop", "same-origin");
        facts.insert("main", FactKind::SecureContext, "yes");
        facts.insert("popup", FactKind::Opener, if cut { "severed" } else { "connected" });
        if !is(unit, "how", "link") {
            facts.insert("popup", FactKind::Handle, if cut { "reads-closed" } else { "live" });
        }
        facts
    }

    const AXES: &str = "{ coop: ['', same-origin], coep: ['', require-corp], how: [direct, link] }";

    #[test]
    fn what_varies_is_in_the_cells_and_the_rest_above() {
        insta::assert_snapshot!(text(&matrix(AXES), facts), @"");
    }

    #[test]
    fn shown_facts_have_their_order_and_the_others_are_left_out() {
        let mut matrix = matrix(AXES);
        matrix.show = vec!["popup.handle".parse().unwrap(), "popup.opener".parse().unwrap()];
        let shown = text(&matrix, facts);
        assert!(shown.starts_with("in each cell: popup.handle · popup.opener\n"), "{shown}");
        assert!(!shown.contains("secure-context"), "{shown}");
    }

    #[test]
    fn long_lines_become_one_line_a_cell() {
        let matrix = matrix("{ coop: ['', same-origin], coep: ['', require-corp] }");
        let long = |unit: &Unit| {
            let mut facts = facts(unit);
            let pages: Vec<String> = (0..5).map(|n| format!("auth:/page-{n} connected")).collect();
            let cut = is(unit, "coop", "same-origin");
            facts.insert("popup", FactKind::Journey, if cut { Vec::new() } else { pages });
            facts
        };
        insta::assert_snapshot!(text(&matrix, long), @"");
    }

    #[test]
    fn one_axis_is_a_list_and_no_difference_is_said() {
        let one = matrix("{ coop: ['', same-origin, \"more\"] }");
        insta::assert_snapshot!(text(&one, facts), @"");
        let same = text(&one, |_| {
            let mut facts = Facts::default();
            facts.insert("main", FactKind::Messages, vec!["a".to_owned(), "b".to_owned()]);
            facts
        });
        insta::assert_snapshot!(same, @"");
    }
}
