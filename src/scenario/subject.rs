//! What a step names and what it uses: windows, fetches, pages.

use fixtures_server::page::PageUrl;
use indexmap::IndexMap;

use super::step::{MAIN, Step};
use crate::fact::SubjectKind;

/// The receiver in a `send` step that is not a window's name.
pub(super) const OPENER: &str = "opener";

impl Step {
    /// The name that the step introduces: the key it stands under, and what bears it.
    pub(super) fn introduces(&self) -> Option<(&'static str, &str, SubjectKind)> {
        match self {
            Self::Popup(step) => Some(("as", &step.r#as, SubjectKind::Window)),
            Self::Login(step) => Some(("as", step.r#as.as_deref()?, SubjectKind::Window)),
            Self::Frame(step) => Some(("as", &step.r#as, SubjectKind::Frame)),
            Self::Submit(step) => Some(("popup", step.popup.as_deref()?, SubjectKind::Window)),
            Self::Wait(step) => match (&step.popup, &step.frame) {
                (Some(popup), _) => Some(("popup", popup, SubjectKind::Window)),
                (None, Some(frame)) => Some(("frame", frame, SubjectKind::Frame)),
                (None, None) => None,
            },
            Self::Fetch(step) => Some(("as", &step.r#as, SubjectKind::Fetch)),
            Self::Load(step) => Some(("as", &step.r#as, SubjectKind::Resource)),
            Self::Evaluate(step) => Some(("as", &step.r#as, SubjectKind::Evaluation)),
            Self::Open(_)
            | Self::AwaitLogin(_)
            | Self::Navigate(_)
            | Self::Back(_)
            | Self::Send(_)
            | Self::Click(_)
            | Self::Fill(_)
            | Self::Press(_)
            | Self::Select(_)
            | Self::Screenshot(_)
            | Self::Close(_) => None,
        }
    }

    /// The windows and frames in which the step takes place, each with its key.
    pub(super) fn windows(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Open(step) => vec![("in", &step.r#in)],
            Self::Popup(step) => vec![("from", &step.from)],
            Self::Login(step) => vec![("from", &step.from)],
            Self::AwaitLogin(step) => vec![("in", &step.r#in)],
            Self::Frame(step) => vec![("in", &step.r#in)],
            Self::Navigate(step) => vec![("in", &step.r#in)],
            Self::Back(step) | Self::Close(step) => vec![("in", &step.r#in)],
            Self::Fetch(step) => vec![("in", &step.r#in)],
            Self::Load(step) => vec![("in", &step.r#in)],
            Self::Submit(step) => vec![("in", &step.r#in)],
            Self::Send(step) if step.to == OPENER => vec![("from", &step.from)],
            Self::Send(step) => vec![("from", &step.from), ("to", &step.to)],
            Self::Click(step) => vec![("in", &step.r#in)],
            Self::Fill(step) => vec![("in", &step.r#in)],
            Self::Press(step) => vec![("in", &step.r#in)],
            Self::Select(step) => vec![("in", &step.r#in)],
            Self::Wait(step) => vec![("in", &step.r#in)],
            Self::Evaluate(step) => vec![("in", &step.r#in)],
            Self::Screenshot(step) => vec![("in", &step.r#in)],
        }
    }

    /// The pages that the step needs, each with its key.
    pub(super) fn pages(&self) -> Vec<(&'static str, &PageUrl)> {
        match self {
            Self::Open(step) => vec![("url", &step.url)],
            Self::Popup(step) => vec![("url", &step.url)],
            Self::Login(step) => {
                vec![("at", &step.at), ("token", &step.token), ("callback", &step.callback)]
            }
            Self::Frame(step) => vec![("url", &step.url)],
            Self::Navigate(step) => vec![("url", &step.url)],
            Self::Fetch(step) => vec![("url", &step.url)],
            Self::Load(step) => vec![("url", &step.url)],
            Self::Submit(step) => vec![("url", &step.url)],
            Self::Wait(step) => {
                let urls = [("url", &step.url), ("at", &step.at)].into_iter();
                urls.filter_map(|(key, url)| Some((key, url.as_ref()?))).collect()
            }
            Self::AwaitLogin(step) => {
                let signs = step.signs().into_iter();
                signs.filter_map(|(key, sign)| Some((key, sign.url.as_ref()?))).collect()
            }
            Self::Back(_)
            | Self::Send(_)
            | Self::Click(_)
            | Self::Fill(_)
            | Self::Press(_)
            | Self::Select(_)
            | Self::Evaluate(_)
            | Self::Screenshot(_)
            | Self::Close(_) => Vec::new(),
        }
    }
}

/// What facts can be asked of in one variant.
#[derive(Debug, Clone)]
pub(super) struct Subjects<'a>(IndexMap<&'a str, SubjectKind>);

impl<'a> Subjects<'a> {
    pub(super) fn new(steps: &'a [Step], pages: impl Iterator<Item = &'a PageUrl>) -> Self {
        let named =
            steps.iter().filter_map(|step| step.introduces().map(|(_, name, kind)| (name, kind)));
        let pages = pages.map(|page| (page.as_str(), SubjectKind::Endpoint));
        Self(std::iter::once((MAIN, SubjectKind::Window)).chain(named).chain(pages).collect())
    }

    pub(super) fn kind(&self, subject: &str) -> Option<SubjectKind> {
        self.0.get(subject).copied()
    }

    /// Those that `subject` may have been meant for: pages if it looks like one, else the others.
    pub(super) fn like(&self, subject: &str) -> impl Iterator<Item = &'a str> + '_ {
        let is_page = is_page(subject);
        self.0.keys().copied().filter(move |name| self::is_page(name) == is_page)
    }
}

/// Whether a subject is meant as a page, by its form.
pub(super) fn is_page(subject: &str) -> bool {
    subject.contains(':')
}
