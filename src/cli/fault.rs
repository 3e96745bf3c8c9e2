//! Errors for people: what went wrong, and what to do next.

use std::io::Write;

use annotate_snippets::{Level, Renderer};
use coopwright::browser::LocateError;
use coopwright::browser::install::InstallError;
use coopwright::report::MergeError;
use coopwright::runner::RunError;
use coopwright::settings::{EnvironmentError, FILE_NAME, SettingsError};
use coopwright::snapshot::{OpenError, StoreError};
use coopwright::suite::SuiteError;
use coopwright::yaml::Faults;

use super::browsers::RemoteError;
use super::environment::PlaceError;
use super::explain::AskedError;
use super::init::EnvironmentName;
use super::inspect::InspectError;
use super::last_run::LastRunError;
use super::rehearse::RolloutUnreadable;
use super::review::UnknownSnapshot;
use super::run::UsageError;
use super::staging::Elsewhere;

/// Prints an error with its causes and, where there is one, a hint.
pub(crate) fn print(error: &anyhow::Error, to: &mut dyn Write) {
    let color = console::colors_enabled_stderr();
    if let Some(error) = error.downcast_ref::<SuiteError>() {
        let _ = writeln!(to, "{}", error.render(color));
        return;
    }
    if let Some(faults) = faults(error) {
        let _ = writeln!(to, "{}", faults.render(color));
        return;
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    let mut message = String::new();
    for cause in chain {
        // Some errors already end with the text of their source.
        if !message.ends_with(&cause) {
            message += if message.is_empty() { "" } else { ": " };
            message += &cause;
        }
    }
    let group = Level::ERROR.primary_title(message);
    let group = group.elements(hint(error).map(|hint| Level::HELP.message(hint)));
    let _ = writeln!(to, "{}", renderer.render(&[group]));
}

/// The faults of a file, which show where they are.
fn faults(error: &anyhow::Error) -> Option<&Faults> {
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(SettingsError::Faulty(faults)), _) | (_, Some(EnvironmentError::Faulty(faults))) => {
            Some(faults)
        }
        _ => error.downcast_ref(),
    }
}

fn hint(error: &anyhow::Error) -> Option<String> {
    let is = |hint: &str| Some(hint.to_owned());
    if let Some(error) = error.downcast_ref::<LocateError>() {
        return Some(error.hint());
    }
    if let Some(error) = error.downcast_ref::<UnknownSnapshot>() {
        return Some(error.hint());
    }
    if let Some(error) = error.downcast_ref::<UsageError>() {
        return Some(error.hint());
    }
    if let Some(error) = error.downcast_ref::<LastRunError>() {
        return Some(error.hint());
    }
    if let Some(error) = error.downcast_ref::<MergeError>() {
        return Some(error.hint());
    }
    if let Some(error) = error.downcast_ref::<PlaceError>() {
        return error.hint();
    }
    if let Some(EnvironmentError::Unknown { hint, .. }) = error.downcast_ref() {
        return is(hint);
    }
    if let Some(SettingsError::None { .. }) = error.downcast_ref() {
        return is(&format!("`coopwright init` writes a {FILE_NAME}; `-c` names one elsewhere"));
    }
    if error.is::<RolloutUnreadable>() {
        return is(
            "a rollout file says which headers are tried, for example `rules: [ { site: app, set: \
                   { Cross-Origin-Opener-Policy: same-origin } } ]` after `version: 1`",
        );
    }
    if let Some(error) = error.downcast_ref::<AskedError>() {
        return is(error.hint());
    }
    if let Some(error) = error.downcast_ref::<OpenError>() {
        return is(error.hint());
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return is(error.hint());
    }
    if let Some(error) = error.downcast_ref::<RemoteError>() {
        return is(&error.hint());
    }
    if let Some(error) = error.downcast_ref::<InspectError>() {
        return error.hint();
    }
    if let Some(RunError::Unreachable(error)) = error.downcast_ref() {
        return is(&error.hint());
    }
    if error.is::<Elsewhere>() {
        return is(Elsewhere::hint());
    }
    if error.is::<EnvironmentName>() {
        return is(EnvironmentName::hint());
    }
    if error.is::<InstallError>() {
        return is("install the packages by hand, then `coopwright doctor` checks them");
    }
    None
}
