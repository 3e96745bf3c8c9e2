//! A rollout that is under way: part of the responses are new, part are still old. Pure.

use std::collections::HashMap;

/// The most addresses whose requests are counted.
const COUNTED: usize = 20_000;

/// How much of a rollout has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// How many of a hundred responses get the rules.
    pub percent: u8,
    /// Which ones they are: the same seed gives the same ones.
    pub seed: u64,
}

/// Decides for each response, by the seed, its address and how often that was asked for before.
#[derive(Debug)]
pub(super) struct Dice {
    mix: Mix,
    asked: HashMap<String, u64>,
}

impl Dice {
    pub(super) fn new(mix: Mix) -> Self {
        Self { mix, asked: HashMap::new() }
    }

    /// Whether the next response for this path of this host gets the rules.
    pub(super) fn is_new(&mut self, host: &str, path: &str) -> bool {
        let key = format!("{host}{path}");
        if self.asked.len() >= COUNTED && !self.asked.contains_key(&key) {
            self.asked.clear();
        }
        let hash = hash(self.mix.seed, &key);
        let asked = self.asked.entry(key).or_default();
        let drawn = scattered(hash ^ scattered(*asked)) % 100;
        *asked += 1;
        drawn < u64::from(self.mix.percent)
    }
}

/// FNV-1a: it must not change with the compiler, as a seed is to give the same draw everywhere.
fn hash(seed: u64, text: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The last step of SplitMix64: near inputs give far outputs.
fn scattered(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(percent: u8, seed: u64, path: &str) -> Vec<bool> {
        let mut dice = Dice::new(Mix { percent, seed });
        (0..1000).map(|_| dice.is_new("a.example", path)).collect()
    }

    #[test]
    fn a_seed_gives_one_draw() {
        assert_eq!(draws(50, 1, "/a"), draws(50, 1, "/a"));
        assert_ne!(draws(50, 1, "/a"), draws(50, 2, "/a"));
        assert_ne!(draws(50, 1, "/a"), draws(50, 1, "/b"));
        // As it was when this was written, on whatever machine.
        let first: Vec<bool> = draws(50, 7, "/").into_iter().take(8).collect();
        assert_eq!(first, [true, true, false, false, false, false, false, true]);
    }

    #[test]
    fn the_share_is_what_was_asked() {
        for percent in [0, 10, 50, 100] {
            let new = draws(percent, 3, "/a").iter().filter(|new| **new).count();
            assert!(new.abs_diff(usize::from(percent) * 10) < 40, "{percent} %: {new} of 1000");
        }
        assert!(draws(100, 3, "/").iter().all(|new| *new));
        assert!(!draws(0, 3, "/").iter().any(|new| *new));
    }
}
