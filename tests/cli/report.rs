//! The JSON document of a run, as its schema describes it. Every document that a test of this folder reads from a
//! run is held against the schema, too: see `support.rs`.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::support::{Halt, Project, Running, validator};

/// Units that fail and that hang, with pages, a fetch and a header that says something in vain.
const UNITS: &str = "version: 1
title: What ends how
sites: { app: {}, auth: {} }
pages:
  app:/: { headers: 'Cross-Origin-Opener-Policy: same-origin' }
  app:/hang: { serve: hang }
  auth:/: { headers: 'Cross-Origin-Opener-Policy: same-orgin' }
  auth:/data: { serve: json, headers: 'Access-Control-Allow-Origin: {app}' }
variants:
  failed:
    kind: broken
    title: is not what is expected
    steps:
      - open: { url: app:/ }
      - popup: { as: popup, url: auth:/ }
      - fetch: { as: get, url: auth:/data }
    expect: { popup.opener: connected, get.result: readable }
  hangs:
    kind: case
    title: hangs
    steps: [ { open: { url: app:/hang } } ]
";

/// A matrix of two cells, of which one fails.
const CELLS: &str = "version: 1
title: Cells
sites: { app: {}, auth: {} }
axes: { coop: { none: '', so: 'Cross-Origin-Opener-Policy: same-origin' } }
pages: { 'app:/': { headers: '{coop}' }, 'auth:/': {} }
steps: [ { open: { url: app:/ } }, { popup: { as: popup, url: auth:/ } } ]
variants:
  only: { kind: case, title: as it is, expect: { popup.opener: connected } }
";

/// The schema's complaints about a document.
fn complaints(document: &Value) -> Vec<String> {
    let said =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator().iter_errors(document).map(said).collect()
}

#[test]
fn a_document_has_what_the_schema_describes() {
    let project = Project::with(UNITS);
    project.write("scenarios/table.yaml", CELLS);
    let (ran, document) = project.json(&["run", "--timeout", "5", "--retries", "1"]);
    assert_eq!(ran.code, 1, "{ran}");
    let mut verdicts: Vec<&Value> = Vec::new();
    for list in ["units", "matrices"] {
        verdicts.extend(document[list].as_array().unwrap().iter().map(|one| &one["verdict"]));
    }
    assert_eq!(verdicts, ["failed", "error", "failed"], "{ran}");
    let (failed, cells) = (&document["units"][0], &document["matrices"][0]);
    assert_eq!(failed["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(failed["snapshot"]["outcome"], "new");
    assert_eq!(complaints(&document), [""; 0]);

    // Each of these is found, at whatever depth.
    for (pointer, key) in [
        ("", "totals"),
        ("/run", "command"),
        ("/run/browsers/0", "engine"),
        ("/units/0", "index"),
        ("/units/0/broken-expectations/0", "line"),
        ("/units/0/cause", "hop"),
        ("/units/0/windows/0/documents/0/hops/0", "headers"),
        ("/units/0/requests/0", "cookies"),
        ("/units/0/timeline/0", "what"),
        ("/units/0/attempts/0", "wrong"),
        ("/matrices/0/cells/0", "facts"),
    ] {
        let mut less = document.clone();
        let part = less.pointer_mut(pointer).and_then(Value::as_object_mut).expect(pointer);
        part.shift_remove(key).expect(key);
        assert!(!complaints(&less).is_empty(), "`{key}` of `{pointer}` may be left out");
        let mut more = document.clone();
        more.pointer_mut(pointer).unwrap()["new"] = json!(1);
        assert!(!complaints(&more).is_empty(), "`{pointer}` may have more than is described");
    }
    for (pointer, value) in [
        ("/version", json!(2)),
        ("/units/0/verdict", json!("not applicable")),
        ("/units/0/kind", json!("wrong fix")),
        ("/units/0/line", json!(0)),
        ("/units/0/facts", json!({ "opener": "connected" })),
        ("/units/0/snapshot/outcome", json!("other")),
    ] {
        let mut wrong = document.clone();
        *wrong.pointer_mut(pointer).expect(pointer) = value;
        assert!(!complaints(&wrong).is_empty(), "`{pointer}` may be anything");
    }
    assert_eq!(cells["cells"].as_array().unwrap().len(), 2);
    project.assert_nothing_left();
}

#[test]
fn an_interrupted_run_has_a_document_as_well() {
    let mut halt = Halt::new();
    let project = Project::with(&halt.scenario());
    let arguments = ["run", "--ignore-snapshots", "--workers", "1", "--timeout", "60", "--json"];
    let mut running = Running::start(&project, &arguments);
    halt.reached(&mut running);
    running.signal(Signal::SIGINT);
    let ran = running.end();
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["run"]["interrupted"], true);
    assert_eq!(complaints(&document), [""; 0]);
    project.assert_nothing_left();
}

#[test]
fn the_schema_says_what_every_field_is() {
    let ran = Project::new().run(&["schema", "report"]);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "coopwright report");
    assert!(schema["description"].as_str().unwrap().contains("changes only when a field"));
    let mut silent = Vec::new();
    walk(&schema, "", &mut silent);
    assert!(silent.is_empty(), "{silent:#?}");
}

/// Finds objects that are open, and fields without a description.
fn walk(schema: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(object) = schema.as_object() {
        let is_object = object.get("type").is_some_and(|kind| kind == "object");
        if is_object && !object.contains_key("additionalProperties") {
            found.push(format!("{path} is open"));
        }
        let fields = object.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            if !field["description"].as_str().is_some_and(|text| text.ends_with('.')) {
                found.push(format!("{path}.{name} has no description"));
            }
        }
        object.iter().for_each(|(key, value)| walk(value, &format!("{path}/{key}"), found));
    } else if let Some(items) = schema.as_array() {
        items.iter().for_each(|item| walk(item, path, found));
    }
}
