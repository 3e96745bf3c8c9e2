//! End-to-end tests for cross-origin headers: what COOP, COEP, CORP and CORS do to login popups.

pub mod fact;
pub mod scenario;
