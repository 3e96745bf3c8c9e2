//! coopwright
pub mod browser;
pub mod policy;
pub mod spec;
