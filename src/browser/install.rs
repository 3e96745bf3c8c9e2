//! Installs browsers and drivers, from Debian's packages and from crates. What `doctor --install` does.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use super::Browser;

/// Why an installation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// No `apt-get` here.
    #[error("this machine has no `apt-get`, so coopwright cannot install packages")]
    NoApt,
    /// Neither root nor sudo.
    #[error("installing packages needs root, and there is no `sudo` here")]
    NoRoot,
    /// No cargo, to install a driver that Debian has no package of.
    #[error("`{name}` is installed with `cargo`, and there is none here")]
    NoCargo {
        /// The crate.
        name: String,
    },
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

/// The Debian packages that bring a browser and its driver; what Debian has no package of is left out.
#[must_use]
pub fn packages(browser: Browser) -> &'static [&'static str] {
    match browser {
        // The driver's package depends on the browser of the very same version.
        Browser::Chromium => &["chromium-driver"],
        Browser::ChromiumHeadlessShell => &["chromium-headless-shell", "chromium-driver"],
        Browser::Firefox => &["firefox-esr"],
        // The driver's package depends on the library that brings the browser.
        Browser::Webkit => &["webkit2gtk-driver", "xvfb"],
    }
}

/// The crate that brings a driver which Debian has no package of.
#[must_use]
pub fn driver_crate(browser: Browser) -> Option<&'static str> {
    (browser == Browser::Firefox).then_some("geckodriver")
}

/// The commands that a person would type to install a browser and its driver.
#[must_use]
pub fn recipe(browser: Browser) -> String {
    let apt = command_line(packages(browser));
    match driver_crate(browser) {
        Some(name) => format!("{apt}; cargo install --locked {name}"),
        None => apt,
    }
}

/// The command line that a person would type to install `packages`.
#[must_use]
pub fn command_line(packages: &[&str]) -> String {
    format!("apt-get install --no-install-recommends {}", packages.join(" "))
}

/// Installs what is missing of some browsers: packages with apt-get, as root or through sudo, then drivers
/// with cargo. Output goes to stderr as it comes.
///
/// # Errors
/// When there is no apt-get, no way to become root, no cargo where one is needed, or a command fails.
pub fn install(
    packages: &[&str],
    crates: &[&str],
    search_path: &OsStr,
) -> Result<(), InstallError> {
    let exists =
        |name: &str| std::env::split_paths(search_path).any(|folder| folder.join(name).is_file());
    if !packages.is_empty() {
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
            run(&words)?;
        }
    }
    for name in crates {
        if !exists("cargo") {
            return Err(InstallError::NoCargo { name: (*name).to_owned() });
        }
        run(&["cargo", "install", "--locked", name])?;
    }
    Ok(())
}

fn run(words: &[&str]) -> Result<(), InstallError> {
    let status = Command::new(words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status();
    let failed = |status: String| InstallError::Failed { command: words.join(" "), status };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}
