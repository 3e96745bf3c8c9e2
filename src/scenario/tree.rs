//! The text of a scenario file as a tree in which every part knows its place.
//!
//! The event parser of granit-parser does the YAML; what serde needs is in [`read`](super::read). A
//! scalar keeps its text as written, so that `1.10`, `no` and `null` stay words until a type asks
//! for something else.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span};

use super::fault::Fault;

/// The deepest nesting: far more than the format needs, far less than a stack holds.
const MOST_LEVELS: usize = 64;

/// The most parts of a file, those that aliases repeat included.
const MOST_NODES: usize = 50_000;

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) span: Range<usize>,
}

/// A value, with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Unique in the tree.
    pub(super) id: usize,
    pub(super) place: Place,
    pub(super) content: Content,
    /// Whether this or a part of it could not be read.
    pub(super) damaged: bool,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Scalar(String, ScalarStyle),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
    /// Stands in for what is missing or wrong, so that reading can go on.
    Hole,
}

/// One entry of a mapping. The key is a scalar.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
}

impl Node {
    pub(super) fn new(id: usize, place: Place, content: Content) -> Self {
        Self { id, place, content, damaged: false }
    }

    /// The text, if this is a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The text, if this is a scalar without quotes.
    pub(super) fn plain(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text, ScalarStyle::Plain) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_hole(&self) -> bool {
        matches!(self.content, Content::Hole)
    }

    fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.content {
            Content::Sequence(items) => Box::new(items.iter()),
            Content::Mapping(entries) => {
                Box::new(entries.iter().flat_map(|entry| [&entry.key, &entry.value]))
            }
            Content::Scalar(..) | Content::Hole => Box::new(std::iter::empty()),
        }
    }

    fn size(&self) -> usize {
        1 + self.children().map(Self::size).sum::<usize>()
    }

    fn height(&self) -> usize {
        1 + self.children().map(Self::height).max().unwrap_or(0)
    }
}

/// A file as a tree.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) text: String,
    pub(super) root: Option<Node>,
    /// What is wrong with the YAML but does not keep the rest from being read.
    pub(super) faults: Vec<Fault>,
}

impl Tree {
    /// Reads YAML.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut builder = Builder::default();
        let options = granit_parser::options! {
            flow_nesting_limit: MOST_LEVELS,
            block_nesting_limit: MOST_LEVELS,
        };
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| syntax_fault(&error, text))?;
            builder.take(event, span)?;
        }
        let start = Place { line: 1, column: 1, span: 0..0 };
        match builder.root {
            Some(root) if root.plain() != Some("") => {
                Ok(Self { text: text.to_owned(), root: Some(root), faults: builder.faults })
            }
            _ => Err(Fault::new(&start, "the file is empty")
                .with_hint("start with `version: 1`".to_owned())),
        }
    }

    /// The way into the tree.
    pub(super) fn root(&self) -> At<'_> {
        At { key: None, value: self.root.as_ref() }
    }

    /// The line of the part with this path of keys, or of the nearest part above.
    pub(super) fn line_of(&self, path: &[&str]) -> usize {
        let at = path.iter().fold(self.root(), |at, key| at.get(key));
        at.key.or(at.value).map_or(1, |node| node.place.line)
    }

    /// The place of line `index` (from 0) of a scalar that holds several, `line` being its text.
    pub(super) fn line_within(&self, scalar: &Node, index: usize, line: &str) -> Place {
        let found = match &scalar.content {
            // Each line of a literal block is a line of the file; its place is the first that is
            // not empty.
            Content::Scalar(text, ScalarStyle::Literal) => {
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

fn syntax_fault(error: &ScanError, text: &str) -> Fault {
    let marker = *error.marker();
    let mut place = place(Span::new(marker, marker));
    // The parser may count a line break as one character more than its line has.
    place.span.start = place.span.start.min(text.len());
    place.span.end = place.span.start;
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(&place),
        _ => Fault::new(&place, error.info()),
    }
}

fn place(span: Span) -> Place {
    let offset = |marker: &Marker| marker.byte_offset().unwrap_or_else(|| marker.index());
    Place {
        line: span.start.line(),
        column: span.start.col() + 1,
        span: offset(&span.start)..offset(&span.end),
    }
}

/// A place in the tree: a value with its key.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'t> {
    pub(super) key: Option<&'t Node>,
    pub(super) value: Option<&'t Node>,
}

impl<'t> At<'t> {
    /// The entry with this key, or the item with this number.
    pub(super) fn find(self, key: &str) -> Option<Self> {
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
    pub(super) fn get(self, key: &str) -> Self {
        self.find(key).unwrap_or(Self { key: self.key, value: self.key.or(self.value) })
    }

    /// The item with this number.
    pub(super) fn item(self, index: usize) -> Self {
        self.get(&index.to_string())
    }

    /// The one entry of a choice written as `{word: …}`, or the word alone.
    pub(super) fn choice(self) -> Self {
        match self.value.map(|node| &node.content) {
            Some(Content::Mapping(entries)) => entries
                .first()
                .map_or(self, |entry| Self { key: Some(&entry.key), value: Some(&entry.value) }),
            _ => Self { key: self.value, value: self.value },
        }
    }

    /// Whether all of it could be read.
    pub(super) fn is_intact(self) -> bool {
        self.value.is_none_or(|node| !node.damaged)
    }

    /// Whether all of the entry with this key could be read, if there is one.
    pub(super) fn has_intact(self, key: &str) -> bool {
        self.find(key).is_none_or(Self::is_intact)
    }
}

/// A collection whose end has not come yet.
struct Open {
    anchor: usize,
    place: Place,
    items: Items,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, seen: HashMap<String, usize>, key: Key },
}

/// The key of the entry that is being read.
enum Key {
    Next,
    Read(Node),
    /// Already faulty: the value is left out too.
    Refused,
}

/// Builds the tree from the parser's events, without recursion.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    faults: Vec<Fault>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let place = place(span);
        if let Some(tag) = event.tag() {
            let message = format!("the tag `{}` has no meaning here", tag.original());
            self.faults.push(Fault::new(&place, message));
        }
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                return Err(Fault::new(&place, "a scenario file holds one document"));
            }
            Event::Scalar(text, style, anchor, _) => {
                // The parser gives `~` where nothing is written.
                let text = if place.span.is_empty() { String::new() } else { text.into_owned() };
                let content = Content::Scalar(text, style);
                self.add(place, content, anchor)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(anchor, place, Items::Sequence(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, _) => {
                let items =
                    Items::Mapping { entries: Vec::new(), seen: HashMap::new(), key: Key::Next };
                self.open(anchor, place, items)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut open) = self.open.pop() {
                    open.place.span.end = place.span.end.max(open.place.span.end);
                    let content = match open.items {
                        Items::Sequence(items) => Content::Sequence(items),
                        Items::Mapping { entries, .. } => Content::Mapping(entries),
                    };
                    self.add(open.place, content, open.anchor)?;
                }
            }
            Event::Alias(anchor) => self.repeat(anchor, &place)?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, place: Place, items: Items) -> Result<(), Fault> {
        if self.open.len() >= MOST_LEVELS {
            return Err(too_deep(&place));
        }
        self.open.push(Open { anchor, place, items });
        Ok(())
    }

    fn add(&mut self, place: Place, content: Content, anchor: usize) -> Result<(), Fault> {
        let node = Node::new(self.number(&place)?, place, content);
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.attach(node);
        Ok(())
    }

    fn repeat(&mut self, anchor: usize, place: &Place) -> Result<(), Fault> {
        let Some(mut copy) = self.anchors.get(&anchor).cloned() else {
            return Err(Fault::new(place, "this alias stands inside what it repeats"));
        };
        if self.open.len() + copy.height() > MOST_LEVELS + 1 {
            return Err(too_deep(place));
        }
        // Counted before it is numbered: a bomb shall not go off while it is being measured.
        if self.nodes + copy.size() > MOST_NODES {
            return Err(too_large(place));
        }
        self.renumber(&mut copy);
        self.attach(copy);
        Ok(())
    }

    fn renumber(&mut self, node: &mut Node) {
        self.nodes += 1;
        node.id = self.nodes;
        match &mut node.content {
            Content::Sequence(items) => items.iter_mut().for_each(|item| self.renumber(item)),
            Content::Mapping(entries) => entries.iter_mut().for_each(|entry| {
                self.renumber(&mut entry.key);
                self.renumber(&mut entry.value);
            }),
            Content::Scalar(..) | Content::Hole => {}
        }
    }

    fn number(&mut self, place: &Place) -> Result<usize, Fault> {
        self.nodes += 1;
        if self.nodes > MOST_NODES { Err(too_large(place)) } else { Ok(self.nodes) }
    }

    fn attach(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::Sequence(items)) => items.push(node),
            Some(Items::Mapping { entries, seen, key }) => {
                match std::mem::replace(key, Key::Next) {
                    Key::Read(key) => entries.push(Entry { key, value: node }),
                    Key::Refused => {}
                    Key::Next => match accept_key(node, seen) {
                        Ok(node) => *key = Key::Read(node),
                        Err(fault) => {
                            self.faults.push(fault);
                            *key = Key::Refused;
                        }
                    },
                }
            }
        }
    }
}

fn accept_key(key: Node, seen: &mut HashMap<String, usize>) -> Result<Node, Fault> {
    let Some(text) = key.text() else {
        return Err(Fault::new(&key.place, "a key must be a word or text"));
    };
    if let Some(line) = seen.get(text) {
        return Err(Fault::new(&key.place, format!("`{text}` is given twice"))
            .with_hint(format!("first in line {line}")));
    }
    seen.insert(text.to_owned(), key.place.line);
    Ok(key)
}

fn too_deep(place: &Place) -> Fault {
    Fault::new(place, format!("nested too deeply: more than {MOST_LEVELS} levels"))
}

fn too_large(place: &Place) -> Fault {
    Fault::new(
        place,
        format!("too large: more than {MOST_NODES} parts, those that aliases repeat included"),
    )
}
