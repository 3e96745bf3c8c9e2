//! `Cross-Origin-Resource-Policy` (Fetch, section 3.7).

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
    /// The policy of a response. The field is no structured field: its whole value must be one of
    /// the three words, in lower case; anything else counts as absent.
    #[must_use]
    pub fn of(lines: Lines<'_>) -> Option<Self> {
        match lines.combined("Cross-Origin-Resource-Policy")?.as_str() {
            "same-origin" => Some(Self::SameOrigin),
            "same-site" => Some(Self::SameSite),
            "cross-origin" => Some(Self::CrossOrigin),
            _ => None,
        }
    }

    /// "Cross-origin resource policy internal check" with a policy that is there.
    #[must_use]
    pub fn allows(self, same_origin: bool, same_site: bool) -> bool {
        match self {
            Self::SameOrigin => same_origin,
            Self::SameSite => same_site,
            Self::CrossOrigin => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn only_the_exact_words_count() {
        let of = |texts: &[&str]| ResourcePolicy::of(Lines(&lines(texts)));
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
