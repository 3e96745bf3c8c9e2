//! Origins, sites and secure contexts (HTML, sections 7.1.1 and 7.1.1.1; Secure Contexts, section 3.1).
//! Pure; knows nothing but addresses.

use std::borrow::Cow;

use url::{Host, Url};

/// The origin of a document, request or response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Same-origin with nothing, not even another opaque one. Serialised as `null`.
    Opaque,
    /// A scheme, host and port.
    Tuple(Tuple),
}

/// The parts of an origin that is not opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuple {
    https: bool,
    port: Option<u16>,
    host: String,
    domain: bool,
    loopback: bool,
}

/// An address that has no place in the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no absolute URL.
    #[error("`{text}` is not an absolute URL ({reason}): write e.g. `https://app.example/`")]
    NotAbsolute {
        /// What was given.
        text: String,
        /// What the URL standard says about it.
        reason: String,
    },
    /// Its scheme has no documents with headers.
    #[error("`{0}`: only http and https addresses have response headers")]
    Scheme(String),
}

impl Origin {
    /// The origin of an http or https address.
    ///
    /// # Errors
    /// If `text` is no absolute URL, or of another scheme.
    pub fn of(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|reason| AddressError::NotAbsolute {
            text: text.to_owned(),
            reason: reason.to_string(),
        })?;
        Self::of_url(&url).ok_or_else(|| AddressError::Scheme(text.to_owned()))
    }

    /// The origin of an address; nothing for schemes other than http and https.
    #[must_use]
    pub fn of_url(url: &Url) -> Option<Self> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = url.host()?;
        let (domain, loopback) = match host {
            Host::Domain(name) => (true, is_localhost(name)),
            Host::Ipv4(address) => (false, address.is_loopback()),
            Host::Ipv6(address) => (false, address.is_loopback()),
        };
        let host = url.host_str()?.to_owned();
        Some(Self::Tuple(Tuple { https, port: url.port(), host, domain, loopback }))
    }

    /// "Same origin" (HTML). An opaque origin is the same as nothing: two of them are never known to be
    /// one.
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tuple(one), Self::Tuple(other)) => one == other,
            _ => false,
        }
    }

    /// "Schemelessly same site" (HTML): equal registrable domains by the public suffix list, or equal
    /// hosts without one.
    #[must_use]
    pub fn is_schemelessly_same_site(&self, other: &Self) -> bool {
        let (Self::Tuple(one), Self::Tuple(other)) = (self, other) else { return false };
        one.host == other.host
            || matches!((one.registrable(), other.registrable()), (Some(a), Some(b)) if a == b)
    }

    /// "Same site" (HTML): schemelessly, and the schemes are equal.
    #[must_use]
    pub fn is_same_site(&self, other: &Self) -> bool {
        let (Self::Tuple(one), Self::Tuple(two)) = (self, other) else { return false };
        one.https == two.https && self.is_schemelessly_same_site(other)
    }

    /// "Potentially trustworthy" (Secure Contexts, section 3.1): https, and the loopback names and
    /// addresses.
    #[must_use]
    pub fn is_trustworthy(&self) -> bool {
        match self {
            Self::Opaque => false,
            Self::Tuple(tuple) => tuple.https || tuple.loopback,
        }
    }

    /// Whether the scheme is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        matches!(self, Self::Tuple(tuple) if tuple.https)
    }

    /// Whether the host is a name without a registrable domain: one label, or a public suffix.
    #[must_use]
    pub fn is_bare_name(&self) -> bool {
        matches!(self, Self::Tuple(tuple) if tuple.domain && tuple.registrable().is_none())
    }

    /// Whether the host is a name right below this one's, where this one's is a single label.
    #[must_use]
    pub fn is_single_label_above(&self, other: &Self) -> bool {
        let (Some(host), Some(below)) = (self.host(), other.host()) else { return false };
        self.is_bare_name()
            && !host.contains('.')
            && below.strip_suffix(host).is_some_and(|labels| labels.ends_with('.'))
    }

    /// The host; nothing for an opaque origin.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Opaque => None,
            Self::Tuple(tuple) => Some(&tuple.host),
        }
    }

    /// "Serialise an origin" (HTML), e.g. `https://app.example`.
    #[must_use]
    pub fn serialised(&self) -> Cow<'static, str> {
        match self {
            Self::Opaque => Cow::Borrowed("null"),
            Self::Tuple(Tuple { https, port, host, .. }) => {
                let scheme = if *https { "https" } else { "http" };
                Cow::Owned(match port {
                    Some(port) => format!("{scheme}://{host}:{port}"),
                    None => format!("{scheme}://{host}"),
                })
            }
        }
    }
}

impl Tuple {
    /// The registrable domain, and whether the host ends with the root's dot, which makes it another one.
    fn registrable(&self) -> Option<(&str, bool)> {
        if !self.domain {
            return None;
        }
        Some((psl::domain_str(&self.host)?, self.host.ends_with('.')))
    }
}

/// `localhost` and the names below it.
fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Origin {
        Origin::of(text).unwrap()
    }

    #[test]
    fn sites_follow_the_public_suffix_list() {
        let same = |one, other| of(one).is_schemelessly_same_site(&of(other));
        assert!(same("https://a.app.example", "http://b.app.example:81"));
        assert!(!same("https://one.co.uk", "https://two.co.uk"));
        assert!(!same("https://one.github.io", "https://two.github.io"));
        assert!(same("http://a.app.localhost", "http://app.localhost"));
        assert!(!same("http://a.localhost", "http://b.localhost"));
        assert!(!same("http://127.0.0.1", "http://localhost"));
        assert!(same("http://127.0.0.1:1", "http://127.0.0.1:2"));
        assert!(!of("https://a.example").is_same_site(&of("http://a.example")));
        assert!(!same("https://a.example", "https://a.example."));
    }

    #[test]
    fn loopback_is_trustworthy() {
        for yes in
            ["https://a.example", "http://localhost:1", "http://x.localhost", "http://[::1]/"]
        {
            assert!(of(yes).is_trustworthy(), "{yes}");
        }
        assert!(of("http://127.9.9.9").is_trustworthy());
        assert!(!of("http://a.example").is_trustworthy());
        assert!(!of("http://localhost.example").is_trustworthy());
    }

    #[test]
    fn ports_and_schemes_make_origins() {
        assert!(of("https://a.example:443/x").is_same_origin(&of("https://A.example/y")));
        assert!(!of("https://a.example:444").is_same_origin(&of("https://a.example")));
        assert!(!Origin::Opaque.is_same_origin(&Origin::Opaque));
        assert_eq!(of("https://a.example:444").serialised(), "https://a.example:444");
        assert!(Origin::of("data:,x").is_err());
        assert!(Origin::of("app.example").is_err());
    }
}
