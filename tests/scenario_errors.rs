//! Faulty scenario files: what is reported, where, and that nothing makes the reader panic.

use coopwright::scenario::{Faults, parse};

const SAMPLE: &str = include_str!("scenario/sample.yaml");

/// The faults of a file that must have some.
fn faults(text: &str) -> Faults {
    match parse("login.yaml", text) {
        Ok(_) => panic!("no fault found in:\n{text}"),
        Err(faults) => faults,
    }
}

/// `line:column message` of each fault, with its hint.
fn brief(text: &str) -> String {
    let lines = faults(text)
        .iter()
        .map(|fault| {
            let hint = fault.hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{}:{} {}{hint}", fault.line, fault.column, fault.message)
        })
        .collect::<Vec<_>>();
    lines.join("\n")
}

/// The sample with one part written otherwise.
fn with(from: &str, to: &str) -> String {
    assert_eq!(SAMPLE.matches(from).count(), 1, "`{from}` must be in the sample once");
    SAMPLE.replace(from, to)
}

/// A small scenario around some steps.
fn steps(steps: &str) -> String {
    format!(
        "version: 1\ntitle: t\nsites: {{ app: {{}}, auth: {{}} }}\npages:\n  app:/: {{}}\n  auth:/: {{}}\n\
         steps:\n{steps}\nvariants: {{ only: {{ kind: case, title: t }} }}\n"
    )
}

#[test]
fn the_sample_has_no_fault() {
    parse("sample.yaml", SAMPLE).unwrap();
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let text = SAMPLE
        .replace("tags: [mistake-2, login]", "tagz: [mistake-2, login]")
        .replace("    serve: app\n", "    serve: app\n    haeders: x\n    status: many\n")
        .replace("subdomain-of: app", "subdomain-of: ap")
        .replace(
            "      Cross-Origin-Opener-Policy: same-origin\n",
            "      X-Fine: 1\n      Cross Origin: same-origin\n",
        );
    insta::assert_snapshot!(faults(&text), @"
    error: unknown key `tagz`
     --> login.yaml:3:1
      |
    3 | tagz: [mistake-2, login]
      | ^^^^
      |
      = help: did you mean `tags`?

    error: undefined site `ap`
      --> login.yaml:14:26
       |
    14 |   panel: { subdomain-of: ap }
       |                          ^^
       |
       = help: did you mean `app`?

    error: unknown key `haeders`
      --> login.yaml:18:5
       |
    18 |     haeders: x
       |     ^^^^^^^
       |
       = help: did you mean `headers`?

    error: expected a number from 0 to 65535, found `many`
      --> login.yaml:19:13
       |
    19 |     status: many
       |             ^^^^

    error: `Cross Origin` is not a header name: letters, digits and hyphens, no spaces
      --> login.yaml:22:7
       |
    22 |       Cross Origin: same-origin
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_syntax_error_has_its_place() {
    insta::assert_snapshot!(faults("version: 1\ntitle: \"open\nsites: {}\n"), @r#"
    error: unclosed quote
     --> login.yaml:2:8
      |
    2 | title: "open
      |        ^
    "#);
    insta::assert_snapshot!(brief("version: 1\n\ttitle: t\n"), @"1:10 while scanning a plain scalar, found a tab");
    insta::assert_snapshot!(brief("a: [1, 2\nb: 3\n"), @"2:2 illegal placement of ':' indicator");
}

#[test]
fn unknown_keys_are_found_at_every_level() {
    let text = SAMPLE
        .replace("  cause:", "  colour: red\n  cause:")
        .replace("  app: {}", "  app: { domain: x }")
        .replace("consent: ask", "consent: ask, remember: me")
        .replace("url: app:/ }", "url: app:/, window: main }")
        .replace("watches-closed", "watch-closed")
        .replace("because: measured", "why: measured, because: measured")
        .replace("is: reads-closed", "is: reads-closed, unless: x")
        .replace("    kind: fixed", "    kin: x\n    kind: fixed")
        .replace("version: 1", "version: 1\nverison: 2");
    insta::assert_snapshot!(brief(&text), @"
    2:1 unknown key `verison` (did you mean `version`?)
    7:3 unknown key `colour` (known here: symptom, cause, fix, config)
    14:10 unknown key `domain` (known here: subdomain-of, origin)
    22:58 unknown key `remember` (known here: consent)
    28:25 unknown key `window` (known here: url, in)
    29:91 unknown key `watch-closed` (did you mean `watches-closed`?)
    40:41 unknown key `unless` (known here: is, except)
    40:83 unknown key `why` (known here: is, because)
    43:5 unknown key `kin` (did you mean `kind`?)
    ");
}

#[test]
fn wrong_types_are_told_from_what_was_expected() {
    let text = SAMPLE
        .replace("version: 1", "version: one")
        .replace("tags: [mistake-2, login]", "tags: mistake-2")
        .replace("  auth: {}", "  auth: []")
        .replace("    serve: token", "    serve: tokn\n    status: 99999")
        .replace("watches-closed: true", "watches-closed: yes")
        .replace(
            "  - await-login: {}",
            "  - await-login: {}\n    in: main\n  - open: app:/\n  - [open]",
        )
        .replace("kind: broken", "kind: [broken]")
        .replace("main.isolated: no", "main.isolated: {no: yes}");
    insta::assert_snapshot!(brief(&text), @"
    1:10 expected a number from 0 to 4294967295, found `one`
    3:7 expected a list, found `mistake-2`
    13:9 expected a mapping, found a list
    22:12 unknown word `tokn` (did you mean `token`?)
    23:13 expected a number from 0 to 65535, found `99999`
    28:107 expected `true` or `false`, found `yes`
    30:5 expected one key with its content indented below, found `await-login`, `in`
    32:11 expected a mapping, found `app:/`
    33:5 expected a word, or a mapping with one key, found a list
    35:3 missing key `is`
    35:19 unknown key `no` (known here: is, except)
    38:11 expected a word, or a mapping with one key, found a list
    ");
}

#[test]
fn missing_keys_are_reported_together() {
    insta::assert_snapshot!(brief("title: t\nvariants:\n  a: {}\n"), @"
    1:1 missing key `sites`
    1:1 missing key `version`
    3:3 missing key `kind`
    3:3 missing key `title`
    ");
    insta::assert_snapshot!(brief(&steps("  - popup: { as: p }\n  - click:\n      in: p\n  - open")), @"
    8:5 missing key `url`
    9:5 missing key `on`
    11:5 missing key `url`
    ");
}

#[test]
fn a_scenario_needs_variants() {
    let text = "version: 1\ntitle: ' '\nsites: { app: {} }\nvariants: {}\n";
    insta::assert_snapshot!(brief(text), @"
    2:8 the title is empty
    4:1 a scenario needs at least one variant
    ");
}

#[test]
fn another_version_is_refused() {
    insta::assert_snapshot!(faults(&with("version: 1", "version: 2")), @"
    error: version 2 cannot be read
     --> login.yaml:1:10
      |
    1 | version: 2
      |          ^
      |
      = help: this program reads version 1
    ");
}

#[test]
fn names_are_checked() {
    let text = SAMPLE
        .replace("  auth: {}", "  auth: {}\n  Bad_Site: {}\n  loop: { subdomain-of: loop }")
        .replace("  broken:\n", "  Broken One:\n");
    insta::assert_snapshot!(brief(&text), @"
    14:3 `Bad_Site` is not a site name (lower-case letters, digits and hyphens, a letter first, 30 at most)
    15:25 `loop` is a sub-domain of itself
    35:3 `Broken One` is not a variant name (lower-case letters, digits and hyphens)
    ");
}

#[test]
fn undefined_sites_are_found_wherever_they_stand() {
    let text = SAMPLE
        .replace("  app:/callback: { serve: callback }", "  app:/callback: { serve: callback }\n  ap:/: { serve: { redirect: { to: atuh:/x } } }")
        .replace("watches-closed: true", "checks: { origin: pannel }")
        .replace("  - await-login: {}", "  - open: { url: cdn:/ }\n  - send: { from: login, to: opener, type: x, target: ap }");
    insta::assert_snapshot!(brief(&text), @"
    25:3 undefined site `ap` (did you mean `app`?)
    25:36 undefined site `atuh` (did you mean `auth`?)
    28:109 undefined site `pannel` (did you mean `panel`?)
    30:18 undefined site `cdn` (known here: app, auth, panel)
    31:55 undefined site `ap` (did you mean `app`?)
    ");
}

#[test]
fn pages_that_steps_use_must_be_declared_and_fit() {
    let text = SAMPLE
        .replace("token: auth:/token", "token: app:/")
        .replace("callback: app:/callback", "callback: auth:/token")
        .replace(
            "open: { url: app:/ }",
            "open: { url: \"app:/?a=b\" }\n  - open: { url: app:/calback }",
        );
    insta::assert_snapshot!(brief(&text), @"
    27:18 page `app:/calback` is not declared (did you mean `app:/callback`?)
    28:53 page `app:/` is not a token endpoint (give it `serve: token`)
    28:70 page `auth:/token` is not a callback page (give it `serve: callback`)
    ");
}

#[test]
fn a_bad_header_line_in_a_block_is_marked_itself() {
    let text = with(
        "      Cross-Origin-Opener-Policy: same-origin\n  auth",
        "      X-Fine: 1\n\n      Cross-Origin Opener-Policy: same-origin\n      nonsense\n  auth",
    );
    insta::assert_snapshot!(faults(&text), @"
    error: `Cross-Origin Opener-Policy` is not a header name: letters, digits and hyphens, no spaces
      --> login.yaml:21:7
       |
    21 |       Cross-Origin Opener-Policy: same-origin
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: `nonsense` has no colon: write `Name: value`
      --> login.yaml:22:7
       |
    22 |       nonsense
       |       ^^^^^^^^
    ");
}

#[test]
fn a_bad_header_line_in_quotes_is_marked_itself() {
    let text = with("{app}\"", "{ap}\\nno colon\"");
    insta::assert_snapshot!(faults(&text), @r#"
    error: `{ap}` is neither a site nor an axis
      --> login.yaml:23:15
       |
    23 |     headers: "Access-Control-Allow-Origin: {ap}\nno colon"
       |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: did you mean `app`?

    error: `no colon` has no colon: write `Name: value`
      --> login.yaml:23:50
       |
    23 |     headers: "Access-Control-Allow-Origin: {ap}\nno colon"
       |                                                  ^^^^^^^^
    "#);
}

#[test]
fn statuses_and_methods_are_checked() {
    let text = steps("  - fetch: { as: f, url: auth:/, method: G ET, headers: \"a b: c\" }")
        .replace("auth:/: {}", "auth:/: { status: 199, preflight: { status: 600 } }");
    insta::assert_snapshot!(brief(&text), @"
    6:21 199 is not a status that a page can have (200 to 599)
    6:47 600 is not a status that a page can have (200 to 599)
    8:42 `G ET` is not a method
    8:58 `a b` is not a header name: letters, digits and hyphens, no spaces
    ");
}

#[test]
fn windows_open_in_the_order_of_steps() {
    let text = steps(
        "  - click: { in: p, on: a }
  - popup: { as: p, url: auth:/ }
  - popup: { as: p, url: auth:/ }
  - frame: { as: main, url: auth:/, in: q }
  - fetch: { as: f, url: auth:/, in: pp }
  - close: { in: f }
  - send: { from: p, to: nobody, type: t, target: '*' }
  - popup: { as: opener, url: auth:/ }
  - popup: { as: 'a b', url: auth:/ }",
    );
    insta::assert_snapshot!(brief(&text), @"
    8:18 `p` is used before it is opened (it is opened in line 9)
    10:18 the name `p` is taken (first in line 9)
    11:18 the name `main` is taken
    11:41 undefined window or frame `q` (known here: main, p)
    12:38 undefined window or frame `pp` (known here: main, p)
    13:18 `f` is not a window or frame (known here: main, p)
    14:26 undefined window or frame `nobody` (known here: main, p)
    15:18 `opener` always is the window that opened this one
    16:18 `a b` is not a name (any word without spaces, dots, colons and slashes)
    ");
}

#[test]
fn logins_name_their_popup_unless_they_redirect() {
    let text = with("as: login, ", "").replace("in: login, ", "");
    insta::assert_snapshot!(brief(&text), @"
    27:5 the login's popup has no name (write `as: NAME`, or `returns: redirect`)
    37:7 nothing here is called `login` (known here: main)
    38:7 nothing here is called `login` (known here: main)
    39:7 nothing here is called `login` (known here: main)
    47:15 nothing here is called `login` (known here: main)
    ");
    let text = with("watches-closed: true", "returns: redirect");
    insta::assert_snapshot!(brief(&text), @"27:18 a login by redirect opens no popup to name");
}

#[test]
fn a_wait_has_one_condition() {
    let text = steps(
        "  - wait
  - wait: { in: main }
  - wait: { text: a, element: b }
  - wait: { closed: false }
  - fill: { on: a, with: 'env:' }",
    );
    insta::assert_snapshot!(brief(&text), @"
    8:5 nothing to wait for (give one of: element, text, url, message, popup, frame, closed)
    9:5 nothing to wait for (give one of: element, text, url, message, popup, frame, closed)
    10:5 waits for several things (give one of: element, text, url, message, popup, frame, closed)
    11:21 `closed` can only be waited for, not its opposite (write `closed: true`)
    12:26 the environment variable has no name (write `env:NAME`)
    ");
}

#[test]
fn expectations_are_checked() {
    let text = SAMPLE
        .replace("login.opener: severed", "login.opner: severed\n      login: x\n      logn.opener: severed\n      login.status: 200\n      login.opener: sever\n      auth:/tokn.received: 1\n      login.self-close: true\n      login.open: [yes]")
        .replace("firefox: { is: live, because: measured so in ESR 153 }", "fierfox: { is: alive, because: ' ' }");
    insta::assert_snapshot!(brief(&text), @"
    37:7 `opner` is not a kind of fact (did you mean `opener`?)
    38:7 `login` is not a fact: write `subject.kind`, e.g. `popup.opener`
    39:7 nothing here is called `logn` (did you mean `login`?)
    40:7 `status` cannot be asked of a window (known here: opener, handle, open, self-close, window-name, session-storage, journey, isolated, secure-context, shared-memory, messages, login, blocked)
    41:21 `opener` is never `sever` (did you mean `never`?)
    42:7 page `auth:/tokn` is not declared (did you mean `auth:/token`?)
    43:25 `self-close` is never `true` (known here: yes, no)
    44:19 `open` is one word, not a list (known here: yes, no)
    45:51 unknown engine `fierfox` (did you mean `firefox`?)
    45:66 `handle` is never `alive` (did you mean `live`?)
    45:82 an exception needs a reason
    ");
}

#[test]
fn a_base_expectation_may_fit_only_one_variant() {
    let own = "    steps: [{ open: { url: app:/ } }]\n    title: same-origin on every page\n";
    let text = with("    title: same-origin on every page\n", own)
        .replace("      login.opener: severed\n", "")
        .replace("      login.journey: [auth:/authorize connected, app:/callback severed]\n", "");
    // What the variant itself says of a window that it does not open stays a fault.
    insta::assert_snapshot!(brief(&text), @"38:7 nothing here is called `login` (known here: main)");
    let text = text
        .lines()
        .filter(|line| !line.contains("login.handle") && *line != "    expect:")
        .collect::<Vec<_>>()
        .join("\n")
        .replace("  main.isolated: no", "  main.isolated: no\n  login.open: no");
    parse("login.yaml", &text).unwrap();
    insta::assert_snapshot!(brief(&text.replace("login.open: no", "nobody.open: no")), @"32:3 nothing here is called `nobody` (known here: main, login)");
}

#[test]
fn axes_are_checked() {
    let text =
        with("steps:\n", "axes: { app: [x], unused: [a], coop: [], coep: [a, a] }\nsteps:\n")
            .replace(
                "      Cross-Origin-Opener-Policy: same-origin\n  auth",
                "      X: {coop}{coep}\n  auth",
            );
    insta::assert_snapshot!(brief(&text), @"
    25:9 `app` is the name of a site
    25:19 the axis `unused` is not used (write `{unused}` in a header line, a page or a step)
    25:38 the axis `coop` has no value
    25:52 `a` is given twice
    ");
}

/// A small scenario with axes.
fn matrix(axes: &str, page: &str, step: &str) -> String {
    format!(
        "version: 1\ntitle: t\nsites: {{ app: {{}}, auth: {{}} }}\naxes: {axes}\npages:\n  app:/:\n    \
         headers: |\n      X-App: {{app}}\n{page}\nsteps:\n  - open: {{ url: app:/ }}\n{step}\n\
         variants: {{ one: {{ kind: case, title: t }}, two: {{ kind: case, title: t }} }}\n"
    )
}

#[test]
fn a_fault_of_some_cells_names_the_first_and_is_told_once() {
    let text = matrix(
        "{ how: [direct, sideways, link, backwards], site: [app, auth], path: [/a, /b] }",
        "      X-Path: {path}\n  \"{site}:/a\": {}\n",
        "  - popup: { as: popup, url: \"{site}:{path}\", how: \"{how}\", colour: red }",
    );
    insta::assert_snapshot!(brief(&text), @"
    14:30 page `app:/b` is not declared (where site is `app` and path is `/b`) (did you mean `app:/`?)
    14:30 page `auth:/b` is not declared (where site is `auth` and path is `/b`) (did you mean `auth:/a`?)
    14:52 unknown word `backwards` (where how is `backwards`) (known here: direct, named, noopener, noreferrer, blank-then-assign, link, link-noopener)
    14:52 unknown word `sideways` (where how is `sideways`) (known here: direct, named, noopener, noreferrer, blank-then-assign, link, link-noopener)
    14:61 unknown key `colour` (known here: as, url, from, how)
    ");
}

#[test]
fn a_bad_header_line_from_a_value_is_told_where_its_placeholder_stands() {
    let text = matrix(
        "{ lines: { good: \"X-A: 1\\nX-B: 2\", bad: \"X-A: 1\\nX B: 2\", axis: \"X: {lines}\" } }",
        "      {lines}\n      X-Bad Name: 1",
        "",
    );
    insta::assert_snapshot!(brief(&text), @"
    9:7 `X B` is not a header name: letters, digits and hyphens, no spaces (where lines is `bad`)
    9:7 a value of an axis holds the axis `{lines}` (where lines is `axis`)
    10:7 `X-Bad Name` is not a header name: letters, digits and hyphens, no spaces
    ");
}

#[test]
fn placeholders_that_stand_for_nothing_are_faults() {
    let text = matrix(
        "{ how: [direct, link], none: { a: x, b: \"\" }, long: [\"a\\nb\"], two: { x: a, y: a } }",
        "      X: {none} {long} {two}\n  \"{siet}:/popup\": {}\n  \"{two}:/x\": {}\n",
        "  - popup: { as: popup, url: auth:/popup, how: \"{hwo}\" }\n  - load: { as: x, url: app:/, kind: \"{how}\" }",
    );
    insta::assert_snapshot!(brief(&text), @r#"
    4:60 the value needs a label of one line (write `long: { LABEL: "…" }`)
    9:7 `b a` has no colon: write `Name: value`
    10:3 `{siet}` is not an axis (known here: how, none, long, two)
    11:3 undefined site `a` (known here: app, auth)
    15:48 `{hwo}` is not an axis (did you mean `how`?)
    16:38 unknown word `direct` (where how is `direct`) (known here: image, script, style, frame, worker)
    16:38 unknown word `link` (where how is `link`) (known here: image, script, style, frame, worker)
    "#);
    let text = matrix("{ a: [app], b: [app] }", "  \"{a}:/\": {}\n  \"{b}:/\": {}", "");
    insta::assert_snapshot!(brief(&text), @"
    9:3 `app:/` is given twice
    10:3 `app:/` is given twice
    ");
    let values = (0..200).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let text = matrix(&format!("{{ a: [{values}], b: [{values}] }}"), "      X: {a} {b}", "");
    insta::assert_snapshot!(brief(&text), @"4:1 the axes make 40000 cells; 20000 are possible");
}

#[test]
fn shown_facts_are_checked() {
    let text = steps("  - open: { url: app:/ }")
        .replace("steps:", "show: [main.isolated, popup.opener, main.colour]\nsteps:");
    insta::assert_snapshot!(brief(&text), @"
    7:23 nothing here is called `popup` (known here: main)
    7:37 `colour` is not a kind of fact (known here: opener, handle, open, self-close, window-name, session-storage, journey, isolated, secure-context, shared-memory, messages, login, blocked, result, loading, status, readable-headers, received, performed, value)
    ");
}

#[test]
fn one_fault_in_a_shared_page_is_one_fault() {
    let text = with("  - click: { in: login,", "  - click: { in: logn,");
    insta::assert_snapshot!(faults(&text), @r##"
    error: undefined window or frame `logn`
      --> login.yaml:28:18
       |
    28 |   - click: { in: logn, on: "#allow" }
       |                  ^^^^
       |
       = help: did you mean `login`?
    "##);
}

#[test]
fn what_cannot_be_read_has_no_consequences() {
    // The popup's step is faulty; that later steps use its window is not held against them.
    let text = with("as: login, at: auth:/authorize", "as: login, at: nowhere");
    insta::assert_snapshot!(brief(&text), @"27:29 `nowhere` is not a page: write `site:/path`, e.g. `app:/callback`");
}

#[test]
fn keys_and_documents_come_once() {
    insta::assert_snapshot!(brief(&with("version: 1\n", "version: 1\nversion: 1\n")), @"2:1 `version` is given twice (first in line 1)");
    insta::assert_snapshot!(brief("a: 1\n---\nb: 2\n"), @"2:1 such a file holds one document");
    insta::assert_snapshot!(brief(&with("title: Site-wide COOP", "title: !!str COOP")), @"2:14 the tag `!!str` has no meaning here");
    insta::assert_snapshot!(brief(&with("tags: [mistake-2, login]", "? [a]\n: b")), @"3:3 a key must be a word or text");
}

#[test]
fn files_that_are_no_mapping_are_refused() {
    for text in ["", "\n\n", "# only a comment\n", "---\n"] {
        assert_eq!(brief(text), "1:1 the file is empty (start with `version: 1`)", "{text:?}");
    }
    insta::assert_snapshot!(brief("- a\n- b\n"), @"1:1 expected a mapping, found a list");
    insta::assert_snapshot!(brief("just text"), @"1:1 expected a mapping, found `just text`");
}

#[test]
fn an_empty_value_is_no_text() {
    let text = with("  auth: {}", "  auth:")
        .replace("kind: fixed", "kind:")
        .replace("\ntitle: Site-wide COOP same-origin kills the login popup", "\ntitle:");
    insta::assert_snapshot!(brief(&text), @"
    2:6 expected a text, found nothing
    13:7 expected a mapping, found nothing
    41:9 expected a word, or a mapping with one key, found nothing
    ");
    // A part that may be left out may be nothing, but a fact's word is what is written.
    for nothing in ["", " ~", " null"] {
        parse("login.yaml", &format!("lesson:{nothing}\n{}", steps("  - await-login"))).unwrap();
    }
    let scenario = parse("login.yaml", &with("is: reads-closed", "is: null")).unwrap();
    assert_eq!(scenario.file.variants["broken"].expect["login.handle"].is, "null".into());
}

#[test]
fn an_alias_bomb_does_not_go_off() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb = format!("{bomb}a{level}: &a{level} [{below}]\n");
    }
    insta::assert_snapshot!(brief(&bomb), @"5:25 too large: more than 50000 parts, those that aliases repeat included");
    insta::assert_snapshot!(brief("a: &a [*a]\n"), @"1:8 this alias stands inside what it repeats");
}

#[test]
fn deep_nesting_is_refused() {
    insta::assert_snapshot!(brief(&"[".repeat(20_000)), @"1:65 nested too deeply: more than 64 levels");
    insta::assert_snapshot!(brief(&"- ".repeat(20_000)), @"1:129 nested too deeply: more than 64 levels");
}

#[test]
fn aliases_repeat_a_part() {
    let text =
        with("  auth:/token:\n    serve: token\n", "  auth:/token: &token\n    serve: token\n")
            .replace("  app:/callback:", "  app:/token: *token\n  app:/callback:");
    let scenario = parse("login.yaml", &text).unwrap();
    let pages: Vec<_> = scenario.file.pages.values().collect();
    assert_eq!(pages[2], pages[3]);
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let text = SAMPLE.replace('\n', "\r\n");
    assert_eq!(
        parse("a.yaml", &text).unwrap().units()[0].plan,
        parse("a.yaml", SAMPLE).unwrap().units()[0].plan
    );
    let faulty = |text: &str| {
        text.replace("Policy: same-origin\r\n", "Policy same-origin\r\n")
            .replace("Policy: same-origin\n", "Policy same-origin\n")
    };
    assert_eq!(brief(&faulty(&text)), brief(&faulty(SAMPLE)));
    assert!(!faults(&faulty(&text)).to_string().contains('\r'));
}

#[test]
fn columns_count_characters() {
    let text = with("tags: [mistake-2, login]", "\"größe\": 1\ntags: [ä, [ö]]");
    insta::assert_snapshot!(faults(&text), @r#"
    error: unknown key `größe`
     --> login.yaml:3:1
      |
    3 | "größe": 1
      | ^^^^^^^
      |
      = help: known here: version, title, tags, lesson, session, sites, pages, steps, axes, show, expect, variants

    error: expected a text, found a list
     --> login.yaml:4:11
      |
    4 | tags: [ä, [ö]]
      |           ^^^
    "#);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let rendered = faults(&with("tags:", "\"\\x1b[31m\\u202e\":")).to_string();
    assert!(!rendered.contains(['\u{1b}', '\u{202e}']), "{rendered}");
    assert!(!faults("\u{1}\u{2}\u{0}").to_string().contains('\u{1}'));
}

#[test]
fn rendered_places_are_those_of_the_faults() {
    let faults = faults(&with("watches-closed: true", "watches-closed: ja, ü: 1"));
    for fault in &faults {
        let place = format!("login.yaml:{}:{}", fault.line, fault.column);
        assert!(faults.to_string().contains(&place), "{place} is not in\n{faults}");
    }
    assert!(faults.render(true).contains("\u{1b}["));
}

#[test]
fn a_damaged_file_is_read_without_panic() {
    let mut outcomes = [0, 0];
    let mut read = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        match parse("login.yaml", &text) {
            Ok(scenario) => {
                outcomes[0] += 1;
                assert!(scenario.units().len() >= scenario.file.variants.len());
            }
            Err(faults) => {
                outcomes[1] += 1;
                assert_ne!(faults.iter().count(), 0, "refused without a fault:\n{text}");
                assert!(faults.iter().all(|fault| fault.line > 0 && fault.column > 0));
                assert!(!faults.to_string().is_empty());
            }
        }
    };
    for end in 0..SAMPLE.len() {
        read(&SAMPLE.as_bytes()[..end]);
    }
    for index in 0..SAMPLE.len() {
        for byte in [b'\n', b':', b'{', b'"', b'&', 0xff] {
            let mut bytes = SAMPLE.as_bytes().to_vec();
            bytes[index] = byte;
            read(&bytes);
        }
    }
    assert!(outcomes.iter().all(|count| *count > 100), "{outcomes:?}");
}

#[test]
fn binary_garbage_is_read_without_panic() {
    // A small generator, always the same, so that a failure can be repeated.
    let mut state = 0x2545_f491_u32;
    for length in 1..400 {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state.to_le_bytes()[0]
            })
            .collect();
        let text = String::from_utf8_lossy(&bytes);
        assert_ne!(faults(&text).iter().count(), 0);
    }
}
