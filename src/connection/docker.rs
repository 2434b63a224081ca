//! Containers of a Docker Engine as hosts: commands are started in them through the engine's API, and no `docker`
//! command is needed here.

use std::io::{self, Read, Write};
use std::time::Duration;

use baton_modules::args::{Args, Home};
use baton_modules::docker::{self, Attached, Client, Engine, Error, Exec, Frames, Input, Next, escape};
use baton_modules::wire::Stream;
use serde_json::{Map, Value};

use super::address::Container;
use super::bridge::{self, Ends};
use super::pipes::Pipes;
use super::unreachable::{Kind, Unreachable};
use crate::diagnostic::nearest;

/// Starts a command in a running container.
pub(super) async fn start(to: &Container, command: &str) -> Result<Pipes, Unreachable> {
    let (to, command) = (to.clone(), command.to_owned());
    bridge::start(move |ends| attach(&to, command, ends)).await
}

fn attach(to: &Container, command: String, ends: Ends) -> Result<(), Unreachable> {
    let client = client(to)?;
    let exec = Exec {
        argv: vec!["/bin/sh".to_owned(), "-c".to_owned(), command],
        stdin: true,
        user: to.user.clone(),
        workdir: to.workdir.clone(),
        env: to.env.iter().map(|(name, value)| format!("{name}={}", value.reveal())).collect(),
        privileged: to.privileged,
        ..Exec::default()
    };
    let attached = client.exec_attach(&to.name, &exec).map_err(|error| refused(&client, to, error))?;
    let Attached { id, mut frames, input } = attached;
    let lost =
        |e: io::Error| Unreachable::new(Kind::Lost, format!("the connection to {} is lost: {e}", to.name));
    frames.set_tick(None).map_err(lost)?;
    let Ends { stdin, mut stdout, mut stderr, exit } = ends;
    bridge::carry(move || feed(stdin, input))?;
    bridge::carry(move || {
        let ended = drain(frames, &mut stdout, &mut stderr).is_ok();
        let code = if ended { code(&client, &id) } else { None };
        // Nobody may wait for it any more.
        let _ = exit.send(code);
    })
}

/// The environment of this process, for `~` and variables in paths.
struct Own;

impl Home for Own {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn home(&self, user: Option<&str>) -> Option<String> {
        user.is_none().then(|| self.variable("HOME")).flatten()
    }
}

fn client(to: &Container) -> Result<Client, Unreachable> {
    let mut options: Map<String, Value> =
        to.engine.iter().map(|(name, value)| (name.clone(), value.reveal().into())).collect();
    Engine::SPEC.expand_paths(&mut options, &Own);
    let engine = Engine::parse(&options).map_err(|problems| {
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Unreachable::new(Kind::Controller, format!("wrong variables of the connection: {}", words.join("; ")))
    })?;
    let endpoint =
        engine.endpoint(&|name| std::env::var(name).ok()).map_err(|e| told(Kind::Controller, e))?;
    Client::connect(&endpoint).map_err(|error| told(Kind::Refused, error))
}

fn told(kind: Kind, error: Error) -> Unreachable {
    let reason = Unreachable::new(kind, error.message);
    match error.hint {
        Some(hint) => reason.hint(hint),
        None => reason,
    }
}

/// Why the engine starts nothing in a container.
fn refused(client: &Client, to: &Container, error: Error) -> Unreachable {
    let name = &to.name;
    match error.status {
        404 if error.message.contains("ontainer") => missing(client, name),
        409 => idle(client, name, error),
        _ if error.message.contains("unable to find user") => {
            let who = to.user.as_deref().unwrap_or_default();
            Unreachable::new(Kind::Authentication, format!("container `{name}` has no user `{who}`"))
        }
        _ => told(Kind::Start, error),
    }
}

fn missing(client: &Client, name: &str) -> Unreachable {
    let listed = client.get("/containers/json?all=1").unwrap_or_default();
    let names: Vec<String> = listed
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|container| container["Names"].as_array().into_iter().flatten())
        .filter_map(|name| Some(name.as_str()?.trim_start_matches('/').to_owned()))
        .collect();
    let engine = client.endpoint().shown();
    let reason = Unreachable::new(Kind::Resolve, format!("there is no container `{name}` at `{engine}`"));
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => reason.hint(format!("did you mean `{near}`?")),
        None if names.is_empty() => reason.hint("there are none at all"),
        None => reason.hint("the host's name is that of the container, unless `ansible_host` says otherwise"),
    }
}

fn idle(client: &Client, name: &str, error: Error) -> Unreachable {
    let found = client.get(&format!("/containers/{}/json", escape(name))).unwrap_or_default();
    let state = &found["State"];
    let text = |key: &str| state[key].as_str().filter(|text| !text.is_empty());
    let Some(status) = text("Status") else { return told(Kind::Refused, error) };
    let mut message = format!("container `{name}` does not run: it is `{status}`");
    if let (Some(code), "exited") = (state["ExitCode"].as_i64(), status) {
        message += &format!(", with exit code {code}");
    }
    if let Some(why) = text("Error") {
        message += &format!(": {why}");
    }
    let hint = match status {
        "paused" => format!("`docker unpause {name}` lets it go on"),
        _ => format!("`docker start {name}`, or the module `docker_container`, starts it"),
    };
    Unreachable::new(Kind::Refused, message).hint(hint)
}

/// Carries what comes to the command, then the end.
fn feed(mut from: impl Read, mut input: Input) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                // A command that ended meanwhile is noticed where its output is read.
                if input.write_all(&buffer[..read]).and_then(|()| input.flush()).is_err() {
                    return;
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    let _ = input.end();
}

/// Carries what the command writes, to its end.
fn drain(mut frames: Frames, stdout: &mut impl Write, stderr: &mut impl Write) -> Result<(), docker::Error> {
    let gone = |e: io::Error| Error::io("cannot go on", &e);
    loop {
        match frames.next()? {
            Next::Item((Stream::Stdout, bytes)) => stdout.write_all(&bytes).map_err(gone)?,
            Next::Item((Stream::Stderr, bytes)) => stderr.write_all(&bytes).map_err(gone)?,
            Next::Quiet => {}
            Next::End => return Ok(()),
        }
    }
}

/// The exit code; the engine may know it a moment after the last output.
fn code(client: &Client, id: &str) -> Option<i32> {
    for _ in 0..50 {
        if let Some(code) = client.exec_code(id).ok()? {
            return Some(code);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}
