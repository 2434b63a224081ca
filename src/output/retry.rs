//! `retry_files_enabled`: the hosts that failed or were out of reach, in a file that `--limit @FILE` takes.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use baton_modules::sorting::Sorting;

use super::{Output, Screen};
use crate::event::{Event, Stats};

/// Writes the file when the run has ended, if any host has to be tried again.
pub(crate) struct RetryFile {
    path: PathBuf,
    screen: Screen,
    /// Where it is told of: beside what is shown, or where errors go.
    is_shown: bool,
}

impl RetryFile {
    /// For a playbook, in this directory or beside it.
    pub(crate) fn new(playbook: &Path, directory: Option<&Path>, screen: Screen, is_shown: bool) -> Self {
        let directory = directory.or_else(|| playbook.parent()).unwrap_or(Path::new(""));
        let mut name = playbook.file_stem().unwrap_or_default().to_owned();
        name.push(".retry");
        Self { path: directory.join(name), screen, is_shown }
    }
}

/// Lists the hosts that failed or were out of reach, for `--limit @FILE`; whether there are any.
pub(super) fn list_broken(path: &Path, stats: &Stats) -> io::Result<bool> {
    let mut hosts: Vec<&str> = stats.broken().map(|host| &**host).collect();
    if hosts.is_empty() {
        return Ok(false);
    }
    hosts.put_in_order();
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(hosts.iter().map(|host| format!("{host}\n")).collect::<String>().as_bytes())?;
    Ok(true)
}

impl Output for RetryFile {
    fn event(&mut self, event: &Event, stats: &Stats) {
        let Event::RunFinished { .. } = event else { return };
        let made = self.path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let path = self.path.display();
        match made.and_then(|()| list_broken(&self.path, stats)) {
            Ok(false) => {}
            Ok(true) if self.is_shown => self.screen.line(&format!("\tto retry, use: --limit @{path}\n")),
            Ok(true) => self.screen.error_line(&format!("hint: to retry, use: --limit @{path}")),
            Err(why) => {
                let told = format!("[WARNING]: Could not create retry file '{path}'. {why}");
                self.screen.error_line(&told);
            }
        }
    }

    fn takes_many(&self) -> bool {
        true
    }
}
