//! `Permissions-Policy`: whether it parses, and which members of the list for `cross-origin-isolated`
//! are skipped (Permissions Policy, section 5.2).

use super::Lint;
use super::codes;
use super::quote::quote;
use crate::origin::Origin;
use crate::policy::structured::{Bare, dictionary};

pub(super) const NAME: &str = "Permissions-Policy";
pub(super) const FEATURE: &str = "cross-origin-isolated";

/// The lints of the header with this combined value.
pub(super) fn lints(combined: &str) -> Vec<Lint> {
    let Some(members) = dictionary(combined) else {
        return vec![malformed(combined)];
    };
    let list = members.iter().find(|(name, _)| name == FEATURE);
    let items = list.map_or(&[][..], |(_, member)| member.items());
    items.iter().filter_map(|item| skipped(&item.bare)).collect()
}

fn malformed(combined: &str) -> Lint {
    let keyword = ["'none'", "'self'", "'src'"].iter().find(|word| combined.contains(*word));
    if let Some(keyword) = keyword {
        let now = if *keyword == "'none'" { "()" } else { "(self)" };
        let text = format!(
            "{} is the syntax of Feature-Policy and does not parse: instead of `feature {keyword}` \
             write `feature={now}`, with commas between",
            quote(combined)
        );
        return Lint::new(&codes::FEATURE_POLICY_SYNTAX, NAME, text);
    }
    let why = if combined.is_empty() {
        "has no value".to_owned()
    } else if combined.trim_end().ends_with(',') {
        format!("{} ends with a comma and does not parse", quote(combined))
    } else if combined.contains(';') {
        format!("{} does not parse; it takes commas, not semicolons", quote(combined))
    } else {
        format!("{} does not parse", quote(combined))
    };
    let text =
        format!("{why}, so none of its features counts: write e.g. `camera=(), {FEATURE}=(self)`");
    Lint::new(&codes::PERMISSIONS_POLICY_MALFORMED, NAME, text)
}

/// The lint of a member that no browser takes.
fn skipped(member: &Bare) -> Option<Lint> {
    let (shown, instead) = match member {
        Bare::Token(word) if word == "*" || word == "self" => return None,
        Bare::Token(word) if word == "none" => (quote(word), format!("write `{FEATURE}=()`")),
        Bare::Token(word) => (quote(word), format!("write {}, with quotes", origin_of(word))),
        Bare::Text(text) if text == "self" || text == "*" => {
            (quote(&format!("\"{text}\"")), format!("write `{text}`, without quotes"))
        }
        Bare::Text(origin) if Origin::of(&origin.replacen("://*.", "://", 1)).is_ok() => {
            return None;
        }
        Bare::Text(text) => (quote(&format!("\"{text}\"")), format!("write {}", origin_of(text))),
        Bare::Boolean(_) => ("a boolean".to_owned(), format!("write `{FEATURE}=(self)`")),
        Bare::Other(kind) => ((*kind).to_owned(), format!("write `{FEATURE}=(self)`")),
    };
    let text = format!("the list for `{FEATURE}` skips {shown}: {instead}");
    Some(Lint::new(&codes::ALLOWLIST_MEMBER, NAME, text))
}

/// The origin that was probably meant, as a member of a list.
fn origin_of(text: &str) -> String {
    let whole = format!("https://{text}");
    let meant = [text, whole.as_str()].into_iter().find(|text| Origin::of(text).is_ok());
    quote(&format!("\"{}\"", meant.unwrap_or("https://cdn.example")))
}
