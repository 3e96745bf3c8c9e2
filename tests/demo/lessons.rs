//! Every lesson in three engines: the built-in suite holds; the broken state shows the symptom, each wrong fix leaves it, the fix
//! removes it; and the page says what the harness has seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use coopwright::browser::Browser;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::OnceCell;

use super::ask::{ask, site};
use super::visitor::Visitor;

/// What came of a variant: the verdict, what it rests on, and all that was seen.
type Told = (Value, Value, Value);

fn told(unit: &Value) -> Told {
    (unit["verdict"].clone(), unit["broken-expectations"].clone(), unit["facts"].clone())
}

/// What came of the variants, by browser, scenario and variant.
type Units = BTreeMap<[String; 3], Told>;

/// What the harness says of the built-in suite, which the lessons are, in all three engines: run once, because
/// nothing takes as long. It has to hold. The limit is for slow machines: how fast they are is not what is
/// tested.
async fn harness() -> &'static Units {
    static UNITS: OnceCell<Units> = OnceCell::const_new();
    UNITS
        .get_or_init(async || {
            let mut run = Command::new(env!("CARGO_BIN_EXE_coopwright"));
            run.args(["run", "--builtin", "--json", "--timeout", "40"]);
            run.args(["--browser", "chromium,firefox,webkit"]);
            let folder = tempfile::tempdir().unwrap();
            let page = folder.path().join("report.html");
            run.arg("--reporter").arg(format!("html={}", page.display()));
            run.arg("--output").arg(folder.path());
            // As CI does, so that snapshots are compared and nothing is written.
            run.current_dir(env!("CARGO_MANIFEST_DIR")).env("CI", "true");
            let output = run.output().await.unwrap();
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let units = report["units"].as_array().unwrap();
            assert!(output.status.success(), "{:#?}", not_passed(units));
            let lacking = units.iter().filter(|unit| unit["verdict"] == "not-applicable").count();
            assert!(lacking * 60 < units.len(), "too many are not applicable: {lacking}");
            // A report that people mail to each other, with everything that was seen in three engines.
            assert!(std::fs::metadata(&page).unwrap().len() < 2_000_000);
            // The model agrees with every browser in every fact that it predicts.
            for unit in units {
                assert_eq!(unit["disagreements"], json!([]), "{unit:#}");
            }
            let word = |unit: &Value, key: &str| unit[key].as_str().unwrap().to_owned();
            let name = |unit| ["browser", "scenario", "variant"].map(|key| word(unit, key));
            units.iter().map(|unit| (name(unit), told(unit))).collect()
        })
        .await
}

fn not_passed(units: &[Value]) -> Vec<&Value> {
    let passed = [json!("passed"), json!("not-applicable")];
    units.iter().filter(|unit| !passed.contains(&unit["verdict"])).collect()
}

/// All variants of all lessons in a browser; gives what is wrong.
async fn walk(browser: Browser) -> String {
    let harness = harness().await;
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
            let name = [browser.engine(), lesson, variant].map(ToOwned::to_owned);
            let (page, harness) = (told(&played["unit"]), &harness[&name]);
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
    assert_eq!(3 * walked, harness.len());
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
