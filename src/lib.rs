//! End-to-end tests for cross-origin headers, in real browsers.
//!
//! The modules, from the bottom up:
//! - [`fact`]: the vocabulary that prediction and observation share
//! - [`scenario`]: the scenario file
//! - [`snapshot`]: what was accepted, in insta's format
//! - [`suite`]: from paths to scenarios

pub mod fact;
pub mod scenario;
pub mod snapshot;
pub mod suite;
