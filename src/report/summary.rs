//! A run as Markdown, for the summary of a job or a pull request: a table that is seen at once, details folded.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::Value;

use super::case::{Case, Told};
use super::count;
use super::inert::{block, code, cut, escape, html, in_table, one_line};
use crate::verdict::Verdict;

/// So long may it be, in bytes: a comment takes 65,536 characters, the summary of a step more (1 MiB). What
/// comes after this is short.
const LIMIT: usize = 64_000;
/// So much of it is the table's.
const TABLE: usize = LIMIT / 2;
/// So long is the text of one case.
const TEXT: usize = 6_000;

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
    all_details(out, told)?;
    writeln!(out, "<sub>coopwright {}</sub>", escape(&told.run.coopwright))
}

/// A line for each scenario: in each browser how many passed, and what else. Where there is no room for all,
/// those in which something is to be looked into come first.
fn table(out: &mut String, told: &Told) -> std::fmt::Result {
    let browsers: Vec<&str> = told.run.browsers.iter().map(|one| one.name.as_str()).collect();
    writeln!(out, "| scenario | {} |", browsers.join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(browsers.len()))?;
    let mut scenarios: IndexMap<(&str, &str), Vec<&Case>> = IndexMap::new();
    for case in told.cases() {
        scenarios.entry((&case.file, &case.scenario)).or_default().push(case);
    }
    let lines = scenarios.iter().map(|((_, scenario), cases)| {
        let mut line = format!("| {} |", in_table(&code(&one_line(scenario))));
        for browser in &browsers {
            let own: Vec<&Case> =
                cases.iter().copied().filter(|case| case.browser == *browser).collect();
            line += &format!(" {} |", cell(&own));
        }
        (cases.iter().all(|case| case.is_quiet()), line + "\n")
    });
    let mut lines: Vec<(bool, String)> = lines.collect();
    if lines.iter().map(|(_, line)| line.len()).sum::<usize>() > TABLE {
        lines.sort_by_key(|(quiet, _)| *quiet);
    }
    let mut room = TABLE;
    let shown = lines.iter().take_while(|(_, line)| {
        let fits = line.len() <= room;
        room = room.saturating_sub(line.len());
        fits
    });
    let shown = shown.count();
    out.extend(lines[..shown].iter().map(|(_, line)| line.as_str()));
    let left = &lines[shown..];
    if !left.is_empty() {
        let bad = left.iter().filter(|(quiet, _)| !quiet).count();
        let rest = match bad {
            0 => "in all of which all passed or does not apply".to_owned(),
            bad => format!("{bad} of them with something to look into"),
        };
        writeln!(out, "\nand {}, {rest}", count(left.len(), "more scenario"))?;
    }
    writeln!(out)
}

/// Foldable texts, one for each case in which something is to be looked into, as long as there is room for them.
fn all_details(out: &mut String, told: &Told) -> std::fmt::Result {
    let mut left = 0;
    for case in told.cases().filter(|case| !case.is_quiet()) {
        let text = details(case)?;
        // What is short may still find room where something longer did not.
        if out.len() + text.len() <= LIMIT {
            out.push_str(&text);
        } else {
            left += 1;
        }
    }
    if left > 0 {
        writeln!(
            out,
            "{} had no room here; the other reports have all.\n",
            count(left, "more detail")
        )?;
    }
    Ok(())
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

fn details(case: &Case) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let name = html(&format!("{} in {}: {}", case.name(), case.browser, case.headline()));
    writeln!(out, "<details><summary>{name}</summary>\n")?;
    writeln!(out, "{}", block(&cut(&case.details(), TEXT)))?;
    writeln!(out, "</details>\n")?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    #[test]
    fn it_fits_into_a_comment_and_says_what_it_leaves_out() {
        let mut document = document();
        let (passed, broken) = (document["units"][0].clone(), document["units"][1].clone());
        let named = |unit: &Value, number: usize| {
            let mut unit = unit.clone();
            unit["scenario"] = json!(format!("scenario-{number}"));
            unit["file"] = json!(format!("scenarios/scenario-{number}.yaml"));
            unit["cause"] = json!({ "sentence": "<&> ".repeat(5000) });
            unit
        };
        let units = (0..2000).map(|number| named(&passed, number));
        document["units"] =
            units.chain((2000..2100).map(|number| named(&broken, number))).collect();
        let text = markdown(&document).unwrap();
        assert!(text.len() < 65_536, "{}", text.len());
        assert!(text.contains("| `scenario-2000` | ✗ 1 |"), "bad ones come first");
        assert!(text.contains("more characters are left out]"), "{text}");
        let rest = text.lines().find(|line| line.starts_with("and ")).unwrap();
        assert!(
            rest.ends_with("more scenarios, in all of which all passed or does not apply"),
            "{rest}"
        );
        let left = text.lines().find(|line| line.contains("had no room here")).unwrap();
        let shown = text.matches("<details>").count();
        assert_eq!(left.split(' ').next().unwrap().parse(), Ok(101 - shown), "{left}");
        assert_eq!(shown, text.matches("</details>").count());
    }
}
