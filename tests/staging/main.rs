//! Sites that are not ours: what `coopwright` says of a real third-party stack.
//!
//! Nothing here stands in for a package, a server or a browser. Where one cannot be had, these tests fail.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that fails")]

mod certificates;
#[path = "../grid/driver.rs"]
#[expect(dead_code, reason = "the tests with a Grid use more of it")]
mod driver;
mod stack;

use stack::{Front, Setup, Stack};

#[test]
#[ignore = "serves until it is killed, for a look by hand"]
fn serve() {
    let setup = Setup::shop(Front::Tls)
        .nginx("app", "server", "add_header Cross-Origin-Opener-Policy same-origin always;")
        .nginx("app", "server", "add_header Cross-Origin-Embedder-Policy require-corp always;")
        .nginx("app", "= /editor", "add_header X-Editor yes;");
    let stack = Stack::start(&setup);
    eprintln!("{}", stack.settings());
    eprintln!("{}", stack.said());
    std::thread::park();
}
