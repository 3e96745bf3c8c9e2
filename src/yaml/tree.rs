//! The text of a file as a tree in which every part knows its place.
//!
//! Built by [`parse`](super::parse); what serde needs is in [`read`](super::read). A scalar keeps its
//! text as written, so that `1.10`, `no` and `null` stay words until a type asks for something else.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::ScalarStyle;

use super::fault::Fault;

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) span: Range<usize>,
}

/// A value, with its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Unique in the tree.
    pub(crate) id: usize,
    pub(crate) place: Place,
    pub(crate) content: Content,
    /// Whether this or a part of it could not be read.
    pub(crate) damaged: bool,
    /// What header lines were before placeholders were filled in.
    pub(crate) filled: Option<Arc<FilledLines>>,
}

/// Lines of a scalar before placeholders were filled in, to find their places.
#[derive(Debug)]
pub(crate) struct FilledLines {
    /// The text as written.
    pub(crate) text: String,
    /// For each line now, the number of the line (from 0) that it was.
    pub(crate) lines: Vec<usize>,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Scalar(String, ScalarStyle),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
    /// Stands in for what is missing or wrong, so that reading can go on.
    Hole,
}

/// One entry of a mapping. The key is a scalar.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Node,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn new(id: usize, place: Place, content: Content) -> Self {
        Self { id, place, content, damaged: false, filled: None }
    }

    /// This node without its content.
    pub(crate) fn shell(&self) -> Self {
        Self {
            id: self.id,
            place: self.place.clone(),
            content: Content::Hole,
            damaged: self.damaged,
            filled: None,
        }
    }

    /// The text, if this is a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The text, if this is a scalar without quotes.
    pub(crate) fn plain(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, ScalarStyle::Plain) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_hole(&self) -> bool {
        matches!(self.content, Content::Hole)
    }

    pub(crate) fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.content {
            Content::Sequence(items) => Box::new(items.iter()),
            Content::Mapping(entries) => {
                Box::new(entries.iter().flat_map(|entry| [&entry.key, &entry.value]))
            }
            Content::Scalar(..) | Content::Hole => Box::new(std::iter::empty()),
        }
    }

    pub(crate) fn size(&self) -> usize {
        1 + self.children().map(Self::size).sum::<usize>()
    }

    pub(crate) fn height(&self) -> usize {
        1 + self.children().map(Self::height).max().unwrap_or(0)
    }
}

/// A file as a tree.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) text: Arc<str>,
    pub(crate) root: Option<Node>,
    /// What is wrong with the YAML but does not keep the rest from being read.
    pub(crate) faults: Vec<Fault>,
}

impl Tree {
    /// The way into the tree.
    pub(crate) fn root(&self) -> At<'_> {
        At { key: None, value: self.root.as_ref() }
    }

    /// The keys of a part at the top.
    pub(crate) fn names(&self, part: &str) -> Vec<String> {
        match self.root().find(part).and_then(|at| at.value).map(|node| &node.content) {
            Some(Content::Mapping(entries)) => {
                entries.iter().filter_map(|entry| entry.key.text().map(ToOwned::to_owned)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The line of the part with this path of keys, or of the nearest part above.
    pub(crate) fn line_of(&self, path: &[&str]) -> usize {
        let at = path.iter().fold(self.root(), |at, key| at.get(key));
        at.key.or(at.value).map_or(1, |node| node.place.line)
    }

    /// The place of line `index` (from 0) of a scalar that holds several, `line` being its text.
    pub(crate) fn line_within(&self, scalar: &Node, index: usize, line: &str) -> Place {
        let filled = scalar.filled.as_deref();
        let index = filled.map_or(index, |filled| filled.lines.get(index).copied().unwrap_or(0));
        let line = filled.map_or(line, |filled| filled.text.split('\n').nth(index).unwrap_or(line));
        let found = match &scalar.content {
            // Each line of a literal block is a line of the file; its place is the first that is
            // not empty.
            Content::Scalar(text, ScalarStyle::Literal) => {
                let text = filled.map_or(text, |filled| &filled.text);
                let empty = text.len() - text.trim_start_matches('\n').len();
                self.line_span((scalar.place.line + index).saturating_sub(empty))
            }
            _ => {
                let start = scalar.place.span.start;
                let source = self.text.get(scalar.place.span.clone()).unwrap_or_default();
                let line = line.trim();
                source
                    .find(line)
                    .filter(|_| !line.is_empty())
                    .map(|at| start + at..start + at + line.len())
            }
        };
        found.map_or_else(|| scalar.place.clone(), |span| self.place_of(span))
    }

    /// What is written in a line (from 1), without indentation.
    fn line_span(&self, line: usize) -> Option<Range<usize>> {
        let text = self.text.split('\n').nth(line.checked_sub(1)?)?;
        let start = text.as_ptr() as usize - self.text.as_ptr() as usize;
        let indent = text.len() - text.trim_start().len();
        Some(start + indent..start + text.trim_end().len().max(indent))
    }

    fn place_of(&self, span: Range<usize>) -> Place {
        let before = &self.text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span,
        }
    }
}

/// A place in the tree: a value with its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'t> {
    pub(crate) key: Option<&'t Node>,
    pub(crate) value: Option<&'t Node>,
}

impl<'t> At<'t> {
    /// The entry with this key, or the item with this number.
    pub(crate) fn find(self, key: &str) -> Option<Self> {
        match &self.value?.content {
            Content::Mapping(entries) => entries
                .iter()
                .find(|entry| entry.key.text() == Some(key))
                .map(|entry| Self { key: Some(&entry.key), value: Some(&entry.value) }),
            Content::Sequence(items) => {
                let item = items.get(key.parse::<usize>().ok()?)?;
                Some(Self { key: None, value: Some(item) })
            }
            Content::Scalar(..) | Content::Hole => None,
        }
    }

    /// As [`find`](Self::find), but where there is none, the key above: a fault in something that
    /// was left out belongs there.
    pub(crate) fn get(self, key: &str) -> Self {
        self.find(key).unwrap_or(Self { key: self.key, value: self.key.or(self.value) })
    }

    /// The item with this number.
    pub(crate) fn item(self, index: usize) -> Self {
        self.get(&index.to_string())
    }

    /// The one entry of a choice written as `{word: …}`, or the word alone.
    pub(crate) fn choice(self) -> Self {
        match self.value.map(|node| &node.content) {
            Some(Content::Mapping(entries)) => entries
                .first()
                .map_or(self, |entry| Self { key: Some(&entry.key), value: Some(&entry.value) }),
            _ => Self { key: self.value, value: self.value },
        }
    }

    /// Whether all of it could be read.
    pub(crate) fn is_intact(self) -> bool {
        self.value.is_none_or(|node| !node.damaged)
    }

    /// Whether all of the entry with this key could be read, if there is one.
    pub(crate) fn has_intact(self, key: &str) -> bool {
        self.find(key).is_none_or(Self::is_intact)
    }
}
