//! Lessons: the built-in scenarios, as the site shows them, and as a visitor changes them. Pure.

use std::collections::BTreeMap;

use fixtures_server::page::{Page, RawHeaderError, RawHeaders};
use serde_json::{Map, Value, json};

use crate::predict::{planned, predict, profile_of};
use crate::report::json::predicted;
use crate::scenario::{Opening, Scenario, Step, Unit};
use crate::suite::Suite;

/// What is wrong with what a visitor asks for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The page, or the line of the scenario.
    pub(super) place: String,
    pub(super) message: String,
}

/// The header lines that a visitor puts on pages, by page.
pub(super) type Headers = BTreeMap<String, String>;

/// The lessons of a suite, a line each.
pub(super) fn list(suite: &Suite) -> Value {
    let lessons = scenarios(suite).map(|scenario| {
        let file = &scenario.file;
        let variants: Vec<Value> = scenario.units().iter().map(heading).collect();
        json!({
            "id": scenario.name,
            "title": file.title,
            "symptom": file.lesson.as_ref().map(|lesson| lesson.symptom.trim()),
            "tags": file.tags,
            "group": group(&file.tags),
            "variants": variants,
        })
    });
    json!({ "lessons": lessons.collect::<Vec<_>>() })
}

/// A lesson, whole.
pub(super) fn lesson(suite: &Suite, name: &str) -> Option<Value> {
    let scenario = scenarios(suite).find(|scenario| scenario.name == name)?;
    let lesson = scenario.file.lesson.as_ref()?;
    let variants = scenario.units().into_iter().map(|unit| {
        let expect = unit
            .expect
            .iter()
            .map(|(fact, expected, _)| json!({ "fact": fact.to_string(), "value": expected.is }));
        let mut told = heading(&unit);
        told["pages"] = pages(&unit);
        told["steps"] = unit.steps.iter().map(words).collect();
        told["expect"] = expect.collect();
        told["predicted"] = predictions(&unit);
        told
    });
    Some(json!({
        "id": scenario.name,
        "title": scenario.file.title,
        "symptom": lesson.symptom.trim(),
        "cause": lesson.cause.trim(),
        "fix": lesson.fix.trim(),
        "config": lesson.config,
        "tags": scenario.file.tags,
        "group": group(&scenario.file.tags),
        "variants": variants.collect::<Vec<_>>(),
    }))
}

/// A variant of a lesson, with other header lines where the visitor wants them. Then what was expected of it
/// is not expected any more.
///
/// # Errors
/// Every line that HTTP cannot carry. `None` stands for a lesson or variant that is not there.
pub(super) fn unit(
    suite: &Suite,
    lesson: &str,
    variant: &str,
    headers: &Headers,
) -> Option<Result<Unit, Vec<Wrong>>> {
    let scenario = scenarios(suite).find(|scenario| scenario.name == lesson)?;
    let mut unit = scenario.units().into_iter().find(|unit| unit.variant == variant)?;
    // Evidence only, and pages cannot take pictures.
    unit.steps.retain(|step| !matches!(step, Step::Screenshot(_)));
    Some(with_headers(unit, headers))
}

/// The unit with these header lines on its pages.
fn with_headers(mut unit: Unit, headers: &Headers) -> Result<Unit, Vec<Wrong>> {
    let mut wrong = Vec::new();
    for (name, text) in headers {
        let Some((_, page)) = unit.plan.pages.iter_mut().find(|(url, _)| url.as_str() == name)
        else {
            wrong.push(Wrong { place: name.clone(), message: "there is no such page".to_owned() });
            continue;
        };
        let lines = RawHeaders(text.clone());
        wrong.extend(faults(name, &lines));
        let before = page.headers.clone().unwrap_or_default();
        if before.0.trim_end() != text.trim_end() {
            unit.expect.clear();
            page.headers = Some(lines);
        }
    }
    if wrong.is_empty() { Ok(unit) } else { Err(wrong) }
}

/// What no response can carry of header lines; `place` names the page.
pub(super) fn faults(place: &str, lines: &RawHeaders) -> Vec<Wrong> {
    let faults = lines.lines().err().unwrap_or_default();
    let wrong =
        |fault: &RawHeaderError| Wrong { place: place.to_owned(), message: fault.to_string() };
    faults.iter().map(wrong).collect()
}

/// What the model says of a unit, by engine.
pub(super) fn predictions(unit: &Unit) -> Value {
    let plan = planned(unit);
    let said = ["chromium", "firefox", "webkit"].into_iter().map(|engine| {
        (engine.to_owned(), predicted(&predict(unit, &plan, &profile_of(engine, ""))))
    });
    Value::Object(said.collect::<Map<_, _>>())
}

/// Scenarios that teach something, and that a visitor's browser can play: all but matrices.
fn scenarios(suite: &Suite) -> impl Iterator<Item = &Scenario> {
    let scenarios = suite.entries().iter().map(|entry| &entry.scenario);
    scenarios.filter(|scenario| scenario.file.lesson.is_some() && scenario.file.axes.is_empty())
}

fn group(tags: &[String]) -> &'static str {
    let has = |word: &str| tags.iter().any(|tag| tag.starts_with(word));
    match () {
        () if has("safe-default") => "default",
        () if has("mistake-") => "mistakes",
        () => "modes",
    }
}

fn heading(unit: &Unit) -> Value {
    json!({ "id": unit.variant, "kind": unit.kind, "title": unit.title })
}

/// The pages of a unit with their header lines.
pub(super) fn pages(unit: &Unit) -> Value {
    let page = |(url, page): (&_, &Page)| {
        let headers = page.headers.as_ref().map_or("", |lines| lines.0.trim_end());
        json!({ "page": url, "serve": kind(page), "headers": headers })
    };
    unit.plan.pages.iter().map(page).collect()
}

/// What a page is, in one word.
fn kind(page: &Page) -> String {
    match serde_json::to_value(&page.serve) {
        Ok(Value::String(name)) => name,
        Ok(Value::Object(map)) => map.keys().next().cloned().unwrap_or_default(),
        _ => "blank".to_owned(),
    }
}

/// A step, as a person would say it.
fn words(step: &Step) -> String {
    match step {
        Step::Open(step) => format!("{} is opened in `{}`", step.url, step.r#in),
        Step::Navigate(step) => format!("`{}` goes to {}", step.r#in, step.url),
        Step::Popup(step) => {
            let how = way(step.how);
            format!("`{}` opens the popup `{}` with {}{how}", step.from, step.r#as, step.url)
        }
        Step::Login(step) => match &step.r#as {
            Some(popup) => format!(
                "“Sign in” in `{}` opens the popup `{popup}` with {}{}",
                step.from,
                step.at,
                way(step.how)
            ),
            None => format!("“Sign in” takes `{}` itself to {}", step.from, step.at),
        },
        Step::AwaitLogin(step) => format!("`{}` waits for the login to end", step.r#in),
        Step::Frame(step) => format!("`{}` embeds {} as `{}`", step.r#in, step.url, step.r#as),
        Step::Back(step) => format!("the visitor goes back in `{}`", step.r#in),
        Step::Fetch(step) => format!("`{}` fetches {}", step.r#in, step.url),
        Step::Load(step) => format!("`{}` loads {}", step.r#in, step.url),
        Step::Submit(step) => format!("`{}` sends a form to {}", step.r#in, step.url),
        Step::Send(step) => format!("`{}` posts a message to `{}`", step.from, step.to),
        Step::Click(step) => format!("the visitor clicks {} in `{}`", step.on, step.r#in),
        Step::Close(step) => format!("the visitor closes `{}`", step.r#in),
        Step::Fill(_)
        | Step::Press(_)
        | Step::Select(_)
        | Step::Wait(_)
        | Step::Evaluate(_)
        | Step::Screenshot(_) => step.name().to_owned(),
    }
}

fn way(how: Opening) -> String {
    match serde_json::to_value(how) {
        Ok(Value::String(word)) if how != Opening::Direct => format!(" ({word})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_is_told_and_can_be_tried() {
        let suite = Suite::builtin().unwrap();
        let all = list(&suite);
        for told in all["lessons"].as_array().unwrap() {
            let name = told["id"].as_str().unwrap();
            let whole = lesson(&suite, name).unwrap();
            assert!(!whole["fix"].as_str().unwrap().is_empty(), "{name}");
            for variant in whole["variants"].as_array().unwrap() {
                let variant = variant["id"].as_str().unwrap();
                let found = unit(&suite, name, variant, &Headers::new()).unwrap().unwrap();
                assert_eq!(found.variant, variant);
            }
        }
    }

    #[test]
    fn changed_headers_change_what_is_expected() {
        let suite = Suite::builtin().unwrap();
        let name = "site-wide-same-origin-login";
        let same: Headers =
            [("app:/login".to_owned(), "Cross-Origin-Opener-Policy: same-origin".to_owned())]
                .into();
        assert!(!unit(&suite, name, "broken", &same).unwrap().unwrap().expect.is_empty());
        let none: Headers = [("app:/login".to_owned(), String::new())].into();
        assert!(unit(&suite, name, "broken", &none).unwrap().unwrap().expect.is_empty());
        let bad: Headers = [("app:/login".to_owned(), "no colon".to_owned())].into();
        let wrong = unit(&suite, name, "broken", &bad).unwrap().unwrap_err();
        assert_eq!(wrong[0].place, "app:/login");
        assert!(unit(&suite, "nothing", "broken", &none).is_none());
    }
}
