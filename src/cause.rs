//! Why a fact is as it is, in one sentence: the responses that a browser really got, read by the rules
//! of the standards. The only place where the model and the evidence meet. Pure.

use serde::Serialize;

use crate::fact::{Fact, FactKind};
use crate::observation::{DocumentSeen, Hop, Observation, Request, WindowSeen};
use crate::policy::{
    EmbedderPolicy, Lines, OpenerPolicy, ResourcePolicy, cors_check, preflight_check,
};
use crate::scenario::{Credentials, Fetch, FetchMode, Load, Step, Unit};
use crate::spec::{Response, Switch, Window};

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
    facts: impl IntoIterator<Item = &'a Fact>,
) -> Option<Cause> {
    facts.into_iter().find_map(|fact| {
        let (sentence, hop) = Evidence { unit, seen }.explain(fact)?;
        Some(Cause { fact: fact.clone(), sentence, hop: hop.cloned() })
    })
}

type Explanation<'a> = Option<(String, Option<&'a Hop>)>;

#[derive(Clone, Copy)]
struct Evidence<'a> {
    unit: &'a Unit,
    seen: &'a Observation,
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
        if popup.frame {
            return None;
        }
        let (opener, top) = popup.opened_by.as_ref()?;
        let never = popup.documents.iter().any(|d| d.opener.as_deref() == Some("never"));
        if never {
            let sentence = format!(
                "`{}` was opened without a link (`noopener`, or forced by the top page's policy), so \
                 no header can give it an opener",
                popup.name
            );
            return Some((sentence, None));
        }
        let (_, top_hop) = last_response(top)?;
        let mut window = Window::opened_by(site(&opener.page), &response(top, top_hop));
        let mut before = Before { page: &top.page, hop: top_hop, opener: true };
        for document in &popup.documents {
            let responses: Vec<Response> =
                document.hops.iter().map(|hop| response(document, hop)).collect();
            if let Some(switch) = window.navigate(&responses) {
                let hop = &document.hops[switch.hop];
                if switch.hop > 0 {
                    let previous = &document.hops[switch.hop - 1];
                    before = Before { page: &previous.page, hop: previous, opener: false };
                }
                return Some((cut(popup, document, &switch, hop, &before), Some(hop)));
            }
            if let Some(hop) = document.hops.last() {
                before = Before { page: &document.page, hop, opener: false };
            }
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
        let (document, hop) = last_response(window.documents.last()?)?;
        if window.frame {
            return None;
        }
        let lines = Lines(&hop.headers);
        let page = &document.page;
        let coep = lines.combined("Cross-Origin-Embedder-Policy");
        let coep = coep.map_or_else(
            || "no `Cross-Origin-Embedder-Policy`".to_owned(),
            |value| format!("`Cross-Origin-Embedder-Policy: {value}`"),
        );
        let sends = format!("`{page}` sends {} and {coep}", coop_of(hop));
        let isolated = OpenerPolicy::of(lines, document.secure) == OpenerPolicy::SameOriginPlusCoep;
        let sentence = if isolated {
            format!("{sends}: together they isolate the page")
        } else {
            format!(
                "{sends}; isolation needs `same-origin` and `require-corp` (or `credentialless`) on the \
                 document itself, and no CORS header stands in for them"
            )
        };
        Some((sentence, Some(hop)))
    }

    // --- fetches and resources ---

    fn fetch(self, name: &str) -> Explanation<'a> {
        let step = self.unit.steps.iter().find_map(|step| match step {
            Step::Fetch(fetch) if fetch.r#as == name => Some(fetch),
            _ => None,
        })?;
        let origin = self.origin_of(&step.r#in)?;
        let url = &step.url;
        if origin == format!("{{{}}}", url.site()) {
            return Some((format!("{url} is of the page's own origin: CORS plays no part"), None));
        }
        if step.mode == FetchMode::NoCors {
            let sentence = format!("mode `no-cors` gives an opaque answer, whatever {url} sends");
            return Some((sentence, None));
        }
        let credentials = step.credentials == Credentials::Include;
        let requests: Vec<&'a Request> = self.requests_for(url.as_str()).collect();
        if let Some(preflight) = requests.iter().find(|request| request.is_preflight()) {
            let hop = &preflight.answer;
            let lines = Lines(&hop.headers);
            let method = step.method.as_deref().unwrap_or("GET");
            let headers = asked_headers(step, preflight);
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            let checked =
                preflight_check(hop.status, lines, &origin, credentials, method, &headers);
            if let Err(fault) = checked {
                return Some((format!("the preflight for {url} fails: {fault}"), Some(hop)));
            }
        }
        let answer = &requests.iter().rev().find(|request| !request.is_preflight())?.answer;
        let sentence = match cors_check(Lines(&answer.headers), &origin, credentials) {
            Err(fault) => format!("{url} keeps its answer from the page: {fault}"),
            Ok(()) => {
                let exposed = Lines(&answer.headers).combined("Access-Control-Expose-Headers");
                let exposed = exposed.map_or_else(
                    || "exposes no headers beyond the safe few".to_owned(),
                    |names| format!("exposes `{names}`"),
                );
                format!(
                    "{url} allows the page's origin and {exposed}; COOP plays no part in a fetch"
                )
            }
        };
        Some((sentence, Some(answer)))
    }

    fn resource(self, name: &str) -> Explanation<'a> {
        let step = self.unit.steps.iter().find_map(|step| match step {
            Step::Load(load) if load.r#as == name => Some(load),
            _ => None,
        })?;
        let Load { url, crossorigin, .. } = step;
        let (document, page) = last_response(self.window(&step.r#in)?.documents.last()?)?;
        let answer = &self.requests_for(url.as_str()).last()?.answer;
        let lines = Lines(&answer.headers);
        if crossorigin.is_some() {
            let origin = self.origin_of(&step.r#in)?;
            let credentials = *crossorigin == Some(crate::scenario::CrossOrigin::UseCredentials);
            let sentence = match cors_check(lines, &origin, credentials) {
                Err(fault) => format!("`{url}` is loaded with `crossorigin`, and {fault}"),
                Ok(()) => {
                    format!("`{url}` is loaded with `crossorigin` and allows the page's origin")
                }
            };
            return Some((sentence, Some(answer)));
        }
        let coep = EmbedderPolicy::of(Lines(&page.headers), document.secure);
        let corp = lines.combined("Cross-Origin-Resource-Policy");
        let corp = corp.map_or_else(
            || "no `Cross-Origin-Resource-Policy`".to_owned(),
            |value| format!("`Cross-Origin-Resource-Policy: {value}`"),
        );
        let sentence = match (coep, ResourcePolicy::of(lines)) {
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

    fn requests_for(self, url: &'a str) -> impl DoubleEndedIterator<Item = &'a Request> {
        self.seen
            .requests
            .iter()
            .filter(move |request| without_query(&request.answer.page) == without_query(url))
    }

    /// The origin of a window's page, as it stands in recorded headers.
    fn origin_of(self, window: &str) -> Option<String> {
        let document = self.window(window)?.documents.last()?;
        Some(format!("{{{}}}", site(&document.page)))
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
            "the request reached {endpoint} {cookies} and was answered with {}: opener policies and CORS \
             do not stop requests, only authentication and CSRF tokens do",
            last.answer.status
        );
        Some((sentence, Some(&last.answer)))
    }
}

/// What the response that cut the link was compared with.
struct Before<'a> {
    page: &'a str,
    hop: &'a Hop,
    opener: bool,
}

fn cut(
    popup: &WindowSeen,
    document: &DocumentSeen,
    switch: &Switch,
    hop: &Hop,
    before: &Before<'_>,
) -> String {
    let place = if document.hops.len() > 1 {
        format!(
            " (response {} of {} on the way to `{}`)",
            switch.hop + 1,
            document.hops.len(),
            document.page
        )
    } else {
        String::new()
    };
    let role = if before.opener { "its opener" } else { "the page before it" };
    format!(
        "`{}` was cut off by `{}`{place}, which sends {}, while {role}, `{}`, sends {}: {}",
        popup.name,
        without_query(&hop.page),
        coop_of(hop),
        without_query(before.page),
        coop_of(before.hop),
        switch.rule
    )
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

fn coop_of(hop: &Hop) -> String {
    let values: Vec<&str> = Lines(&hop.headers).all("Cross-Origin-Opener-Policy").collect();
    match &values[..] {
        [] => "no `Cross-Origin-Opener-Policy`".to_owned(),
        [value] => {
            let valid = OpenerPolicy::of(Lines(&hop.headers), true) != OpenerPolicy::UnsafeNone
                || *value == "unsafe-none";
            let ignored = if valid { "" } else { " (which browsers ignore)" };
            format!("`Cross-Origin-Opener-Policy: {value}`{ignored}")
        }
        values => format!(
            "`Cross-Origin-Opener-Policy` {} times (`{}`), which browsers ignore",
            values.len(),
            values.join("`, `")
        ),
    }
}

fn response(document: &DocumentSeen, hop: &Hop) -> Response {
    Response {
        origin: hop.site().to_owned(),
        policy: OpenerPolicy::of(Lines(&hop.headers), document.secure),
    }
}

fn last_response(document: &DocumentSeen) -> Option<(&DocumentSeen, &Hop)> {
    document.hops.last().map(|hop| (document, hop))
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

fn without_query(page: &str) -> &str {
    page.split(['?', '#']).next().unwrap_or(page)
}

fn site(page: &str) -> &str {
    page.split_once(':').map_or(page, |(site, _)| site)
}
