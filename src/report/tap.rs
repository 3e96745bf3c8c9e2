//! A run as TAP, the Test Anything Protocol, version 14.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::case::{Case, Told};
use crate::verdict::Verdict;

/// The run as TAP.
///
/// # Errors
/// When `document` is not the JSON document of a run.
pub fn tap(document: &Value) -> Result<String, serde_json::Error> {
    let told = Told::read(document)?;
    let mut text = format!("TAP version 14\n1..{}\n", told.cases().count());
    for (number, case) in told.cases().enumerate() {
        line(&mut text, number + 1, case);
    }
    if told.run.interrupted {
        text.push_str("Bail out! interrupted\n");
    } else if told.totals.not_run > 0 {
        let _ = writeln!(text, "# {} not run", told.totals.not_run);
    }
    Ok(text)
}

fn line(text: &mut String, number: usize, case: &Case) {
    let ok = match case.verdict {
        Verdict::Passed | Verdict::Flaky | Verdict::NotApplicable => "ok",
        Verdict::Failed | Verdict::Error => "not ok",
    };
    let name = escaped(&format!("{} ({})", case.name(), case.browser));
    let skip = match case.verdict {
        Verdict::NotApplicable => format!(" # SKIP {}", escaped(&case.headline())),
        _ => String::new(),
    };
    let _ = writeln!(text, "{ok} {number} - {name}{skip}");
    if case.is_quiet() {
        return;
    }
    let severity = match case.verdict {
        Verdict::Error => "error",
        Verdict::Failed => "fail",
        _ => "warning",
    };
    let at = quoted(&json!({ "file": case.file, "line": case.place() }));
    let message = quoted(&json!(case.headline()));
    let details = quoted(&json!(case.details()));
    let _ = write!(
        text,
        "  ---\n  message: {message}\n  severity: {severity}\n  at: {at}\n  duration_ms: {}\n  \
         details: {details}\n  ...\n",
        case.duration_ms
    );
}

/// JSON is YAML, and needs no care for what a text begins with; but YAML takes fewer characters as they are
/// (YAML 1.2, section 5.1), which stand in texts only.
fn quoted(value: &Value) -> String {
    let is_printable = |c: char| matches!(c, '\u{20}'..='\u{7e}' | '\u{85}' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..);
    let text = value.to_string();
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if is_printable(c) {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        out
    })
}

/// On one line, where `#` begins no directive (TAP 14, "Escaping").
fn escaped(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::case::tests::document;

    #[test]
    fn a_line_for_each_case_and_a_block_for_what_is_wrong() {
        let text = tap(&document()).unwrap();
        let points: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
            .collect();
        assert!(text.starts_with("TAP version 14\n1..6\n"));
        assert_eq!(points[0], "ok 1 - login › passed (chromium)");
        assert_eq!(points[1], "not ok 2 - login › broken (chromium)");
        assert!(points[3].ends_with("# SKIP chromium lacks document-isolation-policy"));
        assert_eq!(text.matches("\n  ---\n").count(), 4);
        assert_eq!(text.matches("\n  ...\n").count(), 4);
        assert_eq!(quoted(&json!("a\u{9b}\u{1b}\u{fffe}😀")), r#""a\u009b\u001b\ufffe😀""#);
        // Nothing of a text is a line of its own.
        assert!(text.lines().all(|line| line.starts_with("  ") || !line.contains("<script>")));
    }
}
