//! Real browsers: found, started, driven through WebDriver, and ended without leaving anything.
//!
//! [`locate`] finds what is installed, [`Session::start`] brings up a driver with a browser of its own, or
//! asks a [`Remote`] one for a browser. Only `session`, `commands` and `error` name fantoccini; only
//! `process` starts and kills; only `wire` speaks HTTP; `chromium`,
//! `firefox` and `webkit` hold what each of them needs. This module knows windows
//! and scripts, nothing of scenarios.

mod bidi;
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
mod remote;
mod session;
mod webkit;
mod wire;

pub use bidi::Note;
pub use commands::Found;
pub use endpoint::Endpoint;
pub use error::BrowserError;
pub use kind::Browser;
pub use locate::{Installed, LocateError, locate};
pub use remote::{Credentials, Fixtures, Remote, UrlFault};
pub use session::{ByProxy, Session, Settings, WindowId};
