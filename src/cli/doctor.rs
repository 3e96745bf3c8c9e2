//! `coopwright doctor`: what is installed, and whether it really does what the tests rest on.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::install::{self, InstallError};
use coopwright::browser::{Engine, Installed, LocateError, Settings, locate};
use coopwright::event::{RunEvent, UnitReport};
use coopwright::runner::{self, Options};
use coopwright::scenario;
use coopwright::verdict::Verdict;
use fixtures_server::Server;
use serde_json::json;

use super::{exit, is_root, runtime, search_path, stop, variable};

/// The tiny pages that prove what a browser enforces.
const CANARY: &str = include_str!("doctor.yaml");

/// Check the browser and its driver, and prove that it enforces COOP and can be isolated
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Install what is missing, from Debian's packages, as root or through sudo (asks first)
    #[arg(long)]
    install: bool,

    /// Do not ask before installing
    #[arg(long, requires = "install")]
    yes: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Checks, reports, and gives the exit code.
pub(crate) fn doctor(args: &DoctorArgs) -> anyhow::Result<u8> {
    if args.install {
        ensure_installed(Engine::Chromium, args.yes)?;
    }
    let installed = locate(Engine::Chromium, &search_path())?;
    let runtime = runtime()?;
    let reports = runtime.block_on(prove(&installed))?;
    runtime.shutdown_timeout(Duration::from_millis(200));
    let healthy = reports.iter().all(|report| report.verdict == Verdict::Passed);
    let mut out = io::stdout().lock();
    if args.json {
        let proofs: Vec<_> = reports
            .iter()
            .map(|report| json!({ "proof": report.unit.title, "verdict": report.verdict, "error": report.error }))
            .collect();
        let value =
            json!({ "version": 1, "browser": installed, "proofs": proofs, "healthy": healthy });
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
    } else {
        print(&installed, &reports, healthy, &mut out)?;
    }
    Ok(if healthy { exit::PASSED } else { exit::ENVIRONMENT })
}

fn print(
    installed: &Installed,
    reports: &[UnitReport],
    healthy: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Installed { engine, browser, version, driver, driver_version } = installed;
    writeln!(out, "{}", engine.title())?;
    writeln!(out, "  ✓ browser  {version}  {}", browser.display())?;
    writeln!(out, "  ✓ driver   {driver_version}  {}", driver.display())?;
    for report in reports {
        let mark = if report.verdict == Verdict::Passed { "✓" } else { "✗" };
        writeln!(out, "  {mark} {}", report.unit.title)?;
        for broken in &report.broken {
            let observed =
                broken.observed.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
            writeln!(
                out,
                "      {} should be {}, but is {observed}",
                broken.fact, broken.expected
            )?;
        }
        if let Some(error) = &report.error {
            writeln!(out, "      {error}")?;
        }
    }
    if is_root() {
        writeln!(out, "  note: running as root, so Chromium is started with --no-sandbox")?;
    }
    writeln!(out)?;
    if healthy {
        writeln!(out, "Ready: `coopwright run`")
    } else {
        let hint = "A green run in this browser would prove nothing. Look for policies, flags or \
                    preferences\nthat switch these headers off, or use Debian's packages: \
                    `coopwright doctor --install`.";
        writeln!(out, "{hint}")
    }
}

/// Installs the engine's packages if its browser or driver is missing.
pub(crate) fn ensure_installed(engine: Engine, yes: bool) -> anyhow::Result<()> {
    match locate(engine, &search_path()) {
        Ok(_) => return Ok(()),
        Err(LocateError::Missing { .. } | LocateError::Mismatch { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let packages = install::packages(engine);
    let command = install::command_line(&packages);
    let mut talk = io::stderr();
    if !yes {
        if !io::stdin().is_terminal() {
            return Err(InstallError::Unasked { command }.into());
        }
        write!(talk, "Run `{command}`? [y/N] ")?;
        talk.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return Err(InstallError::Declined.into());
        }
    }
    writeln!(talk, "installing {} …", packages.join(" "))?;
    install::install(&packages, &search_path())?;
    Ok(())
}

/// Runs the canary scenario: its expectations are what every verdict rests on.
async fn prove(installed: &Installed) -> anyhow::Result<Vec<UnitReport>> {
    let canary = scenario::parse("doctor.yaml", CANARY).expect("the canary is tested");
    let jobs = canary.jobs();
    let (_stop, wish) = stop::listen()?;
    let server = Arc::new(Server::bind_loopback(0).await?);
    let limit = Duration::from_secs(20);
    let options = Options {
        browser: installed.clone(),
        settings: Settings { headed: false, root: is_root(), limit },
        workers: 1,
        unit_limit: limit,
        max_failures: None,
        variable,
    };
    let mut reports = Vec::new();
    let mut hear = |event| {
        if let RunEvent::UnitFinished(report) = event {
            reports.push(*report);
        }
    };
    runner::run(&jobs, server, &options, wish, &mut |_| Ok(None), &mut hear).await?;
    Ok(reports)
}
