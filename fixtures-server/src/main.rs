//! The stand-alone server: stages one plan and runs until it is interrupted.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its terminal")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use fixtures_server::page::Plan;
use fixtures_server::{PlanError, Server, StartError};

/// Exit code for a file that cannot be staged; clap uses it for wrong usage.
const FAULTY_FILE: u8 = 2;
/// Exit code for a port that cannot be had.
const ENVIRONMENT: u8 = 3;

const DEFAULT: &str = include_str!("../assets/default.yaml");

/// Plays every origin of a cross-origin login flow on this machine, until Ctrl-C
#[derive(Parser)]
#[command(version, after_help = "Exit codes: 0 interrupted, 2 faulty file, 3 port not to be had")]
struct Arguments {
    /// Plan in YAML (sites and pages); a popup login that works if not given
    file: Option<PathBuf>,
    /// Port of 127.0.0.1; 0 for any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot read `{}`: {source}", .file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Syntax(String),
    #[error("`{}` cannot be staged{}", .file.display(), listed(.error))]
    Plan { file: PathBuf, error: PlanError },
    #[error("{error}{}", cause(.error))]
    Start { error: StartError },
    #[error("cannot wait for Ctrl-C: {0}")]
    Signal(std::io::Error),
}

fn listed(error: &PlanError) -> String {
    error.faults.iter().map(|fault| format!("\n  {fault}")).collect()
}

fn cause(error: &StartError) -> String {
    std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default()
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Unreadable { .. } | Self::Syntax(_) | Self::Plan { .. } => FAULTY_FILE,
            Self::Start { .. } | Self::Signal(_) => ENVIRONMENT,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // The renderer of syntax errors has put its own `error:` in front.
            let prefix = if matches!(failure, Failure::Syntax(_)) { "" } else { "error: " };
            eprintln!("{prefix}{failure}");
            failure.exit_code().into()
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let file = arguments.file.as_deref();
    let text = match file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|source| Failure::Unreadable { file: file.to_owned(), source })?,
        None => DEFAULT.to_owned(),
    };
    let file = file.unwrap_or(Path::new("default.yaml"));
    let plan = parse(&text, file)?;
    let pages: Vec<_> = plan.pages.keys().cloned().collect();
    let server =
        Server::bind_loopback(arguments.port).await.map_err(|error| Failure::Start { error })?;
    let stage =
        server.stage(plan).map_err(|error| Failure::Plan { file: file.to_owned(), error })?;

    let width = pages.iter().map(|page| page.as_str().len()).max().unwrap_or_default();
    for page in &pages {
        let url = stage.url(page).expect("a staged plan has the site of every page");
        println!("{:width$}  {url}", page.as_str());
    }
    eprintln!("serving on 127.0.0.1:{}; Ctrl-C ends it", server.port());

    tokio::signal::ctrl_c().await.map_err(Failure::Signal)?;
    server.shutdown().await;
    Ok(())
}

fn parse(text: &str, file: &Path) -> Result<Plan, Failure> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let name = file.display().to_string();
        let options = serde_saphyr::render_options! { source_name: Some(&name) };
        Failure::Syntax(error.render_with_options(options))
    })
}
