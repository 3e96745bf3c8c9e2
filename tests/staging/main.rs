//! Sites that are not ours: what `coopwright` says of real third-party stacks.
//!
//! Nothing here stands in for a package, a server or a browser. Where one cannot be had, these tests fail.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod certificates;
mod deployments;
#[path = "../grid/driver.rs"]
#[expect(dead_code, reason = "the tests with a Grid use more of it")]
mod driver;
mod elsewhere;
mod faults;
mod logins;
mod stack;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the tests of the program use more of it")]
mod support;
mod visit;
