//! CORS response headers (Fetch, sections 4.9 and 4.10: "CORS check", "CORS-preflight fetch").

use super::Lines;

/// Why CORS keeps a response from a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorsFault {
    /// No `Access-Control-Allow-Origin`.
    #[error("the response has no `Access-Control-Allow-Origin`")]
    NoOrigin,
    /// `*` with credentials.
    #[error("`Access-Control-Allow-Origin: *` does not count for a request with credentials")]
    WildcardWithCredentials,
    /// Another origin, or a list.
    #[error("`Access-Control-Allow-Origin: {0}` is not the page's origin")]
    OtherOrigin(String),
    /// Credentials are not allowed.
    #[error("the request has credentials, and `Access-Control-Allow-Credentials: true` is missing")]
    NoCredentials,
    /// The preflight's status is not a success.
    #[error("the preflight was answered with status {0}; only 200 to 299 will do")]
    PreflightStatus(u16),
    /// The method is not allowed.
    #[error("the preflight's `Access-Control-Allow-Methods` does not name `{0}`")]
    Method(String),
    /// A request header is not allowed.
    #[error("the preflight's `Access-Control-Allow-Headers` does not name `{0}`")]
    Header(String),
}

/// "CORS check" of a response to a request from `origin`.
///
/// # Errors
/// The first rule that the response does not meet.
pub fn cors_check(lines: Lines<'_>, origin: &str, credentials: bool) -> Result<(), CorsFault> {
    let allowed = lines.combined("Access-Control-Allow-Origin").ok_or(CorsFault::NoOrigin)?;
    if allowed == "*" {
        return if credentials { Err(CorsFault::WildcardWithCredentials) } else { Ok(()) };
    }
    if allowed != origin {
        return Err(CorsFault::OtherOrigin(allowed));
    }
    if credentials && lines.combined("Access-Control-Allow-Credentials").as_deref() != Some("true")
    {
        return Err(CorsFault::NoCredentials);
    }
    Ok(())
}

/// The part of "CORS-preflight fetch" that looks at the answer.
///
/// # Errors
/// The first rule that the answer does not meet.
pub fn preflight_check(
    status: u16,
    lines: Lines<'_>,
    origin: &str,
    credentials: bool,
    method: &str,
    unsafe_headers: &[&str],
) -> Result<(), CorsFault> {
    cors_check(lines, origin, credentials)?;
    if !(200..=299).contains(&status) {
        return Err(CorsFault::PreflightStatus(status));
    }
    let names = |header: &str| -> Vec<String> {
        let all = lines.combined(header).unwrap_or_default();
        all.split(',').map(|name| name.trim_matches([' ', '\t']).to_owned()).collect()
    };
    let methods = names("Access-Control-Allow-Methods");
    let wildcard = |list: &[String]| !credentials && list.iter().any(|name| name == "*");
    let simple = ["GET", "HEAD", "POST"].contains(&method);
    if !simple && !wildcard(&methods) && !methods.iter().any(|name| name == method) {
        return Err(CorsFault::Method(method.to_owned()));
    }
    let headers = names("Access-Control-Allow-Headers");
    for header in unsafe_headers {
        let named = headers.iter().any(|name| name.eq_ignore_ascii_case(header));
        // The wildcard never covers `Authorization`.
        let by_wildcard = wildcard(&headers) && !header.eq_ignore_ascii_case("authorization");
        if !named && !by_wildcard {
            return Err(CorsFault::Header((*header).to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const APP: &str = "https://app.example";

    #[test]
    fn the_origin_must_be_named_or_any() {
        let check =
            |texts: &[&str], credentials| cors_check(Lines(&lines(texts)), APP, credentials);
        assert_eq!(check(&[], false), Err(CorsFault::NoOrigin));
        assert_eq!(check(&["Access-Control-Allow-Origin: *"], false), Ok(()));
        assert_eq!(
            check(&["Access-Control-Allow-Origin: *"], true),
            Err(CorsFault::WildcardWithCredentials)
        );
        let own = "Access-Control-Allow-Origin: https://app.example";
        assert_eq!(check(&[own], true), Err(CorsFault::NoCredentials));
        assert_eq!(check(&[own, "Access-Control-Allow-Credentials: true"], true), Ok(()));
        assert!(matches!(check(&[own, own], false), Err(CorsFault::OtherOrigin(_))));
    }

    #[test]
    fn a_preflight_must_allow_method_and_headers() {
        let check = |texts: &[&str], method: &str, headers: &[&str]| {
            preflight_check(204, Lines(&lines(texts)), APP, false, method, headers)
        };
        let any = "Access-Control-Allow-Origin: *";
        assert_eq!(check(&[any], "POST", &[]), Ok(()));
        assert_eq!(check(&[any], "PUT", &[]), Err(CorsFault::Method("PUT".to_owned())));
        assert_eq!(check(&[any, "Access-Control-Allow-Methods: GET, PUT"], "PUT", &[]), Ok(()));
        assert_eq!(check(&[any, "Access-Control-Allow-Headers: *"], "GET", &["x-a"]), Ok(()));
        assert_eq!(
            check(&[any, "Access-Control-Allow-Headers: *"], "GET", &["authorization"]),
            Err(CorsFault::Header("authorization".to_owned()))
        );
    }
}
