//! Events in, text out. Reporters make text; who calls them decides where it goes.

mod console;
pub mod explain;
mod failure;
mod finding;
pub mod html;
mod json;

pub use console::{Console, Totals};
pub use json::{RunInfo, document, matrix, unit};
