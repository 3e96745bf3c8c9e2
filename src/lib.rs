//! What cross-origin headers do to login popups, observed in real browsers.
//!
//! A [`scenario`] names sites, pages with raw header lines, and steps; the [`runner`] plays it in a
//! [`browser`] against the fixture server and gives an [`observation`]; [`verdict`] and [`snapshot`]
//! compare it with what is expected; [`cause`] says which response decided. The binary is the only
//! part that prints.

pub mod fact;
pub mod feature;
pub mod lint;
pub mod origin;
pub mod policy;
pub mod yaml;

pub mod observation;
pub mod spec;

pub mod browser;
pub mod proxy;
pub mod rollout;
pub mod scenario;
pub mod settings;
pub mod snapshot;
pub mod upstream;

pub mod cause;
pub mod chain;
pub mod inspection;
pub mod predict;
pub mod suite;
pub mod verdict;

pub mod event;

pub mod question;
pub mod rehearsal;
pub mod sketch;

pub mod demo;
pub mod report;
pub mod runner;
