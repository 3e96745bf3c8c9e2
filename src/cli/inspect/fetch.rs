//! Sends what a navigation or a replay asks for, and takes down what comes. Cookies are kept for one chain,
//! and leave it nowhere.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cookie_store::CookieStore;
use coopwright::chain::{Chain, Failure, Hop, Navigation, Question, Replay, Request};
use coopwright::upstream::{self, Body, Upstream};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, Uri, Version};
use url::Url;

/// So much of a page is read: `meta` elements stand at its start.
const START: usize = 64 * 1024;

/// Fetches.
pub(super) struct Fetcher {
    upstream: Upstream,
    limit: Duration,
}

impl Fetcher {
    pub(super) fn new(upstream: Upstream, limit: Duration) -> Self {
        Self { upstream, limit }
    }

    /// Follows an address as a browser's navigation does. User name and password in it go to its origin.
    pub(super) async fn navigate(&self, url: &Url, opener: Option<&Url>) -> Chain {
        let mut navigation = Navigation::new(url, opener);
        let mut jar = CookieStore::new();
        while let Some(next) = navigation.next_url() {
            let cookies = cookies(&jar, next);
            let Some(request) = navigation.request(&cookies) else { break };
            let mut secrets = HeaderMap::new();
            if let Some(value) = sensitive(&cookies).filter(|_| !cookies.is_empty()) {
                secrets.insert(COOKIE, value);
            }
            if let Some(value) = basic(url).filter(|_| url.origin() == request.url.origin()) {
                secrets.insert(AUTHORIZATION, value);
            }
            match self.send(&request, secrets).await {
                Ok(answer) => {
                    let set = answer.headers().get_all(SET_COOKIE);
                    for line in set.iter().filter_map(|line| line.to_str().ok()) {
                        // What browsers would not keep is not kept here, either.
                        let _ = jar.parse(line, &request.url);
                    }
                    navigation.take(self.hop(request.url, answer).await);
                }
                Err(failure) => navigation.fail(failure),
            }
        }
        navigation.chain()
    }

    /// Sends what a script's `fetch()` does.
    pub(super) async fn replay(&self, question: Question) -> Replay {
        let mut replay = Replay::new(question);
        while let Some(request) = replay.request() {
            match self.send(&request, HeaderMap::new()).await {
                Ok(answer) => replay.take(head(request.url, &answer)),
                Err(failure) => replay.fail(failure),
            }
        }
        replay
    }

    async fn send(
        &self,
        request: &Request,
        secrets: HeaderMap,
    ) -> Result<Response<hyper::body::Incoming>, Failure> {
        let failure =
            |what: String, hint: Option<String>| Failure { url: request.url.clone(), what, hint };
        let to_send = || {
            let mut to_send = http::Request::builder()
                .method(request.method.as_str())
                .uri(Uri::try_from(request.url.as_str())?)
                .body(Body::Empty)?;
            for (name, value) in &request.headers {
                let name = HeaderName::try_from(name.as_str())?;
                to_send.headers_mut().append(name, HeaderValue::try_from(value.as_str())?);
            }
            to_send.headers_mut().extend(secrets);
            Ok::<_, http::Error>(to_send)
        };
        let to_send =
            to_send().map_err(|error| failure(format!("it cannot be sent: {error}"), None))?;
        match tokio::time::timeout(self.limit, self.upstream.send(to_send)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(fault)) => Err(failure(fault.detail.clone(), Some(fault.hint().to_owned()))),
            Err(_) => {
                let what = format!("no answer within {} s", self.limit.as_secs_f32());
                Err(failure(what, Some("`--timeout` sets another limit".to_owned())))
            }
        }
    }

    /// A response with the start of its text, where it is a page.
    async fn hop(&self, url: Url, answer: Response<hyper::body::Incoming>) -> Hop {
        let mut hop = head(url, &answer);
        let encoded = answer.headers().contains_key(CONTENT_ENCODING);
        if hop.is_html() && !hop.redirects() && !encoded {
            let host = hop.url.host_str().unwrap_or_default();
            let body = upstream::read(host, answer.into_body(), START);
            // Without its text the headers are there all the same.
            if let Ok(Ok(start)) = tokio::time::timeout(self.limit, body).await {
                hop.html = Some(String::from_utf8_lossy(&start).into_owned());
            }
        }
        hop
    }
}

/// What of a response is known without its body.
fn head<B>(url: Url, answer: &Response<B>) -> Hop {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        // As browsers read it: each byte is a character.
        let value = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        (spelled(name.as_str()), value)
    };
    let version = match answer.version() {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    };
    Hop {
        url,
        status: answer.status().as_u16(),
        version: version.to_owned(),
        headers: answer.headers().iter().map(line).collect(),
        html: None,
    }
}

/// A name that came in lower case, as people write it.
fn spelled(name: &str) -> String {
    let mut start = true;
    let char = |char: char| {
        let spelled = if start { char.to_ascii_uppercase() } else { char };
        start = char == '-';
        spelled
    };
    name.chars().map(char).collect()
}

fn cookies(jar: &CookieStore, url: &Url) -> String {
    let pairs = jar.get_request_values(url).map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("; ")
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Basic authentication with what stands in an address.
fn basic(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text: &str| {
        let pairs = format!("x={}", text.replace('+', "%2B"));
        url::form_urlencoded::parse(pairs.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    let user = decoded(url.username())?;
    let password = decoded(url.password().unwrap_or_default())?;
    sensitive(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_people_write_them() {
        assert_eq!(spelled("cross-origin-opener-policy"), "Cross-Origin-Opener-Policy");
        assert_eq!(spelled("x--y"), "X--Y");
    }

    #[test]
    fn user_and_password_of_an_address_are_sent_decoded() {
        let value = |text: &str| basic(&Url::parse(text).unwrap());
        assert_eq!(value("https://a.example/"), None);
        // `us+er:p@ss`
        assert_eq!(value("https://us+er:p%40ss@a.example/").unwrap(), "Basic dXMrZXI6cEBzcw==");
        assert!(value("https://u@a.example/").unwrap().is_sensitive());
    }
}
