//! Header values as the standards read them, from raw lines. Pure.
//!
//! [`Lines`] is a response's header lines; one file per header turns them into its policy. What a
//! browser ignores reads as the default here, as it does there; `lint` says that it was ignored. A
//! [`Dialect`] is how an engine reads headers otherwise than the standards.

mod agent_cluster;
mod coep;
mod coop;
mod corp;
mod cors;
mod dip;
mod meta;
mod permissions;
mod report_only;
mod reporting;
mod sandbox;
pub mod structured;

pub use agent_cluster::asks_for_agent_cluster;
pub use coep::EmbedderPolicy;
pub use coop::OpenerPolicy;
pub use corp::ResourcePolicy;
pub use cors::{
    CorsFault, cors_check, header_names, is_forbidden_request_header, is_safelisted_method,
    normalized_method, preflight_check, readable_headers, unsafe_request_headers,
};
pub use dip::DocumentIsolation;
pub use meta::{Pragma, pragmas, refresh};
pub use permissions::{Allowlist, AllowlistMember};
pub use report_only::{as_report_only, changed_headers, report_only_name};
pub use reporting::endpoints;
pub use sandbox::Sandbox;
use structured::{Bare, Item};

/// The headers that count in secure contexts only, on documents only.
pub(crate) const SECURE_ONLY: [&str; 6] = [
    OpenerPolicy::NAME,
    OpenerPolicy::REPORT_ONLY,
    EmbedderPolicy::NAME,
    EmbedderPolicy::REPORT_ONLY,
    DocumentIsolation::NAME,
    DocumentIsolation::REPORT_ONLY,
];

/// The header lines of one response, in order, as (name, value).
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a> {
    lines: &'a [(String, String)],
    dialect: Dialect,
}

/// How an engine reads headers otherwise than the standards; the default is the standards' way. Which
/// engine does what is `spec`'s data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a difference of its own")]
pub struct Dialect {
    /// COOP `noopener-allow-popups` is an unknown word.
    pub lacks_noopener_allow_popups: bool,
    /// COEP `credentialless` is an unknown word.
    pub lacks_credentialless: bool,
    /// `Document-Isolation-Policy` is an unknown header.
    pub lacks_document_isolation: bool,
    /// A line without a value does not count beside others of its name.
    pub drops_empty_lines: bool,
    /// Carriage returns around a value are trimmed.
    pub trims_carriage_returns: bool,
    /// A `report-to` that is no string spoils an embedder policy.
    pub wants_string_report_to: bool,
    /// `*` in `Access-Control-Allow-Headers` covers `Authorization`, too.
    pub wildcard_covers_authorization: bool,
    /// An unknown resource policy counts as `cross-origin`.
    pub takes_unknown_corp_as_permission: bool,
}

/// A structured field's item of which the token counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub text: String,
    /// The parameter `report-to`, if it is a string.
    pub report_to: Option<String>,
    /// Whether there is a `report-to` of another type.
    pub faulty_report_to: bool,
}

impl<'a> Lines<'a> {
    /// Read as the standards say.
    #[must_use]
    pub fn new(lines: &'a [(String, String)]) -> Self {
        Self { lines, dialect: Dialect::default() }
    }

    /// Read as an engine does.
    #[must_use]
    pub fn in_dialect(lines: &'a [(String, String)], dialect: Dialect) -> Self {
        Self { lines, dialect }
    }

    /// The way of reading.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        self.dialect
    }

    /// The lines with this name, with the value as it was sent.
    pub fn raw(self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = move |line: &&(String, String)| line.0.eq_ignore_ascii_case(name);
        self.lines.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// The values of all lines with this name, without the spaces and tabs around them
    /// (RFC 9110, section 5.5).
    pub fn all(self, name: &str) -> impl Iterator<Item = &'a str> {
        let around: &[char] =
            if self.dialect.trims_carriage_returns { &[' ', '\t', '\r'] } else { &[' ', '\t'] };
        self.raw(name).map(move |value| value.trim_matches(around))
    }

    /// The names of all lines, in order.
    pub fn names(self) -> impl Iterator<Item = &'a str> {
        self.lines.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there is a line with this name.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self.raw(name).next().is_some()
    }

    /// The values of all lines with this name as one value (Fetch, "get a header").
    #[must_use]
    pub fn combined(self, name: &str) -> Option<String> {
        let drops = self.dialect.drops_empty_lines && self.all(name).any(|value| !value.is_empty());
        let mut values = self.all(name).filter(|value| !drops || !value.is_empty());
        let mut combined = values.next()?.to_owned();
        for value in values {
            combined.push_str(", ");
            combined.push_str(value);
        }
        Some(combined)
    }

    /// The value as a structured field's item with a token (RFC 9651, section 4.2.3); nothing where it
    /// is no such item.
    #[must_use]
    pub fn token(self, name: &str) -> Option<Token> {
        let value = self.combined(name)?;
        let Item { bare: Bare::Token(text), mut parameters } = structured::item(&value)? else {
            return None;
        };
        let at = parameters.iter().position(|(name, _)| name == "report-to");
        let (report_to, faulty_report_to) = match at.map(|at| parameters.swap_remove(at).1) {
            Some(Bare::Text(endpoint)) => (Some(endpoint), false),
            other => (None, other.is_some()),
        };
        Some(Token { text, report_to, faulty_report_to })
    }
}

#[cfg(test)]
fn lines(texts: &[&str]) -> Vec<(String, String)> {
    texts
        .iter()
        .map(|text| text.split_once(':').map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap())
        .collect()
}
