//! Finds browsers and their drivers on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use super::{Browser, install};

/// A browser and its driver, ready to start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// Which browser it is.
    pub browser: Browser,
    /// The browser's executable.
    pub executable: PathBuf,
    /// Its version, e.g. `156.0.8078.79`; nothing for one that tells it only in a session.
    pub version: Option<String>,
    /// The driver's executable.
    pub driver: PathBuf,
    /// The driver's version; nothing for one that does not tell it.
    pub driver_version: Option<String>,
    /// The X server for a browser that cannot hide its windows.
    pub display: Option<PathBuf>,
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
        /// The browser that needs it.
        browser: Browser,
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
            Self::Missing { browser, .. } => format!(
                "`coopwright doctor --install --browser {browser}` installs it ({})",
                install::recipe(*browser)
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

/// Where distributions put `MiniBrowser`, which is on no search path: in a folder `webkit*gtk-*` of one
/// of these, or of a folder in one of these.
const LIBRARIES: [&str; 2] = ["/usr/libexec", "/usr/lib"];

/// Finds a browser and its driver on `search_path` (as in `$PATH`), and checks that they belong together
/// where their versions tell it: those of Chromium and chromedriver start with the same number.
///
/// # Errors
/// When one is missing, does not run, or does not match the other.
pub fn locate(browser: Browser, search_path: &OsStr) -> Result<Installed, LocateError> {
    let find = |what, names: &[&'static str]| {
        names
            .iter()
            .find_map(|name| executable(name, search_path))
            .ok_or_else(|| LocateError::Missing { what, names: names.to_vec(), browser })
    };
    // Browsers and drivers that tell their versions.
    let pair = |names: &[&'static str], driver: &'static str| {
        let executable = find(browser.title(), names)?;
        let driver = find(driver, &[driver])?;
        Ok(Installed {
            browser,
            version: Some(version_of(&executable)?),
            driver_version: Some(version_of(&driver)?),
            executable,
            driver,
            display: None,
        })
    };
    const CHROMIUM: &[&str] =
        &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut found = match browser {
        Browser::Chromium => pair(CHROMIUM, "chromedriver")?,
        Browser::ChromiumHeadlessShell => pair(&["chromium-headless-shell"], "chromedriver")?,
        Browser::Firefox => pair(&["firefox", "firefox-esr"], "geckodriver")?,
        Browser::Webkit => {
            let driver = find("WebKitWebDriver", &["WebKitWebDriver"])?;
            let executable = executable("MiniBrowser", search_path).or_else(minibrowser);
            let missing = || LocateError::Missing {
                what: "MiniBrowser (the browser of WebKitGTK)",
                names: vec!["MiniBrowser"],
                browser,
            };
            Installed {
                browser,
                executable: executable.ok_or_else(missing)?,
                version: None,
                driver,
                driver_version: None,
                display: find("Xvfb (a display for WebKitGTK)", &["Xvfb"]).ok(),
            }
        }
    };
    if let (Some(version), Some(driver), Browser::Chromium | Browser::ChromiumHeadlessShell) =
        (&mut found.version, &mut found.driver_version, browser)
        && major(version) != major(driver)
    {
        return Err(LocateError::Mismatch {
            driver: std::mem::take(driver),
            driver_path: found.driver,
            browser: std::mem::take(version),
            browser_path: found.executable,
        });
    }
    Ok(found)
}

fn minibrowser() -> Option<PathBuf> {
    let folders = |path: &Path| {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        // The newest API last, whatever the order on the disk.
        folders.sort();
        folders
    };
    let is_webkit = |path: &PathBuf| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name.starts_with("webkit2gtk-") || name.starts_with("webkitgtk-")
    };
    let above = LIBRARIES.iter().map(Path::new);
    let near = above.clone().flat_map(folders);
    let far = near.clone().filter(|path| {
        path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.contains("-linux-gnu"))
    });
    near.chain(far.flat_map(|path| folders(&path)))
        .filter(is_webkit)
        .map(|folder| folder.join("MiniBrowser"))
        .rfind(|path| path.is_file())
}

fn executable(name: &str, search_path: &OsStr) -> Option<PathBuf> {
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
        let error = locate(Browser::Chromium, folder.path().as_os_str()).unwrap_err();
        assert!(error.to_string().starts_with("no Chromium found"), "{error}");
        assert!(error.hint().contains("chromium-driver"), "{}", error.hint());
    }

    #[test]
    fn a_driver_of_another_major_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "chromium", "Chromium 156.0.1.2 built on Debian");
        fake(folder.path(), "chromedriver", "ChromeDriver 155.0.1.2 (abc)");
        let error = locate(Browser::Chromium, folder.path().as_os_str()).unwrap_err();
        assert!(matches!(error, LocateError::Mismatch { .. }), "{error}");
    }

    #[test]
    fn versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fake(folder.path(), "chromium", "Chromium 156.0.1.2 built on Debian 12");
        fake(folder.path(), "chromedriver", "ChromeDriver 156.9.9.9 (abc)");
        let found = locate(Browser::Chromium, folder.path().as_os_str()).unwrap();
        assert_eq!(found.version.as_deref(), Some("156.0.1.2"));
        assert_eq!(found.driver_version.as_deref(), Some("156.9.9.9"));
    }

    #[test]
    fn an_executable_that_does_not_run_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("chromium"), "not executable").unwrap();
        fake(folder.path(), "chromedriver", "ChromeDriver 156.9.9.9 (abc)");
        let error = locate(Browser::Chromium, folder.path().as_os_str()).unwrap_err();
        assert!(matches!(error, LocateError::NoVersion { .. }), "{error}");
    }
}
