//! Matrices in a real browser: batches see what single steps see, a cell's trouble stays its own, and
//! what is selected, told and compared.

use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use super::support::{Halt, Project, Ran, Running};

const POPUPS: &str = "version: 1
title: Popups
sites: { app: {}, panel: { subdomain-of: app }, auth: {} }
axes:
  coop: { none: '', soap: 'Cross-Origin-Opener-Policy: same-origin-allow-popups', so: 'Cross-Origin-Opener-Policy: same-origin' }
  pop-coop: { none: '', iso: \"Cross-Origin-Opener-Policy: same-origin\\nCross-Origin-Embedder-Policy: require-corp\" }
  relation: { same-origin: app, cross-site: auth }
  how: [direct, noopener, blank-then-assign, link, link-noopener]
pages:
  app:/: { headers: '{coop}' }
  '{relation}:/popup': { headers: '{pop-coop}' }
  '{relation}:/hop': { serve: { redirect: { to: '{relation}:/popup' } } }
steps:
  - open: { url: app:/ }
  - popup: { as: popup, url: '{relation}:/hop', how: '{how}' }
variants: { only: { kind: case, title: as it is } }
";

const FROM_FRAMES: &str = "version: 1
title: Popups from frames
sites: { app: {}, widget: {} }
axes:
  coop: { none: '', so: 'Cross-Origin-Opener-Policy: same-origin' }
  frame: { same-origin: app, cross-site: widget }
  how: [direct, blank-then-assign, link]
pages:
  app:/: { headers: '{coop}' }
  '{frame}:/frame': {}
  widget:/popup: {}
steps:
  - open: { url: app:/ }
  - frame: { as: frame, url: '{frame}:/frame' }
  - popup: { as: popup, url: widget:/popup, from: frame, how: '{how}' }
variants: { only: { kind: case, title: as it is } }
";

const EMBEDS: &str = "version: 1
title: Embeds
sites: { app: {}, cdn: {} }
axes:
  page: { none: '', iso: \"Cross-Origin-Opener-Policy: same-origin\\nCross-Origin-Embedder-Policy: require-corp\" }
  lines: { none: '', open: \"Cross-Origin-Resource-Policy: cross-origin\\nCross-Origin-Embedder-Policy: require-corp\\nAccess-Control-Allow-Origin: *\" }
  allow: ['', cross-origin-isolated]
pages:
  app:/: { headers: '{page}' }
  app:/worker: { serve: worker, headers: '{lines}' }
  cdn:/image: { serve: image, headers: '{lines}' }
  cdn:/script: { serve: script, headers: '{lines}' }
  cdn:/style: { serve: style, headers: '{lines}' }
  cdn:/frame: { headers: '{lines}' }
  cdn:/data: { serve: json, headers: '{lines}', preflight: { headers: '{lines}' } }
  cdn:/act: { serve: action, headers: '{lines}' }
steps:
  - open: { url: app:/ }
  - load: { as: image, url: cdn:/image, kind: image }
  - load: { as: script, url: cdn:/script, kind: script, crossorigin: anonymous }
  - load: { as: style, url: cdn:/style, kind: style }
  - load: { as: worker, url: app:/worker, kind: worker }
  - load: { as: inner, url: cdn:/frame, kind: frame }
  - frame: { as: frame, url: cdn:/frame, allow: '{allow}' }
  - fetch: { as: get, url: 'cdn:/data?a=b' }
  - fetch: { as: put, url: cdn:/data, method: PUT }
  - fetch: { as: post, url: cdn:/act, method: POST, body: a, mode: no-cors }
variants: { only: { kind: case, title: as it is } }
";

const DOCUMENTS: &str = "version: 1
title: Documents
sites: { app: {} }
axes:
  coop: { none: '', so: 'Cross-Origin-Opener-Policy: same-origin' }
  coep: { none: '', rc: 'Cross-Origin-Embedder-Policy: require-corp' }
pages:
  app:/: { headers: \"X-One: 1\\n{coop}\\n{coep}\" }
steps:
  - open: { url: app:/ }
variants: { only: { kind: case, title: as it is } }
";

/// The cells of the only matrix of a run.
fn cells(document: &Value) -> &Vec<Value> {
    document["matrices"][0]["cells"].as_array().unwrap()
}

/// The facts of all cells; fails if one could not be tested.
fn facts(scenario: &str) -> Vec<Value> {
    let (ran, document) =
        Project::with(scenario).json(&["run", "--ignore-snapshots", "--workers", "1"]);
    assert_eq!(ran.code, 0, "{ran}");
    cells(&document).iter().map(|cell| cell["facts"].clone()).collect()
}

/// Runs the cells in a batch, and then one by one: a script is nothing that a batch knows.
fn assert_batch_sees_what_steps_see(scenario: &str, expected: &[&str]) {
    let batched = facts(scenario);
    let stepped = facts(
        &scenario.replace("variants:", "  - evaluate: { as: one, script: return 1 }\nvariants:"),
    );
    assert_eq!(batched.len(), stepped.len());
    for (batched, stepped) in batched.iter().zip(&stepped) {
        assert!(stepped.get("one.value").is_some(), "these are to be steps: {stepped}");
        assert!(batched.get("main.messages").is_none(), "this is to be a batch: {batched}");
        for (fact, value) in batched.as_object().unwrap() {
            assert_eq!(stepped.get(fact), Some(value), "{fact}: {batched} {stepped}");
        }
    }
    for fact in expected {
        assert!(batched.iter().any(|facts| facts.get(fact).is_some()), "{fact} is not told");
    }
}

#[test]
fn popups_of_a_batch_are_those_of_single_steps() {
    let expected =
        ["popup.opener", "popup.handle", "popup.open", "popup.isolated", "main.isolated"];
    assert_batch_sees_what_steps_see(POPUPS, &expected);
}

#[test]
fn popups_from_frames_of_a_batch_are_those_of_single_steps() {
    let expected = ["popup.opener", "popup.handle", "frame.loading", "frame.isolated"];
    assert_batch_sees_what_steps_see(FROM_FRAMES, &expected);
}

#[test]
fn embeds_of_a_batch_are_those_of_single_steps() {
    let expected = [
        "image.loading",
        "worker.loading",
        "inner.loading",
        "frame.loading",
        "frame.isolated",
        "get.result",
        "get.readable-headers",
        "cdn:/data.received",
        "cdn:/act.performed",
    ];
    assert_batch_sees_what_steps_see(EMBEDS, &expected);
}

#[test]
fn documents_of_a_batch_are_those_of_single_steps() {
    let expected = ["main.isolated", "main.secure-context", "main.shared-memory"];
    assert_batch_sees_what_steps_see(DOCUMENTS, &expected);
}

/// Cells of which one never answers.
const HANGS: &str = "version: 1
title: One popup hangs
sites: { app: {}, auth: {} }
axes: { path: [/a, /b, /hang, /c, /d], how: [direct, link] }
pages: { 'app:/': {}, 'auth:/a': {}, 'auth:/b': {}, 'auth:/c': {}, 'auth:/d': {}, 'auth:/hang': { serve: hang } }
steps:
  - open: { url: app:/ }
  - popup: { as: popup, url: 'auth:{path}', how: '{how}' }
expect: { popup.opener: connected }
variants: { only: { kind: case, title: as it is } }
";

fn assert_only_the_hanging_cells_are_lost(ran: &Ran) {
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(ran.code, 3, "{ran}");
    for cell in cells(&document) {
        let error = cell["error"].as_str().unwrap_or_default();
        if cell["values"]["path"] == "/hang" {
            assert!(error.contains("for popup `popup` to report itself"), "{cell}");
        } else {
            assert_eq!(
                (error, &cell["facts"]["popup.opener"]),
                ("", &"connected".into()),
                "{cell}"
            );
        }
    }
}

#[test]
fn a_cell_that_never_answers_harms_no_other() {
    let project = Project::with(HANGS);
    let arguments = ["run", "--ignore-snapshots", "--timeout", "5", "--json"];
    assert_only_the_hanging_cells_are_lost(&project.run(&arguments));
    project.assert_nothing_left();
}

#[test]
fn cells_of_a_killed_browser_are_tried_in_a_new_one() {
    let mut halt = Halt::new();
    let link = format!("'auth:/a': {{ headers: 'Link: <{}>; rel=preload; as=image' }}", halt.url());
    let project = Project::with(&HANGS.replace("'auth:/a': {}", &link));
    let arguments = ["run", "--ignore-snapshots", "--timeout", "8", "--workers", "1", "--json"];
    let mut running = Running::start(&project, &arguments);
    // The hanging cells keep the batch at work for seconds after the first popup has come up.
    halt.reached(&mut running);
    kill(project.browser(), Signal::SIGKILL).unwrap();
    assert_only_the_hanging_cells_are_lost(&running.end());
    project.assert_nothing_left();
}

#[test]
fn a_matrix_has_one_snapshot_and_one_line() {
    let project = Project::with(DOCUMENTS);
    let first = project.run(&["run", "--update-snapshots"]);
    assert_eq!(first.code, 0, "{first}");
    assert!(first.out.contains("4 cells"), "{first}");
    let accepted = project.read("scenarios/snapshots/flow__only.snap");
    insta::assert_snapshot!(accepted.split("\n---\n").nth(1).unwrap(), @"
    in every cell

    main
      secure-context: yes

    in each cell: main.isolated · main.shared-memory
    columns: coep

    coop  none              rc
    none  no · unavailable  no · unavailable
    so    no · unavailable  yes · usable
    ");
    let changed = DOCUMENTS.replace("rc: 'Cross-Origin-Embedder-Policy: require-corp'", "rc: ''");
    project.write("scenarios/flow.yaml", &changed);
    let ran = project.run(&["run"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.out.contains("the snapshot differs from the accepted one"), "{ran}");
    let some = project.run(&["run", "--grep", r"only\[coop=so,"]);
    assert_eq!(some.code, 0, "some cells are not compared: {some}");
    assert!(some.out.contains("2 of 4 cells, snapshot not compared"), "{some}");
}

#[test]
fn a_failed_matrix_shows_its_first_cells() {
    let project =
        Project::with(&DOCUMENTS.replace("variants:", "expect: { main.isolated: no }\nvariants:"));
    let ran = project.run(&["run", "--ignore-snapshots"]);
    assert_eq!(ran.code, 1, "{ran}");
    let lines: Vec<&str> = ran.out.lines().skip_while(|line| !line.starts_with("1)")).collect();
    insta::assert_snapshot!(lines[..lines.len() - 1].join("\n"), @"
    1) FAILED flow › only
       scenarios/flow.yaml:12

       coop=so  coep=rc
       main.isolated  expected  no  (line 11)
                      observed  yes
    ");
    let (_, document) = project.json(&["run", "--ignore-snapshots", "--grep", "coep=rc"]);
    assert_eq!(document["matrices"][0]["size"], 4);
    let cell = &cells(&document)[1];
    assert_eq!(cell["values"]["coop"], "so");
    assert_eq!(cell["broken-expectations"][0]["observed"], "yes");
}

#[test]
fn matrices_run_when_they_are_asked_for() {
    let project = Project::with(DOCUMENTS);
    project.write("scenarios/matrices/large.yaml", DOCUMENTS);
    let listed = |arguments: &[&str]| project.run(&[&["run", "--list"], arguments].concat()).out;
    assert!(!listed(&[]).contains("large.yaml"));
    assert!(!listed(&["scenarios"]).contains("large.yaml"));
    for arguments in
        [&["--matrices"][..], &["scenarios/matrices"], &["scenarios/matrices/large.yaml"]]
    {
        let out = listed(arguments);
        assert!(out.contains("large.yaml:11  only (case, 4 cells)"), "{out}");
        assert!(out.ends_with("1 variant in 1 scenario, 4 cells\n"), "{out}");
    }
    let built_in = Project::new().run(&["run", "--list", "--matrices"]);
    assert!(built_in.out.contains("pairs (case, 1200 cells)"), "{built_in}");
}
