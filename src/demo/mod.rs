//! The teaching site: lessons, a playground and exercises, played in the visitor's own browser.
//!
//! `lessons`, `exercises` and `playground` make units of what a visitor asks for; a `run` plays one of them: the
//! `driver` makes a WebDriver browser of the visitor's, so what runs it, and what is said of it, is what
//! `coopwright run` does and says. `site` is the HTTP side.

mod driver;
mod exercises;
mod lessons;
mod playground;
mod run;
mod site;

pub use site::{Site, SiteError};
