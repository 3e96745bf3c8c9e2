//! The table of codes: one entry for each kind of thing that browsers ignore. A code's name never
//! changes its meaning: people search for it and link to it.

mod cors;
mod isolation;
mod spelling;

use std::fmt;

use serde::{Serialize, Serializer};

pub(super) use cors::*;
pub(super) use isolation::*;
pub(super) use spelling::*;

/// A kind of lint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Code {
    /// The name: a few words in kebab case.
    pub name: &'static str,
    /// How much is lost.
    pub severity: Severity,
    /// One line.
    pub summary: &'static str,
    /// What the browser does, and how people get there.
    pub explanation: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    /// Where it is written.
    pub source: Source,
    /// Where it can be seen; nothing for what the fixture server cannot show.
    pub example: Option<Example>,
}

/// How much is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// The header counts, and something that was meant by it does not.
    Warning,
    /// The header has no effect.
    Error,
}

/// A place in a standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Source {
    /// The standard.
    pub standard: &'static str,
    /// The section.
    pub section: &'static str,
    /// Its address.
    pub url: &'static str,
}

/// A variant of the built-in suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Example {
    /// The scenario.
    pub scenario: &'static str,
    /// The variant.
    pub variant: &'static str,
}

impl Severity {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.standard, self.section)
    }
}

/// By this name `--grep` selects the variant.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} › {}", self.scenario, self.variant)
    }
}

/// The code with this name, in any case.
#[must_use]
pub fn code(name: &str) -> Option<&'static Code> {
    codes().find(|code| code.name.eq_ignore_ascii_case(name.trim()))
}

/// All codes: spellings first, then isolation and reports, then CORS.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    [spelling::ALL, isolation::ALL, cors::ALL].into_iter().flatten().copied()
}

/// A lint names its code and does not repeat it.
pub(super) fn by_name<S: Serializer>(code: &&'static Code, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(code.name)
}

/// A variant of the scenario that was made for this table.
const fn shown(variant: &'static str) -> Option<Example> {
    Some(Example { scenario: "silently-ignored", variant })
}

const GET: Source = Source {
    standard: "Fetch",
    section: "section 2.2.2 \"Headers\" (get)",
    url: "https://fetch.spec.whatwg.org/#concept-header-list-get",
};
const ITEM: Source = Source {
    standard: "RFC 9651",
    section: "section 4.2.3 \"Parsing an Item\"",
    url: "https://www.rfc-editor.org/rfc/rfc9651#section-4.2.3",
};
const COOP: Source = Source {
    standard: "HTML",
    section: "section 7.1.3 \"Cross-origin opener policies\"",
    url: "https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies",
};
const COEP: Source = Source {
    standard: "HTML",
    section: "section 7.1.4 \"Cross-origin embedder policies\"",
    url: "https://html.spec.whatwg.org/multipage/browsers.html#coep",
};
const REPORTING: Source = Source {
    standard: "Reporting API",
    section: "section 3.3 (Reporting-Endpoints)",
    url: "https://www.w3.org/TR/reporting-1/#header",
};
const PERMISSIONS: Source = Source {
    standard: "Permissions Policy",
    section: "section 5.2 (Permissions-Policy)",
    url: "https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_is_told_in_full() {
        let mut names = BTreeSet::new();
        for code in codes() {
            let name = code.name;
            assert!(names.insert(name), "{name} is there twice");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert!(!code.summary.ends_with('.') && code.summary.len() <= 76, "{name}: summary");
            for text in [code.explanation, code.instead] {
                assert!(text.ends_with(['.', ')']) && text.len() > 20, "{name}: {text}");
                assert!(!text.contains("  ") && !text.contains('\n'), "{name}: {text}");
            }
            assert!(code.source.url.starts_with("https://"), "{name}");
        }
        assert_eq!(code(" Header-Twice ").map(|code| code.name), Some("header-twice"));
        assert_eq!(code("nothing"), None);
    }
}
