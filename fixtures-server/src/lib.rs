//! An HTTP server, on loopback unless asked otherwise, that plays every origin of a cross-origin login
//! flow.
//!
//! A [`Server`] owns one listener. A [`Stage`] put on it is a set of [sites](page::Site), each with
//! a host name of its own under `.localhost`, and the [pages](page::Page) they serve with *raw*
//! header lines. Two stages never share a host, so nothing (cookies, storage, caches) leaks between
//! them.
//!
//! The server knows HTTP and OAuth 2.0; it knows nothing of opener policies, browsers or scenarios.

mod action;
mod answer;
mod authorize;
mod check;
mod hosts;
mod html;
mod log;
mod mask;
mod meeting;
mod oauth;
pub mod page;
mod record;
mod registry;
mod respond;
mod server;
mod stage;
mod visitor;

pub use check::{PlanError, PlanFault};
pub use log::{Entry, Exchange, Push};
pub use server::{Server, StartError};
pub use stage::Stage;
pub use visitor::{Gone, Visitor, Wish};
