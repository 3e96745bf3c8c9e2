//! What an address of a site, of a proxy or of a host may be.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// Why a text is no such address. It is not repeated, as it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// It does not parse.
    #[error("it is no URL ({0})")]
    NoUrl(String),
    /// Another scheme.
    #[error("it does not begin with `http://` or `https://`")]
    Scheme,
    /// A user name or a password.
    #[error("it holds a user name or a password")]
    Credentials,
    /// A query or a fragment.
    #[error("it ends with a query or a fragment")]
    Query,
    /// A path, where there can be none.
    #[error("it has a path")]
    Path,
}

/// The address of a site: its origin, and the path before all others.
///
/// # Errors
/// When it is no http or https address, or has more than that.
pub fn site_address(text: &str) -> Result<Url, AddressFault> {
    let url = http_address(text)?;
    if has_credentials(&url) {
        Err(AddressFault::Credentials)
    } else if url.query().is_some() || url.fragment().is_some() {
        Err(AddressFault::Query)
    } else {
        Ok(url)
    }
}

/// A name or an address of a host as URLs have it: in lower case, an IPv6 address in brackets. Nothing
/// where it is none.
#[must_use]
pub fn host(text: &str) -> Option<String> {
    // The parser takes anything up to a port or path.
    let is_bare = !text.contains(['/', '@', '?', '#', ' ', '*']);
    Host::parse(text).ok().filter(|_| is_bare).map(|host| host.to_string())
}

/// A host with or without a port, e.g. `10.0.0.7:443`: the host as [`host`] gives it, and the port.
#[must_use]
pub fn place(text: &str) -> Option<(String, Option<u16>)> {
    match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => {
            let is_number = port.chars().all(|c| c.is_ascii_digit());
            let port = port.parse().ok().filter(|port| is_number && *port != 0)?;
            Some((host(name)?, Some(port)))
        }
        _ => Some((host(text)?, None)),
    }
}

/// The address of a corporate proxy. Shown without user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// The whole address, user name and password included.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it holds a user name or a password.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        has_credentials(&self.0)
    }
}

impl FromStr for ProxyUrl {
    type Err = AddressFault;

    fn from_str(text: &str) -> Result<Self, AddressFault> {
        // Without a scheme it is an http proxy, as everywhere.
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = http_address(&full)?;
        if url.path() != "/" {
            Err(AddressFault::Path)
        } else if url.query().is_some() || url.fragment().is_some() {
            Err(AddressFault::Query)
        } else {
            Ok(Self(url))
        }
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

fn http_address(text: &str) -> Result<Url, AddressFault> {
    let lower = text.to_ascii_lowercase();
    // `https:/host` and `https:host` parse, but nobody means them.
    if !["http://", "https://"].iter().any(|scheme| lower.starts_with(scheme)) {
        return Err(AddressFault::Scheme);
    }
    Url::parse(text).map_err(|error| AddressFault::NoUrl(error.to_string()))
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_an_origin_and_perhaps_a_path() {
        let kept = |text| site_address(text).map(|url| url.to_string());
        assert_eq!(kept("HTTPS://App.Example").unwrap(), "https://app.example/");
        assert_eq!(kept("http://a.example:8080/base").unwrap(), "http://a.example:8080/base");
        assert_eq!(kept("app.example"), Err(AddressFault::Scheme));
        assert_eq!(kept("ftp://app.example"), Err(AddressFault::Scheme));
        assert_eq!(kept("https:app.example"), Err(AddressFault::Scheme));
        assert_eq!(kept("https://ann:hunter2@app.example"), Err(AddressFault::Credentials));
        assert_eq!(kept("https://app.example/?a"), Err(AddressFault::Query));
        assert!(matches!(kept("https://"), Err(AddressFault::NoUrl(_))));
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let proxy: ProxyUrl = "http://ann:hunter2@proxy.example:3128".parse().unwrap();
        assert!(proxy.has_credentials() && proxy.expose().contains("hunter2"));
        assert_eq!(
            format!("{proxy} {proxy:?}"),
            "http://proxy.example:3128 ProxyUrl(http://proxy.example:3128)"
        );
        let bare: ProxyUrl = "ann:hunter2@proxy.example:3128".parse().unwrap();
        assert_eq!(bare, proxy);
        assert_eq!("socks5://proxy.example".parse::<ProxyUrl>(), Err(AddressFault::Scheme));
        assert_eq!("http://proxy.example/a".parse::<ProxyUrl>(), Err(AddressFault::Path));
    }

    #[test]
    fn hosts_are_names_or_addresses_alone() {
        assert_eq!(host("Login.Example").as_deref(), Some("login.example"));
        assert_eq!(host("[::1]").as_deref(), Some("[::1]"));
        for text in ["", "https://a", "a/b", "a:1", "*.a", "a b"] {
            assert_eq!(host(text), None, "{text}");
        }
        assert_eq!(place("10.0.0.7:443"), Some(("10.0.0.7".to_owned(), Some(443))));
        assert_eq!(place("[::1]"), Some(("[::1]".to_owned(), None)));
        assert_eq!(place("[::1]:8443"), Some(("[::1]".to_owned(), Some(8443))));
        for text in ["a:", "a:0", "a:x", "a:+1", "a:70000", ":1", "http://a:1"] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
