//! `coopwright inspect`: live sites, without a browser.
//!
//! `pages` follows navigations, `scripts` replays a script's `fetch()`, `faults` is what goes wrong;
//! `world` plays the sites.

mod faults;
mod pages;
mod scripts;
mod world;
