//! The name of a unit's snapshot, safe as a file name on every system.
//!
//! `<scenario>__<variant>`: insta takes what follows the last `__` for the snapshot's name. Most names
//! stand as they are. One that holds anything else (the cell of a matrix: `broken[coop=a,coep=]`) is
//! written with `-` for what is not safe, and a short hash of the real name keeps it unique.

use std::fmt;

/// Longest part that stands unchanged; two of them fit a file name with room for the suffix.
const LONGEST: usize = 100;

/// Which snapshot: a scenario's variant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    name: String,
}

impl Key {
    /// The key of a variant, by the names of scenario and variant (with its cell, in a matrix).
    ///
    /// The same names always give the same key, and other names another one.
    #[must_use]
    pub fn new(scenario: &str, variant: &str) -> Self {
        Self { name: format!("{}__{}", safe(scenario), safe(variant)) }
    }

    /// The name of an engine's own snapshot file without `.snap`: `login__broken@webkit`.
    #[must_use]
    pub fn of_engine(&self, engine: &str) -> String {
        // `@` stands in no other name.
        format!("{}@{engine}", self.name)
    }

    /// The name of the snapshot file without `.snap`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Small letters only, as some file systems take `A` and `a` for the same name; underscores only
/// inside and single, so that the `__` between the parts is the only one.
fn stands_as_it_is(part: &str) -> bool {
    let inner = |char: char| matches!(char, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
    let edge = |char: char| matches!(char, 'a'..='z' | '0'..='9');
    part.len() <= LONGEST
        && part.chars().all(inner)
        && part.starts_with(edge)
        && part.ends_with(edge)
        && !part.contains("__")
}

fn safe(part: &str) -> String {
    if stands_as_it_is(part) {
        return part.to_owned();
    }
    let mut slug = String::new();
    for char in part.chars().map(|char| char.to_ascii_lowercase()) {
        if char.is_ascii_alphanumeric() {
            slug.push(char);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST);
    // `~` stands in no unchanged name, so the two kinds cannot meet.
    format!("{}~{:010x}", slug.trim_end_matches('-'), fnv1a(part) & 0xff_ffff_ffff)
}

/// FNV-1a, because file names must not change with the standard library's hasher.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
