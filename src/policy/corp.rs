//! `Cross-Origin-Resource-Policy` (Fetch, section 3.7).

use std::fmt;

use super::Lines;

/// A resource policy value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourcePolicy {
    /// For the same origin only.
    SameOrigin,
    /// For the same site only.
    SameSite,
    /// For everyone.
    CrossOrigin,
}

impl ResourcePolicy {
    /// The header's name.
    pub const NAME: &'static str = "Cross-Origin-Resource-Policy";

    /// The policy of a response. The field is no structured field: its whole value must be one of
    /// the three words, in lower case; anything else counts as absent.
    #[must_use]
    pub fn of(lines: Lines<'_>) -> Option<Self> {
        if !lines.has(Self::NAME) {
            return None;
        }
        match lines.combined(Self::NAME)?.as_str() {
            "" => None,
            "same-origin" => Some(Self::SameOrigin),
            "same-site" => Some(Self::SameSite),
            "cross-origin" => Some(Self::CrossOrigin),
            _ if lines.dialect().takes_unknown_corp_as_permission => Some(Self::CrossOrigin),
            _ => None,
        }
    }
}

impl fmt::Display for ResourcePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossOrigin => "cross-origin",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn only_the_exact_words_count() {
        let of = |texts: &[&str]| ResourcePolicy::of(Lines::new(&lines(texts)));
        assert_eq!(
            of(&["Cross-Origin-Resource-Policy: same-site"]),
            Some(ResourcePolicy::SameSite)
        );
        for ignored in ["Same-Site", "same-site;x", "same-site, same-site", "\"same-site\""] {
            assert_eq!(
                of(&[&format!("Cross-Origin-Resource-Policy: {ignored}")]),
                None,
                "{ignored}"
            );
        }
    }
}
