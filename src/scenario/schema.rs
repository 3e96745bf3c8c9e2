//! The JSON Schema of the scenario file: what the types give, and what only the reader knows.
//!
//! The schema must take whatever [`read`](super::read) takes, or editors would mark good files.

use serde_json::{Map, Value, json};

use super::ScenarioFile;

/// The JSON Schema of the scenario file, for editors.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(ScenarioFile).to_value();
    let definitions = schema.get("$defs").cloned().unwrap_or_default();
    allow_bare_words(&mut schema, &definitions);
    allow_unquoted_texts(&mut schema);
    schema
}

/// `serve: callback` stands for `serve: {callback: {}}` where no key of the content is required.
fn allow_bare_words(schema: &mut Value, definitions: &Value) {
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        let words: Vec<Value> =
            choices.iter().filter_map(|choice| bare_word(choice, definitions)).collect();
        choices.extend(words);
    }
    for part in parts(schema) {
        allow_bare_words(part, definitions);
    }
}

fn bare_word(choice: &Value, definitions: &Value) -> Option<Value> {
    let properties = choice.get("properties")?.as_object()?;
    let (word, content) = properties.iter().next().filter(|_| properties.len() == 1)?;
    let name = content.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    let content = definitions.get(name)?;
    let is_optional = content.get("type")? == "object" && content.get("required").is_none();
    is_optional.then(|| {
        let mut bare = Map::from_iter([
            ("type".to_owned(), json!("string")),
            ("const".to_owned(), json!(word)),
        ]);
        if let Some(description) = choice.get("description") {
            bare.insert("description".to_owned(), description.clone());
        }
        Value::Object(bare)
    })
}

/// A text may look like a number or a truth value: `title: 1.10` needs no quotes.
fn allow_unquoted_texts(schema: &mut Value) {
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
fn parts(schema: &mut Value) -> Vec<&mut Value> {
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
