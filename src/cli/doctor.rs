//! `coopwright doctor`: what is installed, and whether it really does what the tests rest on.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use coopwright::browser::install::{self, InstallError};
use coopwright::browser::{Browser, Endpoint, Installed, LocateError, Settings, locate};
use coopwright::event::{BrowserInfo, JobReport, RunEvent, UnitReport};
use coopwright::feature::Feature;
use coopwright::runner::{self, Options, RunError};
use coopwright::scenario;
use coopwright::verdict::Verdict;
use serde_json::{Value, json};

use super::browsers::BrowserArgs;
use super::{exit, is_root, runtime, search_path, stop, variable};

/// The tiny pages that prove what a browser enforces.
const CANARY: &str = include_str!("doctor.yaml");

/// Check the browsers and their drivers, and prove that each enforces COOP and can be isolated
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    browsers: BrowserArgs,

    /// Install what is missing: Debian's packages, as root or through sudo, and geckodriver with cargo
    /// (asks first)
    #[arg(long, conflicts_with = "webdriver")]
    install: bool,

    /// Do not ask before installing
    #[arg(long, requires = "install")]
    yes: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What was found out about one browser.
struct Checked {
    endpoint: Endpoint,
    info: Option<Arc<BrowserInfo>>,
    reports: Vec<UnitReport>,
    fault: Option<String>,
}

impl Checked {
    fn is_healthy(&self) -> bool {
        self.fault.is_none()
            && !self.reports.is_empty()
            && self.reports.iter().all(|report| report.verdict == Verdict::Passed)
    }
}

/// Checks, reports, and gives the exit code.
pub(crate) fn doctor(args: &DoctorArgs) -> anyhow::Result<u8> {
    let wanted = args.browsers.wanted();
    if args.install {
        ensure_installed(&wanted, args.yes)?;
    }
    let runtime = runtime()?;
    let mut checked = Vec::new();
    let mut missing = Vec::new();
    if args.browsers.are_elsewhere() {
        for endpoint in args.browsers.endpoints()? {
            checked.push(runtime.block_on(prove(endpoint, &args.browsers))?);
        }
    } else {
        for browser in &wanted {
            match locate(*browser, &search_path()) {
                Ok(installed) => {
                    checked.push(runtime.block_on(prove(installed.into(), &args.browsers))?);
                }
                Err(error) => missing.push((*browser, error)),
            }
        }
    }
    runtime.shutdown_timeout(Duration::from_millis(200));
    // Nobody needs all of them, unless they are asked for by name.
    if args.browsers.are_named()
        && let Some((_, error)) = missing.pop()
    {
        return Err(error.into());
    }
    let broken = missing.iter().any(|(_, error)| !matches!(error, LocateError::Missing { .. }));
    let healthy = !broken && !checked.is_empty() && checked.iter().all(Checked::is_healthy);
    let mut out = io::stdout().lock();
    if args.json {
        let browsers: Vec<Value> = checked.iter().map(json).collect();
        let missing: Vec<Value> = missing
            .iter()
            .map(|(browser, error)| json!({ "browser": browser, "error": error.to_string() }))
            .collect();
        let value = json!({
            "version": 1, "browsers": browsers, "missing": missing, "healthy": healthy,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
    } else {
        for checked in &checked {
            print(checked, &mut out)?;
        }
        for (browser, error) in &missing {
            writeln!(out, "{}\n  - {error}\n    {}\n", browser.title(), error.hint())?;
        }
        if healthy {
            writeln!(out, "Ready: `coopwright run`")?;
        } else if checked.is_empty() {
            writeln!(out, "No browser is here. `coopwright doctor --install` installs all three.")?;
        } else {
            let hint = "A green run in such a browser would prove nothing. Look for policies, flags or \
                        preferences\nthat switch these headers off, or use Debian's packages: \
                        `coopwright doctor --install`.";
            writeln!(out, "{hint}")?;
        }
    }
    Ok(if healthy { exit::PASSED } else { exit::ENVIRONMENT })
}

fn json(checked: &Checked) -> Value {
    let Checked { endpoint, info, reports, fault } = checked;
    let (installed, webdriver) = match endpoint {
        Endpoint::Local(installed) => (Some(installed), None),
        Endpoint::Remote(remote) => (None, Some(remote.url())),
    };
    let proofs: Vec<_> = reports
        .iter()
        .map(|report| {
            json!({ "proof": report.unit.title, "verdict": report.verdict, "error": report.error })
        })
        .collect();
    json!({
        "browser": endpoint.browser(),
        "installed": installed,
        "webdriver": webdriver,
        "version": info.as_ref().map(|info| &info.version),
        "proofs": proofs,
        "lacks": info.as_ref().map(|info| &info.lacks),
        "cannot-show": endpoint.browser().cannot_show(),
        "error": fault,
        "healthy": checked.is_healthy(),
    })
}

fn print(checked: &Checked, out: &mut dyn Write) -> io::Result<()> {
    let Checked { endpoint, info, reports, fault } = checked;
    let browser = endpoint.browser();
    let version = info.as_ref().map(|info| info.version.clone()).or_else(|| endpoint.version());
    writeln!(out, "{}", browser.title())?;
    let told = |version: Option<&String>| match version {
        Some(version) => format!("{version}  "),
        None => String::new(),
    };
    let version = told(version.as_ref());
    match endpoint {
        Endpoint::Local(Installed { executable, driver, driver_version, display, .. }) => {
            writeln!(out, "  ✓ browser  {version}{}", executable.display())?;
            writeln!(out, "  ✓ driver   {}{}", told(driver_version.as_ref()), driver.display())?;
            if let Some(display) = display {
                writeln!(out, "  ✓ display  {}", display.display())?;
            }
        }
        Endpoint::Remote(remote) if fault.is_none() => {
            writeln!(out, "  ✓ browser  {version}at {}", remote.url())?;
        }
        Endpoint::Remote(_) => {}
    }
    if let Some(fault) = fault {
        writeln!(out, "  ✗ {}\n", fault.replace('\n', "\n    "))?;
        return Ok(());
    }
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
    for feature in Feature::PROBED {
        let lacks = info.as_ref().is_some_and(|info| info.lacks.contains(&feature));
        let (mark, word) = if lacks { ("-", "lacks ") } else { ("✓", "has ") };
        writeln!(out, "  {mark} {word}{}", feature.title())?;
    }
    if is_root() && matches!(endpoint, Endpoint::Local(_)) {
        let note = match browser {
            Browser::Chromium | Browser::ChromiumHeadlessShell => "is started with --no-sandbox",
            Browser::Firefox => "runs as it is",
            Browser::Webkit => "is started without its sandbox",
        };
        writeln!(out, "  note: coopwright runs as root, so {} {note}", browser.title())?;
    }
    if let Some(blind) = browser.cannot_show() {
        writeln!(out, "  note: what it cannot show: {blind}")?;
    }
    writeln!(out)
}

/// Installs what is missing of these browsers and their drivers.
pub(crate) fn ensure_installed(browsers: &[Browser], yes: bool) -> anyhow::Result<()> {
    let (mut packages, mut crates): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for browser in browsers {
        let found = locate(*browser, &search_path());
        match found {
            Ok(installed) if *browser != Browser::Webkit || installed.display.is_some() => {}
            Ok(_) => packages.push("xvfb"),
            Err(LocateError::Missing { what, .. }) => {
                let own_crate = install::driver_crate(*browser);
                crates.extend(own_crate);
                if own_crate != Some(what) {
                    packages.extend(install::packages(*browser));
                }
            }
            Err(LocateError::Mismatch { .. }) => packages.extend(install::packages(*browser)),
            Err(error) => return Err(error.into()),
        }
    }
    if packages.is_empty() && crates.is_empty() {
        return Ok(());
    }
    packages.dedup();
    let apt = (!packages.is_empty()).then(|| install::command_line(&packages));
    let cargo = crates.iter().map(|name| format!("cargo install --locked {name}"));
    let command = apt.into_iter().chain(cargo).collect::<Vec<_>>().join("; ");
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
    writeln!(talk, "installing: {command}")?;
    install::install(&packages, &crates, &search_path())?;
    Ok(())
}

/// Runs the canary scenario: its expectations are what every verdict rests on; and looks for all features.
async fn prove(endpoint: Endpoint, browsers: &BrowserArgs) -> anyhow::Result<Checked> {
    let canary = scenario::parse("doctor.yaml", CANARY).expect("the canary is tested");
    let jobs = canary.jobs();
    let (_stop, wish) = stop::listen()?;
    let mut endpoints = [endpoint];
    let server = browsers.server(0, &mut endpoints).await?;
    let limit = Duration::from_secs(20);
    let settings = Settings { headed: false, root: is_root(), limit, proxy: None };
    let options =
        Options { probe: Feature::PROBED.to_vec(), ..Options::new(settings, 1, variable) };
    let mut reports = Vec::new();
    let mut info = None;
    let mut hear = |event| match event {
        RunEvent::Started { browsers, .. } => info = browsers.into_iter().next(),
        RunEvent::Finished(finished) => {
            reports.extend(finished.into_iter().filter_map(|report| match report {
                JobReport::Unit(report) => Some(*report),
                JobReport::Matrix(_) => None,
            }))
        }
        _ => {}
    };
    let ended =
        runner::run(&jobs, server, &endpoints, &options, wish, &mut runner::uncompared, &mut hear)
            .await;
    let fault = ended.err().map(|error| match error {
        RunError::Unreachable(error) => format!("{error}\n{}", error.hint()),
        RunError::Browser(error) => error.to_string(),
    });
    let [endpoint] = endpoints;
    Ok(Checked { endpoint, info, reports, fault })
}
