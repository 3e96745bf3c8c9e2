//! The recording proxy and the client behind it, against real servers on loopback; the last part of it with
//! real browsers.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod browsers;
mod corporate;
mod faults;
mod lanes;
mod lines;
mod reports;
mod rules;
mod streams;
mod support;
mod versions;
mod websockets;
