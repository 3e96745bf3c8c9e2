//! The server from outside, over real sockets.

mod cors;
mod documents;
mod hosts;
mod log;
mod login;
mod plans;
mod shutdown;
mod support;
mod wire;
