//! The engine, the registry and the cluster as a test sees them without baton.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::host::variable;

/// What a program prints; it must succeed.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let output = output(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    assert!(output.status.success(), "{command:?}: {}: {}", output.status, text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What `docker` prints.
#[track_caller]
pub(super) fn docker<const N: usize>(args: [&str; N]) -> String {
    printed(Command::new("docker").args(args))
}

/// What `kubectl` prints.
#[track_caller]
pub(super) fn kubectl<const N: usize>(args: [&str; N]) -> String {
    printed(Command::new(variable("LAB_KUBECTL")).args(args))
}

/// Takes something away at the end of a test; it may be gone already.
pub(super) fn forget<const N: usize>(program: &str, args: [&str; N]) {
    let program =
        std::env::var("LAB_KUBECTL").ok().filter(|_| program == "kubectl").unwrap_or(program.into());
    // What fails here must not hide why the test failed.
    let _ = Command::new(program).args(args).stdin(Stdio::null()).output();
}

/// An object of the cluster.
#[track_caller]
pub(super) fn object(kind: &str, name: &str, namespace: &str) -> Value {
    let text = kubectl(["get", kind, name, "-n", namespace, "-o", "json"]);
    serde_json::from_str(&text).expect("an object")
}

/// Where images are pushed to.
pub(super) fn registry() -> String {
    variable("LAB_REGISTRY")
}

/// The digest of a tag in the registry; none where it is not there.
#[track_caller]
pub(super) fn pushed(repository: &str, tag: &str) -> Option<String> {
    let accept = "Accept: application/vnd.docker.distribution.manifest.v2+json\r\n";
    let answer = ask(&registry(), &format!("/v2/{repository}/manifests/{tag}"), accept).expect("a registry");
    if answer.status == 404 {
        return None;
    }
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.head.lines().find_map(|line| line.strip_prefix("Docker-Content-Digest: ")).map(str::to_owned)
}

/// An answer over HTTP.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

/// Asks once, on a connection of its own.
pub(super) fn ask(address: &str, path: &str, headers: &str) -> std::io::Result<Answer> {
    let found = address.parse().map_err(std::io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&found, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| std::io::Error::other("no answer"))?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("no status"))?;
    Ok(Answer { status, head: head.into(), body: body.trim_end().into() })
}

/// Waits until something is so, at most two minutes: machines of tests are crowded.
#[track_caller]
pub(super) fn until(what: &str, so: impl Fn() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < Duration::from_secs(120), "not so after two minutes: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
