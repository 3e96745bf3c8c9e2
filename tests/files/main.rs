//! The files beside scenarios that people write: rollouts and settings. What they mean, what is said of
//! faulty ones, and that the schemas for editors agree with the readers.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod damage;
mod rollout;
mod schemas;
mod settings;
