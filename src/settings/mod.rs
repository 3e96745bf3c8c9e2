//! The settings file `coopwright.yaml` of a project: where its sites are, per environment.
//!
//! [`find()`] looks for it, [`load`] reads it, [`Settings::environment`] chooses one. `file` is what people
//! write, `resolve` makes an [`Environment`] of it and looks at what is meant, `address` knows what an
//! address may be. Only `find` touches the disk; environment variables are given by the caller.

mod address;
mod file;
mod find;
mod mask;
mod resolve;
mod schema;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use url::Url;

use crate::yaml::{self, Fault, Faults, Tree, nearest};

pub use address::{AddressFault, ProxyUrl, host, place, site_address};
use file::SettingsFile;
pub use find::{FILE_NAME, SettingsError, find, load};
pub use resolve::is_environment_name;
pub use schema::schema;

/// The version of the format that this program reads.
pub const FORMAT_VERSION: u32 = 1;

/// A settings file that has been read and checked.
#[derive(Debug, Clone)]
pub struct Settings {
    path: PathBuf,
    file: SettingsFile,
    tree: Tree,
}

/// Where the sites of scenarios are, and how they are reached.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Its name; none if it was put together without a settings file.
    pub name: Option<String>,
    /// The addresses by site name: an origin and, where there is one, the path before all others. No two
    /// have the same origin.
    pub sites: IndexMap<String, Url>,
    /// How they are reached.
    pub reach: Reach,
}

/// How real sites are reached.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Files with certificates of authorities that are trusted besides the platform's (PEM).
    pub ca: Vec<PathBuf>,
    /// Hosts whose certificates are not verified.
    pub insecure: Vec<String>,
    /// A corporate proxy.
    pub proxy: Option<ProxyUrl>,
    /// Hosts that are reached without it.
    pub no_proxy: Vec<String>,
    /// From `host` or `host:port` to the place, `host` or `host:port`, that is connected to instead.
    pub connect_to: IndexMap<String, String>,
}

/// Why an environment cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The file has none of this name.
    #[error("{path} has no environment `{name}`", path = path.display())]
    Unknown {
        /// The name.
        name: String,
        /// The settings file.
        path: PathBuf,
        /// The one that was probably meant, or all of them.
        hint: String,
    },
    /// What it takes from environment variables is faulty.
    #[error(transparent)]
    Faulty(#[from] Faults),
}

impl Environment {
    /// The hosts that it names, each once, as URLs have them.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let of_sites = self.sites.values().filter_map(|url| url.host_str().map(str::to_owned));
        let others = self.reach.connect_to.keys().filter_map(|name| place(name));
        let mut hosts: Vec<String> = of_sites.chain(others.map(|(host, _)| host)).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// Two sites that have the same origin: then nobody can tell whose a response is.
    #[must_use]
    pub fn twins(&self) -> Option<(&str, &str)> {
        self.sites.iter().enumerate().find_map(|(index, (name, url))| {
            let mut before = self.sites.iter().take(index);
            let twin = before.find(|(_, other)| other.origin() == url.origin())?;
            Some((twin.0.as_str(), name.as_str()))
        })
    }
}

/// Reads settings. `path` is used in messages, and files are named from its folder; nothing is read from
/// disk.
///
/// # Errors
/// All faults of the file at once, each with line and column. Passwords in it are not shown.
pub fn parse(path: &Path, text: &str) -> Result<Settings, Faults> {
    let shown = path.display().to_string();
    let mut kept = None;
    let file = yaml::read(&shown, text, |file: &SettingsFile, tree, faults| {
        resolve::check(file, tree, path, faults);
        kept = Some(tree.clone());
    });
    let file = file.map_err(|faults| faults.edited(mask::passwords))?;
    let tree = kept.expect("what was read was checked");
    Ok(Settings { path: path.to_owned(), file, tree })
}

impl Settings {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the environments, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.file.environments.keys().map(String::as_str)
    }

    /// The environment of this name; `variable` gives the value of an environment variable.
    ///
    /// # Errors
    /// When there is none, or what it takes from variables is missing or faulty. Their values are not
    /// shown.
    pub fn environment(
        &self,
        name: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Environment, EnvironmentError> {
        let Some(file) = self.file.environments.get(name) else {
            return Err(EnvironmentError::Unknown {
                name: name.to_owned(),
                path: self.path.clone(),
                hint: nearest(name, self.names()).unwrap_or_default(),
            });
        };
        let at = self.tree.root().get("environments").get(name);
        let mut faults: Vec<Fault> = Vec::new();
        let environment =
            resolve::environment(name, file, at, &self.path, Some(variable), &mut faults);
        if faults.is_empty() {
            return Ok(environment);
        }
        let shown = self.path.display().to_string();
        Err(Faults::new(&shown, &self.tree.text, faults).edited(mask::passwords).into())
    }
}
