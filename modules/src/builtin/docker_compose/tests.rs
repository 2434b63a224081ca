//! Projects on a real engine.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::testing::Sandbox;
use crate::wire::{Change, Reply};

/// A project with a name of its own, taken down when the test ends.
struct Shop {
    sandbox: Sandbox,
    name: String,
}

impl Shop {
    fn new(text: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("shop{}x{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let sandbox = Sandbox::new("docker_compose").file("p/docker-compose.yml", text);
        Self { sandbox, name }
    }

    fn args(&self, more: Value) -> Value {
        let mut args =
            json!({"project_src": self.sandbox.path("p"), "project_name": self.name, "timeout": 1});
        for (key, value) in more.as_object().into_iter().flatten() {
            args[key] = value.clone();
        }
        args
    }

    fn write(&self, text: &str) {
        std::fs::write(self.sandbox.at("p/docker-compose.yml"), text).unwrap();
    }

    #[track_caller]
    fn run(&self, more: Value) -> Reply {
        let reply = self.sandbox.run(self.args(more));
        assert_eq!(reply.failure, None);
        reply
    }

    fn fails(&self, more: Value) -> String {
        self.sandbox.run(self.args(more)).failure.expect("it should have failed")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let definition = json!({"services": {"none": {"image": "none", "profiles": ["never"]}}});
        let args = json!({"project_name": self.name, "definition": definition, "state": "absent",
            "remove_orphans": true, "remove_volumes": true, "timeout": 0});
        let reply = self.sandbox.run(args);
        assert!(std::thread::panicking() || reply.failure.is_none(), "{reply:?}");
    }
}

fn states(reply: &Reply) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = reply.values["containers"].as_array().unwrap();
    list.iter()
        .map(|c| format!("{} {} {}", word(&c["Service"]), word(&c["State"]), word(&c["Health"])))
        .collect()
}

fn actions(reply: &Reply) -> Vec<String> {
    let list = reply.values["actions"].as_array().unwrap();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter().map(|a| format!("{} {}", word(&a["what"]), word(&a["status"]))).collect()
}

const WHOLE: &str = "\
version: '3.8'
x-app: &app
  image: lab/app:1
  restart: 'no'
services:
  web:
    <<: *app
    ports: ['127.0.0.1::8080']
    environment: {WORD: hello}
    volumes: ['data:/data', /anonymous]
    healthcheck: {test: [CMD, get, 'http://127.0.0.1:8080/healthz'], interval: 1s, retries: 20}
    configs: [{source: motd, target: /etc/motd}]
    depends_on:
      job: {condition: service_completed_successfully}
      db: {condition: service_healthy}
    networks: {front: {aliases: [shop]}, back: }
  db:
    <<: *app
    healthcheck: {test: [CMD, get, 'http://127.0.0.1:8080/healthz'], interval: 1s, retries: 20}
    networks: [back]
    secrets: [key]
  job:
    <<: *app
    command: ['true']
    network_mode: none
networks: {front: , back: {internal: true}}
volumes: {data: }
secrets: {key: {file: ./key}}
configs: {motd: {content: 'welcome'}}
";

#[test]
fn a_project_comes_up_in_order_and_goes_down() {
    let shop = Shop::new(WHOLE);
    std::fs::write(shop.sandbox.at("p/key"), "k").unwrap();
    let reply = shop.sandbox.converges(shop.args(json!({"wait": true, "wait_timeout": 60})));
    let mut kinds = actions(&reply);
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, ["container Creating", "network Creating", "volume Creating"]);
    assert_eq!(states(&reply), ["db running healthy", "job exited ", "web running healthy"]);
    let web = &reply.values["containers"][2];
    assert_eq!(web["Name"], format!("{}-web-1", shop.name));
    assert_eq!(web["Labels"]["com.docker.compose.project"], shop.name.as_str());
    assert_eq!(reply.values["images"][0]["Repository"], "lab/app");
    let again = shop.run(json!({}));
    assert_eq!((again.change, actions(&again)), (Change::No, vec![]));
    let down = shop.sandbox.converges(shop.args(json!({"state": "absent", "remove_volumes": true})));
    assert_eq!(down.values["containers"], json!([]));
    assert!(actions(&down).contains(&"volume Removing".to_owned()));
}

#[test]
fn only_what_differs_is_made_anew_and_keeps_its_volumes() {
    let text = "services:\n  a: {image: 'lab/app:1', volumes: [/data]}\n  b: {image: 'lab/app:1'}\n";
    let shop = Shop::new(text);
    shop.run(json!({}));
    let mount = |reply: &Reply| reply.values["containers"][0]["Mounts"][0]["Name"].clone();
    let first = shop.run(json!({}));
    shop.write(&text.replacen("lab/app:1", "lab/app:2", 1));
    let second = shop.sandbox.converges(shop.args(json!({})));
    assert_eq!(actions(&second), ["container Recreate"]);
    assert_eq!(second.values["containers"][0]["Image"], "lab/app:2");
    assert_eq!((mount(&first).is_string(), mount(&second)), (true, mount(&first)));
    shop.write(&text.replace("[/data]", "[/data], environment: [X=1]"));
    let third = shop.run(json!({"recreate": "never"}));
    assert_eq!(third.change, Change::No);
    let fourth = shop.run(json!({"recreate": "always", "services": ["b"]}));
    assert_eq!(actions(&fourth), ["container Recreate"]);
}

#[test]
fn services_are_scaled_stopped_started_anew_and_orphans_removed() {
    let shop = Shop::new("services:\n  a: {image: 'lab/app:1', scale: 2}\n  b: {image: 'lab/app:1'}\n");
    shop.run(json!({}));
    let three = shop.sandbox.converges(shop.args(json!({"scale": {"a": 3}})));
    assert_eq!(states(&three).len(), 4);
    let stopped = shop.sandbox.converges(shop.args(json!({"state": "stopped"})));
    assert_eq!(states(&stopped), ["a exited ", "a exited ", "b exited "]);
    let started = shop.sandbox.converges(shop.args(json!({})));
    assert_eq!(actions(&started), ["container Starting"; 3]);
    assert_eq!(shop.run(json!({"state": "restarted"})).change, Change::Yes);
    shop.write("services:\n  a: {image: 'lab/app:1'}\n");
    let warned = shop.run(json!({}));
    assert!(warned.warnings[0].contains("-b-1`; `remove_orphans` removes them"), "{:?}", warned.warnings);
    let without = shop.sandbox.converges(shop.args(json!({"remove_orphans": true})));
    assert_eq!(states(&without), ["a running "]);
}

#[test]
fn a_service_that_is_never_healthy_fails_at_once_with_its_last_words() {
    let shop = Shop::new(
        "services:\n  web: {image: 'lab/app:1', depends_on: {db: {condition: service_healthy}}}\n  db:\n    image: lab/app:1\n    command: [sh, -c, 'echo my last words; sleep 60']\n    healthcheck: {test: [CMD-SHELL, 'echo no such table; exit 3'], interval: 1s, retries: 1}\n",
    );
    let said = shop.fails(json!({}));
    assert!(said.starts_with("cannot start service `web`: service `db` is unhealthy"), "{said}");
    assert!(said.contains("exit code 3: no such table") && said.contains("my last words"), "{said}");
    shop.write("services:\n  a: {image: 'lab/app:1', command: [sh, -c, 'echo gone; exit 4'], healthcheck: {test: [CMD, 'true'], interval: 60s}}\n");
    let said = shop.fails(json!({"wait": true, "remove_orphans": true}));
    assert!(said.contains("service `a` has ended with exit code 4") && said.contains("gone"), "{said}");
}

#[test]
fn what_the_engine_refuses_is_told_with_the_service() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let shop =
        Shop::new(&format!("services:\n  web: {{image: 'lab/app:1', ports: ['127.0.0.1:{port}:8080']}}\n"));
    let said = shop.fails(json!({}));
    assert!(said.contains("of service `web` was created, but cannot be started"), "{said}");
    assert!(said.contains("address already in use") || said.contains("already allocated"), "{said}");
    shop.write("services:\n  web: {image: '127.0.0.1:1/none:1'}\n");
    let said = shop.fails(json!({}));
    assert!(said.starts_with("cannot pull `127.0.0.1:1/none:1`"), "{said}");
    let said = shop.fails(json!({"pull": "never"}));
    assert!(said.starts_with("there is no image `127.0.0.1:1/none:1` for service `web`"), "{said}");
}

#[test]
fn a_wrong_file_is_told_with_all_its_mistakes_and_nothing_is_made() {
    let shop = Shop::new(
        "services:\n  web:\n    image: lab/app:1\n    port: [1]\n    depends_on: [db]\n    mem_limit: x\n",
    );
    let file = shop.sandbox.path("p/docker-compose.yml");
    let said = shop.fails(json!({}));
    assert_eq!(
        said,
        format!(
            "{file}:4: unknown key `port` of service `web`; did you mean `ports`?\n{file}:6: `mem_limit`: expected a size as `64m`, found `x`"
        )
    );
    let said = shop.fails(json!({"services": ["wbe"], "definition": {}}));
    assert!(said.ends_with("exclusive: project_src|definition"), "{said}");
}

#[test]
fn other_tools_see_a_project_by_its_labels() {
    let shop =
        Shop::new("services:\n  web: {image: 'lab/app:${TAG:-2}', network_mode: none, labels: {mine: 1}}\n");
    std::fs::write(shop.sandbox.at("p/.env"), "TAG=1\n").unwrap();
    let reply = shop.run(json!({}));
    let labels = &reply.values["containers"][0]["Labels"];
    for (name, value) in [("service", "web"), ("container-number", "1"), ("oneoff", "False")] {
        assert_eq!(labels[format!("com.docker.compose.{name}")], value);
    }
    assert_eq!(labels["mine"], "1");
    assert_eq!(reply.values["containers"][0]["Image"], "lab/app:1");
}

#[test]
fn a_service_is_built_when_there_is_no_image_or_its_context_changed() {
    let shop =
        Shop::new("services:\n  web: {build: {context: app, args: {WORD: one}}, network_mode: none}\n");
    std::fs::create_dir(shop.sandbox.at("p/app")).unwrap();
    let dockerfile = |text: &str| std::fs::write(shop.sandbox.at("p/app/Dockerfile"), text).unwrap();
    dockerfile("FROM lab/app:1\nARG WORD\nLABEL word=$WORD\n");
    let first = shop.sandbox.converges(shop.args(json!({"build": "always"})));
    assert_eq!(actions(&first), ["image Building", "container Creating"]);
    assert_eq!(first.values["containers"][0]["Image"], format!("{}-web", shop.name));
    dockerfile("FROM lab/app:1\nLABEL word=other\n");
    assert_eq!(shop.run(json!({})).change, Change::No);
    let second = shop.sandbox.converges(shop.args(json!({"build": "always"})));
    assert_eq!(actions(&second), ["image Building", "container Recreate"]);
    dockerfile("FROM lab/app:1\nRUN false\n");
    let said = shop.fails(json!({"build": "always"}));
    assert!(said.starts_with("image of service `web`: "), "{said}");
    let down = shop.run(json!({"state": "absent", "remove_images": "local"}));
    assert!(actions(&down).contains(&"image Removing".to_owned()), "{down:?}");
}
