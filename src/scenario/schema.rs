//! The JSON Schema of the scenario file: what the types give, and what only the reader knows.
//!
//! The schema must take whatever [`crate::yaml`] takes, or editors would mark good files.

use serde_json::{Map, Value, json};

use super::ScenarioFile;
use crate::yaml::{allow_unquoted_texts, parts};

/// The JSON Schema of the scenario file, for editors.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(ScenarioFile).to_value();
    let definitions = schema.get("$defs").cloned().unwrap_or_default();
    allow_bare_words(&mut schema, &definitions);
    allow_placeholders(&mut schema);
    allow_unquoted_texts(&mut schema);
    schema
}

/// A text that holds the placeholder of an axis.
const PLACEHOLDER: &str = r"\{[a-z][a-z0-9-]*\}";

/// Definitions that are not part of pages and steps: placeholders are not filled in there.
const WITHOUT_PLACEHOLDERS: &[&str] =
    &["Variant", "VariantKind", "Lesson", "Site", "Axis", "Expectation", "Exception", "Detailed"];

/// In pages and steps a placeholder may stand for a word, a number or a truth value, and for the site
/// of a page or the whole page.
fn allow_placeholders(schema: &mut Value) {
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for (name, definition) in definitions {
            if !WITHOUT_PLACEHOLDERS.contains(&name.as_str()) {
                allow_placeholder(definition);
            }
        }
    }
    allow_pages(schema);
}

fn allow_placeholder(schema: &mut Value) {
    let is_word = |choice: &Value| choice.get("const").is_some();
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut)
        && choices.iter().any(is_word)
    {
        let description = "The value of an axis.";
        choices
            .push(json!({ "type": "string", "pattern": PLACEHOLDER, "description": description }));
    }
    let is_literal = |name: &Value| *name == "integer" || *name == "boolean";
    if let Some(part) = schema.as_object_mut() {
        let names = match part.get("type") {
            Some(Value::Array(names)) => names.clone(),
            Some(name) => vec![name.clone()],
            None => Vec::new(),
        };
        if names.iter().any(is_literal) {
            part.insert("type".to_owned(), [names, vec![json!("string")]].concat().into());
            part.insert("pattern".to_owned(), json!(PLACEHOLDER));
        }
    }
    for part in parts(schema) {
        allow_placeholder(part);
    }
}

/// `{site}:/path` and `{page}` wherever a page stands, as a key or a value.
fn allow_pages(schema: &mut Value) {
    let widened = |pattern: &str| {
        let (site, path) = pattern.strip_prefix('^')?.split_once(":/")?;
        Some(format!("^(({site}|{PLACEHOLDER}):/{}|{PLACEHOLDER})$", path.strip_suffix('$')?))
    };
    if let Some(pattern) = schema.get_mut("pattern")
        && let Some(wide) = pattern.as_str().and_then(widened)
    {
        *pattern = json!(wide);
    }
    if let Some(properties) = schema.get_mut("patternProperties").and_then(Value::as_object_mut) {
        let wide = std::mem::take(properties)
            .into_iter()
            .map(|(pattern, part)| (widened(&pattern).unwrap_or(pattern), part));
        *properties = wide.collect();
    }
    for part in parts(schema) {
        allow_pages(part);
    }
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
