//! What a rollout does to which responses, and what is said of a faulty one.

use coopwright::rollout::{About, Edit, Kind, Rollout, parse};
use insta::assert_snapshot;
use proptest::prelude::*;

use super::damage;

const SAMPLE: &str = include_str!("rollout.yaml");

fn rollout(text: &str) -> Rollout {
    match parse("rollout.yaml", text) {
        Ok(rollout) => rollout,
        Err(faults) => panic!("{faults}"),
    }
}

/// A rollout of one rule, given in YAML's flow style.
fn rule(text: &str) -> Rollout {
    rollout(&format!("version: 1\nrules:\n  - {text}\n"))
}

fn faults(text: &str) -> String {
    match parse("rollout.yaml", text) {
        Ok(_) => panic!("no fault found in:\n{text}"),
        Err(faults) => faults.to_string(),
    }
}

fn sites() -> Vec<(String, String)> {
    let site = |name: &str| (name.to_owned(), format!("https://{name}.example.com"));
    vec![site("app"), site("auth")]
}

const PAGE: About<'_> = About {
    site: Some("app"),
    host: "app.example.com",
    path: "/",
    status: 200,
    kind: Kind::Document,
};

/// `rule: edit` of each edit.
fn told(rollout: &Rollout, about: &About<'_>) -> String {
    let edits = rollout.edits(about).into_iter().map(|(rule, edit)| match edit {
        Edit::Set { name, values } => format!("{rule}: {name} = {}", values.join(" | ")),
        Edit::Add { name, value } => format!("{rule}: {name} + {value}"),
        Edit::Remove { name } => format!("{rule}: {name} -"),
    });
    edits.collect::<Vec<_>>().join("\n")
}

fn is_for(rollout: &Rollout, about: &About<'_>) -> bool {
    !rollout.edits(about).is_empty()
}

#[test]
fn later_rules_act_on_what_earlier_ones_left() {
    let rollout = rollout(SAMPLE);
    let login = About { path: "/login", ..PAGE };
    assert_snapshot!(told(&rollout, &login), @"
    0: Cross-Origin-Opener-Policy = same-origin
    0: Cross-Origin-Embedder-Policy = require-corp
    1: X-Frame-Options -
    1: Cross-Origin-Embedder-Policy -
    1: cross-origin-opener-policy = same-origin-allow-popups
    ");
    let mut lines = vec![("x-frame-options".to_owned(), "DENY".to_owned())];
    for (_, edit) in rollout.edits(&login) {
        assert!(edit.apply(&mut lines), "{edit:?} changes nothing in {lines:?}");
    }
    let name = "cross-origin-opener-policy".to_owned();
    assert_eq!(lines, [(name, "same-origin-allow-popups".to_owned())]);
}

#[test]
fn a_rule_without_site_is_for_all_sites_and_nothing_else() {
    let rollout = rule("{ remove: X }");
    assert!(is_for(&rollout, &PAGE));
    assert!(is_for(&rollout, &About { site: Some("auth"), ..PAGE }));
    assert!(!is_for(&rollout, &About { site: None, ..PAGE }));
}

#[test]
fn a_rule_with_a_host_is_for_that_host_whether_it_is_a_site_or_not() {
    let rollout = rule("{ host: '*.Example.com', remove: X }");
    assert!(is_for(&rollout, &PAGE));
    assert!(is_for(&rollout, &About { site: None, host: "A.b.example.COM", ..PAGE }));
    assert!(!is_for(&rollout, &About { site: None, host: "example.com", ..PAGE }));
}

#[test]
fn all_that_a_rule_gives_must_hold() {
    let rollout = rule("{ site: app, path: /a/**, status: [404, 2xx], kind: frame, remove: X }");
    let page = About { path: "/a/b", kind: Kind::Frame, ..PAGE };
    assert!(is_for(&rollout, &page) && is_for(&rollout, &About { status: 404, ..page }));
    let others = [
        About { site: Some("auth"), ..page },
        About { path: "/b", ..page },
        About { status: 403, ..page },
        About { kind: Kind::Document, ..page },
    ];
    for other in others {
        assert!(!is_for(&rollout, &other), "{other:?}");
    }
}

#[test]
fn a_304_is_the_200_that_it_confirms() {
    let not_modified = About { status: 304, ..PAGE };
    assert!(is_for(&rule("{ status: 2xx, remove: X }"), &not_modified));
    assert!(is_for(&rule("{ status: 200, remove: X }"), &not_modified));
    assert!(is_for(&rule("{ status: 3xx, remove: X }"), &not_modified));
    assert!(!is_for(&rule("{ status: 201, remove: X }"), &not_modified));
}

#[test]
fn the_origin_of_a_site_stands_in_values() {
    let rollout = rollout(SAMPLE).for_sites(&sites()).unwrap();
    let api = About { path: "/api/user", kind: Kind::Fetch, ..PAGE };
    assert_snapshot!(told(&rollout, &api), @"
    2: Access-Control-Allow-Origin = https://app.example.com
    2: Vary = Origin | Accept
    ");
    let json = rule("{ set: { Report-To: '{\"group\":\"a\"}' } }");
    let value = json.for_sites(&sites()).unwrap().rules[0].edits[0].values()[0].clone();
    assert_eq!(value, "{\"group\":\"a\"}", "braces around anything else are only text");
}

#[test]
fn sites_that_the_environment_has_not_are_faults() {
    let text = SAMPLE.replace("site: app", "site: ap").replace("{app}", "{auht}");
    let faults = rollout(&text).for_sites(&sites()).unwrap_err();
    assert_snapshot!(faults, @r#"
    error: the environment has no site `ap`
     --> rollout.yaml:9:11
      |
    9 |   - site: ap
      |           ^^
      |
      = help: did you mean `app`?

    error: `{auht}` is no site of the environment
      --> rollout.yaml:17:41
       |
    17 |     set: { Access-Control-Allow-Origin: "{auht}", Vary: [Origin, Accept] }
       |                                         ^^^^^^^^
       |
       = help: did you mean `auth`?
    "#);
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let text = "\
version: 2
rule: []
rules:
  - site: app
    host: https://a.example
    path: editor/**
    status: [2xx, ok]
    kind: documents
    sets: { A: b }
  - path: []
    set: { 'X Y': 1, A: [], Content-Length: 3, B: \"a\\nb\", C: \"\\u0001\", D: }
    add: { b: 1 }
    remove: [c, E, e]
  - path: /a?b
";
    assert_snapshot!(faults(text), @r#"
    error: version 2 cannot be read
     --> rollout.yaml:1:10
      |
    1 | version: 2
      |          ^
      |
      = help: this program reads version 1

    error: unknown key `rule`
     --> rollout.yaml:2:1
      |
    2 | rule: []
      | ^^^^
      |
      = help: did you mean `rules`?

    error: `https://a.example` matches nothing: a host is a name alone, without scheme and path
     --> rollout.yaml:5:11
      |
    5 |     host: https://a.example
      |           ^^^^^^^^^^^^^^^^^

    error: `editor/**` matches nothing: a path begins with `/`
     --> rollout.yaml:6:11
      |
    6 |     path: editor/**
      |           ^^^^^^^^^

    error: `ok` is not a status: write e.g. `200` or `2xx`
     --> rollout.yaml:7:19
      |
    7 |     status: [2xx, ok]
      |                   ^^

    error: unknown word `documents`
     --> rollout.yaml:8:11
      |
    8 |     kind: documents
      |           ^^^^^^^^^
      |
      = help: did you mean `document`?

    error: unknown key `sets`
     --> rollout.yaml:9:5
      |
    9 |     sets: { A: b }
      |     ^^^^
      |
      = help: did you mean `set`?

    error: the list is empty
      --> rollout.yaml:10:11
       |
    10 |   - path: []
       |           ^^
       |
       = help: leave `path` out

    error: `X Y` is not a header name
      --> rollout.yaml:11:12
       |
    11 |     set: { 'X Y': 1, A: [], Content-Length: 3, B: "a\nb", C: "\u0001", D: }
       |            ^^^^^
       |
       = help: letters, digits and hyphens, no spaces

    error: `A` has no value
      --> rollout.yaml:11:25
       |
    11 |     set: { 'X Y': 1, A: [], Content-Length: 3, B: "a\nb", C: "\u0001", D: }
       |                         ^^
       |
       = help: `remove` takes a header away

    error: `Content-Length` says how the message is sent, so it cannot be changed
      --> rollout.yaml:11:29
       |
    11 |     set: { 'X Y': 1, A: [], Content-Length: 3, B: "a\nb", C: "\u0001", D: }
       |                             ^^^^^^^^^^^^^^

    error: the value of `B` is more than one line
      --> rollout.yaml:11:51
       |
    11 |     set: { 'X Y': 1, A: [], Content-Length: 3, B: "a\nb", C: "\u0001", D: }
       |                                                   ^^^^^^
       |
       = help: several lines are written as a list of values

    error: the value of `C` has a control character; HTTP cannot carry it
      --> rollout.yaml:11:62
       |
    11 |     set: { 'X Y': 1, A: [], Content-Length: 3, B: "a\nb", C: "\u0001", D: }
       |                                                              ^^^^^^^^

    error: expected a text, or a list of texts, found nothing
      --> rollout.yaml:11:73
       |
    11 |     set: { 'X Y': 1, A: [], Content-Length: 3, B: "a\nb", C: "\u0001", D: }
       |                                                                         ^

    error: this rule names `b` twice
      --> rollout.yaml:12:12
       |
    12 |     add: { b: 1 }
       |            ^
       |
       = help: first in line 11; several lines are a list of values

    error: this rule names `c` twice
      --> rollout.yaml:13:14
       |
    13 |     remove: [c, E, e]
       |              ^
       |
       = help: first in line 11; several lines are a list of values

    error: this rule names `e` twice
      --> rollout.yaml:13:20
       |
    13 |     remove: [c, E, e]
       |                    ^
       |
       = help: first in line 13; several lines are a list of values

    error: `/a?b` matches nothing: rules look at the path alone, not at the query
      --> rollout.yaml:14:11
       |
    14 |   - path: /a?b
       |           ^^^^
    "#);
}

#[test]
fn what_a_rule_means_is_checked() {
    let text = "\
version: 1
rules:
  - site: app
    host: a.example
    set: { A: b }
  - path: /a
";
    assert_snapshot!(faults(text), @"
    error: a rule is for sites or for hosts
     --> rollout.yaml:4:5
      |
    4 |     host: a.example
      |     ^^^^
      |
      = help: two rules do, one with each

    error: this rule changes nothing
     --> rollout.yaml:6:5
      |
    6 |   - path: /a
      |     ^^^^^^^^
      |
      = help: give one of: set, add, remove
    ");
}

#[test]
fn a_rollout_without_rules_changes_nothing() {
    assert!(Rollout::default().is_empty());
    assert!(!is_for(&Rollout::default(), &PAGE));
    assert_snapshot!(faults("version: 1\nrules: []\n"), @"
    error: a rollout needs at least one rule
     --> rollout.yaml:2:1
      |
    2 | rules: []
      | ^^^^^
    ");
}

#[test]
fn report_only_takes_over_what_browsers_can_report() {
    let rollout = rollout(SAMPLE).for_sites(&sites()).unwrap();
    let report_only = rollout.report_only("/__reports", "coopwright");
    assert_snapshot!(told(&report_only.rollout, &About { path: "/login", ..PAGE }), @r#"
    0: Cross-Origin-Opener-Policy-Report-Only = same-origin; report-to="coopwright"
    0: Cross-Origin-Embedder-Policy-Report-Only = require-corp; report-to="coopwright"
    0: Reporting-Endpoints + coopwright="/__reports"
    1: Cross-Origin-Embedder-Policy-Report-Only -
    1: Cross-Origin-Opener-Policy-Report-Only = same-origin-allow-popups; report-to="coopwright"
    1: Reporting-Endpoints + coopwright="/__reports"
    "#);
    let left_out: Vec<_> =
        report_only.left_out.iter().map(|(rule, edit)| (*rule, edit.name())).collect();
    let expected = [
        (1, "X-Frame-Options"),
        (2, "Access-Control-Allow-Origin"),
        (2, "Vary"),
        (3, "Cross-Origin-Resource-Policy"),
    ];
    assert_eq!(left_out, expected);
}

#[test]
fn report_only_reports_to_the_given_endpoint_alone() {
    let rollout =
        rule("{ set: { Cross-Origin-Opener-Policy: 'same-origin; report-to=\"x\"; a=1' } }");
    let report_only = rollout.report_only("/r", "g").rollout;
    let value = &report_only.rules[0].edits[0].values()[0];
    assert_eq!(value, "same-origin; a=1; report-to=\"g\"");
    let removed = rule("{ remove: Cross-Origin-Opener-Policy }").report_only("/r", "g");
    assert_eq!(
        removed.left_out.len(),
        1,
        "that the site's own header were gone cannot be reported"
    );
}

#[test]
fn what_browsers_would_ignore_is_told_with_its_line() {
    let text = "\
version: 1
rules:
  - set:
      Cross-Origin-Opener-Policy: '\"same-origin\"'
      Cross-Origin-Embeder-Policy: require-corp
  - add: { Cross-Origin-Resource-Policy: [same-origin, same-site] }
";
    let lints = rollout(text).lints();
    let lints = lints.iter().map(|found| format!("{}: {}", found.line, found.lint));
    assert_snapshot!(lints.collect::<Vec<_>>().join("\n"), @r#"
    4: Cross-Origin-Opener-Policy: `"same-origin"` has quotes, and only the bare word counts: write `same-origin`
    5: Cross-Origin-Embedder-Policy: no browser knows a header `Cross-Origin-Embeder-Policy`: it is spelled `Cross-Origin-Embedder-Policy`
    6: Cross-Origin-Resource-Policy: sent 2 times, with `same-origin` and `same-site`: joined to `same-origin, same-site` it is no value, and none of the lines counts
    "#);
    assert_eq!(rollout(SAMPLE).for_sites(&sites()).unwrap().lints(), []);
}

#[test]
fn a_damaged_file_is_read_without_panic() {
    damage::each_is_read_or_refused(SAMPLE, |text| parse("rollout.yaml", text).map(drop));
}

proptest! {
    #[test]
    fn what_is_set_is_what_the_response_has(
        lines in prop::collection::vec(("[abAB]", "[a-c]{0,2}"), 0..6),
        values in prop::collection::vec("[a-c]{0,2}", 1..3),
    ) {
        let edit = Edit::Set { name: "A".to_owned(), values: values.clone() };
        let mut after = lines.clone();
        let changed = edit.apply(&mut after);
        let is_named = |line: &&(String, String)| line.0.eq_ignore_ascii_case("a");
        let now: Vec<String> = after.iter().filter(is_named).map(|line| line.1.clone()).collect();
        prop_assert_eq!(now, values);
        let others = |lines: &[(String, String)]| {
            lines.iter().filter(|line| !is_named(line)).cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(others(&after), others(&lines));
        prop_assert_eq!(changed, after != lines);
        let mut again = after.clone();
        prop_assert!(!edit.apply(&mut again), "setting twice is setting once");
    }

    #[test]
    fn a_path_without_stars_matches_itself_alone(path in "(/[a-z0-9._~-]{0,4}){1,4}", other in "(/[a-z]{0,3}){1,3}") {
        let rollout = rule(&format!("{{ path: '{path}', remove: X }}"));
        let itself = About { path: &path, ..PAGE };
        prop_assert!(is_for(&rollout, &itself));
        prop_assert_eq!(is_for(&rollout, &About { path: &other, ..PAGE }), path == other);
    }
}
