//! CORS response headers (Fetch, sections 4.9 and 4.10: "CORS check", "CORS-preflight fetch").

use std::collections::{BTreeMap, HashSet};

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
    /// A list is no list of tokens.
    #[error("the preflight's `{0}` is no list of names")]
    Unparsable(&'static str),
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
    let methods = header_names(lines, "Access-Control-Allow-Methods")
        .ok_or(CorsFault::Unparsable("Access-Control-Allow-Methods"))?;
    let headers = header_names(lines, "Access-Control-Allow-Headers")
        .ok_or(CorsFault::Unparsable("Access-Control-Allow-Headers"))?;
    let wildcard = |list: &[String]| !credentials && list.iter().any(|name| name == "*");
    let named = methods.iter().any(|name| name == method);
    if !is_safelisted_method(method) && !named && !wildcard(&methods) {
        return Err(CorsFault::Method(method.to_owned()));
    }
    for header in unsafe_headers {
        let named = headers.iter().any(|name| name.eq_ignore_ascii_case(header));
        // The wildcard never covers `Authorization`.
        let by_wildcard = wildcard(&headers)
            && (!header.eq_ignore_ascii_case("authorization")
                || lines.dialect().wildcard_covers_authorization);
        if !named && !by_wildcard {
            return Err(CorsFault::Header((*header).to_owned()));
        }
    }
    Ok(())
}

/// "Extract header list values" of a header whose values are methods or header names: an empty list
/// where there is no such header, nothing where a value is no token.
#[must_use]
pub fn header_names(lines: Lines<'_>, header: &str) -> Option<Vec<String>> {
    let combined = lines.combined(header).unwrap_or_default();
    let values = combined.split(',').map(|name| name.trim_matches([' ', '\t']));
    // An empty element of a list counts as none (RFC 9110, section 5.6.1).
    values
        .filter(|name| !name.is_empty())
        .map(|name| name.bytes().all(is_token_byte).then(|| name.to_owned()))
        .collect()
}

/// A token byte (RFC 9110, section 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// "CORS-safelisted method".
#[must_use]
pub fn is_safelisted_method(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// "Normalise a method": only these six may be written in lower case; `patch` stays what it is.
#[must_use]
pub fn normalized_method(method: &str) -> String {
    let upper = method.to_ascii_uppercase();
    match upper.as_str() {
        "DELETE" | "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" => upper,
        _ => method.to_owned(),
    }
}

/// "CORS-unsafe request-header names": those of a request's header lines that need a preflight, in
/// lower case. Lines that scripts may not set are left out, as browsers leave them out.
#[must_use]
pub fn unsafe_request_headers(headers: &[(String, String)]) -> Vec<String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let value = value.trim_matches([' ', '\t']);
        match joined.get_mut(&name) {
            Some(before) => {
                before.push_str(", ");
                before.push_str(value);
            }
            None => drop(joined.insert(name, value.to_owned())),
        }
    }
    let mut names: Vec<String> = Vec::new();
    let mut weight = 0;
    let mut light: Vec<String> = Vec::new();
    for (name, value) in joined {
        if is_forbidden_request_header(&name) {
            continue;
        }
        if is_safelisted_request_header(&name, &value) {
            weight += value.len();
            light.push(name);
        } else {
            names.push(name);
        }
    }
    // Many small values together need a preflight as well.
    if weight > 1024 {
        names.append(&mut light);
    }
    names.sort();
    names
}

/// "CORS-safelisted request-header".
fn is_safelisted_request_header(name: &str, value: &str) -> bool {
    let harmless = |byte: u8| {
        (byte >= 0x20 || byte == b'\t') && byte != 0x7f && !b"\"():<>?@[\\]{}".contains(&byte)
    };
    let language = |byte: u8| byte.is_ascii_alphanumeric() || b" *,-.;=".contains(&byte);
    if value.len() > 128 {
        return false;
    }
    match name {
        "accept" => value.bytes().all(harmless),
        "accept-language" | "content-language" => value.bytes().all(language),
        "content-type" => {
            let essence = value.split(';').next().unwrap_or_default().trim_ascii();
            value.bytes().all(harmless)
                && ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
                    .iter()
                    .any(|simple| essence.eq_ignore_ascii_case(simple))
        }
        "range" => {
            let range = value.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
            range.is_some_and(|(first, last)| {
                let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                !first.is_empty() && digits(first) && digits(last)
            })
        }
        _ => false,
    }
}

/// "Forbidden request-header": names, in lower case, that a script's request never carries.
#[must_use]
pub fn is_forbidden_request_header(name: &str) -> bool {
    const FORBIDDEN: [&str; 22] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "access-control-request-private-network",
    ];
    FORBIDDEN.contains(&name) || name.starts_with("proxy-") || name.starts_with("sec-")
}

/// The names of a response's header lines that a page may read, in lower case and sorted: all of a
/// same-origin response, of a CORS response the "CORS-safelisted response-header names".
#[must_use]
pub fn readable_headers(lines: Lines<'_>, cors: bool, credentials: bool) -> Vec<String> {
    const SAFE: [&str; 7] = [
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    ];
    let exposed = header_names(lines, "Access-Control-Expose-Headers").unwrap_or_default();
    let any = !credentials && exposed.iter().any(|name| name == "*");
    let exposed: HashSet<String> =
        exposed.into_iter().map(|name| name.to_ascii_lowercase()).collect();
    let is_readable = |name: &String| {
        !["set-cookie", "set-cookie2"].contains(&name.as_str())
            && (!cors || any || SAFE.contains(&name.as_str()) || exposed.contains(name))
    };
    let mut names: Vec<String> = lines.names().map(str::to_ascii_lowercase).collect();
    names.retain(is_readable);
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const APP: &str = "https://app.example";

    #[test]
    fn the_origin_must_be_named_or_any() {
        let check =
            |texts: &[&str], credentials| cors_check(Lines::new(&lines(texts)), APP, credentials);
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
            preflight_check(204, Lines::new(&lines(texts)), APP, false, method, headers)
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
