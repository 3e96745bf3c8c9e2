//! Sandboxing, by the `sandbox` attribute and by CSP's `sandbox` directive (HTML, section 7.1.5), as
//! far as popups and origins go.

use super::Lines;

/// What a sandbox forbids; the default forbids nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "flags are what the standard has")]
pub struct Sandbox {
    /// Whether there is any flag: a sandbox always keeps some.
    pub active: bool,
    /// The origin is opaque.
    pub origin: bool,
    /// Scripts do not run.
    pub scripts: bool,
    /// No popups.
    pub popups: bool,
    /// Popups inherit the flags.
    pub propagates: bool,
}

impl Sandbox {
    /// "Parse a sandboxing directive": the flags that the words of `tokens` do not take away.
    #[must_use]
    pub fn parse(tokens: &str) -> Self {
        let lacks = |word: &str| {
            !tokens.split_ascii_whitespace().any(|token| token.eq_ignore_ascii_case(word))
        };
        Self {
            active: true,
            origin: lacks("allow-same-origin"),
            scripts: lacks("allow-scripts"),
            popups: lacks("allow-popups"),
            propagates: lacks("allow-popups-to-escape-sandbox"),
        }
    }

    /// The CSP-derived flags of a response: those of all enforced policies together.
    #[must_use]
    pub fn of(lines: Lines<'_>) -> Self {
        let mut all = Self::default();
        for line in lines.all("Content-Security-Policy") {
            for policy in line.split(',') {
                let mut directives = policy.split(';').map(str::trim_ascii);
                let sandbox = directives.find_map(|directive| {
                    let name = directive.split_ascii_whitespace().next()?;
                    name.eq_ignore_ascii_case("sandbox").then(|| &directive[name.len()..])
                });
                if let Some(tokens) = sandbox {
                    all = all.and(Self::parse(tokens));
                }
            }
        }
        all
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            active: self.active || other.active,
            origin: self.origin || other.origin,
            scripts: self.scripts || other.scripts,
            popups: self.popups || other.popups,
            propagates: self.propagates || other.propagates,
        }
    }

    /// What a popup opened under these flags starts with.
    #[must_use]
    pub fn for_popup(self) -> Self {
        if self.active && self.propagates { self } else { Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn words_take_flags_away() {
        let free = Sandbox::parse("allow-popups allow-scripts ALLOW-SAME-ORIGIN");
        assert!(free.active && !free.origin && !free.scripts && !free.popups && free.propagates);
        assert_eq!(
            Sandbox::parse("allow-popups-to-escape-sandbox").for_popup(),
            Sandbox::default()
        );
    }

    #[test]
    fn csp_is_searched_in_every_line_and_policy() {
        let of = |texts: &[&str]| Sandbox::of(Lines::new(&lines(texts)));
        assert!(!of(&["Content-Security-Policy: default-src 'self'"]).active);
        let two = of(&[
            "Content-Security-Policy: img-src *; sandbox allow-scripts, sandbox allow-popups",
        ]);
        assert!(two.active && two.scripts && two.popups && two.origin);
    }
}
