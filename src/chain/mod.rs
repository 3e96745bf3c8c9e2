//! A live chain of responses: what a server sent on the way to one page, and what follows from it. Pure:
//! who fetches gives [`Hop`]s and is told what to ask next.
//!
//! `navigate` follows redirects as a browser's navigation does, `replay` as the `fetch()` of a `question`
//! does; `outlook` (with `embedded`) is what the model says of the page at the end, `answer` what that means
//! for logins by popup, `difference` sets several chains side by side, and `visit` lets browsers answer the
//! same questions.

mod answer;
mod difference;
mod embedded;
mod navigate;
mod outlook;
mod question;
mod replay;
mod visit;

use url::Url;

use crate::lint::{self, Context, Effective, Lint};
use crate::observation::Names;
use crate::origin::Origin;
use crate::policy::{Dialect, Lines, SECURE_ONLY, pragmas, refresh};
use crate::spec::Response;

pub use answer::{Breaks, Remedy, remedies};
pub use difference::{CaseDifference, Difference, HeaderDifference, Sent, difference};
pub use navigate::{Navigation, USER_AGENT};
pub use outlook::{Case, Outlook, Role, Shown, Why, outlook};
pub use question::{Question, QuestionFault};
pub use replay::{Asked, Readable, Replay};
pub use visit::{Visit, visit, visit_by_script};

/// One response on the way, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Its address, without fragment, user name and password.
    pub url: Url,
    /// Its status.
    pub status: u16,
    /// The version of HTTP, e.g. `HTTP/2`.
    pub version: String,
    /// Its header lines in the order in which they came; bytes that are no ASCII as Latin-1.
    pub headers: Vec<(String, String)>,
    /// The start of its text, where it is HTML that was not compressed.
    pub html: Option<String>,
}

/// A request that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its address.
    pub url: Url,
    /// Its header lines, cookies aside.
    pub headers: Vec<(String, String)>,
}

/// All responses on the way to one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The address that was asked for.
    pub asked: Url,
    /// The responses, redirects first.
    pub hops: Vec<Hop>,
    /// How it ended.
    pub end: End,
}

/// How a chain ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The last response is no redirect.
    Answered,
    /// A redirect leads to a request that was sent before, with the same cookies.
    Loop(Url),
    /// The 21st redirect.
    TooManyRedirects,
    /// A redirect to something that is no address; browsers show an error.
    BadLocation(String),
    /// A redirect to an address that no browser fetches: an app's own scheme, for example.
    Outside(String),
    /// A request without an answer.
    Failed(Failure),
}

/// A request that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its address.
    pub url: Url,
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Headers that say something about popups, isolation, CORS, frames and where it goes on, by how their
/// names begin.
const RELEVANT: [&str; 9] = [
    "access-control-",
    "cross-origin-",
    "document-isolation-policy",
    "location",
    "origin-agent-cluster",
    "refresh",
    "reporting-endpoints",
    "set-cookie",
    "x-frame-options",
];

/// An address as it may be shown: without user name, password and fragment, and with the values of OAuth
/// parameters masked.
#[must_use]
pub fn shown_url(url: &Url) -> String {
    let mut url = url.clone();
    // Neither can fail where there is a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    masked(url.as_str())
}

/// A text with the values of OAuth parameters masked.
#[must_use]
pub fn masked(text: &str) -> String {
    Names::default().masked(text)
}

/// A header line as it may be shown: the values of cookies masked as well, and of a content security policy
/// what matters here.
#[must_use]
pub fn shown_line(name: &str, value: &str) -> (String, String) {
    let value = if name.eq_ignore_ascii_case("content-security-policy") {
        let all = value.split([';', ',']).filter(|part| !part.trim_ascii().is_empty()).count();
        let shown = framing(value);
        let rest = if shown.len() < all { "…; " } else { "" };
        format!("{rest}{}", shown.join("; "))
    } else {
        value.to_owned()
    };
    Names::default().line(&(name.to_owned(), value))
}

impl Hop {
    /// Its header lines, for the rules.
    #[must_use]
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.headers)
    }

    /// The response as the model takes it.
    #[must_use]
    pub fn response(&self) -> Response {
        Response {
            url: self.url.as_str().to_owned(),
            status: self.status,
            headers: self.headers.clone(),
        }
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::of_url(&self.url).unwrap_or(Origin::Opaque)
    }

    /// Whether its origin is potentially trustworthy; over plain http policies do not count.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.origin().is_trustworthy()
    }

    /// Whether it leads on (Fetch, "redirect status" and "location URL").
    #[must_use]
    pub fn redirects(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.lines().has("Location")
    }

    /// Whether the content type is that of a page, as far as one is told.
    #[must_use]
    pub fn is_html(&self) -> bool {
        let value = self.lines().combined("Content-Type").unwrap_or_default().to_ascii_lowercase();
        let essence = value.split(';').next().unwrap_or_default().trim_ascii();
        matches!(essence, "" | "text/html" | "application/xhtml+xml")
    }

    /// What the header lint finds in it. `last` says whether the window shows it.
    #[must_use]
    pub fn lints(&self, last: bool) -> Vec<Lint> {
        let shows = last && self.is_html();
        let context = Context {
            secure: Some(self.is_secure()),
            status: Some(self.status),
            is_document: shows.then_some(true),
            framed: Some(false),
            preflight: false,
            html: self.html.as_deref(),
        };
        lint::response(&self.headers, &context)
    }

    /// What counts of each header of the family that it has, in the order of their first lines.
    #[must_use]
    pub fn effective(&self) -> Vec<Effective> {
        let mut found: Vec<Effective> = Vec::new();
        for name in self.lines().names() {
            let counts = SECURE_ONLY.iter().any(|policy| policy.eq_ignore_ascii_case(name));
            let values: Vec<String> = if counts && !self.is_secure() {
                Vec::new()
            } else {
                self.lines().all(name).map(str::to_owned).collect()
            };
            let Ok(effective) = lint::effective(name, &values, Dialect::default()) else {
                continue;
            };
            if !found.iter().any(|other| other.header == effective.header) {
                found.push(effective);
            }
        }
        found
    }

    /// The lines that matter here, by their index; `lints` are those of this response.
    #[must_use]
    pub fn relevant(&self, lints: &[Lint]) -> Vec<usize> {
        let pointed_at = |index: usize| lints.iter().any(|lint| lint.line == Some(index));
        let lines = self.headers.iter().enumerate();
        lines
            .filter(|(index, (name, value))| matters(name, value) || pointed_at(*index))
            .map(|(index, _)| index)
            .collect()
    }

    /// What the answer says about caches, as far as it bears on when a change of headers is seen.
    #[must_use]
    pub fn caching(&self) -> Vec<String> {
        let lines = self.lines();
        let control = lines.combined("Cache-Control").unwrap_or_default().to_ascii_lowercase();
        let mut hints = Vec::new();
        let hit = ["X-Cache", "CF-Cache-Status", "X-Cache-Status", "Cache-Status"]
            .into_iter()
            .find_map(|name| Some((name, lines.combined(name)?)))
            .filter(|(_, value)| value.to_ascii_lowercase().contains("hit"));
        let age = lines.combined("Age").filter(|age| !age.is_empty() && age != "0");
        let by = match (hit, age) {
            (Some((name, value)), _) => Some(format!("{name}: {value}")),
            (None, Some(age)) => Some(format!("Age: {age}")),
            (None, None) => None,
        };
        if let Some(by) = by {
            hints.push(format!(
                "a cache answered ({by}): a change of headers is seen once it asks again"
            ));
        }
        let keeps =
            ["no-store", "no-cache", "max-age=0"].iter().all(|word| !control.contains(word));
        if self.redirects() && matches!(self.status, 301 | 308) && keeps {
            hints.push(format!(
                "browsers remember this redirect ({}): they may skip it, and its headers",
                self.status
            ));
        }
        hints
    }
}

/// Whether a header line matters here. Of long lists only those with a member that does.
fn matters(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "permissions-policy" => value.contains("cross-origin-isolated"),
        "content-security-policy" => !framing(value).is_empty(),
        name => RELEVANT.iter().any(|start| name.starts_with(start)),
    }
}

/// The directives of a content security policy that are about frames and sandboxes.
fn framing(policy: &str) -> Vec<&str> {
    let directives = policy.split([';', ',']).map(str::trim_ascii);
    directives
        .filter(|directive| {
            let name = directive.split_ascii_whitespace().next().unwrap_or_default();
            ["sandbox", "frame-ancestors"].iter().any(|known| name.eq_ignore_ascii_case(known))
        })
        .collect()
}

impl Chain {
    /// The response at the end; nothing where there is none.
    #[must_use]
    pub fn last(&self) -> Option<&Hop> {
        self.hops.last().filter(|_| self.end == End::Answered)
    }

    /// Where the page itself leads on, by a `Refresh` header or element: the seconds, and the address.
    #[must_use]
    pub fn refresh(&self) -> Option<(u64, Url)> {
        let last = self.last()?;
        let header = last.lines().combined("Refresh");
        let elements = pragmas(last.html.as_deref().unwrap_or_default());
        let elements = elements.into_iter().filter(|pragma| pragma.name == "refresh");
        let mut contents = header.into_iter().chain(elements.filter_map(|pragma| pragma.content));
        contents.find_map(|content| {
            let (seconds, address) = refresh(&content)?;
            Some((seconds, last.url.join(address?).ok()?))
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::policy::OpenerPolicy;

    /// A response with these header lines.
    pub(crate) fn hop(url: &str, status: u16, lines: &[&str]) -> Hop {
        let line = |line: &&str| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            (name.to_owned(), value.to_owned())
        };
        Hop {
            url: Url::parse(url).unwrap(),
            status,
            version: "HTTP/1.1".to_owned(),
            headers: lines.iter().map(line).collect(),
            html: None,
        }
    }

    /// A chain that was answered.
    pub(crate) fn chain(hops: Vec<Hop>) -> Chain {
        Chain { asked: hops[0].url.clone(), hops, end: End::Answered }
    }

    #[test]
    fn secrets_are_not_shown() {
        let url = Url::parse("https://u:p@a.example/cb?code=abc&x=1#access_token=t").unwrap();
        assert_eq!(shown_url(&url), "https://a.example/cb?code=****&x=1");
        let line = |name, value| shown_line(name, value).1;
        assert_eq!(
            line("Set-Cookie", "session=secret=; Path=/; Secure"),
            "session=****; Path=/; Secure"
        );
        assert_eq!(line("set-cookie", "secret"), "****");
        assert_eq!(line("Location", "/cb?state=xyz"), "/cb?state=****");
        let policy = "script-src 'nonce-1'; frame-ancestors 'none'";
        assert_eq!(line("Content-Security-Policy", policy), "…; frame-ancestors 'none'");
    }

    #[test]
    fn what_counts_is_told_for_each_header_once() {
        let twice = hop(
            "https://a.example/",
            200,
            &["cross-origin-opener-policy: same-origin", "Cross-Origin-Opener-Policy: same-origin"],
        );
        let told: Vec<_> = twice.effective().into_iter().map(|e| (e.header, e.value)).collect();
        assert_eq!(told, [(OpenerPolicy::NAME, Some("unsafe-none".to_owned()))]);
        let plain = hop("http://a.example/", 200, &["Cross-Origin-Opener-Policy: same-origin"]);
        assert_eq!(plain.effective()[0].value.as_deref(), Some("unsafe-none"));
        assert_eq!(plain.lints(true)[0].code.name, "insecure-context");
    }

    #[test]
    fn lines_that_say_nothing_here_are_left_out() {
        let hop = hop(
            "https://a.example/",
            200,
            &[
                "Server: x",
                "Content-Security-Policy: default-src 'self'; Frame-Ancestors 'none'",
                "Content-Security-Policy: default-src 'self'",
                "Permissions-Policy: camera=()",
                "Cross-Origin-Opner-Policy: same-origin",
                "X-Frame-Options: DENY",
            ],
        );
        assert_eq!(hop.relevant(&hop.lints(true)), [1, 4, 5]);
    }

    #[test]
    fn a_page_may_lead_on_by_itself() {
        let mut page = hop("https://a.example/x/", 200, &["Content-Type: text/html"]);
        page.html = Some("<meta http-equiv=refresh content='3; url=../y'>".to_owned());
        let (seconds, to) = chain(vec![page]).refresh().unwrap();
        assert_eq!((seconds, to.as_str()), (3, "https://a.example/y"));
        let page = hop("https://a.example/", 200, &["Refresh: 0; url=https://b.example/"]);
        assert_eq!(chain(vec![page]).refresh().unwrap().1.as_str(), "https://b.example/");
    }

    #[test]
    fn caches_are_told_where_they_hide_a_change() {
        let hints =
            |status, lines: &[&str]| hop("https://a.example/", status, lines).caching().len();
        assert_eq!(hints(200, &["Age: 12"]), 1);
        assert_eq!(hints(200, &["Age: 0", "X-Cache: MISS"]), 0);
        assert_eq!(hints(301, &["Location: /", "X-Cache: HIT"]), 2);
        assert_eq!(hints(301, &["Location: /", "Cache-Control: no-store"]), 0);
    }
}
