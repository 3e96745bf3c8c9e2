//! Laws of the model, held against generated input, and tables small enough to go through whole.
//!
//! `inputs` makes the input: `likely` flows from a small stock of addresses and header values, where
//! things meet often, and `wild` ones of any text. `popup`, `requests` and `engines` hold the laws,
//! `tables` what can be told case by case.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod engines;
mod inputs;
mod popup;
mod requests;
mod tables;
mod wild;
