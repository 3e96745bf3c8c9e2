//! The schemas for editors.

use std::path::Path;

use coopwright::yaml::Faults;
use coopwright::{rollout, settings};
use serde_json::Value;

/// The text as an editor's YAML reader sees it, which is not ours.
fn as_json(text: &str) -> Value {
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { strict_booleans: true })
        .expect("the text is YAML")
}

/// Checks that the schema takes `sample` and refuses what the reader refuses: the sample with one part
/// written otherwise.
fn agree(
    schema: &Value,
    sample: &str,
    slips: &[(&str, &str)],
    parse: impl Fn(&str) -> Result<(), Faults>,
) {
    let validator = jsonschema::validator_for(schema).unwrap();
    parse(sample).unwrap_or_else(|faults| panic!("{faults}"));
    let faults: Vec<String> = validator
        .iter_errors(&as_json(sample))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    for (from, to) in slips {
        assert_eq!(sample.matches(from).count(), 1, "`{from}` must be in the sample once");
        let text = sample.replace(from, to);
        assert!(parse(&text).is_err(), "the reader takes `{to}`");
        assert!(!validator.is_valid(&as_json(&text)), "the schema takes `{to}`");
    }
}

/// Checks that every object is closed and every key described.
fn is_complete(schema: &Value) {
    fn walk(schema: &Value, path: &str, found: &mut Vec<String>) {
        if let Some(object) = schema.as_object() {
            let is_object = object.get("type").is_some_and(|kind| kind == "object");
            if is_object && object.get("additionalProperties").is_none() {
                found.push(format!("{path} is open"));
            }
            for (name, property) in
                object.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                if property.get("description").is_none() {
                    found.push(format!("{path}.{name} has no description"));
                }
            }
            for (key, value) in object {
                walk(value, &format!("{path}/{key}"), found);
            }
        } else if let Some(items) = schema.as_array() {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}/{index}"), found);
            }
        }
    }
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut found = Vec::new();
    walk(schema, "", &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_schema_of_a_rollout_agrees_with_its_reader() {
    let slips = [
        ("version: 1", "version: 2"),
        ("path: [/login, /login/**]", "paths: [/login, /login/**]"),
        ("path: [/login, /login/**]", "path: login"),
        ("path: /api/*", "path: /api?a=b"),
        ("path: /api/*", "path: []"),
        ("status: 2xx", "status: 6xx"),
        ("status: [200, 4xx]", "status: [200, 600]"),
        ("kind: fetch", "kind: fetched"),
        ("\"*.cdn.example\"", "https://cdn.example"),
        ("Vary: [Origin, Accept]", "Vary: { Origin: yes }"),
        ("[X-Frame-Options, Cross-Origin-Embedder-Policy]", "{ X-Frame-Options: yes }"),
    ];
    let schema = rollout::schema();
    agree(&schema, include_str!("rollout.yaml"), &slips, |text| {
        rollout::parse("rollout.yaml", text).map(drop)
    });
    is_complete(&schema);
}

#[test]
fn the_schema_of_settings_agrees_with_their_reader() {
    let slips = [
        ("version: 1", "version: 2"),
        ("environments:", "environment:"),
        ("app: http://app.intern.example", "app: app.intern.example"),
        ("https://app.staging.example.com", "app.staging.example.com"),
        ("https://app.staging.example.com", "https://ann:secret@app.staging.example.com"),
        ("/base", "/base?a=b"),
        ("env:CORP_PROXY", "'env:'"),
        ("env:CORP_PROXY", "socks5://proxy"),
        ("ca: certs", "cert: certs"),
        ("[login.staging.example.com]", "{ login.staging.example.com: yes }"),
        ("{ app.staging.example.com: \"10.0.0.7:443\" }", "10.0.0.7:443"),
    ];
    let schema = settings::schema();
    agree(&schema, include_str!("settings.yaml"), &slips, |text| {
        settings::parse(Path::new("coopwright.yaml"), text).map(drop)
    });
    is_complete(&schema);
}
