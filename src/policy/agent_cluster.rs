//! `Origin-Agent-Cluster` (HTML, section 7.1.2 "Origin-keyed agent clusters").

use super::Lines;

/// Whether a response asks for an origin-keyed agent cluster: the structured boolean `?1`.
#[must_use]
pub fn asks_for_agent_cluster(lines: Lines<'_>) -> Option<bool> {
    let value = lines.combined("Origin-Agent-Cluster")?;
    let item: sfv::Item = sfv::Parser::new(&value).parse().ok()?;
    match item.bare_item {
        sfv::BareItem::Boolean(yes) => Some(yes),
        _ => None,
    }
}
