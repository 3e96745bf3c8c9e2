//! Good scenario files: what they mean, and that the schema for editors agrees with the reader.

use coopwright::scenario::{CrossOrigin, Job, Opening, Scenario, Step, Unit, parse, schema};
use fixtures_server::page::Serve;
use serde_json::Value;

const SAMPLE: &str = include_str!("scenario/sample.yaml");
const EVERYTHING: &str = include_str!("scenario/everything.yaml");
const MATRIX: &str = include_str!("scenario/matrix.yaml");
const PLACEHOLDERS: &str = include_str!("scenario/placeholders.yaml");

fn scenario(text: &str) -> Scenario {
    match parse("scenarios/flow.yaml", text) {
        Ok(scenario) => scenario,
        Err(faults) => panic!("{faults}"),
    }
}

fn units(text: &str) -> Vec<Unit> {
    scenario(text).units()
}

/// The text as an editor's YAML reader sees it, which is not ours.
fn as_json(text: &str) -> Value {
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { strict_booleans: true })
        .expect("the text is YAML")
}

fn headers(unit: &Unit, page: &str) -> String {
    let found = unit.plan.pages.iter().find(|(url, _)| url.as_str() == page);
    found
        .and_then(|(_, page)| page.headers.as_ref())
        .map_or(String::new(), |headers| headers.0.clone())
}

#[test]
fn a_variant_lays_its_changes_over_the_flow() {
    let units = units(SAMPLE);
    assert_eq!(units[0].name(), "flow › broken");
    assert_eq!(headers(&units[0], "app:/"), "Cross-Origin-Opener-Policy: same-origin\n");
    assert_eq!(
        headers(&units[1], "app:/"),
        "Cross-Origin-Opener-Policy: same-origin-allow-popups\n"
    );
    let root = &units[1].plan.pages[0];
    assert_eq!(root.serve, Some(Serve::App), "what a variant does not change stays");
    assert_eq!(units[0].steps, units[1].steps);
    assert_eq!(units[0].line, 33);
}

#[test]
fn expectations_are_those_of_the_flow_and_then_of_the_variant() {
    let shown = |unit: &Unit| {
        let all = unit
            .expect
            .iter()
            .map(|(fact, expectation, line)| format!("{fact}: {} (line {line})", expectation.is));
        all.collect::<Vec<_>>().join("\n")
    };
    let text = SAMPLE.replace("main.login: completed", "main.isolated: yes");
    let units = units(&text);
    insta::assert_snapshot!(shown(&units[0]), @"
    main.isolated: no (line 31)
    login.opener: severed (line 37)
    login.handle: reads-closed (line 38)
    login.journey: auth:/authorize connected, app:/callback severed (line 39)
    ");
    insta::assert_snapshot!(shown(&units[1]), @"
    main.isolated: yes (line 47)
    login.opener: connected (line 47)
    ");
    assert_eq!(*units[0].expect[2].1.value_in("firefox"), "live".into());
}

#[test]
fn axes_multiply_the_variants() {
    let units = units(MATRIX);
    let shown: Vec<String> = units
        .iter()
        .map(|unit| format!("{}: {:?}", unit.variant, headers(unit, "app:/")))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    one[coop=-,coep=-]: "X-Both:   {app}\n"
    one[coop=-,coep=require-corp]: "X-Both:  require-corp {app}\nCross-Origin-Embedder-Policy: require-corp\n"
    one[coop=-,coep=credentialless]: "X-Both:  credentialless {app}\nCross-Origin-Embedder-Policy: credentialless\n"
    one[coop=same-origin,coep=-]: "Cross-Origin-Opener-Policy: same-origin\nX-Both: same-origin  {app}\n"
    one[coop=same-origin,coep=require-corp]: "Cross-Origin-Opener-Policy: same-origin\nX-Both: same-origin require-corp {app}\nCross-Origin-Embedder-Policy: require-corp\n"
    one[coop=same-origin,coep=credentialless]: "Cross-Origin-Opener-Policy: same-origin\nX-Both: same-origin credentialless {app}\nCross-Origin-Embedder-Policy: credentialless\n"
    two[coop=-,coep=-]: "X-Both:   {app}\n"
    two[coop=-,coep=require-corp]: "X-Both:  require-corp {app}\nCross-Origin-Embedder-Policy: require-corp\n"
    two[coop=-,coep=credentialless]: "X-Both:  credentialless {app}\nCross-Origin-Embedder-Policy: credentialless\n"
    two[coop=same-origin,coep=-]: "Cross-Origin-Opener-Policy: same-origin\nX-Both: same-origin  {app}\n"
    two[coop=same-origin,coep=require-corp]: "Cross-Origin-Opener-Policy: same-origin\nX-Both: same-origin require-corp {app}\nCross-Origin-Embedder-Policy: require-corp\n"
    two[coop=same-origin,coep=credentialless]: "Cross-Origin-Opener-Policy: same-origin\nX-Both: same-origin credentialless {app}\nCross-Origin-Embedder-Policy: credentialless\n"
    "#);
    let preflight = units[4].plan.pages[1].preflight.as_ref().unwrap();
    assert_eq!(preflight.headers.0, "X-Coep: require-corp");
}

#[test]
fn placeholders_are_filled_in_all_over_pages_and_steps() {
    let units = units(PLACEHOLDERS);
    assert_eq!(units.len(), 2 * 2 * 3 * 2 * 2 * 2);
    let last = &units[47];
    insta::assert_snapshot!(last.variant, @"one[site=cross,headers=one,how=link,crossorigin=anonymous,status=404]");
    assert_eq!(last.cell[1], ("headers".to_owned(), "one".to_owned()));
    let popup = &last.plan.pages[1];
    assert_eq!(popup.status, Some(404), "a quoted placeholder may stand for a number");
    assert_eq!(
        headers(last, "auth:/popup"),
        "X-First: 1\nAccess-Control-Allow-Origin: {app}\nX-Last: 1\n",
        "a value may be a line, and name a site"
    );
    assert_eq!(headers(&units[0], "app:/popup"), "X-First: 1\nX-Last: 1\n", "or no line");
    assert_eq!(
        headers(&units[8], "app:/popup"),
        "X-First: 1\nCross-Origin-Opener-Policy: same-origin\nX-Comma: a, b\nX-Last: 1\n",
        "or several"
    );
    let Step::Popup(popup) = &last.steps[1] else { panic!("{:?}", last.steps) };
    assert_eq!((popup.url.as_str(), popup.how), ("auth:/popup", Opening::Link));
    let crossorigin = |unit: &Unit| match &unit.steps[2] {
        Step::Load(load) => load.crossorigin,
        other => panic!("{other:?}"),
    };
    assert_eq!(crossorigin(&units[0]), None, "a key whose whole value is empty is left out");
    assert_eq!(crossorigin(last), Some(CrossOrigin::Anonymous));
    let own = units.last().unwrap();
    let Step::Open(open) = &own.steps[0] else { panic!("{:?}", own.steps) };
    assert_eq!(open.url.as_str(), "auth:/popup");
    assert_eq!(own.plan.pages[1].status, Some(201), "a variant's page is the same page");
}

#[test]
fn all_cells_of_a_variant_are_one_job() {
    let jobs = scenario(PLACEHOLDERS).jobs();
    let [Job::Matrix(one), Job::Matrix(two)] = &jobs[..] else { panic!("{jobs:?}") };
    assert_eq!((one.name().as_str(), one.cells.len()), ("flow › one", 48));
    assert!(one.is_whole());
    assert_eq!(two.cells[0].line, two.first().line);
    let labels: Vec<&str> = one.axes[1].1.0.iter().map(|value| value.label.as_str()).collect();
    assert_eq!(labels, ["none", "both", "one"]);
    let some = one.filtered(|unit| unit.variant.contains("site=same,headers=both")).unwrap();
    assert_eq!((some.cells.len(), some.is_whole()), (8, false));
    assert!(one.filtered(|_| false).is_none());
    assert!(matches!(scenario(SAMPLE).jobs()[..], [Job::Unit(_), Job::Unit(_)]));
}

#[test]
fn a_large_matrix_is_read_fast() {
    let values = |count: usize| (0..count).map(|n| format!("v{n}")).collect::<Vec<_>>().join(", ");
    let axes = format!(
        "axes:\n  coop: [{}]\n  coep: [{}]\n  third: [{}]\n",
        values(15),
        values(10),
        values(10)
    );
    let text = MATRIX
        .replace(
            "axes:\n  coop: [\"\", same-origin]\n  coep: [\"\", require-corp, credentialless]\n",
            &axes,
        )
        .replace("X-Both: {coop}", "X-Both: {third} {coop}");
    let began = std::time::Instant::now();
    assert_eq!(units(&text).len(), 3000);
    // A second in release; this is a debug build on a machine that does other things, too.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn a_variant_with_steps_of_its_own_is_not_held_to_windows_it_does_not_open() {
    let units = units(EVERYTHING);
    let facts = |index: usize| -> Vec<String> {
        let unit: &Unit = &units[index];
        unit.expect.iter().map(|(fact, ..)| fact.to_string()).collect()
    };
    assert!(facts(0).contains(&"popup.opener".to_owned()));
    assert_eq!(facts(1), ["main.isolated", "api:/act.performed"]);
    assert!(matches!(units[1].steps[..], [Step::Open(_)]));
}

#[test]
fn words_stay_as_they_are_written() {
    let file = scenario(EVERYTHING).file;
    assert_eq!(file.title, "1.10");
    assert_eq!(file.tags, ["on", "0x1F", "true"]);
    assert_eq!(file.expect["main.isolated"].is, "no".into());
    assert_eq!(file.expect["api:/act.performed"].is, "1".into());
    assert_eq!(file.expect["seen.value"].is, "true".into());
}

#[test]
fn a_word_alone_stands_for_its_defaults() {
    let long = EVERYTHING
        .replace("serve: callback", "serve: { callback: {} }")
        .replace("serve: authorize", "serve: { authorize: {} }")
        .replace("serve: json", "serve: { json: {} }")
        .replace("- await-login\n", "- await-login: {}\n");
    assert_ne!(long, EVERYTHING);
    let (short, long) = (scenario(EVERYTHING).file, scenario(&long).file);
    assert_eq!(short.pages, long.pages);
    assert_eq!(short.steps, long.steps);
}

#[test]
fn a_part_of_the_file_has_its_line() {
    let scenario = scenario(SAMPLE);
    assert_eq!(scenario.line_of(&["title"]), 2);
    assert_eq!(scenario.line_of(&["steps", "2", "click", "on"]), 28);
    assert_eq!(scenario.line_of(&["variants", "fixed", "expect", "main.login"]), 47);
    assert_eq!(scenario.line_of(&["variants", "fixed", "no", "such"]), 40, "the nearest above");
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let null = SAMPLE.replace("is: reads-closed", "is: null");
    for text in [SAMPLE, EVERYTHING, MATRIX, PLACEHOLDERS, &null] {
        scenario(text);
        let faults: Vec<String> = validator
            .iter_errors(&as_json(text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (from, to) in [
        ("tags:", "tagz:"),
        ("  app: {}", "  app: { domain: x }"),
        ("    serve: app", "    serve: ap"),
        ("    serve: app", "    serve: app\n    colour: red"),
        ("    serve: app", "    serve: redirect"),
        ("    serve: app", "    serve: html"),
        ("    serve: app", "    serve: { blank: {} }"),
        ("    serve: app", "    status: many"),
        ("    serve: app", "    status: 199"),
        ("app:/callback: {", "callback: {"),
        ("  cause: The app's own header cut the link.\n", ""),
        ("watches-closed: true", "watches-closed: yes"),
        ("- await-login: {}", "- await-logout: {}"),
        ("- await-login: {}", "- await-login: {}\n    in: main"),
        ("- await-login: {}", "- open"),
        ("kind: fixed", "kind: mended"),
        ("is: reads-closed", "is: { reads: closed }"),
        ("is: reads-closed", "is: reads-closed, or: null"),
        ("firefox: {", "netscape: {"),
        ("measured so in ESR 153", "''"),
        ("version: 1", "version: 2"),
        ("title: Site-wide COOP same-origin kills the login popup", "title: ''"),
        ("tags: [mistake-2, login]", "tags: login"),
    ] {
        assert_eq!(SAMPLE.matches(from).count(), 1, "`{from}` must be in the sample once");
        let text = SAMPLE.replace(from, to);
        assert!(parse("a.yaml", &text).is_err(), "the reader takes `{to}`");
        assert!(!validator.is_valid(&as_json(&text)), "the schema takes `{to}`");
    }
    let no_variants = "version: 1\ntitle: t\nsites: {}\nvariants: {}\n";
    assert!(!validator.is_valid(&as_json(no_variants)));
}

#[test]
fn the_schema_closes_and_describes_every_object() {
    fn walk(schema: &Value, path: &str, found: &mut Vec<String>) {
        if let Some(object) = schema.as_object() {
            let is_object = object.get("type").is_some_and(|kind| kind == "object");
            if is_object && object.get("additionalProperties").is_none() {
                found.push(format!("{path} is open"));
            }
            if let Some(Value::Object(properties)) = object.get("properties") {
                for (name, property) in properties {
                    let is_tag = properties.len() == 1;
                    if property.get("description").is_none() && !is_tag && !path.contains("except")
                    {
                        found.push(format!("{path}.{name} has no description"));
                    }
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
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut found = Vec::new();
    walk(&schema, "", &mut found);
    assert!(found.is_empty(), "{found:#?}");
}
