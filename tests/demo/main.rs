//! The teaching site as a visitor has it: real browsers that no driver of ours drives, only the visitor's
//! clicks.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod ask;
mod lessons;
mod pages;
mod playground;
mod site;
#[path = "../cli/support.rs"]
#[expect(dead_code, reason = "the tests of the program use more of it")]
mod support;
mod visitor;
