//! What JSON Schemas of such files must take, or editors would mark good files.

use serde_json::{Value, json};

/// A text may look like a number or a truth value: `title: 1.10` needs no quotes.
pub(crate) fn allow_unquoted_texts(schema: &mut Value) {
    let is_closed = ["const", "enum", "pattern"].iter().any(|key| schema.get(key).is_some());
    if let Some(kind) = schema.get_mut("type").filter(|_| !is_closed) {
        match kind {
            Value::String(name) if name == "string" => {
                *kind = json!(["string", "number", "boolean"]);
            }
            Value::Array(names) if names.contains(&json!("string")) => {
                for name in ["number", "boolean"] {
                    if !names.contains(&json!(name)) {
                        names.push(json!(name));
                    }
                }
            }
            _ => {}
        }
    }
    for part in parts(schema) {
        allow_unquoted_texts(part);
    }
}

/// The schemas inside a schema.
pub(crate) fn parts(schema: &mut Value) -> Vec<&mut Value> {
    let Some(keywords) = schema.as_object_mut() else { return Vec::new() };
    keywords
        .iter_mut()
        .flat_map(|(keyword, value)| match (keyword.as_str(), value) {
            ("$defs" | "properties" | "patternProperties", Value::Object(named)) => {
                named.values_mut().collect()
            }
            ("oneOf" | "anyOf" | "allOf", Value::Array(choices)) => choices.iter_mut().collect(),
            ("items" | "additionalProperties", part @ Value::Object(_)) => vec![part],
            _ => Vec::new(),
        })
        .collect()
}
