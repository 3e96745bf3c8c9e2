//! `Cross-Origin-Embedder-Policy` and `-Report-Only` (HTML, section 7.1.4 "Cross-origin embedder
//! policies").

use std::fmt;

use super::Lines;

/// An embedder policy value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EmbedderPolicy {
    /// No policy.
    #[default]
    UnsafeNone,
    /// Cross-origin resources need CORP or CORS.
    RequireCorp,
    /// Cross-origin resources come without credentials.
    Credentialless,
}

impl EmbedderPolicy {
    /// The header's name.
    pub const NAME: &'static str = "Cross-Origin-Embedder-Policy";
    /// The name of the header that only reports.
    pub const REPORT_ONLY: &'static str = "Cross-Origin-Embedder-Policy-Report-Only";

    /// "Obtain an embedder policy" from a response: the enforced value. `secure` says whether its
    /// environment is a secure context.
    #[must_use]
    pub fn of(lines: Lines<'_>, secure: bool) -> Self {
        Self::named(Self::NAME, lines, secure)
    }

    /// "Obtain an embedder policy": the report-only value.
    #[must_use]
    pub fn report_only(lines: Lines<'_>, secure: bool) -> Self {
        Self::named(Self::REPORT_ONLY, lines, secure)
    }

    fn named(name: &str, lines: Lines<'_>, secure: bool) -> Self {
        if !secure || !lines.has(name) {
            return Self::UnsafeNone;
        }
        let Some(token) = lines.token(name) else { return Self::UnsafeNone };
        if token.faulty_report_to && lines.dialect().wants_string_report_to {
            return Self::UnsafeNone;
        }
        match token.text.as_str() {
            "require-corp" => Self::RequireCorp,
            "credentialless" if !lines.dialect().lacks_credentialless => Self::Credentialless,
            _ => Self::UnsafeNone,
        }
    }

    /// Whether the value is "compatible with cross-origin isolation".
    #[must_use]
    pub fn isolates(self) -> bool {
        self != Self::UnsafeNone
    }
}

impl fmt::Display for EmbedderPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnsafeNone => "unsafe-none",
            Self::RequireCorp => "require-corp",
            Self::Credentialless => "credentialless",
        })
    }
}
