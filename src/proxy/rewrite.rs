//! Header lines on their way through: what belongs to one connection stays behind, and rules change the
//! rest. Pure.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::rollout::Edit;

/// Header lines that belong to one connection (RFC 9110, section 7.6.1), besides those that `Connection`
/// names.
const OF_CONNECTION: [&str; 6] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "transfer-encoding",
    "upgrade",
];

/// Whether a request asks for a WebSocket (RFC 6455, section 4.1).
pub(super) fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let names = |name: HeaderName, word: &str| {
        let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    };
    names(header::CONNECTION, "upgrade") && names(header::UPGRADE, "websocket")
}

/// Header lines without those of the connection. What is left keeps its order and its duplicates.
/// `te: trailers` says what the asker understands, whoever answers, so it stays. A length beside a transfer
/// coding is wrong by rule (RFC 9112, section 6.3).
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let coded = headers.contains_key(header::TRANSFER_ENCODING);
    let stays = |name: &HeaderName, value: &HeaderValue| {
        if *name == header::CONTENT_LENGTH && coded {
            return false;
        }
        if *name == header::TE {
            return value.as_bytes().eq_ignore_ascii_case(b"trailers");
        }
        !OF_CONNECTION.contains(&name.as_str()) && !named.iter().any(|named| named == name.as_str())
    };
    let mut left = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter(|(name, value)| stays(name, value)) {
        left.append(name.clone(), value.clone());
    }
    left
}

/// Joins the crumbs of a cookie line, which HTTP/2 allows and HTTP/1.1 does not (RFC 9113, section 8.2.3).
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(header::COOKIE).into_iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<&[u8]> =
        headers.get_all(header::COOKIE).into_iter().map(HeaderValue::as_bytes).collect();
    if let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(header::COOKIE, whole);
    }
}

/// Header lines without those of one name.
pub(super) fn take(headers: &mut HeaderMap, name: &str) -> Option<HeaderValue> {
    let found = headers.get(name).cloned()?;
    let lines = std::mem::take(headers);
    for (other, value) in lines.iter().filter(|(other, _)| *other != name) {
        headers.append(other.clone(), value.clone());
    }
    Some(found)
}

/// Carries out edits in their order, and gives what came of it. Lines that are set stand where the first of
/// their name stood, or last. Nothing where no line is different in the end.
pub(super) fn edited(headers: &HeaderMap, edits: &[(usize, Edit)]) -> Option<HeaderMap> {
    let mut lines: Vec<(HeaderName, HeaderValue)> =
        headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let before = lines.clone();
    for (_, edit) in edits {
        let (Edit::Set { name, .. } | Edit::Add { name, .. } | Edit::Remove { name }) = edit;
        let Ok(name) = HeaderName::try_from(name.as_str()) else { continue };
        let first = lines.iter().position(|line| line.0 == name);
        if !matches!(edit, Edit::Add { .. }) {
            lines.retain(|line| line.0 != name);
        }
        let (values, at): (&[String], usize) = match edit {
            Edit::Set { values, .. } => (values, first.unwrap_or(lines.len())),
            Edit::Add { value, .. } => (std::slice::from_ref(value), lines.len()),
            Edit::Remove { .. } => (&[], lines.len()),
        };
        let values =
            values.iter().filter_map(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        let new: Vec<_> = values.map(|value| (name.clone(), value)).collect();
        lines.splice(at..at, new);
    }
    (lines != before).then(|| {
        let mut headers = HeaderMap::with_capacity(lines.len());
        for (name, value) in lines {
            headers.append(name, value);
        }
        headers
    })
}

/// A header value as text: UTF-8 where it is that, else each byte for itself, as browsers read it.
pub(super) fn shown(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn told(headers: &HeaderMap) -> Vec<String> {
        headers.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect()
    }

    #[test]
    fn what_belongs_to_a_connection_stays_behind() {
        let headers = lines(&[
            ("a", "1"),
            ("connection", "close, X-Own"),
            ("x-own", "2"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("a", "3"),
            ("transfer-encoding", "chunked"),
            ("trailer", "x-sum"),
            ("content-length", "5"),
        ]);
        assert_eq!(told(&end_to_end(&headers)), ["a: 1", "a: 3", "te: trailers", "trailer: x-sum"]);
    }

    #[test]
    fn a_websocket_is_asked_for_by_two_lines() {
        let asks = [("connection", "keep-alive, Upgrade"), ("upgrade", "WebSocket")];
        assert!(asks_for_websocket(&lines(&asks)));
        assert!(!asks_for_websocket(&lines(&asks[..1])));
        assert!(!asks_for_websocket(&lines(&[("connection", "Upgrade"), ("upgrade", "h2c")])));
    }

    #[test]
    fn crumbs_become_one_line() {
        let mut headers = lines(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")]);
        join_cookies(&mut headers);
        assert_eq!(told(&headers), ["cookie: a=1; b=2", "x: y"]);
    }

    #[test]
    fn edits_leave_all_other_lines_alone() {
        let headers = lines(&[("a", "1"), ("b", "2"), ("b", "3"), ("c", "4")]);
        let set = |name: &str, values: &[&str]| Edit::Set {
            name: name.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        };
        let edit = |edits: &[Edit]| {
            let edits: Vec<_> = edits.iter().cloned().enumerate().collect();
            edited(&headers, &edits).as_ref().map(told)
        };
        let add = Edit::Add { name: "A".to_owned(), value: "5".to_owned() };
        let remove = Edit::Remove { name: "B".to_owned() };
        let expect = |lines: &[&str]| Some(lines.iter().map(|&line| line.to_owned()).collect());
        assert_eq!(edit(&[set("B", &["5"])]), expect(&["a: 1", "b: 5", "c: 4"]));
        assert_eq!(edit(&[set("d", &["5", "6"])]).unwrap()[4..], ["d: 5", "d: 6"]);
        assert_eq!(edit(&[add]), expect(&["a: 1", "a: 5", "b: 2", "b: 3", "c: 4"]));
        assert_eq!(edit(&[remove.clone(), set("c", &["5"])]), expect(&["a: 1", "c: 5"]));
        assert_eq!(edit(&[set("a", &["1"])]), None);
        assert_eq!(edit(&[Edit::Remove { name: "d".to_owned() }]), None);
        assert_eq!(edit(&[Edit::Remove { name: "no name".to_owned() }]), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_told_one_by_one() {
        assert_eq!(shown(&HeaderValue::from_bytes(b"caf\xe9").unwrap()), "café");
        assert_eq!(shown(&HeaderValue::from_bytes("café".as_bytes()).unwrap()), "café");
    }
}
