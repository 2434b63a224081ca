//! The record of a run: one event a line, private, on the disk whenever a host has finished a task.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use baton_modules::sorting::Sorting;

use super::retry::list_broken;
use super::{Output, Screen};
use crate::event::{Event, FORMAT, Stats};

/// So many records are kept in the state directory.
const KEPT: usize = 50;

/// The disk is not asked more often than this.
const PAUSE: Duration = Duration::from_millis(50);

/// A record cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// The file cannot be made or opened.
    #[error("cannot open the run log `{path}`: {source}")]
    Open { path: PathBuf, source: io::Error },
    /// It cannot be read on.
    #[error("cannot read the run log `{path}`: {source}")]
    Read { path: PathBuf, source: io::Error },
    /// A line in it is no event.
    #[error("line {line} of `{path}` is not an event of a run log: {source}")]
    Line { path: PathBuf, line: usize, source: serde_json::Error },
    /// A later baton wrote it.
    #[error("`{path}` has format {found}, this baton reads formats up to {FORMAT}")]
    Format { path: PathBuf, found: u32 },
}

impl LogError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            LogError::Open { .. } => {
                Some("choose another file with `--log FILE`, or record nothing with `--no-log`")
            }
            LogError::Line { .. } => Some("a run log has one JSON object a line, as `--output json` prints"),
            LogError::Format { .. } => Some("read it with the baton that wrote it, or a later one"),
            LogError::Read { .. } => None,
        }
    }
}

/// Writes the record.
pub(crate) struct Log {
    file: File,
    /// Lines that are written with the next ones, at the latest when no event waits.
    lines: Vec<u8>,
    /// A host has finished a task since the disk was asked.
    finished: bool,
    path: PathBuf,
    screen: Screen,
    disk: Option<Disk>,
    /// It cannot be written any more, which was told.
    broken: bool,
}

/// The thread that waits for the disk, so that hosts do not have to.
struct Disk {
    wanted: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Log {
    /// Begins a record at `path`, which only its owner may read; trouble is told on `screen`.
    pub(crate) fn create(path: &Path, screen: Screen) -> Result<Self, LogError> {
        let open = || -> io::Result<(File, Disk)> {
            let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
            // An older file may have had another mode.
            if file.metadata()?.is_file() {
                file.set_permissions(Permissions::from_mode(0o600))?;
            }
            let disk = Disk::new(file.try_clone()?);
            Ok((file, disk))
        };
        let (file, disk) = open().map_err(|source| LogError::Open { path: path.into(), source })?;
        let (lines, path) = (Vec::new(), path.into());
        Ok(Self { file, lines, finished: false, path, screen, disk: Some(disk), broken: false })
    }

    fn tell(&mut self, trouble: &dyn std::fmt::Display) {
        if !std::mem::replace(&mut self.broken, true) {
            let path = self.path.display().to_string();
            self.screen.error_line(&format!("warning: the run log `{path}` is incomplete: {trouble}"));
        }
    }
}

impl Output for Log {
    fn event(&mut self, event: &Event, stats: &Stats) {
        if self.broken {
            return;
        }
        match serde_json::to_writer(&mut self.lines, event) {
            Ok(()) => self.lines.push(b'\n'),
            Err(trouble) => return self.tell(&trouble),
        }
        match event {
            Event::HostFinished { .. } | Event::HostsSkipped { .. } => self.finished = true,
            Event::RunFinished { .. } => {
                self.settle();
                let failed = failed_hosts_file(&self.path.to_string_lossy());
                if let Err(trouble) = list_broken(failed.as_ref(), stats) {
                    self.tell(&trouble);
                }
                if let Some(disk) = self.disk.take() {
                    disk.finish();
                }
            }
            _ => {}
        }
    }

    fn takes_many(&self) -> bool {
        true
    }

    fn settle(&mut self) {
        if self.broken || self.lines.is_empty() {
            return;
        }
        if let Err(trouble) = self.file.write_all(&self.lines) {
            return self.tell(&trouble);
        }
        self.lines.clear();
        if std::mem::take(&mut self.finished) {
            self.disk.iter().for_each(Disk::want);
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.settle();
    }
}

impl Disk {
    fn new(file: File) -> Self {
        let (wanted, asked): (_, Receiver<()>) = sync_channel(1);
        let thread = std::thread::spawn(move || {
            let (mut again, mut goes_on) = (false, true);
            while again || goes_on && asked.recv().is_ok() {
                // What the disk refuses, the next write will tell.
                let _ = file.sync_data();
                (again, goes_on) = rest(&asked);
            }
        });
        Self { wanted, thread }
    }

    /// Asks for what was written so far; one request stands for all that wait.
    fn want(&self) {
        let _ = self.wanted.try_send(());
    }

    fn finish(self) {
        let _ = self.wanted.send(());
        drop(self.wanted);
        let _ = self.thread.join();
    }
}

/// Leaves the disk in peace for a while: whether it was asked for meanwhile, and whether the record goes on.
fn rest(asked: &Receiver<()>) -> (bool, bool) {
    let until = Instant::now() + PAUSE;
    let mut again = false;
    loop {
        match asked.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(()) => again = true,
            Err(RecvTimeoutError::Timeout) => return (again, true),
            Err(RecvTimeoutError::Disconnected) => return (again, false),
        }
    }
}

/// The file beside a record that lists the hosts that failed.
pub(super) fn failed_hosts_file(log: &str) -> String {
    format!("{}.failed", log.strip_suffix(".jsonl").unwrap_or(log))
}

/// The place of a new record in the state directory, which is made private; the oldest records make room.
pub(crate) fn new_place(state: &Path, time: &str, id: &str) -> Result<PathBuf, LogError> {
    let runs = state.join("baton").join("runs");
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&runs);
    let made = made.and_then(|()| std::fs::set_permissions(&runs, Permissions::from_mode(0o700)));
    made.map_err(|source| LogError::Open { path: runs.clone(), source })?;
    make_room(&runs);
    Ok(runs.join(format!("{time}-{id}.jsonl")))
}

/// Takes the oldest records away, so that one more makes as many as are kept.
fn make_room(runs: &Path) {
    let entries = std::fs::read_dir(runs).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut records: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect();
    // Names begin with the time.
    records.put_in_order();
    let surplus = (records.len() + 1).saturating_sub(KEPT);
    for record in &records[..surplus] {
        // Another run may take the same away at the same time.
        let _ = std::fs::remove_file(record);
        let _ = std::fs::remove_file(failed_hosts_file(&record.to_string_lossy()));
    }
}

/// The events of a record, in order. A last line without end (the run was killed) is left out.
pub(crate) fn read(path: &Path) -> Result<impl Iterator<Item = Result<Event, LogError>> + use<>, LogError> {
    let file = File::open(path).map_err(|source| LogError::Read { path: path.into(), source })?;
    let mut reader = BufReader::new(file);
    let path = path.to_path_buf();
    let mut number = 0;
    Ok(std::iter::from_fn(move || {
        let mut line = String::new();
        number += 1;
        match reader.read_line(&mut line) {
            Err(source) => Some(Err(LogError::Read { path: path.clone(), source })),
            Ok(_) if !line.ends_with('\n') => None,
            Ok(_) => Some(event(&path, number, &line)),
        }
    }))
}

fn event(path: &Path, line: usize, text: &str) -> Result<Event, LogError> {
    let event = Event::read(text).map_err(|source| LogError::Line { path: path.into(), line, source })?;
    match event {
        Event::RunStarted { format, .. } if format > FORMAT => {
            Err(LogError::Format { path: path.into(), found: format })
        }
        event => Ok(event),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Buffer, recording, tell};
    use super::super::{Ansible, AnsibleSettings, DefaultOutput, Json, Junit, Minimal};
    use super::*;

    fn outputs() -> Vec<(Buffer, Box<dyn Output>)> {
        let makers: [fn(Screen) -> Box<dyn Output>; 6] = [
            |screen| Box::new(DefaultOutput::new(screen)),
            |screen| Box::new(Ansible::new(screen, AnsibleSettings::default())),
            |screen| Box::new(Minimal::new(screen, false, Default::default())),
            |screen| Box::new(Minimal::new(screen, true, Default::default())),
            |screen| Box::new(Json::new(screen)),
            |screen| Box::new(Junit::new(screen)),
        ];
        let make = |make: fn(Screen) -> Box<dyn Output>| {
            let buffer = Buffer::default();
            (buffer.clone(), make(buffer.screen()))
        };
        makers.into_iter().map(make).collect()
    }

    #[test]
    fn replaying_a_run_prints_what_the_run_printed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.jsonl");
        let mut log = Log::create(&path, Buffer::default().screen()).unwrap();
        let (mut first, mut second) = (outputs(), outputs());
        tell(&mut log, &recording());
        first.iter_mut().for_each(|(_, output)| tell(&mut **output, &recording()));
        let read: Vec<_> = read(&path).unwrap().map(Result::unwrap).collect();
        second.iter_mut().for_each(|(_, output)| tell(&mut **output, &read));
        for ((run, _), (replay, _)) in first.iter().zip(&second) {
            assert!(!run.text().is_empty());
            assert_eq!(run.text(), replay.text());
        }
    }

    #[test]
    fn a_record_is_private_and_lists_the_hosts_that_failed() {
        let directory = tempfile::tempdir().unwrap();
        let path = new_place(directory.path(), "20260101T000000Z", "abc").unwrap();
        let mut log = Log::create(&path, Buffer::default().screen()).unwrap();
        tell(&mut log, &recording());
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let failed = path.with_extension("failed");
        assert_eq!(std::fs::read_to_string(&failed).unwrap(), "web2\n");
        assert_eq!(mode(&failed), 0o600);
    }

    #[test]
    fn the_newest_fifty_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        for number in 0..60 {
            let path = new_place(directory.path(), &format!("2026{number:04}"), "x").unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut kept: Vec<_> = std::fs::read_dir(directory.path().join("baton/runs"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        kept.sort();
        assert_eq!((kept.len(), kept[0].as_str()), (50, "20260010-x.jsonl"));
    }

    #[test]
    fn a_killed_run_is_read_up_to_its_last_whole_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.jsonl");
        let line = serde_json::to_string(&recording()[0]).unwrap();
        std::fs::write(&path, format!("{line}\n{}", &line[..20])).unwrap();
        assert_eq!(read(&path).unwrap().filter(Result::is_ok).count(), 1);
        std::fs::write(&path, format!("{}\nnonsense\n", line.replace("\"format\":1", "\"format\":99")))
            .unwrap();
        let found: Vec<_> = read(&path).unwrap().map(|event| event.unwrap_err().to_string()).collect();
        assert!(found[0].ends_with("has format 99, this baton reads formats up to 1"), "{found:?}");
        assert!(found[1].starts_with("line 2 of `"), "{found:?}");
    }
}
