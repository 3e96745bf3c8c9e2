//! Structured fields taken apart (RFC 9651), for those who judge how a header is spelled.
//!
//! The other files here read a policy out of a value; this one says what a value consists of.

use sfv::{BareItem, ListEntry, Parser};

/// A value without its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bare {
    /// A token: `same-origin`.
    Token(String),
    /// A string, without its quotes: `"same-origin"`.
    Text(String),
    /// A boolean: `?1`.
    Boolean(bool),
    /// Anything else, by the name of its type: `an integer`.
    Other(&'static str),
}

/// A value with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub bare: Bare,
    /// The parameters by name, in order.
    pub parameters: Vec<(String, Bare)>,
}

/// What a name in a dictionary stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// One value.
    Item(Item),
    /// Several, in parentheses.
    List(Vec<Item>),
}

impl Member {
    /// The values, one or several.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        match self {
            Self::Item(item) => std::slice::from_ref(item),
            Self::List(items) => items,
        }
    }
}

/// A header's combined value as an item (RFC 9651, section 4.2.3); nothing where it is none.
#[must_use]
pub fn item(value: &str) -> Option<Item> {
    Parser::new(value).parse::<sfv::Item>().ok().map(|item| whole(&item))
}

/// A header's combined value as a dictionary (RFC 9651, section 4.2.2), in order; nothing where it is
/// none.
#[must_use]
pub fn dictionary(value: &str) -> Option<Vec<(String, Member)>> {
    let members = Parser::new(value).parse::<sfv::Dictionary>().ok()?;
    let member = |(name, entry): (sfv::Key, ListEntry)| {
        let member = match entry {
            ListEntry::Item(item) => Member::Item(whole(&item)),
            ListEntry::InnerList(list) => Member::List(list.items.iter().map(whole).collect()),
        };
        (name.as_str().to_owned(), member)
    };
    Some(members.into_iter().map(member).collect())
}

fn whole(item: &sfv::Item) -> Item {
    let parameters = item.params.iter();
    Item {
        bare: bare(&item.bare_item),
        parameters: parameters
            .map(|(name, value)| (name.as_str().to_owned(), bare(value)))
            .collect(),
    }
}

fn bare(item: &BareItem) -> Bare {
    match item {
        BareItem::Token(token) => Bare::Token(token.as_str().to_owned()),
        BareItem::String(text) => Bare::Text(text.as_str().to_owned()),
        BareItem::Boolean(yes) => Bare::Boolean(*yes),
        BareItem::Integer(_) => Bare::Other("an integer"),
        BareItem::Decimal(_) => Bare::Other("a decimal number"),
        BareItem::ByteSequence(_) => Bare::Other("a byte sequence"),
        BareItem::Date(_) => Bare::Other("a date"),
        BareItem::DisplayString(_) => Bare::Other("a display string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_has_a_value_and_parameters() {
        let token = |text: &str| Bare::Token(text.to_owned());
        let found = item("same-origin; report-to=\"a\";x;n=1").unwrap();
        assert_eq!(found.bare, token("same-origin"));
        let parameters: Vec<_> = found.parameters.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(parameters, ["report-to", "x", "n"]);
        assert_eq!(found.parameters[2].1, Bare::Other("an integer"));
        assert_eq!(item("?0").unwrap().bare, Bare::Boolean(false));
        assert_eq!(item("\"x\"").unwrap().bare, Bare::Text("x".to_owned()));
        assert_eq!(item("a, b"), None);
        assert_eq!(item(""), None);
    }

    #[test]
    fn a_dictionary_keeps_its_order() {
        let found = dictionary("b=(self \"x\"), a=*, c").unwrap();
        let names: Vec<_> =
            found.iter().map(|(name, member)| (name.as_str(), member.items().len())).collect();
        assert_eq!(names, [("b", 2), ("a", 1), ("c", 1)]);
        assert_eq!(dictionary("a 'none'"), None);
    }
}
