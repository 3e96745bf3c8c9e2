//! Reads a tree in spite of its faults, so that all of them are found and not only the first.
//!
//! serde stops at the first error. So the faulty part is taken out or replaced by a *hole*, which
//! reads as some empty value, and reading starts again. What is then read is not fit for use where
//! there were faults, but for further checks.

use std::collections::HashMap;

use granit_parser::ScalarStyle;
use serde::de::DeserializeOwned;

use super::fault::{Fault, nearest};
use super::problem::{Problem, ReadError};
use super::tree::{Content, Entry, Node, Place, Tree};

/// Reading starts again this often. A file with more faults is not a scenario file.
const MOST_ROUNDS: usize = 500;

impl Tree {
    /// Reads the tree as a `T`, with all faults on the way. Faulty parts are no longer in the tree
    /// afterwards, or are holes: it matches the value.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> (Option<T>, Vec<Fault>) {
        let mut repair =
            Repair { faults: std::mem::take(&mut self.faults), taken: HashMap::new(), added: 0 };
        for _ in 0..MOST_ROUNDS {
            let Some(root) = &mut self.root else { break };
            match T::deserialize(&*root) {
                Ok(value) => return (Some(value), repair.faults),
                Err(error) => {
                    if !repair.mend(root, &error) {
                        self.root = None;
                    }
                }
            }
        }
        (None, repair.faults)
    }
}

/// One step down the tree.
#[derive(Debug, Clone, Copy)]
enum Step {
    Item(usize),
    Key(usize),
    Value(usize),
}

struct Repair {
    faults: Vec<Fault>,
    /// By mapping: the keys that were taken out although they belong there. What is missing then
    /// is no fault of the file.
    taken: HashMap<usize, Vec<String>>,
    /// How many nodes were put in.
    added: usize,
}

impl Repair {
    /// Reports an error and works around it. False if nothing of the tree is left.
    fn mend(&mut self, root: &mut Node, error: &ReadError) -> bool {
        let path = error.node.and_then(|id| path_to(root, id)).unwrap_or_default();
        let owner = owner(root, &path);
        mark(root, &path);
        let (key_id, hole_id) = (self.new_id(), self.new_id());
        let node = walk(root, &path);
        let caused = self.is_caused_by_repair(node, &error.problem);
        if !caused {
            self.report(node, owner, &error.problem);
        }
        match (&error.problem, &mut node.content) {
            (Problem::UnknownKey { .. }, _) => {
                take_out(root, &path);
                true
            }
            (Problem::MissingKey(name), Content::Mapping(entries)) if !caused => {
                let key = Content::Scalar((*name).to_owned(), ScalarStyle::Plain);
                entries.push(Entry {
                    key: Node::new(key_id, node.place.clone(), key),
                    value: Node {
                        damaged: true,
                        ..Node::new(hole_id, node.place.clone(), Content::Hole)
                    },
                });
                true
            }
            _ => self.give_up(root, &path),
        }
    }

    /// An id that no node of the file has: those count from 1.
    fn new_id(&mut self) -> usize {
        self.added += 1;
        usize::MAX - self.added
    }

    fn is_caused_by_repair(&self, node: &Node, problem: &Problem) -> bool {
        let taken = self.taken.get(&node.id);
        match problem {
            _ if node.is_hole() => true,
            Problem::UnknownKey { .. } => false,
            Problem::MissingKey(name) => {
                taken.is_some_and(|keys| keys.iter().any(|key| key == name))
            }
            Problem::UnknownWord { .. } | Problem::Wrong(_) => taken.is_some(),
        }
    }

    fn report(&mut self, node: &Node, owner: Option<Place>, problem: &Problem) {
        let place = match problem {
            Problem::MissingKey(_) => owner.unwrap_or_else(|| node.place.clone()),
            _ => node.place.clone(),
        };
        let hint = match problem {
            Problem::UnknownKey { name, known } | Problem::UnknownWord { name, known } => {
                nearest(name, known.iter().copied())
            }
            Problem::MissingKey(_) | Problem::Wrong(_) => None,
        };
        self.faults.push(Fault::new(&place, problem.to_string()).with_hint(hint));
    }

    /// Makes the node a hole, or takes it out if it is a key or a hole did not help.
    fn give_up(&mut self, root: &mut Node, path: &[Step]) -> bool {
        let is_key = matches!(path.last(), Some(Step::Key(_)));
        let node = walk(root, path);
        if !node.is_hole() && !is_key {
            node.content = Content::Hole;
            return true;
        }
        let Some((parent, key)) = take_out(root, path) else { return false };
        self.taken.entry(parent).or_default().extend(key);
        true
    }
}

fn path_to(node: &Node, id: usize) -> Option<Vec<Step>> {
    fn find(node: &Node, id: usize, path: &mut Vec<Step>) -> bool {
        if node.id == id {
            return true;
        }
        let mut descend = |step: Step, child: &Node| {
            path.push(step);
            let found = find(child, id, path);
            if !found {
                path.pop();
            }
            found
        };
        match &node.content {
            Content::Sequence(items) => {
                items.iter().enumerate().any(|(index, item)| descend(Step::Item(index), item))
            }
            Content::Mapping(entries) => entries.iter().enumerate().any(|(index, entry)| {
                descend(Step::Key(index), &entry.key) || descend(Step::Value(index), &entry.value)
            }),
            Content::Scalar(..) | Content::Hole => false,
        }
    }
    let mut path = Vec::new();
    find(node, id, &mut path).then_some(path)
}

fn child(node: &mut Node, step: Step) -> Option<&mut Node> {
    match (&mut node.content, step) {
        (Content::Sequence(items), Step::Item(index)) => items.get_mut(index),
        (Content::Mapping(entries), Step::Key(index)) => {
            entries.get_mut(index).map(|entry| &mut entry.key)
        }
        (Content::Mapping(entries), Step::Value(index)) => {
            entries.get_mut(index).map(|entry| &mut entry.value)
        }
        _ => None,
    }
}

fn walk<'n>(root: &'n mut Node, path: &[Step]) -> &'n mut Node {
    path.iter()
        .fold(root, |node, step| child(node, *step).expect("the path was found in this tree"))
}

/// Marks all nodes on the way as damaged.
fn mark(root: &mut Node, path: &[Step]) {
    for length in 0..=path.len() {
        walk(root, &path[..length]).damaged = true;
    }
}

/// The key under which the node stands: the word that a reader looks for.
fn owner(root: &mut Node, path: &[Step]) -> Option<Place> {
    let Some((Step::Value(index), above)) = path.split_last() else { return None };
    child(walk(root, above), Step::Key(*index)).map(|key| key.place.clone())
}

/// Removes the entry or item, and gives its parent and key. None if it is the root.
fn take_out(root: &mut Node, path: &[Step]) -> Option<(usize, Option<String>)> {
    let (last, above) = path.split_last()?;
    let parent = walk(root, above);
    let key = match (&mut parent.content, last) {
        (Content::Sequence(items), Step::Item(index)) => {
            items.remove(*index);
            None
        }
        (Content::Mapping(entries), Step::Key(index) | Step::Value(index)) => {
            entries.remove(*index).key.text().map(str::to_owned)
        }
        _ => None,
    };
    Some((parent.id, key))
}
