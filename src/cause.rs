//! Why a fact is as it is, in one sentence: the responses that a browser really got, read by the rules
//! of the standards. The only place where the model and the evidence meet. Pure.

use serde::Serialize;

use crate::fact::{Fact, FactKind};
use crate::observation::{
    DocumentSeen, Hop, Observation, Request, WindowSeen, site_of_page, without_query,
};
use crate::policy::{
    CorsFault, EmbedderPolicy, Lines, OpenerPolicy, ResourcePolicy, cors_check, preflight_check,
};
use crate::predict::{Link, World, answers_to, link_of};
use crate::scenario::{Credentials, CrossOrigin, Fetch, FetchMode, Load, Step, Unit};
use crate::spec::{Profile, Reason};

/// What most likely decided a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cause {
    /// The fact in question.
    pub fact: Fact,
    /// One sentence.
    pub sentence: String,
    /// The response that decided, if it was one.
    pub hop: Option<Hop>,
}

/// The cause of the first of `facts` for which one can be told.
#[must_use]
pub fn cause_of<'a>(
    unit: &'a Unit,
    seen: &'a Observation,
    profile: &Profile,
    facts: impl IntoIterator<Item = &'a Fact>,
) -> Option<Cause> {
    facts.into_iter().find_map(|fact| {
        let (sentence, hop) = Evidence { unit, seen, profile: *profile }.explain(fact)?;
        Some(Cause { fact: fact.clone(), sentence, hop: hop.cloned() })
    })
}

type Explanation<'a> = Option<(String, Option<&'a Hop>)>;

#[derive(Clone, Copy)]
struct Evidence<'a> {
    unit: &'a Unit,
    seen: &'a Observation,
    profile: Profile,
}

impl<'a> Evidence<'a> {
    fn explain(self, fact: &'a Fact) -> Explanation<'a> {
        match fact.kind {
            FactKind::Opener
            | FactKind::Handle
            | FactKind::Journey
            | FactKind::WindowName
            | FactKind::SessionStorage => self.link(self.window(&fact.subject)?),
            FactKind::Login | FactKind::Messages => self.messages(fact),
            FactKind::Isolated | FactKind::SharedMemory => self.isolation(&fact.subject),
            FactKind::Result | FactKind::Status | FactKind::ReadableHeaders => {
                self.fetch(&fact.subject)
            }
            FactKind::Loading => self.resource(&fact.subject),
            FactKind::Received | FactKind::Performed => self.arrivals(&fact.subject),
            FactKind::SecureContext | FactKind::Open | FactKind::SelfClose | FactKind::Value => {
                None
            }
        }
    }

    fn window(self, name: &str) -> Option<&'a WindowSeen> {
        self.seen.windows.iter().find(|window| window.name == name)
    }

    // --- the link between opener and popup ---

    fn link(self, popup: &'a WindowSeen) -> Explanation<'a> {
        // A page without an agent tells nothing of its way.
        if popup.frame || popup.documents.iter().all(|document| document.hops.is_empty()) {
            return None;
        }
        let (_, top) = popup.opened_by.as_ref()?;
        let never = popup.documents.iter().any(|d| d.opener.as_deref() == Some("never"));
        if never {
            let sentence = format!(
                "`{}` was opened without a link (`noopener`, or forced by the top page's policy), so \
                 no header can give it an opener",
                popup.name
            );
            return Some((sentence, None));
        }
        let top_hop = top.hops.last()?;
        let world = World::new(&self.unit.plan);
        let link = link_of(self.unit, self.seen, &world, popup, &self.profile)?;
        if let Some(cut) = link.cut() {
            let hop = link.hop(cut)?;
            return Some((sentence_of_cut(popup, &link, cut, hop)?, Some(hop)));
        }
        let policies = format!(
            "the opener `{}` sends {}, and {}",
            top.page,
            coop_of(top_hop),
            all_policies(popup)
        );
        let cut = popup.documents.iter().any(|d| d.opener.as_deref() == Some("severed"));
        let sentence = if cut {
            format!("the link is cut, and the standards do not say why: {policies}")
        } else {
            format!("no response on the way cuts the link: {policies}")
        };
        Some((sentence, None))
    }

    /// A login or message fails for its link first, for its checks second.
    fn messages(self, fact: &Fact) -> Explanation<'a> {
        let related = |window: &&WindowSeen| {
            window.opened_from.as_deref() == Some(&fact.subject) || window.name == fact.subject
        };
        let lost = |window: &&WindowSeen| {
            let opener = window.documents.last().and_then(|document| document.opener.as_deref());
            matches!(opener, Some("severed" | "never"))
        };
        if let Some(popup) = self.seen.windows.iter().filter(related).find(lost) {
            return self.link(popup);
        }
        let told = |word: &str| {
            let mine = |moment: &&crate::observation::Moment| {
                moment.window.as_deref() == Some(&fact.subject) && moment.what.contains(word)
            };
            self.seen.timeline.iter().find(mine).map(|moment| moment.what.clone())
        };
        let what = told("rejected").or_else(|| told("login failed"))?;
        Some((format!("the link holds, but in `{}`: {what}", fact.subject), None))
    }

    // --- isolation ---

    fn isolation(self, name: &str) -> Explanation<'a> {
        let window = self.window(name)?;
        if window.frame {
            return None;
        }
        let document = window.documents.last()?;
        let hop = document.hops.last()?;
        let lines = Lines::new(&hop.headers);
        let page = &document.page;
        if let Some(policy) = lines.combined("Document-Isolation-Policy") {
            let sentence = format!(
                "`{page}` sends `Document-Isolation-Policy: {policy}`, which isolates a document by \
                 itself in browsers that know it"
            );
            return Some((sentence, Some(hop)));
        }
        let coep = sent(hop, "Cross-Origin-Embedder-Policy", |lines| {
            EmbedderPolicy::of(lines, true) != EmbedderPolicy::UnsafeNone
        });
        let sends = format!("`{page}` sends {} and {coep}", coop_of(hop));
        let isolated = OpenerPolicy::of(lines, document.secure) == OpenerPolicy::SameOriginPlusCoep;
        let denied = lines
            .combined("Permissions-Policy")
            .is_some_and(|policy| policy.replace(' ', "").contains("cross-origin-isolated=()"));
        let sentence = match (isolated, denied) {
            (true, true) => format!(
                "{sends}, but also `Permissions-Policy: cross-origin-isolated=()`, which takes the \
                 isolation away"
            ),
            (true, false) => format!("{sends}: together they isolate the page"),
            (false, _) => format!(
                "{sends}; isolation needs `same-origin` and `require-corp` (or `credentialless`) on the \
                 document itself, and no CORS header stands in for them"
            ),
        };
        Some((sentence, Some(hop)))
    }

    // --- fetches and resources ---

    fn fetch(self, name: &str) -> Explanation<'a> {
        let step = self.unit.steps.iter().find_map(|step| match step {
            Step::Fetch(fetch) if fetch.r#as == name => Some(fetch),
            _ => None,
        })?;
        let page = self.acted_in(name)?;
        let url = &step.url;
        let answers = self.answers(url.as_str());
        let last = answers.last()?;
        let own = site_of_page(&page.page);
        if answers.iter().all(|answer| answer.site() == own) {
            return Some((format!("{url} is of the page's own origin: CORS plays no part"), None));
        }
        if step.mode == FetchMode::NoCors {
            let sentence = match ResourcePolicy::of(Lines::new(&last.headers)) {
                Some(policy)
                    if policy == ResourcePolicy::SameOrigin
                        || policy == ResourcePolicy::SameSite
                            && !self.same_site(own, last.site()) =>
                {
                    format!("{url} sends {}, and the page is of another place", corp_of(last))
                }
                _ => format!(
                    "mode `no-cors` gives an opaque answer, whatever CORS headers {url} sends"
                ),
            };
            return Some((sentence, Some(last)));
        }
        let credentials = step.credentials == Credentials::Include;
        let origin = format!("{{{own}}}");
        if let Some(preflight) =
            self.requests_for(url.as_str()).find(|request| request.is_preflight())
        {
            let hop = &preflight.answer;
            let method = step.method.as_deref().unwrap_or("GET");
            let headers = asked_headers(step, preflight);
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            let lines = Lines::new(&hop.headers);
            let checked =
                preflight_check(hop.status, lines, &origin, credentials, method, &headers);
            if let Err(fault) = checked {
                return Some((format!("the preflight for {url} fails: {fault}"), Some(hop)));
            }
        }
        if let Some((answer, fault)) = first_cors_fault(&answers, own, credentials) {
            let page = without_query(&answer.page);
            return Some((
                format!("`{page}` keeps its answer from the page: {fault}"),
                Some(answer),
            ));
        }
        let exposed = Lines::new(&last.headers).combined("Access-Control-Expose-Headers");
        let exposed = exposed.map_or_else(
            || "exposes no headers beyond the safe few".to_owned(),
            |names| format!("exposes `{names}`"),
        );
        let sentence =
            format!("{url} allows the page's origin and {exposed}; COOP plays no part in a fetch");
        Some((sentence, Some(last)))
    }

    fn resource(self, name: &str) -> Explanation<'a> {
        let step = self.unit.steps.iter().find_map(|step| match step {
            Step::Load(load) if load.r#as == name => Some(load),
            _ => None,
        })?;
        let Load { url, crossorigin, .. } = step;
        let document = self.acted_in(name)?;
        let answers = self.answers(url.as_str());
        let answer = *answers.last()?;
        if let Some(crossorigin) = crossorigin {
            let credentials = *crossorigin == CrossOrigin::UseCredentials;
            let fault = first_cors_fault(&answers, site_of_page(&document.page), credentials);
            let sentence = match fault {
                Some((_, fault)) => format!("`{url}` is loaded with `crossorigin`, and {fault}"),
                None => {
                    format!("`{url}` is loaded with `crossorigin` and allows the page's origin")
                }
            };
            return Some((sentence, Some(answer)));
        }
        let page = document.hops.last()?;
        let coep = EmbedderPolicy::of(Lines::new(&page.headers), document.secure);
        let corp = corp_of(answer);
        let sentence = match (coep, ResourcePolicy::of(Lines::new(&answer.headers))) {
            (EmbedderPolicy::RequireCorp, None) => format!(
                "`{}` requires every cross-origin resource to opt in, and `{url}` sends {corp}",
                document.page
            ),
            (_, Some(_)) => format!("`{url}` sends {corp}"),
            (_, None) => {
                format!("`{url}` sends {corp}, and `{}` does not require it", document.page)
            }
        };
        Some((sentence, Some(answer)))
    }

    /// The document in which a step took place.
    fn acted_in(self, step: &str) -> Option<&'a DocumentSeen> {
        self.seen.acted_in.iter().find(|(name, _)| name == step).map(|(_, document)| document)
    }

    /// The responses to a script's request for `url`, redirects followed.
    fn answers(self, url: &str) -> Vec<&'a Hop> {
        answers_to(self.seen, url)
    }

    fn same_site(self, one: &str, other: &str) -> bool {
        self.root_of(one) == self.root_of(other)
    }

    fn root_of(self, site: &'a str) -> &'a str {
        match self.unit.plan.sites.get(site).and_then(|site| site.subdomain_of.as_deref()) {
            Some(parent) => self.root_of(parent),
            None => site,
        }
    }

    fn requests_for(self, url: &'a str) -> impl DoubleEndedIterator<Item = &'a Request> {
        self.seen
            .requests
            .iter()
            .filter(move |request| without_query(&request.answer.page) == without_query(url))
    }

    // --- requests ---

    fn arrivals(self, endpoint: &'a str) -> Explanation<'a> {
        let requests: Vec<&Request> =
            self.requests_for(endpoint).filter(|request| !request.is_preflight()).collect();
        let Some(last) = requests.last() else {
            let preflight = self.requests_for(endpoint).last()?;
            let sentence =
                format!("only the preflight reached {endpoint}; the browser sent nothing more");
            return Some((sentence, Some(&preflight.answer)));
        };
        let cookies = if last.cookies.is_empty() { "without cookies" } else { "with cookies" };
        let sentence = format!(
            "{} reached {endpoint}, the last one {cookies}, and was answered with {}: opener policies and \
             CORS do not stop requests, only authentication and CSRF tokens do",
            if requests.len() == 1 {
                "1 request".to_owned()
            } else {
                format!("{} requests", requests.len())
            },
            last.answer.status
        );
        Some((sentence, Some(&last.answer)))
    }
}

/// Which response cut the link, and what it was compared with.
fn sentence_of_cut(popup: &WindowSeen, link: &Link<'_>, cut: &Reason, hop: &Hop) -> Option<String> {
    let (number, at) = (cut.navigation?, cut.hop?);
    let document = link.documents.get(number)?;
    let place = if document.hops.len() > 1 {
        format!(
            " (response {} of {} on the way to `{}`)",
            at + 1,
            document.hops.len(),
            document.page
        )
    } else {
        String::new()
    };
    let (role, page, before) = match (number.checked_sub(1), at.checked_sub(1)) {
        (_, Some(previous)) => {
            let previous = &document.hops[previous];
            ("the page before it", previous.page.as_str(), previous)
        }
        (Some(previous), None) => {
            let previous = link.documents.get(previous)?;
            ("the page before it", previous.page.as_str(), previous.hops.last()?)
        }
        (None, None) => ("its opener", link.top.page.as_str(), link.top.hops.last()?),
    };
    Some(format!(
        "`{}` was cut off by `{}`{place}, which sends {}, while {role}, `{}`, sends {}: {}",
        popup.name,
        without_query(&hop.page),
        coop_of(hop),
        without_query(page),
        coop_of(before),
        cut.rule.text()
    ))
}

fn all_policies(popup: &WindowSeen) -> String {
    let hops = popup.documents.iter().flat_map(|document| &document.hops);
    let mut said: Vec<String> = Vec::new();
    for hop in hops {
        let line = format!("`{}` sends {}", without_query(&hop.page), coop_of(hop));
        if !said.contains(&line) {
            said.push(line);
        }
    }
    said.join(", ")
}

/// The first response of a chain that CORS keeps from a page of site `own`. After a redirect from one
/// foreign origin to another the request's origin is `null` (Fetch, "HTTP-redirect fetch").
fn first_cors_fault<'a>(
    answers: &[&'a Hop],
    own: &str,
    credentials: bool,
) -> Option<(&'a Hop, CorsFault)> {
    let mut origin = format!("{{{own}}}");
    let mut before = own;
    for answer in answers {
        if before != own && answer.site() != before {
            "null".clone_into(&mut origin);
        }
        before = answer.site();
        if before == own && origin != "null" {
            continue;
        }
        if let Err(fault) = cors_check(Lines::new(&answer.headers), &origin, credentials) {
            return Some((answer, fault));
        }
    }
    None
}

fn coop_of(hop: &Hop) -> String {
    sent(hop, "Cross-Origin-Opener-Policy", |lines| {
        OpenerPolicy::of(lines, true) != OpenerPolicy::UnsafeNone
    })
}

fn corp_of(hop: &Hop) -> String {
    sent(hop, "Cross-Origin-Resource-Policy", |lines| ResourcePolicy::of(lines).is_some())
}

/// What a response sends of a header, and whether that counts.
fn sent(hop: &Hop, name: &str, counts: impl Fn(Lines<'_>) -> bool) -> String {
    let lines = Lines::new(&hop.headers);
    let values: Vec<&str> = lines.all(name).collect();
    match &values[..] {
        [] => format!("no `{name}`"),
        [value] if counts(lines) || *value == "unsafe-none" => format!("`{name}: {value}`"),
        [value] => format!("`{name}: {value}` (which browsers ignore)"),
        values => format!(
            "`{name}` {} times (`{}`; together they count as none)",
            values.len(),
            values.join("`, `")
        ),
    }
}

/// The request headers of a fetch that the preflight asked for.
fn asked_headers(step: &Fetch, preflight: &Request) -> Vec<String> {
    let asked = preflight.header("access-control-request-headers").unwrap_or_default();
    let lines = step.headers.lines().unwrap_or_default();
    let written = |name: &str| lines.iter().find(|(line, _)| line.eq_ignore_ascii_case(name));
    asked
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| written(name).map_or_else(|| name.to_owned(), |(line, _)| (*line).to_owned()))
        .collect()
}
