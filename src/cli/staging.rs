//! From an environment to what a run needs of it: jobs with addresses, and the proxy by which browsers reach
//! them.

use std::sync::Arc;

use coopwright::proxy::{Mix, Proxy};
use coopwright::rollout::Rollout;
use coopwright::runner::Staging;
use coopwright::scenario::{Job, Matrix, Unit};
use coopwright::settings::{Environment, Reach};
use coopwright::upstream::{self, Ca, Upstream};

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

/// The jobs with the environment's addresses.
pub(crate) fn placed(jobs: Vec<Job>, environment: Option<&Environment>) -> Vec<Job> {
    let Some(environment) = environment else { return jobs };
    let unit = |unit: &Arc<Unit>| Arc::new(Unit::clone(unit).at(&environment.sites));
    jobs.iter()
        .map(|job| match job {
            Job::Unit(one) => Job::Unit(unit(one)),
            Job::Matrix(matrix) => {
                let cells = matrix.cells.iter().map(unit).collect();
                Job::Matrix(Arc::new(Matrix { cells, ..Matrix::clone(matrix) }))
            }
        })
        .collect()
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
