//! Real browsers' answers beside the model's.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::{Engine, Settings, locate};
use coopwright::event::{RunEvent, UnitReport};
use coopwright::runner::{self, Options};
use coopwright::scenario::{self, Unit};
use coopwright::sketch;
use coopwright::spec::Flow;
use fixtures_server::Server;
use serde_json::{Value, json};

use crate::cli::{is_root, runtime, search_path, stop, variable};

/// The longest time for one unit.
const LIMIT: Duration = Duration::from_secs(15);

/// What browsers showed.
pub(super) struct Observed {
    reports: Vec<UnitReport>,
    engine: String,
}

/// Runs a flow.
pub(super) fn flow(flow: &Flow) -> anyhow::Result<Observed> {
    let yaml = sketch::scenario_of(flow)?;
    let scenario = scenario::parse("flow.yaml", &yaml)?;
    units(scenario.units())
}

/// Runs units, without their snapshots.
pub(super) fn units(units: Vec<Unit>) -> anyhow::Result<Observed> {
    let browser = locate(Engine::Chromium, &search_path())?;
    let engine = format!("{} {}", browser.engine.title(), browser.version);
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let options = Options {
        browser,
        settings: Settings { headed: false, root: is_root(), limit: LIMIT },
        workers: cores,
        unit_limit: LIMIT,
        max_failures: None,
        variable,
    };
    let units: Vec<Arc<Unit>> = units.into_iter().map(Arc::new).collect();
    let runtime = runtime()?;
    let mut reports = Vec::new();
    let ended = runtime.block_on(async {
        let (_stop, wish) = stop::listen()?;
        let server = Arc::new(Server::bind_loopback(0).await?);
        let ended = runner::run(
            &units,
            Arc::clone(&server),
            &options,
            wish,
            &mut |_, _| Ok(None),
            &mut |event| {
                if let RunEvent::UnitFinished(report) = event {
                    reports.push(*report);
                }
            },
        )
        .await;
        if let Ok(server) = Arc::try_unwrap(server).map_err(drop) {
            server.shutdown().await;
        }
        anyhow::Ok(ended?)
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended?;
    reports.sort_by_key(|report| report.index);
    Ok(Observed { reports, engine })
}

impl Observed {
    /// Fact by fact, predicted and observed.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for report in &self.reports {
            let _ = writeln!(text, "{} in {}", report.unit.name(), self.engine);
            if let Some(error) = &report.error {
                let _ = writeln!(text, "  could not be tested: {error}");
                continue;
            }
            let _ = writeln!(text, "  {:28} {:20} observed", "", "predicted");
            for prediction in &report.predictions {
                let seen = report.observation.as_ref();
                let observed = seen.and_then(|seen| seen.facts.get(&prediction.fact));
                let Some(observed) = observed else { continue };
                let mark = if prediction.is_borne_out_by(observed) { ' ' } else { '≠' };
                let (fact, predicted) = (prediction.fact.to_string(), prediction.value.to_string());
                let _ = writeln!(text, "{mark} {fact:28} {predicted:20} {observed}");
            }
            text.push('\n');
        }
        text
    }

    /// As [`Observed::text`], for programs.
    pub(super) fn json(&self) -> Value {
        let units = self.reports.iter();
        let units: Vec<Value> = units.map(coopwright::report::unit).collect();
        json!({ "engine": self.engine, "units": units })
    }
}
