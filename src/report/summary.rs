//! A run as Markdown, for the summary of a job or a pull request: a table that is seen at once, details folded.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::Value;

use super::case::{Case, Told};
use super::count;
use super::inert::{block, code, escape, html, in_table};
use crate::verdict::Verdict;

/// The run as GitHub-flavoured Markdown.
///
/// # Errors
/// When `document` is not the JSON document of a run.
pub fn markdown(document: &Value) -> Result<String, serde_json::Error> {
    let told = Told::read(document)?;
    let mut text = String::new();
    write(&mut text, &told).expect("a string takes all");
    Ok(text)
}

fn write(out: &mut String, told: &Told) -> std::fmt::Result {
    let totals = &told.totals;
    let bad = totals.failed + totals.errors;
    let head = if bad == 0 { "✓ passed".to_owned() } else { format!("✗ {} did not pass", bad) };
    writeln!(out, "### coopwright: {head}\n")?;
    let mut parts = vec![count(totals.passed, "unit") + " passed"];
    for (number, words) in [
        (totals.flaky, "flaky"),
        (totals.failed, "failed"),
        (totals.errors, "could not be tested"),
        (totals.not_applicable, "not applicable"),
        (totals.not_run, "not run"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {words}"));
        }
    }
    let browsers = told.run.browsers.iter();
    let browsers: Vec<String> =
        browsers.map(|one| escape(&format!("{} {}", one.name, one.version))).collect();
    let seconds = told.run.duration_ms.div_ceil(1000);
    writeln!(out, "{} · {} · {seconds} s\n", parts.join(", "), browsers.join(", "))?;
    if told.run.interrupted {
        writeln!(out, "> [!WARNING]\n> The run was interrupted.\n")?;
    }
    table(out, told)?;
    for case in told.cases().filter(|case| !case.is_quiet()) {
        details(out, case)?;
    }
    writeln!(out, "<sub>coopwright {}</sub>", escape(&told.run.coopwright))
}

/// A line for each scenario: in each browser how many passed, and what else.
fn table(out: &mut String, told: &Told) -> std::fmt::Result {
    let browsers: Vec<&str> = told.run.browsers.iter().map(|one| one.name.as_str()).collect();
    writeln!(out, "| scenario | {} |", browsers.join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(browsers.len()))?;
    let mut scenarios: IndexMap<&str, Vec<&Case>> = IndexMap::new();
    for case in told.cases() {
        scenarios.entry(&case.scenario).or_default().push(case);
    }
    for (scenario, cases) in scenarios {
        write!(out, "| {} |", in_table(&code(scenario)))?;
        for browser in &browsers {
            let own: Vec<&Case> =
                cases.iter().copied().filter(|case| case.browser == *browser).collect();
            write!(out, " {} |", cell(&own))?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}

fn cell(cases: &[&Case]) -> String {
    let of = |ended| cases.iter().filter(|case| case.verdict == ended).count();
    let all = [
        (Verdict::Passed, "✓"),
        (Verdict::Flaky, "~"),
        (Verdict::Failed, "✗"),
        (Verdict::Error, "!"),
        (Verdict::NotApplicable, "–"),
    ];
    let told = all.into_iter().map(|(ended, mark)| (of(ended), mark));
    let told: Vec<String> = told
        .filter(|(number, _)| *number > 0)
        .map(|(number, mark)| format!("{mark} {number}"))
        .collect();
    told.join(" ")
}

fn details(out: &mut String, case: &Case) -> std::fmt::Result {
    let name = html(&format!("{} in {}: {}", case.name(), case.browser, case.headline()));
    writeln!(out, "<details><summary>{name}</summary>\n")?;
    writeln!(out, "{}", block(&case.details()))?;
    writeln!(out, "</details>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::case::tests::document;

    #[test]
    fn a_table_then_details_in_which_nothing_is_more_than_text() {
        let text = markdown(&document()).unwrap();
        assert!(text.starts_with("### coopwright: ✗ 3 did not pass\n"), "{text}");
        assert!(text.contains("| `login` | ✓ 1 ~ 1 ✗ 2 ! 1 – 1 |"), "{text}");
        assert_eq!(text.matches("<details>").count(), 4);
        // Only in blocks of code, where it is text.
        assert!(text.lines().all(|line| line.starts_with("    ") || !line.contains("<script>")));
    }
}
