//! Runs scenarios to see what they show, without snapshots and expectations.

use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::Settings;
use coopwright::event::JobReport;
use coopwright::runner::{Options, Staging};
use coopwright::scenario::Job;

use super::browsers::BrowserArgs;
use super::running::play;
use super::{is_root, runtime, stop, variable};

/// What jobs show in these browsers, in the order of the jobs. No unit takes longer than `limit`.
pub(crate) fn observe(
    jobs: &[Job],
    browsers: &BrowserArgs,
    staging: Option<Staging>,
    limit: Duration,
) -> anyhow::Result<Vec<JobReport>> {
    let mut endpoints = browsers.endpoints()?;
    let settings = Settings { headed: false, root: is_root(), limit, proxy: None };
    let workers = browsers.workers(None, endpoints.len());
    let options = Options { staging, ..Options::new(settings, workers, variable) };
    let runtime = runtime()?;
    let played = runtime.block_on(async {
        let (_stop, wish) = stop::listen()?;
        let server = browsers.server(0, &mut endpoints).await?;
        let played = play(jobs, &server, &endpoints, &options, &wish, &mut |_| {}).await;
        if let Ok(server) = Arc::try_unwrap(server).map_err(drop) {
            server.shutdown().await;
        }
        anyhow::Ok(played?)
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(played?.reports)
}
