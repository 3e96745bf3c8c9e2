//! From what the pages of a cell have pushed to its facts. Pure.

use std::collections::HashMap;

use fixtures_server::{Exchange, page::Serve};
use serde_json::Value;

use super::shape::{Act, Embed, Shape};
use super::stage::Staged;
use crate::fact::{FactKind, FactValue, Facts};
use crate::observation::{Names, without_query};
use crate::runner::facts::{arrival, fetch_facts, request};
use crate::scenario::{MAIN, Opening, Unit};

/// What a document reports of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Report {
    isolated: bool,
    secure: bool,
    has_opener: bool,
    /// Whether a worker's write to shared memory could be read.
    usable: bool,
}

impl Report {
    pub(super) fn read(report: &Value) -> Self {
        let flag = |key: &str| report.get(key).and_then(Value::as_bool).unwrap_or(false);
        Self {
            isolated: flag("isolated"),
            secure: flag("secure"),
            has_opener: flag("opener"),
            usable: flag("sharedMemory") && flag("usable"),
        }
    }

    fn facts(self, facts: &mut Facts, name: &str) {
        facts.insert(name, FactKind::Isolated, self.isolated);
        facts.insert(name, FactKind::SecureContext, self.secure);
        let usable = if self.usable { "usable" } else { "unavailable" };
        facts.insert(name, FactKind::SharedMemory, usable);
    }
}

/// The documents from which the cells of a group are done.
#[derive(Debug, Default)]
pub(super) struct Host {
    pub(super) main: Report,
    pub(super) frame: Option<Report>,
}

/// What has been heard of one cell.
#[derive(Debug, Default)]
pub(super) struct CellSeen {
    /// Requests that name the cell.
    pub(super) exchanges: Vec<Exchange>,
    popup: Option<Report>,
    /// What the opener made of its handle.
    handle: Option<String>,
    /// Whether the popup stays empty: it was to be navigated by a handle that is null.
    stranded: bool,
    /// Whether the popup was there after the opener had made up its mind.
    lived: bool,
    /// What came of each fetch, resource and frame.
    results: Option<Value>,
    frames: HashMap<String, FrameSeen>,
}

#[derive(Debug, Default)]
struct FrameSeen {
    report: Option<Report>,
    /// Its page asks the driver what it is.
    unsure: bool,
    /// What the driver saw.
    loaded: Option<bool>,
}

impl CellSeen {
    /// Takes what a page has pushed.
    pub(super) fn take(&mut self, push: &Value) {
        let text = |key: &str| push.get(key).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "popup" => self.popup = Some(Report::read(push)),
            "verdict" => self.handle = Some(text("handle").to_owned()),
            "stranded" => self.stranded = true,
            "lived" => self.lived = true,
            "acts" => self.results = push.get("results").cloned(),
            "frame" => {
                self.frames.entry(text("name").to_owned()).or_default().report =
                    Some(Report::read(push));
            }
            "unsure" => self.frames.entry(text("name").to_owned()).or_default().unsure = true,
            _ => {}
        }
        // A frame that has spoken meanwhile needs no driver: it came in.
        for frame in self.frames.values_mut() {
            if frame.unsure && frame.report.is_some() {
                frame.loaded = Some(true);
            }
        }
    }

    /// The frames that the driver has to look into.
    pub(super) fn unsure(&self) -> impl Iterator<Item = &str> {
        let unsure = self.frames.iter().filter(|(_, frame)| frame.unsure && frame.loaded.is_none());
        unsure.map(|(name, _)| name.as_str())
    }

    /// The frames that the driver has found loaded and that have reported by now.
    pub(super) fn reported_late(&self) -> impl Iterator<Item = &str> {
        let late = self
            .frames
            .iter()
            .filter(|(_, frame)| frame.loaded == Some(true) && frame.report.is_some());
        late.map(|(name, _)| name.as_str())
    }

    /// Takes what the driver saw in a frame.
    pub(super) fn decide(&mut self, name: &str, loaded: bool) {
        self.frames.entry(name.to_owned()).or_default().loaded = Some(loaded);
    }

    /// What the cell still needs; nothing once all is known.
    pub(super) fn missing(&self, shape: &Shape<'_>) -> Option<String> {
        match &shape.act {
            Act::Popup(_) if self.stranded => None,
            Act::Nothing | Act::Popup(_) => {
                let name = match &shape.act {
                    Act::Popup(popup) => format!("popup `{}`", popup.r#as),
                    _ => format!("`{MAIN}`"),
                };
                if self.popup.is_none() {
                    let opened = match self.handle.as_deref() {
                        Some("null") => " (`window.open` gave null)",
                        _ => "",
                    };
                    Some(format!("{name} to report itself{opened}"))
                } else if self.handle.is_none() {
                    Some(format!("the opener's handle of {name} to answer or to read closed"))
                } else if !self.lived {
                    Some(format!("{name} to show that it is still there"))
                } else {
                    None
                }
            }
            Act::Embed(_) if self.results.is_none() => {
                Some("the page to say what came of its fetches and resources".to_owned())
            }
            Act::Embed(embeds) => embeds.iter().find_map(|embed| {
                let lacks_report = embed.is_frame()
                    && self.frame_loaded(embed.name())
                    && self.frames.get(embed.name()).is_none_or(|frame| frame.report.is_none());
                lacks_report.then(|| format!("frame `{}` to report itself", embed.name()))
            }),
        }
    }

    fn result(&self, name: &str) -> &Value {
        self.results.as_ref().and_then(|results| results.get(name)).unwrap_or(&Value::Null)
    }

    fn frame_loaded(&self, name: &str) -> bool {
        match self.frames.get(name).and_then(|frame| frame.loaded) {
            Some(loaded) => loaded,
            None => self.result(name)["result"] == "loaded",
        }
    }

    /// The facts of a cell of which all is known.
    pub(super) fn facts(
        &self,
        cell: usize,
        unit: &Unit,
        shape: &Shape<'_>,
        host: &Host,
        staged: &Staged,
    ) -> Facts {
        let mut facts = Facts::default();
        let popup = self.popup.unwrap_or_default();
        let main = if matches!(shape.act, Act::Nothing) { popup } else { host.main };
        main.facts(&mut facts, MAIN);
        if let (Some(frame), Some(report)) = (shape.frame, host.frame) {
            facts.insert(&frame.r#as, FactKind::Loading, "loaded");
            report.facts(&mut facts, &frame.r#as);
        }
        match &shape.act {
            Act::Nothing => {}
            Act::Popup(step) if self.stranded => {
                facts.insert(&step.r#as, FactKind::Handle, "null");
            }
            Act::Popup(step) => {
                let handle = self.handle.as_deref().unwrap_or_default();
                let never = handle == "null" || step.how == Opening::LinkNoopener;
                let opener = match (popup.has_opener, never) {
                    (true, _) => "connected",
                    (false, true) => "never",
                    (false, false) => "severed",
                };
                facts.insert(&step.r#as, FactKind::Opener, opener);
                if handle != "none" {
                    facts.insert(&step.r#as, FactKind::Handle, handle);
                }
                facts.insert(&step.r#as, FactKind::Open, self.lived);
                popup.facts(&mut facts, &step.r#as);
            }
            Act::Embed(embeds) => {
                for embed in embeds {
                    self.embed_facts(&mut facts, *embed);
                }
            }
        }
        self.endpoint_facts(&mut facts, cell, unit, staged);
        facts
    }

    fn embed_facts(&self, facts: &mut Facts, embed: Embed<'_>) {
        let name = embed.name();
        let result = self.result(name);
        match embed {
            Embed::Fetch(_) => fetch_facts(facts, name, result),
            _ if embed.is_frame() => {
                let loaded = self.frame_loaded(name);
                let word = if loaded { "loaded" } else { "blocked" };
                facts.insert(name, FactKind::Loading, word);
                let report = self.frames.get(name).and_then(|frame| frame.report);
                if let (Embed::Frame(_), true, Some(report)) = (embed, loaded, report) {
                    report.facts(facts, name);
                }
            }
            _ => {
                let word = result["result"].as_str().unwrap_or("blocked");
                facts.insert(name, FactKind::Loading, word);
            }
        }
    }

    /// What reached the endpoints that the cell uses, and what they did about it.
    fn endpoint_facts(&self, facts: &mut Facts, cell: usize, unit: &Unit, staged: &Staged) {
        let names = Names::new(staged.stage.origins());
        for (url, page) in &unit.plan.pages {
            let acts = matches!(page.serve, Some(Serve::Action(_)));
            let asked = unit.expect.iter().any(|(fact, ..)| fact.subject == url.as_str());
            if !acts && !asked && !matches!(page.serve, Some(Serve::Json(_) | Serve::Token)) {
                continue;
            }
            let place = staged.page(cell, url);
            let arrived = self.exchanges.iter().filter(|exchange| {
                place.is_some_and(|place| without_query(&exchange.page) == place.as_str())
            });
            let arrived: Vec<String> =
                arrived.map(|exchange| arrival(&request(exchange, &names), &names)).collect();
            facts.insert(url.as_str(), FactKind::Received, FactValue::List(arrived));
            if acts {
                let performed = place.map_or(0, |place| staged.stage.performed(place));
                facts.insert(url.as_str(), FactKind::Performed, performed.to_string());
            }
        }
    }
}
