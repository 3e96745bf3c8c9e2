//! End-to-end tests for cross-origin headers, in real browsers.
//!
//! The modules, from the bottom up:
//! - [`snapshot`]: what was accepted, in insta's format

pub mod snapshot;
