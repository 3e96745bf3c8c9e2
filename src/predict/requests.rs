//! Fetches and embedded resources.

use fixtures_server::page::{PageUrl, Serve};

use super::{Because, Told, World};
use crate::fact::{FactKind, FactValue};
use crate::observation::{DocumentSeen, Hop, Observation, Request, without_query};
use crate::scenario::{self, CrossOrigin, Fetch, FetchMode, Load, ResourceKind, Step, Unit};
use crate::spec::{
    Credentials, Kind, Mode, Outcome, Preflight, Profile, Resource, ResourceAnswer, ResourceHop,
    resource_in,
};

/// Predicts every fetch and load of a unit.
pub(super) fn predict(
    unit: &Unit,
    seen: &Observation,
    world: &World,
    profile: &Profile,
    told: &mut Told,
) {
    let asking = Asking { unit, seen, world, profile };
    for step in &unit.steps {
        match step {
            Step::Fetch(fetch) => {
                asking.fetch(fetch, told);
            }
            Step::Load(load) => {
                asking.load(load, told);
            }
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
struct Asking<'a> {
    unit: &'a Unit,
    seen: &'a Observation,
    world: &'a World,
    profile: &'a Profile,
}

impl<'a> Asking<'a> {
    fn fetch(self, step: &Fetch, told: &mut Told) -> Option<()> {
        let lines = step.headers.lines().ok()?;
        let request = Resource {
            kind: Kind::Fetch,
            mode: Some(match step.mode {
                FetchMode::Cors => Mode::Cors,
                FetchMode::NoCors => Mode::NoCors,
                FetchMode::SameOrigin => Mode::SameOrigin,
            }),
            credentials: Some(match step.credentials {
                scenario::Credentials::Omit => Credentials::Omit,
                scenario::Credentials::SameOrigin => Credentials::SameOrigin,
                scenario::Credentials::Include => Credentials::Include,
            }),
            method: step.method.clone(),
            request_headers: lines
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .chain(self.implied_type(step))
                .collect(),
            hops: Vec::new(),
        };
        let (answer, hops) = self.ask(&step.r#as, step.url.as_str(), request)?;
        let because = because(&answer, &hops);
        let name = step.r#as.as_str();
        let last = hops.last()?;
        let result = match answer.outcome {
            Outcome::Readable => "readable",
            Outcome::Opaque => "opaque",
            Outcome::Blocked => "blocked",
        };
        told.add(name, FactKind::Result, result, &because);
        if answer.outcome == Outcome::Readable {
            told.add(name, FactKind::Status, last.status.to_string(), &because);
            told.add(
                name,
                FactKind::ReadableHeaders,
                FactValue::List(answer.readable_headers.clone()),
                &because,
            );
        }
        Some(())
    }

    /// A text body brings its own type (Fetch, "extract a body").
    fn implied_type(self, step: &Fetch) -> Option<(String, String)> {
        step.body.as_ref()?;
        let lines = step.headers.lines().ok()?;
        let given = lines.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let text = || ("content-type".to_owned(), "text/plain;charset=UTF-8".to_owned());
        (!given).then(text)
    }

    fn load(self, step: &Load, told: &mut Told) -> Option<()> {
        let kind = match step.kind {
            ResourceKind::Image => Kind::Image,
            ResourceKind::Script => Kind::Script,
            ResourceKind::Style => Kind::Style,
            ResourceKind::Frame => Kind::Frame,
            ResourceKind::Worker => Kind::Worker,
        };
        let request = Resource {
            kind,
            mode: step.crossorigin.map(|_| Mode::Cors),
            credentials: step.crossorigin.map(|crossorigin| match crossorigin {
                CrossOrigin::Anonymous => Credentials::SameOrigin,
                CrossOrigin::UseCredentials => Credentials::Include,
            }),
            method: None,
            request_headers: Vec::new(),
            hops: Vec::new(),
        };
        let (answer, hops) = self.ask(&step.r#as, step.url.as_str(), request)?;
        let last = hops.last()?;
        // What is no such resource at all fails for reasons of its own.
        if kind != Kind::Frame && !(self.is_served_as(last, step.kind) && last.status < 300) {
            return None;
        }
        let loading = if answer.outcome == Outcome::Blocked { "blocked" } else { "loaded" };
        told.add(&step.r#as, FactKind::Loading, loading, &because(&answer, &hops));
        Some(())
    }

    fn is_served_as(self, hop: &Hop, kind: ResourceKind) -> bool {
        let page: Option<PageUrl> = without_query(&hop.page).parse().ok();
        let serve = page.and_then(|page| self.unit.plan.pages.get(&page)?.serve.as_ref());
        matches!(
            (kind, serve),
            (ResourceKind::Image, Some(Serve::Image))
                | (ResourceKind::Script, Some(Serve::Script))
                | (ResourceKind::Style, Some(Serve::Style))
                | (ResourceKind::Worker, Some(Serve::Worker))
        )
    }

    /// The model's answer for a request that a step made, with its responses.
    fn ask(
        self,
        step: &str,
        url: &'a str,
        mut request: Resource,
    ) -> Option<(ResourceAnswer, Vec<&'a Hop>)> {
        let document = document_of(self.seen, step)?;
        let client = self.world.response(document.hops.last()?)?;
        let answers = if request.kind == Kind::Frame {
            navigated(self.seen, url)
        } else {
            answers_to(self.seen, url)
        };
        // Where only a preflight arrived, what would have come next does not matter.
        let hops = if answers.is_empty() {
            vec![&preflights(self.seen, url).next()?.answer]
        } else {
            answers
        };
        for hop in &hops {
            let mut response = self.world.response(hop)?;
            // The server adds these two by itself; the log has what the plan says.
            for name in ["date", "content-length"] {
                response.headers.push((name.to_owned(), String::new()));
            }
            let preflight = preflights(self.seen, &hop.page).next();
            let preflight = match preflight {
                Some(preflight) => {
                    let answer = self.world.response(&preflight.answer)?;
                    Some(Preflight { status: answer.status, headers: answer.headers })
                }
                None => None,
            };
            request.hops.push(ResourceHop { response, preflight });
        }
        let answer = resource_in(&client, &request, self.profile).ok()?;
        Some((answer, hops))
    }
}

fn because(answer: &ResourceAnswer, hops: &[&Hop]) -> Vec<Because> {
    let reasons = answer.because.iter();
    reasons
        .map(|reason| Because {
            reason: reason.clone(),
            hop: reason.hop.and_then(|hop| hops.get(hop)).map(|hop| (*hop).clone()),
        })
        .collect()
}

/// The document in which a step took place.
fn document_of<'a>(seen: &'a Observation, step: &str) -> Option<&'a DocumentSeen> {
    seen.acted_in.iter().find(|(name, _)| name == step).map(|(_, document)| document)
}

fn is_navigation(request: &Request) -> bool {
    request.navigates
}

/// The responses to a script's or element's request for `url`, redirects followed.
#[must_use]
pub fn answers_to<'a>(seen: &'a Observation, url: &str) -> Vec<&'a Hop> {
    follow(seen, url, |request| !request.is_preflight() && !is_navigation(request))
}

/// The responses to the last navigation to `url`, redirects followed.
pub(super) fn navigated<'a>(seen: &'a Observation, url: &str) -> Vec<&'a Hop> {
    follow(seen, url, is_navigation)
}

fn follow<'a>(seen: &'a Observation, url: &str, counts: impl Fn(&Request) -> bool) -> Vec<&'a Hop> {
    let mut answers: Vec<&Hop> = Vec::new();
    let asked = |request: &&Request| {
        counts(request) && without_query(&request.answer.page) == without_query(url)
    };
    let mut next = seen.requests.iter().rfind(asked);
    while let Some(request) = next {
        answers.push(&request.answer);
        let target = request.leads_to.as_deref();
        let mut later = seen.requests.iter().filter(|later| later.id > request.id);
        next = later.find(|later| counts(later) && Some(later.address.as_str()) == target);
    }
    answers
}

fn preflights<'a>(seen: &'a Observation, page: &str) -> impl Iterator<Item = &'a Request> {
    let page = without_query(page).to_owned();
    seen.requests.iter().filter(move |request| {
        request.is_preflight() && without_query(&request.answer.page) == page
    })
}
