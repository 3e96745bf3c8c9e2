//! Checks of expectations: is there such a fact, and can it have such a value.

use super::{Check, Scope};
use crate::fact::{Fact, FactError, FactKind, FactValue, SubjectKind};
use crate::scenario::Expectation;
use crate::scenario::expect::ENGINES;
use crate::scenario::subject::is_page;
use crate::yaml::{At, nearest};

impl Check<'_> {
    /// An expectation that must make sense in at least one of `scopes`.
    pub(super) fn expectation(
        &mut self,
        at: At<'_>,
        key: &str,
        expectation: &Expectation,
        scopes: &[&Scope<'_>],
    ) {
        self.exceptions(at, expectation);
        if let Some(kind) = self.fact(at, key, scopes) {
            self.value(at, kind, expectation);
        }
    }

    /// A name of a fact that must make sense in at least one of `scopes`; gives its kind if so.
    pub(super) fn fact(
        &mut self,
        at: At<'_>,
        key: &str,
        scopes: &[&Scope<'_>],
    ) -> Option<FactKind> {
        match key.parse::<Fact>() {
            Ok(fact) => self.subject(at, &fact, scopes).then_some(fact.kind),
            Err(error) => {
                let hint = match &error {
                    FactError::Kind(name) => nearest(name, FactKind::all().map(FactKind::name)),
                    FactError::Shape(_) => None,
                };
                self.fault(at.key, error.to_string(), hint);
                None
            }
        }
    }

    /// Gives whether the kind is one that can be asked there, so that its value means something.
    fn subject(&mut self, at: At<'_>, fact: &Fact, scopes: &[&Scope<'_>]) -> bool {
        let kinds: Vec<SubjectKind> =
            scopes.iter().filter_map(|scope| scope.subjects.kind(&fact.subject)).collect();
        if kinds.iter().any(|kind| fact.kind.fits(*kind)) {
            return true;
        }
        match kinds.first() {
            Some(kind) => {
                let fitting = FactKind::all().filter(|fact| fact.fits(*kind));
                let names: Vec<&str> = fitting.map(FactKind::name).collect();
                let message = format!("`{}` cannot be asked of {}", fact.kind, noun(*kind));
                self.fault(at.key, message, format!("known here: {}", names.join(", ")));
            }
            None if scopes.iter().any(|scope| !scope.is_intact) => {}
            None => {
                let mut known: Vec<&str> = Vec::new();
                for name in scopes.iter().flat_map(|scope| scope.subjects.like(&fact.subject)) {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
                let hint = nearest(&fact.subject, known);
                let message = if is_page(&fact.subject) {
                    format!("page `{}` is not declared", fact.subject)
                } else {
                    format!("nothing here is called `{}`", fact.subject)
                };
                self.fault(at.key, message, hint);
            }
        }
        kinds.is_empty()
    }

    fn value(&mut self, at: At<'_>, kind: FactKind, expectation: &Expectation) {
        // In the short form the value stands where the long form has its mapping.
        let is = at.find("is").unwrap_or(at);
        self.word(is, kind, &expectation.is);
        for (engine, exception) in &expectation.except {
            self.word(at.get("except").get(engine).get("is"), kind, &exception.is);
        }
    }

    fn word(&mut self, at: At<'_>, kind: FactKind, value: &FactValue) {
        let words = kind.words();
        match value {
            _ if words.is_empty() => {}
            FactValue::Text(text) if words.contains(&text.as_str()) => {}
            FactValue::Text(text) => {
                let hint = nearest(text, words.iter().copied());
                self.fault(at.value, format!("`{kind}` is never `{text}`"), hint);
            }
            FactValue::List(_) => {
                let hint = format!("known here: {}", words.join(", "));
                self.fault(at.value, format!("`{kind}` is one word, not a list"), hint);
            }
        }
    }

    fn exceptions(&mut self, at: At<'_>, expectation: &Expectation) {
        for (engine, exception) in &expectation.except {
            let at = at.get("except").get(engine);
            if !ENGINES.contains(&engine.as_str()) {
                let hint = nearest(engine, ENGINES);
                self.fault(at.key, format!("unknown engine `{engine}`"), hint);
            }
            if exception.because.trim().is_empty() {
                self.fault(at.get("because").value, "an exception needs a reason", None);
            }
        }
    }
}

fn noun(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Window => "a window",
        SubjectKind::Frame => "a frame",
        SubjectKind::Fetch => "a fetch",
        SubjectKind::Resource => "a resource",
        SubjectKind::Endpoint => "an endpoint",
        SubjectKind::Evaluation => "an evaluation",
    }
}
