//! Trying policies out: the header lines of a response under changed policies that only report.

use super::structured::{self, Bare, Item};
use super::{DocumentIsolation, EmbedderPolicy, OpenerPolicy};

/// The name of the endpoint that is put in.
const ENDPOINT: &str = "coopwright";

/// The headers of which there is a form that only reports, each with that form.
const PAIRS: &[(&str, &str)] = &[
    (OpenerPolicy::NAME, OpenerPolicy::REPORT_ONLY),
    (EmbedderPolicy::NAME, EmbedderPolicy::REPORT_ONLY),
    (DocumentIsolation::NAME, DocumentIsolation::REPORT_ONLY),
];

/// Headers that change nothing but what is reported.
const REPORTING: &[&str] = &["Reporting-Endpoints", "Report-To", "NEL"];

/// The name of the form that only reports, of a header that has one.
#[must_use]
pub fn report_only_name(name: &str) -> Option<&'static str> {
    PAIRS.iter().find(|(enforced, _)| enforced.eq_ignore_ascii_case(name)).map(|(_, tried)| *tried)
}

/// What a response is sent with to try a change out: it is as `before`, but policies that `after` sets
/// otherwise are there in their report-only form, with reports to `address`. What has no such form (CORP,
/// CORS, a policy that is taken away) stays as it was.
#[must_use]
pub fn as_report_only(
    before: &[(String, String)],
    after: &[(String, String)],
    address: &str,
) -> Vec<(String, String)> {
    let reports = |name: &str| {
        REPORTING.iter().chain(PAIRS.iter().map(|(_, tried)| tried)).any(|n| is(n, name))
    };
    let mut lines: Vec<_> = before.iter().filter(|(name, _)| !reports(name)).cloned().collect();
    let mut tried: Vec<(String, String)> = Vec::new();
    for (enforced, report_only) in PAIRS {
        if values(before, enforced).eq(values(after, enforced)) {
            continue;
        }
        let values = values(after, enforced).map(with_endpoint);
        tried.extend(values.map(|value| ((*report_only).to_owned(), value)));
    }
    let is_tried = |name: &str| tried.iter().any(|(tried, _)| is(tried, name));
    lines.extend(after.iter().filter(|(name, _)| reports(name) && !is_tried(name)).cloned());
    if !tried.is_empty() {
        lines.append(&mut tried);
        lines.push(("Reporting-Endpoints".to_owned(), format!("{ENDPOINT}=\"{address}\"")));
    }
    lines
}

/// The headers in which two responses differ, in lower case, sorted.
#[must_use]
pub fn changed_headers(before: &[(String, String)], after: &[(String, String)]) -> Vec<String> {
    let names = before.iter().chain(after).map(|(name, _)| name.to_ascii_lowercase());
    let mut names: Vec<String> =
        names.filter(|name| !values(before, name).eq(values(after, name))).collect();
    names.sort();
    names.dedup();
    names
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn values<'a>(
    lines: &'a [(String, String)],
    name: &str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let name = name.to_owned();
    lines.iter().filter(move |(line, _)| is(line, &name)).map(|(_, value)| value.as_str())
}

/// The value with the endpoint in place of another one. What browsers cannot read stays as it is.
fn with_endpoint(value: &str) -> String {
    let Some(Item { bare: Bare::Token(token), parameters }) = structured::item(value) else {
        return value.to_owned();
    };
    // Other parameters mean nothing to browsers.
    drop(parameters);
    format!("{token}; report-to=\"{ENDPOINT}\"")
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const ADDRESS: &str = "https://app.example/reports";

    fn tried(before: &[&str], after: &[&str]) -> Vec<String> {
        let lines = as_report_only(&lines(before), &lines(after), ADDRESS);
        lines.into_iter().map(|(name, value)| format!("{name}: {}", value.trim_start())).collect()
    }

    #[test]
    fn a_changed_policy_is_tried_and_the_old_one_stays() {
        assert_eq!(
            tried(
                &["Cross-Origin-Opener-Policy: same-origin-allow-popups", "X: 1"],
                &["cross-origin-opener-policy: same-origin; report-to=\"theirs\"", "X: 2"],
            ),
            [
                "Cross-Origin-Opener-Policy: same-origin-allow-popups",
                "X: 1",
                "Cross-Origin-Opener-Policy-Report-Only: same-origin; report-to=\"coopwright\"",
                "Reporting-Endpoints: coopwright=\"https://app.example/reports\"",
            ]
        );
    }

    #[test]
    fn what_cannot_be_tried_changes_nothing() {
        let before = ["Cross-Origin-Opener-Policy: same-origin"];
        assert_eq!(tried(&before, &["Cross-Origin-Resource-Policy: same-origin"]), before);
        assert_eq!(tried(&before, &before), before);
    }

    #[test]
    fn two_lines_of_one_report_only_header_would_cancel_each_other() {
        let after = ["Cross-Origin-Embedder-Policy: require-corp"];
        let before = ["Cross-Origin-Embedder-Policy-Report-Only: credentialless"];
        assert_eq!(
            tried(&before, &after),
            [
                "Cross-Origin-Embedder-Policy-Report-Only: require-corp; report-to=\"coopwright\"",
                "Reporting-Endpoints: coopwright=\"https://app.example/reports\"",
            ]
        );
        // Ours would be one too many beside theirs, too.
        let theirs = "Cross-Origin-Embedder-Policy-Report-Only: credentialless";
        assert_eq!(tried(&before, &[after[0], theirs]).len(), 2);
    }

    #[test]
    fn a_value_that_browsers_cannot_read_stays_unreadable() {
        let after = ["Cross-Origin-Opener-Policy: \"same-origin\""];
        let tried = tried(&[], &after);
        assert_eq!(tried[0], "Cross-Origin-Opener-Policy-Report-Only: \"same-origin\"");
    }

    #[test]
    fn differences_are_told_by_name() {
        let before = lines(&["A: 1", "b: 2", "C: 3"]);
        let after = lines(&["a: 1", "B: 2", "B: 2", "D: 4"]);
        assert_eq!(changed_headers(&before, &after), ["b", "c", "d"]);
    }
}
