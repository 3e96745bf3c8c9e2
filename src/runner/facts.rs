//! From what was seen to facts, in the words of the scenario. Pure.

use fixtures_server::page::Serve;
use serde_json::Value;

use super::flow::Flow;
use super::observer::{is_foreign, is_passed};
use super::seen::{Document, Message, Opened, Relation, Role, Window};
use crate::fact::{FactKind, FactValue, Facts};
use crate::observation::{
    DocumentSeen, Hop, Names, Observation, Request, WindowSeen, hops_of, site_of_page,
    without_query,
};
use crate::rollout::Kind;
use crate::scenario::Opening;

impl Flow<'_> {
    /// The facts of the unit, and the evidence for them.
    pub(super) fn observation(&mut self, console: &[String]) -> Observation {
        self.absorb();
        self.adopt_unseen();
        let mut facts = std::mem::take(&mut self.facts);
        let requests: Vec<Request> =
            self.exchanges.iter().map(|exchange| self.request(exchange)).collect();
        let mut windows = Vec::new();
        for (name, window) in &self.seen.windows {
            window_facts(&mut facts, name, window, self);
            windows.push(WindowSeen {
                name: name.clone(),
                opened_from: match &window.role {
                    Role::Main => None,
                    Role::Popup { from, .. } => Some(from.clone()),
                    Role::Frame { parent } => Some(parent.clone()),
                },
                opened_by: window.opened_by.and_then(|(opener, top)| {
                    let seen_of = |id| {
                        let window = self.seen.window(self.seen.window_of(id)?);
                        Some(seen(self.seen.document(id)?, window, &requests))
                    };
                    Some((seen_of(opener)?, seen_of(top)?))
                }),
                how: window.how.clone(),
                frame: matches!(window.role, Role::Frame { .. }),
                documents: window.documents.iter().map(|d| seen(d, window, &requests)).collect(),
            });
        }
        self.endpoint_facts(&mut facts, &requests);
        let acted_in = self.acted_in.iter().filter_map(|(step, id)| {
            let window = self.seen.window(self.seen.window_of(*id)?);
            Some((step.clone(), seen(self.seen.document(*id)?, window, &requests)))
        });
        let acted_in = acted_in.collect();
        let timeline = self.ordered(&windows, &requests);
        Observation {
            facts,
            windows,
            acted_in,
            requests,
            timeline,
            console: console_lines(console, &self.names),
        }
    }

    /// The facts of windows and steps, before the unit has ended.
    pub(super) fn facts_so_far(&self) -> Facts {
        let mut facts = self.facts.clone();
        for (name, window) in &self.seen.windows {
            window_facts(&mut facts, name, window, self);
        }
        facts
    }

    /// A request, with what the proxy knows of it.
    fn request(&self, exchange: &fixtures_server::Exchange) -> Request {
        let mut request = request(exchange, &self.names);
        if let Some(passed) = self.watched.passed.get(&exchange.id) {
            request.answer.before.clone_from(&passed.before);
            request.answer.rules.clone_from(&passed.rules);
            if passed.leads_to.is_some() || passed.url != exchange.page {
                request.address.clone_from(&passed.url);
                request.leads_to.clone_from(&passed.leads_to);
                request.navigates = matches!(passed.kind, Kind::Document | Kind::Frame);
            }
        }
        request
    }

    /// What reached the endpoints, and what they did about it.
    fn endpoint_facts(&self, facts: &mut Facts, requests: &[Request]) {
        for (url, page) in &self.unit.plan.pages {
            let acts = matches!(page.serve, Some(Serve::Action(_)));
            let asked = self.unit.expect.iter().any(|(fact, ..)| fact.subject == url.as_str());
            let is_endpoint = matches!(page.serve, Some(Serve::Json(_) | Serve::Token));
            if !acts && !is_endpoint && !asked {
                continue;
            }
            let arrived: Vec<String> = requests
                .iter()
                .filter(|request| without_query(&request.answer.page) == url.as_str())
                .map(|request| arrival(request, &self.names))
                .collect();
            facts.insert(url.as_str(), FactKind::Received, arrived);
            if acts {
                let performed = self.ground.performed(url).to_string();
                facts.insert(url.as_str(), FactKind::Performed, performed);
            }
        }
    }
}

/// Each line once: the driver tells some once for each window that it watches.
fn console_lines(console: &[String], names: &Names) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in console.iter().map(|line| names.text(line)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn window_facts(facts: &mut Facts, name: &str, window: &Window, flow: &Flow<'_>) {
    if let Some(loaded) = window.loaded {
        facts.insert(name, FactKind::Loading, if loaded { "loaded" } else { "blocked" });
    }
    let Some(last) = window.last() else { return };
    facts.insert(name, FactKind::Isolated, last.isolated);
    facts.insert(name, FactKind::SecureContext, last.secure);
    let usable = last.has_shared_memory && last.shared_memory != Some(false);
    facts.insert(name, FactKind::SharedMemory, if usable { "usable" } else { "unavailable" });
    let mut messages: Vec<String> =
        window.messages.iter().map(|m| arrived(m, &flow.names)).collect();
    if is_foreign(last) {
        // How often a page that is not ours repeats itself is not always the same.
        messages.dedup();
        facts.insert(name, FactKind::Blocked, window.blocked.clone());
    }
    facts.insert(name, FactKind::Messages, messages);
    if window.login_began.is_some() {
        let outcome = window.login.as_ref().map_or("waiting", |end| end.outcome.as_str());
        facts.insert(name, FactKind::Login, outcome);
    }
    let popup = matches!(window.role, Role::Popup { .. });
    if !last.counts || (is_foreign(last) && last.began.is_none()) {
        // Nobody has looked into the last one, so nothing is said of it.
        for kind in [FactKind::Isolated, FactKind::SecureContext, FactKind::SharedMemory] {
            facts.remove(name, kind);
        }
    }
    if popup || window.documents.len() > 1 {
        let journey: Vec<String> = window.documents.iter().map(|d| stop(d, window)).collect();
        facts.insert(name, FactKind::Journey, journey);
    }
    if let Role::Popup { how, .. } = &window.role {
        popup_facts(facts, name, window, last, *how);
        let opener = window.opened_by.and_then(|(opener, _)| flow.seen.document(opener));
        if opener.is_some_and(|opener| site_of_page(&opener.page) == site_of_page(&last.page))
            && last.id.is_some()
            && !is_foreign(last)
        {
            let copied = last.session.is_some();
            facts.insert(name, FactKind::SessionStorage, if copied { "copied" } else { "empty" });
        }
    }
}

fn popup_facts(facts: &mut Facts, name: &str, window: &Window, last: &Document, how: Opening) {
    // A cut is never mended, so it holds for what nobody has seen, too (HTML 7.1.3).
    let told = window.documents.iter().rev().find_map(|document| relation_of(document, window));
    if let Some(relation) = relation_of(last, window).or(told.filter(|told| *told != "connected")) {
        facts.insert(name, FactKind::Opener, relation);
    }
    let handle = match (window.opened, window.relation) {
        (Opened::Null, _) => Some("null"),
        (Opened::Handle, Some(Relation::Live)) => Some("live"),
        (Opened::Handle, Some(Relation::ReadsClosed)) => Some("reads-closed"),
        _ => None,
    };
    if let Some(handle) = handle {
        facts.insert(name, FactKind::Handle, handle);
    }
    if let Some(open) = window.open {
        facts.insert(name, FactKind::Open, open);
    }
    if let Some(self_close) = window.self_close {
        facts.insert(name, FactKind::SelfClose, self_close);
    }
    if how != Opening::Direct && !is_foreign(last) {
        let kept = last.name == format!("coopwright-{name}");
        facts.insert(name, FactKind::WindowName, if kept { "kept" } else { "reset" });
    }
}

/// What the opener of a popup's document was.
fn relation_of(document: &Document, window: &Window) -> Option<&'static str> {
    let Role::Popup { how, .. } = &window.role else { return None };
    if !document.counts {
        return None;
    }
    let never = window.opened == Opened::Null || *how == Opening::LinkNoopener;
    Some(match (document.has_opener?, never) {
        (true, _) => "connected",
        (false, true) => "never",
        (false, false) => "severed",
    })
}

fn stop(document: &Document, window: &Window) -> String {
    let path = without_query(&document.page);
    match relation_of(document, window) {
        Some(relation) => format!("{path} {relation}"),
        None if !document.counts => format!("{path} unseen"),
        None => path.to_owned(),
    }
}

fn arrived(message: &Message, names: &Names) -> String {
    let verdict = message.verdict.as_deref().unwrap_or("delivered");
    format!("{} from {}: {verdict}", message.kind, names.site_of(&message.origin))
}

/// A request as it reached the server, in words.
pub(super) fn arrival(request: &Request, names: &Names) -> String {
    let method = if request.is_preflight() { "preflight" } else { request.method.as_str() };
    let word = |name| request.header(name).unwrap_or("-").to_owned();
    let origin = request.header("origin").map_or_else(
        || "no origin".to_owned(),
        |origin| match origin.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(site) => format!("origin {site}"),
            None => format!("origin {}", names.site_of(origin)),
        },
    );
    let cookies = match &request.cookies[..] {
        [] => "no cookies".to_owned(),
        cookies => format!("cookies {}", cookies.join(" ")),
    };
    let (mode, site) = (word("sec-fetch-mode"), word("sec-fetch-site"));
    format!("{method} {mode} {site}; {origin}; {cookies}; {}", request.answer.status)
}

/// An exchange with names for origins.
pub(super) fn request(exchange: &fixtures_server::Exchange, names: &Names) -> Request {
    let named = |lines: &[(String, String)]| -> Vec<(String, String)> {
        let line = |line| match is_passed(exchange.id) {
            true => names.real_line(line),
            false => names.line(line),
        };
        lines.iter().map(line).collect()
    };
    let answer = Hop::new(names.text(&exchange.page), exchange.status, named(&exchange.headers));
    let mut request = Request::new(exchange.id, &exchange.method, named(&exchange.request), answer);
    request.cookies.clone_from(&exchange.cookies);
    request
}

/// What a page could learn of a fetch, as the agent tells it.
pub(super) fn fetch_facts(facts: &mut Facts, name: &str, answer: &Value) {
    let result = answer.get("result").and_then(Value::as_str).unwrap_or("blocked");
    facts.insert(name, FactKind::Result, result);
    if result == "readable" {
        let status = answer.get("status").map(Value::to_string).unwrap_or_default();
        facts.insert(name, FactKind::Status, status);
        let names = answer.get("headers").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut names: Vec<String> =
            names.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
        names.sort();
        facts.insert(name, FactKind::ReadableHeaders, FactValue::List(names));
    }
}

fn seen(document: &Document, window: &Window, requests: &[Request]) -> DocumentSeen {
    DocumentSeen {
        page: without_query(&document.page).to_owned(),
        opener: relation_of(document, window).map(ToOwned::to_owned),
        unseen: !document.counts,
        secure: document.secure,
        hops: document.id.map(|id| hops_of(id, requests)).unwrap_or_default(),
    }
}
