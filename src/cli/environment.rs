//! Where the sites of a command are: an environment of the settings file, and what flags say.

use std::path::{Path, PathBuf};

use coopwright::settings::{self, AddressFault, Environment, ProxyUrl, Reach};
use indexmap::IndexMap;
use url::Url;

use super::variable;

/// Variables that name a corporate proxy, as most programs read them. The first that is set counts.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
/// Variables that name the hosts which are reached without it.
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Where the sites of a command are.
#[derive(clap::Args)]
pub(crate) struct EnvArgs {
    /// Run against this environment of the settings file: its sites take the place of fixtures
    #[arg(long = "env", value_name = "NAME", help_heading = "Environment")]
    name: Option<String>,

    /// The settings file [default: coopwright.yaml here or in the nearest folder above]
    #[arg(short, long, value_name = "FILE", requires = "name", help_heading = "Environment")]
    config: Option<PathBuf>,

    /// The address of a site, in place of fixtures or of the settings file; can be given again
    #[arg(long = "site", value_name = "NAME=URL", help_heading = "Environment")]
    sites: Vec<String>,

    /// Do not verify the certificate of this host; can be given again
    #[arg(long, value_name = "HOST", help_heading = "Environment")]
    insecure_upstream: Vec<String>,

    /// Trust the authorities in this file, too (certificates as PEM); can be given again
    #[arg(long, value_name = "FILE", help_heading = "Environment")]
    upstream_ca: Vec<PathBuf>,

    /// Reach sites by this proxy; `env:NAME` reads its address from the environment variable NAME
    /// [default: HTTPS_PROXY or HTTP_PROXY, but for the hosts in NO_PROXY]
    #[arg(long, value_name = "URL", help_heading = "Environment")]
    upstream_proxy: Option<String>,
}

impl std::fmt::Debug for EnvArgs {
    /// Addresses may hold passwords, although they are refused then.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvArgs").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is wrong with these flags and variables. They may hold passwords, so they are not repeated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("`--site` number {number} has no `=`")]
    NoAddress { number: usize },
    #[error("the name in `--site` number {number} is not a site name")]
    SiteName { number: usize },
    #[error("`--site {0}` is given twice")]
    Twice(String),
    #[error("the address of `--site {name}` cannot be used: {fault}")]
    Address { name: String, fault: AddressFault },
    #[error("the sites `{0}` and `{1}` have the same origin")]
    Twins(String, String),
    #[error("`--insecure-upstream` wants the name of a host, without scheme, port and path")]
    NotAHost,
    #[error("`{host}` of `--insecure-upstream` is the host of no site")]
    Unused { host: String, known: Vec<String> },
    #[error("the address of the proxy in {place} cannot be used: {fault}")]
    Proxy { place: String, fault: AddressFault },
    #[error("`--upstream-proxy` holds a password, which every process of this machine can read")]
    Password,
    #[error("the environment variable `{0}` is not set")]
    Unset(String),
}

impl PlaceError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoAddress { .. } | Self::Address { .. } => {
                "for example `--site app=https://app.staging.example.com`".to_owned()
            }
            Self::SiteName { .. } => {
                "lower-case letters, digits and hyphens, a letter first, 30 at most".to_owned()
            }
            Self::Twice(_) | Self::Unset(_) => return None,
            Self::Twins(..) => {
                "a site is an origin: scenarios name its pages by their paths".to_owned()
            }
            Self::NotAHost => {
                "for example `--insecure-upstream login.staging.example.com`".to_owned()
            }
            Self::Unused { known, .. } if known.is_empty() => {
                "give sites with `--env` or `--site`".to_owned()
            }
            Self::Unused { known, .. } => format!("known here: {}", known.join(", ")),
            Self::Proxy { .. } => "for example `http://proxy.corp.example:3128`".to_owned(),
            Self::Password => {
                "put the whole address into an environment variable and write `env:NAME`".to_owned()
            }
        })
    }
}

/// Which hosts may be named as not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unverified {
    /// Those of sites: a slip must not pass for caution.
    OfSites,
    /// Any: where redirects lead is not known before.
    Any,
}

impl EnvArgs {
    /// The environment that is asked for; none if no flag asks for one.
    pub(crate) fn environment(&self) -> anyhow::Result<Option<Environment>> {
        let asks = self.name.is_some()
            || !self.sites.is_empty()
            || !self.insecure_upstream.is_empty()
            || !self.upstream_ca.is_empty()
            || self.upstream_proxy.is_some();
        if !asks {
            return Ok(None);
        }
        Ok(Some(self.put_together(Unverified::OfSites)?))
    }

    /// As [`EnvArgs::environment`], for a command that visits other hosts, too: any of them may be one that
    /// is not verified.
    pub(crate) fn surroundings(&self) -> anyhow::Result<Environment> {
        self.put_together(Unverified::Any)
    }

    fn put_together(&self, unverified: Unverified) -> anyhow::Result<Environment> {
        let mut environment = match &self.name {
            Some(name) => self.settings()?.environment(name, &variable)?,
            None => Environment::default(),
        };
        self.add_to(&mut environment, unverified, &variable)?;
        Ok(environment)
    }

    fn settings(&self) -> anyhow::Result<settings::Settings> {
        let path = match &self.config {
            Some(path) => path.clone(),
            None => {
                let folder = std::env::current_dir()?;
                let path = settings::find(&folder)?;
                path.strip_prefix(&folder).map(Path::to_owned).unwrap_or(path)
            }
        };
        Ok(settings::load(&path)?)
    }

    /// Puts what flags and the usual variables say over what the file says.
    fn add_to(
        &self,
        environment: &mut Environment,
        unverified: Unverified,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), PlaceError> {
        environment.sites.extend(sites(&self.sites)?);
        each_origin_once(environment)?;
        for text in &self.insecure_upstream {
            let host = settings::host(text).ok_or(PlaceError::NotAHost)?;
            let known = environment.hosts();
            if unverified == Unverified::OfSites && !known.contains(&host) {
                return Err(PlaceError::Unused { host, known });
            }
            environment.reach.insecure.push(host);
        }
        environment.reach.ca.extend(self.upstream_ca.iter().cloned());
        if let Some(text) = &self.upstream_proxy {
            environment.reach.proxy = Some(proxy(text, variable)?);
        }
        add_usual_proxy(&mut environment.reach, variable)
    }
}

/// How hosts are reached where no flag and no file says anything.
pub(crate) fn usual_reach() -> Result<Reach, PlaceError> {
    let mut reach = Reach::default();
    add_usual_proxy(&mut reach, &variable)?;
    Ok(reach)
}

/// The addresses of sites, given as `NAME=URL`.
pub(super) fn sites(texts: &[String]) -> Result<IndexMap<String, Url>, PlaceError> {
    let mut environment = Environment::default();
    for (index, text) in texts.iter().enumerate() {
        let number = index + 1;
        let (name, address) = text.split_once('=').ok_or(PlaceError::NoAddress { number })?;
        if !fixtures_server::page::is_site_name(name) {
            return Err(PlaceError::SiteName { number });
        }
        let address = settings::site_address(address)
            .map_err(|fault| PlaceError::Address { name: name.to_owned(), fault })?;
        if environment.sites.insert(name.to_owned(), address).is_some() {
            return Err(PlaceError::Twice(name.to_owned()));
        }
    }
    each_origin_once(&environment)?;
    Ok(environment.sites)
}

fn each_origin_once(environment: &Environment) -> Result<(), PlaceError> {
    match environment.twins() {
        Some((one, other)) => Err(PlaceError::Twins(one.to_owned(), other.to_owned())),
        None => Ok(()),
    }
}

/// The value of `--upstream-proxy`.
fn proxy(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<ProxyUrl, PlaceError> {
    if let Some(name) = text.strip_prefix("env:") {
        let value = variable(name).ok_or_else(|| PlaceError::Unset(name.to_owned()))?;
        return proxy_in(&format!("`{name}`"), &value);
    }
    let proxy = proxy_in("`--upstream-proxy`", text)?;
    if proxy.has_credentials() { Err(PlaceError::Password) } else { Ok(proxy) }
}

fn proxy_in(place: &str, text: &str) -> Result<ProxyUrl, PlaceError> {
    text.parse().map_err(|fault| PlaceError::Proxy { place: place.to_owned(), fault })
}

/// The usual variables count where nothing else is said.
fn add_usual_proxy(
    reach: &mut Reach,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), PlaceError> {
    let first =
        |names: &[&str]| names.iter().find_map(|name| Some((*name).to_owned()).zip(variable(name)));
    if reach.proxy.is_none()
        && let Some((name, value)) = first(&PROXIES)
    {
        reach.proxy = Some(proxy_in(&format!("`{name}`"), &value)?);
    }
    if reach.no_proxy.is_empty()
        && let Some((_, value)) = first(&NO_PROXY)
    {
        let hosts = value.split([',', ' ']).filter(|host| !host.is_empty());
        reach.no_proxy = hosts.map(str::to_owned).collect();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        environment: EnvArgs,
    }

    /// What becomes of flags, with these variables set, without a settings file.
    fn with(flags: &[&str], variables: &[(&str, &str)]) -> Result<Environment, PlaceError> {
        let command = Command::parse_from([&["coopwright"], flags].concat());
        let variable = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut environment = Environment::default();
        let any = Unverified::OfSites;
        command.environment.add_to(&mut environment, any, &variable).map(|()| environment)
    }

    fn fault(flags: &[&str]) -> String {
        with(flags, &[]).unwrap_err().to_string()
    }

    const APP: &[&str] = &["--site", "app=https://app.example/base"];

    #[test]
    fn flags_alone_make_an_environment() {
        let more = [
            "--site",
            "auth=http://login.example:81",
            "--insecure-upstream",
            "APP.example",
            "--upstream-ca",
            "ca.pem",
            "--upstream-proxy",
            "http://proxy.example:3128",
        ];
        let environment = with(&[APP, &more].concat(), &[]).unwrap();
        let sites: Vec<&str> = environment.sites.values().map(Url::as_str).collect();
        assert_eq!(sites, ["https://app.example/base", "http://login.example:81/"]);
        assert_eq!(environment.name, None);
        assert_eq!(environment.reach.insecure, ["app.example"]);
        assert_eq!(environment.reach.ca, [Path::new("ca.pem")]);
        assert_eq!(environment.reach.proxy.unwrap().expose(), "http://proxy.example:3128/");
    }

    #[test]
    fn nothing_asked_is_no_environment() {
        let command = Command::parse_from(["coopwright"]);
        assert!(command.environment.environment().unwrap().is_none());
    }

    #[test]
    fn flags_go_over_what_the_settings_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.yaml");
        let text = "version: 1\nenvironments:\n  test:\n    sites: { app: https://app.example, \
                    auth: https://login.example }\n    ca: ca.pem\n";
        std::fs::write(&file, text).unwrap();
        let ask = |name: &str| {
            let flags = ["coopwright", "--env", name, "-c", file.to_str().unwrap()];
            let more = ["--site", "app=http://127.0.0.1:8080"];
            Command::parse_from([&flags[..], &more].concat()).environment.environment()
        };
        let environment = ask("test").unwrap().unwrap();
        assert_eq!(environment.name.as_deref(), Some("test"));
        let sites: Vec<&str> = environment.sites.values().map(Url::as_str).collect();
        assert_eq!(sites, ["http://127.0.0.1:8080/", "https://login.example/"]);
        assert_eq!(environment.reach.ca, [folder.path().join("ca.pem")]);
        let unknown = ask("tset").unwrap_err();
        assert_eq!(super::super::exit::code(&unknown), super::super::exit::USAGE);
        assert!(unknown.to_string().ends_with("own.yaml has no environment `tset`"), "{unknown}");
        assert!(Command::try_parse_from(["coopwright", "-c", "own.yaml"]).is_err());
    }

    #[test]
    fn the_usual_variables_count_where_no_flag_does() {
        let variables =
            [("http_proxy", "ann:hunter2@other:1"), ("NO_PROXY", "a.example, 10.0.0.0/8")];
        let reach = with(APP, &variables).unwrap().reach;
        assert_eq!(reach.proxy.unwrap().expose(), "http://ann:hunter2@other:1/");
        assert_eq!(reach.no_proxy, ["a.example", "10.0.0.0/8"]);
        let flags = [APP, &["--upstream-proxy", "env:CORP"]].concat();
        let reach = with(&flags, &[("HTTPS_PROXY", "socks5://x"), ("CORP", "http://corp")]);
        assert_eq!(reach.unwrap().reach.proxy.unwrap().expose(), "http://corp/");
    }

    #[test]
    fn slips_are_told_without_passwords() {
        let slips: &[&[&str]] = &[
            &["--site", "app"],
            &["--site", "https://ann:hunter2@a.example/?b=c"],
            &["--site", "app=a.example"],
            &["--site", "app=https://ann:hunter2@a.example"],
            &["--site", "app=https://a.example", "--site", "app=https://b.example"],
            &["--site", "app=https://a.example", "--site", "api=https://A.example:443/x"],
            &["--site", "app=https://a.example", "--insecure-upstream", "b.example"],
            &["--insecure-upstream", "https://a.example"],
            &["--upstream-proxy", "socks5://ann:hunter2@a"],
            &["--upstream-proxy", "http://ann:hunter2@a"],
            &["--upstream-proxy", "env:NONE"],
        ];
        let told: Vec<String> = slips.iter().map(|flags| fault(flags)).collect();
        assert!(!told.concat().contains("hunter2"));
        insta::assert_snapshot!(told.join("\n"), @"
        `--site` number 1 has no `=`
        the name in `--site` number 1 is not a site name
        the address of `--site app` cannot be used: it does not begin with `http://` or `https://`
        the address of `--site app` cannot be used: it holds a user name or a password
        `--site app` is given twice
        the sites `app` and `api` have the same origin
        `b.example` of `--insecure-upstream` is the host of no site
        `--insecure-upstream` wants the name of a host, without scheme, port and path
        the address of the proxy in `--upstream-proxy` cannot be used: it does not begin with `http://` or `https://`
        `--upstream-proxy` holds a password, which every process of this machine can read
        the environment variable `NONE` is not set
        ");
    }
}
