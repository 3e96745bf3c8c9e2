//! The question about a popup: who opens it, how, and what it is sent.

use std::fmt;

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::document::{Document, Response};
use super::engine::Engine;

/// A popup and everything that decides about its link.
#[derive(Debug, Clone, Deserialize)]
pub struct Flow {
    /// The top document of the window that opens.
    pub opener: Document,
    /// The frame in it that opens, if it is one.
    #[serde(default)]
    pub frame: Option<Frame>,
    /// The way of opening.
    #[serde(default)]
    pub open: Opening,
    /// The popup's navigations, in order.
    #[serde(default)]
    pub popup: Vec<Navigation>,
    /// Whose behaviour is asked for.
    #[serde(default)]
    pub engine: Engine,
}

/// A frame that opens a popup.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Frame {
    /// Its document.
    #[serde(flatten)]
    pub document: Document,
    /// Its `sandbox` attribute, if it has one.
    #[serde(default)]
    pub sandbox: Option<String>,
}

/// A way of opening a popup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opening {
    /// `window.open(url)`.
    #[default]
    Direct,
    /// `window.open(url, name)`, where no window has this name yet.
    Named,
    /// `window.open(url, name, "noopener")`.
    Noopener,
    /// `window.open(url, name, "noreferrer")`.
    Noreferrer,
    /// `window.open()`, and then `popup.location = url`.
    BlankThenAssign,
    /// A link or form with a `target` and `rel=opener`.
    Link,
    /// A link with a `target` and `rel=noopener`.
    LinkNoopener,
}

impl Opening {
    pub(super) fn asks_noopener(self) -> bool {
        matches!(self, Self::Noopener | Self::Noreferrer | Self::LinkNoopener)
    }

    pub(super) fn is_link(self) -> bool {
        matches!(self, Self::Link | Self::LinkNoopener)
    }
}

/// How a popup moves on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Navigation {
    /// To a new document: all responses on the way, redirects first. Written as a list.
    To(Vec<Response>),
    /// Back to the document before the current one. Written as `"back"`.
    Back,
}

impl<'de> Deserialize<'de> for Navigation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NavigationVisitor)
    }
}

struct NavigationVisitor;

impl<'de> Visitor<'de> for NavigationVisitor {
    type Value = Navigation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a navigation: a list of responses, or \"back\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Navigation, A::Error> {
        let mut hops = Vec::new();
        while let Some(hop) = items.next_element()? {
            hops.push(hop);
        }
        Ok(Navigation::To(hops))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Navigation, E> {
        if word == "back" {
            return Ok(Navigation::Back);
        }
        Err(E::invalid_value(Unexpected::Str(word), &self))
    }
}
