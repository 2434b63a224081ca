//! What the binary is when it is not the command line: the worker on a host, or the program that
//! `ssh` asks for a password. Looked at before anything else is set up, so that both start at once.

use std::ffi::OsStr;
use std::process::ExitCode;

use baton_modules::{run_call, serve};

use super::askpass;

/// Serves in another guise if started in one; `None` for the command line.
pub(crate) fn guise() -> Option<ExitCode> {
    if let Some(answered) = askpass::ask() {
        return Some(if answered.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mut args = std::env::args_os().skip(1);
    let worker = args.next().as_deref() == Some(OsStr::new("worker")) && args.next().is_none();
    worker.then(|| match serve::serve(run_call) {
        // Threads of calls that would not end must not hold the process.
        Ok(()) => std::process::exit(0),
        Err(e) => {
            eprintln!("baton worker: {e}");
            ExitCode::FAILURE
        }
    })
}
