//! `coopwright merge-reports`: what several machines have run, as one run would tell it.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use coopwright::report::{self, Merged, Results};

use super::exit;
use super::last_run::LastRun;
use super::reporters::{Reporter, for_terminal, write_all};

/// Merge the reports of shards into those of one run
///
/// Each shard writes its own with `coopwright run --shard 1/4 --reporter blob`. The exit code is that of the run:
/// 3 also where a shard is missing.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// The blob reports, or folders with them
    #[arg(value_name = "FILES", required = true)]
    paths: Vec<PathBuf>,

    /// Print the result as JSON
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Another report besides, in a file: html, json, junit, tap or markdown (default: coopwright-report.KIND, of
    /// junit .xml, of markdown .md); `github` prints annotations. Can be given again
    #[arg(long = "reporter", value_name = "KIND[=FILE]", help_heading = "Output")]
    reporters: Vec<Reporter>,

    /// Exit with 1 where something is flaky, too
    #[arg(long)]
    fail_on_flaky: bool,

    /// Folder for what --last-failed reads
    #[arg(long, value_name = "DIR", default_value = "coopwright-results", help_heading = "Output")]
    output: PathBuf,
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be read")]
pub(crate) struct MergeUnread {
    path: String,
    #[source]
    source: io::Error,
}

/// Merges, reports, and gives the exit code.
pub(crate) fn merge(args: &MergeArgs) -> anyhow::Result<u8> {
    let mut parts = Vec::new();
    for path in files(&args.paths)? {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path)
            .map_err(|source| MergeUnread { path: name.clone(), source })?;
        let part = Results::read(&name, &text)?;
        parts.push((name, part));
    }
    let Merged { results, missing, notes } = Results::merge(parts)?;
    for note in &notes {
        writeln!(io::stderr(), "note: {note}")?;
    }
    let text = if args.json {
        serde_json::to_string_pretty(&results.document)? + "\n"
    } else {
        for_terminal(&report::brief(&results.document)?, &args.reporters).into_owned()
    };
    let said = io::stdout().write_all(text.as_bytes());
    let written = write_all(&args.reporters, &results, args.json)?;
    LastRun::write(&results.document, &args.output)
        .with_context(|| format!("cannot write to `{}`", args.output.display()))?;
    said?;
    Ok(exit::of_run(&results.document, args.fail_on_flaky, written && missing.is_empty()))
}

/// The files, and of folders those in them that end as blob reports do.
fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unread = |source| MergeUnread { path: path.display().to_string(), source };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unread)? {
            let entry = entry.map_err(unread)?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if entry.is_dir() {
                // What `actions/download-artifact` makes: a folder for each artifact.
                found.extend(self::files(&[entry])?);
            } else if name.contains("blob") && name.ends_with(".json") {
                found.push(entry);
            }
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}
