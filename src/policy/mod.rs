//! Header values as the standards read them, from raw lines. Pure.
//!
//! [`Lines`] is a response's header lines; one file per header turns them into its policy. What a
//! browser ignores reads as the default here, as it does there.

mod coep;
mod coop;
mod corp;
mod cors;

pub use coep::EmbedderPolicy;
pub use coop::OpenerPolicy;
pub use corp::ResourcePolicy;
pub use cors::{CorsFault, cors_check, preflight_check};

/// The header lines of one response, in order, as (name, value).
#[derive(Debug, Clone, Copy)]
pub struct Lines<'a>(pub &'a [(String, String)]);

impl<'a> Lines<'a> {
    /// The values of all lines with this name, without the spaces and tabs around them
    /// (RFC 9110, section 5.5).
    pub fn all(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(line, _)| line.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim_matches([' ', '\t']))
    }

    /// The values of all lines with this name as one value (Fetch, "get a header").
    #[must_use]
    pub fn combined(self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.all(name).collect();
        if values.is_empty() { None } else { Some(values.join(", ")) }
    }

    /// The value as a structured field's token (RFC 9651, section 4.2.3), parameters left aside;
    /// nothing where it is no such item.
    fn token(self, name: &str) -> Option<String> {
        let value = self.combined(name)?;
        let item: sfv::Item = sfv::Parser::new(&value).parse().ok()?;
        match item.bare_item {
            sfv::BareItem::Token(token) => Some(token.as_str().to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
fn lines(texts: &[&str]) -> Vec<(String, String)> {
    texts
        .iter()
        .map(|text| text.split_once(':').map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap())
        .collect()
}
