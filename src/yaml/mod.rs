//! Files that people write, in YAML: read strictly, with the place of every part and *all* faults at once.
//! Pure.
//!
//! `parse` turns text into a `Tree`; `read` gives it to serde, and `repair` goes on where serde would stop
//! at the first `problem`. Scenarios, settings and rollouts are such files; what each means, their own
//! modules check.

mod fault;
mod parse;
mod problem;
mod read;
mod repair;
mod schema;
mod several;
mod tree;

use serde::de::DeserializeOwned;

pub(crate) use fault::nearest;
pub use fault::{Fault, Faults};
pub(crate) use granit_parser::ScalarStyle;
pub(crate) use schema::{allow_unquoted_texts, parts};
pub(crate) use several::Several;
pub(crate) use tree::{At, Content, Entry, FilledLines, Node, Place, Tree};

/// Reads a file, and lets `check` look at what is meant; it finds places in the tree.
///
/// # Errors
/// All faults at once.
pub(crate) fn read<T: DeserializeOwned>(
    path: &str,
    text: &str,
    check: impl FnOnce(&T, &Tree, &mut Vec<Fault>),
) -> Result<T, Faults> {
    let mut tree = Tree::parse(text).map_err(|fault| Faults::new(path, text, vec![fault]))?;
    let (value, mut faults) = tree.read::<T>();
    if let Some(value) = &value {
        check(value, &tree, &mut faults);
    }
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Faults::new(path, text, faults)),
    }
}
