//! `Reporting-Endpoints` (Reporting API, section 3.3).

use super::Lines;
use super::structured::{Bare, Item, Member, dictionary};

/// The endpoints of a response by name; those whose value is no string are left out, as browsers do.
#[must_use]
pub fn endpoints(lines: Lines<'_>) -> Vec<(String, String)> {
    let Some(value) = lines.combined("Reporting-Endpoints") else { return Vec::new() };
    let members = dictionary(&value).unwrap_or_default();
    members
        .into_iter()
        .filter_map(|(name, member)| match member {
            Member::Item(Item { bare: Bare::Text(address), .. }) => Some((name, address)),
            _ => None,
        })
        .collect()
}
