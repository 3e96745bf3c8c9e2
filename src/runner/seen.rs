//! What a unit's pages have told so far: windows, documents, messages, the login. Pure.
//!
//! The pages push to the server, [`Seen::take`] files each push under its window. A document does not
//! know in which window of the scenario it is, so it goes to the window of the step at hand, and
//! [`Seen::claim`] puts it right once the driver has looked.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::steps::word;
use crate::browser::WindowId;
use crate::observation::{Event, without_query};
use crate::scenario::Opening;

/// A window or frame of the unit.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) role: Role,
    /// The driver's handle; frames and windows that were gone too soon have none.
    pub(super) handle: Option<WindowId>,
    pub(super) documents: Vec<Document>,
    /// What `window.open` gave.
    pub(super) opened: Opened,
    /// What the handle told the opener last, and how many documents the popup had shown by then.
    pub(super) relation: Option<Relation>,
    pub(super) related_at: usize,
    /// Whether the driver saw the window when the steps were over.
    pub(super) open: Option<bool>,
    pub(super) self_close: Option<bool>,
    pub(super) closed_by_user: bool,
    pub(super) messages: Vec<Message>,
    /// The origins of fences that have arrived: proof that all earlier messages from there have, too.
    pub(super) fences: Vec<String>,
    /// How the login that the window started ended.
    pub(super) login: Option<LoginEnd>,
    /// If a login was started here: how many fences had arrived by then.
    pub(super) login_began: Option<usize>,
    /// The documents that opened a popup: the opening one, and the top one above it.
    pub(super) opened_by: Option<(u64, u64)>,
    /// Whether a frame came in.
    pub(super) loaded: Option<bool>,
    /// The selector of a frame that the page itself has.
    pub(super) found_by: Option<String>,
    /// How a page opened it by itself, where that was seen.
    pub(super) how: Option<String>,
    /// Resources that its pages did not get.
    pub(super) blocked: Vec<String>,
}

/// What a window is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Main,
    Popup { from: String, how: Opening },
    Frame { parent: String },
}

/// What `window.open` gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    Handle,
    Null,
    /// Opened by a link or form, which give no handle.
    Nothing,
}

/// What the opener's handle is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Live,
    ReadsClosed,
}

/// A document that reported itself, or that the driver looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    /// The number of its exchange; one that was not answered here or by way of the proxy has none.
    pub(super) id: Option<u64>,
    /// Tells a document that is not ours from all others of its window: when it began, by its own clock.
    pub(super) began: Option<f64>,
    pub(super) page: String,
    /// Nothing where nobody has looked.
    pub(super) has_opener: Option<bool>,
    /// Whether that is told: a look that came in time by luck would be there in one run and not in the next.
    pub(super) counts: bool,
    pub(super) name: String,
    pub(super) isolated: bool,
    pub(super) secure: bool,
    pub(super) has_shared_memory: bool,
    /// Whether a worker's write to shared memory could be read.
    pub(super) shared_memory: Option<bool>,
    pub(super) session: Option<String>,
    /// How the page handed its result on, if it is one that does.
    pub(super) returned: Option<Returned>,
}

/// How a page handed its result on.
#[derive(Debug, Clone)]
pub(super) struct Returned {
    pub(super) via: String,
    pub(super) outcome: String,
}

/// What a push tells, and where.
#[derive(Debug)]
pub(super) struct Tale {
    pub(super) window: String,
    pub(super) document: u64,
    pub(super) event: Event,
}

/// A message that arrived at a page.
#[derive(Debug, Clone)]
pub(super) struct Message {
    document: u64,
    number: u64,
    pub(super) origin: String,
    pub(super) kind: String,
    pub(super) verdict: Option<String>,
}

/// How a login ended.
#[derive(Debug, Clone)]
pub(super) struct LoginEnd {
    pub(super) outcome: String,
    pub(super) detail: Option<String>,
}

impl Window {
    fn new(role: Role) -> Self {
        Self {
            role,
            handle: None,
            documents: Vec::new(),
            opened: Opened::Nothing,
            relation: None,
            related_at: 0,
            open: None,
            self_close: None,
            closed_by_user: false,
            messages: Vec::new(),
            fences: Vec::new(),
            login: None,
            login_began: None,
            opened_by: None,
            loaded: None,
            found_by: None,
            how: None,
            blocked: Vec::new(),
        }
    }

    /// The document that the window shows, as far as is known.
    pub(super) fn last(&self) -> Option<&Document> {
        self.documents.last()
    }

    /// The highest number of its documents.
    pub(super) fn last_id(&self) -> Option<u64> {
        self.documents.iter().filter_map(|document| document.id).max()
    }
}

/// All that a unit's pages have told.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) windows: IndexMap<String, Window>,
    /// The window to which a new document is put down.
    pub(super) active: String,
    /// Documents that the driver has seen in the window where they are put down.
    verified: HashSet<u64>,
    /// For each document the number of its next note.
    next: HashMap<u64, u64>,
    /// Notes that have overtaken others, by document and number.
    early: HashMap<(u64, u64), Value>,
}

impl Seen {
    /// Nothing yet but the first window.
    pub(super) fn new(main: &str, handle: WindowId) -> Self {
        let mut windows = IndexMap::new();
        let mut window = Window::new(Role::Main);
        window.handle = Some(handle);
        windows.insert(main.to_owned(), window);
        let active = main.to_owned();
        Self {
            windows,
            active,
            verified: HashSet::new(),
            next: HashMap::new(),
            early: HashMap::new(),
        }
    }

    /// A window or frame that a step is about to bring up; it becomes the active one.
    pub(super) fn add(&mut self, name: &str, role: Role) {
        let mut window = Window::new(role);
        if let Role::Popup { from, .. } = &window.role {
            let document = |name: &str| self.windows.get(name)?.last()?.id;
            window.opened_by = document(from).zip(document(self.top_of(from)));
        }
        self.windows.insert(name.to_owned(), window);
        self.active = name.to_owned();
    }

    /// The window of this name. Scenarios are checked, so it is there.
    pub(super) fn window(&self, name: &str) -> &Window {
        self.windows.get(name).expect("the scenario's check has seen this name")
    }

    /// As [`Seen::window`], to change it.
    pub(super) fn window_mut(&mut self, name: &str) -> &mut Window {
        self.windows.get_mut(name).expect("the scenario's check has seen this name")
    }

    /// The window at the top of a frame; of a window, itself.
    pub(super) fn top_of<'a>(&'a self, name: &'a str) -> &'a str {
        match self.windows.get(name).map(|window| &window.role) {
            Some(Role::Frame { parent }) => self.top_of(parent),
            _ => name,
        }
    }

    /// The document with this number.
    pub(super) fn document(&self, id: u64) -> Option<&Document> {
        let documents = self.windows.values().flat_map(|window| &window.documents);
        documents.into_iter().find(|document| document.id == Some(id))
    }

    /// The window in which document `id` is.
    pub(super) fn window_of(&self, id: u64) -> Option<&str> {
        self.windows
            .iter()
            .find(|(_, window)| window.documents.iter().any(|document| document.id == Some(id)))
            .map(|(name, _)| name.as_str())
    }

    /// The window with this handle of the driver's.
    pub(super) fn window_at(&self, handle: &WindowId) -> Option<&str> {
        let found = self.windows.iter().find(|(_, window)| window.handle.as_ref() == Some(handle));
        found.map(|(name, _)| name.as_str())
    }

    /// A message that arrived at a page that is not ours: what it makes of it is its own affair.
    pub(super) fn add_message(&mut self, name: &str, origin: &str, kind: &str) {
        let message = Message {
            document: 0,
            number: 0,
            origin: origin.to_owned(),
            kind: kind.to_owned(),
            verdict: None,
        };
        self.window_mut(name).messages.push(message);
    }

    /// Moves document `id` to `name`, where the driver has found it.
    pub(super) fn claim(&mut self, name: &str, id: u64) {
        self.verified.insert(id);
        if self.window_of(id) == Some(name) {
            return;
        }
        let mut found = None;
        for window in self.windows.values_mut() {
            if let Some(at) = window.documents.iter().position(|document| document.id == Some(id)) {
                found = Some(window.documents.remove(at));
            }
        }
        if let Some(document) = found {
            self.window_mut(name).documents.push(document);
        }
    }

    /// Whether the driver has seen every document of windows and popups in its place.
    pub(super) fn all_verified(&self) -> bool {
        let is_top = |window: &&Window| !matches!(window.role, Role::Frame { .. });
        let documents = self.windows.values().filter(is_top).flat_map(|window| &window.documents);
        documents.filter_map(|document| document.id).all(|id| self.verified.contains(&id))
    }

    /// Files one push and those that had to wait for it; gives what each tells.
    pub(super) fn take(&mut self, push: Value) -> Vec<Tale> {
        let number = |key: &str| push.get(key).and_then(Value::as_u64);
        let (Some(id), Some(number)) = (number("doc"), number("number")) else { return Vec::new() };
        self.early.insert((id, number), push);
        let mut told = Vec::new();
        loop {
            let next = self.next.entry(id).or_insert(0);
            let Some(push) = self.early.remove(&(id, *next)) else { return told };
            *next += 1;
            let tale = self.file(id, &push);
            told.extend(tale.map(|(window, event)| Tale { window, document: id, event }));
        }
    }

    fn file(&mut self, id: u64, push: &Value) -> Option<(String, Event)> {
        let kind = text(push, "type")?;
        if kind == "document" {
            return Some(self.take_document(id, push));
        }
        let own = |key: &str| text(push, key).unwrap_or_default().to_owned();
        let name = self.window_of(id)?.to_owned();
        let how = |popup: &str| match &self.windows.get(popup)?.role {
            Role::Popup { how, .. } => word(how).as_str().map(ToOwned::to_owned),
            _ => None,
        };
        let opened_how = how(&own("as"));
        let window = self.windows.get_mut(&name)?;
        let event = match kind {
            // A fact, and no more: when the worker has tried is a matter of luck.
            "memory" => {
                document_mut(window, id)?.shared_memory = Some(flag(push, "usable"));
                return None;
            }
            "restored" => {
                let at = window.documents.iter().position(|document| document.id == Some(id))?;
                let mut document = window.documents.remove(at);
                document.has_opener = Some(flag(push, "opener"));
                let page = without_query(&document.page).to_owned();
                window.documents.push(document);
                Event::Restored { page }
            }
            "message" => {
                let message = Message {
                    document: id,
                    number: push.get("id").and_then(Value::as_u64)?,
                    origin: text(push, "origin")?.to_owned(),
                    kind: text(push, "kind")?.to_owned(),
                    verdict: None,
                };
                let event = message.event();
                window.messages.push(message);
                event
            }
            "judged" => {
                let number = push.get("id").and_then(Value::as_u64)?;
                let verdict = text(push, "verdict")?.to_owned();
                let message = window
                    .messages
                    .iter_mut()
                    .find(|message| message.document == id && message.number == number)?;
                message.verdict = Some(verdict);
                message.event()
            }
            "fence" => {
                window.fences.push(own("origin"));
                return None;
            }
            "login" => {
                let end = LoginEnd {
                    outcome: text(push, "outcome")?.to_owned(),
                    detail: text(push, "detail").map(ToOwned::to_owned),
                };
                let event =
                    Event::Login { outcome: end.outcome.clone(), detail: end.detail.clone() };
                window.login = Some(end);
                event
            }
            "returned" => {
                let returned = Returned { via: own("via"), outcome: own("outcome") };
                let event =
                    Event::Returns { via: returned.via.clone(), outcome: returned.outcome.clone() };
                document_mut(window, id)?.returned = Some(returned);
                event
            }
            "returned-result" => Event::Result { verdict: own("verdict") },
            "opened" => {
                Event::Opens { popup: Some(own("as")), how: opened_how, handle: own("handle") }
            }
            "closed" => Event::ReadsClosed { popup: own("of") },
            "sent" => Event::Sends { message: own("kind"), to: own("to"), outcome: own("outcome") },
            "error" => Event::ScriptError { message: own("message") },
            other => Event::Notes { note: other.to_owned() },
        };
        Some((name, event))
    }

    fn take_document(&mut self, id: u64, push: &Value) -> (String, Event) {
        let document = Document {
            id: Some(id),
            began: None,
            page: text(push, "page").unwrap_or_default().to_owned(),
            has_opener: Some(flag(push, "opener")),
            counts: true,
            name: text(push, "name").unwrap_or_default().to_owned(),
            isolated: flag(push, "isolated"),
            secure: flag(push, "secure"),
            has_shared_memory: flag(push, "sharedMemory"),
            shared_memory: None,
            session: text(push, "session").map(ToOwned::to_owned),
            returned: None,
        };
        // A frame that no step named belongs to a `load` step, which asks for its own outcome.
        let framed = flag(push, "framed");
        let active_is_frame = matches!(self.window(&self.active).role, Role::Frame { .. });
        let page = document.page.clone();
        if framed == active_is_frame {
            let name = self.active.clone();
            self.window_mut(&name).documents.push(document);
            return (name, Event::Shows { page, opener: None });
        }
        (self.active.clone(), Event::Embeds { page })
    }
}

impl Message {
    fn event(&self) -> Event {
        Event::Message {
            message: self.kind.clone(),
            from: self.origin.clone(),
            verdict: self.verdict.clone(),
        }
    }
}

fn document_mut(window: &mut Window, id: u64) -> Option<&mut Document> {
    window.documents.iter_mut().find(|document| document.id == Some(id))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::browser::WindowId;

    #[test]
    fn notes_that_overtake_each_other_are_put_in_order() {
        let mut seen = Seen::new("main", WindowId::from("w"));
        let returned = json!({ "doc": 7, "number": 1, "type": "returned", "via": "opener", "outcome": "sent" });
        assert!(seen.take(returned).is_empty());
        let document = json!({ "doc": 7, "number": 0, "type": "document", "page": "app:/" });
        assert_eq!(seen.take(document).len(), 2);
        let last = seen.window("main").last().unwrap();
        assert_eq!(last.returned.as_ref().unwrap().outcome, "sent");
    }

    #[test]
    fn a_document_is_moved_to_the_window_where_the_driver_finds_it() {
        let mut seen = Seen::new("main", WindowId::from("w"));
        seen.take(json!({ "doc": 1, "number": 0, "type": "document", "page": "app:/" }));
        seen.add("popup", Role::Popup { from: "main".to_owned(), how: Opening::Direct });
        seen.active = "main".to_owned();
        seen.take(json!({ "doc": 2, "number": 0, "type": "document", "page": "auth:/" }));
        seen.claim("popup", 2);
        assert_eq!(seen.window_of(2), Some("popup"));
        assert_eq!(seen.window("main").last_id(), Some(1));
    }
}
