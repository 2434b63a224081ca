//! `log_path`: the file that everything shown is written to, too, with the time of each message.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use super::{launch, work};

static RECORD: OnceLock<Record> = OnceLock::new();

/// The file, and what stands before each message.
struct Record {
    file: Mutex<File>,
    user: String,
}

/// Begins to write to a file, unless that is done already.
pub(super) fn open(path: &Path) {
    if RECORD.get().is_some() {
        return;
    }
    match OpenOptions::new().append(true).create(true).mode(0o600).open(path) {
        Ok(file) => {
            let user = work::local_user().unwrap_or_default();
            let _ = RECORD.set(Record { file: Mutex::new(file), user });
        }
        Err(error) => {
            let path = path.display();
            launch::say(&format!(
                "[WARNING]: log file at '{path}' is not writeable and cannot be created: {error}"
            ));
        }
    }
}

/// Whether there is such a file.
pub(super) fn is_open() -> bool {
    RECORD.get().is_some()
}

/// Writes one message.
pub(super) fn write(text: &str) {
    let Some(record) = RECORD.get() else { return };
    let text = console::strip_ansi_codes(text);
    let message = text.trim_matches('\n');
    if message.is_empty() {
        return;
    }
    let time = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S,%3f");
    let (user, process) = (&record.user, std::process::id());
    let line = format!("{time} p={process} u={user} n=ansible INFO| {message}\n");
    // What cannot be written down was shown nevertheless.
    let _ = record.file.lock().unwrap_or_else(|broken| broken.into_inner()).write_all(line.as_bytes());
}

/// A screen's end that writes each message down.
pub(super) struct Recorded;

impl Write for Recorded {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        write(&String::from_utf8_lossy(text));
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
