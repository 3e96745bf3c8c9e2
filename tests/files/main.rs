//! The files beside scenarios that people write: rollouts and settings. What they mean, what is said of
//! faulty ones, and that the schemas for editors agree with the readers. And those that pipelines read.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod damage;
mod pipelines;
mod rollout;
mod schemas;
mod settings;
