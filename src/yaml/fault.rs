//! Faults of a file: where, what, and what was probably meant.
//!
//! Found by the parser, by reading, and by whoever checks what is meant; rendered here,
//! as compilers do, with the line and a mark under the faulty part.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::tree::{Node, Place};

/// One fault of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The faulty part, in bytes of the text.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What was probably meant, or what can stand there.
    pub hint: Option<String>,
}

impl Fault {
    pub(crate) fn new(place: &Place, message: impl Into<String>) -> Self {
        Self {
            line: place.line,
            column: place.column,
            span: place.span.clone(),
            message: message.into(),
            hint: None,
        }
    }

    /// What is wrong at a node, if there is one. What stands in for a faulty part has been reported already.
    pub(crate) fn at(
        node: Option<&Node>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) -> Option<Self> {
        let node = node.filter(|node| !node.is_hole())?;
        Some(Self::new(&node.place, message).with_hint(hint))
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// All faults of a file, in the order of the file. Displayed with excerpts, in plain text.
#[derive(Debug, Clone)]
pub struct Faults {
    path: String,
    text: String,
    faults: Vec<Fault>,
}

impl Faults {
    /// The faults of the file at `path` that holds `text`: sorted, each once.
    pub(crate) fn new(path: &str, text: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| {
            (a.line, a.column, a.span.end, &a.message)
                .cmp(&(b.line, b.column, b.span.end, &b.message))
        });
        // Variants share pages and steps, and an alias repeats its anchor: one place, one fault.
        faults.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        Self { path: path.to_owned(), text: text.to_owned(), faults }
    }

    /// The same with other words in excerpts, messages and hints: whatever must not be shown. `edit` keeps
    /// the length of a text.
    #[must_use]
    pub(crate) fn edited(mut self, edit: impl Fn(&str) -> String) -> Self {
        self.text = edit(&self.text);
        for fault in &mut self.faults {
            fault.message = edit(&fault.message);
            fault.hint = fault.hint.as_deref().map(&edit);
        }
        self
    }

    /// The path of the file, as given.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The faults, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.faults.iter()
    }

    /// The faults as text with excerpts, for a terminal if `color`.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let rendered: Vec<String> =
            self.faults.iter().map(|fault| renderer.render(&[self.report(fault)])).collect();
        rendered.join("\n\n")
    }

    fn report<'a>(&'a self, fault: &'a Fault) -> Group<'a> {
        // Only the line itself goes in: a part that spans many lines is marked where it begins.
        let start = floor(&self.text, fault.span.start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let line = self.text[line_start..line_end].trim_end_matches('\r');
        let end = floor(&self.text, fault.span.end).saturating_sub(line_start).min(line.len());
        let from = (start - line_start).min(line.len());
        let mark = AnnotationKind::Primary.span(from..end.max(from));
        let excerpt =
            Snippet::source(line).path(self.path.as_str()).line_start(fault.line).annotation(mark);
        let group = Level::ERROR.primary_title(fault.message.as_str()).element(excerpt);
        match &fault.hint {
            Some(hint) => group.element(Level::HELP.message(normalize_untrusted_str(hint))),
            None => group,
        }
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Faults {}

/// The nearest place at or before `offset` where the text can be cut.
fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}

/// A hint for a `name` that is none of `known`: the one that was probably meant, or all of them.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    // A third of the letters may differ: more, and the guess would be noise.
    let most = (name.chars().count() / 3).max(1);
    let best = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance);
    match best {
        Some((_, candidate)) => Some(format!("did you mean `{candidate}`?")),
        None if known.is_empty() => None,
        None => Some(format!("known here: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_finds_its_name() {
        let known = ["headers", "serve", "status"];
        assert_eq!(nearest("haeders", known).unwrap(), "did you mean `headers`?");
        assert_eq!(nearest("stat", known).unwrap(), "known here: headers, serve, status");
        assert_eq!(nearest("x", []), None);
    }

    #[test]
    fn one_letter_is_no_guess_for_another() {
        assert_eq!(nearest("b", ["a"]).unwrap(), "known here: a");
    }
}
