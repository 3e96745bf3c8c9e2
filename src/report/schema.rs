//! The JSON Schema of a run's JSON document. Pure.
//!
//! `schema.json` has an entry for each field. It is made strict here: an object has all its fields and no
//! others, but for those that are marked as optional. So a field without an entry is found by the tests,
//! which hold real documents against it.

use serde_json::{Map, Value, json};

const SOURCE: &str = include_str!("schema.json");

/// The JSON Schema of the document that `coopwright run --json` prints.
#[must_use]
pub fn schema() -> Value {
    let mut schema = serde_json::from_str(SOURCE).expect("it is read in the tests");
    close(&mut schema);
    schema
}

/// Closes every object with named fields.
fn close(part: &mut Value) {
    match part {
        Value::Array(parts) => parts.iter_mut().for_each(close),
        Value::Object(object) => {
            if let Some(Value::Object(fields)) = object.get_mut("properties") {
                let required = required(fields);
                object.insert("type".to_owned(), json!("object"));
                object.insert("required".to_owned(), required);
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(close);
        }
        _ => {}
    }
}

/// The names of the fields that are always there. The mark of the others is ours alone, and goes.
fn required(fields: &mut Map<String, Value>) -> Value {
    let always = |(name, field): (&String, &mut Value)| {
        let optional = field.as_object_mut().and_then(|field| field.shift_remove("optional"));
        optional.is_none().then(|| name.clone())
    };
    fields.iter_mut().filter_map(always).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Browser;
    use crate::fact::FactKind;
    use crate::feature::Feature;
    use crate::report::json::VERSION;
    use crate::scenario::VariantKind;
    use crate::verdict::Verdict;

    #[test]
    fn its_words_are_those_of_the_code() {
        let schema = schema();
        let words = &schema["$defs"];
        let verdicts = [
            Verdict::Passed,
            Verdict::Flaky,
            Verdict::Failed,
            Verdict::NotApplicable,
            Verdict::Error,
        ];
        assert_eq!(words["verdict"]["enum"], json!(verdicts));
        let kinds =
            [VariantKind::Broken, VariantKind::WrongFix, VariantKind::Fixed, VariantKind::Case];
        assert_eq!(words["variant-kind"]["enum"], json!(kinds));
        assert_eq!(words["browser-name"]["enum"], json!(Browser::ALL));
        assert_eq!(words["engine"]["enum"], json!(Browser::ENGINES.map(Browser::engine)));
        let features = [&Feature::PROBED[..], &[Feature::BackOverSwitch]].concat();
        assert_eq!(words["features"]["items"]["enum"], json!(features));
        let kinds: Vec<&str> = FactKind::all().map(FactKind::name).collect();
        assert_eq!(words["fact"]["pattern"], format!(r"^.+\.({})$", kinds.join("|")));
    }

    #[test]
    fn its_version_is_that_of_the_document() {
        let schema = schema();
        assert_eq!(schema["properties"]["version"]["const"], VERSION);
        assert_eq!(schema["$id"], format!("urn:coopwright:schema:report:{VERSION}"));
    }

    #[test]
    fn an_object_has_all_its_fields_and_no_others() {
        let schema = schema();
        let response = &schema["$defs"]["response"];
        assert_eq!(response["required"], json!(["page", "status", "headers"]));
        assert_eq!(response["additionalProperties"], false);
        assert!(!schema.to_string().contains("\"optional\""));
    }
}
