//! The facts of a matrix as a table that a person reads and a diff shows: the contents of its snapshot.
//! Pure.
//!
//! Facts that are the same in all cells are told once, above. Those that vary are joined in the text of
//! a cell; rows are all axes but the last, columns are the values of the last one. Where that would make
//! long lines, every cell has a line of its own. An axis on which nothing depends is left out.

use super::snapshot_text;
use crate::fact::{Fact, Facts};
use crate::scenario::Matrix;

/// Lines should not be longer.
const WIDEST: usize = 122;
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
    let contents: Vec<String> = cells.iter().map(|facts| content(facts, &varying)).collect();
    let (axes, idle): (Vec<usize>, Vec<usize>) =
        (0..matrix.axes.len()).partition(|axis| matters(matrix, *axis, &contents));
    if !idle.is_empty() {
        let names: Vec<&str> = idle.iter().map(|axis| matrix.axes[*axis].0.as_str()).collect();
        text += &format!("no fact depends on {}\n", names.join(", "));
    }
    if varying.is_empty() {
        return text;
    }
    let facts: Vec<String> = varying.iter().map(ToString::to_string).collect();
    text += &format!("in each cell: {}\n", facts.join(AND));
    let rows = rows(matrix, &axes, &idle, &contents);
    let names: Vec<String> = axes.iter().map(|axis| matrix.axes[*axis].0.clone()).collect();
    if let [above @ .., last] = &axes[..]
        && !above.is_empty()
    {
        let (last, values) = &matrix.axes[*last];
        let labels = values.0.iter().map(|value| value.label.clone());
        let table = wide(&names, labels.collect(), &rows);
        if table.width() <= WIDEST {
            text += &format!("columns: {last}\n\n");
            return text + &table.text(above.len());
        }
    }
    text + "\n" + &long(&names, &rows).text(axes.len())
}

/// Whether the contents depend on an axis.
fn matters(matrix: &Matrix, axis: usize, contents: &[String]) -> bool {
    let below: usize = matrix.axes[axis + 1..].iter().map(|(_, axis)| axis.0.len()).product();
    let values = matrix.axes[axis].1.0.len();
    // Each cell against the one with the first value of this axis.
    (0..contents.len()).any(|cell| {
        let value = cell / below % values;
        contents[cell] != contents[cell - value * below]
    })
}

/// A row for each cell: its labels on `axes`, and its content. Of `idle` axes the first value stands
/// for all.
fn rows(
    matrix: &Matrix,
    axes: &[usize],
    idle: &[usize],
    contents: &[String],
) -> Vec<(Vec<String>, String)> {
    let is_first = |(axis, label): (usize, &String)| matrix.axes[axis].1.0[0].label == *label;
    let cells = matrix.cells.iter().map(|unit| &unit.cell).zip(contents);
    cells
        .filter(|(cell, _)| idle.iter().all(|axis| is_first((*axis, &cell[*axis].1))))
        .map(|(cell, content)| {
            let labels = axes.iter().map(|axis| cell[*axis].1.clone()).collect();
            (labels, content.clone())
        })
        .collect()
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
fn wide(names: &[String], labels: Vec<String>, cells: &[(Vec<String>, String)]) -> Table {
    let columns = labels.len();
    let axes = names[..names.len() - 1].iter().cloned();
    let mut rows = vec![axes.chain(labels).collect::<Vec<String>>()];
    for cells in cells.chunks(columns) {
        let (labels, _) = &cells[0];
        let contents = cells.iter().map(|(_, content)| content.clone());
        rows.push(labels[..labels.len() - 1].iter().cloned().chain(contents).collect());
    }
    Table(rows)
}

/// A row for each cell.
fn long(names: &[String], cells: &[(Vec<String>, String)]) -> Table {
    let row = |(labels, content): &(Vec<String>, String)| {
        labels.iter().cloned().chain([content.clone()]).collect()
    };
    Table([names.to_vec()].into_iter().chain(cells.iter().map(row)).collect())
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
        insta::assert_snapshot!(text(&matrix(AXES), facts), @"
        in every cell

        main
          secure-context: yes

        no fact depends on coep
        in each cell: popup.opener · popup.handle
        columns: how

        coop         direct                  link
        -            connected · live        connected · -
        same-origin  severed · reads-closed  severed · -
        ");
    }

    #[test]
    fn shown_facts_have_their_order_and_the_others_are_left_out() {
        let mut matrix = matrix(AXES);
        matrix.show = vec!["popup.handle".parse().unwrap(), "popup.opener".parse().unwrap()];
        let shown = text(&matrix, facts);
        assert!(shown.contains("\nin each cell: popup.handle · popup.opener\n"), "{shown}");
        assert!(!shown.contains("secure-context"), "{shown}");
    }

    #[test]
    fn long_lines_become_one_line_a_cell() {
        let matrix = matrix("{ coop: ['', same-origin], how: [direct, link] }");
        let long = |unit: &Unit| {
            let mut facts = facts(unit);
            let pages: Vec<String> = (0..5).map(|n| format!("auth:/page-{n} connected")).collect();
            let cut = is(unit, "coop", "same-origin");
            facts.insert("popup", FactKind::Journey, if cut { Vec::new() } else { pages });
            facts
        };
        insta::assert_snapshot!(text(&matrix, long), @"
        in every cell

        main
          secure-context: yes

        in each cell: popup.opener · popup.handle · popup.journey

        coop         how
        -            direct  connected · live · auth:/page-0 connected, auth:/page-1 connected, auth:/page-2 connected, auth:/page-3 connected, auth:/page-4 connected
        -            link    connected · - · auth:/page-0 connected, auth:/page-1 connected, auth:/page-2 connected, auth:/page-3 connected, auth:/page-4 connected

        same-origin  direct  severed · reads-closed · (none)
        same-origin  link    severed · - · (none)
        ");
    }

    #[test]
    fn one_axis_is_a_list_and_no_difference_is_said() {
        let one = matrix("{ coop: ['', same-origin, \"more\"] }");
        insta::assert_snapshot!(text(&one, facts), @"
        in every cell

        main
          secure-context: yes

        in each cell: popup.opener · popup.handle

        coop
        -            connected · live
        same-origin  severed · reads-closed
        more         connected · live
        ");
        let same = text(&one, |_| {
            let mut facts = Facts::default();
            facts.insert("main", FactKind::Messages, vec!["a".to_owned(), "b".to_owned()]);
            facts
        });
        insta::assert_snapshot!(same, @"
        in every cell

        main
          messages:
            - a
            - b

        no fact depends on coop
        ");
    }
}
