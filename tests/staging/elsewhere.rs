//! The same of a stack of another shape: no package, frames, a popup that is opened empty, a hop on the way
//! to the form, the password on a page of its own, and an answer that comes back as a form.

use super::stack::{Front, Setup, Stack};
use super::visit::{ALL, Visit, unit};

const OPENER: &str = "Cross-Origin-Opener-Policy";
const SCENARIOS: &[&str] = &["plain/enter", "plain/refuse"];

#[test]
fn a_clean_stack_lets_everybody_in() {
    for front in [Front::None, Front::TlsElsewhere] {
        let stack = Stack::start(&Setup::plain(front));
        let visit = Visit::to(&stack, SCENARIOS);
        let (ran, _) = visit.run(&["--browser", ALL]);
        assert_eq!(ran.code, 0, "{ran}");
        visit.kept_everything_to_itself(&stack, &ran);
    }
}

/// All engines where a hop cuts, for they do not compare hops alike; each of them for some of the pages.
#[test]
fn the_page_or_hop_that_cuts_is_named() {
    for (site, path, policy, browsers) in [
        ("accounts", "/hop", "same-origin", ALL),
        ("accounts", "/password", "same-origin", "firefox"),
        ("accounts", "/who", "same-origin-allow-popups", "webkit"),
        ("store", "/return", "same-origin", "chromium,webkit"),
    ] {
        let stack = Stack::start(&Setup::plain(Front::Nginx).set(site, path, OPENER, policy));
        let visit = Visit::to(&stack, &SCENARIOS[..1]);
        let (ran, document) = visit.run(&["--browser", browsers]);
        assert_eq!(ran.code, 1, "{ran}");
        for browser in browsers.split(',') {
            let unit = unit(&document, SCENARIOS[0], browser);
            assert_eq!(unit["facts"]["enter.opener"], "severed", "{path} in {browser}: {ran}");
            let cause = unit["cause"]["sentence"].as_str().unwrap();
            assert!(cause.contains(&format!("`{site}:{path}`")), "{path} in {browser}: {cause}");
            assert!(cause.contains(&format!("{OPENER}: {policy}")), "{path} in {browser}: {cause}");
        }
        visit.kept_everything_to_itself(&stack, &ran);
    }
}
