//! Puts the values of one cell in place of their placeholders, in the tree, before it is read.
//!
//! `{name}` stands for the value of axis `name` in keys and values of pages and steps, those of the
//! variants included. Every part keeps its place in the file, so faults of a cell are told where the
//! placeholder stands. What [`axes`](super::axes) hold is put in once: a value's own braces stay.

use std::sync::Arc;

use fixtures_server::page::is_site_name;

use super::axes::Cell;
use crate::yaml::{Content, Entry, Fault, FilledLines, Node, ScalarStyle, Tree, nearest};

/// The parts of a file, and of a variant, in which placeholders are filled in.
const FILLED: [&str; 2] = ["pages", "steps"];

/// Texts below this key are header lines.
const HEADERS: &str = "headers";

impl Tree {
    /// The tree of one cell. `sites` are the names that braces may hold beside axes.
    pub(super) fn in_cell(&self, cell: &Cell, sites: &[String]) -> Self {
        let mut fill = Fill { cell, sites, faults: self.faults.clone() };
        let root = self.root.as_ref().map(|root| fill.root(root));
        Self { text: Arc::clone(&self.text), root, faults: fill.faults }
    }

    /// Whether `{axis}` stands anywhere where it would be filled in.
    pub(super) fn uses(&self, axis: &str) -> bool {
        fn within(node: &Node, placeholder: &str) -> bool {
            node.text().is_some_and(|text| text.contains(placeholder))
                || node.children().any(|child| within(child, placeholder))
        }
        let placeholder = format!("{{{axis}}}");
        let variants = self.root().find("variants").and_then(|at| at.value);
        let variants = variants.into_iter().flat_map(Node::children);
        self.root.iter().chain(variants).any(|owner| {
            let Content::Mapping(entries) = &owner.content else { return false };
            let filled = entries.iter().filter(|entry| is_filled(entry));
            filled.into_iter().any(|entry| within(&entry.value, &placeholder))
        })
    }
}

fn is_filled(entry: &Entry) -> bool {
    entry.key.text().is_some_and(|key| FILLED.contains(&key))
}

struct Fill<'a> {
    cell: &'a Cell,
    sites: &'a [String],
    faults: Vec<Fault>,
}

impl<'a> Fill<'a> {
    fn root(&mut self, root: &Node) -> Node {
        self.owner(root, |fill, entry| match entry.key.text() {
            Some("variants") => fill.variants(&entry.value),
            _ => entry.value.clone(),
        })
    }

    fn variants(&mut self, variants: &Node) -> Node {
        let Content::Mapping(entries) = &variants.content else { return variants.clone() };
        let fill = |entry: &Entry| Entry {
            key: entry.key.clone(),
            value: self.owner(&entry.value, |_, entry| entry.value.clone()),
        };
        let entries = entries.iter().map(fill).collect();
        Node { content: Content::Mapping(entries), ..variants.shell() }
    }

    /// A mapping that has pages and steps; `other` makes the rest of its values.
    fn owner(&mut self, node: &Node, other: impl Fn(&mut Self, &Entry) -> Node) -> Node {
        let Content::Mapping(entries) = &node.content else { return node.clone() };
        let mut filled = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = if is_filled(entry) {
                self.node(&entry.value, false).unwrap_or_else(|| entry.value.clone())
            } else {
                other(self, entry)
            };
            filled.push(Entry { key: entry.key.clone(), value });
        }
        Node { content: Content::Mapping(filled), ..node.shell() }
    }

    /// A part with everything in it filled in; nothing if it is an empty placeholder.
    fn node(&mut self, node: &Node, headers: bool) -> Option<Node> {
        let before = self.faults.len();
        let filled = self.filled(node, headers)?;
        Some(Node { damaged: filled.damaged || self.faults.len() > before, ..filled })
    }

    fn filled(&mut self, node: &Node, headers: bool) -> Option<Node> {
        let content = match &node.content {
            Content::Hole => Content::Hole,
            Content::Scalar(text, _) if !text.contains('{') => node.content.clone(),
            Content::Scalar(text, style) if headers => {
                let (text, lines) = self.header_lines(text);
                let Content::Scalar(before, _) = &node.content else { return None };
                let filled = FilledLines { text: before.clone(), lines };
                return Some(Node {
                    content: Content::Scalar(text, *style),
                    filled: Some(Arc::new(filled)),
                    ..node.shell()
                });
            }
            Content::Scalar(text, style) => return self.text(node, text, *style),
            Content::Sequence(items) => {
                let fill = |item| {
                    let nothing = Content::Scalar(String::new(), ScalarStyle::DoubleQuoted);
                    let empty = || Node { content: nothing, ..node.shell() };
                    self.node(item, false).unwrap_or_else(empty)
                };
                Content::Sequence(items.iter().map(fill).collect())
            }
            Content::Mapping(entries) => Content::Mapping(self.entries(entries)),
        };
        Some(Node { content, ..node.shell() })
    }

    fn entries(&mut self, entries: &[Entry]) -> Vec<Entry> {
        let mut filled: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            let headers = entry.key.text() == Some(HEADERS);
            let Some(value) = self.node(&entry.value, headers) else { continue };
            let key = self.node(&entry.key, false).unwrap_or_else(|| entry.key.clone());
            if key.is_hole() {
                continue;
            }
            let changed = key.text() != entry.key.text();
            let same = |other: &Entry| other.key.text() == key.text();
            if changed && filled.iter().any(same) {
                let name = key.text().unwrap_or_default();
                self.faults.push(Fault::new(&key.place, format!("`{name}` is given twice")));
                continue;
            }
            filled.push(Entry { key, value });
        }
        filled
    }

    fn text(&mut self, node: &Node, text: &str, style: ScalarStyle) -> Option<Node> {
        let whole = whole(text).and_then(|name| self.value(name));
        if whole.is_some_and(str::is_empty) {
            return None;
        }
        if !self.is_known(node, text) {
            return Some(node.shell());
        }
        let filled = self.replace(text);
        // A placeholder has to be quoted; a number or truth value in its place has not.
        let is_bare = |text: &str| matches!(text, "true" | "false") || text.parse::<f64>().is_ok();
        let style = if whole.is_some_and(is_bare) { ScalarStyle::Plain } else { style };
        Some(Node { content: Content::Scalar(filled, style), ..node.shell() })
    }

    /// A placeholder where a word or page must stand cannot be anything but an axis.
    fn is_known(&mut self, node: &Node, text: &str) -> bool {
        let name = whole(text).or_else(|| whole(text.split_once(":/")?.0));
        let Some(name) = name.filter(|name| is_site_name(name)) else { return true };
        if self.cell.is_empty()
            || self.value(name).is_some()
            || self.sites.iter().any(|s| s == name)
        {
            return true;
        }
        let hint = nearest(name, self.cell.iter().map(|(axis, _)| axis.as_str()));
        let message = format!("`{{{name}}}` is not an axis");
        self.faults.push(Fault::new(&node.place, message).with_hint(hint));
        false
    }

    /// Header lines, each with the number of the line that it comes from.
    ///
    /// A line that is a placeholder becomes the lines of its value; a header whose whole value is an
    /// empty one is left out: that is how a matrix says "without this header".
    fn header_lines(&self, text: &str) -> (String, Vec<usize>) {
        let mut lines: Vec<String> = Vec::new();
        let mut from = Vec::new();
        for (number, line) in text.split('\n').enumerate() {
            let mut push = |line: String| {
                lines.push(line);
                from.push(number);
            };
            if let Some(value) = whole(line.trim()).and_then(|name| self.value(name)) {
                let value = value.trim_end_matches('\n');
                value.split('\n').filter(|line| !line.is_empty()).for_each(|l| push(l.to_owned()));
                continue;
            }
            let value = line.split_once(':').and_then(|(_, value)| whole(value.trim()));
            if value.and_then(|name| self.value(name)).is_none_or(|value| !value.is_empty()) {
                self.replace(line).split('\n').for_each(|line| push(line.to_owned()));
            }
        }
        (lines.join("\n"), from)
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        let cell: &'a Cell = self.cell;
        cell.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.text.as_str())
    }

    /// `text` with each placeholder replaced, in one go.
    fn replace(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let name = rest[1..].split_once('}').map(|(name, _)| name);
            match name.and_then(|name| Some((name, self.value(name)?))) {
                Some((name, value)) => {
                    filled.push_str(value);
                    rest = &rest[name.len() + 2..];
                }
                None => {
                    filled.push('{');
                    rest = &rest[1..];
                }
            }
        }
        filled + rest
    }
}

/// The name of the placeholder that is all of the text.
fn whole(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.contains(['{', '}']))
}
