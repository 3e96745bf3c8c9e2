//! How a command runs jobs in browsers, whatever it makes of the result.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::{Endpoint, Settings};
use coopwright::event::{JobReport, RunEvent};
use coopwright::report::count;
use coopwright::runner::{self, Options, RunEnd, RunError, Wish};
use coopwright::scenario::Job;
use coopwright::snapshot::Key;
use fixtures_server::Server;
use tokio::sync::watch;

use super::browsers::BrowserArgs;
use super::{is_root, variable};

/// How jobs are run.
#[derive(Debug, clap::Args)]
pub(crate) struct RunningArgs {
    /// Browsers that work side by side, of all kinds together, but at least one of each [default: cores;
    /// with --webdriver one of each]
    #[arg(short = 'j', long, value_name = "N", help_heading = "Running")]
    workers: Option<NonZeroUsize>,

    /// Longest time for one variant
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds, help_heading = "Running")]
    timeout: Duration,

    /// Show the browser's windows
    #[arg(long, help_heading = "Running")]
    pub(super) headed: bool,

    /// Port of the fixture server [default: any free one]
    #[arg(
        long,
        value_name = "PORT",
        default_value = "0",
        hide_default_value = true,
        help_heading = "Running"
    )]
    pub(super) port: u16,
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if (0.1..=3600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("between 0.1 and 3600 seconds".to_owned())
    }
}

impl RunningArgs {
    /// The options of a run in so many kinds of browsers.
    pub(super) fn options(&self, browsers: &BrowserArgs, kinds: usize) -> Options {
        let limit = self.timeout;
        let settings = Settings { headed: self.headed, root: is_root(), limit, proxy: None };
        let workers = browsers.workers(self.workers.map(NonZeroUsize::get), kinds);
        Options::new(settings, workers, variable)
    }
}

/// What became of jobs.
#[derive(Debug)]
pub(super) struct Played {
    /// A report for each job and browser, in the order of the jobs.
    pub(super) reports: Vec<JobReport>,
    /// How the run ended.
    pub(super) end: RunEnd,
}

/// Runs jobs without their snapshots.
pub(super) async fn play(
    jobs: &[Job],
    server: &Arc<Server>,
    browsers: &[Endpoint],
    options: &Options,
    wish: &watch::Receiver<Wish>,
    tell: &mut dyn FnMut(&RunEvent),
) -> Result<Played, RunError> {
    let mut reports = Vec::new();
    let mut hear = |event: RunEvent| {
        tell(&event);
        if let RunEvent::Finished(finished) = event {
            reports.extend(finished);
        }
    };
    let server = Arc::clone(server);
    let mut compare = runner::uncompared;
    let end =
        runner::run(jobs, server, browsers, options, wish.clone(), &mut compare, &mut hear).await?;
    reports.sort_by_key(JobReport::index);
    Ok(Played { reports, end })
}

/// Tells of sessions elsewhere whose end was not confirmed.
pub(super) fn note_unreturned(unreturned: usize) -> io::Result<()> {
    if unreturned == 0 {
        return Ok(());
    }
    let sessions = count(unreturned, "session");
    let hint = "it ends them by itself when its own timeout for idle ones has passed";
    writeln!(io::stderr(), "note: {sessions} may be left at the WebDriver server; {hint}")
}

/// Writes the pictures that a scenario asked for; `many` browsers have their names in the files'.
pub(super) fn save_pictures(folder: &Path, report: &JobReport, many: bool) -> io::Result<()> {
    let JobReport::Unit(report) = report else { return Ok(()) };
    for (name, picture) in &report.screenshots {
        let unit = &report.unit;
        std::fs::create_dir_all(folder)?;
        let file =
            format!("{}.png", Key::new(&format!("{}-{}", unit.scenario, unit.variant), name));
        let file = if many { format!("{}-{file}", report.browser.browser) } else { file };
        std::fs::write(folder.join(file), picture)?;
    }
    Ok(())
}
