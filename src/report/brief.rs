//! A run for the terminal, from its JSON document: what did not pass, then the counts. Pure.

use serde_json::Value;

use super::case::Told;
use crate::snapshot::visible;

/// What did not pass, flaky included, with everything that is known of it; then the counts.
///
/// # Errors
/// When `document` is not the JSON document of a run.
pub fn brief(document: &Value) -> Result<String, serde_json::Error> {
    let told = Told::read(document)?;
    let mut text = String::new();
    for case in told.cases().filter(|case| !case.is_quiet()) {
        let mark = match case.verdict.is_bad() {
            true => "✗",
            false => "~",
        };
        let head = format!("{mark} {} in {}: {}", case.name(), case.browser, case.headline());
        text += &format!("{}\n", visible(&head));
        for line in case.details().lines() {
            text += &format!("    {}\n", visible(line));
        }
        text.push('\n');
    }
    if told.run.interrupted {
        text += "interrupted: ";
    }
    Ok(text + &told.totals.words() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::case::tests::document;

    #[test]
    fn what_did_not_pass_and_the_counts() {
        let text = brief(&document()).unwrap();
        assert!(
            text.starts_with("✗ login › broken in chromium: main.messages: expected"),
            "{text}"
        );
        assert!(text.contains("~ login › wavering in chromium: passed at attempt 2"), "{text}");
        assert!(
            text.ends_with("1 passed, 1 flaky, 2 failed, 1 error, 1 not applicable\n"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
