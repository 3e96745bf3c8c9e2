//! What keeps an upstream from answering, in words for people.

use std::error::Error;
use std::fmt;
use std::io;

use time::{Date, OffsetDateTime};
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{AlertDescription, CertificateError};

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host}: {detail}")]
pub struct Fault {
    /// Who did not answer: the host with its port where that is not the scheme's own.
    pub host: String,
    /// Which kind of fault it is.
    pub kind: FaultKind,
    /// What happened, as a clause: `the connection was refused (127.0.0.1:8443)`.
    pub detail: String,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The host's name is not found.
    Name,
    /// Nobody listens there.
    Refused,
    /// There is no way there.
    Unreachable,
    /// The certificate is not to be trusted.
    Certificate,
    /// TLS fails in another way, or is not spoken at all.
    Tls,
    /// The answer is no HTTP, or breaks off before it begins.
    Protocol,
    /// Nothing came in time.
    TimedOut,
    /// The corporate proxy does not let us through.
    Proxy,
}

impl FaultKind {
    /// A short name, for machines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Certificate => "certificate",
            Self::Tls => "tls",
            Self::Protocol => "protocol",
            Self::TimedOut => "timed-out",
            Self::Proxy => "proxy",
        }
    }
}

impl Fault {
    /// A fault of a host.
    pub fn new(host: impl Into<String>, kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { host: host.into(), kind, detail: detail.into() }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.kind {
            FaultKind::Name => {
                "check the spelling; a name that only an internal name server or a proxy knows needs \
                 `connect-to` or `upstream-proxy` in the settings file"
            }
            FaultKind::Refused => {
                "is the server running, and is it the right port? `connect-to` in the settings file leads \
                 the name to another address"
            }
            FaultKind::Unreachable | FaultKind::TimedOut => {
                "is this machine in the right network (VPN)? A corporate proxy is named by \
                 `upstream-proxy` in the settings file"
            }
            FaultKind::Certificate => {
                "give the certificate of the authority that signed it (`ca` in the settings file), or name \
                 the host as one that is not verified (`insecure-upstream`)"
            }
            FaultKind::Tls => {
                "does this port speak https? Otherwise write `http://`, or check the TLS versions that \
                 the server allows (1.2 and 1.3 are spoken here)"
            }
            FaultKind::Protocol => {
                "look at the server's own log: it did not give a whole HTTP answer"
            }
            FaultKind::Proxy => {
                "check `upstream-proxy` in the settings file: address, user and password, and whether it \
                 lets this host through; hosts that are reached without it stand in `no-proxy`"
            }
        }
    }

    /// What an error of a connection to `host` means. `place` is the address that was asked, if known.
    pub(super) fn of_io(host: &str, error: &io::Error, place: &str) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| find::<rustls::Error>(inner)) {
            return Self::of_tls(host, tls);
        }
        let at = if place.is_empty() { String::new() } else { format!(" ({place})") };
        let (kind, detail) = match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                (FaultKind::Refused, format!("the connection was refused{at}"))
            }
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => {
                (FaultKind::Protocol, format!("the connection was reset{at}"))
            }
            io::ErrorKind::UnexpectedEof => {
                (FaultKind::Protocol, format!("the connection was closed too early{at}"))
            }
            io::ErrorKind::TimedOut => {
                (FaultKind::TimedOut, format!("the connection timed out{at}"))
            }
            _ => (FaultKind::Unreachable, format!("{error}{at}")),
        };
        Self::new(host, kind, detail)
    }

    /// What a failed TLS handshake with `host` means.
    pub(super) fn of_handshake(host: &str, error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| find::<rustls::Error>(inner)) {
            Some(tls) => Self::of_tls(host, tls),
            None if error.kind() == io::ErrorKind::UnexpectedEof
                || error.kind() == io::ErrorKind::ConnectionReset =>
            {
                Self::new(host, FaultKind::Tls, "it closed the connection during the TLS handshake")
            }
            None => Self::of_io(host, error, ""),
        }
    }

    fn of_tls(host: &str, error: &rustls::Error) -> Self {
        let (kind, detail) = match error {
            rustls::Error::InvalidCertificate(error) => {
                (FaultKind::Certificate, certificate(host, error))
            }
            rustls::Error::InvalidMessage(_) => {
                (FaultKind::Tls, "it does not speak TLS on this port".to_owned())
            }
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => (
                FaultKind::Tls,
                "it asks for a client certificate, which is not supported".to_owned(),
            ),
            rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
                (FaultKind::Tls, "it does not know this host name (TLS alert)".to_owned())
            }
            rustls::Error::AlertReceived(
                AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
            )
            | rustls::Error::PeerIncompatible(_) => {
                let detail = "it shares no TLS version or cipher with us (1.2 and 1.3 are spoken)";
                (FaultKind::Tls, detail.to_owned())
            }
            other => (FaultKind::Tls, format!("TLS failed: {other}")),
        };
        Self::new(host, kind, detail)
    }

    /// What an error of hyper's means, once the connection stands.
    pub(super) fn of_http(host: &str, error: &hyper::Error) -> Self {
        if let Some(tls) = find::<rustls::Error>(error) {
            return Self::of_tls(host, tls);
        }
        let protocol = |detail: &str| Self::new(host, FaultKind::Protocol, detail);
        if error.is_parse_too_large() {
            return protocol("the header of its answer is too large");
        }
        if error.is_parse_version_h2() {
            return protocol("it speaks HTTP/2 where HTTP/1.1 was agreed");
        }
        if error.is_parse() {
            return protocol(&format!("its answer is no HTTP: {}", causes(error)));
        }
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            return protocol("it closed the connection without an answer");
        }
        if error.is_timeout() {
            return Self::new(host, FaultKind::TimedOut, "it stopped answering");
        }
        match find::<io::Error>(error) {
            Some(io) => Self::of_io(host, io, ""),
            None => protocol(&causes(error)),
        }
    }
}

/// What is wrong with a certificate of `host`.
fn certificate(host: &str, error: &CertificateError) -> String {
    match error {
        CertificateError::Expired => "its certificate has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}", date(*not_after))
        }
        CertificateError::NotValidYet => "its certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("its certificate is valid only from {} on", date(*not_before))
        }
        CertificateError::UnknownIssuer => {
            "its certificate is signed by an authority that is not known here, or by itself"
                .to_owned()
        }
        CertificateError::NotValidForName => format!("its certificate is not for {host}"),
        CertificateError::NotValidForNameContext { presented, .. } => {
            // As rustls quotes them: `DnsName("other.example")`.
            let names = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name));
            let names = names.take(5).collect::<Vec<_>>().join(", ");
            match names.is_empty() {
                true => format!("its certificate names no host, so it is not for {host}"),
                false => format!("its certificate is for {names}, not for {host}"),
            }
        }
        CertificateError::Revoked => "its certificate is revoked".to_owned(),
        CertificateError::BadSignature => "its certificate is wrongly signed".to_owned(),
        CertificateError::BadEncoding => "its certificate cannot be read".to_owned(),
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is one of an authority, not of a server".to_owned()
        }
        other => format!("its certificate is not accepted: {other}"),
    }
}

/// The day, as in ISO 8601.
fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    // A certificate's calendar ends with the year 9999, too.
    let day = OffsetDateTime::from_unix_timestamp(seconds).map_or(Date::MAX, OffsetDateTime::date);
    day.to_string()
}

/// The first cause of this type.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // An I/O error hides what it holds from `source`.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find::<T>(inner)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// What an error says with its causes.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts.dedup();
    texts.join(": ")
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn days_are_dates() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (4_102_444_800, "2100-01-01"),
        ] {
            assert_eq!(date(at(seconds)), day);
        }
    }

    #[test]
    fn a_fault_says_who_and_what() {
        let error = CertificateError::ExpiredContext { time: at(2), not_after: at(1) };
        let error = io::Error::other(rustls::Error::InvalidCertificate(error));
        let fault = Fault::of_handshake("a.example", &error);
        assert_eq!(fault.kind, FaultKind::Certificate);
        assert_eq!(fault.to_string(), "a.example: its certificate expired on 1970-01-01");
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let fault = Fault::of_io("a.example:81", &refused, "127.0.0.1:81");
        let said = "a.example:81: the connection was refused (127.0.0.1:81)";
        assert_eq!(fault.to_string(), said);
        assert!(fault.hint().contains("connect-to"));
    }
}
