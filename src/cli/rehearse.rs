//! `coopwright rehearse`: a suite as the sites are, and with headers that are not deployed yet.

mod delivery;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use coopwright::event::{JobReport, RunEvent, UnitReport};
use coopwright::proxy;
use coopwright::rehearsal::mix::Mix;
use coopwright::rehearsal::reports::{Delivery, grouped};
use coopwright::rehearsal::{RuleLine, rehearsal, rule_lines};
use coopwright::report::{RehearsalReport, count};
use coopwright::rollout::{self, Rollout};
use coopwright::scenario::Job;
use coopwright::settings::Environment;
use coopwright::suite::Suite;

use super::browsers::BrowserArgs;
use super::environment::EnvArgs;
use super::progress::Progress;
use super::running::{Played, RunningArgs, note_unreturned, play, save_pictures};
use super::select::{Selection, select};
use super::staging::{self, Acts};
use super::{exit, runtime, stop};
use delivery::Reporter;

/// Where the lane of a browser takes reports, on every host.
const REPORTS: &str = "/__coopwright/reports";

/// Rehearse header changes on sites as they are, before anyone deploys them
///
/// Runs scenarios twice: as the sites are, and with the changes of a rollout file put on every response on
/// its way to the browser. Shows what breaks, what newly works, which header and rule did it, and what a
/// trial as report-only would not have told. Exits with 1 if something breaks.
#[derive(Debug, clap::Args)]
pub(crate) struct RehearseArgs {
    /// Scenario files, or folders of them
    #[arg(value_name = "PATHS")]
    paths: Vec<PathBuf>,

    /// Rehearse with the built-in suite, whatever this folder holds
    #[arg(long, conflicts_with = "paths")]
    builtin: bool,

    /// The rollout file: header changes by rule
    #[arg(long, value_name = "FILE", help_heading = "Rollout")]
    headers: PathBuf,

    /// Put policies on responses in their report-only form, collect what browsers report, and tell the fix
    /// that each report means
    #[arg(long, help_heading = "Rollout")]
    report_only: bool,

    /// Besides, put the changes on part of the responses only, as while a rollout is under way: so many
    /// of a hundred
    #[arg(long, value_name = "N%", value_parser = percent, conflicts_with = "report_only", help_heading = "Rollout")]
    mix: Option<u8>,

    /// How many rounds of --mix, each with other responses
    #[arg(long, value_name = "N", default_value = "5", requires = "mix", help_heading = "Rollout")]
    rounds: NonZeroU32,

    /// Which responses --mix chooses: the same seed chooses the same ones
    #[arg(long, value_name = "N", default_value = "1", requires = "mix", help_heading = "Rollout")]
    seed: u64,

    /// What makes it exit with 1
    #[arg(long, value_enum, default_value = "breaks", help_heading = "Rollout")]
    fail_on: FailOn,

    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    environment: EnvArgs,

    #[command(flatten)]
    browsers: BrowserArgs,

    #[command(flatten)]
    running: RunningArgs,

    /// Print the result as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Another report besides: `markdown`, `html` or `json`, or with a file `html=FILE` (default:
    /// coopwright-rehearsal.md, .html, .json); can be given again
    #[arg(long = "reporter", value_name = "KIND[=FILE]", help_heading = "Output")]
    reporters: Vec<Reporter>,

    /// Folder for the pictures of `screenshot` steps, apart for each run
    #[arg(long, value_name = "DIR", default_value = "coopwright-results", help_heading = "Output")]
    output: PathBuf,
}

/// What counts as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Something that worked works no more, or is reported in a trial
    Breaks,
    /// Anything is not as it was
    Differs,
}

/// A share of a hundred, with or without the sign.
fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    match number.parse() {
        Ok(percent @ 1..=99) => Ok(percent),
        _ => Err("between 1% and 99%".to_owned()),
    }
}

/// A rollout file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the rollout `{path}`")]
pub(crate) struct RolloutUnreadable {
    path: String,
    source: io::Error,
}

/// Rehearses, reports, and gives the exit code.
pub(crate) fn rehearse(args: &RehearseArgs) -> anyhow::Result<u8> {
    let suite = if args.builtin { Suite::builtin() } else { Suite::load(&args.paths) }?;
    let environment = args.environment.environment()?;
    let (jobs, _) = select(&suite, &args.selection);
    let jobs = staging::placed(apart(jobs), environment.as_ref(), &args.browsers)?;
    if jobs.is_empty() {
        let hint = "`coopwright run --list` lists them all, with --builtin those of the program";
        writeln!(io::stderr(), "no scenario is selected; {hint}")?;
        return Ok(exit::NOTHING);
    }
    let program = Program::read(args, &jobs, environment.as_ref())?;
    let mut browsers = args.browsers.endpoints()?;
    let options = args.running.options(&args.browsers, browsers.len());
    let runtime = runtime()?;
    let (_stop, wish) = runtime.block_on(async { stop::listen() })?;
    let server = runtime.block_on(args.browsers.server(args.running.port, &mut browsers))?;
    let mut unreturned = 0;
    let rehearsed = program.rehearse(&mut |act| {
        let mut options = options.clone();
        options.staging = staging::staging(&jobs, environment.as_ref(), act.acts)?;
        let mut progress = Progress::new(&jobs, browsers.len(), &act.title);
        let mut tell = |event: &RunEvent| show(&mut progress, event);
        let played = play(&jobs, &server, &browsers, &options, &wish, &mut tell);
        let played = runtime.block_on(played);
        progress.end();
        let played = played?;
        unreturned += played.end.unreturned;
        for report in &played.reports {
            save_pictures(&args.output.join(&act.folder), report, browsers.len() > 1)?;
        }
        Ok(played)
    });
    if let Ok(server) = Arc::try_unwrap(server).map_err(drop) {
        runtime.block_on(server.shutdown());
    }
    runtime.shutdown_timeout(Duration::from_millis(200));
    note_unreturned(unreturned)?;
    tell(args, &rehearsed?)
}

/// Every cell of a matrix is a flow of its own here.
fn apart(jobs: Vec<Job>) -> Vec<Job> {
    let units = jobs.into_iter().flat_map(|job| match job {
        Job::Unit(unit) => vec![unit],
        Job::Matrix(matrix) => matrix.cells.clone(),
    });
    units.map(Job::Unit).collect()
}

fn show(progress: &mut Progress, event: &RunEvent) {
    match event {
        RunEvent::Started { .. } => progress.browsers_are_up(),
        RunEvent::Began { index } => progress.began(*index),
        RunEvent::Ended { index, count } => progress.ended(*index, *count),
        RunEvent::BrowserRestarted { browser, reason } => {
            let first = reason.lines().next().unwrap_or_default();
            progress.note(&format!("{} was started anew: {first}", browser.title()));
        }
        RunEvent::Attempt { .. } | RunEvent::Finished(_) => {}
    }
}

/// One run of the suite.
struct Act {
    /// What happens to responses.
    acts: Acts,
    /// What it is, for the progress display.
    title: String,
    /// Its folder for pictures.
    folder: String,
}

/// The runs of a rehearsal.
struct Program {
    file: String,
    environment: Option<String>,
    rollout: Rollout,
    rules: Vec<RuleLine>,
    trial: bool,
    /// Share, seed and number of rounds.
    mix: Option<(u8, u64, u32)>,
}

/// What a rehearsal came to.
struct Rehearsed {
    report: RehearsalReport,
    before: Vec<UnitReport>,
    after: Vec<UnitReport>,
    interrupted: bool,
}

impl Program {
    /// Reads the rollout, and tells what of it browsers would ignore.
    fn read(
        args: &RehearseArgs,
        jobs: &[Job],
        environment: Option<&Environment>,
    ) -> anyhow::Result<Self> {
        let file = args.headers.display().to_string();
        let text = std::fs::read_to_string(&args.headers)
            .map_err(|source| RolloutUnreadable { path: file.clone(), source })?;
        let whole = rollout::parse(&file, &text)?.for_sites(&sites(jobs, environment))?;
        let mut out = io::stderr().lock();
        for found in whole.lints() {
            let lint = &found.lint;
            let (name, text) = (lint.header, &lint.text);
            writeln!(out, "warning: {file}:{}: {name}: {text} [{}]", found.line, lint.code.name)?;
        }
        let mut rollout = whole;
        if args.report_only {
            let plain = environment.iter().flat_map(|environment| &environment.sites);
            for (site, _) in plain.filter(|(_, url)| url.scheme() == "http") {
                writeln!(
                    out,
                    "warning: site `{site}` is not https: browsers send no reports from its pages, so \
                     the trial says nothing of them"
                )?;
            }
            let tried = rollout.report_only(REPORTS, "coopwright");
            for (rule, edit) in &tried.left_out {
                let (line, name) = (rollout.line(*rule, edit), edit.name());
                writeln!(out, "note: {file}:{line}: {name} has no report-only form; left out")?;
            }
            rollout = tried.rollout;
        }
        Ok(Self {
            rules: rule_lines(&file, &rollout),
            file,
            environment: environment.and_then(|environment| environment.name.clone()),
            rollout,
            trial: args.report_only,
            mix: args.mix.map(|percent| (percent, args.seed, args.rounds.get())),
        })
    }

    /// Runs the suite as the sites are, with the rollout, and in rounds with a part of it.
    fn rehearse(
        &self,
        play: &mut dyn FnMut(Act) -> anyhow::Result<Played>,
    ) -> anyhow::Result<Rehearsed> {
        let mut left = 0;
        let mut interrupted = false;
        let mut act = |mix: Option<proxy::Mix>, new: bool, title: String, folder: String| {
            if interrupted {
                return anyhow::Ok(Vec::new());
            }
            let acts = if new {
                Acts { rules: self.rollout.clone(), mix, collect: self.trial }
            } else {
                Acts::default()
            };
            let played = play(Act { acts, title, folder })?;
            left += played.end.left;
            interrupted = played.end.interrupted;
            Ok(units(played))
        };
        let before = act(None, false, "as the sites are".to_owned(), "before".to_owned())?;
        let title = if self.trial { "as report-only" } else { "with the rollout" };
        let after = act(None, true, title.to_owned(), "after".to_owned())?;
        let mut mix = None;
        if let Some((percent, seed, rounds)) = self.mix {
            let mut told = Mix::new(percent, seed, &before, &after);
            for round in 1..=rounds {
                let mixed = proxy::Mix { percent, seed: seed.wrapping_add(u64::from(round) - 1) };
                let title = format!("round {round} of {rounds}");
                let reports = act(Some(mixed), true, title, format!("round-{round}"))?;
                if !reports.is_empty() {
                    told.add(&before, &after, &reports);
                }
            }
            mix = Some(told);
        }
        let reports = self.trial.then(|| grouped(&deliveries(&after)));
        let report = RehearsalReport {
            rollout: self.file.clone(),
            environment: self.environment.clone(),
            rehearsal: rehearsal(&before, &after, &self.rules),
            mix,
            reports,
            left,
        };
        Ok(Rehearsed { report, before, after, interrupted })
    }
}

/// The sites that rules can name, with their origins. Those of fixtures are not known yet.
fn sites(jobs: &[Job], environment: Option<&Environment>) -> Vec<(String, String)> {
    let addresses = environment.iter().flat_map(|environment| &environment.sites);
    let mut sites: Vec<(String, String)> =
        addresses.map(|(name, url)| (name.clone(), url.origin().ascii_serialization())).collect();
    for name in jobs.iter().flat_map(|job| job.first().plan.sites.keys()) {
        if !sites.iter().any(|(known, _)| known == name) {
            sites.push((name.clone(), format!("{{{name}}}")));
        }
    }
    sites
}

fn units(played: Played) -> Vec<UnitReport> {
    let units = played.reports.into_iter().filter_map(|report| match report {
        JobReport::Unit(unit) => Some(*unit),
        JobReport::Matrix(_) => None,
    });
    units.collect()
}

/// What browsers reported in each flow.
fn deliveries(reports: &[UnitReport]) -> Vec<Delivery> {
    let of = |report: &UnitReport| -> Vec<Delivery> {
        let bodies = report.reports.iter().map(|(_, body)| body.clone());
        bodies.map(|body| Delivery::in_unit(&report.unit, body)).collect()
    };
    reports.iter().flat_map(of).collect()
}

/// Prints and writes what came of it; gives the exit code.
fn tell(args: &RehearseArgs, rehearsed: &Rehearsed) -> anyhow::Result<u8> {
    let Rehearsed { report, before, after, interrupted } = rehearsed;
    let document = || report.json(before, after);
    for reporter in &args.reporters {
        reporter.write(report, &document)?;
    }
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&document())?)?;
        for warning in report.warnings() {
            writeln!(io::stderr(), "warning: {warning}")?;
        }
    } else {
        let terminal = console::Term::stdout();
        let width = if io::stdout().is_terminal() { usize::from(terminal.size().1) } else { 80 };
        write!(out, "{}", report.console(width, console::colors_enabled()))?;
    }
    if *interrupted {
        writeln!(io::stderr(), "interrupted: {} not run", count(report.left, "flow"))?;
        return Ok(exit::INTERRUPTED);
    }
    let fails = match args.fail_on {
        FailOn::Breaks => report.breaks(),
        FailOn::Differs => report.differs(),
    };
    Ok(match (fails, report.is_incomplete()) {
        (true, _) => exit::FAILED,
        (false, true) => exit::ENVIRONMENT,
        (false, false) => exit::PASSED,
    })
}
