//! Every lesson in three engines: the broken state shows the symptom, each wrong fix leaves it, the fix
//! removes it; and the page says what the harness has seen.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use coopwright::browser::Browser;
use serde_json::{Value, json};

use super::ask::{ask, site};
use super::visitor::Visitor;

/// All variants of all lessons in a browser; gives what is wrong.
async fn walk(browser: Browser) -> String {
    let site = site().await;
    let (_, all) = ask(site, "GET /api/lessons", &Value::Null).await;
    let visitor = Visitor::with(browser, site).await;
    let mut wrong = String::new();
    for lesson in all["lessons"].as_array().unwrap() {
        for variant in lesson["variants"].as_array().unwrap() {
            let (lesson, variant) =
                (lesson["id"].as_str().unwrap(), variant["id"].as_str().unwrap());
            let told = visitor.plays(&json!({ "lesson": lesson, "variant": variant })).await;
            let unit = &told["unit"];
            let verdict = unit["verdict"].as_str().unwrap_or("none");
            if !matches!(verdict, "passed" | "not-applicable") {
                writeln!(
                    wrong,
                    "{lesson} {variant}: {verdict}; {}; {}",
                    told["error"], unit["broken-expectations"]
                )
                .unwrap();
                continue;
            }
            let accepted = accepted(lesson, variant, browser.engine());
            let facts = as_text(&unit["facts"]);
            if verdict == "passed" && facts != accepted {
                writeln!(
                    wrong,
                    "{lesson} {variant}: the page says\n{facts}\nthe harness\n{accepted}"
                )
                .unwrap();
            }
        }
    }
    visitor.leaves().await;
    wrong
}

/// What was accepted of a variant in an engine, without the front matter.
fn accepted(lesson: &str, variant: &str, engine: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/snapshots");
    let own = folder.join(format!("{lesson}__{variant}.{engine}.snap"));
    let common = folder.join(format!("{lesson}__{variant}.snap"));
    let file = if own.exists() { own } else { common };
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.splitn(3, "---\n").nth(2).unwrap().trim_end().to_owned()
}

/// Facts as snapshots have them.
fn as_text(facts: &Value) -> String {
    let mut text = String::new();
    let mut last = "";
    for (fact, value) in facts.as_object().unwrap() {
        let (subject, kind) = fact.rsplit_once('.').unwrap();
        if subject != last {
            writeln!(text, "{subject}").unwrap();
            last = subject;
        }
        match value {
            Value::Array(items) if items.is_empty() => writeln!(text, "  {kind}: (none)").unwrap(),
            Value::Array(items) => {
                writeln!(text, "  {kind}:").unwrap();
                for item in items {
                    writeln!(text, "    - {}", item.as_str().unwrap()).unwrap();
                }
            }
            value => writeln!(text, "  {kind}: {}", value.as_str().unwrap()).unwrap(),
        }
    }
    text.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lesson_in_chromium() {
    let wrong = walk(Browser::Chromium).await;
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lesson_in_firefox() {
    let wrong = walk(Browser::Firefox).await;
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lesson_in_webkit() {
    let wrong = walk(Browser::Webkit).await;
    assert!(wrong.is_empty(), "{wrong}");
}
