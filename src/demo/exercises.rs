//! Exercises: a story with a hidden cause, and what must be so when it is found and mended. Pure.

use std::collections::BTreeMap;

use fixtures_server::page::RawHeaders;
use serde::Deserialize;
use serde_json::{Value, json};

use super::lessons;
use crate::scenario::Unit;
use crate::suite::Suite;

const EXERCISES: &str = include_str!("exercises.json");

/// An exercise. What is broken is a variant of a lesson.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exercise {
    id: String,
    title: String,
    story: String,
    hints: Vec<String>,
    pub(super) lesson: String,
    pub(super) variant: String,
    /// The facts that must be so.
    solved: BTreeMap<String, String>,
    keep: Vec<Keep>,
}

/// A header that a page must have, with one of these values: not every cure is a good one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keep {
    page: String,
    header: String,
    values: Vec<String>,
    words: String,
}

/// All of them.
pub(super) fn all() -> Vec<Exercise> {
    serde_json::from_str(EXERCISES).expect("a test reads them")
}

/// The exercise of this name.
pub(super) fn named(id: &str) -> Option<Exercise> {
    all().into_iter().find(|exercise| exercise.id == id)
}

/// A line each.
pub(super) fn list() -> Value {
    let line = |exercise: &Exercise| json!({ "id": exercise.id, "title": exercise.title, "story": exercise.story });
    json!({ "exercises": all().iter().map(line).collect::<Vec<_>>() })
}

impl Exercise {
    /// As the site shows it, with the pages as they are in the beginning.
    pub(super) fn told(&self, suite: &Suite) -> Value {
        let unit = lessons::unit(suite, &self.lesson, &self.variant, &lessons::Headers::new());
        let pages = match unit {
            Some(Ok(unit)) => lessons::pages(&unit),
            _ => json!([]),
        };
        let keep: Vec<&str> = self.keep.iter().map(|keep| keep.words.as_str()).collect();
        json!({
            "id": self.id, "title": self.title, "story": self.story, "hints": self.hints,
            "pages": pages, "keep": keep,
        })
    }

    /// What is to be said of a proposed fix: `unit` is what was tried, `facts` what the browser showed.
    pub(super) fn check(&self, unit: &Unit, facts: &Value) -> Value {
        let mut words = Vec::new();
        for (fact, wanted) in &self.solved {
            if facts[fact] != **wanted {
                let is = facts[fact].as_str().unwrap_or("unknown");
                words.push(format!(
                    "`{fact}` is `{is}`, not `{wanted}`: the symptom is still there."
                ));
            }
        }
        for keep in &self.keep {
            if !keep.holds(unit) {
                words.push(format!("On `{}` something is lost. {}", keep.page, keep.words));
            }
        }
        let solved = words.is_empty();
        if solved {
            words.push("The symptom is gone, and what had to stay has stayed.".to_owned());
        }
        json!({ "solved": solved, "words": words })
    }
}

impl Keep {
    fn holds(&self, unit: &Unit) -> bool {
        let page = unit.plan.pages.iter().find(|(url, _)| url.as_str() == self.page);
        let headers = page.and_then(|(_, page)| page.headers.as_ref());
        let lines = headers.map(RawHeaders::lines).and_then(Result::ok).unwrap_or_default();
        let mut own = lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&self.header));
        // A second line cancels the first.
        match (own.next(), own.next()) {
            // What follows a semicolon is where to report to.
            (Some((_, value)), None) => {
                let value = value.split(';').next().unwrap_or_default().trim();
                self.values.iter().any(|known| known == value)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exercise_begins_with_a_variant_that_is_there() {
        let suite = Suite::builtin().unwrap();
        for exercise in all() {
            let told = exercise.told(&suite);
            let pages = told["pages"].as_array().unwrap();
            assert!(pages.len() > 2, "{}", exercise.id);
            let unit = lessons::unit(
                &suite,
                &exercise.lesson,
                &exercise.variant,
                &lessons::Headers::new(),
            );
            let unit = unit.unwrap().unwrap();
            for keep in &exercise.keep {
                assert!(keep.holds(&unit), "{} is lost from the beginning", keep.page);
            }
        }
    }

    #[test]
    fn a_cure_that_loses_what_had_to_stay_is_none() {
        let suite = Suite::builtin().unwrap();
        let exercise = named("fixed-weeks-ago").unwrap();
        let tried = |login: &str| {
            let headers: lessons::Headers = [
                ("app:/login".to_owned(), login.to_owned()),
                ("app:/callback".to_owned(), String::new()),
            ]
            .into();
            let unit = lessons::unit(&suite, &exercise.lesson, &exercise.variant, &headers);
            let facts = json!({ "main.login": "completed", "login.opener": "connected" });
            exercise.check(&unit.unwrap().unwrap(), &facts)["solved"].clone()
        };
        assert_eq!(tried("Cross-Origin-Opener-Policy: same-origin-allow-popups"), true);
        assert_eq!(tried("cross-origin-opener-policy:  same-origin-allow-popups "), true);
        assert_eq!(tried(""), false);
    }
}
