//! The JSON Schema of the settings file.

use serde_json::Value;

use super::file::SettingsFile;
use crate::yaml::allow_unquoted_texts;

/// The JSON Schema of the settings file, for editors.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(SettingsFile).to_value();
    allow_unquoted_texts(&mut schema);
    schema
}
