//! `coopwright run`: the main job.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use coopwright::browser::Endpoint;
use coopwright::event::{JobReport, RunEvent};
use coopwright::report::{self, Console, RunInfo, Totals, count};
use coopwright::runner::{self, Options, RunEnd, Shown, Staging, Wish};
use coopwright::scenario::Job;
use coopwright::snapshot::{Mode, Outcome};
use coopwright::suite::Suite;
use tokio::sync::watch;

use super::browsers::BrowserArgs;
use super::environment::EnvArgs;
use super::page::{Views, in_order};
use super::progress::Progress;
use super::reporters::{Reporter, write_all};
use super::running::{RunningArgs, note_unreturned, save_pictures};
use super::select::{Selection, list, select};
use super::shelf::Shelf;
use super::staging::{self, Acts};
use super::{doctor, exit, runtime, stop, variable};

/// Run scenarios in real browsers, compare them with expectations and snapshots, and report
///
/// Without PATHS, runs the scenarios in the folder `scenarios`, or the built-in suite where there is no
/// such folder.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATHS")]
    paths: Vec<PathBuf>,

    /// Run the built-in suite, whatever this folder holds
    #[arg(long, conflicts_with = "paths")]
    builtin: bool,

    /// Run the matrices: those in `scenarios/matrices`, or the built-in ones. They take minutes, so they
    /// are left out otherwise
    #[arg(long, conflicts_with = "paths")]
    matrices: bool,

    #[command(flatten)]
    selection: Selection,

    /// List what would run, and stop
    #[arg(long, help_heading = "Selection")]
    list: bool,

    #[command(flatten)]
    environment: EnvArgs,

    #[command(flatten)]
    browsers: BrowserArgs,

    #[command(flatten)]
    running: RunningArgs,

    /// Stop after this many variants that failed or could not be tested
    #[arg(long, value_name = "N", help_heading = "Running")]
    max_failures: Option<NonZeroUsize>,

    /// Stop after the first failure: --max-failures 1
    #[arg(short = 'x', conflicts_with = "max_failures", help_heading = "Running")]
    stop_at_first: bool,

    /// Install the browser first if it is missing (asks, unless --yes)
    #[arg(long, conflicts_with = "webdriver", help_heading = "Running")]
    install: bool,

    /// Do not ask before installing
    #[arg(long, requires = "install", help_heading = "Running")]
    yes: bool,

    /// Accept what is observed as the new snapshots
    #[arg(short, long, help_heading = "Snapshots")]
    update_snapshots: bool,

    /// Judge by expectations alone
    #[arg(long, conflicts_with = "update_snapshots", help_heading = "Snapshots")]
    ignore_snapshots: bool,

    /// Print the result as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Another report besides, in a file: html, json, junit, tap or markdown (default: coopwright-report.KIND, of
    /// junit .xml, of markdown .md); `github` prints annotations. Can be given again
    #[arg(long = "reporter", value_name = "KIND[=FILE]", help_heading = "Output")]
    reporters: Vec<Reporter>,

    /// Folder for the pictures of `screenshot` steps
    #[arg(long, value_name = "DIR", default_value = "coopwright-results", help_heading = "Output")]
    output: PathBuf,
}

/// What cannot be done as it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("snapshots are not updated where the environment variable `CI` is set")]
    UpdateInCi,
}

impl UsageError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::UpdateInCi => "run it locally and commit the snapshots, or clear the variable: \
                `CI= coopwright run --update-snapshots`"
                .to_owned(),
        }
    }
}

impl RunArgs {
    /// Whether the JSON document is wanted, or what is made from it.
    fn wants_document(&self) -> bool {
        self.json || self.reporters.iter().any(|reporter| !reporter.is_page())
    }
}

/// Runs, reports, and gives the exit code.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<u8> {
    let suite = match (args.builtin, args.matrices) {
        (true, false) => Suite::builtin(),
        (true, true) => Suite::builtin_matrices(),
        (false, true) => Suite::matrices_of_project(Path::new("")),
        (false, false) => Suite::load(&args.paths),
    }?;
    let environment = args.environment.environment()?;
    let (jobs, mut sources) = select(&suite, &args.selection);
    let jobs = staging::placed(jobs, environment.as_ref(), &args.browsers)?;
    if let Some(environment) = &environment {
        let placed = jobs.iter().map(Job::first).filter(|unit| !unit.targets.is_empty());
        let placed: HashSet<&str> = placed.map(|unit| unit.path.as_str()).collect();
        for (path, (_, snapshots)) in &mut sources {
            if placed.contains(path.as_str()) {
                *snapshots = snapshots.of_environment(staging::folder(environment));
            }
        }
    }
    let mut out = io::stdout().lock();
    if jobs.is_empty() {
        let hint = "`coopwright run --list` lists them all, with --builtin those of the program";
        writeln!(io::stderr(), "no scenario is selected; {hint}")?;
        return Ok(exit::NOTHING);
    }
    if args.list {
        return list(&jobs, &mut out);
    }
    let in_ci = variable("CI").is_some_and(|value| value != "false" && value != "0");
    let mode = match (args.update_snapshots, args.ignore_snapshots || in_ci) {
        (true, _) if in_ci => return Err(UsageError::UpdateInCi.into()),
        (true, _) => Mode::Update,
        (false, true) => Mode::ReadOnly,
        (false, false) => Mode::Pending,
    };
    let mut shelf = Shelf::open(sources, mode, args.ignore_snapshots)?;
    if args.install {
        doctor::ensure_installed(&args.browsers.wanted(), args.yes)?;
    }
    let mut browsers = args.browsers.endpoints()?;
    let staging = staging::staging(&jobs, environment.as_ref(), Acts::default())?;
    let runtime = runtime()?;
    let places = staging::told(environment.as_ref());
    let plan = Plan { jobs: &jobs, staging, places };
    let code = runtime.block_on(play(args, plan, &mut browsers, &mut shelf, &mut out));
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

/// How a run talks while it goes on and what it leaves.
struct Talk<'a> {
    args: &'a RunArgs,
    console: Console,
    progress: Progress,
    out: &'a mut dyn Write,
    totals: Totals,
    units: Vec<(usize, serde_json::Value)>,
    matrices: Vec<(usize, serde_json::Value)>,
    info: RunInfo,
    /// What an HTML report will show, if one is wanted.
    views: Views,
    /// Snapshots that were written.
    updated: usize,
    fault: Option<io::Error>,
    stop: watch::Sender<Wish>,
    places: String,
}

/// What is run, and where.
struct Plan<'a> {
    jobs: &'a [Job],
    staging: Option<Staging>,
    /// Where the sites are, in words.
    places: String,
}

async fn play(
    args: &RunArgs,
    plan: Plan<'_>,
    browsers: &mut [Endpoint],
    shelf: &mut Shelf,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let Plan { jobs, staging, places } = plan;
    let begun = Instant::now();
    let (stop, wish) = stop::listen()?;
    let server = args.browsers.server(args.running.port, browsers).await?;
    let options = Options {
        max_failures: if args.stop_at_first {
            Some(1)
        } else {
            args.max_failures.map(NonZeroUsize::get)
        },
        staging,
        ..args.running.options(&args.browsers, browsers.len())
    };
    let width = usize::from(console::Term::stdout().size().1);
    let width = if io::stdout().is_terminal() { width } else { 80 };
    let mut talk = Talk {
        args,
        console: Console::new(jobs, width, console::colors_enabled() && !args.json),
        progress: Progress::new(jobs, browsers.len(), ""),
        out,
        totals: Totals::default(),
        units: Vec::new(),
        matrices: Vec::new(),
        info: RunInfo {
            browsers: Vec::new(),
            headless: !args.running.headed,
            startup: Duration::ZERO,
            duration: Duration::ZERO,
            interrupted: false,
        },
        views: Views::default(),
        updated: 0,
        fault: None,
        stop,
        places,
    };
    let mut compare = |shown: &Shown<'_>| shelf.compare(shown);
    let mut hear = |event| talk.hear(event);
    let running = Arc::clone(&server);
    let ended = runner::run(jobs, running, browsers, &options, wish, &mut compare, &mut hear).await;
    if let Ok(server) = Arc::try_unwrap(server).map_err(drop) {
        server.shutdown().await;
    }
    talk.end(ended?, begun.elapsed())
}

impl Talk<'_> {
    fn hear(&mut self, event: RunEvent) {
        let said = match event {
            RunEvent::Started { browsers, startup } => {
                self.info.startup = startup;
                self.progress.browsers_are_up();
                let text = self.console.begin(&browsers, &self.places);
                self.info.browsers = browsers;
                self.say(&text)
            }
            RunEvent::Began { index } => {
                self.progress.began(index);
                Ok(())
            }
            RunEvent::Ended { index, count } => {
                self.progress.ended(index, count);
                Ok(())
            }
            RunEvent::BrowserRestarted { browser, reason } => {
                let first = reason.lines().next().unwrap_or_default().to_owned();
                self.progress.note(&format!("{} was started anew: {first}", browser.title()));
                Ok(())
            }
            RunEvent::Again { report, times, count } => {
                self.progress.again(report.index(), count);
                self.again(&report, times);
                Ok(())
            }
            RunEvent::Finished(reports) => self.finished(reports),
        };
        if let Err(error) = said {
            // Nobody listens any more, or nothing can be written: going on would be for nothing.
            self.fault.get_or_insert(error);
            self.stop.send_replace(Wish::Stop);
        }
    }

    /// Tells that a job is run once more, unless that was wanted anyway.
    fn again(&self, report: &JobReport, times: usize) {
        if report.verdict().is_bad() {
            let unit = report.unit();
            let name = format!("{} › {}", unit.scenario, report.variant());
            let (verdict, browser) = (report.verdict().name(), report.browser().browser.title());
            self.progress.note(&format!("{name}: attempt {times} {verdict} in {browser}; trying again"));
        }
    }

    fn finished(&mut self, reports: Vec<JobReport>) -> io::Result<()> {
        for report in &reports {
            self.totals.add(report.verdict());
            self.updated += usize::from(report.snapshot() == Some(&Outcome::Updated));
            save_pictures(&self.args.output, report, reports.len() > 1)?;
            if self.args.wants_document() {
                match report {
                    JobReport::Unit(unit) => self.units.push((unit.index, report::unit(unit))),
                    JobReport::Matrix(matrix) => {
                        self.matrices.push((matrix.index, report::matrix(matrix)));
                    }
                }
            }
        }
        if self.args.reporters.iter().any(Reporter::is_page) {
            self.views.take(&reports);
        }
        if self.args.json {
            return Ok(());
        }
        let text = self.console.take(reports);
        self.say(&text)
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        if self.args.json || text.is_empty() {
            return Ok(());
        }
        let out = &mut *self.out;
        self.progress.aside(|| out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    fn end(mut self, ended: RunEnd, whole: Duration) -> anyhow::Result<u8> {
        self.progress.end();
        if let Some(fault) = self.fault {
            return Err(fault.into());
        }
        note_unreturned(ended.unreturned)?;
        self.totals.left = ended.left;
        self.info.duration = whole;
        self.info.interrupted = ended.interrupted;
        let page = std::mem::take(&mut self.views).page(&self.info, &self.totals);
        let (units, matrices) = (in_order(self.units), in_order(self.matrices));
        let document = report::document(&self.info, &self.totals, &units, &matrices);
        if self.args.json {
            writeln!(self.out, "{}", serde_json::to_string_pretty(&document)?)?;
        } else {
            let rest = self.console.rest();
            let mut failures = self.console.failures();
            failures += &self.console.findings();
            let summary = self.console.summary(&self.totals, self.info.startup, whole);
            let interrupted = if ended.interrupted { "interrupted: " } else { "" };
            write!(self.out, "{rest}{failures}{interrupted}{summary}")?;
            if self.updated > 0 {
                writeln!(self.out, "{} updated", count(self.updated, "snapshot"))?;
            }
        }
        let written = write_all(&self.args.reporters, &page, &document, self.args.json)?;
        Ok(if ended.interrupted {
            exit::INTERRUPTED
        } else if self.totals.failed > 0 {
            exit::FAILED
        } else if self.totals.errors > 0 || !written {
            exit::ENVIRONMENT
        } else {
            exit::PASSED
        })
    }
}
