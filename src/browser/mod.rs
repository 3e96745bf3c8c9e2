//! Real browsers: found, started, driven through WebDriver, and ended without leaving anything.
//!
//! [`locate`] finds what is installed, [`Session::start`] brings up a driver with a browser of its own.
//! Only `session`, `commands` and `error` name fantoccini; only `process` starts and kills; `chromium`,
//! `firefox` and `webkit` hold what each of them needs. This module knows windows
//! and scripts, nothing of scenarios.

mod chromium;
mod commands;
mod display;
mod endpoint;
mod error;
mod firefox;
pub mod install;
mod kind;
mod locate;
mod process;
mod session;
mod webkit;

pub use endpoint::Endpoint;
pub use error::BrowserError;
pub use kind::Browser;
pub use locate::{Installed, LocateError, locate};
pub use session::{Session, Settings, WindowId};
