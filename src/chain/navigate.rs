//! Following redirects as a navigation does (Fetch, "HTTP-redirect fetch" and "location URL"; Fetch
//! Metadata, section 2).

use url::Url;

use super::{Chain, End, Failure, Hop, Request};
use crate::origin::Origin;

/// What is sent as `User-Agent`: a browser's, with this program's name.
pub const USER_AGENT: &str = concat!(
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 ",
    "Safari/537.36 coopwright/",
    env!("CARGO_PKG_VERSION")
);

/// The most redirects that are followed.
pub(super) const REDIRECTS: usize = 20;

const ACCEPT: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// A navigation under way.
#[derive(Debug, Clone)]
pub struct Navigation {
    chain: Chain,
    /// The page that opens the window; nothing where its user has typed the address.
    opener: Option<Url>,
    /// Where it goes next.
    next: Option<Url>,
    /// The requests so far, each with its cookies.
    sent: Vec<(Url, String)>,
}

impl Navigation {
    /// To an http or https address, typed by a user or opened by a page.
    #[must_use]
    pub fn new(url: &Url, opener: Option<&Url>) -> Self {
        let next = bare(url.clone());
        Self {
            chain: Chain { asked: next.clone(), hops: Vec::new(), end: End::Answered },
            opener: opener.cloned(),
            next: Some(next),
            sent: Vec::new(),
        }
    }

    /// Where it goes next; nothing once it has ended.
    #[must_use]
    pub fn next_url(&self) -> Option<&Url> {
        self.next.as_ref()
    }

    /// The next request. `cookies` is what goes along as its `Cookie`: a request that was sent before with
    /// the same ones would go on for ever, and ends the navigation.
    pub fn request(&mut self, cookies: &str) -> Option<Request> {
        let url = self.next.clone()?;
        let sent = (url.clone(), cookies.to_owned());
        if self.sent.contains(&sent) {
            self.end(End::Loop(url));
            return None;
        }
        self.sent.push(sent);
        let headers = self.headers(&url);
        Some(Request { method: "GET".to_owned(), url, headers })
    }

    fn headers(&self, url: &Url) -> Vec<(String, String)> {
        let mut headers = vec![
            ("upgrade-insecure-requests", "1".to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
            ("accept", ACCEPT.to_owned()),
            ("accept-language", "en-US,en;q=0.9".to_owned()),
        ];
        // Fetch Metadata goes to potentially trustworthy addresses only.
        if origin(url).is_trustworthy() {
            let urls = self.sent.iter().map(|(url, _)| url);
            let from = self.opener.as_ref().map(origin);
            let site = from.map_or("none", |from| fetch_site(&from, urls));
            headers.extend([
                ("sec-fetch-site", site.to_owned()),
                ("sec-fetch-mode", "navigate".to_owned()),
                ("sec-fetch-user", "?1".to_owned()),
                ("sec-fetch-dest", "document".to_owned()),
            ]);
        }
        if let Some(from) = &self.opener {
            headers.extend(referrer(from, url).map(|from| ("referer", from)));
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Takes the answer to the last request.
    pub fn take(&mut self, hop: Hop) {
        let location = location(&hop);
        self.chain.hops.push(hop);
        match location {
            Location::None => self.end(End::Answered),
            _ if self.chain.hops.len() > REDIRECTS => self.end(End::TooManyRedirects),
            Location::To(url) => self.next = Some(url),
            Location::Outside(text) => self.end(End::Outside(text)),
            Location::Bad(text) => self.end(End::BadLocation(text)),
        }
    }

    /// The last request was not answered.
    pub fn fail(&mut self, failure: Failure) {
        self.end(End::Failed(failure));
    }

    fn end(&mut self, end: End) {
        self.next = None;
        self.chain.end = end;
    }

    /// All responses.
    #[must_use]
    pub fn chain(self) -> Chain {
        self.chain
    }
}

/// Where a response leads.
pub(super) enum Location {
    /// It is no redirect.
    None,
    To(Url),
    /// To a scheme that is not fetched.
    Outside(String),
    /// To no address.
    Bad(String),
}

pub(super) fn location(hop: &Hop) -> Location {
    if !hop.redirects() {
        return Location::None;
    }
    let mut values: Vec<&str> = hop.lines().all("Location").collect();
    values.dedup();
    let [value] = values[..] else { return Location::Bad(values.join(", ")) };
    // Bytes that are no ASCII are UTF-8 to whoever reads addresses.
    let bytes: Option<Vec<u8>> = value.chars().map(|char| u8::try_from(char).ok()).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.unwrap_or_else(|| value.to_owned());
    match hop.url.join(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Location::To(bare(url)),
        Ok(url) => Location::Outside(url.into()),
        Err(_) => Location::Bad(text),
    }
}

/// Without what is not sent as part of the address.
fn bare(mut url: Url) -> Url {
    url.set_fragment(None);
    // Neither can fail where there is a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

pub(super) fn origin(url: &Url) -> Origin {
    Origin::of_url(url).unwrap_or(Origin::Opaque)
}

/// `Sec-Fetch-Site` of a request of `from` that has come over these addresses, the current one last.
pub(super) fn fetch_site<'a>(
    from: &Origin,
    urls: impl IntoIterator<Item = &'a Url>,
) -> &'static str {
    let mut site = "same-origin";
    for url in urls {
        let to = origin(url);
        if from.is_same_origin(&to) {
            continue;
        }
        if !from.is_same_site(&to) {
            return "cross-site";
        }
        site = "same-site";
    }
    site
}

/// `Referer` under the usual policy, `strict-origin-when-cross-origin`.
pub(super) fn referrer(from: &Url, to: &Url) -> Option<String> {
    let (here, there) = (origin(from), origin(to));
    if here.is_same_origin(&there) {
        return Some(bare(from.clone()).into());
    }
    let downgrade = here.is_trustworthy() && !there.is_trustworthy();
    (!downgrade).then(|| format!("{}/", here.serialised()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::hop;
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// What is asked when these answers come, and how it ends.
    fn follow(
        start: &str,
        opener: Option<&str>,
        answers: Vec<(u16, &str)>,
    ) -> (Vec<Request>, Chain) {
        let mut navigation = Navigation::new(&url(start), opener.map(url).as_ref());
        let mut requests = Vec::new();
        let mut answers = answers.into_iter();
        while let Some(request) = navigation.request("") {
            let (status, location) = answers.next().unwrap();
            let lines = [format!("Location: {location}")];
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let lines = if location.is_empty() { &[][..] } else { &lines };
            navigation.take(hop(request.url.as_str(), status, lines));
            requests.push(request);
        }
        (requests, navigation.chain())
    }

    fn sent<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        let line = request.headers.iter().find(|(line, _)| line == name);
        line.map(|(_, value)| value.as_str())
    }

    #[test]
    fn redirects_are_resolved_and_followed() {
        let (requests, chain) = follow(
            "https://u:p@a.example/x/y#f",
            None,
            vec![(301, "../z?q=1#top"), (303, "//b.example"), (307, "?r"), (200, "")],
        );
        let asked: Vec<&str> = requests.iter().map(|request| request.url.as_str()).collect();
        assert_eq!(
            asked,
            [
                "https://a.example/x/y",
                "https://a.example/z?q=1",
                "https://b.example/",
                "https://b.example/?r"
            ]
        );
        assert_eq!(chain.end, End::Answered);
        assert_eq!(chain.last().unwrap().url.as_str(), "https://b.example/?r");
        for request in &requests {
            assert_eq!(sent(request, "sec-fetch-site"), Some("none"));
            assert_eq!(sent(request, "sec-fetch-user"), Some("?1"));
            assert_eq!(sent(request, "referer"), None);
        }
    }

    #[test]
    fn what_is_no_redirect_ends_it() {
        for (status, location) in [(304, "/x"), (300, "/x"), (302, ""), (200, "/x")] {
            let (_, chain) = follow("https://a.example/", None, vec![(status, location)]);
            assert_eq!((chain.end, chain.hops.len()), (End::Answered, 1), "{status} {location}");
        }
    }

    #[test]
    fn a_redirect_may_lead_nowhere() {
        let end = |location| follow("https://a.example/", None, vec![(302, location)]).1.end;
        assert_eq!(end("app://done?code=1"), End::Outside("app://done?code=1".to_owned()));
        assert_eq!(end("https://["), End::BadLocation("https://[".to_owned()));
        let mut navigation = Navigation::new(&url("https://a.example/"), None);
        navigation.request("");
        navigation.take(hop("https://a.example/", 302, &["Location: /x", "Location: /y"]));
        assert_eq!(navigation.chain().end, End::BadLocation("/x, /y".to_owned()));
    }

    #[test]
    fn a_loop_is_the_same_request_with_the_same_cookies() {
        let mut navigation = Navigation::new(&url("https://a.example/"), None);
        for cookies in ["", "seen=1"] {
            assert!(navigation.request(cookies).is_some());
            navigation.take(hop("https://a.example/", 302, &["Location: /"]));
        }
        assert!(navigation.request("seen=1").is_none());
        assert_eq!(navigation.chain().end, End::Loop(url("https://a.example/")));
        let answers: Vec<String> = (0..30).map(|n| format!("/{n}")).collect();
        let answers = answers.iter().map(|to| (302, to.as_str())).collect();
        let (requests, chain) = follow("https://a.example/", None, answers);
        assert_eq!((requests.len(), chain.end), (21, End::TooManyRedirects));
    }

    #[test]
    fn an_opener_is_told_by_site_and_referrer() {
        let opener = Some("https://app.example/page?secret#x");
        let (requests, _) = follow(
            "https://login.app.example/",
            opener,
            vec![(302, "https://idp.example/"), (302, "https://app.example/cb"), (200, "")],
        );
        let sites: Vec<_> = requests.iter().map(|r| sent(r, "sec-fetch-site").unwrap()).collect();
        // What has left the site does not come back to it.
        assert_eq!(sites, ["same-site", "cross-site", "cross-site"]);
        assert_eq!(sent(&requests[1], "referer"), Some("https://app.example/"));
        let (requests, _) = follow("http://plain.example/", opener, vec![(200, "")]);
        assert_eq!(sent(&requests[0], "sec-fetch-site"), None);
        assert_eq!(sent(&requests[0], "referer"), None);
    }

    #[test]
    fn bytes_of_an_address_are_utf_8() {
        let (requests, _) =
            follow("https://a.example/", None, vec![(302, "/caf\u{c3}\u{a9}"), (200, "")]);
        assert_eq!(requests[1].url.as_str(), "https://a.example/caf%C3%A9");
    }
}
