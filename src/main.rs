//! The `coopwright` program: arguments in, exit code out. All else is in the library.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
