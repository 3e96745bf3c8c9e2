//! What the log must not keep: the values of OAuth parameters in addresses.
//!
//! The values are this server's own inventions, yet logs end up in reports, and a report that shows
//! codes teaches people to share them.

/// What stands for a value that is not shown.
const MASK: &str = "****";

/// Parameters of RFC 6749, RFC 7636 and OpenID Connect that are secret or different in every run.
const SECRET: [&str; 8] = [
    "access_token",
    "code",
    "code_challenge",
    "code_verifier",
    "id_token",
    "nonce",
    "state",
    "ticket",
];

/// The address with the values of secret parameters masked, in its query and its fragment.
pub(crate) fn masked(address: &str) -> String {
    let is_separator = |c| matches!(c, '?' | '&' | '#');
    let mut shown = String::with_capacity(address.len());
    for piece in address.split_inclusive(is_separator) {
        let (pair, separator) = match piece.char_indices().next_back() {
            Some((end, last)) if is_separator(last) => piece.split_at(end),
            _ => (piece, ""),
        };
        match pair.split_once('=') {
            Some((name, _)) if SECRET.contains(&name) => shown.extend([name, "=", MASK]),
            _ => shown.push_str(pair),
        }
        shown.push_str(separator);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (address, shown) in [
            ("app:/callback?code=abc&state=x%3Dy&ok=1", "app:/callback?code=****&state=****&ok=1"),
            ("http://h/#access_token=t&n=1", "http://h/#access_token=****&n=1"),
            ("app:/code=1/?q=a=b&", "app:/code=1/?q=a=b&"),
            ("app:/?code", "app:/?code"),
            ("", ""),
        ] {
            assert_eq!(masked(address), shown);
        }
    }
}
