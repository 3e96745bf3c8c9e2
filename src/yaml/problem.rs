//! Why serde could not read a node.
//!
//! The error keeps its structure (which key, which words were possible) and the node in which it
//! arose, for [`repair`](super::repair) to report and to work around.

use std::fmt::Display;

use serde::de::{self, Expected, Unexpected};

use super::tree::Node;

/// The id of a node that is not in the tree.
pub(crate) const NO_NODE: usize = usize::MAX;

/// Why a node could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct ReadError {
    /// The deepest node that contains the fault.
    pub(crate) node: Option<usize>,
    pub(crate) problem: Problem,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("unknown key `{name}`")]
    UnknownKey { name: String, known: &'static [&'static str] },
    #[error("unknown word `{name}`")]
    UnknownWord { name: String, known: &'static [&'static str] },
    #[error("missing key `{0}`")]
    MissingKey(&'static str),
    #[error("{0}")]
    Wrong(String),
}

impl ReadError {
    fn new(problem: Problem) -> Self {
        Self { node: None, problem }
    }

    /// Keeps the node if an inner one is not known already.
    pub(crate) fn within(mut self, node: &Node) -> Self {
        if node.id != NO_NODE {
            self.node.get_or_insert(node.id);
        }
        self
    }
}

impl de::Error for ReadError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(Problem::Wrong(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Str(text) => format!("`{text}`"),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a mapping".to_owned(),
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            other => other.to_string(),
        };
        Self::new(Problem::Wrong(format!("expected {expected}, found {found}")))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownWord { name: name.to_owned(), known })
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey { name: name.to_owned(), known })
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Problem::MissingKey(name))
    }
}
