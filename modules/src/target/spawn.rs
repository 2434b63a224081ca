//! Processes: started in a group of their own, read while they run, ended as a group.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Command, Fail, Output, Target};
use crate::wire::Stream;

static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// How long what others still write is read after a process has ended.
const LINGER: Duration = Duration::from_secs(2);

/// How often a silent process is looked at.
const TICK: Duration = Duration::from_millis(100);

/// Ends all that is still running, for a worker that has lost its controller.
pub fn end_all() {
    let running = RUNNING.lock().map(|set| set.clone()).unwrap_or_default();
    running.into_iter().for_each(end_group);
}

fn end_group(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // Already gone is as good.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// Runs a command to its end.
pub(super) fn run(target: &mut Target<'_>, command: &Command) -> Result<Output, Fail> {
    let name = command.argv[0].to_string_lossy().into_owned();
    let mut child = start(target, command)
        .map_err(|error| Fail::io(format!("cannot run `{name}`"), &error).with("rc", rc_of(&error)))?;
    let group = child.id();
    note(|set| set.insert(group));
    let output = follow(target, command, &mut child);
    if output.is_err() {
        end_group(group);
        let _ = child.wait();
    }
    note(|set| set.remove(&group));
    output.map_err(|trouble| trouble.into_fail(&name))
}

fn note(change: impl FnOnce(&mut BTreeSet<u32>) -> bool) {
    if let Ok(mut set) = RUNNING.lock() {
        change(&mut set);
    }
}

// ansible: a command that cannot be started has the number of the error as its code
fn rc_of(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(2)
}

fn start(target: &Target<'_>, command: &Command) -> io::Result<Child> {
    let program = target.program(&command.argv[0]);
    let mut process = std::process::Command::new(program);
    // Programs name themselves by the word that they were called with.
    process.arg0(&command.argv[0]).args(&command.argv[1..]).envs(target.environment.iter().cloned());
    if !command.own_locale {
        process.env("LC_ALL", "C").env("LANG", "C").env_remove("LANGUAGE");
    }
    process.envs(command.environment.iter().cloned());
    if let Some(cwd) = &command.cwd {
        process.current_dir(cwd);
    }
    let input = if command.stdin.is_empty() { Stdio::null() } else { Stdio::piped() };
    process.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    spawn(&mut process)
}

/// How often, and after how long, a file that is still open elsewhere is tried again.
const BUSY: (u32, Duration) = (50, Duration::from_millis(20));

/// Starts a process. A script written a moment ago can still be open in a child of another
/// thread that has not come to its own program yet.
fn spawn(process: &mut std::process::Command) -> io::Result<Child> {
    for _ in 0..BUSY.0 {
        match process.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => std::thread::sleep(BUSY.1),
            started => return started,
        }
    }
    process.spawn()
}

enum Trouble {
    Timeout(Duration),
    Cancelled,
    Io(io::Error),
}

impl Trouble {
    fn into_fail(self, name: &str) -> Fail {
        match self {
            Self::Timeout(limit) => Fail::new(format!("`{name}` was killed: it took longer than {limit:?}")),
            Self::Cancelled => Fail::new(format!("`{name}` was killed: the run was interrupted")),
            Self::Io(error) => Fail::io(format!("cannot follow `{name}`"), &error),
        }
    }
}

type Chunk = (Stream, Vec<u8>);

fn follow(target: &mut Target<'_>, command: &Command, child: &mut Child) -> Result<Output, Trouble> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stdin) = child.stdin.take() {
        let bytes = command.stdin.clone();
        // A command that does not read its input is no mistake.
        thread::spawn(move || drop(stdin.write_all(&bytes)));
    }
    pump(child.stdout.take(), Stream::Stdout, sender.clone());
    pump(child.stderr.take(), Stream::Stderr, sender);
    let mut reader = Reader { output: Output::default(), open: [Vec::new(), Vec::new()], live: command.live };
    let status = reader.read(target, child, &receiver, command.timeout)?;
    // It may have been the faster one to hear of it.
    if status.signal().is_some() && target.cancelled() {
        return Err(Trouble::Cancelled);
    }
    reader.finish(target);
    reader.output.rc = status.code().or_else(|| status.signal().map(|s| -s)).unwrap_or(-1);
    Ok(reader.output)
}

fn pump(from: Option<impl Read + Send + 'static>, stream: Stream, to: Sender<Chunk>) {
    let Some(mut from) = from else { return };
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) if to.send((stream, buffer[..n].to_vec())).is_err() => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    });
}

struct Reader {
    output: Output,
    /// The begun lines of standard output and error.
    open: [Vec<u8>; 2],
    live: bool,
}

impl Reader {
    fn read(
        &mut self,
        target: &mut Target<'_>,
        child: &mut Child,
        chunks: &Receiver<Chunk>,
        limit: Option<Duration>,
    ) -> Result<ExitStatus, Trouble> {
        let begun = Instant::now();
        let mut ended: Option<(ExitStatus, Instant)> = None;
        loop {
            match chunks.recv_timeout(TICK) {
                Ok(chunk) => self.take(target, chunk),
                Err(RecvTimeoutError::Disconnected) if limit.is_none() && ended.is_none() => {
                    return self.wait(target, child);
                }
                Err(RecvTimeoutError::Disconnected) => match ended {
                    Some((status, _)) => return Ok(status),
                    None => thread::sleep(TICK / 10),
                },
                // A daemon it left behind may hold the pipes for ever: silence after its end is enough.
                Err(RecvTimeoutError::Timeout) => {
                    if let Some((status, _)) = ended {
                        return Ok(status);
                    }
                }
            }
            match ended {
                None => ended = child.try_wait().map_err(Trouble::Io)?.map(|status| (status, Instant::now())),
                Some((status, when)) if when.elapsed() > LINGER => return Ok(status),
                Some(_) => {}
            }
            if let Some(limit) = limit.filter(|limit| ended.is_none() && begun.elapsed() > *limit) {
                return Err(Trouble::Timeout(limit));
            }
            if ended.is_none() && target.cancelled() {
                return Err(Trouble::Cancelled);
            }
        }
    }

    /// Waits for a process that has closed its outputs.
    fn wait(&mut self, target: &Target<'_>, child: &mut Child) -> Result<ExitStatus, Trouble> {
        let mut pause = Duration::from_micros(200);
        loop {
            if let Some(status) = child.try_wait().map_err(Trouble::Io)? {
                return Ok(status);
            }
            if target.cancelled() {
                return Err(Trouble::Cancelled);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(TICK);
        }
    }

    fn take(&mut self, target: &mut Target<'_>, (stream, bytes): Chunk) {
        if self.live {
            let open = &mut self.open[stream as usize];
            open.extend_from_slice(&bytes);
            while let Some(end) = open.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = open.drain(..=end).collect();
                target.log(stream, String::from_utf8_lossy(&line[..end]).trim_end_matches('\r'));
            }
        }
        match stream {
            Stream::Stdout => self.output.stdout.extend(bytes),
            Stream::Stderr => self.output.stderr.extend(bytes),
        }
    }

    fn finish(&mut self, target: &mut Target<'_>) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let rest = std::mem::take(&mut self.open[stream as usize]);
            if !rest.is_empty() {
                target.log(stream, &String::from_utf8_lossy(&rest));
            }
        }
    }
}
