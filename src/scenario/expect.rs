//! Expectations: what a variant claims about a fact, and where an engine may differ.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The value in that engine.
    #[schemars(schema_with = "value_schema")]
    pub is: FactValue,
    /// Why it differs. Never empty.
    #[schemars(length(min = 1))]
    pub because: String,
}

/// An expectation at full length.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Detailed {
    /// The value.
    #[schemars(schema_with = "value_schema")]
    is: FactValue,
    /// Other values in single engines, by name, each with its reason.
    #[serde(default)]
    #[schemars(schema_with = "exceptions_schema")]
    except: IndexMap<String, Exception>,
}

/// The engines that can be an exception.
pub(super) const ENGINES: [&str; 3] = ["chromium", "firefox", "webkit"];

impl Expectation {
    /// The value that must hold in `engine`.
    #[must_use]
    pub fn value_in(&self, engine: &str) -> &FactValue {
        self.except.get(engine).map_or(&self.is, |exception| &exception.is)
    }
}

impl From<FactValue> for Expectation {
    fn from(is: FactValue) -> Self {
        Self { is, except: IndexMap::new() }
    }
}

impl<'de> Deserialize<'de> for Expectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExpectationVisitor)
    }
}

struct ExpectationVisitor;

impl<'de> Visitor<'de> for ExpectationVisitor {
    type Value = Expectation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, a number, a list, or `{is: …, except: …}`")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(FactValue::from(text).into())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        FactValue::deserialize(SeqAccessDeserializer::new(items)).map(Expectation::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        let Detailed { is, except } = Detailed::deserialize(MapAccessDeserializer::new(entries))?;
        Ok(Expectation { is, except })
    }
}

impl JsonSchema for Expectation {
    fn schema_name() -> Cow<'static, str> {
        "Expectation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = value_schema(generator);
        let detailed = generator.subschema_for::<Detailed>();
        json_schema!({
            "description": "What a fact must be: a value, or a value with exceptions for single engines.",
            "anyOf": [value, detailed],
        })
    }
}

fn value_schema(_: &mut SchemaGenerator) -> Schema {
    let scalar = ["string", "number", "boolean"];
    let word = ["string", "number", "boolean", "null"];
    json_schema!({
        "description": "A word, a number, or a list of texts.",
        "anyOf": [
            { "type": word },
            { "type": "array", "items": { "type": scalar } },
        ],
    })
}

fn exceptions_schema(generator: &mut SchemaGenerator) -> Schema {
    let exception = generator.subschema_for::<Exception>();
    let engines: serde_json::Map<String, serde_json::Value> =
        ENGINES.iter().map(|engine| ((*engine).to_owned(), exception.clone().into())).collect();
    json_schema!({ "type": "object", "properties": engines, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_may_differ() {
        let expectation: Expectation = serde_json::from_value(serde_json::json!({
            "is": "reads-closed",
            "except": { "firefox": { "is": ["live"], "because": "measured" } },
        }))
        .unwrap();
        assert_eq!(*expectation.value_in("webkit"), "reads-closed".into());
        assert_eq!(*expectation.value_in("firefox"), vec!["live".to_owned()].into());
    }

    #[test]
    fn short_forms_are_texts() {
        for (json, text) in [("\"no\"", "no"), ("2", "2"), ("true", "true")] {
            let expectation: Expectation = serde_json::from_str(json).unwrap();
            assert_eq!(expectation.is, text.into());
        }
        let list: Expectation = serde_json::from_str("[]").unwrap();
        assert_eq!(list.is, FactValue::List(Vec::new()));
    }
}
