//! The command line. Declared in `main.rs`, so the library cannot see it; the only part that prints,
//! reads the environment and decides exit codes.

mod browsers;
mod demo;
mod doctor;
mod environment;
mod exit;
mod explain;
mod fault;
mod gathered;
mod init;
mod inspect;
mod last_run;
mod merge;
mod observe;
mod progress;
mod rehearse;
mod reporters;
mod review;
mod run;
mod running;
mod select;
mod shard;
mod shelf;
mod shell;
mod staging;
mod stop;
mod talk;
mod trace;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// Tells what your cross-origin headers do to your login popups, in real browsers
///
/// Runs scenarios against a local multi-origin fixture server in stock browsers, and says which
/// response, which header and which rule decided, and what to change.
#[derive(Debug, Parser)]
#[command(name = "coopwright", version, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// No colours (also: the environment variable NO_COLOR)
    #[arg(long, global = true)]
    no_color: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    MergeReports(merge::MergeArgs),
    Explain(explain::ExplainArgs),
    Inspect(inspect::InspectArgs),
    Rehearse(rehearse::RehearseArgs),
    Demo(demo::DemoArgs),
    Review(review::ReviewArgs),
    Doctor(doctor::DoctorArgs),
    Init(init::InitArgs),
    /// Print the JSON Schema of a file, for editors, or of the report that programs read
    Schema {
        /// The file
        #[arg(value_enum, default_value_t = Schema::Scenario)]
        of: Schema,
    },
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
}

/// A file that people write, or that is written for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Schema {
    /// A scenario
    Scenario,
    /// The header changes of a rehearsal
    Rollout,
    /// The settings, coopwright.yaml
    Settings,
    /// What `run --json` prints and `--reporter json` writes
    Report,
}

/// Parses, runs, and turns the result into an exit code.
pub(crate) fn main() -> ExitCode {
    // The order of some arguments counts, which only the matches tell.
    let matches = Cli::command().try_get_matches();
    let parsed = matches.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are no errors, and a closed pipe is none either.
            let _ = error.print();
            return if error.use_stderr() { exit::USAGE } else { exit::PASSED }.into();
        }
    };
    if cli.no_color {
        console::set_colors_enabled(false);
        console::set_colors_enabled_stderr(false);
    }
    let result = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::MergeReports(args) => merge::merge(args),
        Command::Explain(args) => match matches.subcommand() {
            Some((_, matches)) => explain::explain(args, matches),
            None => unreachable!("the arguments were parsed from a subcommand"),
        },
        Command::Inspect(args) => inspect::inspect(args),
        Command::Rehearse(args) => rehearse::rehearse(args),
        Command::Demo(args) => demo::demo(args),
        Command::Doctor(args) => doctor::doctor(args),
        Command::Review(args) => review_at_terminal(args),
        Command::Init(args) => init::init(args),
        Command::Schema { of } => print_schema(*of),
        Command::Completions(args) => shell::completions(args, Cli::command()),
        Command::Man(args) => shell::man(args, Cli::command()),
    };
    match result {
        Ok(code) => code.into(),
        Err(error) if exit::is_broken_pipe(&error) => exit::PASSED.into(),
        Err(error) => {
            fault::print(&error, &mut io::stderr());
            exit::code(&error).into()
        }
    }
}

fn review_at_terminal(args: &review::ReviewArgs) -> anyhow::Result<u8> {
    let terminal = console::Term::stdout();
    let is_terminal = io::stdin().is_terminal() && terminal.is_term();
    review::review(args, &mut io::stdout().lock(), &mut || terminal.read_key(), is_terminal)
}

fn print_schema(of: Schema) -> anyhow::Result<u8> {
    let schema = match of {
        Schema::Scenario => coopwright::scenario::schema(),
        Schema::Rollout => coopwright::rollout::schema(),
        Schema::Settings => coopwright::settings::schema(),
        Schema::Report => coopwright::report::schema(),
    };
    let text = serde_json::to_string_pretty(&schema)?;
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(exit::PASSED)
}

/// The environment variable of this name, if it is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What a run's tasks live on.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Whether this is root, under whom Chromium does not run its sandbox.
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Where programs are looked for: `$PATH`, and where `cargo install` puts them.
fn search_path() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let folders = std::env::split_paths(&path).chain(home.map(|home| home.join("bin")));
    std::env::join_paths(folders).unwrap_or(path)
}

/// How many cores there are.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
