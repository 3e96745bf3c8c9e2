//! A run as annotations of GitHub Actions: workflow commands, each on a line, that point at the scenario's file.

use std::fmt::Write as _;

use serde_json::Value;

use super::case::Told;

/// The annotations: an error for everything that did not pass, a warning for what
/// is flaky, and a notice with the totals.
///
/// # Errors
/// When `document` is not the JSON document of a run.
pub fn github(document: &Value) -> Result<String, serde_json::Error> {
    let told = Told::read(document)?;
    let mut text = String::new();
    for case in told.cases() {
        if case.is_quiet() {
            continue;
        }
        let level = if case.verdict.is_bad() { "error" } else { "warning" };
        let title = format!("{} in {}: {}", case.name(), case.browser, case.headline());
        let _ = writeln!(
            text,
            "::{level} file={},line={},title={}::{}",
            property(&case.file),
            case.place(),
            property(&title),
            data(case.details().trim_end())
        );
    }
    let totals = &told.totals;
    let _ = writeln!(
        text,
        "::notice title=coopwright::{} passed, {} flaky, {} failed, {} errors, {} not applicable, {} not run",
        totals.passed,
        totals.flaky,
        totals.failed,
        totals.errors,
        totals.not_applicable,
        totals.not_run
    );
    Ok(text)
}

/// The text of a command: what would end it is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command: what would end it is escaped, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::case::tests::document;

    #[test]
    fn an_annotation_points_at_the_line_of_the_expectation() {
        let text = github(&document()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert!(lines[0].starts_with("::error file=scenarios/a%2Cb%3Alogin.yaml,line=12,title="));
        assert!(lines[1].contains("100 %25") && lines[1].contains("%0A"));
        assert!(lines[2].starts_with("::warning file="));
        assert!(lines[4].starts_with("::notice title=coopwright::1 passed, 1 flaky, 2 failed"));
    }
}
