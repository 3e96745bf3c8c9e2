//! Every lesson in three engines: the broken state shows the symptom, each wrong fix leaves it, the fix
//! removes it; and the page says what the harness has seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use coopwright::browser::Browser;
use serde_json::{Value, json};
use tokio::process::Command;

use super::ask::{ask, site};
use super::visitor::Visitor;

/// What came of a variant: the verdict, what it rests on, and all that was seen.
type Told = (Value, Value, Value);

fn told(unit: &Value) -> Told {
    (unit["verdict"].clone(), unit["broken-expectations"].clone(), unit["facts"].clone())
}

/// What the harness says of all lessons.
async fn harness(browser: Browser) -> BTreeMap<(String, String), Told> {
    let mut run = Command::new(env!("CARGO_BIN_EXE_coopwright"));
    run.args(["run", "--builtin", "--json", "--browser", browser.engine()]);
    let output = run.output().await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let units = report["units"].as_array().unwrap();
    let word = |unit: &Value, key: &str| unit[key].as_str().unwrap().to_owned();
    units.iter().map(|unit| ((word(unit, "scenario"), word(unit, "variant")), told(unit))).collect()
}

/// All variants of all lessons in a browser; gives what is wrong.
async fn walk(browser: Browser) -> String {
    let harness = harness(browser).await;
    let site = site().await;
    let (_, all) = ask(site, "GET /api/lessons", &Value::Null).await;
    let visitor = Visitor::with(browser, site).await;
    let mut wrong = String::new();
    let mut walked = 0;
    for lesson in all["lessons"].as_array().unwrap() {
        for variant in lesson["variants"].as_array().unwrap() {
            let (lesson, variant) =
                (lesson["id"].as_str().unwrap(), variant["id"].as_str().unwrap());
            let played = visitor.plays(&json!({ "lesson": lesson, "variant": variant })).await;
            let (page, harness) =
                (told(&played["unit"]), &harness[&(lesson.to_owned(), variant.to_owned())]);
            if page != *harness {
                let error = &played["error"];
                writeln!(
                    wrong,
                    "{lesson} {variant}: the page says\n{page:#?}\n{error}\nthe harness\n{harness:#?}"
                )
                .unwrap();
            }
            walked += 1;
        }
    }
    visitor.leaves().await;
    assert_eq!(walked, harness.len());
    wrong
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
