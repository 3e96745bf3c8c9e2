//! One snapshot for all engines, and one of an engine's own where it really differs. Pure.
//!
//! The common file says in which engines its text was seen (`seen in`), an engine's own file why it is
//! there (`because`); both name versions, and the flow that was run (`flow`). So a difference can be told
//! apart: the scenario was changed, the engine has a new version, or the site did something else.

use std::collections::BTreeMap;

use super::{Diff, Outcome, Record};

/// What one engine showed.
pub struct Sight<'a> {
    /// The engine's name.
    pub engine: &'static str,
    /// Its version.
    pub version: &'a str,
    /// What to compare: source, description, info and text.
    pub record: Record,
    /// What is known of why the engine may differ from others.
    pub reasons: &'a [String],
    /// Whether all that is different from this accepted text (nothing: there is none) follows from what
    /// the engine lacks.
    pub follows_from_lack: &'a dyn Fn(Option<&str>) -> bool,
    /// Whether what it shows may become a snapshot.
    pub counts: bool,
}

/// The names in the front matter.
const FLOW: &str = "flow";
const SEEN_IN: &str = "seen in";
const ENGINE: &str = "engine";
const BECAUSE: &str = "because";

/// The files of one key.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) common: Option<Record>,
    /// By engine.
    pub(super) own: BTreeMap<String, Record>,
}

impl Files {
    /// What is accepted for an engine: its own file, or the common one.
    fn of(&self, engine: &str) -> Option<&Record> {
        self.own.get(engine).or(self.common.as_ref())
    }

    /// How what each engine shows compares with what is accepted for it.
    pub(super) fn compare(&self, flow: &str, sights: &[Sight<'_>]) -> Vec<Outcome> {
        let compare = |sight: &Sight<'_>| {
            let accepted = self.of(sight.engine);
            if accepted.is_some_and(|accepted| accepted.matches(&sight.record)) {
                return Outcome::Same;
            }
            if (sight.follows_from_lack)(accepted.map(|accepted| accepted.contents.as_str())) {
                return Outcome::Lacking;
            }
            let Some(accepted) = accepted else { return Outcome::New { pending: None } };
            let diff = Diff::new(&accepted.contents, &sight.record.contents);
            let was = version_in(accepted, sight.engine).filter(|was| was != sight.version);
            let same_flow = info(accepted, FLOW) == Some(flow);
            let browser_was = was.filter(|_| same_flow);
            Outcome::Differs { diff, pending: None, browser_was }
        };
        sights.iter().map(compare).collect()
    }

    /// The files as they should be, if what was seen is accepted. Engines that were not there keep theirs.
    /// `tidies`: what most show becomes the common file.
    pub(super) fn accepting(
        &self,
        flow: &str,
        sights: &[Sight<'_>],
        outcomes: &[Outcome],
        tidies: bool,
    ) -> Self {
        let counts = |(sight, outcome): &(&Sight<'_>, &Outcome)| {
            sight.counts && **outcome != Outcome::Lacking
        };
        let all = sights.iter().zip(outcomes).filter(counts);
        let voices: Vec<&Sight<'_>> = all.map(|(sight, _)| sight).collect();
        let mut own = self.own.clone();
        for (sight, outcome) in sights.iter().zip(outcomes) {
            // Where the engine lacks something there is nothing to keep.
            if *outcome == Outcome::Lacking {
                own.remove(sight.engine);
            }
        }
        let common = self.common_of(flow, &voices, tidies);
        for sight in &voices {
            own.remove(sight.engine);
            if !common.as_ref().is_some_and(|common| common.matches(&sight.record)) {
                own.insert(sight.engine.to_owned(), own_record(flow, sight, &self.own));
            }
        }
        Self { common, own }
    }

    /// Whether accepting gives other files, be it in their front matter alone.
    pub(super) fn is_refreshed(&self, wanted: &Self) -> bool {
        let text = |record: &Option<Record>| record.as_ref().map(Record::to_text);
        let own = |files: &Self| -> Vec<_> {
            files.own.iter().map(|(engine, record)| (engine.clone(), record.to_text())).collect()
        };
        text(&self.common) != text(&wanted.common) || own(self) != own(wanted)
    }

    fn common_of(&self, flow: &str, voices: &[&Sight<'_>], tidies: bool) -> Option<Record> {
        let Some(old) = &self.common else {
            let first = voices.first()?;
            return Some(common_record(flow, &first.record, voices, None));
        };
        let relies = |engine: &str| !self.own.contains_key(engine);
        let is_here = |engine: &str| voices.iter().any(|sight| sight.engine == engine);
        // An engine that is not here still shows it, as far as is known.
        let absent = seen_in(old).iter().any(|(engine, _)| relies(engine) && !is_here(engine));
        let holds = absent && info(old, FLOW) == Some(flow);
        let alike = |record: &Record| voices.iter().filter(|v| record.matches(&v.record)).count();
        // What most show is the common file, whichever engine was there first.
        let most = alike(old).max(1);
        let more = voices.iter().find(|sight| alike(&sight.record) > most);
        if let (Some(sight), true) = (more, tidies && !holds) {
            return Some(common_record(flow, &sight.record, voices, None));
        }
        if let Some(sight) = voices.iter().find(|sight| old.matches(&sight.record)) {
            return Some(common_record(flow, &sight.record, voices, Some(old)));
        }
        if holds {
            return Some(old.clone());
        }
        match voices.iter().find(|sight| relies(sight.engine)) {
            Some(first) => Some(common_record(flow, &first.record, voices, None)),
            None => Some(old.clone()),
        }
    }
}

/// The common file with this text; an engine that was known to show it keeps the version that is there.
fn common_record(flow: &str, text: &Record, voices: &[&Sight<'_>], old: Option<&Record>) -> Record {
    let mut seen = old.map(seen_in).unwrap_or_default();
    for sight in voices {
        let known = seen.iter().any(|(engine, _)| engine == sight.engine);
        if text.matches(&sight.record) {
            if !known {
                seen.push((sight.engine.to_owned(), sight.version.to_owned()));
            }
        } else {
            seen.retain(|(engine, _)| engine != sight.engine);
        }
    }
    seen.sort();
    let seen: Vec<String> =
        seen.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let mut record = text.clone();
    record.info.push((FLOW.to_owned(), flow.to_owned()));
    record.info.push((SEEN_IN.to_owned(), seen.join(", ")));
    record
}

fn own_record(flow: &str, sight: &Sight<'_>, known: &BTreeMap<String, Record>) -> Record {
    let mut record = sight.record.clone();
    let old = known.get(sight.engine).filter(|old| old.matches(&record));
    let version = old.and_then(|old| version_in(old, sight.engine));
    let version = version.unwrap_or_else(|| sight.version.to_owned());
    let because = match sight.reasons {
        [] => "no known deviation of the engine explains it".to_owned(),
        reasons => reasons.join("; "),
    };
    record.info.push((FLOW.to_owned(), flow.to_owned()));
    record.info.push((ENGINE.to_owned(), format!("{} {version}", sight.engine)));
    record.info.push((BECAUSE.to_owned(), because));
    record
}

fn info<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    record.info.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The engines that showed the text of a common file, with their versions then.
fn seen_in(record: &Record) -> Vec<(String, String)> {
    let list = info(record, SEEN_IN).unwrap_or_default().split(", ");
    list.filter_map(|item| item.split_once(' '))
        .map(|(engine, version)| (engine.to_owned(), version.to_owned()))
        .collect()
}

/// The engine's version when a file was accepted.
fn version_in(record: &Record, engine: &str) -> Option<String> {
    let own = info(record, ENGINE).and_then(|text| text.split_once(' '));
    let own = own.map(|(engine, version)| (engine.to_owned(), version.to_owned()));
    let known = own.into_iter().chain(seen_in(record)).find(|(name, _)| name == engine);
    known.map(|(_, version)| version)
}
