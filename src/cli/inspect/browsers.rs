//! The same questions to real browsers, which reach the live sites by the recording proxy.

use std::time::Duration;

use coopwright::chain::{Replay, Visit, visit, visit_by_script};
use coopwright::event::{JobReport, UnitReport};
use coopwright::report::inspect::Inspected;
use coopwright::scenario::{self, Job};
use coopwright::settings::{Environment, Reach};
use indexmap::IndexMap;

use crate::cli::browsers::BrowserArgs;
use crate::cli::observe::observe;
use crate::cli::staging::{Acts, placed, staging};

/// What browsers showed, by the number of the page or request that was asked about.
pub(super) struct Observed {
    reports: Vec<(usize, UnitReport)>,
}

/// Visits pages; those that are none are left out.
pub(super) fn pages(
    told: &[Inspected],
    browsers: &BrowserArgs,
    reach: &Reach,
    limit: Duration,
) -> anyhow::Result<Observed> {
    let visits = told.iter().map(|page| {
        page.is_page()
            .then(|| visit(&page.chain.asked, page.opener.as_ref().map(|opener| &opener.url)))
    });
    all(visits.collect(), browsers, reach, limit)
}

/// Lets scripts ask.
pub(super) fn scripts(
    told: &[Replay],
    browsers: &BrowserArgs,
    reach: &Reach,
    limit: Duration,
) -> anyhow::Result<Observed> {
    let visits = told.iter().map(|replay| Some(visit_by_script(replay.question())));
    all(visits.collect(), browsers, reach, limit)
}

fn all(
    visits: Vec<Option<Visit>>,
    browsers: &BrowserArgs,
    reach: &Reach,
    limit: Duration,
) -> anyhow::Result<Observed> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut numbers = Vec::new();
    for (number, visit) in visits.into_iter().enumerate() {
        let Some(Visit { yaml, sites }) = visit else { continue };
        let scenario = scenario::parse("inspect.yaml", &yaml)?;
        let sites: IndexMap<_, _> =
            sites.into_iter().map(|(name, url)| (name.to_owned(), url)).collect();
        let place = Environment { name: None, sites, reach: reach.clone() };
        let more = placed(scenario.jobs(), Some(&place), browsers)?;
        numbers.extend(more.iter().map(|_| number));
        jobs.extend(more);
    }
    if jobs.is_empty() {
        return Ok(Observed { reports: Vec::new() });
    }
    let place = Environment { name: None, sites: IndexMap::new(), reach: reach.clone() };
    let staging = staging(&jobs, Some(&place), Acts::default())?;
    let reports = observe(&jobs, browsers, staging, limit)?;
    let reports = reports.into_iter().filter_map(|report| match report {
        JobReport::Unit(report) => Some((numbers[report.index], *report)),
        JobReport::Matrix(_) => None,
    });
    Ok(Observed { reports: reports.collect() })
}

impl Observed {
    /// Those about one page or request.
    pub(super) fn of(&self, number: usize) -> Vec<&UnitReport> {
        let own = self.reports.iter().filter(|(other, _)| *other == number);
        own.map(|(_, report)| report).collect()
    }

    /// Whether something could not be tested.
    pub(super) fn has_errors(&self) -> bool {
        self.reports.iter().any(|(_, report)| report.error.is_some())
    }
}
