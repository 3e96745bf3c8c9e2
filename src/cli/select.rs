//! What of a suite a command runs, and how it is listed.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use coopwright::report::count;
use coopwright::scenario::{Job, Unit};
use coopwright::suite::Suite;
use regex::Regex;

use super::exit;
use super::shelf::Sources;

/// Which variants.
#[derive(Debug, clap::Args)]
pub(crate) struct Selection {
    /// Only units whose name matches this regular expression; a name is `scenario › variant`, of a cell of
    /// a matrix `scenario › variant[axis=value,…]`
    #[arg(short, long, value_name = "REGEX", help_heading = "Selection")]
    grep: Option<Regex>,

    /// Only scenarios with this tag; can be given again
    #[arg(long = "tag", value_name = "TAG", help_heading = "Selection")]
    tags: Vec<String>,
}

/// Lists what would run: a line for each variant, a matrix with the number of its cells.
pub(super) fn list(jobs: &[Job], out: &mut dyn Write) -> anyhow::Result<u8> {
    let mut scenarios = 0;
    let mut last = None;
    let mut cells = 0;
    for job in jobs {
        let unit = job.first();
        if last != Some(&unit.path) {
            scenarios += 1;
            last = Some(&unit.path);
            writeln!(out, "{}  {}", unit.path, unit.scenario_title)?;
        }
        let (variant, size) = match job {
            Job::Unit(unit) => (&unit.variant, String::new()),
            Job::Matrix(matrix) => {
                cells += matrix.cells.len();
                (&matrix.variant, format!(", {}", count(matrix.cells.len(), "cell")))
            }
        };
        let (path, line, kind, title) = (&unit.path, unit.line, unit.kind.name(), &unit.title);
        writeln!(out, "  {path}:{line}  {variant} ({kind}{size}): {title}")?;
    }
    write!(out, "{} in {}", count(jobs.len(), "variant"), count(scenarios, "scenario"))?;
    let cells = if cells > 0 { format!(", {}", count(cells, "cell")) } else { String::new() };
    writeln!(out, "{cells}")?;
    Ok(exit::PASSED)
}

/// The jobs that are wanted, and where their scenarios come from.
pub(super) fn select(suite: &Suite, args: &Selection) -> (Vec<Job>, Sources) {
    let mut jobs = Vec::new();
    let mut sources = HashMap::new();
    let matches = |unit: &Unit| args.grep.as_ref().is_none_or(|grep| grep.is_match(&unit.name()));
    for entry in suite.entries() {
        let scenario = &entry.scenario;
        if !args.tags.is_empty() && !args.tags.iter().any(|tag| scenario.file.tags.contains(tag)) {
            continue;
        }
        let before = jobs.len();
        jobs.extend(scenario.jobs().into_iter().filter_map(|job| match job {
            Job::Unit(unit) => matches(&unit).then_some(Job::Unit(unit)),
            Job::Matrix(matrix) => Some(Job::Matrix(Arc::new(matrix.filtered(matches)?))),
        }));
        if jobs.len() > before {
            let place = (entry.source.clone(), entry.snapshots.clone());
            sources.insert(scenario.path.clone(), place);
        }
    }
    (jobs, sources)
}
