//! Pages that are not ours: what they show is told by an observer that the browser runs in them, or that the
//! driver brings there when it looks; who answered for them is known from the proxy.
//!
//! A look is filed by the document that it saw, which `performance.timeOrigin` tells from all others of its
//! window, and the document is matched with the answer that brought it by its address.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use fixtures_server::Exchange;
use fixtures_server::page::Page;
use serde_json::Value;

use super::error::UnitError;
use super::flow::Flow;
use super::seen::{Document, Role};
use crate::browser::{BrowserError, Note, WindowId};
use crate::observation::{Event, without_query};
use crate::proxy;
use crate::rollout::Kind;
use crate::upstream::Fault;

/// The observer, a function that takes a way to tell notes, or null.
pub(super) const OBSERVER: &str = include_str!("observer.js");

/// Whether an answer was passed on by the proxy, and is none of the fixture server's.
pub(super) fn is_passed(id: u64) -> bool {
    id >= PASSED
}

/// Whether a document is of a site that is not ours.
pub(super) fn is_foreign(document: &Document) -> bool {
    document.id.map_or(document.began.is_some(), is_passed)
}

/// The numbers of answers that the proxy has passed on begin here; those of the fixture server are below.
const PASSED: u64 = 1 << 40;

/// What the proxy knows of an answer beyond what is logged of all.
#[derive(Debug)]
pub(super) struct Passed {
    /// The address as a page, with what is secret masked; so is that of the next.
    pub(super) url: String,
    pub(super) leads_to: Option<String>,
    pub(super) kind: Kind,
    pub(super) before: Option<Vec<(String, String)>>,
    pub(super) rules: Vec<usize>,
    pub(super) fault: Option<Fault>,
}

/// What is known of pages that are not ours.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// By the number of the answer.
    pub(super) passed: HashMap<u64, Passed>,
    /// Answers whose documents were seen.
    shown: HashSet<u64>,
    /// Notes from windows that have no name yet.
    unheard: Vec<Note>,
    /// Popups that pages have opened by themselves and that have no name yet: by which window, how, and what
    /// `window.open` gave.
    pub(super) opened: Vec<(String, String, String)>,
    /// Popups that have sent a message to their opener, and from which origin: their link held there.
    proofs: Vec<(String, String)>,
    /// Reports of the browser.
    pub(super) reports: Vec<proxy::Report>,
}

impl Watched {
    /// Windows without a name in the order in which they were heard of.
    pub(super) fn order_of_windows(&self) -> Vec<WindowId> {
        let mut order = Vec::new();
        for note in &self.unheard {
            if !order.contains(&note.window) {
                order.push(note.window.clone());
            }
        }
        order
    }
}

impl Flow<'_> {
    /// Files an answer that the proxy has passed on.
    pub(super) fn take_passed(&mut self, exchange: proxy::Exchange) {
        let named = |lines: &[(String, String)]| {
            lines.iter().map(|line| self.names.real_line(line)).collect()
        };
        let before = exchange.before.as_deref().map(named);
        if let Some(id) = exchange.fixture {
            // Logged by the fixture server; what the browser got may be something else.
            if let Some(known) = self.exchanges.iter_mut().find(|known| known.id == id) {
                known.headers.clone_from(&exchange.headers);
                let url = known.page.clone();
                let passed = Passed {
                    url,
                    leads_to: None,
                    kind: exchange.kind,
                    before,
                    rules: exchange.rules,
                    fault: None,
                };
                self.watched.passed.insert(id, passed);
            }
            return;
        }
        let page = self.names.page(&exchange.url);
        let is_document = matches!(exchange.kind, Kind::Document | Kind::Frame);
        if is_document || exchange.fault.is_some() {
            let answer = match &exchange.fault {
                Some(fault) => fault.to_string(),
                None => exchange.status.to_string(),
            };
            let event = Event::Answered {
                method: exchange.method.clone(),
                page: without_query(&page).to_owned(),
                answer,
            };
            self.note_answer(self.since_begin(exchange.at), PASSED + exchange.id, event);
        }
        let location = |(name, value): &(String, String)| {
            let redirects = (300..400).contains(&exchange.status);
            let leads = redirects && name.eq_ignore_ascii_case("location");
            leads.then(|| url::Url::parse(&exchange.url).ok()?.join(value).ok()).flatten()
        };
        let leads_to = exchange.headers.iter().find_map(location);
        let passed = Passed {
            url: page.clone(),
            leads_to: leads_to.map(|url| self.names.page(url.as_str())),
            kind: exchange.kind,
            before,
            rules: exchange.rules,
            fault: exchange.fault,
        };
        let id = PASSED + exchange.id;
        self.watched.passed.insert(id, passed);
        self.exchanges.push(Exchange {
            id,
            at: exchange.at,
            page,
            method: exchange.method,
            request: exchange.request,
            cookies: exchange.cookies,
            status: exchange.status,
            headers: exchange.headers,
        });
    }

    /// Files a note of a document; one from a window without a name waits until it has one.
    pub(super) fn hear(&mut self, note: Note) {
        if !self.ground.is_watched() {
            return;
        }
        match self.seen.window_at(&note.window).map(ToOwned::to_owned) {
            Some(name) => self.file_note(&name, &note.body, Duration::ZERO),
            None => self.watched.unheard.push(note),
        }
    }

    /// Files the notes that came before their window had a name.
    pub(super) fn hear_again(&mut self) {
        for note in std::mem::take(&mut self.watched.unheard) {
            self.hear(note);
        }
    }

    /// `age` is how long ago it was noted.
    fn file_note(&mut self, name: &str, note: &Value, age: Duration) {
        let text = |key: &str| note[key].as_str().unwrap_or_default();
        let event = match text("type") {
            "document" => {
                // Windows begin with an empty document, which has no address in Firefox.
                let url = text("url");
                // A page of ours tells of itself.
                if note["framed"] == false
                    && !matches!(url, "" | "about:blank")
                    && !self.is_ours(url)
                {
                    self.put_document(name, note);
                }
                return;
            }
            _ if self.seen.window(name).last().is_some_and(|last| !is_foreign(last)) => return,
            "message" => {
                let (origin, kind) = (text("origin"), self.names.masked(text("kind")));
                if let Some(popup) = note["as"].as_str() {
                    self.watched.proofs.push((popup.to_owned(), origin.to_owned()));
                }
                self.seen.add_message(name, origin, &kind);
                Event::Message { message: kind, from: origin.to_owned(), verdict: None }
            }
            "opened" => {
                let (how, handle) = (text("how").to_owned(), text("handle").to_owned());
                self.watched.opened.push((name.to_owned(), how.clone(), handle.clone()));
                Event::Opens { popup: None, how: Some(how), handle }
            }
            "closed" => {
                let popup = note["as"].as_str().unwrap_or("its popup").to_owned();
                Event::ReadsClosed { popup }
            }
            "blocked" => {
                self.note_blocked(name, text("url"), text("element"));
                return;
            }
            "error" => Event::ScriptError { message: text("message").to_owned() },
            _ => return,
        };
        let at = self.elapsed().saturating_sub(age);
        self.note(at, name, None, event);
    }

    /// Whether the document at an address is one of ours, with an agent.
    fn is_ours(&self, url: &str) -> bool {
        let page = self.names.page(url).parse().ok();
        page.and_then(|page| self.page(&page)).is_some_and(Page::is_document)
    }

    /// A resource whose element failed; it counts only if it was answered well, or not even asked for.
    fn note_blocked(&mut self, name: &str, url: &str, element: &str) {
        let page = self.names.page(url);
        let is_it = |passed: &Passed| passed.url == page;
        let mut answers = self.exchanges.iter().rev();
        let answer =
            answers.find(|exchange| self.watched.passed.get(&exchange.id).is_some_and(is_it));
        if answer.is_some_and(|answer| answer.status == 0 || answer.status >= 400) {
            return;
        }
        let line = format!("{} {element}", without_query(&page));
        let blocked = &mut self.seen.window_mut(name).blocked;
        if !blocked.contains(&line) {
            blocked.push(line);
        }
    }

    /// Looks at the document in a window or frame that is not ours, and files what it shows.
    pub(super) async fn probe_watched(&mut self, name: &str) -> Result<bool, UnitError> {
        self.enter(name).await?;
        let script = format!(
            "const observer = ({OBSERVER})(null); \
             return {{ ...observer.document(), ready: document.readyState, \
             address: performance.getEntriesByType('navigation')[0]?.name ?? null, \
             notes: observer.drain() }}"
        );
        let told = self.look(&script).await?;
        self.absorb();
        for note in told["notes"].as_array().into_iter().flatten() {
            let age = note["age"].as_f64().unwrap_or_default().max(0.0);
            if note["type"] != "document" {
                self.file_note(name, note, Duration::from_secs_f64(age / 1000.0));
            }
        }
        self.put_document(name, &told);
        Ok(told["ready"] == "complete")
    }

    /// Looks at every window of the unit that is not ours and has opened others, where its documents do not tell
    /// by themselves. Popups are looked at when a step takes place in them: a script that meets a change of
    /// browsing context groups can stand still for ever in WebKitGTK.
    pub(super) async fn glance(&mut self) -> Result<(), UnitError> {
        if !self.ground.is_watched() || self.session.watches() {
            return Ok(());
        }
        let foreign = |(name, window): (&String, &super::seen::Window)| {
            let is_ours = window.last().is_some_and(|last| !is_foreign(last));
            let is_main = window.role == Role::Main;
            (!is_ours && is_main && window.handle.is_some() && !window.closed_by_user)
                .then(|| name.clone())
        };
        let names: Vec<String> = self.seen.windows.iter().filter_map(foreign).collect();
        for name in names {
            match self.probe_watched(&name).await {
                Ok(_) => {}
                Err(UnitError::Browser(
                    BrowserError::NoWindow { .. } | BrowserError::Refused { .. },
                )) => {
                    self.leave();
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Puts down a document, or what is new of the one that is there.
    fn put_document(&mut self, name: &str, told: &Value) {
        let flag = |key: &str| told[key].as_bool().unwrap_or(false);
        let text = |key: &str| told[key].as_str().unwrap_or_default();
        let began = told["began"].as_f64();
        let is_empty = matches!(text("url"), "" | "about:blank");
        if is_empty && !self.seen.window(name).documents.is_empty() {
            // What is left of a window that is closing.
            return;
        }
        let seen = Document {
            began,
            counts: self.session.watches(),
            has_opener: Some(flag("opener")),
            name: text("name").to_owned(),
            isolated: flag("isolated"),
            secure: flag("secure"),
            has_shared_memory: flag("sharedMemory"),
            ..Document::default()
        };
        let window = self.seen.window_mut(name);
        if let Some(known) = window.documents.iter_mut().find(|known| known.began == began) {
            // What it was when it began counts; one on its way out is not what it was.
            known.counts |= seen.counts;
            return;
        }
        let addresses = [text("address"), text("url")];
        let id = addresses.iter().find_map(|address| self.answer_for(address));
        let page = match id.and_then(|id| self.watched.passed.get(&id)) {
            Some(passed) => passed.url.clone(),
            None => self.names.page(text("url")),
        };
        self.watched.shown.extend(id);
        let is_blind = self.is_blind();
        if let Some(last) = self.seen.window_mut(name).documents.last_mut()
            && is_blind
            && last.began.is_some()
            && last.page == page
            && (last.id.is_none() || id.is_none())
        {
            // Two looks at what was answered once. WebKitGTK begins a document's time anew when another
            // process takes it over.
            last.id = last.id.or(id);
            last.began = began;
            last.counts |= seen.counts;
            return;
        }
        let event = Event::Shows { page: without_query(&page).to_owned(), opener: None };
        self.note(self.elapsed(), name, None, event);
        let documents = &mut self.seen.window_mut(name).documents;
        leave_out_initial(documents);
        documents.push(Document { id, page, ..seen });
    }

    /// The document in a window was looked at for sure, whatever the driver's luck: a step took place in it,
    /// or the window has come to rest.
    pub(super) fn count_document(&mut self, name: &str) {
        if let Some(last) = self.seen.window_mut(name).documents.last_mut() {
            last.counts |= last.began.is_some();
        }
    }

    /// The newest answer for this address whose document was not seen yet.
    fn answer_for(&self, address: &str) -> Option<u64> {
        let page = self.names.page(address);
        let mut answers = self.exchanges.iter().rev().filter(|exchange| exchange.shows());
        let fits = |exchange: &&Exchange| {
            let passed = self.watched.passed.get(&exchange.id);
            exchange.id >= PASSED
                && passed.is_some_and(|passed| {
                    passed.url == page && matches!(passed.kind, Kind::Document | Kind::Frame)
                })
                && !self.watched.shown.contains(&exchange.id)
        };
        answers.find(fits).map(|exchange| exchange.id)
    }

    /// The page that was answered first, if no document has ever been there.
    pub(super) fn first_page_lost(&self) -> Option<String> {
        let is_page = |exchange: &&Exchange| {
            let passed = self.watched.passed.get(&exchange.id);
            exchange.shows() && passed.is_some_and(|passed| passed.kind == Kind::Document)
        };
        let nothing = self.watched.shown.is_empty();
        let first = self.exchanges.iter().find(is_page).filter(|_| nothing)?;
        Some(without_query(&first.page).to_owned())
    }

    /// Documents of windows that have no name in the scenario are nobody's here.
    pub(super) async fn leave_out_others(&mut self) -> Result<(), UnitError> {
        if !self.ground.is_watched() {
            return Ok(());
        }
        let is_document = |note: &&Note| note.body["type"] == "document";
        let notes = self.watched.unheard.iter().filter(is_document);
        let mut urls: Vec<String> =
            notes.filter_map(|note| note.body["url"].as_str().map(ToOwned::to_owned)).collect();
        for window in self.unknown_windows().await? {
            let shows = self.glimpse(&window).await?.map(|(url, _)| url);
            urls.extend(shows.filter(|url| !urls.contains(url)).into_iter().collect::<Vec<_>>());
        }
        for url in urls {
            let id = self.answer_for(&url);
            self.watched.shown.extend(id);
        }
        Ok(())
    }

    /// Documents that were answered and that nobody saw, because they were gone too soon: they belong to the
    /// window whose documents they follow.
    pub(super) fn adopt_unseen(&mut self) {
        let unseen: Vec<(u64, String)> = self
            .exchanges
            .iter()
            .filter(|exchange| {
                let passed = self.watched.passed.get(&exchange.id);
                exchange.id >= PASSED
                    && exchange.shows()
                    && passed.is_some_and(|passed| passed.kind == Kind::Document)
                    && !self.watched.shown.contains(&exchange.id)
            })
            .map(|exchange| (exchange.id, exchange.page.clone()))
            .collect();
        for (id, page) in unseen {
            let tops = self.seen.windows.iter_mut();
            let tops = tops.filter(|(_, window)| !matches!(window.role, Role::Frame { .. }));
            let before = |window: &super::seen::Window| {
                window
                    .documents
                    .iter()
                    .filter_map(|known| known.id)
                    .filter(|known| *known < id)
                    .max()
            };
            let Some((_, window)) = tops.max_by_key(|(_, window)| before(window)) else { continue };
            leave_out_initial(&mut window.documents);
            let after = |known: &Document| known.id.is_some_and(|known| known > id);
            let at = window.documents.iter().position(after).unwrap_or(window.documents.len());
            window.documents.insert(at, Document { id: Some(id), page, ..Document::default() });
        }
        for (popup, origin) in std::mem::take(&mut self.watched.proofs) {
            let Some(last) = self.seen.windows.get(&popup).and_then(|window| window.last()) else {
                continue;
            };
            if self.origin_of(last) == origin
                && let Some(last) = self.seen.window_mut(&popup).documents.last_mut()
                && is_foreign(last)
                && !last.counts
            {
                last.has_opener = Some(true);
                last.counts = true;
            }
        }
    }

    /// What kept the newest page from coming, if a site did not answer. `since` is a number of exchanges.
    pub(super) fn fault_since(&self, since: usize) -> Option<(String, Fault)> {
        let mut new = self.exchanges.iter().skip(since).rev();
        new.find_map(|exchange| {
            let passed = self.watched.passed.get(&exchange.id)?;
            let is_page = matches!(passed.kind, Kind::Document | Kind::Frame);
            let fault = passed.fault.clone().filter(|_| is_page)?;
            Some((without_query(&exchange.page).to_owned(), fault))
        })
    }
}

/// What every window begins with is not told once there is more.
fn leave_out_initial(documents: &mut Vec<Document>) {
    if let [only] = &documents[..]
        && only.id.is_none()
        && only.page == "about:blank"
    {
        documents.clear();
    }
}
