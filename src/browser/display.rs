//! An X server without a screen, for a browser that cannot hide its windows.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::process::{self, Launch, Process, Ready};

/// Starts Xvfb on a free display, and gives the display's number.
///
/// # Errors
/// A text with Xvfb's own words.
pub(super) async fn start(xvfb: &Path, limit: Duration) -> Result<(Process, u16), String> {
    let folder =
        process::folder().map_err(|error| format!("no folder for the display: {error}"))?;
    let arguments =
        ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"];
    let launch = Launch {
        program: xvfb,
        arguments: arguments.map(ToOwned::to_owned).to_vec(),
        environment: Vec::new(),
        ready: Ready::Says(|line| line.trim().parse().ok()),
        // It removes its socket and its lock file when it is asked to end.
        last_signal: Signal::SIGTERM,
    };
    Process::start(launch, folder, limit).await
}
