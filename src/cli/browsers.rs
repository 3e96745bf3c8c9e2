//! Which browsers a command uses, where they are, and the fixture server for them.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use coopwright::browser::{
    Browser, Credentials, Endpoint, Fixtures, LocateError, Remote, UrlFault, locate,
};
use fixtures_server::{Server, StartError};
use serde_json::Value;

use super::{cores, search_path, variable};

/// Where the user's name for a WebDriver server is read from.
const USER: &str = "COOPWRIGHT_WEBDRIVER_USER";
/// Where the password for a WebDriver server is read from.
const PASSWORD: &str = "COOPWRIGHT_WEBDRIVER_PASSWORD";

/// The browsers of a command.
#[derive(clap::Args)]
pub(crate) struct BrowserArgs {
    /// Browsers, by name, with commas: chromium, firefox, webkit, chromium-headless-shell [default, and
    /// without names: those installed of the first three; with --webdriver: chromium]
    #[arg(
        short = 'b',
        long = "browser",
        value_name = "NAMES",
        value_delimiter = ',',
        num_args = 0..=1,
        help_heading = "Browsers"
    )]
    names: Option<Vec<Browser>>,

    /// Take the browsers from a driver or a Selenium Grid that is running already. Its user and password
    /// are read from the environment: COOPWRIGHT_WEBDRIVER_USER, COOPWRIGHT_WEBDRIVER_PASSWORD
    #[arg(long, value_name = "URL", help_heading = "Browsers")]
    webdriver: Option<String>,

    /// Ask it for this as well: a WebDriver capability and its value in JSON. Objects and lists are added to
    /// what coopwright asks for; can be given again
    #[arg(
        long = "capability",
        value_name = "NAME=JSON",
        requires = "webdriver",
        help_heading = "Browsers"
    )]
    capabilities: Vec<String>,

    /// Name or address of this machine for its browsers, where they run on another one: the fixture server
    /// lets other machines in, and is these browsers' HTTP proxy
    #[arg(
        long,
        value_name = "HOST",
        requires = "webdriver",
        value_parser = host,
        help_heading = "Browsers"
    )]
    fixtures_at: Option<String>,
}

impl std::fmt::Debug for BrowserArgs {
    /// Address and capabilities may hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrowserArgs").field("names", &self.names).finish_non_exhaustive()
    }
}

/// What is wrong with the words on browsers elsewhere. They may hold passwords, so they are not repeated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    #[error("the value of `--webdriver` cannot be used: {0}")]
    Url(#[from] UrlFault),
    #[error("`--capability` number {number} has no `=`")]
    NoValue { number: usize },
    #[error("the value of `--capability {name}=` is not JSON: {fault}")]
    NotJson { name: String, fault: serde_json::Error },
    #[error("{PASSWORD} is set, but {USER} is not")]
    NoUser,
}

impl RemoteError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Url(_) => {
                "it is written like `http://HOST:4444`; user and password are better given in \
                             the environment"
                    .to_owned()
            }
            Self::NoValue { .. } | Self::NotJson { .. } => {
                "for example `--capability 'browserVersion=\"stable\"'`".to_owned()
            }
            Self::NoUser => format!("set both {USER} and {PASSWORD}, or none"),
        }
    }
}

/// A host name or an address, as a browser's setting wants it.
fn host(text: &str) -> Result<String, String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let is_name =
        || !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    if bare.parse::<IpAddr>().is_ok() {
        Ok(bare.to_owned())
    } else if is_name() {
        Ok(text.to_owned())
    } else {
        Err("a host name or an address, without scheme and port".to_owned())
    }
}

impl BrowserArgs {
    /// The browsers that are asked for, each once, or those that are taken without asking.
    pub(crate) fn wanted(&self) -> Vec<Browser> {
        let mut wanted: Vec<Browser> = Vec::new();
        let names: &[Browser] = match (self.names.as_deref(), &self.webdriver) {
            (Some(names @ [_, ..]), _) => names,
            (_, None) => &Browser::ENGINES,
            (_, Some(_)) => &[Browser::Chromium],
        };
        for name in names {
            if !wanted.contains(name) {
                wanted.push(*name);
            }
        }
        wanted
    }

    /// Whether they were asked for by name: then all of them are needed.
    pub(crate) fn are_named(&self) -> bool {
        self.names.as_ref().is_some_and(|names| !names.is_empty())
    }

    /// Whether browsers were asked for at all, by name or not.
    pub(crate) fn are_asked_for(&self) -> bool {
        self.names.is_some()
    }

    /// Whether they run at a WebDriver server that is there already.
    pub(crate) fn are_elsewhere(&self) -> bool {
        self.webdriver.is_some()
    }

    /// Of each of these browsers, how many work side by side.
    pub(crate) fn workers(&self, asked: Option<usize>, browsers: usize) -> usize {
        // Most drivers have one session at a time; of a Grid's places others may want some.
        let unasked = if self.are_elsewhere() { browsers } else { cores() };
        asked.unwrap_or(unasked).div_ceil(browsers.max(1))
    }

    /// Where they are. One that was not asked for may be missing, but not all of them.
    pub(crate) fn endpoints(&self) -> anyhow::Result<Vec<Endpoint>> {
        if let Some(url) = &self.webdriver {
            return Ok(self.elsewhere(url)?);
        }
        let path = search_path();
        let mut found = Vec::new();
        let mut fault = None;
        let mut left_out = Vec::new();
        for browser in self.wanted() {
            match locate(browser, &path) {
                Ok(installed) => found.push(Endpoint::Local(installed)),
                Err(error @ LocateError::Missing { .. }) if !self.are_named() => {
                    left_out.push(browser.title());
                    fault.get_or_insert(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        match fault {
            Some(error) if found.is_empty() => Err(error.into()),
            Some(_) => {
                let left_out = left_out.join(", ");
                let hint = "`coopwright doctor --install` installs what is missing";
                writeln!(io::stderr(), "not here, so left out: {left_out} ({hint})")?;
                Ok(found)
            }
            None => Ok(found),
        }
    }

    fn elsewhere(&self, url: &str) -> Result<Vec<Endpoint>, RemoteError> {
        let credentials = match (variable(USER), variable(PASSWORD)) {
            (Some(user), password) => {
                Some(Credentials { user, password: password.unwrap_or_default() })
            }
            (None, Some(_)) => return Err(RemoteError::NoUser),
            (None, None) => None,
        };
        let mut capabilities: Vec<(String, Value)> = Vec::new();
        for (number, text) in self.capabilities.iter().enumerate() {
            let pair = text.split_once('=');
            let (name, value) = pair.ok_or(RemoteError::NoValue { number: number + 1 })?;
            let value: Value = serde_json::from_str(value)
                .map_err(|fault| RemoteError::NotJson { name: name.to_owned(), fault })?;
            capabilities.push((name.to_owned(), value));
        }
        let remote = |browser| {
            let credentials = credentials.clone();
            Ok(Endpoint::Remote(Remote::new(browser, url, credentials, &capabilities)?))
        };
        self.wanted().into_iter().map(remote).collect()
    }

    /// A fixture server which these browsers reach; they are told where it is.
    pub(crate) async fn server(
        &self,
        port: u16,
        endpoints: &mut [Endpoint],
    ) -> anyhow::Result<Arc<Server>> {
        let Some(host) = &self.fixtures_at else {
            return Ok(Arc::new(Server::bind_loopback(port).await?));
        };
        let (server, address) = bind(host, port).await?;
        let fixtures = Fixtures { host: host.clone(), port: server.port() };
        if !address.is_loopback() {
            writeln!(
                io::stderr(),
                "note: while this runs, other machines reach the fixture server, on port {} of {}",
                fixtures.port,
                if address.is_unspecified() {
                    "all addresses of this machine".to_owned()
                } else {
                    address.to_string()
                },
            )?;
        }
        for endpoint in endpoints {
            if let Endpoint::Remote(remote) = endpoint {
                remote.reach_fixtures_at(fixtures.clone());
            }
        }
        Ok(Arc::new(server))
    }
}

/// Listens at the address if this machine has it. A name, or an address that only others know this machine
/// by, may lead to any of its own.
async fn bind(host: &str, port: u16) -> Result<(Server, IpAddr), StartError> {
    let address: Option<IpAddr> = host.parse().ok();
    if let Some(address) = address {
        match Server::bind_public(address, port).await {
            Err(StartError::Bind { source, .. })
                if source.kind() == io::ErrorKind::AddrNotAvailable => {}
            bound => return Ok((bound?, address)),
        }
    }
    let all: IpAddr = match address {
        Some(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        _ => Ipv4Addr::UNSPECIFIED.into(),
    };
    Ok((Server::bind_public(all, port).await?, all))
}
