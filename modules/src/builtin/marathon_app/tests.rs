//! Against a stand-in for Marathon, which keeps applications and lets a deployment last for two looks.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::testing::Sandbox;

#[derive(Default)]
struct StandIn {
    apps: BTreeMap<String, Value>,
    deploying: Vec<(String, u32)>,
    fails: bool,
    looks: u64,
}

impl StandIn {
    fn start(fails: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(Self { fails, ..Self::default() }));
        std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(&state, stream)));
        address
    }

    fn answer(&mut self, method: &str, path: &str, body: &Value) -> (&'static str, Value) {
        let path = path.split('?').next().unwrap();
        if path == "/v2/deployments" {
            self.deploying.iter_mut().for_each(|(_, left)| *left = left.saturating_sub(1));
            if !self.fails {
                self.deploying.retain(|(_, left)| *left > 0);
            }
            return ("200 OK", self.deploying.iter().map(|(id, _)| json!({"id": id})).collect());
        }
        let id = path.strip_prefix("/v2/apps").unwrap().to_owned();
        if method != "GET" && body["cpus"] == json!(-1.0) {
            let details = json!([{"path": "/cpus", "errors": ["must be positive"]}]);
            return (
                "422 Unprocessable Entity",
                json!({"message": "Object is not valid", "details": details}),
            );
        }
        if method != "GET" && id == "/locked" {
            return ("409 Conflict", json!({"message": "App is locked by one or more deployments."}));
        }
        match (method, self.apps.contains_key(&id)) {
            ("GET", true) => {
                let mut app = self.apps[&id].clone();
                if self.fails {
                    self.looks += 1;
                    app["lastTaskFailure"] = json!({"version": "1", "state": "TASK_FAILED", "host": "agent1",
                        "message": "exited with 1", "timestamp": self.looks.to_string()});
                }
                return ("200 OK", json!({"app": app}));
            }
            ("GET" | "DELETE", false) => return ("404 Not Found", json!({"message": "no such app"})),
            ("DELETE", true) => drop(self.apps.remove(&id)),
            _ => {
                let app = self
                    .apps
                    .entry(id)
                    .or_insert_with(|| json!({"version": "1", "tasksRunning": 0, "env": {}}));
                app.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap_or_default());
                for check in app["healthChecks"].as_array_mut().into_iter().flatten() {
                    check["intervalSeconds"] = json!(60);
                }
            }
        }
        self.deploying.push(("d1".to_owned(), 2));
        ("200 OK", json!({"deploymentId": "d1", "version": "1"}))
    }
}

fn serve(state: &Mutex<StandIn>, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line).unwrap_or(0) > 2 {
        head.push(std::mem::take(&mut line));
    }
    let Some(first) = head.first() else { return };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let length = head
        .iter()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = state.lock().unwrap().answer(&method, &path, &body);
    let text = answer.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
}

#[test]
fn an_app_comes_changes_and_goes() {
    let url = StandIn::start(false);
    let sandbox = Sandbox::new("marathon_app");
    let app = |more: Value| {
        let mut args = json!({"url": url, "app_id": "shop/web", "image": "shop:1", "instances": 3, "cpus": 1,
            "definition": {"healthChecks": [{"path": "/healthz"}], "user": null}});
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        args
    };
    let reply = sandbox.converges(app(json!({})));
    assert_eq!(reply.values["app"]["container"]["docker"]["image"], "shop:1");
    assert_eq!(reply.values["deployment_id"], "d1");
    let network = json!({"container": {"type": "DOCKER", "volumes": [{"hostPath": "/v"}]}});
    sandbox.converges(app(json!({"definition": network})));
    let reply = sandbox.converges(app(json!({"image": "shop:2", "instances": 5, "env": {"A": "1"}})));
    assert_eq!(reply.values["app"]["container"]["volumes"][0]["hostPath"], "/v");
    assert_eq!(reply.values["app"]["instances"], 5);
    sandbox.converges(app(json!({"instances": 5, "env": {}})));
    sandbox.converges(json!({"url": url, "app_id": "/shop/web", "state": "absent"}));
}

#[test]
fn what_marathon_refuses_is_told_with_the_field() {
    let url = StandIn::start(false);
    let sandbox = Sandbox::new("marathon_app");
    let said = sandbox.fails(json!({"url": url, "app_id": "x", "cpus": -1}));
    assert_eq!(said, "Marathon refuses `/x` with 422: Object is not valid\n`/cpus`: must be positive");
    let locked = sandbox.fails(json!({"url": url, "app_id": "locked", "cpus": 1}));
    assert!(locked.ends_with("hint: a deployment of it goes on; `force: true` gives that up"), "{locked}");
}

#[test]
fn a_version_that_fails_again_and_again_is_not_waited_for() {
    let url = StandIn::start(true);
    let sandbox = Sandbox::new("marathon_app");
    let said = sandbox.fails(json!({"url": url, "app_id": "x", "cmd": "false"}));
    assert!(said.starts_with("`/x` fails again and again: TASK_FAILED on `agent1`: exited with 1"), "{said}");
}

#[test]
fn no_server_is_told_at_once() {
    let said = Sandbox::new("marathon_app").fails(json!({"url": "http://127.0.0.1:1", "app_id": "x"}));
    assert!(said.starts_with("Request failed: "), "{said}");
}
