//! `coopwright explain`: what headers will do, and by which rule.
//!
//! `asked` turns arguments into a flow for the model, `observe` lets real browsers answer as well.

mod asked;
mod observe;

use std::io::{self, BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::ArgMatches;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use coopwright::fact::Facts;
use coopwright::predict::{facts_of, planned, predict};
use coopwright::report::explain as text;
use coopwright::scenario::{Job, Matrix, Unit};
use coopwright::spec::{self, Engine, Flow, Opening, Profile};
use coopwright::suite::Suite;
use coopwright::verdict::matrix_text;
use coopwright::{inspection, lint, question};
use regex::Regex;

use super::browsers::BrowserArgs;
use super::exit;
pub(crate) use asked::AskedError;

/// Tell what headers do to a popup, step by step, and by which rule
///
/// Asks the spec model; no browser is needed without --observe. WHAT is a scenario (a file, or the name of
/// a built-in one) or the code of a header lint. Without WHAT, --opener, --popup-hop and --popup describe
/// a flow.
///
/// A response is written as `[URL] [STATUS] [HEADERS]`, header lines parted by ` | ` or line breaks:
/// `https://login.example/start 302 Cross-Origin-Opener-Policy: same-origin`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// A scenario file, the name of a built-in scenario, or the code of a lint; `codes` lists those
    #[arg(conflicts_with_all = ["opener", "popup_hop", "popup", "from_frame"])]
    what: Option<String>,

    /// The page that opens the popup: `[URL] [HEADERS]`; can be given again for more header lines
    #[arg(long, value_name = "RESPONSE", help_heading = "A flow")]
    opener: Vec<String>,

    /// A redirect on the popup's way, in order: `URL STATUS [HEADERS]`; can be given again
    #[arg(long, value_name = "RESPONSE", help_heading = "A flow")]
    popup_hop: Vec<String>,

    /// The document that the popup shows: `[URL] [HEADERS]`; given again, a later navigation
    #[arg(long, value_name = "RESPONSE", help_heading = "A flow")]
    popup: Vec<String>,

    /// Where popup documents without URL are
    #[arg(long, value_enum, default_value = "cross-site", help_heading = "A flow")]
    relation: asked::Relation,

    /// The way of opening
    #[arg(
        long,
        default_value = "direct",
        value_parser = PossibleValuesParser::new(asked::OPENINGS).map(|word| asked::opening(&word)),
        help_heading = "A flow"
    )]
    open: Opening,

    /// A frame of the opener opens the popup: same-origin, same-site, cross-site or its URL, then headers
    #[arg(long, value_name = "RESPONSE", help_heading = "A flow")]
    from_frame: Option<String>,

    /// The `sandbox` attribute of that frame
    #[arg(long, value_name = "TOKENS", requires = "from_frame", help_heading = "A flow")]
    sandbox: Option<String>,

    /// Whose behaviour
    #[arg(long, value_enum, default_value = "standard")]
    engine: asked::EngineName,

    /// Only variants whose name matches this regular expression
    #[arg(short, long, value_name = "REGEX", requires = "what")]
    grep: Option<Regex>,

    /// Answer JSON lines from standard input, one answer a line, in order
    #[arg(long, conflicts_with_all = ["what", "opener", "popup_hop", "popup", "observe"])]
    stdin: bool,

    /// Print the answer as JSON
    #[arg(long)]
    json: bool,

    /// Run it in real browsers as well, and set both side by side
    #[arg(long)]
    observe: bool,

    #[command(flatten)]
    browsers: BrowserArgs,

    /// Write the flow as a scenario file
    #[arg(long, value_name = "FILE", conflicts_with = "what")]
    save: Option<PathBuf>,
}

impl ExplainArgs {
    /// Whether a popup plays a part in the flow.
    fn asks_about_a_popup(&self) -> bool {
        !self.popup.is_empty()
            || !self.popup_hop.is_empty()
            || self.from_frame.is_some()
            || self.open != Opening::Direct
    }
}

/// Explains; gives the exit code.
pub(crate) fn explain(args: &ExplainArgs, matches: &ArgMatches) -> anyhow::Result<u8> {
    if args.stdin {
        return answer_lines(&mut io::stdin().lock(), &mut io::stdout().lock());
    }
    match &args.what {
        Some(what) => explain_named(args, what),
        None => explain_flow(args, &asked::flow(args, matches)?),
    }
}

/// One answer for each line, an empty one too: whoever reads them counts.
fn answer_lines(from: &mut dyn BufRead, to: &mut dyn Write) -> anyhow::Result<u8> {
    let mut to = BufWriter::new(to);
    let mut line = Vec::new();
    loop {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        serde_json::to_writer(&mut to, &question::answer_line(text.trim()))?;
        writeln!(to)?;
        // Whoever asks line by line waits for each answer.
        if !from.fill_buf().is_ok_and(|rest| rest.contains(&b'\n')) {
            to.flush()?;
        }
    }
    to.flush()?;
    Ok(exit::PASSED)
}

fn explain_flow(args: &ExplainArgs, flow: &Flow) -> anyhow::Result<u8> {
    if let Some(path) = &args.save {
        save(path, &coopwright::sketch::scenario_of(flow)?)?;
    }
    let mut out = io::stdout().lock();
    let answer = spec::popup(flow)?;
    if args.json {
        let mut document = question::about(&answer);
        if args.observe {
            document["observed"] = observe::flow(flow, &args.browsers)?.json();
        }
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        return Ok(exit::PASSED);
    }
    write!(
        out,
        "{}",
        text::flow(flow, &answer, &text::other_engines(flow), &spec::changes(flow)?)
    )?;
    if args.observe {
        out.flush()?;
        let observed = observe::flow(flow, &args.browsers)?;
        write!(out, "\n{}", observed.text())?;
        return Ok(observed.exit_code());
    }
    Ok(exit::PASSED)
}

/// Writes a scenario, never over another one.
fn save(path: &Path, yaml: &str) -> anyhow::Result<()> {
    let file = std::fs::File::create_new(path);
    file.and_then(|mut file| file.write_all(yaml.as_bytes()))
        .with_context(|| format!("cannot write the scenario to `{}`", path.display()))?;
    writeln!(io::stderr(), "wrote {0}; `coopwright run {0}` runs it", path.display())?;
    Ok(())
}

fn explain_named(args: &ExplainArgs, what: &str) -> anyhow::Result<u8> {
    let mut out = io::stdout().lock();
    if what == "codes" {
        if args.json {
            let codes: Vec<_> = lint::codes().collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&codes)?)?;
        } else {
            write!(out, "{}", lint::list())?;
        }
        return Ok(exit::PASSED);
    }
    let told = text::deviation(what);
    if !told.is_empty() {
        write!(out, "{told}")?;
        return Ok(exit::PASSED);
    }
    if let Some(code) = lint::code(what) {
        if args.json {
            writeln!(out, "{}", serde_json::to_string_pretty(code)?)?;
        } else {
            write!(out, "{}", lint::explain(code))?;
        }
        return Ok(exit::PASSED);
    }
    let suite = Suite::named(what)?;
    let jobs = jobs_of(&suite, args.grep.as_ref());
    if jobs.is_empty() {
        writeln!(io::stderr(), "no variant is selected")?;
        return Ok(exit::NOTHING);
    }
    if args.observe {
        let observed = observe::jobs(&jobs, &args.browsers)?;
        if args.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&observed.json())?)?;
        } else {
            write!(out, "{}", observed.text())?;
        }
        return Ok(observed.exit_code());
    }
    let profile = Profile::newest(Engine::from(args.engine));
    let mut documents = Vec::new();
    for job in &jobs {
        let units: Vec<&Unit> = match job {
            Job::Unit(unit) => vec![unit],
            Job::Matrix(matrix) if !args.json && args.grep.is_none() => {
                write!(out, "{}", table(matrix, &profile))?;
                continue;
            }
            Job::Matrix(matrix) => matrix.cells.iter().map(AsRef::as_ref).collect(),
        };
        for unit in units {
            let predictions = predict(unit, &planned(unit), &profile);
            let findings = inspection::of_unit(unit);
            if args.json {
                documents.push(text::unit_json(unit, &predictions, &findings));
            } else {
                write!(out, "{}", text::unit(unit, &predictions, &findings))?;
            }
        }
    }
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&documents)?)?;
    }
    Ok(exit::PASSED)
}

/// What the model says of all cells of a matrix.
fn table(matrix: &Matrix, profile: &Profile) -> String {
    let predicted = |unit: &Arc<Unit>| facts_of(&predict(unit, &planned(unit), profile));
    let facts: Vec<Facts> = matrix.cells.iter().map(predicted).collect();
    let facts: Vec<&Facts> = facts.iter().collect();
    let name = matrix.name();
    format!(
        "{name}: predicted, {} cells; one at length with --grep\n\n{}\n",
        matrix.size(),
        matrix_text(matrix, &facts)
    )
}

fn jobs_of(suite: &Suite, grep: Option<&Regex>) -> Vec<Job> {
    let jobs = suite.entries().iter().flat_map(|entry| entry.scenario.jobs());
    let keep = |unit: &Unit| grep.is_none_or(|grep| grep.is_match(&unit.name()));
    jobs.filter_map(|job| match job {
        Job::Unit(unit) => keep(&unit).then_some(Job::Unit(unit)),
        Job::Matrix(matrix) => matrix.filtered(keep).map(|matrix| Job::Matrix(Arc::new(matrix))),
    })
    .collect()
}
