//! Logins to a registry that wants them, started here.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::docker::Reference;
use crate::docker::tests::{Named, client, perform};
use crate::testing::Sandbox;
use crate::wire::Change;

mod token;

/// The line of `ann`, whose password is `secret-word`.
const ANN: &str = "ann:$2b$05$SpvAY6TJvDlhblbKPxXipOcIpW/iahlCPtrDB06MWleGtZCtxP66y\n";

/// A registry that wants a login; it ends with the test.
struct Registry {
    process: Child,
    address: String,
    _directory: tempfile::TempDir,
}

impl Registry {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let passwords = directory.path().join("htpasswd");
        std::fs::write(&passwords, ANN).unwrap();
        Self::with(&format!("htpasswd: {{realm: lab, path: {}}}", passwords.display()), directory)
    }

    /// A registry that is told so whom it may trust, out of files in a directory.
    fn with(auth: &str, directory: tempfile::TempDir) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let at = |name: &str| directory.path().join(name).display().to_string();
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
             http: {{addr: \"{address}\"}}\nauth: {{{auth}}}\n",
            at("data"),
        );
        std::fs::write(at("config.yml"), config).unwrap();
        let mut command = Command::new(program());
        let command = command.args(["serve", &at("config.yml")]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("the tests need docker-registry, of the lab or of Debian");
        let own = Self { process, address, _directory: directory };
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if std::net::TcpStream::connect(&own.address).is_ok() {
                return own;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("the registry does not listen on {}", own.address);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The registry's program: beside the lab's `kubectl`, or in `PATH`.
fn program() -> PathBuf {
    let beside =
        std::env::var("LAB_KUBECTL").map(|kubectl| PathBuf::from(kubectl).with_file_name("docker-registry"));
    beside.ok().filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from("docker-registry"))
}

fn sandbox(module: &'static str) -> Sandbox {
    let sandbox = Sandbox::new(module);
    let directory = sandbox.path("docker");
    sandbox.env("DOCKER_CONFIG", &directory)
}

fn login(registry: &Registry, password: &str) -> Value {
    json!({"registry_url": registry.address, "username": "ann", "password": password})
}

#[test]
fn a_login_is_checked_kept_privately_and_used() {
    let (registry, name) = (Registry::start(), Named::new("login"));
    let sandbox = sandbox("docker_login");
    let reply = sandbox.converges(login(&registry, "secret-word"));
    assert!(!format!("{reply:?}").contains("secret-word"));
    assert_eq!(reply.values["login_result"]["username"], "ann");
    assert_eq!((sandbox.mode("docker/config.json"), sandbox.mode("docker")), (0o600, 0o700));

    let full = format!("{}/{}", registry.address, name.0);
    let reference = Reference::parse(&full).unwrap();
    perform(|hands| Ok(client().tag_image(hands, "lab/app:1", &reference)?));
    let stranger = Sandbox::new("docker_push").env("DOCKER_CONFIG", "/nowhere");
    let said = stranger.fails(json!({"name": full}));
    assert!(
        said.contains(&format!("hint: the registry `{}` wants a login: log in first", registry.address)),
        "{said}"
    );
    let push = Sandbox::new("docker_push").env("DOCKER_CONFIG", &sandbox.path("docker"));
    push.converges(json!({"name": full}));
    // The engine forgets the digest with the name, so that the registry is asked for its manifest.
    perform(|hands| Ok(client().remove_image(hands, &format!("{full}:latest"), false, false)?));
    perform(|hands| Ok(client().tag_image(hands, "lab/app:1", &reference)?));
    push.keeps(json!({"name": full}));

    let mut out = json!({"registry_url": registry.address, "state": "absent"});
    sandbox.converges(out.clone());
    out["config_path"] = sandbox.path("other/config.json").into();
    sandbox.keeps(out);
}

#[test]
fn a_wrong_password_is_refused_and_keeps_nothing() {
    let registry = Registry::start();
    let sandbox = sandbox("docker_login");
    for check in [true, false] {
        let args = login(&registry, "wrong-word");
        let reply = if check { sandbox.check(args) } else { sandbox.run(args) };
        let said = reply.failure.unwrap();
        assert!(said.starts_with(&format!("cannot log in to `{}` as `ann`: ", registry.address)), "{said}");
        assert!(said.contains("401 Unauthorized") || said.contains("unauthorized"), "{said}");
        assert!(!said.contains("wrong-word"), "{said}");
    }
    assert!(!sandbox.at("docker").exists());
    let said = sandbox.fails(json!({"registry_url": "127.0.0.1:9", "username": "a", "password": "b"}));
    assert!(said.contains("connection refused") && said.contains("the registry does not answer"), "{said}");
}

#[test]
fn a_login_that_changed_is_kept_anew_beside_all_else() {
    let registry = Registry::start();
    let config = json!({"psFormat": "table", "auths": {"other": {"auth": "eDp5"}, (registry.address.clone()): {"auth": "YW5uOm9sZA=="}}});
    let sandbox = sandbox("docker_login").file("docker/config.json", config.to_string());
    let reply = sandbox.converges(login(&registry, "secret-word"));
    assert!(reply.diff[0].before.contains("another one"), "{reply:?}");
    let config: Value = serde_json::from_str(&sandbox.text("docker/config.json")).unwrap();
    assert_eq!((&config["psFormat"], &config["auths"]["other"]["auth"]), (&json!("table"), &json!("eDp5")));
    let mut again = login(&registry, "secret-word");
    again["reauthorize"] = true.into();
    assert_eq!(sandbox.run(again).change, Change::Yes);
}

#[test]
fn a_program_keeps_logins_where_the_configuration_says_so() {
    let registry = Registry::start();
    let tool = "case $1 in\nget) read k; cat $SANDBOX/kept 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; };;\n\
                store) cat > $SANDBOX/kept;;\nerase) rm $SANDBOX/kept;;\nesac";
    let sandbox = sandbox("docker_login")
        .file("docker/config.json", r#"{"credsStore": "lab"}"#)
        .tool("docker-credential-lab", tool);
    sandbox.converges(login(&registry, "secret-word"));
    assert!(
        sandbox.text("kept").contains("secret-word") && !sandbox.text("docker/config.json").contains("auths")
    );
    sandbox.converges(json!({"registry_url": registry.address, "state": "absent"}));
    let missing = sandbox.file("docker/config.json", r#"{"credsStore": "none"}"#);
    let said = missing.fails(login(&registry, "secret-word"));
    assert!(said.starts_with("there is no program `docker-credential-none`"), "{said}");
}
