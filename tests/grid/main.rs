//! Browsers that somebody else runs: plain drivers, and a Selenium Grid with two nodes.
//!
//! Nothing here stands in for a driver or a Grid. Where one cannot be had, these tests fail.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod driver;
mod selenium;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the tests of the program use more of it")]
mod support;

mod plain;
mod through;
