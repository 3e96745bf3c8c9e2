//! Runs scenarios to see what they show, without snapshots and expectations.

use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::Settings;
use coopwright::event::{JobReport, RunEvent};
use coopwright::runner::{self, Options, Staging};
use coopwright::scenario::Job;

use super::browsers::BrowserArgs;
use super::{is_root, runtime, stop, variable};

/// What jobs show in these browsers, in the order of the jobs. No unit takes longer than `limit`.
pub(crate) fn observe(
    jobs: &[Job],
    browsers: &BrowserArgs,
    staging: Option<Staging>,
    limit: Duration,
) -> anyhow::Result<Vec<JobReport>> {
    let mut endpoints = browsers.endpoints()?;
    let options = Options {
        settings: Settings { headed: false, root: is_root(), limit, proxy: None },
        workers: browsers.workers(None, endpoints.len()),
        unit_limit: limit,
        max_failures: None,
        variable,
        staging,
        probe: Vec::new(),
    };
    let runtime = runtime()?;
    let mut reports = Vec::new();
    let ended = runtime.block_on(async {
        let (_stop, wish) = stop::listen()?;
        let server = browsers.server(0, &mut endpoints).await?;
        let mut hear = |event| {
            if let RunEvent::Finished(finished) = event {
                reports.extend(finished);
            }
        };
        let running = Arc::clone(&server);
        let ended = runner::run(
            jobs,
            running,
            &endpoints,
            &options,
            wish,
            &mut runner::uncompared,
            &mut hear,
        )
        .await;
        if let Ok(server) = Arc::try_unwrap(server).map_err(drop) {
            server.shutdown().await;
        }
        anyhow::Ok(ended?)
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended?;
    reports.sort_by_key(JobReport::index);
    Ok(reports)
}
