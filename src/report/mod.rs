//! Events in, text out. Reporters make text; who calls them decides where it goes.

mod brief;
mod case;
mod console;
mod difference;
pub mod explain;
mod failure;
mod finding;
mod github;
pub mod html;
mod inert;
pub mod inspect;
pub mod json;
mod junit;
mod page;
mod rehearsal;
mod results;
mod schema;
mod summary;
mod tap;

pub use brief::brief;
pub use console::{Console, Totals, count};
pub use difference::{Difference, FactDifference, difference};
pub use github::{github, without_commands};
pub use json::{RunInfo, document, matrix, unit};
pub use junit::junit;
pub use rehearsal::RehearsalReport;
pub use results::{MergeError, Merged, Results, ShardOf};
pub use schema::schema;
pub use summary::markdown;
pub use tap::tap;
