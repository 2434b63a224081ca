//! The client against a real engine.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::target::Target;
use crate::testing::InProcess;
use crate::wire::{Call, Stream};
use crate::{Fail, Hands};

/// The engine of the lab.
pub(crate) fn client() -> Client {
    let endpoint = Endpoint::parse("unix:///var/run/docker.sock").unwrap();
    Client::connect(&endpoint).expect("the tests need a Docker Engine at the usual socket")
}

/// The registry of the lab.
pub(crate) fn registry() -> String {
    std::env::var("LAB_REGISTRY").expect("the tests need a registry, named by `LAB_REGISTRY`")
}

/// A name that no other test has; what the engine has under it, with any tag, is removed at the end.
pub(crate) struct Named(pub(crate) String);

impl Named {
    /// A name that begins with this.
    pub(crate) fn new(start: &str) -> Self {
        let mark = tempfile::tempdir().unwrap().path().file_name().unwrap().to_string_lossy().to_lowercase();
        Self(format!("{start}-{}", mark.replace(['.', '_'], "")))
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let client = client();
        let wanted = format!("{}:", self.0);
        for image in client.images(&Value::Null, false).unwrap_or_default() {
            for tag in image::texts(&image, "RepoTags").iter().filter(|tag| tag.contains(&wanted)) {
                perform(|hands| Ok(drop(client.remove_image(hands, tag, true, true))));
            }
        }
    }
}

/// Does what only hands may do; the lines shown.
pub(crate) fn perform<T>(make: impl FnOnce(&mut Hands<'_>) -> Result<T, Fail>) -> (T, Vec<(Stream, String)>) {
    let mut io = InProcess::new(&HashMap::new());
    let call = Call { live: true, ..Call::default() };
    let made = Target::new(Path::new("/"), &call, &mut io).perform(make).unwrap().unwrap();
    (made, io.lines)
}

/// A container that sleeps; removed when the test ends.
struct Sleeper(Client, String);

impl Sleeper {
    fn start() -> Self {
        let client = client();
        let body = json!({"Image": "lab/app:1", "Cmd": ["sleep", "600"]});
        let (id, _) = perform(|hands| {
            let made = client.post(hands, "/containers/create", &body)?;
            let id = made["Id"].as_str().unwrap().to_owned();
            client.post(hands, &format!("/containers/{id}/start"), &Value::Null)?;
            Ok(id)
        });
        Self(client, id)
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        perform(|hands| Ok(self.0.delete(hands, &format!("/containers/{}?force=1", self.1))?));
    }
}

#[test]
fn a_version_is_agreed_on() {
    let client = client();
    assert!(client.speaks(1, 24), "{}", client.api_version());
    assert!(client.get("/version").unwrap()["Version"].is_string());
    assert_eq!(client.find("/containers/no-such-container/json").unwrap(), None);
    let refused = client.get("/images/no-such-image/json").unwrap_err();
    assert!(refused.is_missing() && refused.message.contains("No such image"), "{refused}");
}

#[test]
fn commands_run_in_a_container_with_input_and_both_outputs() {
    let box_ = Sleeper::start();
    let script = "cat; echo wrong >&2; exit 3";
    let exec =
        Exec { argv: ["sh", "-c", script].map(str::to_owned).to_vec(), stdin: true, ..Exec::default() };
    let input = "line\n".repeat(100_000);
    let (output, lines) = perform(|hands| Ok(box_.0.exec(hands, &box_.1, &exec, input.as_bytes(), None)?));
    assert_eq!((output.rc, output.stdout.len(), output.errors().as_str()), (3, 500_000, "wrong\n"));
    assert!(lines.contains(&(Stream::Stderr, "wrong".to_owned())));
    let absent = Exec { argv: vec!["no-such-program".to_owned()], ..Exec::default() };
    let (said, _) = perform(|hands| Ok(box_.0.exec(hands, &box_.1, &absent, b"", None).map(|out| out.rc)));
    assert!(matches!(said, Ok(126 | 127)) || said.is_err(), "{said:?}");
}

#[test]
fn an_attached_command_is_spoken_with_line_by_line() {
    let box_ = Sleeper::start();
    let exec = Exec { argv: vec!["cat".to_owned()], stdin: true, ..Exec::default() };
    let mut attached = box_.0.exec_attach(&box_.1, &exec).unwrap();
    attached.frames.set_tick(None).unwrap();
    for word in ["one\n", "two\n"] {
        attached.input.write_all(word.as_bytes()).unwrap();
        let wanted = Next::Item((Stream::Stdout, word.as_bytes().to_vec()));
        assert_eq!(attached.frames.next().unwrap(), wanted);
    }
    attached.input.end().unwrap();
    assert_eq!(attached.frames.next().unwrap(), Next::End);
    assert_eq!(box_.0.exec_code(&attached.id).unwrap(), Some(0));
}
