//! The model meets the evidence: from what a unit's responses said to the facts that must follow, each
//! with its reasons; and where a browser showed something else. Pure.
//!
//! `link` turns a popup's documents into a flow for [`crate::spec`], `documents` does it for isolation and
//! frames, `requests` for fetches and resources; `lack` says what follows from missing features; `world` gives sites addresses that the model can read.

mod documents;
mod lack;
mod link;
mod planned;
mod requests;
mod world;

use std::collections::HashSet;
use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::fact::{Fact, FactKind, FactValue, Facts};
use crate::observation::{Hop, Observation};
use crate::scenario::Unit;
use crate::spec::{Behaviour, Engine, Profile, Reason, deviations};

pub use lack::{Lack, lack_of};
pub use link::{Link, link_of};
pub use planned::planned;
pub use requests::answers_to;
pub use world::World;

/// A fact that must follow from the responses.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// The fact.
    pub fact: Fact,
    /// Its answer.
    pub value: FactValue,
    /// Another answer that evidence cannot tell from it.
    pub looks_like: Option<FactValue>,
    /// Why.
    pub because: Vec<Because>,
}

/// A reason with the response at which it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// The rule, where it was applied, and what was compared.
    pub reason: Reason,
    /// The response, if it was applied at one.
    pub hop: Option<Hop>,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(hop) = &self.hop {
            write!(f, "{}: ", hop.page)?;
        }
        write!(f, "{} [{}]", self.reason, self.reason.rule.source())
    }
}

/// A fact that a browser showed otherwise than the model says.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Disagreement {
    /// The fact.
    pub fact: Fact,
    /// What the model says.
    pub predicted: FactValue,
    /// What the browser showed.
    pub observed: FactValue,
    /// The model's reasons.
    pub because: Vec<Because>,
}

impl Serialize for Because {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Reason { rule, compared, deviation, .. } = &self.reason;
        let mut map = serializer.serialize_struct("Because", 7)?;
        map.serialize_field("rule", rule.code())?;
        map.serialize_field("text", rule.text())?;
        map.serialize_field("compared", &compared.as_ref().map(ToString::to_string))?;
        map.serialize_field("source", rule.source())?;
        map.serialize_field("url", rule.url())?;
        map.serialize_field("deviation", deviation)?;
        map.serialize_field("page", &self.hop.as_ref().map(|hop| &hop.page))?;
        map.end()
    }
}

/// The model's engine of this name, in this version; the standards for a name that it does not know.
#[must_use]
pub fn profile_of(engine: &str, version: &str) -> Profile {
    let known = [Engine::Chromium, Engine::Firefox, Engine::Webkit];
    match known.into_iter().find(|known| known.name() == engine) {
        Some(engine) => Profile::of(engine, version),
        None => Profile::default(),
    }
}

/// Everything that must follow from the responses that `seen` tells of.
#[must_use]
pub fn predict(unit: &Unit, seen: &Observation, profile: &Profile) -> Vec<Prediction> {
    let mut told = Told { predictions: Vec::new() };
    let world = World::new(unit);
    for window in &seen.windows {
        link::predict(unit, seen, &world, window, profile, &mut told);
        documents::predict(unit, seen, &world, window, profile, &mut told);
    }
    requests::predict(unit, seen, &world, profile, &mut told);
    told.predictions.sort_by(|one, other| one.fact.cmp(&other.fact));
    told.predictions
}

/// The predictions that `facts` do not bear out. A fact that was not observed is no contradiction.
#[must_use]
pub fn disagreements(predictions: &[Prediction], facts: &Facts) -> Vec<Disagreement> {
    predictions
        .iter()
        .filter_map(|prediction| {
            let observed = facts.get(&prediction.fact)?;
            (!prediction.is_borne_out_by(observed)).then(|| Disagreement {
                fact: prediction.fact.clone(),
                predicted: prediction.value.clone(),
                observed: observed.clone(),
                because: prediction.because.clone(),
            })
        })
        .collect()
}

/// The deviations of an engine that played a part in predictions, each by name and in words.
#[must_use]
pub fn deviations_in(predictions: &[&Prediction], engine: &str) -> Vec<String> {
    let reasons = predictions.iter().flat_map(|prediction| &prediction.because);
    let played: HashSet<Behaviour> =
        reasons.filter_map(|because| because.reason.deviation).collect();
    let own = deviations().iter().filter(|deviation| deviation.engine.name() == engine);
    let played = own.filter(|deviation| played.contains(&deviation.name));
    let mut told: Vec<String> =
        played.map(|deviation| format!("{}: {}", deviation.name, deviation.does)).collect();
    // The same behaviour may stand there for more than one range of versions.
    told.dedup();
    told
}

/// The predicted facts alone.
#[must_use]
pub fn facts_of(predictions: &[Prediction]) -> Facts {
    let mut facts = Facts::default();
    for Prediction { fact, value, .. } in predictions {
        facts.insert(&fact.subject, fact.kind, value.clone());
    }
    facts
}

impl Prediction {
    /// Whether an observation agrees with it.
    #[must_use]
    pub fn is_borne_out_by(&self, observed: &FactValue) -> bool {
        agrees(self.fact.kind, &self.value, observed) || self.looks_like.as_ref() == Some(observed)
    }
}

/// The order of header names says nothing.
fn agrees(kind: FactKind, predicted: &FactValue, observed: &FactValue) -> bool {
    match (kind, predicted, observed) {
        (FactKind::ReadableHeaders, FactValue::List(one), FactValue::List(other)) => {
            let sorted = |list: &[String]| {
                let mut list = list.to_vec();
                list.sort();
                list
            };
            sorted(one) == sorted(other)
        }
        _ => predicted == observed,
    }
}

/// Where predictions are gathered.
#[derive(Debug)]
struct Told {
    predictions: Vec<Prediction>,
}

impl Told {
    fn add(
        &mut self,
        subject: &str,
        kind: FactKind,
        value: impl Into<FactValue>,
        because: &[Because],
    ) {
        self.predictions.push(Prediction {
            fact: Fact::new(subject, kind),
            value: value.into(),
            looks_like: None,
            because: because.to_vec(),
        });
    }

    /// The last prediction may as well look like this.
    fn or_looks_like(&mut self, value: impl Into<FactValue>) {
        if let Some(last) = self.predictions.last_mut() {
            last.looks_like = Some(value.into());
        }
    }
}
