//! What the standards say must happen, with the rule and the response that decide it. Pure.
//!
//! The model never sees what a browser did; see `cause`, where the two meet.

mod opener;

pub use opener::{Response, Switch, Window};
