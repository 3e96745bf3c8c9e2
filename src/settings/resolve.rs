//! From an environment as written to an [`Environment`], and what is wrong with it.
//!
//! The same code checks a file that was just read, when the values of environment variables are not
//! known, and makes the environment that was chosen.

use std::path::Path;

use fixtures_server::page::is_site_name;
use indexmap::IndexMap;
use url::Url;

use super::address::{ProxyUrl, host, place, site_address};
use super::file::{EnvironmentFile, SettingsFile};
use super::{Environment, FORMAT_VERSION, Reach};
use crate::yaml::{At, Fault, Node, Several, Tree, nearest};

/// What gives the value of an environment variable.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Adds the faults of `file`, which was read from `tree`, as far as they do not hang on variables.
pub(super) fn check(file: &SettingsFile, tree: &Tree, path: &Path, faults: &mut Vec<Fault>) {
    let root = tree.root();
    if file.version != FORMAT_VERSION {
        let message = format!("version {} cannot be read", file.version);
        let hint = format!("this program reads version {FORMAT_VERSION}");
        faults.extend(Fault::at(root.get("version").value, message, hint));
    }
    let environments = root.get("environments");
    if file.environments.is_empty() && environments.is_intact() {
        let hint = "for example `staging: { sites: { app: https://app.staging.example.com } }`";
        faults.extend(Fault::at(environments.key, "there is no environment", hint.to_owned()));
    }
    for (name, file) in &file.environments {
        let at = environments.get(name);
        if !is_environment_name(name) {
            let hint = "letters, digits, dots, hyphens and underscores, a letter or digit first"
                .to_owned();
            let message = format!("`{name}` is not the name of an environment");
            faults.extend(Fault::at(at.key, message, hint));
        }
        environment(name, file, at, path, None, faults);
    }
}

/// The environment that is written at `at` in the file at `path`. Without `variable`, what comes from
/// variables is left out.
pub(super) fn environment(
    name: &str,
    file: &EnvironmentFile,
    at: At<'_>,
    path: &Path,
    variable: Option<Variable<'_>>,
    faults: &mut Vec<Fault>,
) -> Environment {
    let mut resolve = Resolve { variable, faults };
    let sites = resolve.sites(&file.sites, at.get("sites"));
    let folder = path.parent().unwrap_or(Path::new(""));
    let reach = Reach {
        ca: resolve.files(file.ca.as_ref(), at.get("ca"), folder),
        insecure: Vec::new(),
        proxy: resolve.proxy(file, at.get("upstream-proxy")),
        no_proxy: several(file.no_proxy.as_ref()).cloned().collect(),
        connect_to: resolve.connect_to(&file.connect_to, at.get("connect-to")),
    };
    let mut environment = Environment { name: Some(name.to_owned()), sites, reach };
    let are_known = environment.sites.len() == file.sites.len() && at.has_intact("sites");
    let hosts = are_known.then(|| environment.hosts());
    environment.reach.insecure =
        resolve.insecure(file, at.get("insecure-upstream"), hosts.as_deref());
    environment
}

struct Resolve<'a> {
    variable: Option<Variable<'a>>,
    faults: &'a mut Vec<Fault>,
}

impl Resolve<'_> {
    fn sites(&mut self, file: &IndexMap<String, String>, at: At<'_>) -> IndexMap<String, Url> {
        if file.is_empty() && at.is_intact() {
            let hint = "for example `app: https://app.staging.example.com`".to_owned();
            self.fault(at.key, "an environment needs at least one site", hint);
        }
        let mut sites: IndexMap<String, Url> = IndexMap::new();
        for (name, text) in file {
            let at = at.get(name);
            if !is_site_name(name) {
                let hint = "lower-case letters, digits and hyphens, a letter first, 30 at most";
                let message = format!("`{name}` is not a site name");
                self.fault(at.key, message, hint.to_owned());
            }
            let Some((value, shown)) = self.value(text, at) else { continue };
            let url = match site_address(&value) {
                Ok(url) => url,
                Err(error) => {
                    let hint = "write e.g. `https://app.staging.example.com`".to_owned();
                    let message = format!("{shown} is no address of a site: {error}");
                    self.fault(at.value, message, hint);
                    continue;
                }
            };
            let same = sites.iter().find(|(_, other)| other.origin() == url.origin());
            if let Some((other, _)) = same {
                let message = format!("`{name}` has the same origin as `{other}`");
                let hint = "a site is an origin: scenarios name its pages by their paths";
                self.fault(at.value, message, hint.to_owned());
            }
            sites.insert(name.clone(), url);
        }
        sites
    }

    fn connect_to(
        &mut self,
        file: &IndexMap<String, String>,
        at: At<'_>,
    ) -> IndexMap<String, String> {
        let written = |(name, port): (String, Option<u16>)| match port {
            Some(port) => format!("{name}:{port}"),
            None => name,
        };
        let mut connect_to = IndexMap::new();
        for (from, to) in file {
            let at = at.get(from);
            let hint = || "a host name or an address, with or without a port".to_owned();
            let parsed = (place(from), place(to));
            if parsed.0.is_none() {
                self.fault(at.key, format!("`{from}` is no host"), hint());
            }
            if parsed.1.is_none() {
                self.fault(at.value, format!("`{to}` is no place to connect to"), hint());
            }
            if let (Some(from), Some(to)) = parsed {
                connect_to.insert(written(from), written(to));
            }
        }
        connect_to
    }

    /// Hosts that are not verified must be hosts that are used: a slip must not pass for caution.
    fn insecure(
        &mut self,
        file: &EnvironmentFile,
        at: At<'_>,
        hosts: Option<&[String]>,
    ) -> Vec<String> {
        let mut insecure = Vec::new();
        for (index, text) in several(file.insecure_upstream.as_ref()).enumerate() {
            let item = at.find(&index.to_string()).unwrap_or(at).value;
            let Some(name) = host(text) else {
                let hint = "a name alone, without scheme, port and path".to_owned();
                self.fault(item, format!("`{text}` is no host"), hint);
                continue;
            };
            if let Some(hosts) = hosts.filter(|hosts| !hosts.contains(&name)) {
                let hint = nearest(&name, hosts.iter().map(String::as_str));
                self.fault(item, format!("`{name}` is no host of this environment"), hint);
            }
            insecure.push(name);
        }
        insecure
    }

    fn files(
        &mut self,
        file: Option<&Several<String>>,
        at: At<'_>,
        folder: &Path,
    ) -> Vec<std::path::PathBuf> {
        for (index, text) in several(file).enumerate() {
            if text.is_empty() {
                let item = at.find(&index.to_string()).unwrap_or(at).value;
                self.fault(item, "the file has no name", None);
            }
        }
        several(file).map(|text| folder.join(text)).collect()
    }

    fn proxy(&mut self, file: &EnvironmentFile, at: At<'_>) -> Option<ProxyUrl> {
        let text = file.upstream_proxy.as_ref()?;
        let (value, shown) = self.value(text, at)?;
        let proxy: ProxyUrl = match value.parse() {
            Ok(proxy) => proxy,
            Err(error) => {
                let hint = "write e.g. `http://proxy.corp.example:3128`".to_owned();
                self.fault(at.value, format!("{shown} is no address of a proxy: {error}"), hint);
                return None;
            }
        };
        if proxy.has_credentials() && value == *text {
            let hint = "put the whole address into an environment variable and write `env:NAME`";
            let message = "a password does not belong in this file";
            self.fault(at.value, message, hint.to_owned());
        }
        Some(proxy)
    }

    /// A value that may come from an environment variable, and how it is called in messages. Nothing if it
    /// is not known.
    fn value(&mut self, text: &str, at: At<'_>) -> Option<(String, String)> {
        let Some(name) = text.strip_prefix("env:") else {
            return Some((text.to_owned(), format!("`{text}`")));
        };
        if name.is_empty() || name.contains(['=', '\0', ' ']) {
            let message = "this names no environment variable";
            self.fault(at.value, message, "write `env:NAME`".to_owned());
            return None;
        }
        let value = self.variable?(name);
        if value.is_none() {
            let message = format!("the environment variable `{name}` is not set");
            self.fault(at.value, message, None);
        }
        Some((value?, format!("the value of `{name}`")))
    }

    fn fault(
        &mut self,
        at: Option<&Node>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.faults.extend(Fault::at(at, message, hint));
    }
}

fn several(list: Option<&Several<String>>) -> impl Iterator<Item = &String> {
    list.into_iter().flat_map(|list| &list.0)
}

/// The name of an environment: ASCII letters, digits, dots, hyphens and underscores, a letter or digit
/// first. `null` is nothing in YAML, so no name either.
#[must_use]
pub fn is_environment_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && text != "null"
}
