//! What stands for a flow: equal pages, headers and steps have equal digests. Titles, texts and
//! expectations play no part.

use sha2::{Digest as _, Sha256};

use super::Unit;

/// How many bytes of the digest are kept.
const BYTES: usize = 6;

/// The digest of what these units serve and do, in their order.
#[must_use]
pub fn flow_digest<'a>(units: impl IntoIterator<Item = &'a Unit>) -> String {
    let mut hash = Sha256::new();
    for unit in units {
        hash.update(serde_json::to_string(&(&unit.plan, &unit.steps)).unwrap_or_default());
    }
    hash.finalize()[..BYTES].iter().map(|byte| format!("{byte:02x}")).collect()
}
