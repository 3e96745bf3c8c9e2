//! The accepted snapshots of a run, wherever its scenarios keep them.

use std::collections::HashMap;

use coopwright::runner::Shown;
use coopwright::snapshot::{Key, Mode, Outcome, Record, Sight, Store};
use coopwright::suite::Snapshots;

/// For each scenario file, its source name and the place of its snapshots.
pub(super) type Sources = HashMap<String, (String, Snapshots)>;

/// The accepted snapshots of all scenarios of a run.
pub(super) struct Shelf {
    sources: Sources,
    stores: HashMap<Snapshots, Store>,
    ignore: bool,
}

impl Shelf {
    /// Opens the snapshots of these scenarios, unless they are ignored.
    pub(super) fn open(sources: Sources, mode: Mode, ignore: bool) -> anyhow::Result<Self> {
        let mut stores = HashMap::new();
        if !ignore {
            for (_, place) in sources.values() {
                if !stores.contains_key(place) {
                    stores.insert(place.clone(), place.open(mode)?);
                }
            }
        }
        Ok(Self { sources, stores, ignore })
    }

    /// Compares what a unit or matrix showed in each of its browsers with what was accepted.
    pub(super) fn compare(&mut self, shown: &[Shown<'_>]) -> Vec<Result<Option<Outcome>, String>> {
        let Some(first) = shown.first().filter(|_| !self.ignore) else {
            return shown.iter().map(|_| Ok(None)).collect();
        };
        let unit = first.unit;
        let (source, place) = &self.sources[&unit.path];
        let sight = |shown: &Shown<'_>| Record {
            source: source.clone(),
            description: format!("{}: {}", unit.kind.name(), unit.title),
            info: shown.info.clone(),
            contents: shown.text.clone(),
        };
        let sights: Vec<Sight<'_>> = shown
            .iter()
            .map(|shown| Sight {
                engine: shown.engine,
                version: shown.version,
                record: sight(shown),
                reasons: shown.reasons,
                follows_from_lack: shown.follows_from_lack,
                counts: shown.counts,
            })
            .collect();
        let key = Key::new(&unit.scenario, first.variant);
        match self.stores[place].check(&key, &first.flow, &sights) {
            Ok(outcomes) => outcomes.into_iter().map(|outcome| Ok(Some(outcome))).collect(),
            Err(error) => {
                let hint = error.hint();
                let text = format!("the snapshot cannot be compared: {error} (hint: {hint})");
                shown.iter().map(|_| Err(text.clone())).collect()
            }
        }
    }
}
