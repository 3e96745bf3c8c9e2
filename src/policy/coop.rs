//! `Cross-Origin-Opener-Policy` and `-Report-Only` (HTML, section 7.1.3 "Cross-origin opener policies").

use std::fmt;

use super::structured::{self, Bare};
use super::{EmbedderPolicy, Lines};

/// An opener policy value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenerPolicy {
    /// No policy.
    #[default]
    UnsafeNone,
    /// Keeps the popups that it opens, unless they have a policy of their own.
    SameOriginAllowPopups,
    /// Cuts every link to another origin.
    SameOrigin,
    /// `same-origin` on a response whose embedder policy isolates. Cannot be written in a header.
    SameOriginPlusCoep,
    /// Cuts the link to whoever opens it.
    NoopenerAllowPopups,
}

impl OpenerPolicy {
    /// The header's name.
    pub const NAME: &'static str = "Cross-Origin-Opener-Policy";
    /// The name of the header that only reports.
    pub const REPORT_ONLY: &'static str = "Cross-Origin-Opener-Policy-Report-Only";

    /// "Obtain a cross-origin opener policy" from a response: the enforced value. `secure` says whether
    /// its environment is a secure context.
    #[must_use]
    pub fn of(lines: Lines<'_>, secure: bool) -> Self {
        if !secure || !lines.has(Self::NAME) {
            return Self::UnsafeNone;
        }
        Self::from_token(lines, Self::NAME, || EmbedderPolicy::of(lines, true).isolates())
    }

    /// "Obtain a cross-origin opener policy": the report-only value. Here a report-only embedder policy
    /// is enough for `same-origin-plus-COEP`, and `noopener-allow-popups` has no branch.
    #[must_use]
    pub fn report_only(lines: Lines<'_>, secure: bool) -> Self {
        if !secure || !lines.has(Self::REPORT_ONLY) {
            return Self::UnsafeNone;
        }
        let isolates = || {
            EmbedderPolicy::of(lines, true).isolates()
                || EmbedderPolicy::report_only(lines, true).isolates()
        };
        match Self::from_token(lines, Self::REPORT_ONLY, isolates) {
            Self::NoopenerAllowPopups => Self::UnsafeNone,
            policy => policy,
        }
    }

    fn from_token(lines: Lines<'_>, name: &str, isolates: impl FnOnce() -> bool) -> Self {
        match lines.token(name).as_ref().map(|token| token.text.as_str()) {
            Some("same-origin") if isolates() => Self::SameOriginPlusCoep,
            Some("same-origin") => Self::SameOrigin,
            Some("same-origin-allow-popups") => Self::SameOriginAllowPopups,
            Some("noopener-allow-popups") if !lines.dialect().lacks_noopener_allow_popups => {
                Self::NoopenerAllowPopups
            }
            _ => Self::UnsafeNone,
        }
    }

    /// Whether one of the two headers names an endpoint for reports: the parameter `report-to`, as a
    /// string, of an item of any type, whatever policy it makes.
    #[must_use]
    pub fn names_endpoint(lines: Lines<'_>, secure: bool) -> bool {
        let is_endpoint =
            |(name, value): &(String, Bare)| name == "report-to" && matches!(value, Bare::Text(_));
        // Most responses name none, and need not be taken apart for that.
        let mentions = |header: &str| lines.raw(header).any(|value| value.contains("report-to"));
        let names = |header: &&str| {
            let item = lines.combined(header).and_then(|value| structured::item(&value));
            item.is_some_and(|item| item.parameters.iter().any(is_endpoint))
        };
        secure && [Self::NAME, Self::REPORT_ONLY].iter().any(|name| mentions(name) && names(name))
    }

    /// "Match opener policy values".
    #[must_use]
    pub fn matches(self, other: Self, same_origin: bool) -> bool {
        match (self, other) {
            (Self::UnsafeNone, Self::UnsafeNone) => true,
            (Self::UnsafeNone, _) | (_, Self::UnsafeNone) => false,
            _ => self == other && same_origin,
        }
    }
}

impl fmt::Display for OpenerPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnsafeNone => "unsafe-none",
            Self::SameOriginAllowPopups => "same-origin-allow-popups",
            Self::SameOrigin => "same-origin",
            Self::SameOriginPlusCoep => "same-origin-plus-COEP",
            Self::NoopenerAllowPopups => "noopener-allow-popups",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn coop(texts: &[&str]) -> OpenerPolicy {
        OpenerPolicy::of(Lines::new(&lines(texts)), true)
    }

    #[test]
    fn a_token_counts_and_nothing_else() {
        let header = |value: &str| coop(&[&format!("cross-origin-opener-policy:{value}")]);
        for same_origin in
            [" same-origin", "\tsame-origin ", " same-origin;x=1", " same-origin; report-to=\"a\""]
        {
            assert_eq!(header(same_origin), OpenerPolicy::SameOrigin, "{same_origin:?}");
        }
        for ignored in [
            " Same-origin",
            " \"same-origin\"",
            " same-origin;",
            " same-origin, same-origin",
            " same-origin\t;x",
            "",
            " restrict-properties",
        ] {
            assert_eq!(header(ignored), OpenerPolicy::UnsafeNone, "{ignored:?}");
        }
    }

    #[test]
    fn two_lines_cancel_each_other() {
        let line = "Cross-Origin-Opener-Policy: same-origin";
        assert_eq!(coop(&[line, line]), OpenerPolicy::UnsafeNone);
    }

    #[test]
    fn an_isolating_embedder_policy_makes_another_value() {
        let coep = |value: &str| {
            coop(&[
                "Cross-Origin-Opener-Policy: same-origin",
                &format!("Cross-Origin-Embedder-Policy: {value}"),
            ])
        };
        assert_eq!(coep("require-corp"), OpenerPolicy::SameOriginPlusCoep);
        assert_eq!(coep("credentialless"), OpenerPolicy::SameOriginPlusCoep);
        assert_eq!(coep("unsafe-none"), OpenerPolicy::SameOrigin);
    }

    #[test]
    fn plain_http_has_no_policy() {
        let lines = lines(&["Cross-Origin-Opener-Policy: same-origin"]);
        assert_eq!(OpenerPolicy::of(Lines::new(&lines), false), OpenerPolicy::UnsafeNone);
    }

    #[test]
    fn an_endpoint_is_a_string() {
        let names =
            |line: &str, secure| OpenerPolicy::names_endpoint(Lines::new(&lines(&[line])), secure);
        assert!(names("Cross-Origin-Opener-Policy: same-origin; report-to=\"a\"", true));
        assert!(names("Cross-Origin-Opener-Policy-Report-Only: x;report-to=\"a\"", true));
        assert!(names("Cross-Origin-Opener-Policy: \"same-origin\"; report-to=\"a\"", true));
        assert!(!names("Cross-Origin-Opener-Policy: same-origin; report-to=a", true));
        assert!(!names("Cross-Origin-Opener-Policy: same-origin; report-to", true));
        assert!(!names("Cross-Origin-Opener-Policy: report-to", true));
        assert!(!names("Cross-Origin-Opener-Policy: same-origin; report-to=\"a\"", false));
    }
}
