//! What changed between two texts, line by line.
//!
//! A [`Diff`] is data, so that a report can draw it; [`Diff::render`] gives the usual text form. Pure.

use std::borrow::Cow;
use std::fmt::Write as _;

use console::Style;
use similar::{ChangeTag, TextDiff};

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;

/// One line of a [`Diff`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffLine {
    /// In both texts.
    Same(String),
    /// Only in the old text.
    Removed(String),
    /// Only in the new text.
    Added(String),
    /// So many lines that stand in both texts are left out.
    Skipped(usize),
}

/// The difference of two texts: the changed lines with three lines around them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    lines: Vec<DiffLine>,
}

impl Diff {
    /// Compares two texts line by line; white space at the end does not count.
    #[must_use]
    pub fn new(old: &str, new: &str) -> Self {
        // Slices of lines rather than texts: a last line without its newline is the same line.
        let old: Vec<&str> = old.trim_end().lines().collect();
        let new: Vec<&str> = new.trim_end().lines().collect();
        let diff = TextDiff::from_slices(&old, &new);
        let mut lines = Vec::new();
        let mut shown = 0;
        for group in diff.grouped_ops(CONTEXT) {
            skip(&mut lines, group.first().map_or(shown, |op| op.old_range().start) - shown);
            for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                let text = change.value().to_owned();
                lines.push(match change.tag() {
                    ChangeTag::Equal => DiffLine::Same(text),
                    ChangeTag::Delete => DiffLine::Removed(text),
                    ChangeTag::Insert => DiffLine::Added(text),
                });
            }
            shown = group.last().map_or(shown, |op| op.old_range().end);
        }
        if !lines.is_empty() {
            skip(&mut lines, old.len() - shown);
        }
        Self { lines }
    }

    /// The lines, in order; none if the texts are equal.
    #[must_use]
    pub fn lines(&self) -> &[DiffLine] {
        &self.lines
    }

    /// Whether the texts are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text form: `-`, `+` or a space before each line, each with a line end.
    ///
    /// Control characters are shown, not sent: a page must not steer the reader's terminal.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let plain = Style::new().force_styling(color);
        let mut text = String::new();
        for line in &self.lines {
            let (style, shown) = match line {
                DiffLine::Same(line) => (plain.clone(), format!(" {}", visible(line))),
                DiffLine::Removed(line) => (plain.clone().red(), format!("-{}", visible(line))),
                DiffLine::Added(line) => (plain.clone().green(), format!("+{}", visible(line))),
                DiffLine::Skipped(1) => (plain.clone().dim(), "  … 1 unchanged line".to_owned()),
                DiffLine::Skipped(count) => {
                    (plain.clone().dim(), format!("  … {count} unchanged lines"))
                }
            };
            let _ = writeln!(text, "{}", style.apply_to(shown));
        }
        text
    }
}

fn skip(lines: &mut Vec<DiffLine>, count: usize) {
    if count > 0 {
        lines.push(DiffLine::Skipped(count));
    }
}

/// A line as it can be printed: with its control characters shown, tabs aside.
#[must_use]
pub fn visible(line: &str) -> Cow<'_, str> {
    let unsafe_to_show = |char: char| char.is_control() && char != '\t';
    if !line.contains(unsafe_to_show) {
        return Cow::Borrowed(line);
    }
    let escaped = line.chars().fold(String::new(), |mut text, char| {
        if unsafe_to_show(char) {
            text.extend(char.escape_default());
        } else {
            text.push(char);
        }
        text
    });
    Cow::Owned(escaped)
}
