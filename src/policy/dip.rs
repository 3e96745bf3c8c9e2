//! `Document-Isolation-Policy` and `-Report-Only` (WICG, "Document Isolation Policy").

use std::fmt;

use super::{EmbedderPolicy, Lines};

/// A document isolation policy value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DocumentIsolation {
    /// No policy.
    #[default]
    None,
    /// Isolated; cross-origin resources need CORP or CORS.
    RequireCorp,
    /// Isolated; cross-origin resources come without credentials.
    Credentialless,
}

impl DocumentIsolation {
    /// The header's name.
    pub const NAME: &'static str = "Document-Isolation-Policy";
    /// The name of the header that only reports.
    pub const REPORT_ONLY: &'static str = "Document-Isolation-Policy-Report-Only";

    /// The enforced value of a response; `secure` says whether its environment is a secure context.
    #[must_use]
    pub fn of(lines: Lines<'_>, secure: bool) -> Self {
        Self::named(Self::NAME, lines, secure)
    }

    /// The report-only value of a response.
    #[must_use]
    pub fn report_only(lines: Lines<'_>, secure: bool) -> Self {
        Self::named(Self::REPORT_ONLY, lines, secure)
    }

    fn named(name: &str, lines: Lines<'_>, secure: bool) -> Self {
        if !secure || lines.dialect().lacks_document_isolation || !lines.has(name) {
            return Self::None;
        }
        match lines.token(name).as_ref().map(|token| token.text.as_str()) {
            Some("isolate-and-require-corp") => Self::RequireCorp,
            Some("isolate-and-credentialless") => Self::Credentialless,
            _ => Self::None,
        }
    }

    /// Whether the document is isolated by it.
    #[must_use]
    pub fn isolates(self) -> bool {
        self != Self::None
    }

    /// The embedder policy that asks the same of subresources.
    #[must_use]
    pub fn as_embedder(self) -> EmbedderPolicy {
        match self {
            Self::None => EmbedderPolicy::UnsafeNone,
            Self::RequireCorp => EmbedderPolicy::RequireCorp,
            Self::Credentialless => EmbedderPolicy::Credentialless,
        }
    }
}

impl fmt::Display for DocumentIsolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::RequireCorp => "isolate-and-require-corp",
            Self::Credentialless => "isolate-and-credentialless",
        })
    }
}
