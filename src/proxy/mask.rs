//! What the record must not keep: values of cookies, and what logins pass on in addresses and headers.

use serde_json::Value;

/// What stands for a value that is not shown.
const MASK: &str = "****";

/// Parameters of OAuth, OpenID Connect, SAML and the usual sessions that are secret or of one login only, in
/// lower case.
const SECRET: [&str; 34] = [
    "access_token",
    "api_key",
    "apikey",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_challenge",
    "code_verifier",
    "execution",
    "id_token",
    "id_token_hint",
    "jwt",
    "key",
    "logout_token",
    "nonce",
    "otp",
    "passwd",
    "password",
    "pwd",
    "refresh_token",
    "relaystate",
    "request_uri",
    "samlrequest",
    "samlresponse",
    "secret",
    "session_code",
    "session_state",
    "sid",
    "sig",
    "signature",
    "state",
    "ticket",
    "token",
];

/// Parts of header names that tell of a secret value.
const SECRET_HEADER: [&str; 6] = ["token", "secret", "api-key", "session", "csrf", "authorization"];

/// The text with the values of secret parameters masked, in every address's query and fragment.
pub(super) fn address(text: &str) -> String {
    let is_separator = |c| matches!(c, '?' | '&' | '#' | ';' | '>' | '"' | ' ');
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_separator) {
        let (pair, separator) = match piece.char_indices().next_back() {
            Some((end, last)) if is_separator(last) => piece.split_at(end),
            _ => (piece, ""),
        };
        match pair.split_once('=') {
            Some((name, _)) if SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
                shown.extend([name, "=", MASK]);
            }
            _ => shown.push_str(pair),
        }
        shown.push_str(separator);
    }
    shown
}

/// The value of a header line as it is kept; `name` is in lower case.
pub(super) fn header(name: &str, value: &str) -> String {
    match name {
        "set-cookie" => cookie(value),
        "location" | "content-location" | "refresh" | "referer" | "link" => address(value),
        // They say what scripts may see, and carry nothing.
        _ if name.starts_with("access-control-") => value.to_owned(),
        _ if SECRET_HEADER.iter().any(|part| name.contains(part)) => MASK.to_owned(),
        _ => value.to_owned(),
    }
}

/// `name=****; attributes`.
fn cookie(value: &str) -> String {
    let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
    let pair = match pair.split_once('=') {
        Some((name, _)) => format!("{name}={MASK}"),
        None => MASK.to_owned(),
    };
    if attributes.is_empty() { pair } else { format!("{pair};{attributes}") }
}

/// The same for every text in a report.
pub(super) fn value(value: &mut Value) {
    match value {
        Value::String(text) => *text = address(text),
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::Object(map) => map.values_mut().for_each(self::value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (text, shown) in [
            (
                "https://h/callback?code=abc&state=x%3Dy&ok=1",
                "https://h/callback?code=****&state=****&ok=1",
            ),
            ("https://h/#ACCESS_TOKEN=t&n=1", "https://h/#ACCESS_TOKEN=****&n=1"),
            ("https://h/code=1/?q=a=b&", "https://h/code=1/?q=a=b&"),
            ("/?code", "/?code"),
            ("<https://h/?token=a>; rel=preload", "<https://h/?token=****>; rel=preload"),
        ] {
            assert_eq!(address(text), shown);
        }
    }

    #[test]
    fn header_values_go_where_they_are_secret() {
        for (name, value, shown) in [
            ("set-cookie", "sid=abc; Path=/; SameSite=None", "sid=****; Path=/; SameSite=None"),
            ("set-cookie", "abc", "****"),
            ("x-csrf-token", "abc", "****"),
            ("access-control-allow-headers", "x-csrf-token", "x-csrf-token"),
            ("location", "/cb?code=abc", "/cb?code=****"),
            ("cross-origin-opener-policy", "same-origin", "same-origin"),
        ] {
            assert_eq!(header(name, value), shown, "{name}");
        }
    }

    #[test]
    fn reports_hold_addresses_anywhere() {
        let mut report =
            serde_json::json!([{ "body": { "nextResponseURL": "https://h/?code=1" } }]);
        value(&mut report);
        assert_eq!(report[0]["body"]["nextResponseURL"], "https://h/?code=****");
    }
}
