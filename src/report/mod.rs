//! Events in, text out. Reporters make text; who calls them decides where it goes.

mod console;
mod difference;
pub mod explain;
mod failure;
mod finding;
pub mod html;
pub mod inspect;
pub mod json;
mod page;
mod rehearsal;

pub use console::{Console, Totals, count};
pub use difference::{Difference, FactDifference, difference};
pub use json::{RunInfo, document, matrix, unit};
pub use rehearsal::RehearsalReport;
