//! Which way a request goes: straight to its host, to an address that the user names for it, or through a
//! corporate proxy.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::trust::bare;
use super::{Fault, FaultKind, Settings, UpstreamError};

/// Who is to answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) secure: bool,
    /// In lower case; an IPv6 address with its brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Target {
    /// The host that an absolute address names.
    pub(super) fn of(uri: &Uri) -> Result<Self, Fault> {
        let fault =
            |detail: &str| Fault::new(uri.host().unwrap_or("?"), FaultKind::Protocol, detail);
        let secure = match uri.scheme_str() {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            _ => {
                return Err(fault("its address begins neither with `http://` nor with `https://`"));
            }
        };
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| fault("its address names no host"))?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, host, port })
    }

    /// Host and port, as a browser writes them: the scheme's own port is left out.
    pub(super) fn authority(&self) -> String {
        let usual = if self.secure { 443 } else { 80 };
        match self.port == usual {
            true => self.host.clone(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// The first leg of a way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// To the host itself, or where the user says it is.
    Direct { host: String, port: u16 },
    /// By a tunnel through a proxy.
    Tunnel(Via),
    /// Through a proxy that asks for us.
    Forward(Via),
}

/// A corporate proxy.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Via {
    pub(super) target: Target,
    pub(super) authorization: Option<HeaderValue>,
}

impl std::fmt::Debug for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Via").field("target", &self.target).finish_non_exhaustive()
    }
}

/// The ways that the user asks for.
pub(super) struct Ways {
    proxy: Arc<Matcher>,
    loopback_by_proxy: bool,
    connect_to: HashMap<String, (String, u16)>,
}

impl Ways {
    pub(super) fn new(settings: &Settings) -> Result<Self, UpstreamError> {
        let mut proxy = Matcher::builder().no(settings.no_proxy.join(","));
        if let Some(via) = &settings.via {
            proxy = proxy.all(proxy_url(via)?);
        }
        let connect_to = settings.connect_to.iter().map(|(name, to)| override_of(name, to));
        Ok(Self {
            proxy: Arc::new(proxy.build()),
            loopback_by_proxy: settings.loopback_via,
            connect_to: connect_to.collect::<Result<_, _>>()?,
        })
    }

    /// The same with other places of some hosts.
    pub(super) fn with(&self, places: impl IntoIterator<Item = (String, SocketAddr)>) -> Self {
        let own = places
            .into_iter()
            .map(|(name, to)| (name.to_ascii_lowercase(), (to.ip().to_string(), to.port())));
        let connect_to = self.connect_to.clone().into_iter().chain(own).collect();
        Self { proxy: Arc::clone(&self.proxy), connect_to, ..*self }
    }

    /// The way to a target. With `whole`, the connection is needed as it is, not request by request.
    pub(super) fn to(&self, uri: &Uri, target: &Target, whole: bool) -> Result<Way, Fault> {
        let Target { host, port, secure } = target;
        let named = self.connect_to.get(&format!("{host}:{port}"));
        if let Some((host, own)) = named.or_else(|| self.connect_to.get(host)) {
            let port = if *own == 0 { *port } else { *own };
            return Ok(Way::Direct { host: host.clone(), port });
        }
        let direct = Way::Direct { host: host.clone(), port: *port };
        if is_loopback(host) && !self.loopback_by_proxy {
            return Ok(direct);
        }
        let Some(proxy) = self.proxy.intercept(uri) else { return Ok(direct) };
        let via =
            Via { target: Target::of(proxy.uri())?, authorization: proxy.basic_auth().cloned() };
        Ok(if *secure || whole { Way::Tunnel(via) } else { Way::Forward(via) })
    }
}

/// Whether a name means this machine, whatever a name server says (RFC 6761, section 6.3).
pub(super) fn is_loopback(host: &str) -> bool {
    let host = bare(host).trim_end_matches('.');
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A proxy's address as the matcher takes it.
fn proxy_url(text: &str) -> Result<String, UpstreamError> {
    let fault = |detail: String| UpstreamError::ProxyUrl { detail };
    let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&full).map_err(|error| fault(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(fault(format!(
            "`{}` proxies are not supported, only http and https",
            url.scheme()
        )));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(fault("it names no host".to_owned()));
    }
    Ok(url.into())
}

/// One entry of `connect-to`. Port 0 stands for the port that was asked for.
fn override_of(name: &str, to: &str) -> Result<(String, (String, u16)), UpstreamError> {
    let fault = || UpstreamError::ConnectTo { name: name.to_owned(), to: to.to_owned() };
    let (host, port) = match to.rsplit_once(':') {
        // An IPv6 address without brackets has colons of its own.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().ok().filter(|port| *port != 0).ok_or_else(fault)?)
        }
        _ => (to, 0),
    };
    let host = bare(host);
    if host.is_empty() || name.is_empty() || host.contains(['/', '@']) {
        return Err(fault());
    }
    Ok((name.to_ascii_lowercase(), (host.to_ascii_lowercase(), port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(settings: &Settings, uri: &'static str, whole: bool) -> String {
        let uri = Uri::from_static(uri);
        let target = Target::of(&uri).unwrap();
        match Ways::new(settings).unwrap().to(&uri, &target, whole).unwrap() {
            Way::Direct { host, port } => format!("direct {host} {port}"),
            Way::Tunnel(via) => format!("tunnel {}", via.target.authority()),
            Way::Forward(via) => format!("forward {}", via.target.authority()),
        }
    }

    #[test]
    fn a_proxy_takes_what_is_not_excepted() {
        let settings = Settings {
            via: Some("http://ann:p%40ss@proxy.example:3128".to_owned()),
            no_proxy: vec!["intern.example".to_owned(), "10.0.0.0/8".to_owned()],
            ..Settings::default()
        };
        for (uri, whole, expected) in [
            ("https://a.example/", false, "tunnel proxy.example:3128"),
            ("http://a.example/", false, "forward proxy.example:3128"),
            ("http://a.example/", true, "tunnel proxy.example:3128"),
            ("https://x.intern.example/", false, "direct x.intern.example 443"),
            ("http://10.1.2.3:81/", false, "direct 10.1.2.3 81"),
            ("http://localhost:81/", false, "direct localhost 81"),
            ("http://[::1]/", false, "direct [::1] 80"),
            ("http://a.localhost/", false, "direct a.localhost 80"),
        ] {
            assert_eq!(way(&settings, uri, whole), expected, "{uri}");
        }
        let asked = Settings { loopback_via: true, ..settings };
        assert_eq!(way(&asked, "https://localhost/", false), "tunnel proxy.example:3128");
    }

    #[test]
    fn names_lead_where_the_user_says() {
        let to = |name: &str, to: &str| (name.to_owned(), to.to_owned());
        let settings = Settings {
            via: Some("proxy.example:3128".to_owned()),
            connect_to: HashMap::from([
                to("A.example", "10.0.0.7:8443"),
                to("b.example:81", "[::1]:82"),
                to("c.example", "other.example"),
            ]),
            ..Settings::default()
        };
        assert_eq!(way(&settings, "https://a.example/", false), "direct 10.0.0.7 8443");
        assert_eq!(way(&settings, "http://b.example:81/", false), "direct ::1 82");
        assert_eq!(way(&settings, "http://b.example/", false), "forward proxy.example:3128");
        assert_eq!(way(&settings, "https://c.example:9/", false), "direct other.example 9");
    }

    #[test]
    fn faulty_settings_say_so_without_the_password() {
        let via =
            Settings { via: Some("socks5://ann:hunter2@h".to_owned()), ..Settings::default() };
        let said = Ways::new(&via).err().unwrap().to_string();
        assert!(said.contains("`socks5` proxies are not supported"), "{said}");
        assert!(!said.contains("hunter2") && !format!("{via:?}").contains("hunter2"), "{via:?}");
        for to in ["", "h:", "h:0", "h:port", "http://h"] {
            let connect_to = HashMap::from([("a".to_owned(), to.to_owned())]);
            let settings = Settings { connect_to, ..Settings::default() };
            assert!(Ways::new(&settings).is_err(), "{to}");
        }
    }

    #[test]
    fn a_port_of_the_scheme_is_not_written() {
        for (uri, authority) in [
            ("https://A.example:443/", "a.example"),
            ("http://a.example:443/", "a.example:443"),
            ("http://[::1]:80/", "[::1]"),
        ] {
            assert_eq!(Target::of(&Uri::from_static(uri)).unwrap().authority(), authority);
        }
        assert!(Target::of(&Uri::from_static("/path")).is_err());
    }
}
