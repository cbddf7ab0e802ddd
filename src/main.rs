//! The command line of Suitu 穗图.

use std::process::ExitCode;

fn main() -> ExitCode {
    suitu::cli::run()
}
