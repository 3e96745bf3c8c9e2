//! Which cells can be batched, and what is to be done in them. Pure.

use fixtures_server::page::{Page, PageUrl, Serve};

use crate::fact::{Fact, FactKind};
use crate::scenario::{Fetch, Frame, Load, MAIN, Popup, ResourceKind, Step, Unit};

/// Header lines that act on nothing but the response that has them. Cells share hosts, so a cookie or a
/// report of one cell could be seen by another.
const HARMLESS: &[&str] = &[
    "cross-origin-",
    "access-control-",
    "document-isolation-policy",
    "permissions-policy",
    "timing-allow-origin",
    "content-type",
    "etag",
    "link",
    "vary",
    "x-",
];

/// What a batch can tell of windows and frames, popups, fetches, resources and endpoints.
const KNOWN: &[FactKind] = &[
    FactKind::Opener,
    FactKind::Handle,
    FactKind::Open,
    FactKind::Isolated,
    FactKind::SecureContext,
    FactKind::SharedMemory,
    FactKind::Loading,
    FactKind::Result,
    FactKind::Status,
    FactKind::ReadableHeaders,
    FactKind::Received,
    FactKind::Performed,
];

/// The steps of a cell, as far as a batch knows them.
#[derive(Debug, Clone)]
pub(super) struct Shape<'u> {
    /// The page in `main`.
    pub(super) main: &'u PageUrl,
    /// The frame in it from which the rest is done, if it is not `main` itself.
    pub(super) frame: Option<&'u Frame>,
    pub(super) act: Act<'u>,
}

/// What a cell does.
#[derive(Debug, Clone)]
pub(super) enum Act<'u> {
    /// Nothing: it is about the document itself.
    Nothing,
    /// Opens a popup.
    Popup(&'u Popup),
    /// Embeds and fetches.
    Embed(Vec<Embed<'u>>),
}

/// Something that a page embeds or fetches.
#[derive(Debug, Clone, Copy)]
pub(super) enum Embed<'u> {
    Frame(&'u Frame),
    Load(&'u Load),
    Fetch(&'u Fetch),
}

impl<'u> Embed<'u> {
    pub(super) fn name(self) -> &'u str {
        match self {
            Self::Frame(step) => &step.r#as,
            Self::Load(step) => &step.r#as,
            Self::Fetch(step) => &step.r#as,
        }
    }

    pub(super) fn url(self) -> &'u PageUrl {
        match self {
            Self::Frame(step) => &step.url,
            Self::Load(step) => &step.url,
            Self::Fetch(step) => &step.url,
        }
    }

    /// Whether it brings up a document.
    pub(super) fn is_frame(self) -> bool {
        match self {
            Self::Frame(_) => true,
            Self::Load(step) => step.kind == ResourceKind::Frame,
            Self::Fetch(_) => false,
        }
    }
}

impl<'u> Shape<'u> {
    /// The shape of a unit of which `show` is to be told; nothing if it must be run step by step.
    pub(super) fn of(unit: &'u Unit, show: &[Fact]) -> Option<Self> {
        let asked = unit.expect.iter().map(|(fact, ..)| fact).chain(show);
        if !asked.into_iter().all(|fact| KNOWN.contains(&fact.kind)) {
            return None;
        }
        let [Step::Open(open), rest @ ..] = &unit.steps[..] else { return None };
        if open.r#in != MAIN {
            return None;
        }
        let (frame, act) = match rest {
            [Step::Frame(frame), rest @ ..]
                if frame.r#in == MAIN
                    && frame.sandbox.is_none()
                    && !rest.is_empty()
                    && rest.iter().all(|step| place(step) == Some(&frame.r#as)) =>
            {
                (Some(frame), act(rest)?)
            }
            _ if rest.iter().all(|step| place(step) == Some(MAIN)) => (None, act(rest)?),
            _ => return None,
        };
        let shape = Self { main: &open.url, frame, act };
        shape.is_plain(unit).then_some(shape)
    }

    /// Whether all pages are such that cells can share hosts, and that documents know their cell.
    fn is_plain(&self, unit: &Unit) -> bool {
        let mut documents = vec![self.main];
        documents.extend(self.frame.map(|frame| &frame.url));
        let mut others = Vec::new();
        match &self.act {
            Act::Nothing => {}
            Act::Popup(popup) => documents.push(&popup.url),
            Act::Embed(embeds) => {
                let (frames, resources): (Vec<Embed<'_>>, Vec<_>) =
                    embeds.iter().copied().partition(|embed| embed.is_frame());
                documents.extend(frames.into_iter().map(|embed| embed.url()));
                others.extend(resources.into_iter().map(|embed| embed.url()));
            }
        }
        documents.into_iter().all(|url| chain_is_plain(unit, url, true))
            && others.into_iter().all(|url| chain_is_plain(unit, url, false))
    }
}

/// Where a step takes place, if it is one that a batch knows.
fn place(step: &Step) -> Option<&str> {
    match step {
        Step::Popup(step) => Some(&step.from),
        Step::Frame(step) => Some(&step.r#in),
        Step::Load(step) => Some(&step.r#in),
        Step::Fetch(step) => Some(&step.r#in),
        _ => None,
    }
}

fn embed(step: &Step) -> Option<Embed<'_>> {
    match step {
        Step::Frame(step) => Some(Embed::Frame(step)),
        Step::Load(step) => Some(Embed::Load(step)),
        Step::Fetch(step) => Some(Embed::Fetch(step)),
        _ => None,
    }
}

fn act<'a>(steps: &'a [Step]) -> Option<Act<'a>> {
    match steps {
        [] => Some(Act::Nothing),
        [Step::Popup(popup)] => Some(Act::Popup(popup)),
        _ => steps.iter().map(embed).collect::<Option<Vec<_>>>().map(Act::Embed),
    }
}

fn chain_is_plain(unit: &Unit, url: &PageUrl, document: bool) -> bool {
    let mut url = url;
    for _ in 0..20 {
        let Some(page) = page_of(unit, url) else { return false };
        if !has_plain_headers(page) || (document && url.as_str().contains(['?', '#'])) {
            return false;
        }
        match page.serve.as_ref().unwrap_or(&Serve::Blank) {
            Serve::Redirect(redirect) => url = &redirect.to,
            Serve::Blank | Serve::App | Serve::Hang => return true,
            Serve::Json(_)
            | Serve::Action(_)
            | Serve::Image
            | Serve::Script
            | Serve::Style
            | Serve::Worker => return !document,
            _ => return false,
        }
    }
    false
}

/// The page that answers a request for `url`.
pub(super) fn page_of<'u>(unit: &'u Unit, url: &PageUrl) -> Option<&'u Page> {
    let is_same = |other: &PageUrl| other.site() == url.site() && other.path() == url.path();
    let pages = &unit.plan.pages;
    pages.get(url).or_else(|| pages.iter().find(|(other, _)| is_same(other)).map(|(_, page)| page))
}

fn has_plain_headers(page: &Page) -> bool {
    let preflight = page.preflight.as_ref().map(|preflight| &preflight.headers);
    page.headers.iter().chain(preflight).all(|headers| {
        headers.lines().is_ok_and(|lines| {
            lines.iter().all(|(name, _)| {
                let name = name.to_ascii_lowercase();
                HARMLESS.iter().any(|start| name.starts_with(start))
            })
        })
    })
}
