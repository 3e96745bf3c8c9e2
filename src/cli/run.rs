//! `coopwright run`: the main job.

use std::collections::HashSet;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use coopwright::browser::Endpoint;
use coopwright::feature::Feature;
use coopwright::report::ShardOf;
use coopwright::runner::{self, Looks, Options, Shown, Staging, Times, needed_by};
use coopwright::scenario::Job;
use coopwright::snapshot::Mode;
use coopwright::suite::Suite;

use super::browsers::BrowserArgs;
use super::environment::EnvArgs;
use super::last_run::LastRun;
use super::reporters::Reporter;
use super::running::RunningArgs;
use super::select::{Selection, list, select};
use super::shard::Shard;
use super::shelf::Shelf;
use super::staging::{self, Acts};
use super::talk::Talk;
use super::trace::Keep;
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

    /// Only what failed, or could not be tested, in the last run
    #[arg(long, help_heading = "Selection")]
    last_failed: bool,

    /// Only a part, for several machines: 1/4 is the first of four. Each is given about as much to do; see
    /// `coopwright merge-reports`
    #[arg(long, value_name = "I/N", help_heading = "Selection")]
    shard: Option<Shard>,

    /// The JSON report of an earlier run, by whose durations shards are made alike; the same for all shards
    #[arg(long, value_name = "FILE", requires = "shard", help_heading = "Selection")]
    durations: Option<PathBuf>,

    /// List what would run, and stop
    #[arg(long, help_heading = "Selection")]
    list: bool,

    #[command(flatten)]
    environment: EnvArgs,

    #[command(flatten)]
    browsers: BrowserArgs,

    #[command(flatten)]
    pub(super) running: RunningArgs,

    /// Stop after this many variants that failed or could not be tested
    #[arg(long, value_name = "N", help_heading = "Running")]
    max_failures: Option<NonZeroUsize>,

    /// Run what fails again, up to so many times; what then passes is told as flaky, and a fact that changed
    /// always
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        hide_default_value = true,
        help_heading = "Running"
    )]
    retries: usize,

    /// Run everything so many times, and tell which facts change; what fails once has failed
    #[arg(long, value_name = "N", conflicts_with = "retries", help_heading = "Running")]
    repeat_each: Option<NonZeroUsize>,

    /// Exit with 1 where something is flaky, too
    #[arg(long, help_heading = "Running")]
    pub(super) fail_on_flaky: bool,

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
    pub(super) json: bool,

    /// Another report besides, in a file: html, json, junit, tap or markdown (default: coopwright-report.KIND, of
    /// junit .xml, of markdown .md); `github` prints annotations; `blob` is for merge-reports. Can be given
    /// again
    #[arg(long = "reporter", value_name = "KIND[=FILE]", help_heading = "Output")]
    pub(super) reporters: Vec<Reporter>,

    /// Keep what is needed to understand a variant later: of all, or of those that failed once
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Keep::Off, help_heading = "Output")]
    pub(super) trace: Keep,

    /// Folder for traces, for the pictures of `screenshot` steps, and for what --last-failed reads
    #[arg(long, value_name = "DIR", default_value = "coopwright-results", help_heading = "Output")]
    pub(super) output: PathBuf,
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
    /// How often each job is run.
    pub(super) fn times(&self) -> Times {
        match self.repeat_each {
            Some(repeats) => Times::Repeats(repeats.get()),
            None => Times::Retries(self.retries),
        }
    }

    /// When pictures are taken: where something shows them.
    fn looks(&self) -> Looks {
        if self.trace != Keep::Off {
            Looks::Always
        } else if self.reporters.iter().any(Reporter::shows_pictures) {
            Looks::WhenBroken
        } else {
            Looks::Never
        }
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
    let (mut jobs, mut sources) = select(&suite, &args.selection);
    if args.last_failed {
        jobs = LastRun::in_folder(&args.output)?.failed(jobs);
        if jobs.is_empty() {
            writeln!(io::stderr(), "nothing of this failed in the last run")?;
            return Ok(exit::NOTHING);
        }
    }
    let jobs = staging::placed(jobs, environment.as_ref(), &args.browsers)?;
    let (jobs, part) = Part::of(jobs, args)?;
    if let Some(environment) = &environment {
        let placed = jobs.iter().map(Job::first).filter(|unit| !unit.targets.is_empty());
        let placed: HashSet<&str> = placed.map(|unit| unit.path.as_str()).collect();
        for (path, (_, snapshots)) in &mut sources {
            if placed.contains(path.as_str()) {
                *snapshots = snapshots.of_environment(staging::folder(environment));
            }
        }
    }
    if jobs.is_empty() && part.has_others() && !args.list {
        return Talk::nothing(args, part);
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
    let plan = Plan { jobs: &jobs, part, staging, places };
    let code = runtime.block_on(play(args, plan, &mut browsers, &mut shelf, &mut out));
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

/// Which of all jobs are run here.
pub(super) struct Part {
    /// For each, its number among all.
    pub(super) numbers: Vec<usize>,
    /// Which shard that is, if it is one.
    pub(super) shard: Option<ShardOf>,
    /// What all jobs need to know of the browsers: a report of shards is one of one run.
    probe: Vec<Feature>,
}

impl Part {
    /// Whether it is a shard, and others have something to do.
    fn has_others(&self) -> bool {
        self.shard.as_ref().is_some_and(|shard| shard.plan.iter().any(|part| !part.is_empty()))
    }

    fn of(jobs: Vec<Job>, args: &RunArgs) -> anyhow::Result<(Vec<Job>, Self)> {
        let Some(shard) = args.shard else {
            let numbers = (0..jobs.len()).collect();
            return Ok((jobs, Self { numbers, shard: None, probe: Vec::new() }));
        };
        let known = args.durations.as_deref().map(LastRun::read).transpose()?;
        let (numbers, shard) = shard.part(&jobs, known.as_ref());
        let probe = needed_by(&jobs).into_iter().collect();
        let jobs = numbers.iter().map(|&number| jobs[number].clone()).collect();
        Ok((jobs, Self { numbers, shard: Some(shard), probe }))
    }
}

/// What is run, and where.
struct Plan<'a> {
    jobs: &'a [Job],
    part: Part,
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
    let Plan { jobs, part, staging, places } = plan;
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
        times: args.times(),
        looks: args.looks(),
        probe: part.probe.clone(),
        ..args.running.options(&args.browsers, browsers.len())
    };
    let mut talk = Talk::new(args, jobs, browsers.len(), part, places, out, stop);
    let mut compare = |shown: &Shown<'_>| shelf.compare(shown);
    let mut hear = |event| talk.hear(event);
    let running = Arc::clone(&server);
    let ended = runner::run(jobs, running, browsers, &options, wish, &mut compare, &mut hear).await;
    if let Ok(server) = Arc::try_unwrap(server).map_err(drop) {
        server.shutdown().await;
    }
    talk.end(ended?, begun.elapsed())
}
