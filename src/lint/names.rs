//! The headers of the family: how each is spelled, which words it has, and which one a misspelt name
//! was meant to be.

use super::{Lint, codes};
use crate::policy::{DocumentIsolation, EmbedderPolicy, OpenerPolicy, ResourcePolicy};

/// A header of the family.
pub(super) struct Known {
    /// Its name, as the standards spell it.
    pub(super) name: &'static str,
    /// What its value is.
    pub(super) kind: Kind,
}

/// What a header's value is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A structured field's token, one of these; the first is the same as no header.
    Token(&'static [&'static str]),
    /// Exactly one of these words.
    Exact(&'static [&'static str]),
    /// A structured field's boolean.
    Boolean,
    /// A dictionary of allowlists.
    PermissionsPolicy,
    /// A dictionary of addresses.
    Endpoints,
    /// An origin, `*` or `null`.
    AllowOrigin,
    /// `true`.
    AllowCredentials,
    /// A list of methods or header names.
    NameList,
    /// A number of seconds.
    MaxAge,
}

impl Kind {
    /// The words that the value may be; none where it is no word.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Token(words) | Self::Exact(words) => words,
            _ => &[],
        }
    }
}

const COOP: Kind = Kind::Token(&[
    "unsafe-none",
    "same-origin",
    "same-origin-allow-popups",
    "noopener-allow-popups",
]);
const COEP: Kind = Kind::Token(&["unsafe-none", "require-corp", "credentialless"]);
const DIP: Kind = Kind::Token(&["none", "isolate-and-require-corp", "isolate-and-credentialless"]);
const CORP: Kind = Kind::Exact(&["same-origin", "same-site", "cross-origin"]);

/// All of them.
pub(super) static KNOWN: [Known; 16] = [
    Known { name: OpenerPolicy::NAME, kind: COOP },
    Known { name: OpenerPolicy::REPORT_ONLY, kind: COOP },
    Known { name: EmbedderPolicy::NAME, kind: COEP },
    Known { name: EmbedderPolicy::REPORT_ONLY, kind: COEP },
    Known { name: ResourcePolicy::NAME, kind: CORP },
    Known { name: DocumentIsolation::NAME, kind: DIP },
    Known { name: DocumentIsolation::REPORT_ONLY, kind: DIP },
    Known { name: "Origin-Agent-Cluster", kind: Kind::Boolean },
    Known { name: "Permissions-Policy", kind: Kind::PermissionsPolicy },
    Known { name: "Reporting-Endpoints", kind: Kind::Endpoints },
    Known { name: "Access-Control-Allow-Origin", kind: Kind::AllowOrigin },
    Known { name: "Access-Control-Allow-Credentials", kind: Kind::AllowCredentials },
    Known { name: "Access-Control-Allow-Methods", kind: Kind::NameList },
    Known { name: "Access-Control-Allow-Headers", kind: Kind::NameList },
    Known { name: "Access-Control-Expose-Headers", kind: Kind::NameList },
    Known { name: "Access-Control-Max-Age", kind: Kind::MaxAge },
];

/// Real headers whose names are close to one of the family.
const OTHERS: [&str; 5] = [
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Access-Control-Allow-Private-Network",
    "Access-Control-Allow-Local-Network",
    "Permissions-Policy-Report-Only",
];

/// What people call some of them.
const SHORT: [(&str, &str); 5] = [
    ("coop", OpenerPolicy::NAME),
    ("coep", EmbedderPolicy::NAME),
    ("corp", ResourcePolicy::NAME),
    ("dip", DocumentIsolation::NAME),
    ("cors", "Access-Control-Allow-Origin"),
];

/// The header with this name, in any case.
pub(super) fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The header whose name is closest.
pub(super) fn nearest(name: &str) -> &'static str {
    closest(name).1
}

/// How close the closest name is (1 is equal), and which it is.
fn closest(name: &str) -> (f64, &'static str) {
    closest_of(name, 0.0)
}

/// As [`closest`], among names whose length alone does not make them less like than `least`.
fn closest_of(name: &str, least: f64) -> (f64, &'static str) {
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    let name = name.strip_prefix("x-").unwrap_or(&name);
    if let Some((_, meant)) = SHORT.iter().find(|(short, _)| *short == name) {
        return (1.0, meant);
    }
    // Nobody means a header by a name that long, and comparing takes its time.
    if name.len() > 80 {
        return (0.0, OpenerPolicy::NAME);
    }
    let likeness = |known: &Known| {
        strsim::normalized_damerau_levenshtein(name, &known.name.to_ascii_lowercase())
    };
    let may_be = |known: &&Known| {
        let (one, other) = (name.len() as f64, known.name.len() as f64);
        1.0 - (one - other).abs() / one.max(other) >= least
    };
    let scored = KNOWN.iter().filter(may_be).map(|known| (likeness(known), known.name));
    scored.fold((-1.0, OpenerPolicy::NAME), |best, next| if next.0 > best.0 { next } else { best })
}

/// From how alike on a name counts as misspelt.
const LIKE: f64 = 0.85;

/// The lint of a name that is nearly one of the family.
pub(super) fn misspelt(name: &str) -> Option<Lint> {
    if known(name).is_some() || OTHERS.iter().any(|other| other.eq_ignore_ascii_case(name)) {
        return None;
    }
    let (likeness, meant) = closest_of(name, LIKE);
    (likeness >= LIKE).then(|| {
        let text = format!("no browser knows a header `{name}`: it is spelled `{meant}`");
        Lint::new(&codes::MISSPELT_HEADER, meant, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_misspelt_and_far_ones_are_not() {
        for (wrong, meant) in [
            ("Cross-Orgin-Opener-Policy", "Cross-Origin-Opener-Policy"),
            ("Cross-Origin-Opener-Policies", "Cross-Origin-Opener-Policy"),
            ("cross_origin_opener_policy", "Cross-Origin-Opener-Policy"),
            ("X-Cross-Origin-Embedder-Policy", "Cross-Origin-Embedder-Policy"),
            ("Cross-Origin-Embedded-Policy", "Cross-Origin-Embedder-Policy"),
            ("Cross-Origin-Opener-Policy-ReportOnly", "Cross-Origin-Opener-Policy-Report-Only"),
            ("Cross-Origin-Resources-Policy", "Cross-Origin-Resource-Policy"),
            ("COOP", "Cross-Origin-Opener-Policy"),
            ("Access-Control-Allowed-Origin", "Access-Control-Allow-Origin"),
            ("Access-Control-Allow-Header", "Access-Control-Allow-Headers"),
            ("Permission-Policy", "Permissions-Policy"),
            ("Reporting-Endpoint", "Reporting-Endpoints"),
        ] {
            assert_eq!(misspelt(wrong).map(|lint| lint.header), Some(meant), "{wrong}");
        }
        for other in [
            "Access-Control-Request-Headers",
            "Access-Control-Request-Method",
            "Access-Control-Allow-Private-Network",
            "Timing-Allow-Origin",
            "Permissions-Policy-Report-Only",
            "Feature-Policy",
            "Document-Policy",
            "Referrer-Policy",
            "Content-Security-Policy-Report-Only",
            "Report-To",
            "Origin",
            "X-Frame-Options",
            "cross-origin-OPENER-policy",
            "",
        ] {
            assert_eq!(misspelt(other), None, "{other}");
        }
    }
}
