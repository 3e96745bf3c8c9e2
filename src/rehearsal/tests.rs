//! Whole rehearsals, on what the model says that browsers show.

use super::mix::Mix;
use super::stage::Stage;
use super::{Blindness, Change, Column, Effect, Outcome, Rehearsal, ReportOnly, rehearsal};
use crate::browser::Browser;
use crate::fact::FactKind;

const COOP: &str = "Cross-Origin-Opener-Policy";

/// A page with a popup of another site, which may come back.
const POPUP: &str = "
version: 1
title: A popup
sites: { app: {}, auth: {}, mid: {}, wid: {} }
pages:
  app:/: { headers: 'X: 1' }
  app:/in: { headers: 'X: 1' }
  app:/done: { headers: 'X: 1' }
  auth:/: { headers: 'X: 1' }
  app:/go: { serve: { redirect: { to: auth:/ } } }
  mid:/go: { serve: { redirect: { to: auth:/ } } }
  auth:/back: { serve: { redirect: { to: app:/done } } }
  wid:/: { headers: 'X: 1' }
steps:
  - open: { url: app:/ }
STEPS
variants:
  default: { kind: case, title: as it is }
";

fn popup(steps: &str) -> Stage {
    Stage::new("popup.yaml", &POPUP.replace("STEPS", steps))
}

fn rehearsed(stage: &Stage) -> Rehearsal {
    rehearsal(&stage.before(), &stage.after(), &stage.rules())
}

fn only(rehearsal: &Rehearsal) -> &Column {
    &rehearsal.flows[0].columns[0]
}

fn change<'a>(column: &'a Column, fact: &str) -> &'a Change {
    let found = column.changes.iter().find(|change| change.fact.to_string() == fact);
    found.unwrap_or_else(|| panic!("{fact} is not among {:#?}", column.changes))
}

/// The deciding headers of a change, each with its rules.
fn deciders(change: &Change) -> Vec<String> {
    let by = change.decided.by.iter();
    by.map(|by| {
        let (page, header) = (&by.page, &by.header);
        format!("{page} {header}: {} -> {} {:?}", by.before.join("+"), by.after.join("+"), by.rules)
    })
    .collect()
}

#[test]
fn a_popup_that_loses_its_opener_breaks_and_its_header_is_found() {
    let stage = popup("  - popup: { as: pay, url: auth:/ }")
        .sets("auth:/", "X-Frame-Options: DENY")
        .sets("app:/", "Permissions-Policy: camera=()\nCross-Origin-Opener-Policy: same-origin");
    let rehearsal = rehearsed(&stage);
    let column = only(&rehearsal);
    assert_eq!(column.outcome, Outcome::Breaks);
    assert!(column.touched);
    let opener = change(column, "pay.opener");
    assert_eq!(opener.says, "the popup `pay` loses its opener");
    assert_eq!(deciders(opener), ["app:/ cross-origin-opener-policy:  -> same-origin [1]"]);
    assert!(opener.decided.sure);
    let because = opener.because.as_deref().unwrap();
    assert!(because.starts_with("`pay` was cut off by `auth:/`"), "{because}");
    assert_eq!(column.changes[0].fact.kind, FactKind::Opener, "what matters most is first");
    assert_eq!(opener.report_only, Some(ReportOnly::Yes));
    let responses: Vec<usize> = rehearsal.rules.iter().map(|rule| rule.changed).collect();
    assert_eq!(responses, [1, 1]);
}

#[test]
fn a_login_is_put_down_to_the_link_that_it_goes_by() {
    let stage = popup("  - popup: { as: pay, url: auth:/ }")
        .sets("app:/", "Cross-Origin-Opener-Policy: same-origin")
        .sets("app:/done", "Cross-Origin-Opener-Policy: same-origin")
        .shows("popup", "main", FactKind::Login, "completed", "cancelled")
        .shows(
            "popup",
            "main",
            FactKind::Messages,
            vec!["done from auth: accepted".to_owned()],
            vec![],
        );
    let rehearsal = rehearsed(&stage);
    let column = only(&rehearsal);
    for (fact, says) in [
        (
            "main.login",
            "the login in `main` does not complete any more: the app takes it as cancelled",
        ),
        ("main.messages", "`main` does not get the message `done from auth` any more"),
    ] {
        let change = change(column, fact);
        assert_eq!(change.says, says);
        assert_eq!(deciders(change), ["app:/ cross-origin-opener-policy:  -> same-origin [0]"]);
        assert!(change.decided.sure);
        assert_eq!(change.report_only, Some(ReportOnly::Yes));
    }
    assert_eq!(column.changes[0].fact.kind, FactKind::Login);
}

#[test]
fn isolation_is_put_down_to_both_of_its_headers() {
    let stage = popup("")
        .sets("app:/", "Cross-Origin-Opener-Policy: same-origin")
        .sets("app:/", "Cross-Origin-Embedder-Policy: require-corp");
    let rehearsal = rehearsed(&stage);
    let column = only(&rehearsal);
    assert_eq!(column.outcome, Outcome::Works);
    let isolated = change(column, "main.isolated");
    assert_eq!(
        (isolated.effect, isolated.says.as_str()),
        (Effect::Works, "`main` is cross-origin isolated")
    );
    assert_eq!(
        deciders(isolated),
        [
            "app:/ cross-origin-embedder-policy:  -> require-corp [1]",
            "app:/ cross-origin-opener-policy:  -> same-origin [0]",
        ]
    );
    assert_eq!(isolated.report_only, None, "nothing breaks");
}

#[test]
fn a_blocked_resource_is_put_down_to_the_document_that_blocks_it() {
    let yaml = POPUP
        .replace("  wid:/: { headers: 'X: 1' }", "  wid:/i.png: { serve: image }")
        .replace("STEPS", "  - load: { as: logo, url: wid:/i.png, kind: image }");
    let stage = Stage::new("popup.yaml", &yaml);
    let coep = stage.sets("app:/", "Cross-Origin-Embedder-Policy: require-corp");
    let rehearsal = rehearsed(&coep);
    let logo = change(only(&rehearsal), "logo.loading");
    assert_eq!(logo.says, "the resource `logo` is blocked");
    assert_eq!(deciders(logo), ["app:/ cross-origin-embedder-policy:  -> require-corp [0]"]);
    assert_eq!(logo.report_only, Some(ReportOnly::Yes));

    let corp = Stage::new("popup.yaml", &yaml)
        .sets("wid:/i.png", "Cross-Origin-Resource-Policy: same-origin");
    let rehearsal = rehearsed(&corp);
    let logo = change(only(&rehearsal), "logo.loading");
    assert_eq!(deciders(logo), ["wid:/i.png cross-origin-resource-policy:  -> same-origin [0]"]);
    assert_eq!(logo.report_only, Some(ReportOnly::No(Blindness::NoSuchForm)));
}

#[test]
fn an_expectation_makes_a_break_of_what_would_only_differ() {
    let yaml = POPUP.replace("STEPS", "").replace(
        "title: as it is }",
        "title: as it is, steps: [open: { url: app:/ }, evaluate: { as: name, script: return 1 }], \
         expect: { name.value: ada } }",
    );
    let told = |before: &'static str, after: &'static str| {
        let stage = Stage::new("popup.yaml", &yaml)
            .sets("app:/", "Cross-Origin-Opener-Policy: same-origin")
            .shows("popup", "name", FactKind::Value, before, after);
        let rehearsal = rehearsed(&stage);
        let Change { effect, expected, decided, .. } = change(only(&rehearsal), "name.value");
        (*effect, expected.clone(), decided.sure)
    };
    assert_eq!(told("ada", "eve"), (Effect::Breaks, Some("ada".into()), false));
    assert_eq!(told("eve", "ada"), (Effect::Works, None, false));
    assert_eq!(told("eve", "bob"), (Effect::Differs, None, false));
}

#[test]
fn an_error_is_a_break_only_where_there_was_none() {
    let stage = popup("").sets("app:/", "Cross-Origin-Opener-Policy: same-origin");
    let fail = |mut reports: Vec<crate::event::UnitReport>| {
        reports[0].verdict = crate::verdict::Verdict::Error;
        reports[0].error = Some("no element matches `#pay`".to_owned());
        reports[0].observation = None;
        reports
    };
    let broke = rehearsal(&stage.before(), &fail(stage.after()), &stage.rules());
    assert_eq!(only(&broke).outcome, Outcome::Breaks);
    assert_eq!(only(&broke).fault.as_ref().unwrap().says, "no element matches `#pay`");
    let untested = rehearsal(&fail(stage.before()), &stage.after(), &stage.rules());
    assert_eq!(only(&untested).outcome, Outcome::Untested);
    assert!(only(&untested).fault.is_none());
}

#[test]
fn rules_that_match_nothing_are_told() {
    let stage = popup("  - popup: { as: pay, url: auth:/ }").sets("app:/typo", "X: 1");
    let rehearsal = rehearsed(&stage);
    assert!(rehearsal.is_idle());
    assert_eq!(only(&rehearsal).outcome, Outcome::Same);
    assert!(!only(&rehearsal).touched);
}

/// What Chromium 156 was measured to report of such trials: everything, the way alone, or nothing.
#[test]
fn blindness_is_as_measured() {
    use Blindness::{FromFrame, NoSuchForm, RedirectHop, SandboxedFrame};
    use ReportOnly::{Barely, No, Yes};
    const SAME: &str = "Cross-Origin-Opener-Policy: same-origin";
    const ALLOW: &str = "Cross-Origin-Opener-Policy: same-origin-allow-popups";
    const NOOPENER: &str = "Cross-Origin-Opener-Policy: noopener-allow-popups";
    let direct = "  - popup: { as: pay, url: auth:/ }";
    let through = |url: &str| format!("  - popup: {{ as: pay, url: '{url}' }}");
    let framed = |url: &str, sandbox: &str| {
        format!(
            "  - frame: {{ as: widget, url: '{url}'{sandbox} }}\n  \
             - popup: {{ as: pay, url: auth:/, from: widget }}"
        )
    };
    let boxed = ", sandbox: allow-scripts allow-popups";
    let escaping = ", sandbox: allow-scripts allow-popups allow-popups-to-escape-sandbox";
    type Row<'a> = (&'a str, String, Vec<(&'static str, &'a str)>, ReportOnly);
    #[rustfmt::skip]
    let table: Vec<Row<'_>> = vec![
        ("A: opener", direct.into(), vec![("app:/", SAME)], Yes),
        ("B: popup", direct.into(), vec![("auth:/", SAME)], Yes),
        ("C: redirect", through("mid:/go"), vec![("mid:/go", SAME)], Barely(RedirectHop)),
        ("H: redirect of the opener's site", through("app:/go"), vec![("app:/go", SAME)], Barely(RedirectHop)),
        ("P: that and the opener", through("app:/go"), vec![("app:/", SAME), ("app:/go", SAME)], Yes),
        ("D: foreign frame, top", framed("wid:/", ""), vec![("app:/", SAME)], No(FromFrame)),
        ("D2: foreign frame, popup", framed("wid:/", ""), vec![("auth:/", SAME)], Barely(FromFrame)),
        ("D3: own frame, top", framed("app:/in", ""), vec![("app:/", SAME)], Yes),
        ("D4: own frame, popup", framed("app:/in", ""), vec![("auth:/", SAME)], Yes),
        ("E: sandbox, popup", framed("wid:/", boxed), vec![("auth:/", SAME)], No(SandboxedFrame)),
        ("E5: escaping sandbox, popup", framed("wid:/", escaping), vec![("auth:/", SAME)], Barely(FromFrame)),
        ("N: sandbox, top", framed("wid:/", boxed), vec![("app:/", SAME)], No(SandboxedFrame)),
        ("F: comes back to the opener's site", through("auth:/back"), vec![("app:/", ALLOW), ("app:/done", ALLOW)], Yes),
        ("I: noopener-allow-popups", direct.into(), vec![("auth:/", NOOPENER)], Yes),
        ("taken away", direct.into(), vec![("app:/", "Cross-Origin-Opener-Policy: -")], No(NoSuchForm)),
    ];
    for (name, steps, rules, expected) in table {
        let mut stage = popup(&steps);
        if name == "taken away" {
            // Popup and opener have the same policy, and the opener's goes.
            let yaml = POPUP
                .replace("STEPS", &through("app:/done"))
                .replace("'X: 1'", "'Cross-Origin-Opener-Policy: same-origin'");
            stage = Stage::new("popup.yaml", &yaml);
        }
        for (page, headers) in rules {
            stage = stage.sets(page, headers);
        }
        let rehearsal = rehearsed(&stage);
        let column = only(&rehearsal);
        let told = column.changes.iter().find(|change| change.effect == Effect::Breaks);
        let told = told.unwrap_or_else(|| panic!("{name}: nothing breaks in {column:#?}"));
        assert_eq!(told.report_only, Some(expected), "{name}: {told:#?}");
    }
}

#[test]
fn engines_that_send_no_reports_tell_nothing() {
    let stage = popup("  - popup: { as: pay, url: auth:/ }")
        .browsers(&[Browser::Chromium, Browser::Firefox, Browser::Webkit])
        .sets("app:/", "Cross-Origin-Opener-Policy: same-origin");
    let rehearsal = rehearsed(&stage);
    let told: Vec<_> = rehearsal.flows[0]
        .columns
        .iter()
        .map(|column| change(column, "pay.opener").report_only.unwrap())
        .collect();
    let silent = ReportOnly::No(Blindness::Engine);
    assert_eq!(told, [ReportOnly::Yes, silent, silent]);
    assert_eq!(rehearsal.browsers.len(), 3);
}

#[test]
fn a_mixture_breaks_what_neither_old_nor_new_breaks() {
    // The same policy on both pages of one site keeps the link; on one of them alone it cuts it.
    let stage = popup("  - popup: { as: pay, url: app:/done }")
        .sets("app:/", &format!("{COOP}: same-origin"))
        .sets("app:/done", &format!("{COOP}: same-origin"));
    let (before, after) = (stage.before(), stage.after());
    let mut mix = Mix::new(50, 7, &before, &after);
    for is_new in [
        &(|page: &str| page == "app:/") as &dyn Fn(&str) -> bool,
        &|page: &str| page == "app:/done",
        &|_: &str| true,
        &|page: &str| page == "app:/",
    ] {
        mix.add(&before, &after, &stage.mixed(is_new));
    }
    let column = &mix.flows[0].columns[0];
    assert_eq!((mix.rounds, column.tested, column.broke), (4, 4, 3));
    assert_eq!(column.whole, Outcome::Same);
    assert!(column.breaks_only_mixed());
    let told: Vec<_> = column
        .patterns
        .iter()
        .map(|pattern| {
            let responses = pattern.responses.iter();
            let responses: Vec<String> = responses
                .map(|(page, new)| format!("{page} {}", if *new { "new" } else { "old" }))
                .collect();
            (responses.join(", "), pattern.broke, pattern.held)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("app:/ new, app:/done old".to_owned(), 2, 0),
            ("app:/ old, app:/done new".to_owned(), 1, 0),
            ("app:/ new, app:/done new".to_owned(), 0, 1),
        ]
    );
}
