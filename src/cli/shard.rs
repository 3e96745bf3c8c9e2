//! `--shard i/n`: which part of the jobs this machine runs. All machines divide alike, without a word to
//! each other: by what the jobs are, and by the durations of an earlier run where the same file is given.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::str::FromStr;

use coopwright::report::ShardOf;
use coopwright::scenario::{Job, Unit};
use indexmap::IndexMap;

use super::last_run::LastRun;

/// A variant without real sites, in milliseconds; only the ratios count.
const UNIT: u64 = 300;
/// A variant with real sites, which gets a browser of its own.
const STAGED: u64 = 2500;
/// A cell of a matrix, which shares pages with others.
const CELL: u64 = 40;

/// One of several parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    number: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/');
        let numbers =
            numbers.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            Some((_, of)) if of > 0 => Err(format!("the first number is one of 1 to {of}")),
            _ => Err("two numbers, as in 1/4: the first of four".to_owned()),
        }
    }
}

impl Shard {
    /// The numbers of the jobs that are its own, and what tells that another shard divided alike.
    pub(super) fn part(self, jobs: &[Job], known: Option<&LastRun>) -> (Vec<usize>, ShardOf) {
        let mut parts = divide(jobs, self.of, known);
        let names = |part: &Vec<usize>| part.iter().map(|&index| jobs[index].name()).collect();
        let plan = parts.iter().map(names).collect();
        (parts.swap_remove(self.number - 1), ShardOf { number: self.number, plan })
    }
}

/// The jobs of each of `of` parts, in order: the longest first, each to the part that has the least to do.
/// Those of one session stay together.
fn divide(jobs: &[Job], of: usize, known: Option<&LastRun>) -> Vec<Vec<usize>> {
    let weights = weights(jobs, known);
    let mut groups: IndexMap<(Option<&str>, usize), Vec<usize>> = IndexMap::new();
    for (index, job) in jobs.iter().enumerate() {
        let session = job.first().session.as_deref();
        let key = (session, if session.is_some() { 0 } else { index });
        groups.entry(key).or_default().push(index);
    }
    let weight = |group: &Vec<usize>| group.iter().map(|&index| weights[index]).sum::<u64>();
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_by_key(|group| (Reverse(weight(group)), group[0]));
    let mut parts = vec![(0, Vec::new()); of];
    for group in groups {
        let least = (0..of).min_by_key(|&part| parts[part].0).unwrap_or_default();
        parts[least].0 += weight(&group);
        parts[least].1.extend(group);
    }
    let sorted = |(_, mut part): (u64, Vec<usize>)| {
        part.sort_unstable();
        part
    };
    parts.into_iter().map(sorted).collect()
}

/// How long each job takes: as it did, or as one of its kind does, by the measure of those that are known.
fn weights(jobs: &[Job], known: Option<&LastRun>) -> Vec<u64> {
    let durations: HashMap<(&str, &str), u64> = known.map(LastRun::durations).unwrap_or_default();
    let known: Vec<Option<u64>> = jobs
        .iter()
        .map(|job| {
            let variant = match job {
                Job::Unit(unit) => &unit.variant,
                Job::Matrix(matrix) => &matrix.variant,
            };
            durations.get(&(job.first().scenario.as_str(), variant.as_str())).copied()
        })
        .collect();
    let guesses: Vec<u64> = jobs.iter().map(guess).collect();
    let (mut really, mut guessed) = (0, 0);
    for (known, guess) in known.iter().zip(&guesses) {
        if let Some(known) = known {
            really += known;
            guessed += guess;
        }
    }
    let scaled = |guess: u64| (guess * really.max(1)).checked_div(guessed).unwrap_or(guess);
    known
        .iter()
        .zip(&guesses)
        .map(|(known, &guess)| known.unwrap_or_else(|| scaled(guess)).max(1))
        .collect()
}

fn guess(job: &Job) -> u64 {
    let alone = |unit: &Unit| if unit.needs_proxy() { STAGED } else { UNIT };
    match job {
        Job::Unit(unit) => alone(unit),
        Job::Matrix(matrix) if matrix.first().needs_proxy() => STAGED * matrix.cells.len() as u64,
        Job::Matrix(matrix) => UNIT + CELL * matrix.cells.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use coopwright::suite::Suite;

    use super::*;

    fn jobs() -> Vec<Job> {
        let mut jobs = Vec::new();
        for suite in [Suite::builtin().unwrap(), Suite::builtin_matrices().unwrap()] {
            for entry in suite.entries() {
                jobs.extend(entry.scenario.jobs());
            }
        }
        jobs
    }

    #[test]
    fn a_shard_is_one_of_so_many() {
        let parsed = |text: &str| text.parse::<Shard>();
        assert_eq!(parsed("2/4"), Ok(Shard { number: 2, of: 4 }));
        for wrong in ["0/4", "5/4", "4", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_job_is_in_one_part_and_parts_are_alike() {
        let jobs = jobs();
        for of in [1, 3, 4, 7, 200] {
            let parts = divide(&jobs, of, None);
            let mut all: Vec<usize> = parts.iter().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all, (0..jobs.len()).collect::<Vec<_>>());
            let weights = weights(&jobs, None);
            let heavy = weights.iter().max().unwrap();
            let sums = parts.iter().map(|part| part.iter().map(|&job| weights[job]).sum::<u64>());
            let (least, most) = (sums.clone().min().unwrap(), sums.max().unwrap());
            assert!(most - least <= *heavy, "{least} to {most} of {of}");
        }
    }

    #[test]
    fn known_durations_decide() {
        let jobs: Vec<Job> = jobs().into_iter().take(4).collect();
        let name = |job: &Job| (job.first().scenario.clone(), job.first().variant.clone());
        let known = jobs.iter().map(name).zip([9000, 100, 100, 100]);
        let known = LastRun::of_durations(known);
        assert_eq!(divide(&jobs, 2, Some(&known))[0], [0]);
        let shard = Shard { number: 2, of: 2 };
        let (part, told) = shard.part(&jobs, Some(&known));
        assert_eq!(part, [1, 2, 3]);
        assert_ne!(told.plan, shard.part(&jobs, None).1.plan);
    }
}
