//! From an environment to what a run needs of it: jobs with addresses, and the proxy by which browsers reach
//! them.

use std::io::{self, Write};
use std::sync::Arc;

use coopwright::proxy::{Mix, Proxy};
use coopwright::report::count;
use coopwright::rollout::Rollout;
use coopwright::runner::Staging;
use coopwright::scenario::{Job, Matrix, Unit};
use coopwright::settings::{Environment, Reach};
use coopwright::upstream::{self, Ca, Upstream};

use super::browsers::BrowserArgs;
use super::environment::usual_reach;

/// The client of real sites that a reach describes.
pub(crate) fn upstream(reach: &Reach) -> anyhow::Result<Upstream> {
    let settings = upstream::Settings {
        ca: reach.ca.iter().cloned().map(Ca::File).collect(),
        insecure: reach.insecure.clone(),
        via: reach.proxy.as_ref().map(|proxy| proxy.expose().to_owned()),
        no_proxy: reach.no_proxy.clone(),
        connect_to: reach.connect_to.clone().into_iter().collect(),
        loopback_via: false,
    };
    Ok(Upstream::new(&settings)?)
}

/// What cannot be done with sites at real addresses.
#[derive(Debug, thiserror::Error)]
#[error("sites at real addresses need browsers of this machine, not those of `--webdriver`")]
pub(crate) struct Elsewhere;

impl Elsewhere {
    /// What to do about it.
    pub(crate) fn hint() -> &'static str {
        "they are reached by a proxy on loopback, which a browser elsewhere does not reach"
    }
}

/// The jobs with the environment's addresses, without those that need pages of the fixture server where
/// such a site is; says how many those are.
pub(crate) fn placed(
    jobs: Vec<Job>,
    environment: Option<&Environment>,
    browsers: &BrowserArgs,
) -> anyhow::Result<Vec<Job>> {
    let Some(environment) = environment.filter(|environment| !environment.sites.is_empty()) else {
        return Ok(jobs);
    };
    if browsers.are_elsewhere() {
        return Err(Elsewhere.into());
    }
    let unit = |unit: &Arc<Unit>| Arc::new(Unit::clone(unit).at(&environment.sites));
    let placed = jobs.iter().map(|job| match job {
        Job::Unit(one) => Job::Unit(unit(one)),
        Job::Matrix(matrix) => {
            let cells = matrix.cells.iter().map(unit).collect();
            Job::Matrix(Arc::new(Matrix { cells, ..Matrix::clone(matrix) }))
        }
    });
    let (kept, left): (Vec<Job>, Vec<Job>) =
        placed.partition(|job| job.first().needs_fixtures().is_none());
    if let Some(first) = left.first() {
        let unit = first.first();
        writeln!(
            io::stderr(),
            "note: {} left out: {} needs pages of the fixture server (`{}`), and so on",
            count(left.len(), "variant"),
            unit.name(),
            unit.needs_fixtures().unwrap_or_default(),
        )?;
    }
    Ok(kept)
}

/// Where the sites are, for people; nothing where they are all fixtures.
pub(crate) fn told(environment: Option<&Environment>) -> String {
    let Some(environment) = environment else { return String::new() };
    let name = environment.name.as_deref().map(|name| format!(" of `{name}`")).unwrap_or_default();
    let mut text = String::new();
    for (site, address) in &environment.sites {
        text += &format!("  site {site}{name}: {address}\n");
    }
    text
}

/// The folder of snapshots for an environment, below that of fixtures.
pub(crate) fn folder(environment: &Environment) -> &str {
    environment.name.as_deref().unwrap_or("sites")
}

/// What rehearsals do to responses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acts {
    /// Header changes.
    pub(crate) rules: Rollout,
    /// Which of the responses they are put on.
    pub(crate) mix: Option<Mix>,
    /// Whether browsers' reports are collected.
    pub(crate) collect: bool,
}

/// The way to sites that are not the fixture server's; none where no job needs it and nothing acts.
pub(crate) fn staging(
    jobs: &[Job],
    environment: Option<&Environment>,
    acts: Acts,
) -> anyhow::Result<Option<Staging>> {
    let needs = |job: &Job| match job {
        Job::Unit(unit) => unit.needs_proxy(),
        Job::Matrix(matrix) => matrix.cells.iter().any(|unit| unit.needs_proxy()),
    };
    if acts.rules.is_empty() && !acts.collect && !jobs.iter().any(needs) {
        return Ok(None);
    }
    let reach = match environment {
        Some(environment) => environment.reach.clone(),
        None => usual_reach()?,
    };
    Ok(Some(Staging {
        proxy: Proxy::new(upstream(&reach)?)?,
        rules: Arc::new(acts.rules),
        mix: acts.mix,
        collect: acts.collect,
    }))
}
