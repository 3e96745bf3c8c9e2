//! A run as JUnit's XML, as Jenkins and GitLab take it: a suite for each scenario in each browser.
//!
//! What may stand where is in `tests/files/junit.xsd`, which names who reads it how.

use std::io;

use indexmap::IndexMap;
use quick_xml::Writer;
use quick_xml::events::BytesText;
use serde_json::Value;

use super::case::{AttemptTold, Case, Told};
use super::inert::{cut, one_line};
use crate::verdict::Verdict;

/// Readers built on libxml2, as GitLab's, refuse a text of 10 MB; nobody reads a tenth of that.
const TEXT: usize = 100_000;

/// The run as JUnit's XML.
///
/// # Errors
/// When `document` is not the JSON document of a run.
pub fn junit(document: &Value) -> Result<String, serde_json::Error> {
    let told = Told::read(document)?;
    let mut suites: Suites<'_> = IndexMap::new();
    for case in told.cases() {
        suites.entry((&case.file, &case.scenario, &case.browser)).or_default().push(case);
    }
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut xml, &told, &suites).expect("a vector takes all");
    let text = String::from_utf8(xml.into_inner()).expect("text in, text out");
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n"))
}

/// By file, scenario and browser.
type Suites<'a> = IndexMap<(&'a str, &'a str, &'a str), Vec<&'a Case>>;

/// What a suite and the class of its cases are called: as the scenario, unless several files have one of that
/// name. GitLab leaves out cases that are called as another.
fn name_of(suites: &Suites<'_>, file: &str, scenario: &str) -> String {
    let clashes = suites.keys().any(|(other, name, _)| *name == scenario && *other != file);
    if !clashes {
        return scenario.to_owned();
    }
    // Jenkins takes what is before the last dot for a package.
    file.trim_end_matches(".yaml").trim_end_matches(".yml").to_owned()
}

fn write(xml: &mut Writer<Vec<u8>>, told: &Told, suites: &Suites<'_>) -> io::Result<()> {
    let all: Vec<&Case> = suites.values().flatten().copied().collect();
    let [tests, failures, errors, _] = counts(&all);
    xml.create_element("testsuites")
        .with_attributes([
            ("name", "coopwright"),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("time", &seconds(told.run.duration_ms)),
        ])
        .write_inner_content(|xml| {
            for ((file, scenario, browser), cases) in suites {
                suite(xml, told, &name_of(suites, file, scenario), browser, cases)?;
            }
            Ok(())
        })?;
    Ok(())
}

fn suite(
    xml: &mut Writer<Vec<u8>>,
    told: &Told,
    name: &str,
    browser: &str,
    cases: &[&Case],
) -> io::Result<()> {
    let [tests, failures, errors, skipped] = counts(cases);
    let time = seconds(cases.iter().map(|case| case.duration_ms).sum());
    let file = cases.first().map_or("", |case| &case.file);
    let version = told.run.browsers.iter().find(|known| known.name == browser);
    let version = version.map_or("", |known| &known.version);
    xml.create_element("testsuite")
        .with_attributes([
            ("name", &*printable(&format!("{name} ({browser})"))),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
            ("time", &time),
            ("file", &*printable(file)),
        ])
        .write_inner_content(|xml| {
            xml.create_element("properties").write_inner_content(|xml| {
                let all = [
                    ("browser", browser),
                    ("version", version),
                    ("os", &told.run.os),
                    ("coopwright", &told.run.coopwright),
                ];
                for (name, value) in all {
                    let attributes = [("name", name), ("value", &*printable(value))];
                    xml.create_element("property").with_attributes(attributes).write_empty()?;
                }
                Ok(())
            })?;
            cases.iter().try_for_each(|case| self::case(xml, name, case))
        })?;
    Ok(())
}

fn case(xml: &mut Writer<Vec<u8>>, class: &str, case: &Case) -> io::Result<()> {
    let name = printable(&format!("{} ({})", case.variant, case.browser));
    let (class, time) = (printable(class), seconds(case.duration_ms));
    let element = xml.create_element("testcase").with_attributes([
        ("name", &*name),
        ("classname", &class),
        ("time", &time),
    ]);
    if case.is_quiet() && case.verdict == Verdict::Passed {
        return element.write_empty().map(drop);
    }
    element
        .write_inner_content(|xml| match case.verdict {
            Verdict::Passed | Verdict::Flaky => {
                // Readers that do not know the word still see that it passed.
                let mut bad = case.attempts.iter().filter(|attempt| attempt.verdict.is_bad());
                bad.try_for_each(|attempt| flaky(xml, attempt))?;
                let told = printable(&format!("{}\n{}", case.headline(), case.details()));
                xml.create_element("system-out").write_text_content(BytesText::new(&told)).map(drop)
            }
            Verdict::Failed => wrong(xml, "failure", "failed", case),
            Verdict::Error => wrong(xml, "error", "could not be tested", case),
            Verdict::NotApplicable => wrong(xml, "skipped", "not applicable", case),
        })
        .map(drop)
}

fn wrong(xml: &mut Writer<Vec<u8>>, name: &str, kind: &str, case: &Case) -> io::Result<()> {
    xml.create_element(name)
        .with_attributes([("type", kind), ("message", &*printable(&case.headline()))])
        .write_text_content(BytesText::new(&printable(&case.details())))
        .map(drop)
}

/// A time that it did not pass, of one that did at last: Maven Surefire's words.
fn flaky(xml: &mut Writer<Vec<u8>>, attempt: &AttemptTold) -> io::Result<()> {
    let (name, kind) = match attempt.verdict {
        Verdict::Error => ("flakyError", "could not be tested"),
        _ => ("flakyFailure", "failed"),
    };
    let wrong = attempt.wrong.as_deref().unwrap_or(kind);
    xml.create_element(name)
        .with_attributes([("type", kind), ("message", &*printable(&one_line(wrong)))])
        .write_inner_content(|xml| {
            let text = printable(wrong);
            xml.create_element("stackTrace").write_text_content(BytesText::new(&text)).map(drop)
        })
        .map(drop)
}

/// Tests, failures, errors and what was skipped.
fn counts(cases: &[&Case]) -> [String; 4] {
    let of = |ended| cases.iter().filter(|case| case.verdict == ended).count().to_string();
    [cases.len().to_string(), of(Verdict::Failed), of(Verdict::Error), of(Verdict::NotApplicable)]
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// XML 1.0 has no way to hold most control characters (section 2.2): their pictures stand for them.
fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\t' | '\n' | '\r' => c,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    cut(text, TEXT).chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::report::case::tests::document;

    #[test]
    fn it_is_xml_with_a_case_for_each_unit() {
        let text = junit(&document()).unwrap();
        let mut reader = Reader::from_str(&text);
        let mut names = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) | Event::Empty(start) => {
                    names.push(start.name().0.to_owned());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let of = |wanted: &str| names.iter().filter(|name| *name == wanted).count();
        assert_eq!(of("testcase"), 6, "{text}");
        assert_eq!((of("system-out"), of("flakyFailure"), of("stackTrace")), (1, 1, 1), "{text}");
        assert_eq!((of("failure"), of("error"), of("skipped")), (2, 1, 1), "{text}");
        assert!(text.contains(r#"tests="6" failures="2" errors="1""#), "{text}");
        assert!(!text.contains('\u{1b}') && text.contains('\u{241b}'), "{text}");
        assert!(!text.contains("<script>"), "{text}");
    }
}
