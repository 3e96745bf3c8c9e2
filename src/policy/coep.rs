//! `Cross-Origin-Embedder-Policy` (HTML, section 7.1.4 "Cross-origin embedder policies").

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
    /// "Obtain an embedder policy" from a response.
    #[must_use]
    pub fn of(lines: Lines<'_>, secure: bool) -> Self {
        if !secure {
            return Self::UnsafeNone;
        }
        match lines.token("Cross-Origin-Embedder-Policy").as_deref() {
            Some("require-corp") => Self::RequireCorp,
            Some("credentialless") => Self::Credentialless,
            _ => Self::UnsafeNone,
        }
    }

    /// Whether the value is "compatible with cross-origin isolation".
    #[must_use]
    pub fn isolates(self) -> bool {
        self != Self::UnsafeNone
    }
}
