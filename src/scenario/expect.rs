//! Expectations: what a variant claims about a fact, and where an engine may differ.

use indexmap::IndexMap;
use serde::Serialize;

use crate::fact::FactValue;

/// What a fact must be.
///
/// Written as a word, a number or a list of texts, or as `{is: …, except: {firefox: {is: …, because:
/// …}}}` where single engines differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// The value.
    pub is: FactValue,
    /// Other values in single engines, by name (`chromium`, `firefox`, `webkit`).
    pub except: IndexMap<String, Exception>,
}

/// An engine's own value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// The value in that engine.
    pub is: FactValue,
    /// Why it differs. Never empty.
    pub because: String,
}

impl Expectation {
    /// The value that must hold in `engine`.
    #[must_use]
    pub fn value_in(&self, engine: &str) -> &FactValue {
        self.except.get(engine).map_or(&self.is, |exception| &exception.is)
    }
}
