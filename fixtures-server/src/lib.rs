//! A loopback HTTP server that plays every origin of a cross-origin login flow.
//!
//! A [`Server`] owns one listener. A [`Stage`] put on it is a set of [sites](Site), each with a host
//! name of its own under `.localhost`, and the [pages](Page) they serve with *raw* header lines.
//! Two stages never share a host, so nothing (cookies, storage, caches) leaks between them.
//!
//! The server knows HTTP and OAuth 2.0; it knows nothing of opener policies, browsers or scenarios.

pub mod page;
