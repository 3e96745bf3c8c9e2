//! Why a fact is as it is, in one sentence for a report: what the model says, with the headers that the
//! responses really had. Pure.

use serde::Serialize;

use crate::fact::{Fact, FactKind};
use crate::observation::{Event, Hop, Observation, Request, WindowSeen, without_query};
use crate::policy::{EmbedderPolicy, Lines, OpenerPolicy, ResourcePolicy};
use crate::predict::{Because, Link, Prediction, World, link_of};
use crate::scenario::Unit;
use crate::spec::{Behaviour, Profile, Reason, Rule};

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
    predictions: &'a [Prediction],
    facts: impl IntoIterator<Item = &'a Fact>,
) -> Option<Cause> {
    facts.into_iter().find_map(|fact| {
        let (sentence, hop) =
            Evidence { unit, seen, profile: *profile, predictions }.explain(fact)?;
        Some(Cause { fact: fact.clone(), sentence, hop: hop.cloned() })
    })
}

type Explanation<'a> = Option<(String, Option<&'a Hop>)>;

#[derive(Clone, Copy)]
struct Evidence<'a> {
    unit: &'a Unit,
    seen: &'a Observation,
    profile: Profile,
    predictions: &'a [Prediction],
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
            FactKind::Isolated
            | FactKind::SharedMemory
            | FactKind::Result
            | FactKind::Status
            | FactKind::ReadableHeaders
            | FactKind::Loading => self.by_the_model(fact),
            FactKind::Received | FactKind::Performed => self.arrivals(&fact.subject),
            FactKind::SecureContext
            | FactKind::Open
            | FactKind::SelfClose
            | FactKind::Blocked
            | FactKind::Value => None,
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
                "`{}` was opened without a link (`noopener`, or forced by the policy of the top page, if \
                 a frame of another site opened it), so no header of its own can give it an opener",
                popup.name
            );
            return Some((sentence, None));
        }
        let top_hop = top.hops.last()?;
        let world = World::new(self.unit);
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
        // Nobody saw the last document, but its responses are known.
        let cut = |window: &&WindowSeen| {
            let unseen = window.documents.last().is_some_and(|document| document.unseen);
            let world = World::new(self.unit);
            let link = link_of(self.unit, self.seen, &world, window, &self.profile);
            unseen && window.opened_by.is_some() && link.is_some_and(|link| link.cut().is_some())
        };
        if let Some(popup) = self.seen.windows.iter().filter(related).find(cut) {
            return self.link(popup);
        }
        let own = self.seen.timeline.iter();
        let own = own.filter(|moment| moment.window.as_deref() == Some(&fact.subject));
        let events: Vec<&Event> = own.map(|moment| &moment.event).collect();
        let is_rejected = |verdict: &str| verdict.starts_with("rejected");
        let rejected = |event: &&Event| match event {
            Event::Message { verdict: Some(verdict), .. } if is_rejected(verdict) => {
                Some(format!("message {verdict}"))
            }
            Event::Result { verdict } if is_rejected(verdict) => Some(event.to_string()),
            _ => None,
        };
        let failed = |event: &&Event| match event {
            Event::Login { outcome, .. } if outcome == "failed" => Some(event.to_string()),
            _ => None,
        };
        let what = events.iter().find_map(rejected).or_else(|| events.iter().find_map(failed))?;
        Some((format!("the link holds, but in `{}`: {what}", fact.subject), None))
    }

    // --- isolation, fetches and resources: what the model says last ---

    fn by_the_model(self, fact: &Fact) -> Explanation<'a> {
        let prediction = self.predictions.iter().find(|prediction| prediction.fact == *fact)?;
        let Because { reason, hop } = prediction.because.last()?;
        let Some(hop) = hop else { return Some((reason.to_string(), None)) };
        let page = without_query(&hop.page);
        let sends = match reason.fact {
            "isolated" => format!("sends {} and {}", coop_of(hop), coep_of(hop)),
            "loads" => format!("sends {} and {}", coep_of(hop), corp_of(hop)),
            _ => match reason.rule {
                Rule::CorpForbids | Rule::CorpRequired | Rule::CorpAllows => {
                    format!("sends {}", corp_of(hop))
                }
                _ => format!("answers with {}", hop.status),
            },
        };
        Some((format!("`{page}` {sends}: {reason}"), Some(hop)))
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
    // An engine's own rule would surprise whoever knows the standard.
    let allows = OpenerPolicy::of(Lines::new(&before.headers), true);
    let own = cut.deviation == Some(Behaviour::BlankFirstLosesExemption)
        && allows == OpenerPolicy::SameOriginAllowPopups;
    let own = if own {
        " (it was opened empty and sent on, which this engine does not spare: \
         `blank-first-loses-exemption`)"
    } else {
        ""
    };
    Some(format!(
        "`{}` was cut off by `{}`{place}, which sends {}, while {role}, `{}`, sends {}: {}{own}",
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

fn coop_of(hop: &Hop) -> String {
    sent(hop, OpenerPolicy::NAME, |lines| OpenerPolicy::of(lines, true) != OpenerPolicy::UnsafeNone)
}

fn coep_of(hop: &Hop) -> String {
    sent(hop, EmbedderPolicy::NAME, |lines| EmbedderPolicy::of(lines, true).isolates())
}

fn corp_of(hop: &Hop) -> String {
    sent(hop, ResourcePolicy::NAME, |lines| ResourcePolicy::of(lines).is_some())
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
