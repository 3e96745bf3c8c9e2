//! The accepted snapshots of a run, wherever its scenarios keep them.

use std::collections::HashMap;

use coopwright::runner::Shown;
use coopwright::snapshot::{Key, Mode, Outcome, Record, Store};
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

    /// Compares what was observed with what was accepted.
    pub(super) fn compare(&mut self, shown: &Shown<'_>) -> Result<Option<Outcome>, String> {
        if self.ignore {
            return Ok(None);
        }
        let unit = shown.unit;
        let (source, place) = &self.sources[&unit.path];
        let record = Record {
            source: source.clone(),
            description: format!("{}: {}", unit.kind.name(), unit.title),
            info: shown.info.clone(),
            contents: shown.text.clone(),
        };
        let key = Key::new(&unit.scenario, shown.variant);
        self.stores[place].check(&key, &record).map(Some).map_err(|error| {
            format!("the snapshot cannot be compared: {error} (hint: {})", error.hint())
        })
    }
}
