//! `Permissions-Policy` and the `allow` attribute, as far as `cross-origin-isolated` goes (Permissions
//! Policy, sections 4.2, 5.2 and 9).

use super::Lines;
use super::structured::{Bare, Item, dictionary};
use crate::origin::Origin;

const FEATURE: &str = "cross-origin-isolated";

/// The origins to which a feature is allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowlist(Vec<AllowlistMember>);

/// A member of an allowlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowlistMember {
    /// `*`.
    Any,
    /// `self`: the origin of the document that says it.
    Own,
    /// `src`: the origin of the frame's `src` attribute.
    Source,
    /// An origin by name, possibly with `*.` before its host.
    Named(String),
}

impl Allowlist {
    /// The header's list for `cross-origin-isolated`; nothing where the header does not name it, or
    /// cannot be parsed.
    #[must_use]
    pub fn of(lines: Lines<'_>) -> Option<Self> {
        if !lines.has("Permissions-Policy") {
            return None;
        }
        let value = lines.combined("Permissions-Policy")?;
        let members = dictionary(&value)?;
        let (_, list) = members.iter().find(|(name, _)| name == FEATURE)?;
        let member = |item: &Item| match &item.bare {
            Bare::Token(word) if word == "*" => Some(AllowlistMember::Any),
            Bare::Token(word) if word == "self" => Some(AllowlistMember::Own),
            Bare::Text(origin) => Some(AllowlistMember::Named(origin.clone())),
            _ => None,
        };
        Some(Self(list.items().iter().filter_map(member).collect()))
    }

    /// The list of an `allow` attribute for `cross-origin-isolated`; nothing where it does not name it.
    #[must_use]
    pub fn of_attribute(allow: &str) -> Option<Self> {
        let mut found = None;
        for directive in allow.split(';') {
            let mut words = directive.split_ascii_whitespace();
            if words.next() != Some(FEATURE) {
                continue;
            }
            let words: Vec<&str> = words.collect();
            let member = |word: &&str| match *word {
                "*" => Some(AllowlistMember::Any),
                word if word.eq_ignore_ascii_case("'self'") => Some(AllowlistMember::Own),
                word if word.eq_ignore_ascii_case("'src'") => Some(AllowlistMember::Source),
                word if word.eq_ignore_ascii_case("'none'") => None,
                origin => Some(AllowlistMember::Named(origin.to_owned())),
            };
            found = Some(Self(match &words[..] {
                [] => vec![AllowlistMember::Source],
                words => words.iter().filter_map(member).collect(),
            }));
        }
        found
    }

    /// Whether `origin` is on the list; `own` is the origin of the document that wrote it, `source` that
    /// of a frame's `src`.
    #[must_use]
    pub fn allows(&self, origin: &Origin, own: &Origin, source: Option<&Origin>) -> bool {
        self.0.iter().any(|member| match member {
            AllowlistMember::Any => true,
            AllowlistMember::Own => own.is_same_origin(origin),
            AllowlistMember::Source => source.is_some_and(|source| source.is_same_origin(origin)),
            AllowlistMember::Named(named) => names(named, origin),
        })
    }

    /// Whether the document that wrote the list, of origin `own`, is on it itself.
    #[must_use]
    pub fn allows_itself(&self, own: &Origin) -> bool {
        // An opaque origin is the same as nothing but itself.
        self.0.contains(&AllowlistMember::Own) || self.allows(own, own, None)
    }

    /// The members, in order.
    #[must_use]
    pub fn members(&self) -> &[AllowlistMember] {
        &self.0
    }
}

fn names(named: &str, origin: &Origin) -> bool {
    let Some((scheme, rest)) = named.split_once("://*.") else {
        return Origin::of(named).is_ok_and(|named| named.is_same_origin(origin));
    };
    // A wildcard stands for one or more labels.
    let (Some(host), Ok(parent)) = (origin.host(), Origin::of(&format!("{scheme}://{rest}")))
    else {
        return false;
    };
    let Some(parent_host) = parent.host() else { return false };
    let Some(labels) = host.strip_suffix(parent_host).and_then(|rest| rest.strip_suffix('.'))
    else {
        return false;
    };
    let full = Origin::of(&format!("{scheme}://{labels}.{rest}"));
    full.is_ok_and(|full| full.is_same_origin(origin))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::of(text).unwrap()
    }

    fn header(value: &str) -> Option<Allowlist> {
        Allowlist::of(Lines::new(&lines(&[&format!("Permissions-Policy: {value}")])))
    }

    #[test]
    fn the_header_is_a_dictionary() {
        let app = origin("https://app.example");
        let allows = |value: &str, to: &str| header(value).unwrap().allows(&origin(to), &app, None);
        assert!(allows("cross-origin-isolated=*", "https://cdn.example"));
        assert!(allows("cross-origin-isolated=self", "https://app.example"));
        assert!(!allows("cross-origin-isolated=()", "https://app.example"));
        let named = "geolocation=(), cross-origin-isolated=(self \"https://cdn.example\")";
        assert!(allows(named, "https://cdn.example"));
        assert!(!allows(named, "https://other.example"));
        assert!(allows(
            "cross-origin-isolated=(\"https://*.cdn.example\")",
            "https://a.cdn.example"
        ));
        assert!(!allows(
            "cross-origin-isolated=(\"https://*.cdn.example\")",
            "https://cdn.example"
        ));
        assert_eq!(header("geolocation=()"), None);
        // The syntax of Feature-Policy does not parse.
        assert_eq!(header("cross-origin-isolated 'none'"), None);
    }

    #[test]
    fn the_attribute_is_a_list_of_directives() {
        let (app, cdn) = (origin("https://app.example"), origin("https://cdn.example"));
        let allows = |allow: &str, to: &Origin| {
            Allowlist::of_attribute(allow).is_some_and(|list| list.allows(to, &app, Some(&cdn)))
        };
        assert!(allows("camera; cross-origin-isolated", &cdn));
        assert!(!allows("cross-origin-isolated", &app));
        assert!(!allows("cross-origin-isolated 'none'", &cdn));
        assert!(allows("cross-origin-isolated 'self'", &app));
        assert!(allows("cross-origin-isolated https://cdn.example", &cdn));
        assert!(!allows("camera", &cdn));
    }
}
