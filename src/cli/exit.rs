//! Exit codes, and which one an error gets.

use std::io;

use coopwright::browser::LocateError;
use coopwright::browser::install::InstallError;
use coopwright::demo::SiteError;
use coopwright::report::MergeError;
use coopwright::runner::RunError;
use coopwright::scenario::Faults;
use coopwright::settings::{EnvironmentError, SettingsError};
use coopwright::sketch::Unrunnable;
use coopwright::snapshot::{OpenError, StoreError};
use coopwright::spec::FlowError;
use coopwright::suite::SuiteError;
use coopwright::upstream::UpstreamError;
use fixtures_server::StartError;
use serde_json::Value;

use super::browsers::RemoteError;
use super::environment::PlaceError;
use super::explain::AskedError;
use super::init::EnvironmentName;
use super::inspect::InspectError;
use super::last_run::LastRunError;
use super::merge::MergeUnread;
use super::rehearse::RolloutUnreadable;
use super::review::UnknownSnapshot;
use super::run::UsageError;
use super::shell::UnknownCommand;
use super::staging::Elsewhere;

/// Everything passed.
pub(crate) const PASSED: u8 = 0;
/// A scenario failed, or a snapshot differs.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage, or a faulty file.
pub(crate) const USAGE: u8 = 2;
/// The environment: browser, driver, port, a folder that cannot be written.
pub(crate) const ENVIRONMENT: u8 = 3;
/// No scenario was selected.
pub(crate) const NOTHING: u8 = 4;
/// Interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// The end of every help text.
pub(crate) const HELP: &str = "\
Exit codes:
  0    everything passed
  1    a scenario failed, or a snapshot differs or waits for review; pages differ (inspect)
  2    wrong usage, or a faulty file
  3    could not test: browser, driver, port, folder, a site that does not answer
  4    nothing selected
  130  interrupted";

/// The exit code of an error.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    let usage = error.is::<SuiteError>()
        || error.is::<UsageError>()
        || error.is::<RemoteError>()
        || error.is::<UnknownSnapshot>()
        || error.is::<SettingsError>()
        || error.is::<EnvironmentError>()
        || error.is::<PlaceError>()
        || error.is::<Elsewhere>()
        || error.is::<EnvironmentName>()
        || error.is::<UnknownCommand>()
        || error.is::<RolloutUnreadable>()
        || error.is::<AskedError>()
        || error.is::<LastRunError>()
        || error.is::<MergeError>()
        || error.is::<MergeUnread>()
        || error.is::<FlowError>()
        || error.downcast_ref().is_some_and(InspectError::is_usage)
        || error.is::<UpstreamError>()
        || error.is::<Unrunnable>()
        || error.is::<Faults>();
    let environment = error.is::<LocateError>()
        || error.is::<InstallError>()
        || error.is::<RunError>()
        || error.is::<OpenError>()
        || error.is::<StoreError>()
        || error.is::<StartError>()
        || error.is::<InspectError>()
        || matches!(error.downcast_ref(), Some(SiteError::Bind { .. }))
        || error.is::<io::Error>();
    match (usage, environment) {
        (true, _) => USAGE,
        (_, true) => ENVIRONMENT,
        _ => FAILED,
    }
}

/// The exit code of a run, by its JSON document: whether what is flaky counts as failed, and whether all reports
/// are written.
pub(crate) fn of_run(document: &Value, fail_on_flaky: bool, written: bool) -> u8 {
    let number = |name: &str| document["totals"][name].as_u64().unwrap_or_default();
    if document["run"]["interrupted"] == true {
        INTERRUPTED
    } else if number("failed") > 0 || (fail_on_flaky && number("flaky") > 0) {
        FAILED
    } else if number("errors") > 0 || !written {
        ENVIRONMENT
    } else {
        PASSED
    }
}

/// Whether the reader of our output has gone, which is no error.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
