//! Starts a second worker for another user through `sudo`, `su` or `doas`. The password goes to
//! the tool's prompt over a pipe or a terminal, never over argv or the environment.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::prompt::{self, Said};
use super::terminal;
use crate::bootstrap::{self, Bootstrap};
use crate::wire::{Become, BecomeFailure, BecomeFailureKind as Kind, Frame};

const SELF: &str = "/proc/self/exe";
/// The longest line of the script's output, or of noise before it.
const LINE: usize = 64 * 1024;

/// A worker of another user that has said hello.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) stdin: Box<dyn Write + Send>,
    pub(super) stdout: BufReader<ChildStdout>,
    pub(super) said: Said,
    /// Its first frame.
    pub(super) hello: Frame,
    /// Closing it would end what runs on it.
    pub(super) _terminal: Option<File>,
}

/// Becomes the user; a cached worker that does not run is replaced once.
pub(super) fn start(user: &Become) -> Result<Started, BecomeFailure> {
    match attempt(user, false) {
        Err(Ended::Mute) => attempt(user, true).map_err(Ended::failure),
        other => other.map_err(Ended::failure),
    }
}

enum Ended {
    /// The cached worker was started and did not say hello.
    Mute,
    Failed(BecomeFailure),
}

impl Ended {
    fn failure(self) -> BecomeFailure {
        match self {
            Self::Mute => failed(Kind::Other, "the worker ended before it said anything"),
            Self::Failed(failure) => failure,
        }
    }
}

enum Event {
    /// The tool said something on its terminal or stderr.
    Words,
    Line(bootstrap::Said),
    Hello(Frame, BufReader<ChildStdout>),
    /// Stdout ended; whether the worker had been started.
    End(bool),
}

fn failed(kind: Kind, message: impl Into<String>) -> BecomeFailure {
    BecomeFailure { kind, message: message.into() }
}

fn attempt(user: &Become, renew: bool) -> Result<Started, Ended> {
    let token = format!("[baton {:x}] password: ", std::process::id());
    let tool = Tool::of(&user.method).map_err(Ended::Failed)?;
    let mut running = spawn(tool, user, &token, renew).map_err(|e| {
        let kind = if e.kind() == io::ErrorKind::NotFound { Kind::NoTool } else { Kind::Other };
        Ended::Failed(failed(kind, format!("cannot run `{}`: {e}", exe(tool, user)[0])))
    })?;
    let outcome = running.converse(user, &token);
    running.slave = None;
    match outcome {
        Ok((hello, stdout)) => {
            let Running { child, stdin, said, terminal, .. } = running;
            Ok(Started { child, stdin, stdout, said, hello, _terminal: terminal })
        }
        Err(ended) => {
            // A tool that runs as root cannot be killed; without stdin it ends by itself.
            let _ = running.child.kill();
            drop(running.stdin);
            drop(running.terminal);
            thread::spawn(move || running.child.wait());
            Err(ended)
        }
    }
}

struct Running {
    child: Child,
    stdin: Box<dyn Write + Send>,
    /// Where the password goes when it is not stdin.
    terminal: Option<File>,
    /// Kept open until it has answered: a tool opens its terminal late, and the other side of
    /// one that nobody has open gives an error.
    slave: Option<OwnedFd>,
    said: Said,
    events: Receiver<Event>,
}

impl Running {
    fn converse(&mut self, user: &Become, token: &str) -> Result<(Frame, BufReader<ChildStdout>), Ended> {
        let until = Instant::now() + Duration::from_millis(user.timeout);
        let mut given = false;
        let told = |kind, message| Err(Ended::Failed(failed(kind, message)));
        loop {
            match self.events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Event::Hello(hello, stdout)) => return Ok((hello, stdout)),
                Ok(Event::Words) if self.said.asks(token, &user.prompts) => {
                    let Some(password) = &user.password else {
                        return told(Kind::PasswordNeeded, "it asks for a password".to_owned());
                    };
                    if std::mem::replace(&mut given, true) {
                        return told(Kind::WrongPassword, prompt::gist(&self.said.text(token)));
                    }
                    self.answer(password).map_err(|e| Ended::Failed(failed(Kind::Other, e.to_string())))?;
                }
                Ok(Event::Line(bootstrap::Said::Need { .. })) => {
                    self.upload().map_err(|e| Ended::Failed(failed(Kind::Other, e.to_string())))?;
                }
                Ok(Event::Line(bootstrap::Said::NoPlace)) => {
                    let place = "it has no directory of its own that allows execution and has room";
                    return told(Kind::Other, place.to_owned());
                }
                Ok(Event::Words | Event::Line(_)) => {}
                Ok(Event::End(true)) => return Err(Ended::Mute),
                Ok(Event::End(false)) | Err(RecvTimeoutError::Disconnected) => {
                    // What it said last may still be on its way from the other thread.
                    thread::sleep(Duration::from_millis(50));
                    return Err(Ended::Failed(prompt::failure(&self.said.text(token), given)));
                }
                Err(RecvTimeoutError::Timeout) => {
                    return told(Kind::Timeout, prompt::gist(&self.said.text(token)));
                }
            }
        }
    }

    fn answer(&mut self, password: &str) -> io::Result<()> {
        self.said.answer();
        let line = format!("{password}\n");
        match &mut self.terminal {
            Some(terminal) => terminal.write_all(line.as_bytes()),
            None => self.stdin.write_all(line.as_bytes()),
        }
    }

    fn upload(&mut self) -> io::Result<()> {
        let mut own = File::open(SELF)?;
        let size = own.metadata()?.len() as usize;
        self.stdin.write_all(bootstrap::announce(false, size).as_bytes())?;
        io::copy(&mut own, &mut self.stdin).map(|_| ())
    }
}

/// The tools that are known, and where they read a password from.
#[derive(Clone, Copy, PartialEq)]
enum Tool {
    /// With `-S` from stdin.
    Sudo,
    /// From stdin, which must be a terminal.
    Su,
    /// From the controlling terminal.
    Doas,
}

impl Tool {
    fn of(method: &str) -> Result<Self, BecomeFailure> {
        match method {
            "sudo" => Ok(Self::Sudo),
            "su" => Ok(Self::Su),
            "doas" => Ok(Self::Doas),
            _ => Err(failed(Kind::UnknownMethod, format!("unknown become method `{method}`"))),
        }
    }
}

fn exe(tool: Tool, user: &Become) -> Vec<String> {
    let name = match tool {
        Tool::Sudo => "sudo",
        Tool::Su => "su",
        Tool::Doas => "doas",
    };
    user.exe.clone().filter(|exe| !exe.is_empty()).unwrap_or_else(|| vec![name.to_owned()])
}

fn arguments(tool: Tool, user: &Become, token: &str, start: &Bootstrap) -> Vec<String> {
    let flags = |usual: &[&str]| {
        user.flags.clone().unwrap_or_else(|| usual.iter().map(|f| (*f).to_owned()).collect())
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut all = match tool {
        Tool::Sudo => flags(&["-H", "-S"]),
        Tool::Su | Tool::Doas => flags(&[]),
    };
    let script = start.script();
    match (tool, &user.password) {
        (Tool::Sudo, None) => all.push("-n".to_owned()),
        (Tool::Sudo, Some(_)) => {
            all.retain(|flag| flag != "-n" && flag != "--non-interactive");
            all.extend(words(&["-S", "-p", token]));
        }
        (Tool::Doas, None) => all.push("-n".to_owned()),
        (Tool::Doas | Tool::Su, _) => {}
    }
    match tool {
        // `su` hands the words to the user's own shell, whichever that is.
        Tool::Su => all.extend([user.user.clone(), "-c".to_owned(), start.command()]),
        Tool::Sudo | Tool::Doas => all.extend(words(&["-u", &user.user, "sh", "-c", &script])),
    }
    all
}

fn spawn(tool: Tool, user: &Become, token: &str, renew: bool) -> io::Result<Running> {
    let own = fs::read_link(SELF)?;
    // Root can run our own file; others cannot reach it and have a cache of their own.
    let direct = own.to_str().filter(|_| user.user == "root" && !renew);
    let locale = std::env::var("LC_ALL").ok();
    let size = fs::metadata(SELF)?.len();
    let start = Bootstrap { sha256: &user.sha256, size, renew, direct, locale: Some(locale.as_deref()) };
    let exe = exe(tool, user);
    let mut command = Command::new(&exe[0]);
    command.args(&exe[1..]).args(arguments(tool, user, token, &start)).env("LC_ALL", "C");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::piped());
    let (said, (sender, events)) = (Said::default(), channel());
    let mut terminal = None;
    if tool != Tool::Sudo {
        let both = terminal::open()?;
        terminal::control(&mut command, &both.slave);
        if tool == Tool::Su {
            command.stdin(both.slave.try_clone()?).stderr(both.slave.try_clone()?);
        }
        terminal = Some(both);
    }
    let mut child = command.spawn()?;
    // The command holds copies of the slave; with one left open its end would go unnoticed.
    drop(command);
    let (terminal, slave) = terminal.map(|both| (both.master, both.slave)).unzip();
    if let Some(master) = &terminal {
        hear(master.try_clone()?, said.clone(), sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        hear(stderr, said.clone(), sender.clone());
    }
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    listen(stdout, user.sha256.clone(), said.clone(), sender);
    let stdin: Box<dyn Write + Send> = match (child.stdin.take(), &terminal) {
        (Some(stdin), _) => Box::new(stdin),
        (None, Some(master)) => Box::new(master.try_clone()?),
        (None, None) => return Err(io::ErrorKind::BrokenPipe.into()),
    };
    Ok(Running { child, stdin, terminal, slave, said, events })
}

/// Keeps what is said, to the end of the stream.
fn hear(mut from: impl Read + Send + 'static, said: Said, sender: Sender<Event>) {
    thread::spawn(move || {
        let mut buffer = [0; 1024];
        // The master of a terminal whose last slave is closed gives an error, not an end.
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            said.push(&buffer[..read]);
            let _ = sender.send(Event::Words);
        }
    });
}

/// Reads the script's lines up to the worker's hello.
fn listen(stdout: ChildStdout, sha256: String, said: Said, sender: Sender<Event>) {
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = Vec::new();
        while let Ok(piece @ [_, ..]) = stdout.fill_buf() {
            let end = piece.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(piece.len(), |at| at + 1);
            line.extend_from_slice(&piece[..length]);
            if end.is_none() {
                // The `su` of busybox asks on stdout.
                said.push(&piece[..length]);
                let _ = sender.send(Event::Words);
            }
            stdout.consume(length);
            if end.is_none() && line.len() < LINE {
                continue;
            }
            match bootstrap::said(&String::from_utf8_lossy(&line), &sha256) {
                bootstrap::Said::Run => {
                    let event = match Frame::read(&mut stdout) {
                        Ok(Some(hello)) => Event::Hello(hello, stdout),
                        _ => Event::End(true),
                    };
                    let _ = sender.send(event);
                    return;
                }
                other => drop(sender.send(Event::Line(other))),
            }
            line.clear();
        }
        let _ = sender.send(Event::End(false));
    });
}
