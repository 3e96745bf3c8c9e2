//! Fuzz target: responses as text, through policies, lint and model.

#![no_main]

#[path = "../case.rs"]
#[allow(dead_code, reason = "the other target uses the rest")]
mod case;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| case::headers(bytes));
