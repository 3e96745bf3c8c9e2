//! Globs on paths and host names.

use std::fmt;

use globset::{Glob, GlobBuilder, GlobMatcher};

/// A glob: `*` stands for any text within a segment of a path (or for any part of a host name), `**`
/// for any number of segments, `{a,b}` for a choice, `[ab]` for one of these letters.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// A glob on the path of an address. Letters count as written.
    pub fn of_path(text: &str) -> Result<Self, PatternError> {
        if text.contains('?') {
            return Err(PatternError::Query);
        }
        if !text.starts_with(['/', '*', '{']) {
            return Err(PatternError::Relative);
        }
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
        Self::new(text, glob)
    }

    /// A glob on a host name, whose letters are the same in both cases.
    pub(super) fn of_host(text: &str) -> Result<Self, PatternError> {
        let bare = text.trim_start_matches('[');
        if bare.is_empty() || bare.contains(['/', '@', '?', ' ']) {
            return Err(PatternError::NoHost);
        }
        if let Some((_, port)) = text.rsplit_once(':')
            && !port.is_empty()
            && port.chars().all(|c| c.is_ascii_digit() || c == '*')
        {
            return Err(PatternError::Port);
        }
        let glob = GlobBuilder::new(text).case_insensitive(true).backslash_escape(true).build();
        Self::new(text, glob)
    }

    fn new(text: &str, glob: Result<Glob, globset::Error>) -> Result<Self, PatternError> {
        let glob = glob.map_err(|error| PatternError::Glob(error.kind().to_string()))?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// The glob as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether all of `text` matches.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

/// Why a text is no glob of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It cannot be read as a glob.
    #[error("{0}")]
    Glob(String),
    /// A path with a query.
    #[error("rules look at the path alone, not at the query")]
    Query,
    /// A path without its beginning.
    #[error("a path begins with `/`")]
    Relative,
    /// More than a host name, or none.
    #[error("a host is a name alone, without scheme and path")]
    NoHost,
    /// A host name with a port.
    #[error("a host is a name alone, without port")]
    Port,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(pattern: &str, path: &str) -> bool {
        Pattern::of_path(pattern).unwrap().is_match(path)
    }

    fn host(pattern: &str, host: &str) -> bool {
        Pattern::of_host(pattern).unwrap().is_match(host)
    }

    #[test]
    fn one_star_stays_within_a_segment() {
        assert!(path("/editor/*", "/editor/new"));
        assert!(!path("/editor/*", "/editor/new/page"));
        assert!(path("/*.html", "/a.html") && !path("/*.html", "/b/a.html"));
    }

    #[test]
    fn two_stars_go_across() {
        assert!(path("/editor/**", "/editor/new/page"));
        assert!(path("/editor/**", "/editor/"));
        assert!(!path("/editor/**", "/editor"), "that is another page: it is named beside");
        assert!(path("/**/callback", "/callback") && path("/**/callback", "/a/b/callback"));
        assert!(path("/**", "/") && path("/**", "/a/b"));
    }

    #[test]
    fn choices_are_in_braces() {
        assert!(path("/{login,logout}", "/logout"));
    }

    #[test]
    fn hosts_match_whatever_the_case_and_number_of_labels() {
        assert!(host("*.cdn.example", "EU.west.cdn.example"));
        assert!(!host("*.cdn.example", "cdn.example"));
        assert!(host("cdn.example", "CDN.example"));
    }

    #[test]
    fn slips_are_refused() {
        let fault = |result: Result<Pattern, PatternError>| result.unwrap_err();
        assert_eq!(fault(Pattern::of_path("/a?b=c")), PatternError::Query);
        assert_eq!(fault(Pattern::of_path("editor")), PatternError::Relative);
        assert_eq!(fault(Pattern::of_host("https://a.example")), PatternError::NoHost);
        assert_eq!(fault(Pattern::of_host("a.example:8443")), PatternError::Port);
        assert!(matches!(fault(Pattern::of_path("/[a")), PatternError::Glob(_)));
    }
}
