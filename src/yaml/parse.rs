//! YAML into a [`Tree`], with limits: a file may come from anywhere.
//!
//! The event parser of granit-parser knows YAML; here its events become nodes, and what such a
//! file has no use for (tags, several documents, keys that are no words) becomes a fault.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScanError, Span};

use super::fault::Fault;
use super::tree::{Content, Entry, Node, Place, Tree};

/// The deepest nesting: far more than the format needs, far less than a stack holds.
const MOST_LEVELS: usize = 64;

/// The most parts of a file, those that aliases repeat included.
const MOST_NODES: usize = 50_000;

impl Tree {
    /// Reads YAML.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
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
                Ok(Self { text: text.into(), root: Some(root), faults: builder.faults })
            }
            _ => Err(Fault::new(&start, "the file is empty")
                .with_hint("start with `version: 1`".to_owned())),
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
                return Err(Fault::new(&place, "such a file holds one document"));
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
