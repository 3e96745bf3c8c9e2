//! The program as its users meet it: exit codes, texts, and a real browser behind it.
//!
//! Nothing here stands in for a browser. Where none is installed, these tests fail and say how to
//! install one.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod support;

mod engines;
mod environment;
mod explain;
mod init;
mod inspect;
mod interruptions;
mod matrices;
mod rehearse;
mod repeats;
mod report;
mod runs;
mod settings;
mod shards;
mod shells;
mod suite;
mod usage;
