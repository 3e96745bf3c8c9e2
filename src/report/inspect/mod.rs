//! Live chains as text of at most 80 columns, and as JSON.
//!
//! `page` tells of one page, `compare` what differs between several, `replay` of a `fetch()`, `observed` what
//! real browsers show; `json` is all of it for programs. Secrets are masked here, so that none gets out by any of them.

mod compare;
mod json;
mod observed;
mod page;
mod replay;

use std::fmt::Write as _;

use super::console::wrap;
use crate::chain::{Chain, End, Hop, Outlook, Role, shown_url};
use crate::lint::{Lint, Severity};
use crate::snapshot::visible;

pub use compare::compare;
pub use json::{VERSION, compare as compare_json, page as page_json, replay as replay_json};
pub use observed::{observed, observed_json, observed_script};
pub use page::{brief, page};
pub use replay::replay;

const WIDTH: usize = 80;

/// One page as it was found.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The responses on the way to it.
    pub chain: Chain,
    /// The page that opens it, if one was named.
    pub opener: Option<Hop>,
    /// What it can do; nothing where the chain ends with no response.
    pub outlook: Option<Outlook>,
}

impl Inspected {
    /// With what the model says.
    #[must_use]
    pub fn new(chain: Chain, opener: Option<Hop>) -> Self {
        let outlook = crate::chain::outlook(&chain, opener.as_ref());
        Self { chain, opener, outlook }
    }

    /// Whether a request was not answered.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(self.chain.end, End::Failed(_))
    }

    /// Whether it ends with something that a window shows as a page.
    #[must_use]
    pub fn is_page(&self) -> bool {
        self.outlook.as_ref().is_some_and(|outlook| outlook.case("isolated").is_some())
    }

    /// Whether a header has no effect, or the chain leads to no page that a browser shows.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        let last = self.chain.hops.len().saturating_sub(1);
        let hops = self.chain.hops.iter().enumerate();
        let mut lints = hops.flat_map(|(index, hop)| hop.lints(index == last));
        let ends =
            matches!(self.chain.end, End::Loop(_) | End::TooManyRedirects | End::BadLocation(_));
        ends || lints.any(|lint| lint.code.severity == Severity::Error)
    }
}

/// Text in lines, the first after `label`, the others below it.
fn paragraph(out: &mut String, label: &str, text: &str) {
    let indent = label.chars().count();
    let lines = wrap(&visible(text), WIDTH.saturating_sub(indent));
    for (number, line) in lines.iter().enumerate() {
        let start = if number == 0 { label.to_owned() } else { " ".repeat(indent) };
        let _ = writeln!(out, "{start}{line}");
    }
    if lines.is_empty() {
        let _ = writeln!(out, "{}", label.trim_end());
    }
}

/// A header line, cut where it is too long to be read.
fn header(out: &mut String, indent: usize, line: &str) {
    let line = console::truncate_str(&visible(line), WIDTH - indent, "…").into_owned();
    let _ = writeln!(out, "{:indent$}{line}", "");
}

fn lint(out: &mut String, indent: usize, lint: &Lint) {
    let mark = if lint.code.severity == Severity::Note { "·" } else { "!" };
    let text = crate::chain::masked(&lint.to_string());
    paragraph(out, &format!("{:indent$}{mark} ", ""), &format!("{text} [{}]", lint.code.name));
}

/// How a chain that leads to no response ended, and what to do about it.
fn ended(end: &End) -> Option<(String, Option<String>)> {
    let (what, hint) = match end {
        End::Answered => return None,
        End::Loop(url) => (
            format!(
                "a redirect loop: {} is asked for again, with the same cookies",
                shown_url(url)
            ),
            None,
        ),
        End::TooManyRedirects => {
            ("more than 20 redirects: browsers show an error instead of a page".to_owned(), None)
        }
        End::BadLocation(text) => {
            (format!("a redirect to `{}`, which is no address", crate::chain::masked(text)), None)
        }
        End::Outside(text) => (
            format!(
                "a redirect out of the browser, to `{}`: no page is shown",
                crate::chain::masked(text)
            ),
            None,
        ),
        End::Failed(failure) => (
            format!("{} could not be fetched: {}", shown_url(&failure.url), failure.what),
            failure.hint.clone(),
        ),
    };
    Some((what, hint))
}

/// The heading of the cases of a role.
fn heading(role: Role) -> &'static str {
    match role {
        Role::Opener => "a popup that this page opens, to",
        Role::Popup => "this page in a popup, opened by",
        Role::Alone => "this page itself",
        Role::Embedded => "on other sites",
    }
}
