//! `Origin-Agent-Cluster` (HTML, section 7.1.2 "Origin-keyed agent clusters").

use super::Lines;
use super::structured::{Bare, item};

/// Whether a response asks for an origin-keyed agent cluster: the structured boolean `?1`.
#[must_use]
pub fn asks_for_agent_cluster(lines: Lines<'_>) -> Option<bool> {
    let value = lines.combined("Origin-Agent-Cluster")?;
    match item(&value)?.bare {
        Bare::Boolean(yes) => Some(yes),
        _ => None,
    }
}
