//! The JSON Schema of the rollout file.

use serde_json::Value;

use super::file::RolloutFile;
use crate::yaml::allow_unquoted_texts;

/// The JSON Schema of the rollout file, for editors.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(RolloutFile).to_value();
    allow_unquoted_texts(&mut schema);
    schema
}
