//! Real browsers: found, started, driven through WebDriver, and ended without leaving anything.
//!
//! [`locate`] finds what is installed, [`Session::start`] brings up a driver with a browser of its own.
//! Only [`session`](self) names fantoccini; only `process` starts and kills. This module knows windows
//! and scripts, nothing of scenarios.

mod chromium;
pub mod install;
mod locate;
mod process;
mod session;

pub use locate::{Engine, Installed, LocateError, locate};
pub use session::{BrowserError, Session, Settings, WindowId};
