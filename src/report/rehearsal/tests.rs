//! All four renderings of rehearsals.

use serde_json::json;

use super::RehearsalReport;
use crate::browser::Browser;
use crate::fact::FactKind;
use crate::observation::Names;
use crate::rehearsal::mix::Mix;
use crate::rehearsal::rehearsal;
use crate::rehearsal::reports::{Delivery, grouped};
use crate::rehearsal::stage::Stage;

pub(super) const LOGIN: &str = "
version: 1
title: Login in a popup
sites: { app: {}, auth: {} }
pages:
  app:/login: { headers: 'Cross-Origin-Opener-Policy: same-origin-allow-popups' }
  app:/board: { headers: 'X: 1' }
  auth:/: {}
  auth:/go: { serve: { redirect: { to: auth:/ } } }
variants:
  default:
    kind: case
    title: the login page opens a popup
    steps:
      - open: { url: app:/login }
      - popup: { as: login, url: auth:/ }
    expect: { login.opener: connected }
  through-a-redirect:
    kind: case
    title: the board opens a popup that is redirected
    steps:
      - open: { url: app:/board }
      - popup: { as: login, url: auth:/go }
  board:
    kind: case
    title: nothing but a page
    steps:
      - open: { url: app:/board }
";

pub(super) const BROWSERS: [Browser; 3] = [Browser::Chromium, Browser::Firefox, Browser::Webkit];

pub(super) fn told(stage: &Stage) -> RehearsalReport {
    RehearsalReport {
        rollout: "rollout.yaml".to_owned(),
        environment: Some("staging".to_owned()),
        rehearsal: rehearsal(&stage.before(), &stage.after(), &stage.rules()),
        mix: None,
        reports: None,
        left: 0,
    }
}

/// A text that a new version of the program does not change.
fn versionless(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

/// Two flows break, one of them by a redirect, and the board becomes isolated.
fn login() -> Stage {
    Stage::new("scenarios/login.yaml", LOGIN)
        .browsers(&BROWSERS)
        .sets("app:/login", "Cross-Origin-Opener-Policy: same-origin")
        .sets("auth:/go", "Cross-Origin-Opener-Policy: same-origin")
        .sets("app:/typo", "X: 1")
        .shows("default", "main", FactKind::Login, "completed", "cancelled")
}

#[test]
fn the_console_shows_what_breaks_and_why() {
    insta::assert_snapshot!(versionless(&told(&login()).console(80, false)), @"
    coopwright VERSION: rollout.yaml in `staging`
      C = Chromium 156.0.8078.108
      F = Firefox 153.7.0
      W = WebKitGTK 2.50.6

      C F W
      ✗ ✗ ✗  login › default  the login page opens a popup
      ✗ ✗ ✗  login › through-a-redirect  the board opens a popup that is redirected
      ✓ ✓ ✓  login › board  nothing but a page
      ✗ breaks   ✓ the same

    1) BREAKS login › default in Chromium, Firefox, WebKitGTK
       scenarios/login.yaml:11
       ✗ the login in `main` does not complete any more: the app takes it as
         cancelled
           main.login completed → cancelled
       ✗ the popup `login` loses its opener
           login.opener connected → severed (the scenario expects connected)
       ✗ to the page that opened it, the popup `login` reads as closed
           login.handle live → reads-closed
       ✗ on its way the popup `login` is cut off at `auth:/`
           login.journey auth:/ connected → auth:/ severed

       decided by
         app:/login 200 rule 1 (rollout.yaml:3)
           cross-origin-opener-policy: same-origin-allow-popups → same-origin
         `login` was cut off by `auth:/`, which sends no
           `Cross-Origin-Opener-Policy`, while its opener, `app:/login`, sends
           `Cross-Origin-Opener-Policy: same-origin`: a page without a policy does
           not match a predecessor with one

    2) BREAKS login › through-a-redirect in Chromium, Firefox, WebKitGTK
       scenarios/login.yaml:18
       ✗ the popup `login` loses its opener
           login.opener connected → severed
       ✗ to the page that opened it, the popup `login` reads as closed
           login.handle live → reads-closed
       ✗ on its way the popup `login` is cut off at `auth:/`
           login.journey auth:/ connected → auth:/ severed

       decided by
         auth:/go 302 rule 2 (rollout.yaml:5)
           cross-origin-opener-policy: (none) → same-origin
         `login` was cut off by `auth:/go` (response 1 of 2 on the way to
           `auth:/`), which sends `Cross-Origin-Opener-Policy: same-origin`, while
           its opener, `app:/board`, sends no `Cross-Origin-Opener-Policy`: a page
           with a policy does not match a predecessor without one

    A trial as report-only would not have told
       login › through-a-redirect
         Chromium: a redirect cuts the link, and no page of it is left to report
           an access that is lost; at most it reports `navigation-to-response`, to
           an endpoint that the redirect itself names (login.opener, login.handle,
           login.journey)
         Firefox, WebKitGTK: no reports of these policies are sent here
           (login.opener, login.handle, login.journey)
    Of breaks in 1 flow Chromium's reports would have told, on https and with
      endpoints set.

    Rules
       1 rollout.yaml:3 changed 3 of 3 responses: app:/login: set
         Cross-Origin-Opener-Policy: same-origin
       2 rollout.yaml:5 changed 3 of 3 responses: auth:/go: set
         Cross-Origin-Opener-Policy: same-origin
       3 rollout.yaml:7 changed 0 of 0 responses: app:/typo: set X: 1
       warning: rule 3 (rollout.yaml:7) changed no response: none of these flows has
                a response for it: look at its site, path, kind and status

    of 3 flows: 2 break, 1 the same
    ");
}

#[test]
fn the_console_stays_in_its_columns() {
    for width in [60, 80, 100] {
        let text = told(&login()).console(width, false);
        let widest = text.lines().map(console::measure_text_width).max();
        assert!(widest <= Some(width), "{widest:?} of {width}: {text}");
    }
    assert!(told(&login()).console(80, true).contains("\u{1b}["), "colour where it is wanted");
}

#[test]
fn markdown_fits_a_pull_request() {
    insta::assert_snapshot!(versionless(&told(&login()).markdown()), @"
    ### Header rollout rehearsed: ✗ this rollout breaks flows

    `rollout.yaml` in `staging` · of 3 flows: 2 break, 1 the same

    | flow | Chromium 156.0.8078.108 | Firefox 153.7.0 | WebKitGTK 2.50.6 |
    |---|---|---|---|
    | `login › default` | ✗ breaks | ✗ breaks | ✗ breaks |
    | `login › through-a-redirect` | ✗ breaks | ✗ breaks | ✗ breaks |
    | `login › board` | ✓ the same | ✓ the same | ✓ the same |

    > [!WARNING]
    > rule 3 (rollout.yaml:7) changed no response: none of these flows has a response for it: look at its site, path, kind and status

    <details open><summary>✗ <b>breaks</b> <code>login › default</code> in Chromium, Firefox, WebKitGTK</summary>

    `scenarios/login.yaml:11`

    - ✗ the login in `main` does not complete any more: the app takes it as cancelled  
      `main.login`: `completed` → `cancelled`
    - ✗ the popup `login` loses its opener  
      `login.opener`: `connected` → `severed` (the scenario expects `connected`)
    - ✗ to the page that opened it, the popup `login` reads as closed  
      `login.handle`: `live` → `reads-closed`
    - ✗ on its way the popup `login` is cut off at `auth:/`  
      `login.journey`: `auth:/ connected` → `auth:/ severed`

    Decided by `app:/login` (200), `cross-origin-opener-policy`: `same-origin-allow-popups` → `same-origin`, rule 1 (rollout.yaml:3)

    `login` was cut off by `auth:/`, which sends no `Cross-Origin-Opener-Policy`, while its opener, `app:/login`, sends `Cross-Origin-Opener-Policy: same-origin`: a page without a policy does not match a predecessor with one

    </details>

    <details open><summary>✗ <b>breaks</b> <code>login › through-a-redirect</code> in Chromium, Firefox, WebKitGTK</summary>

    `scenarios/login.yaml:18`

    - ✗ the popup `login` loses its opener  
      `login.opener`: `connected` → `severed`
    - ✗ to the page that opened it, the popup `login` reads as closed  
      `login.handle`: `live` → `reads-closed`
    - ✗ on its way the popup `login` is cut off at `auth:/`  
      `login.journey`: `auth:/ connected` → `auth:/ severed`

    Decided by `auth:/go` (302), `cross-origin-opener-policy`: `(none)` → `same-origin`, rule 2 (rollout.yaml:5)

    `login` was cut off by `auth:/go` (response 1 of 2 on the way to `auth:/`), which sends `Cross-Origin-Opener-Policy: same-origin`, while its opener, `app:/board`, sends no `Cross-Origin-Opener-Policy`: a page with a policy does not match a predecessor without one

    </details>

    #### A trial as report-only would not have told

    - `login › through-a-redirect`
      - Chromium: a redirect cuts the link, and no page of it is left to report an access that is lost; at most it reports `navigation-to-response`, to an endpoint that the redirect itself names (`login.opener`, `login.handle`, `login.journey`)
      - Firefox, WebKitGTK: no reports of these policies are sent here (`login.opener`, `login.handle`, `login.journey`)

    Of breaks in 1 flow Chromium's reports would have told, on https and with endpoints set.

    <details><summary>Rules</summary>

    | | place | rule | responses changed | of |
    |---|---|---|---|---|
    | 1 | `rollout.yaml:3` | `app:/login: set Cross-Origin-Opener-Policy: same-origin` | 3 | 3 |
    | 2 | `rollout.yaml:5` | `auth:/go: set Cross-Origin-Opener-Policy: same-origin` | 3 | 3 |
    | 3 | `rollout.yaml:7` | `app:/typo: set X: 1` | 0 | 0 |

    </details>

    <sub>coopwright VERSION</sub>
    ");
}

/// One flow, which breaks.
fn one_flow() -> Stage {
    let (yaml, _) = LOGIN.split_once("  through-a-redirect:").unwrap();
    Stage::new("scenarios/login.yaml", yaml)
        .sets("app:/login", "Cross-Origin-Opener-Policy: same-origin")
}

#[test]
fn json_has_all_of_it() {
    let mut document = told(&one_flow()).json(&[], &[]);
    let changes = document["flows"][0]["browsers"][0]["changes"].as_array_mut().unwrap();
    assert_eq!(changes.len(), 3);
    changes.truncate(1);
    insta::assert_snapshot!(versionless(&serde_json::to_string_pretty(&document).unwrap()), @r#"
    {
      "version": 1,
      "coopwright": "VERSION",
      "rollout": "rollout.yaml",
      "environment": "staging",
      "browsers": [
        {
          "name": "chromium",
          "engine": "chromium",
          "version": "156.0.8078.108"
        }
      ],
      "breaks": true,
      "rules": [
        {
          "place": "rollout.yaml:3",
          "says": "app:/login: set Cross-Origin-Opener-Policy: same-origin",
          "headers": [
            "cross-origin-opener-policy"
          ],
          "matched": 1,
          "changed": 1
        }
      ],
      "flows": [
        {
          "name": "login › default",
          "title": "the login page opens a popup",
          "place": "scenarios/login.yaml:11",
          "browsers": [
            {
              "browser": "chromium",
              "outcome": "breaks",
              "before": "passed",
              "after": "failed",
              "touched": true,
              "untested": null,
              "fault": null,
              "changes": [
                {
                  "fact": "login.opener",
                  "before": "connected",
                  "after": "severed",
                  "effect": "breaks",
                  "says": "the popup `login` loses its opener",
                  "expected": "connected",
                  "decided": {
                    "by": [
                      {
                        "page": "app:/login",
                        "status": 200,
                        "header": "cross-origin-opener-policy",
                        "before": [
                          "same-origin-allow-popups"
                        ],
                        "after": [
                          "same-origin"
                        ],
                        "rules": [
                          0
                        ]
                      }
                    ],
                    "sure": true
                  },
                  "because": "`login` was cut off by `auth:/`, which sends no `Cross-Origin-Opener-Policy`, while its opener, `app:/login`, sends `Cross-Origin-Opener-Policy: same-origin`: a page without a policy does not match a predecessor with one",
                  "report-only": {
                    "told": "yes"
                  }
                }
              ]
            }
          ]
        }
      ],
      "mix": null,
      "reports": null,
      "not-run": 0,
      "before": {
        "units": []
      },
      "after": {
        "units": []
      }
    }
    "#);
}

#[test]
fn html_is_one_page_without_script() {
    let html = told(&one_flow()).html();
    let (head, body) = html.split_once("<body>").unwrap();
    assert!(head.contains("default-src 'none'; style-src 'sha256-"), "{head}");
    assert!(!html.contains("<script"));
    assert_eq!(html, told(&one_flow()).html());
    insta::assert_snapshot!(versionless(body.trim()), @r#"
    <main>
    <header class="masthead"><h1>This rollout breaks flows</h1><p>
    <span><code>rollout.yaml</code></span><span>in <code>staging</code></span><span>of 1 flow: 1 breaks</span></p></header>
    <table class="flows"><thead><tr><th>flow</th><th>Chromium <span class="version">156.0.8078.108</span></th></tr></thead><tbody>
    <tr><th>login › default<span class="title">the login page opens a popup</span></th><td><span class="outcome breaks">✗ breaks</span></td></tr>
    </tbody></table>
    <section class="part"><h2>What changes</h2>
    <details class="entry breaks" open><summary><span class="outcome breaks">✗ breaks</span> <b>login › default</b> in Chromium</summary>
    <p class="place"><code>scenarios/login.yaml:11</code></p>
    <ul class="changes">
    <li><span class="effect breaks">✗</span>the popup <code>login</code> loses its opener<span class="fact"><code>login.opener</code>: connected → severed (the scenario expects <code>connected</code>)</span></li>
    <li><span class="effect breaks">✗</span>to the page that opened it, the popup <code>login</code> reads as closed<span class="fact"><code>login.handle</code>: live → reads-closed</span></li>
    <li><span class="effect breaks">✗</span>on its way the popup <code>login</code> is cut off at <code>auth:/</code><span class="fact"><code>login.journey</code>: auth:/ connected → auth:/ severed</span></li>
    </ul>
    <h4>Decided by</h4>
    <div class="response deciding"><h4><span class="who">app:/login</span> <span class="page">200</span> <span class="tag">rule 1 (rollout.yaml:3)</span></h4><ul class="headers"><li><b>cross-origin-opener-policy:</b> <span class="gone">same-origin-allow-popups</span> → same-origin</li></ul></div>
    <p class="because"><code>login</code> was cut off by <code>auth:/</code>, which sends no <code>Cross-Origin-Opener-Policy</code>, while its opener, <code>app:/login</code>, sends <code>Cross-Origin-Opener-Policy: same-origin</code>: a page without a policy does not match a predecessor with one</p>
    </details>
    </section>
    <section class="part">
    <p>Of breaks in 1 flow Chromium&#39;s reports would have told, on https and with endpoints set.</p>
    </section>
    <section class="part"><h2>Rules</h2><table class="plain"><thead><tr><th></th><th>place</th><th>rule</th><th>responses changed</th><th>of</th></tr></thead><tbody>
    <tr><td>1</td><td><code>rollout.yaml:3</code></td><td><code>app:/login: set Cross-Origin-Opener-Policy: same-origin</code></td><td>1</td><td>1</td></tr>
    </tbody></table></section>
    <footer class="quiet">coopwright VERSION</footer>
    </main>
    </body>
    </html>
    "#);
}

#[test]
fn isolation_is_told_as_a_gain() {
    let stage = Stage::new("scenarios/login.yaml", LOGIN)
        .browsers(&BROWSERS)
        .sets(
            "app:/board",
            "Cross-Origin-Opener-Policy: same-origin\nCross-Origin-Embedder-Policy: require-corp",
        )
        .sets("auth:/go", "Cross-Origin-Opener-Policy: -");
    let report = told(&stage);
    let text = report.console(80, false);
    assert!(text.contains("NEWLY WORKS login › board in Chromium, Firefox\n"), "{text}");
    assert!(text.contains("+ `main` is cross-origin isolated"), "{text}");
    assert!(text.contains("warning: rule 2 (rollout.yaml:5) changed no response"), "{text}");
    assert!(report.breaks(), "the redirected popup is cut");
}

#[test]
fn nothing_is_told_as_nothing() {
    let stage = Stage::new("scenarios/login.yaml", LOGIN).sets("app:/typo", "X: 1");
    let report = told(&stage);
    assert!(!report.breaks() && !report.differs() && !report.is_incomplete());
    insta::assert_snapshot!(versionless(&report.console(80, false)), @"
    coopwright VERSION: rollout.yaml in `staging`
      C = Chromium 156.0.8078.108

      C
      ✓  login › default  the login page opens a popup
      ✓  login › through-a-redirect  the board opens a popup that is redirected
      ✓  login › board  nothing but a page
      ✓ the same

    Rules
       1 rollout.yaml:3 changed 0 of 0 responses: app:/typo: set X: 1
       warning: no rule is for any response that came, so nothing was rehearsed:
                look at the sites, paths, kinds and statuses of the rollout

    of 3 flows: 3 the same
    ");
}

#[test]
fn a_trial_tells_its_reports() {
    let stage = Stage::new("scenarios/login.yaml", LOGIN).sets("app:/login", "X: 2");
    let mut report = told(&stage);
    let body = json!([
        { "type": "coop", "url": "https://app.example/login?state=1", "body": {
            "type": "access-from-coop-page-to-openee", "disposition": "reporting",
            "effectivePolicy": "same-origin", "property": "closed" } },
        { "type": "coop", "url": "https://auth.example/", "body": {
            "type": "access-to-coop-page-from-opener", "disposition": "reporting",
            "effectivePolicy": "same-origin", "property": "closed" } },
        { "type": 1 },
    ]);
    report.reports = Some(grouped(&[Delivery {
        flow: "login › default".to_owned(),
        body,
        names: Names::default(),
    }]));
    assert!(report.breaks());
    let console = report.console(80, false);
    let part = console.split("Reported in the trial").nth(1).unwrap();
    insta::assert_snapshot!(part.split("Rules\n").next().unwrap(), @"

       coop access-from-coop-page-to-openee × 1  https://app.example/login
         policy same-origin; closed
         in login › default
         fix: the page opened a popup and they need each other: send
           `same-origin-allow-popups` on this page
       coop access-to-coop-page-from-opener × 1  https://auth.example/
         policy same-origin; closed
         in login › default
         perhaps nothing: a page of another origin only reads `closed`; unless
           that page is yours, it is known noise
       1 report could not be read.
    ");
    let markdown = report.markdown();
    let part = markdown.split("#### Reported in the trial").nth(1).unwrap();
    insta::assert_snapshot!(part.split("<details>").next().unwrap(), @"


    | report | page | about | flows | times | what to do |
    |---|---|---|---|---|---|
    | `coop access-from-coop-page-to-openee` | `https://app.example/login` | `closed` | `login › default` | 1 | the page opened a popup and they need each other: send `same-origin-allow-popups` on this page |
    | `coop access-to-coop-page-from-opener` | `https://auth.example/` | `closed` | `login › default` | 1 | perhaps nothing: a page of another origin only reads `closed`; unless that page is yours, it is known noise |

    1 report could not be read.
    ");
    assert!(report.html().contains("<h2>Reported in the trial</h2>"));
    assert_eq!(report.json(&[], &[])["reports"]["unreadable"], 1);
}

#[test]
fn a_mixture_tells_its_patterns() {
    let yaml = LOGIN.replacen("url: auth:/ }", "url: app:/board }", 1);
    let coop = "Cross-Origin-Opener-Policy: same-origin";
    let stage =
        Stage::new("scenarios/login.yaml", &yaml).sets("app:/login", coop).sets("app:/board", coop);
    let (before, after) = (stage.before(), stage.after());
    let mut mix = Mix::new(50, 7, &before, &after);
    for new in ["app:/login", "app:/board"] {
        mix.add(&before, &after, &stage.mixed(&|page| page == new));
    }
    mix.add(&before, &after, &stage.mixed(&|_| true));
    let mut report = told(&stage);
    report.mix = Some(mix);
    let console = report.console(80, false);
    let part = console.split("Part of the responses new").nth(1).unwrap();
    insta::assert_snapshot!(part.split("Rules\n").next().unwrap(), @"
    : 50 %, 3 rounds, seed 7
       ✗ login › default in Chromium
           broke in 2 of 3 rounds, though the whole rollout does not
           app:/login old, app:/board new: broke 1, held 0
           app:/login new, app:/board old: broke 1, held 0
           app:/login new, app:/board new: broke 0, held 1
       ✗ login › through-a-redirect in Chromium
           broke in 2 of 3 rounds
           app:/board new: broke 2, held 0
           app:/board old: broke 0, held 1
       ✓ login › board in Chromium
           held in all of 3 rounds
    ");
    let markdown = report.markdown();
    assert!(markdown.contains("#### Part of the responses new: 50 %, 3 rounds, seed 7"));
    assert!(report.html().contains("app:/login new, app:/board old: broke 1, held 0"));
    assert_eq!(report.json(&[], &[])["mix"]["rounds"], 3);
}
