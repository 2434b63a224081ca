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
                perform(|hands| Ok(client.remove_image(hands, tag, true, true).is_ok()));
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

/// The engine behind TLS: `socat` before its socket, with certificates of our own.
struct Encrypted {
    directory: tempfile::TempDir,
    process: std::process::Child,
    port: u16,
}

impl Encrypted {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let openssl = |line: &str| {
            let mut command = std::process::Command::new("openssl");
            let done = command
                .args(line.split(' '))
                .current_dir(&directory)
                .output()
                .expect("the tests need openssl");
            assert!(done.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&done.stderr));
        };
        let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(&format!("req -x509 {new} -keyout ca-key.pem -out ca.pem -subj /CN=lab-ca -days 2"));
        for (name, extension) in
            [("engine", "subjectAltName=DNS:engine"), ("client", "extendedKeyUsage=clientAuth")]
        {
            std::fs::write(directory.path().join("extension"), extension).unwrap();
            openssl(&format!("req {new} -keyout {name}-key.pem -out {name}.csr -subj /CN={name}"));
            openssl(&format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out {name}.pem -days 2 -extfile extension"
            ));
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let listen = format!(
            "OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,cert=engine.pem,key=engine-key.pem,cafile=ca.pem,verify=1"
        );
        let mut socat = std::process::Command::new("socat");
        let socat = socat.args([&listen, "UNIX-CONNECT:/var/run/docker.sock"]).current_dir(&directory);
        let process = socat.stderr(std::process::Stdio::null()).spawn().expect("the tests need socat");
        let own = Self { directory, process, port };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return own;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("socat does not listen");
    }

    fn connect(&self, more: &Value) -> Result<Client, Error> {
        let at = |name: &str| self.directory.path().join(name).display().to_string();
        let mut args = json!({
            "docker_host": format!("tcp://127.0.0.1:{}", self.port), "validate_certs": true, "tls_hostname": "engine",
            "ca_path": at("ca.pem"), "client_cert": at("client.pem"), "client_key": at("client-key.pem"), "timeout": 3,
        });
        let args = args.as_object_mut().unwrap();
        args.extend(more.as_object().unwrap().clone());
        args.retain(|_, value| !value.is_null());
        let engine = <Engine as crate::args::Args>::parse(args).unwrap();
        Client::connect(&engine.endpoint(&|_| None)?)
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_engine_behind_tls_is_spoken_with_and_trouble_is_told() {
    let engine = Encrypted::start();
    let client = engine.connect(&json!({})).unwrap();
    let box_ = Sleeper::start();
    let argv = ["sh", "-c", "cat; echo wrong >&2; exit 3"].map(str::to_owned).to_vec();
    let exec = Exec { argv, stdin: true, ..Exec::default() };
    let input = "line\n".repeat(100_000);
    let (output, _) = perform(|hands| Ok(client.exec(hands, &box_.1, &exec, input.as_bytes(), None)?));
    assert_eq!((output.rc, output.stdout.len(), output.errors().as_str()), (3, 500_000, "wrong\n"));

    assert!(engine.connect(&json!({"validate_certs": null, "tls": true, "tls_hostname": "other"})).is_ok());
    let fails = |more: Value| engine.connect(&more).unwrap_err().to_string();
    let said = fails(json!({"ca_path": null}));
    assert!(said.contains("TLS could not be agreed: invalid peer certificate: UnknownIssuer"), "{said}");
    let said = fails(json!({"tls_hostname": "other"}));
    assert!(said.contains("certificate not valid for name \"other\""), "{said}");
    let said = fails(json!({"client_cert": null, "client_key": null}));
    assert!(
        said.starts_with("cannot talk to the engine") || said.contains("TLS could not be agreed"),
        "{said}"
    );
    let said = fails(json!({"client_cert": null}));
    assert_eq!(said, "`client_cert` and `client_key` belong together: one is missing");
    let said = fails(json!({"ca_path": "/nowhere/ca.pem"}));
    assert!(said.contains("cannot read `/nowhere/ca.pem`"), "{said}");
    let hint = engine.connect(&json!({"validate_certs": false})).unwrap_err().hint.unwrap();
    assert!(hint.starts_with("does the engine want TLS there?"), "{hint}");
}

#[test]
fn what_is_no_engine_is_told_within_the_time_it_may_take() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut endpoint = Endpoint::parse(&format!("tcp://{}", silent.local_addr().unwrap())).unwrap();
    endpoint.timeout = std::time::Duration::from_secs(1);
    let since = std::time::Instant::now();
    let said = Client::connect(&endpoint).unwrap_err().to_string();
    assert!(said.ends_with("no answer within 1s") && since.elapsed().as_secs() < 3, "{said}");
}
