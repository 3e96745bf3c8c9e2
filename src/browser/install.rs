//! Installs browsers and drivers from Debian's packages. What `doctor --install` does.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use super::Engine;

/// Why an installation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// No `apt-get` here.
    #[error("this machine has no `apt-get`, so coopwright cannot install packages")]
    NoApt,
    /// Neither root nor sudo.
    #[error("installing packages needs root, and there is no `sudo` here")]
    NoRoot,
    /// Nobody could be asked.
    #[error(
        "nobody is here to be asked whether to run `{command}`; `--yes` runs it without asking"
    )]
    Unasked {
        /// The command line.
        command: String,
    },
    /// The answer was no.
    #[error("not installed, as you wished")]
    Declined,
    /// A command failed.
    #[error("`{command}` failed with {status}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
    },
}

/// The Debian packages that bring an engine and its driver.
#[must_use]
pub fn packages(engine: Engine) -> Vec<&'static str> {
    match engine {
        // The driver's package depends on the browser of the very same version.
        Engine::Chromium => vec!["chromium-driver"],
    }
}

/// The command line that a person would type to install `packages`.
#[must_use]
pub fn command_line(packages: &[&str]) -> String {
    format!("apt-get install --no-install-recommends {}", packages.join(" "))
}

/// Installs `packages` with apt-get, as root or through sudo. Its output goes to stderr as it comes.
///
/// # Errors
/// When there is no apt-get, no way to become root, or a command fails.
pub fn install(packages: &[&str], search_path: &OsStr) -> Result<(), InstallError> {
    let exists =
        |name: &str| std::env::split_paths(search_path).any(|folder| folder.join(name).is_file());
    if !exists("apt-get") {
        return Err(InstallError::NoApt);
    }
    let root = nix::unistd::geteuid().is_root();
    if !root && !exists("sudo") {
        return Err(InstallError::NoRoot);
    }
    let install = ["install", "--yes", "--no-install-recommends"];
    for arguments in [vec!["update"], [&install[..], packages].concat()] {
        let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
        if !root {
            words.insert(0, "sudo");
        }
        words.extend(arguments);
        let status = Command::new(words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status();
        let failed = |status: String| InstallError::Failed { command: words.join(" "), status };
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(failed(status.to_string())),
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    Ok(())
}
