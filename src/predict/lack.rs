//! What of a unit's facts follows from features that the browser lacks.

use std::collections::BTreeMap;

use super::{Prediction, predict};
use crate::fact::{Fact, FactValue, Facts};
use crate::feature::Feature;
use crate::observation::Observation;
use crate::scenario::Unit;
use crate::spec::Profile;

/// What follows from what a browser lacks.
#[derive(Debug, Clone, Default)]
pub struct Lack {
    /// The features that would make a difference.
    pub features: Vec<Feature>,
    /// What the facts would be that it explains.
    granted: BTreeMap<Fact, FactValue>,
    /// The facts that the model says nothing of: they may follow, too.
    predicted: Vec<Fact>,
}

/// Compares what must follow with what would follow if nothing were lacking. A fact that the browser
/// showed otherwise than the model says of it as it is follows from nothing that is known.
#[must_use]
pub fn lack_of(
    unit: &Unit,
    seen: &Observation,
    facts: &Facts,
    profile: &Profile,
    lacks: &[Feature],
    predictions: &[Prediction],
) -> Lack {
    if lacks.is_empty() {
        return Lack::default();
    }
    let differing = |features: &[Feature]| -> BTreeMap<Fact, FactValue> {
        let granting = features.iter().fold(*profile, |profile, &f| profile.with(f, false));
        let granted = predict(unit, seen, &granting);
        let differs = |would: &Prediction| {
            let is = predictions.iter().find(|is| is.fact == would.fact);
            let observed = facts.get(&would.fact);
            match (is, observed) {
                (Some(is), Some(observed)) => {
                    is.value != would.value && is.is_borne_out_by(observed)
                }
                _ => false,
            }
        };
        granted.into_iter().filter(differs).map(|would| (would.fact, would.value)).collect()
    };
    let granted = differing(lacks);
    if granted.is_empty() {
        return Lack::default();
    }
    let alone = lacks.iter().copied().filter(|&feature| !differing(&[feature]).is_empty());
    let mut features: Vec<Feature> = alone.collect();
    if features.is_empty() {
        features = lacks.to_vec();
    }
    let predicted = predictions.iter().map(|prediction| prediction.fact.clone()).collect();
    Lack { features, granted, predicted }
}

impl Lack {
    /// Whether what a fact is may follow from the lack.
    #[must_use]
    pub fn explains(&self, fact: &Fact) -> bool {
        // To lack shared memory changes no more than the facts that say so.
        let changes_more = self.features.iter().any(|feature| *feature != Feature::SharedMemory);
        self.granted.contains_key(fact) || changes_more && !self.predicted.contains(fact)
    }

    /// The facts that the model knows to follow from it.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.granted.keys()
    }

    /// The facts as they would be with all features, as far as the model knows.
    #[must_use]
    pub fn granted(&self, facts: &Facts) -> Facts {
        let mut granted = facts.clone();
        for (fact, value) in &self.granted {
            granted.insert(&fact.subject, fact.kind, value.clone());
        }
        granted
    }

    /// Whether all that differs between these facts and an accepted text of them may follow from the
    /// lack.
    #[must_use]
    pub fn explains_difference(&self, facts: &Facts, accepted: &Facts) -> bool {
        let ours = facts.iter().filter(|(fact, value)| accepted.get(fact) != Some(value));
        let theirs = accepted.iter().filter(|(fact, _)| facts.get(fact).is_none());
        ours.chain(theirs).all(|(fact, _)| self.explains(fact))
    }
}
