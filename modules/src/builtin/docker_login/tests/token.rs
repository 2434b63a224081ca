//! A registry that sends its visitors to another server for a token, as Docker's own and GitHub's do.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Registry, login, sandbox};
use crate::docker::Reference;
use crate::docker::tests::{Named, client, perform};
use crate::testing::Sandbox;

/// What the server was asked: by whom, and for what.
type Asked = Arc<Mutex<Vec<(Option<String>, String)>>>;

/// A registry, and the server whose tokens it takes.
fn registry() -> (Registry, Asked) {
    let directory = tempfile::tempdir().unwrap();
    let (key, certificate) = (directory.path().join("key.pem"), directory.path().join("root.pem"));
    let words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lab"];
    let mut openssl = Command::new("openssl");
    openssl.args(words).arg("-keyout").arg(&key).arg("-out").arg(&certificate);
    assert!(openssl.output().expect("the tests need openssl").status.success());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Asked::default();
    let server = Server { asked: asked.clone(), key, certificate: certificate.clone() };
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| server.answer(stream)));
    let auth = format!(
        "token: {{realm: \"http://{address}/token\", service: lab-registry, issuer: lab, rootcertbundle: {}}}",
        certificate.display()
    );
    (Registry::with(&auth, directory), asked)
}

struct Server {
    asked: Asked,
    key: PathBuf,
    certificate: PathBuf,
}

impl Server {
    /// Everybody may pull, and `ann` do everything; who is not known gets nothing.
    fn answer(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let first = lines.next().unwrap_or_default();
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let basic = head.iter().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.trim_start_matches("Basic ").to_owned())
        });
        let who = basic.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
        let query =
            first.split(' ').nth(1).and_then(|path| path.split_once('?')).map_or("", |(_, query)| query);
        let scopes: Vec<String> = query
            .split('&')
            .filter_map(|pair| Some(pair.strip_prefix("scope=")?.replace("%3A", ":").replace("%2F", "/")))
            .map(|scope| scope.replace("%2C", ","))
            .collect();
        self.asked.lock().unwrap().push((who.clone(), scopes.join(" ")));
        let (status, body) = match who.as_deref() {
            Some("ann:secret-word") => ("200 OK", json!({"token": self.token(&scopes, true)})),
            None => ("200 OK", json!({"token": self.token(&scopes, false)})),
            Some(_) => ("401 Unauthorized", json!({"details": "incorrect username or password"})),
        };
        let body = body.to_string();
        let length = body.len();
        // Who has hung up is not interested.
        let _ = write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
    }

    fn token(&self, scopes: &[String], all: bool) -> String {
        let access: Vec<Value> = scopes
            .iter()
            .filter_map(|scope| {
                let (rest, actions) = scope.rsplit_once(':')?;
                let (kind, name) = rest.split_once(':')?;
                let actions: Vec<&str> =
                    actions.split(',').filter(|action| all || *action == "pull").collect();
                Some(json!({"type": kind, "name": name, "actions": actions}))
            })
            .collect();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({"iss": "lab", "sub": "", "aud": "lab-registry", "exp": now + 300, "nbf": now - 60,
            "iat": now, "jti": "1", "access": access});
        let header = json!({"typ": "JWT", "alg": "RS256", "x5c": [pem(&self.certificate)]});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut openssl = Command::new("openssl");
        openssl.args(["dgst", "-sha256", "-binary", "-sign"]).arg(&self.key);
        let mut signing = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        signing.stdin.take().unwrap().write_all(signed.as_bytes()).unwrap();
        let signature = signing.wait_with_output().unwrap().stdout;
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What stands between the lines of a certificate.
fn pem(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with("-----")).collect()
}

#[test]
fn a_login_is_checked_by_the_server_that_the_registry_names() {
    let (registry, asked) = registry();
    let own = sandbox("docker_login");
    let said = own.fails(login(&registry, "wrong-word"));
    assert!(said.starts_with(&format!("cannot log in to `{}` as `ann`: ", registry.address)), "{said}");
    assert!(said.contains("incorrect username or password"), "{said}");
    assert!(!own.at("docker").exists() && !said.contains("wrong-word"), "{said}");
    own.converges(login(&registry, "secret-word"));
    assert!(asked.lock().unwrap().iter().any(|(who, _)| who.as_deref() == Some("ann:secret-word")));
}

#[test]
fn who_is_logged_in_pushes_with_a_token_and_everybody_pulls() {
    let ((registry, asked), name) = (registry(), Named::new("token"));
    let own = sandbox("docker_login");
    own.converges(login(&registry, "secret-word"));
    let full = format!("{}/{}", registry.address, name.0);
    let reference = Reference::parse(&full).unwrap();
    let tag = |image: &str| perform(|hands| Ok(client().tag_image(hands, image, &reference)?));
    tag("lab/app:1");
    let stranger = |module| Sandbox::new(module).env("DOCKER_CONFIG", &own.path("nothing"));
    let said = stranger("docker_push").fails(json!({"name": full}));
    assert!(said.contains("hint: the registry `") && said.contains("log in first"), "{said}");
    let push = Sandbox::new("docker_push").env("DOCKER_CONFIG", &own.path("docker"));
    let reply = push.converges(json!({"name": full}));
    // The engine forgets the digest with the name, so that the registry is asked for its manifest.
    let forget =
        || perform(|hands| Ok(client().remove_image(hands, &format!("{full}:latest"), true, false)?));
    forget();
    tag("lab/app:1");
    asked.lock().unwrap().clear();
    let kept = push.keeps(json!({"name": full}));
    assert_eq!(kept.values["digest"], reply.values["digest"]);
    assert!(asked.lock().unwrap().iter().any(|(_, scope)| scope.contains(&format!("{}:pull", name.0))));
    forget();
    stranger("docker_image_pull").converges(json!({"name": full}));
    forget();
    stranger("docker_image").converges(json!({"name": full, "source": "pull"}));
}
