//! A `fetch()` of a page, replayed: preflights and requests one after the other, as the model says what is
//! sent; and what the page may read in the end (Fetch, sections 4.3, 4.8 and 4.9).

use serde::Serialize;
use url::Url;

use super::navigate::{Location, USER_AGENT, fetch_site, location, origin, referrer};
use super::{End, Failure, Hop, Question, Request};
use crate::spec::{
    Credentials, Document, Engine, Kind, Outcome, Preflight, Profile, Reason, Resource,
    ResourceAnswer, ResourceHop, Response, Rule, resource_in,
};

/// Whose rules are asked, those of the standards first.
const ENGINES: [Engine; 4] = [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::Webkit];

/// An exchange of the replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whether it is a preflight.
    pub preflight: bool,
    /// The request.
    pub request: Request,
    /// The answer, if one came.
    pub answer: Option<Hop>,
}

/// What a page may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Readable {
    /// By whose rules.
    #[serde(serialize_with = "by_name")]
    pub engine: Engine,
    /// Whether status and body can be read.
    pub readable: bool,
    /// The response headers that can be read, in lower case.
    pub headers: Vec<String>,
    /// Whether a preflight failed, so that the request behind it is not sent.
    pub preflight_fails: bool,
    /// Why.
    #[serde(skip)]
    pub because: Vec<Reason>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn by_name<S: serde::Serializer>(engine: &Engine, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(engine.name())
}

/// A replay under way.
#[derive(Debug, Clone)]
pub struct Replay {
    question: Question,
    /// The responses, with the answers to their preflights.
    hops: Vec<ResourceHop>,
    /// Where the next request goes.
    next: Option<Url>,
    /// The answer to the preflight of the next request.
    preflight: Option<Preflight>,
    asked: Vec<Asked>,
    /// How it ended, unless a rule ended it.
    end: End,
}

impl Replay {
    /// At its start.
    #[must_use]
    pub fn new(question: Question) -> Self {
        let mut next = question.url().clone();
        next.set_fragment(None);
        Self {
            question,
            hops: Vec::new(),
            next: Some(next),
            preflight: None,
            asked: Vec::new(),
            end: End::Answered,
        }
    }

    /// What to send next; nothing once it has ended.
    pub fn request(&mut self) -> Option<Request> {
        let url = self.next.clone()?;
        // What follows does not depend on the answer that has not come yet.
        let answers = self.model(Some(&url));
        let at = self.hops.len();
        let goes_on = |answer: &&ResourceAnswer| {
            answer.sent.len() > at && !fails_at(answer, at, Rule::PreflightFails)
        };
        let sent = match self.preflight {
            // Engines differ in what a preflight may say: sent is what one of them sends.
            Some(_) => answers.iter().find(goes_on),
            None => answers.iter().find(|answer| answer.sent.len() > at),
        };
        let Some(sent) = sent.map(|answer| answer.sent[at].clone()) else {
            self.next = None;
            return None;
        };
        let first = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![first("user-agent", USER_AGENT)];
        let preflight = sent.preflight.filter(|_| self.preflight.is_none());
        let method = if let Some(names) = &preflight {
            headers.push(first("accept", "*/*"));
            headers.push(first("access-control-request-method", &sent.method));
            if !names.is_empty() {
                headers.push(first("access-control-request-headers", &names.join(",")));
            }
            "OPTIONS".to_owned()
        } else {
            let own = |name: &str| {
                self.question.headers().iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
            };
            headers.extend((!own("accept")).then(|| first("accept", "*/*")));
            let language = || first("accept-language", "en-US,en;q=0.9");
            headers.extend((!own("accept-language")).then(language));
            // A redirect that makes GET of it takes the body's headers away.
            let body = sent.method == self.question.method();
            let kept = |name: &str| body || !name.to_ascii_lowercase().starts_with("content-");
            let asked = self.question.headers().iter().filter(|(name, _)| kept(name)).cloned();
            headers.extend(asked);
            sent.method
        };
        headers.extend(sent.origin.map(|origin| first("origin", &origin)));
        if origin(&url).is_trustworthy() {
            let before = self.hops.iter().filter_map(|hop| Url::parse(&hop.response.url).ok());
            let urls: Vec<Url> = before.chain([url.clone()]).collect();
            let site = fetch_site(&origin(self.question.page()), &urls);
            headers.push(first("sec-fetch-site", site));
            headers.push(first("sec-fetch-mode", "cors"));
            headers.push(first("sec-fetch-dest", "empty"));
        }
        headers.extend(referrer(self.question.page(), &url).map(|from| first("referer", &from)));
        let request = Request { method, url, headers };
        let preflight = preflight.is_some();
        self.asked.push(Asked { preflight, request: request.clone(), answer: None });
        Some(request)
    }

    /// Takes the answer to the last request.
    pub fn take(&mut self, hop: Hop) {
        let Some(asked) = self.asked.last_mut() else { return };
        let response = hop.response();
        let to = location(&hop);
        asked.answer = Some(hop);
        if asked.preflight {
            let Response { status, headers, .. } = response;
            self.preflight = Some(Preflight { status, headers });
            return;
        }
        let preflight = self.preflight.take();
        self.hops.push(ResourceHop { response, preflight });
        self.next = match to {
            Location::None => None,
            Location::To(url) => Some(url),
            Location::Outside(text) => {
                self.end = End::Outside(text);
                None
            }
            Location::Bad(text) => {
                self.end = End::BadLocation(text);
                None
            }
        };
        let goes_on = |answer: &ResourceAnswer| answer.outcome != Outcome::Blocked;
        if self.next.is_some() && !self.model(None).iter().any(goes_on) {
            self.next = None;
        }
    }

    /// The last request was not answered.
    pub fn fail(&mut self, failure: Failure) {
        self.next = None;
        self.end = End::Failed(failure);
    }

    /// What the model says of the responses so far, and of one that is to come from `next`.
    fn model(&self, next: Option<&Url>) -> Vec<ResourceAnswer> {
        let page = Document {
            url: self.question.page().as_str().to_owned(),
            status: 200,
            headers: Vec::new(),
        };
        let mut hops = self.hops.clone();
        hops.extend(next.map(|url| ResourceHop {
            response: Response { url: url.as_str().to_owned(), status: 200, headers: Vec::new() },
            preflight: self.preflight.clone(),
        }));
        let resource = Resource {
            kind: Kind::Fetch,
            mode: None,
            credentials: self.question.has_credentials().then_some(Credentials::Include),
            method: Some(self.question.method().to_owned()),
            request_headers: self.question.headers().to_vec(),
            hops,
        };
        let answers = ENGINES.iter().map(|engine| {
            let blocked = ResourceAnswer {
                outcome: Outcome::Blocked,
                readable_headers: Vec::new(),
                preflights: Vec::new(),
                sent: Vec::new(),
                because: Vec::new(),
            };
            resource_in(&page, &resource, &Profile::newest(*engine)).unwrap_or(blocked)
        });
        answers.collect()
    }

    /// All requests with their answers, in order.
    #[must_use]
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// What was asked.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// How it ended; [`End::Answered`] also where a rule ended it.
    #[must_use]
    pub fn end(&self) -> &End {
        &self.end
    }

    /// What the page may read, by the standards and in each engine.
    #[must_use]
    pub fn readable(&self) -> Vec<Readable> {
        // What was not sent was blocked before it could be.
        let unsent = match (self.asked.last(), &self.end) {
            (_, End::Failed(_) | End::Outside(_) | End::BadLocation(_)) => None,
            (None, _) => Some(self.question.url().clone()),
            (Some(Asked { preflight: true, request, .. }), _) => Some(request.url.clone()),
            (Some(asked), _) => {
                let to = asked.answer.as_ref().map(location);
                match to {
                    Some(Location::To(url)) => Some(url),
                    _ => None,
                }
            }
        };
        let at = self.hops.len();
        let answers = self.model(unsent.as_ref());
        let readable = |(engine, answer): (&Engine, ResourceAnswer)| {
            let arrived = unsent.is_none() && self.end == End::Answered;
            let readable = arrived && answer.outcome == Outcome::Readable;
            let fails = |hop| fails_at(&answer, hop, Rule::PreflightFails);
            Readable {
                engine: *engine,
                readable,
                headers: if readable { answer.readable_headers.clone() } else { Vec::new() },
                preflight_fails: (0..=at).any(fails),
                because: answer.because,
            }
        };
        ENGINES.iter().zip(answers).map(readable).collect()
    }

    /// Whether a request other than a preflight was answered.
    #[must_use]
    pub fn arrived(&self) -> bool {
        self.asked.iter().any(|asked| !asked.preflight && asked.answer.is_some())
    }

    /// The last response that is not one to a preflight.
    #[must_use]
    pub fn response(&self) -> Option<&Hop> {
        let mut answers = self.asked.iter().rev().filter(|asked| !asked.preflight);
        answers.find_map(|asked| asked.answer.as_ref())
    }
}

fn fails_at(answer: &ResourceAnswer, hop: usize, rule: Rule) -> bool {
    answer.because.iter().any(|reason| reason.rule == rule && reason.hop == Some(hop))
}

#[cfg(test)]
mod tests {
    use super::super::tests::hop;
    use super::*;

    const APP: &str = "https://app.example/";
    const API: &str = "https://api.example/user";

    fn question(method: &str, headers: &[(&str, &str)], credentials: bool) -> Question {
        let url = |text| Url::parse(text).unwrap();
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Question::new(url(APP), url(API), method, headers, credentials).unwrap()
    }

    /// Replays with these answers: status and header lines.
    fn replay(question: Question, answers: &[(u16, &[&str])]) -> Replay {
        let mut replay = Replay::new(question);
        let mut answers = answers.iter();
        while let Some(request) = replay.request() {
            let (status, lines) = answers.next().expect("no more requests are sent");
            replay.take(hop(request.url.as_str(), *status, lines));
        }
        assert!(answers.next().is_none(), "fewer requests were sent");
        replay
    }

    fn sent<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
        let lines = &asked.request.headers;
        lines.iter().find(|(line, _)| line == name).map(|(_, value)| value.as_str())
    }

    /// What the standards, Chromium, Firefox and WebKit let the page read.
    fn reads(replay: &Replay) -> [bool; 4] {
        let reads: Vec<bool> = replay.readable().iter().map(|one| one.readable).collect();
        reads.try_into().unwrap()
    }

    #[test]
    fn a_simple_request_is_sent_whether_it_may_be_read_or_not() {
        let denied = replay(question("GET", &[], false), &[(200, &["ETag: 1"])]);
        assert!(denied.arrived());
        assert_eq!(reads(&denied), [false; 4]);
        assert_eq!(sent(&denied.asked()[0], "origin"), Some("https://app.example"));
        assert_eq!(sent(&denied.asked()[0], "sec-fetch-site"), Some("cross-site"));
        let allowed = ["Access-Control-Allow-Origin: *", "ETag: 1", "Content-Type: a/b"];
        let allowed = replay(question("GET", &[], false), &[(200, &allowed)]);
        assert_eq!(reads(&allowed), [true; 4]);
        assert_eq!(allowed.readable()[0].headers, ["content-type"]);
    }

    #[test]
    fn a_preflight_that_fails_stops_the_request() {
        let failed = replay(question("DELETE", &[], false), &[(405, &[])]);
        assert!(!failed.arrived());
        let readable = failed.readable();
        assert!(readable.iter().all(|one| !one.readable && one.preflight_fails));
        assert_eq!(failed.asked()[0].request.method, "OPTIONS");
        assert_eq!(sent(&failed.asked()[0], "access-control-request-method"), Some("DELETE"));
    }

    #[test]
    fn a_preflight_that_passes_is_followed_by_the_request() {
        let preflight: &[&str] = &[
            "Access-Control-Allow-Origin: https://app.example",
            "Access-Control-Allow-Headers: X-One, content-type",
        ];
        let headers = [("X-One", "1"), ("Content-Type", "application/json")];
        let question = question("POST", &headers, false);
        let passed = replay(question, &[(204, preflight), (200, &[])]);
        let [asked, request] = passed.asked() else { unreachable!() };
        assert_eq!(sent(asked, "access-control-request-headers"), Some("content-type,x-one"));
        assert_eq!(sent(request, "X-One"), Some("1"));
        // It was sent, and its answer lacks the header.
        assert_eq!(reads(&passed), [false; 4]);
        assert!(!passed.readable()[0].preflight_fails);
    }

    #[test]
    fn what_one_engine_sends_is_sent() {
        let preflight: &[&str] =
            &["Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: *"];
        let question = question("GET", &[("Authorization", "Bearer x")], false);
        let both = replay(question, &[(200, preflight), (200, &preflight[..1])]);
        assert_eq!(reads(&both), [false, true, true, true]);
        assert!(both.readable()[0].preflight_fails);
    }

    #[test]
    fn credentials_want_the_origin_by_name() {
        let star =
            replay(question("GET", &[], true), &[(200, &["Access-Control-Allow-Origin: *"])]);
        assert_eq!(reads(&star), [false; 4]);
    }

    #[test]
    fn redirects_are_checked_and_taint_the_origin() {
        let stopped = replay(question("GET", &[], false), &[(302, &["Location: /x"])]);
        assert!(stopped.arrived());
        assert_eq!(reads(&stopped), [false; 4]);
        let star = "Access-Control-Allow-Origin: *";
        let followed = replay(
            question("GET", &[], false),
            &[(302, &["Location: https://other.example/", star]), (200, &[star])],
        );
        assert_eq!(sent(&followed.asked()[1], "origin"), Some("null"));
        assert_eq!(reads(&followed), [true; 4]);
        let posted = replay(
            question("POST", &[("Content-Type", "text/plain")], false),
            &[(303, &["Location: /x", star]), (200, &[star])],
        );
        assert_eq!(posted.asked()[1].request.method, "GET");
        assert_eq!(sent(&posted.asked()[1], "Content-Type"), None);
    }

    #[test]
    fn mixed_content_is_not_even_sent() {
        let url = |text| Url::parse(text).unwrap();
        let question =
            Question::new(url(APP), url("http://api.example/"), "GET", Vec::new(), false).unwrap();
        let replay = replay(question, &[]);
        assert!(!replay.arrived());
        assert_eq!(replay.readable()[0].because[0].rule, Rule::MixedContent);
    }

    #[test]
    fn a_redirect_out_of_the_web_is_an_end() {
        let star = "Access-Control-Allow-Origin: *";
        let out = replay(question("GET", &[], false), &[(302, &["Location: app://x", star])]);
        assert_eq!(*out.end(), End::Outside("app://x".to_owned()));
        assert_eq!(reads(&out), [false; 4]);
    }
}
