//! The accepted snapshots of a run, wherever its scenarios keep them.

use std::collections::HashMap;

use coopwright::runner::{Compared, Shown, uncompared};
use coopwright::snapshot::{Key, Mode, Record, Sight, Store};
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
    pub(super) fn compare(&mut self, shown: &Shown<'_>) -> Vec<Compared> {
        if self.ignore {
            return uncompared(shown);
        }
        let unit = shown.unit;
        let (source, place) = &self.sources[&unit.path];
        let record = |text: &str| Record {
            source: source.clone(),
            description: format!("{}: {}", unit.kind.name(), unit.title),
            info: shown.info.clone(),
            contents: text.to_owned(),
        };
        let browsers = shown.browsers.iter();
        let sights: Vec<Sight<'_>> = browsers
            .map(|browser| Sight {
                engine: browser.engine,
                version: browser.version,
                record: record(&browser.text),
                reasons: browser.reasons,
                follows_from_lack: browser.follows_from_lack,
                counts: browser.counts,
            })
            .collect();
        let key = Key::new(&unit.scenario, shown.variant);
        match self.stores[place].check(&key, &shown.flow, &sights) {
            Ok(outcomes) => outcomes.into_iter().map(|outcome| Ok(Some(outcome))).collect(),
            Err(error) => {
                let hint = error.hint();
                let text = format!("the snapshot cannot be compared: {error} (hint: {hint})");
                sights.iter().map(|_| Err(text.clone())).collect()
            }
        }
    }
}
