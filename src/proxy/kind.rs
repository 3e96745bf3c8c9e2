//! What a browser wants a response for, also where it does not say. Pure.

use std::collections::HashMap;

use http::{HeaderMap, Method, header};
use url::Url;

use crate::rollout::Kind;

/// The most redirects that are remembered.
const REMEMBERED: usize = 1_000;

/// Whether a request is a navigation, of a window or a frame; `known` is what it is for, if that is known.
pub(super) fn navigates(headers: &HeaderMap, known: Option<Kind>) -> bool {
    match text(headers, "sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        // Browsers say it only to trustworthy origins.
        None => {
            matches!(known, Some(Kind::Document | Kind::Frame))
                || headers.contains_key("upgrade-insecure-requests")
        }
    }
}

/// Where redirects lead that documents are behind: what follows is for the same, even if it does not say so
/// (WebKitGTK drops `Sec-Fetch-Dest` after a redirect to another origin).
#[derive(Debug, Default)]
pub(super) struct Chains(HashMap<String, Kind>);

impl Chains {
    /// What a request for this address is for, if it says so or a redirect led here.
    pub(super) fn kind(&mut self, url: &str, method: &Method, headers: &HeaderMap) -> Option<Kind> {
        let led = self.0.remove(url);
        if method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return Some(Kind::Fetch);
        }
        Kind::of_dest(text(headers, "sec-fetch-dest")).or(led)
    }

    /// Remembers where a redirect leads to.
    pub(super) fn remember(&mut self, url: &str, kind: Kind, location: &str) {
        if !matches!(kind, Kind::Document | Kind::Frame) {
            return;
        }
        let Ok(mut next) = Url::parse(url).and_then(|url| url.join(location)) else { return };
        next.set_fragment(None);
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(next.into(), kind);
    }
}

/// What a request that says nothing is for, by what it accepts and what it got.
pub(super) fn guessed(request: &HeaderMap, answer: &HeaderMap, redirects: bool) -> Kind {
    let content_type = text(answer, "content-type").unwrap_or_default().to_ascii_lowercase();
    let is = |start: &str| content_type.starts_with(start);
    let accept = text(request, "accept").unwrap_or_default();
    if request.contains_key("upgrade-insecure-requests") {
        return Kind::Document;
    }
    let is_page = is("text/html") || is("application/xhtml");
    if accept.contains("text/html") && (is_page || redirects) {
        return Kind::Document;
    }
    if accept.starts_with("text/css") || is("text/css") {
        Kind::Style
    } else if accept.starts_with("image/") || is("image/") {
        Kind::Image
    } else if request.contains_key(header::ORIGIN) || is_page || content_type.contains("json") {
        Kind::Fetch
    } else if content_type.contains("javascript") {
        Kind::Script
    } else if is("font/") || content_type.contains("font-") {
        Kind::Font
    } else if is("audio/") || is("video/") {
        Kind::Media
    } else {
        Kind::Other
    }
}

/// The first line of a header as text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_frame_stays_a_frame_behind_redirects() {
        let mut chains = Chains::default();
        let (get, silent) = (Method::GET, HeaderMap::new());
        chains.remember("https://a.example/x/", Kind::Frame, "../next?a=1#part");
        assert_eq!(chains.kind("https://a.example/next?a=1", &get, &silent), Some(Kind::Frame));
        assert_eq!(chains.kind("https://a.example/next?a=1", &get, &silent), None);
        chains.remember("https://a.example/", Kind::Document, "https://b.example");
        let said = lines(&[("sec-fetch-dest", "image")]);
        assert_eq!(chains.kind("https://b.example/", &get, &said), Some(Kind::Image));
        chains.remember("https://a.example/", Kind::Script, "/s");
        assert_eq!(chains.kind("https://a.example/s", &get, &silent), None);
    }

    #[test]
    fn what_is_not_said_is_guessed() {
        let document = lines(&[("accept", "text/html,*/*"), ("upgrade-insecure-requests", "1")]);
        assert!(navigates(&document, None));
        let fetch = lines(&[("accept", "text/html"), ("sec-fetch-mode", "cors")]);
        assert!(!navigates(&fetch, Some(Kind::Document)));
        assert!(navigates(&HeaderMap::new(), Some(Kind::Frame)));
        for (accept, content_type, kind) in [
            ("text/html,*/*;q=0.8", "text/html", Kind::Document),
            ("text/html,*/*;q=0.8", "application/json", Kind::Fetch),
            ("*/*", "text/html", Kind::Fetch),
            ("text/css,*/*;q=0.1", "", Kind::Style),
            ("image/avif,*/*", "text/html", Kind::Image),
            ("*/*", "text/javascript", Kind::Script),
            ("*/*", "font/woff2", Kind::Font),
            ("*/*", "", Kind::Other),
        ] {
            let (request, answer) =
                (lines(&[("accept", accept)]), lines(&[("content-type", content_type)]));
            assert_eq!(guessed(&request, &answer, false), kind, "{accept} {content_type}");
        }
        let redirect = guessed(&lines(&[("accept", "text/html")]), &HeaderMap::new(), true);
        assert_eq!(redirect, Kind::Document);
    }

    #[test]
    fn a_preflight_is_for_a_fetch() {
        let asks = lines(&[("access-control-request-method", "PUT")]);
        let kind = Chains::default().kind("https://a.example/", &Method::OPTIONS, &asks);
        assert_eq!(kind, Some(Kind::Fetch));
    }
}
