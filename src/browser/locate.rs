//! Finds browsers and their drivers on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use super::install;

/// A browser engine that coopwright can drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Chromium, driven by chromedriver.
    Chromium,
}

impl Engine {
    /// The name on the command line and in scenario files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
        }
    }

    /// The name as people write it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
        }
    }

    fn browser_names(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => {
                &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
            }
        }
    }

    fn driver_name(self) -> &'static str {
        match self {
            Self::Chromium => "chromedriver",
        }
    }
}

/// A browser and its driver, ready to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// The engine.
    pub engine: Engine,
    /// The browser's executable.
    pub browser: PathBuf,
    /// Its version, e.g. `156.0.8078.79`.
    pub version: String,
    /// The driver's executable.
    pub driver: PathBuf,
    /// The driver's version.
    pub driver_version: String,
}

/// Why a browser cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// No executable of that name is on the search path.
    #[error("no {what} found ({} on the search path)", looked_for(.names))]
    Missing {
        /// What is missing: "Chromium", "chromedriver".
        what: &'static str,
        /// The names that were looked for.
        names: Vec<&'static str>,
        /// The engine that needs it.
        engine: Engine,
    },
    /// An executable did not say its version.
    #[error("`{} --version` did not say a version: {said}", .path.display())]
    NoVersion {
        /// The executable.
        path: PathBuf,
        /// What came instead.
        said: String,
    },
    /// Browser and driver do not belong together.
    #[error("{} is of version {driver}, but the browser {} is of version {browser}", .driver_path.display(), .browser_path.display())]
    Mismatch {
        /// The driver's version.
        driver: String,
        /// The driver's executable.
        driver_path: PathBuf,
        /// The browser's version.
        browser: String,
        /// The browser's executable.
        browser_path: PathBuf,
    },
}

fn looked_for(names: &[&'static str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("looked for {}", quoted.join(", "))
}

impl LocateError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Missing { engine, .. } => format!(
                "`coopwright doctor --install` installs it ({})",
                install::command_line(&install::packages(*engine))
            ),
            Self::NoVersion { path, .. } => {
                format!("run `{} --version` by hand and see what is wrong with it", path.display())
            }
            Self::Mismatch { .. } => "install browser and driver from one source, with the same \
                major version: `coopwright doctor --install` takes both from Debian"
                .to_owned(),
        }
    }
}

/// Finds the browser and driver of an engine on `search_path` (as in `$PATH`) and checks that their
/// major versions are the same.
///
/// # Errors
/// When one is missing, does not run, or does not match the other.
pub fn locate(engine: Engine, search_path: &std::ffi::OsStr) -> Result<Installed, LocateError> {
    let find = |what, names: &[&'static str]| {
        names
            .iter()
            .find_map(|name| executable(name, search_path))
            .ok_or_else(|| LocateError::Missing { what, names: names.to_vec(), engine })
    };
    let browser = find(engine.title(), engine.browser_names())?;
    let driver = find(engine.driver_name(), &[engine.driver_name()])?;
    let version = version_of(&browser)?;
    let driver_version = version_of(&driver)?;
    if major(&version) != major(&driver_version) {
        return Err(LocateError::Mismatch {
            driver: driver_version,
            driver_path: driver,
            browser: version,
            browser_path: browser,
        });
    }
    Ok(Installed { engine, browser, version, driver, driver_version })
}

fn executable(name: &str, search_path: &std::ffi::OsStr) -> Option<PathBuf> {
    std::env::split_paths(search_path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn version_of(path: &Path) -> Result<String, LocateError> {
    let no_version = |said: String| LocateError::NoVersion { path: path.to_owned(), said };
    let output = Command::new(path)
        .arg("--version")
        .output()
        .map_err(|error| no_version(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
        .map(ToOwned::to_owned)
        .ok_or_else(|| no_version(format!("{said}{}", String::from_utf8_lossy(&output.stderr))))
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fake(folder: &Path, name: &str, says: &str) {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn nothing_installed_names_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let error = locate(Engine::Chromium, folder.path().as_os_str()).unwrap_err();
        assert!(error.to_string().starts_with("no Chromium found"), "{error}");
        assert!(error.hint().contains("chromium-driver"), "{}", error.hint());
    }

    #[test]
    fn a_driver_of_another_major_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "chromium", "Chromium 156.0.1.2 built on Debian");
        fake(folder.path(), "chromedriver", "ChromeDriver 155.0.1.2 (abc)");
        let error = locate(Engine::Chromium, folder.path().as_os_str()).unwrap_err();
        assert!(matches!(error, LocateError::Mismatch { .. }), "{error}");
    }

    #[test]
    fn versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "chromium", "Chromium 156.0.1.2 built on Debian 12");
        fake(folder.path(), "chromedriver", "ChromeDriver 156.9.9.9 (abc)");
        let found = locate(Engine::Chromium, folder.path().as_os_str()).unwrap();
        assert_eq!((&*found.version, &*found.driver_version), ("156.0.1.2", "156.9.9.9"));
    }

    #[test]
    fn an_executable_that_does_not_run_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("chromium"), "not executable").unwrap();
        fake(folder.path(), "chromedriver", "ChromeDriver 156.9.9.9 (abc)");
        let error = locate(Engine::Chromium, folder.path().as_os_str()).unwrap_err();
        assert!(matches!(error, LocateError::NoVersion { .. }), "{error}");
    }
}
