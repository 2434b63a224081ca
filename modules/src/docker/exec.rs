//! Commands in containers: a connection that stops being HTTP and carries their input and output.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::wire::Wire;
use super::{Client, Error, Frames, Next, Request, Response, escape};
use crate::wire::Stream;
use crate::{Hands, Output};

/// A command to run in a container.
#[derive(Clone, Debug, Default)]
pub struct Exec {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Whether it gets an input; else it has none.
    pub stdin: bool,
    /// Whether it gets a terminal; then all output comes on one stream.
    pub tty: bool,
    /// Who runs it, as `user` or `user:group`; else whom the image says.
    pub user: Option<String>,
    /// Where it runs; else where the image says.
    pub workdir: Option<String>,
    /// Variables more, as `NAME=value`.
    pub env: Vec<String>,
    /// Whether it may do what the container may not.
    pub privileged: bool,
}

/// A command or container that we are attached to.
pub struct Attached {
    /// The number of the command, or the container.
    pub id: String,
    /// Its output.
    pub frames: Frames,
    /// Its input.
    pub input: Input,
}

/// The input of what we are attached to; may be used in another thread than its output.
pub struct Input(Wire);

impl Input {
    /// Says that no more will come.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn end(&mut self) -> io::Result<()> {
        self.0.end_input()
    }

    /// Ends the connection, also for whoever reads its output.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Write for Input {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Exec {
    fn body(&self) -> Value {
        let mut body = json!({
            "AttachStdin": self.stdin, "AttachStdout": true, "AttachStderr": true,
            "Tty": self.tty, "Cmd": self.argv, "Env": self.env, "Privileged": self.privileged,
        });
        if let Some(user) = &self.user {
            body["User"] = user.as_str().into();
        }
        if let Some(workdir) = &self.workdir {
            body["WorkingDir"] = workdir.as_str().into();
        }
        body
    }
}

impl Client {
    /// Starts a command in a running container and stays attached to it. Whoever calls this from a module has
    /// [`Client::exec`] instead.
    ///
    /// # Errors
    /// With the engine's words: no such container, or one that does not run.
    pub fn exec_attach(&self, container: &str, exec: &Exec) -> Result<Attached, Error> {
        let id = self.exec_create(container, exec)?;
        let request = Request::new("POST", format!("/exec/{id}/start"));
        let answer = self.upgrade(request.json(&json!({"Detach": false, "Tty": exec.tty})))?;
        attached(id, answer, exec.tty)
    }

    /// Starts a command in a running container and leaves it alone; its number.
    ///
    /// # Errors
    /// As [`Client::exec_attach`].
    pub fn exec_detached(
        &self,
        hands: &mut Hands<'_>,
        container: &str,
        exec: &Exec,
    ) -> Result<String, Error> {
        let id = self.exec_create(container, exec)?;
        let body = json!({"Detach": true, "Tty": exec.tty});
        self.post(hands, &format!("/exec/{id}/start"), &body)?;
        Ok(id)
    }

    /// The exit code of a command; `None` while it runs.
    ///
    /// # Errors
    /// When the engine does not know it.
    pub fn exec_code(&self, id: &str) -> Result<Option<i32>, Error> {
        let state = self.get(&format!("/exec/{id}/json"))?;
        let code = state.get("ExitCode").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
        Ok(code.filter(|_| state.get("Running").and_then(Value::as_bool) != Some(true)))
    }

    /// Runs a command in a running container to its end, with this input; its lines are shown as they come.
    ///
    /// # Errors
    /// As [`Client::exec_attach`], or when it takes longer than `limit` or the run is interrupted. Then the command
    /// goes on in its container: an engine cannot end it.
    pub fn exec(
        &self,
        hands: &mut Hands<'_>,
        container: &str,
        exec: &Exec,
        stdin: &[u8],
        limit: Option<Duration>,
    ) -> Result<Output, Error> {
        let Attached { id, frames, mut input } = self.exec_attach(container, exec)?;
        let bytes = stdin.to_vec();
        let (wants, closer) = (exec.stdin, input.0.another());
        let feeder = std::thread::spawn(move || {
            // A command that does not read its input is no mistake.
            let _ = input.write_all(&bytes).and_then(|()| if wants { input.end() } else { Ok(()) });
        });
        let followed = follow(hands, frames, limit);
        if let Ok(wire) = closer {
            wire.close();
        }
        let _ = feeder.join();
        let mut output = followed?;
        output.rc = self.ended(&id)?;
        Ok(output)
    }

    /// Attaches to a container itself, before or after its start.
    ///
    /// # Errors
    /// With the engine's words.
    pub fn attach(&self, container: &str, stdin: bool, tty: bool, logs: bool) -> Result<Attached, Error> {
        let flag = |on: bool| if on { "1" } else { "" };
        let path = super::query(
            &format!("/containers/{}/attach", escape(container)),
            &[
                ("stream", "1"),
                ("stdin", flag(stdin)),
                ("stdout", "1"),
                ("stderr", "1"),
                ("logs", flag(logs)),
            ],
        );
        attached(container.to_owned(), self.upgrade(Request::new("POST", path))?, tty)
    }

    fn exec_create(&self, container: &str, exec: &Exec) -> Result<String, Error> {
        let path = format!("/containers/{}/exec", escape(container));
        let made = self.call(Request::new("POST", path).json(&exec.body()), &|| false)?;
        let mut lines = made.lines();
        let made = loop {
            match lines.next()? {
                Next::Item(value) => break value,
                Next::Quiet => {}
                Next::End => return Err(Error::new("the engine's answer is empty")),
            }
        };
        let id = made.get("Id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| Error::new("the engine's answer has no `Id`"))
    }

    fn upgrade(&self, request: Request<'_>) -> Result<Response, Error> {
        self.call(request.header("Connection", "Upgrade").header("Upgrade", "tcp"), &|| false)
    }

    /// The exit code; the engine may know it a moment after the last output.
    fn ended(&self, id: &str) -> Result<i32, Error> {
        for _ in 0..100 {
            if let Some(code) = self.exec_code(id)? {
                return Ok(code);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Error::new("the engine does not say how the command ended"))
    }
}

fn attached(id: String, answer: Response, raw: bool) -> Result<Attached, Error> {
    let input = answer.body.another().map_err(|error| Error::io("cannot use the connection", &error))?;
    Ok(Attached { id, frames: answer.frames(raw), input: Input(input) })
}

fn follow(hands: &mut Hands<'_>, mut frames: Frames, limit: Option<Duration>) -> Result<Output, Error> {
    let since = Instant::now();
    let mut output = Output::default();
    let mut shown = [0, 0];
    loop {
        match frames.next()? {
            Next::Item((stream, bytes)) => {
                let (all, shown) = match stream {
                    Stream::Stdout => (&mut output.stdout, &mut shown[0]),
                    Stream::Stderr => (&mut output.stderr, &mut shown[1]),
                };
                all.extend_from_slice(&bytes);
                show(hands, stream, all, shown);
            }
            Next::End => return Ok(output),
            Next::Quiet if hands.cancelled() => return Err(Error::new("the run was interrupted")),
            Next::Quiet => {}
        }
        if let Some(limit) = limit.filter(|limit| since.elapsed() > *limit) {
            return Err(Error::new(format!("the command took longer than {} seconds", limit.as_secs())));
        }
    }
}

/// Shows the lines that are whole by now.
fn show(hands: &mut Hands<'_>, stream: Stream, all: &[u8], shown: &mut usize) {
    while let Some(length) = all[*shown..].iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&all[*shown..*shown + length]);
        hands.log(stream, line.trim_end_matches('\r'));
        *shown += length + 1;
    }
}
