//! The vocabulary that prediction, observation and expectation share.
//!
//! A [`Fact`] is one thing that can be predicted and observed: a subject (a window, a fetch, a
//! resource, an endpoint) and what is asked of it ([`FactKind`]), e.g. `login.opener`. [`Facts`] is a
//! table of them, in a fixed order. Data only: nothing here decides anything.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// What can be asked of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// A popup's own `window.opener`, at its last document.
    Opener,
    /// What the handle from `window.open` tells the opener.
    Handle,
    /// Whether the driver still sees the window, whatever the page believes.
    Open,
    /// Whether `window.close()` inside the popup closes it.
    SelfClose,
    /// Whether `window.name` still is what the opener gave.
    WindowName,
    /// Whether the popup has the copy of the opener's sessionStorage (same origin only).
    SessionStorage,
    /// Every document the window showed, each with its opener relation.
    Journey,
    /// `crossOriginIsolated`.
    Isolated,
    /// `isSecureContext`.
    SecureContext,
    /// Whether a SharedArrayBuffer really is shared with a worker.
    SharedMemory,
    /// Messages that arrived, each with what the page made of it.
    Messages,
    /// How the login that this window started ended.
    Login,
    /// Resources that came, and that the browser did not let the page have.
    Blocked,
    /// What the page could learn of a fetch.
    Result,
    /// Whether a resource or a frame came in.
    Loading,
    /// Status of a readable response.
    Status,
    /// Names of the response headers that the page could read.
    ReadableHeaders,
    /// Requests as they reached the server.
    Received,
    /// How often an endpoint acted.
    Performed,
    /// What an `evaluate` step returned.
    Value,
}

/// A kind with its name and, where the answers are few, those answers.
struct Row {
    kind: FactKind,
    name: &'static str,
    words: &'static [&'static str],
    subjects: &'static [SubjectKind],
}

/// What sort of subject a kind of fact is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// A window of the scenario: the opener, a popup.
    Window,
    /// A frame in one.
    Frame,
    /// A `fetch` step.
    Fetch,
    /// A `load` step.
    Resource,
    /// A page that records requests, by `site:/path`.
    Endpoint,
    /// An `evaluate` step.
    Evaluation,
}

const YES_NO: &[&str] = &["yes", "no"];

#[rustfmt::skip]
const TABLE: &[Row] = {
    use FactKind::*;
    use SubjectKind::*;
    const ANY_PAGE: &[SubjectKind] = &[Window, Frame];
    &[
        Row { kind: Opener, name: "opener", words: &["connected", "severed", "never"], subjects: &[Window] },
        Row { kind: Handle, name: "handle", words: &["live", "reads-closed", "null"], subjects: &[Window] },
        Row { kind: Open, name: "open", words: YES_NO, subjects: &[Window] },
        Row { kind: SelfClose, name: "self-close", words: YES_NO, subjects: &[Window] },
        Row { kind: WindowName, name: "window-name", words: &["kept", "reset"], subjects: &[Window] },
        Row { kind: SessionStorage, name: "session-storage", words: &["copied", "empty"], subjects: &[Window] },
        Row { kind: Journey, name: "journey", words: &[], subjects: ANY_PAGE },
        Row { kind: Isolated, name: "isolated", words: YES_NO, subjects: ANY_PAGE },
        Row { kind: SecureContext, name: "secure-context", words: YES_NO, subjects: ANY_PAGE },
        Row { kind: SharedMemory, name: "shared-memory", words: &["usable", "unavailable"], subjects: ANY_PAGE },
        Row { kind: Messages, name: "messages", words: &[], subjects: ANY_PAGE },
        Row { kind: Login, name: "login", words: &["completed", "cancelled", "denied", "failed", "waiting"], subjects: ANY_PAGE },
        Row { kind: Blocked, name: "blocked", words: &[], subjects: ANY_PAGE },
        Row { kind: Result, name: "result", words: &["readable", "opaque", "blocked"], subjects: &[Fetch] },
        Row { kind: Loading, name: "loading", words: &["loaded", "blocked"], subjects: &[Resource, Frame] },
        Row { kind: Status, name: "status", words: &[], subjects: &[Fetch] },
        Row { kind: ReadableHeaders, name: "readable-headers", words: &[], subjects: &[Fetch] },
        Row { kind: Received, name: "received", words: &[], subjects: &[Endpoint] },
        Row { kind: Performed, name: "performed", words: &[], subjects: &[Endpoint] },
        Row { kind: Value, name: "value", words: &[], subjects: &[Evaluation] },
    ]
};

impl FactKind {
    /// All kinds, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.kind)
    }

    /// The name in scenario files and snapshots.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The possible answers, where they are few; empty where any text or list may come.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        self.row().words
    }

    /// Whether this can be asked of such a subject.
    #[must_use]
    pub fn fits(self, subject: SubjectKind) -> bool {
        self.row().subjects.contains(&subject)
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.kind == self).expect("every kind has its row")
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that can be predicted and observed: `subject.kind`, e.g. `login.opener`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fact {
    /// A window, fetch, resource or evaluation by its name in the scenario, or an endpoint by
    /// `site:/path`.
    pub subject: String,
    /// What is asked of it.
    pub kind: FactKind,
}

impl Fact {
    /// The fact `subject.kind`.
    #[must_use]
    pub fn new(subject: impl Into<String>, kind: FactKind) -> Self {
        Self { subject: subject.into(), kind }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.subject, self.kind)
    }
}

/// A text that names no fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// There is no dot.
    #[error("`{0}` is not a fact: write `subject.kind`, e.g. `popup.opener`")]
    Shape(String),
    /// The part after the last dot is no kind of fact.
    #[error("`{0}` is not a kind of fact")]
    Kind(String),
}

impl FromStr for Fact {
    type Err = FactError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (subject, name) =
            text.rsplit_once('.').ok_or_else(|| FactError::Shape(text.to_owned()))?;
        if subject.is_empty() {
            return Err(FactError::Shape(text.to_owned()));
        }
        let kind = FactKind::all()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| FactError::Kind(name.to_owned()))?;
        Ok(Self::new(subject, kind))
    }
}

impl Serialize for Fact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The answer to a fact: a word or text, or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// One word or text.
    Text(String),
    /// Several, in order.
    List(Vec<String>),
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for FactValue {
    fn from(yes: bool) -> Self {
        Self::from(if yes { "yes" } else { "no" })
    }
}

impl fmt::Display for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::List(items) if items.is_empty() => f.write_str("(none)"),
            Self::List(items) => f.write_str(&items.join(", ")),
        }
    }
}

impl Serialize for FactValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
        }
    }
}

/// A number or truth value is taken as the text that it is written as.
impl<'de> Deserialize<'de> for FactValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FactValueVisitor)
    }
}

struct FactValueVisitor;

impl<'de> Visitor<'de> for FactValueVisitor {
    type Value = FactValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, a number or a list")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.into())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(value.to_string().into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(value.to_string().into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(value.to_string().into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(value.to_string().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<String>()? {
            list.push(item);
        }
        Ok(FactValue::List(list))
    }
}

/// Facts with their answers, ordered by subject and then as [`FactKind::all`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<Fact, FactValue>);

impl Facts {
    /// Puts an answer in; a later one for the same fact replaces the earlier.
    pub fn insert(&mut self, subject: &str, kind: FactKind, value: impl Into<FactValue>) {
        self.0.insert(Fact::new(subject, kind), value.into());
    }

    /// Takes an answer out.
    pub fn remove(&mut self, subject: &str, kind: FactKind) {
        self.0.remove(&Fact::new(subject, kind));
    }

    /// The answer to `fact`.
    #[must_use]
    pub fn get(&self, fact: &Fact) -> Option<&FactValue> {
        self.0.get(fact)
    }

    /// The answer to `subject.kind` if it is a text.
    #[must_use]
    pub fn text(&self, subject: &str, kind: FactKind) -> Option<&str> {
        match self.0.get(&Fact::new(subject, kind))? {
            FactValue::Text(text) => Some(text),
            FactValue::List(_) => None,
        }
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Fact, &FactValue)> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<String>> for FactValue {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

impl From<String> for FactValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
