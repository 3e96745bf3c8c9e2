//! The units of the sample page: one for each way in which browsers can end one and the same unit.

use coopwright::report::html::{
    BrokenView, FactView, ResponseView, SnapshotView, UnitColumn, UnitView,
};

use crate::sample::{BROWSERS, HOSTILE, LACK, headers};

/// A unit that passed in all browsers, with what was observed.
pub(crate) fn unit(variant: &str, kind: &str, title: &str, opener: &str, login: &str) -> UnitView {
    let fact = |name: &str, value: &str| FactView {
        name: name.to_owned(),
        observed: Some(value.to_owned()),
        predicted: None,
    };
    let columns = BROWSERS.map(|(name, ..)| UnitColumn {
        browser: name.to_owned(),
        verdict: "passed".to_owned(),
        facts: vec![fact("login.opener", opener), fact("main.login", login)],
        cause: Some(
            "`auth:/authorize` sends no opener policy, and the opener `app:/` sends `same-origin`: a \
             page without a policy does not match a predecessor with one."
                .to_owned(),
        ),
        responses: vec![ResponseView {
            who: "login hop 1".to_owned(),
            page: "auth:/authorize".to_owned(),
            status: 200,
            headers: headers("same-origin", ""),
            deciding: true,
        }],
        ..UnitColumn::default()
    });
    UnitView {
        scenario: "site-wide-same-origin-login".to_owned(),
        scenario_title: "COOP same-origin on every page breaks the OAuth login popup".to_owned(),
        variant: variant.to_owned(),
        kind: kind.to_owned(),
        title: title.to_owned(),
        place: "scenarios/site-wide-same-origin-login.yaml:41".to_owned(),
        fix: None,
        config: Vec::new(),
        columns: columns.into(),
    }
}

fn ends(column: &mut UnitColumn, verdict: &str) {
    verdict.clone_into(&mut column.verdict);
}

pub(crate) fn units() -> Vec<UnitView> {
    let plain = unit("broken", "broken", "same-origin on every page", "severed", "waiting");

    let mut explained = unit(
        "wrong-fix-blank-first",
        "wrong fix",
        "an empty popup first, then its URL",
        "severed",
        "waiting",
    );
    let firefox = &mut explained.columns[1];
    firefox.facts[0].observed = Some("connected".to_owned());
    firefox.differs = true;
    firefox.reasons = vec!["blank-keeps-link: a popup at about:blank keeps its link".to_owned()];

    // Chromium alone is not as expected, and nothing is known of why the others are.
    let mut failed =
        unit("fixed", "fixed", "allow-popups on the opener only", "connected", "completed");
    let chromium = &mut failed.columns[0];
    ends(chromium, "failed");
    chromium.facts[0].observed = Some("severed".to_owned());
    chromium.broken = vec![BrokenView {
        fact: "login.opener".to_owned(),
        expected: "connected".to_owned(),
        observed: Some("severed".to_owned()),
        line: 58,
    }];
    failed.fix =
        Some("Send `same-origin-allow-popups` on the route that opens the popup.".to_owned());
    failed.columns[1].differs = true;
    failed.columns[2].differs = true;
    failed.columns[2].responses[0].deciding = false;

    let mut slow = unit("slow", "case", "the provider is slow", "severed", "waiting");
    let webkit = &mut slow.columns[2];
    ends(webkit, "error");
    webkit.facts.clear();
    webkit.responses.clear();
    webkit.cause = None;
    webkit.error = Some("The page hung for 30 s.".to_owned());

    let mut lacking = unit("noopener", "case", HOSTILE, "severed", "waiting");
    let firefox = &mut lacking.columns[1];
    ends(firefox, "not applicable");
    firefox.lacks = vec![LACK.to_owned()];
    firefox.facts[0].observed = Some("connected".to_owned());
    firefox.differs = true;
    firefox.reasons = vec![format!("lacks {LACK}")];

    let mut drifted = unit("drifted", "case", "as it was last year", "severed", "waiting");
    let firefox = &mut drifted.columns[1];
    ends(firefox, "failed");
    firefox.snapshot = Some(SnapshotView {
        note: "The browser has changed, not the scenario: accepted with Firefox 152.0, \
               now Firefox 153.7.0."
            .to_owned(),
        browser_changed: true,
        diff: Some("  login\n-   opener: connected\n+   opener: severed\n".to_owned()),
    });
    vec![plain, explained, failed, slow, lacking, drifted]
}
