//! A run as annotations of GitHub Actions: workflow commands, each on a line, that point at the scenario's file.
//!
//! GitHub shows the first ten of a kind, and of each so many characters as the constants say. So what is
//! alike in several browsers is told once, the worst comes first, and the last one tells what there is no
//! room for.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::Value;

use super::case::{Case, Told};
use super::inert::{cut, one_line};
use crate::verdict::Verdict;

/// So many annotations of a kind are shown of a step.
const SHOWN: usize = 10;
/// So long is a text before the runner cuts it, in characters; in bytes it is no longer.
const TEXT: usize = 4000;

/// The annotations: an error for everything that did not pass, a warning for what
/// is flaky, and a notice with the totals.
///
/// # Errors
/// When `document` is not the JSON document of a run.
pub fn github(document: &Value) -> Result<String, serde_json::Error> {
    let told = Told::read(document)?;
    let mut text = String::new();
    let of = |wanted: &[Verdict]| {
        let cases = told.cases().filter(|case| !case.is_quiet());
        alike(cases.filter(|case| wanted.contains(&case.verdict)))
    };
    // What failed says more than what could not be tested.
    let bad = [of(&[Verdict::Failed]), of(&[Verdict::Error])].concat();
    annotate(&mut text, "error", &bad);
    annotate(&mut text, "warning", &of(&[Verdict::Passed, Verdict::Flaky]));
    let _ = writeln!(text, "::notice title=coopwright::{}", data(&told.totals.words()));
    Ok(text)
}

/// A text for GitHub's log in which no line is a workflow command, whatever a page has put into it: the runner
/// takes `::` where a line begins, and `##[` anywhere.
#[must_use]
pub fn without_commands(text: &str) -> String {
    let line = |line: &str| {
        let blanks = line.len() - line.trim_start().len();
        let (blanks, rest) = line.split_at(blanks);
        let mark = if rest.starts_with("::") { "\u{200b}" } else { "" };
        format!("{blanks}{mark}{}", rest.replace("##[", "##\u{200b}["))
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Cases of one variant in which the same is wrong, together.
fn alike<'a>(cases: impl Iterator<Item = &'a Case>) -> Vec<Vec<&'a Case>> {
    let mut groups: IndexMap<_, Vec<&Case>> = IndexMap::new();
    for case in cases {
        let what = case.headline().replace(&case.browser, "");
        let key = (&case.file, &case.variant, case.place(), case.verdict.name(), what);
        groups.entry(key).or_default().push(case);
    }
    groups.into_values().collect()
}

fn annotate(text: &mut String, level: &str, groups: &[Vec<&Case>]) {
    let shown = if groups.len() > SHOWN { SHOWN - 1 } else { groups.len() };
    let (shown, rest) = groups.split_at(shown);
    for group in shown {
        let case = group[0];
        let title = one_line(&format!("{}: {}", name(group), case.headline()));
        let _ = writeln!(
            text,
            "::{level} file={},line={},title={}::{}",
            property(&case.file),
            case.place(),
            property(&title),
            data(&cut(case.details().trim_end(), TEXT))
        );
    }
    if !rest.is_empty() {
        let told = rest.iter().map(|group| format!("{}: {}\n", name(group), group[0].headline()));
        let title = format!("{} more, for which GitHub has no room", rest.len());
        let told = cut(told.collect::<String>().trim_end(), TEXT).into_owned();
        let _ = writeln!(text, "::{level} title={}::{}", property(&title), data(&told));
    }
}

/// `login › broken in chromium, firefox`.
fn name(group: &[&Case]) -> String {
    let browsers: Vec<&str> = group.iter().map(|case| case.browser.as_str()).collect();
    format!("{} in {}", group[0].name(), browsers.join(", "))
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
    use serde_json::json;

    use super::*;
    use crate::report::case::tests::document;

    #[test]
    fn an_annotation_points_at_the_line_of_the_expectation() {
        let text = github(&document()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert!(lines[0].starts_with("::error file=scenarios/a%2Cb%3Alogin.yaml,line=12,title="));
        assert!(lines[2].contains("100 %25") && lines[2].contains("%0A"), "{text}");
        assert!(lines[3].starts_with("::warning file="));
        assert_eq!(
            lines[4],
            "::notice title=coopwright::1 passed, 1 flaky, 2 failed, 1 error, 1 not applicable"
        );
    }

    #[test]
    fn ten_of_a_kind_are_shown_so_the_tenth_tells_of_the_others() {
        let mut document = document();
        let broken = document["units"][1].clone();
        let named = |number: usize, browser: &str| {
            let mut unit = broken.clone();
            unit["variant"] = json!(format!("v{number}"));
            unit["browser"] = json!(browser);
            unit["broken-expectations"][0]["line"] = json!(number + 1);
            unit["cause"]["sentence"] = json!("long ".repeat(2000));
            unit
        };
        let units = (0..12).flat_map(|number| [named(number, "chromium"), named(number, "webkit")]);
        document["units"] = units.chain([document["units"][2].clone()]).collect();
        document["matrices"] = json!([]);
        let text = github(&document).unwrap();
        let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
        assert_eq!(errors.len(), 10, "{text}");
        assert!(errors[0].contains("title=login › v0 in chromium%2C webkit%3A "), "{text}");
        assert!(errors[9].starts_with("::error title=4 more%2C for which GitHub"), "{text}");
        assert!(errors[9].contains("%0Alogin › error in chromium: the browser went"), "{text}");
        assert!(errors.iter().all(|line| line.chars().count() < 4600), "{text}");
    }

    #[test]
    fn a_text_commands_nothing() {
        let text = without_commands("  ::error::x\na ::b\n##[group]c\n::stop-commands::t");
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
        assert!(!text.contains("##["), "{text}");
        assert_eq!(
            text.replace('\u{200b}', ""),
            "  ::error::x\na ::b\n##[group]c\n::stop-commands::t"
        );
    }
}
