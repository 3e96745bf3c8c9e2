//! A run as JUnit's XML, as Jenkins and GitLab take it: a suite for each scenario in each browser.

use std::io;

use indexmap::IndexMap;
use quick_xml::Writer;
use quick_xml::events::BytesText;
use serde_json::Value;

use super::case::{Case, Told};
use crate::verdict::Verdict;

/// The run as JUnit's XML.
///
/// # Errors
/// When `document` is not the JSON document of a run.
pub fn junit(document: &Value) -> Result<String, serde_json::Error> {
    let told = Told::read(document)?;
    let mut suites: IndexMap<(&str, &str), Vec<&Case>> = IndexMap::new();
    for case in told.cases() {
        suites.entry((&case.scenario, &case.browser)).or_default().push(case);
    }
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut xml, &told, &suites).expect("a vector takes all");
    let text = String::from_utf8(xml.into_inner()).expect("text in, text out");
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n"))
}

type Suites<'a> = IndexMap<(&'a str, &'a str), Vec<&'a Case>>;

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
            for ((scenario, browser), cases) in suites {
                suite(xml, told, scenario, browser, cases)?;
            }
            Ok(())
        })?;
    Ok(())
}

fn suite(
    xml: &mut Writer<Vec<u8>>,
    told: &Told,
    scenario: &str,
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
            ("name", &*printable(&format!("{scenario} ({browser})"))),
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
            cases.iter().try_for_each(|case| self::case(xml, case))
        })?;
    Ok(())
}

fn case(xml: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let name = printable(&format!("{} ({})", case.variant, case.browser));
    let (class, time) = (printable(&case.scenario), seconds(case.duration_ms));
    let element = xml.create_element("testcase").with_attributes([
        ("name", &*name),
        ("classname", &class),
        ("time", &time),
    ]);
    let (kind, of) = match case.verdict {
        Verdict::Passed | Verdict::Flaky if case.is_quiet() => {
            return element.write_empty().map(drop);
        }
        // The schema has no word for flaky; it did pass.
        Verdict::Passed | Verdict::Flaky => {
            let told = format!("{}\n{}", case.headline(), case.details());
            return element
                .write_inner_content(|xml| {
                    let text = printable(&told);
                    xml.create_element("system-out").write_text_content(BytesText::new(&text))?;
                    Ok(())
                })
                .map(drop);
        }
        Verdict::Failed => ("failure", "failed"),
        Verdict::Error => ("error", "could not be tested"),
        Verdict::NotApplicable => ("skipped", "not applicable"),
    };
    element
        .write_inner_content(|xml| {
            xml.create_element(kind)
                .with_attributes([("type", of), ("message", &*printable(&case.headline()))])
                .write_text_content(BytesText::new(&printable(&case.details())))?;
            Ok(())
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
    text.chars().map(shown).collect()
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
        assert_eq!(of("system-out"), 1, "{text}");
        assert_eq!((of("failure"), of("error"), of("skipped")), (2, 1, 1), "{text}");
        assert!(text.contains(r#"tests="6" failures="2" errors="1""#), "{text}");
        assert!(!text.contains('\u{1b}') && text.contains('\u{241b}'), "{text}");
        assert!(!text.contains("<script>"), "{text}");
    }
}
