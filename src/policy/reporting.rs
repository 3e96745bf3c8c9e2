//! `Reporting-Endpoints` (Reporting API, section 3.3).

use super::Lines;

/// The endpoints of a response by name; those whose value is no string are left out, as browsers do.
#[must_use]
pub fn endpoints(lines: Lines<'_>) -> Vec<(String, String)> {
    let Some(value) = lines.combined("Reporting-Endpoints") else { return Vec::new() };
    let Ok(members) = sfv::Parser::new(&value).parse::<sfv::Dictionary>() else {
        return Vec::new();
    };
    members
        .into_iter()
        .filter_map(|(name, member)| match member {
            sfv::ListEntry::Item(sfv::Item {
                bare_item: sfv::BareItem::String(address), ..
            }) => Some((name.as_str().to_owned(), address.as_str().to_owned())),
            _ => None,
        })
        .collect()
}
