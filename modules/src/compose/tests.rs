use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;

const FILES: [(&str, &str); 3] = [
    ("/p/shop/web.env", "A=file\nB=$WORD\nC\n"),
    (
        "/p/shop/base/compose.yml",
        "services:\n  base:\n    image: base\n    volumes: [./here:/here]\n    command: [a]\n",
    ),
    ("/p/shop/bad.env", "not a pair here=1\n"),
];

fn input(files: &[&str]) -> Input<'static> {
    let variables: BTreeMap<String, String> =
        [("WORD", "hello"), ("C", "from us")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    Input {
        files: files
            .iter()
            .enumerate()
            .map(|(n, text)| (format!("{n}.yml"), Given::Text((*text).to_owned())))
            .collect(),
        directory: PathBuf::from("/p/shop"),
        home: "/home/u".to_owned(),
        variables,
        name: None,
        profiles: Vec::new(),
        read: &|path: &Path| {
            FILES.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| (*text).to_owned())
        },
    }
}

fn project(files: &[&str]) -> Project {
    load(&input(files)).unwrap()
}

fn service(files: &[&str], name: &str) -> Value {
    project(files).services[name].clone()
}

fn wrong(files: &[&str]) -> Vec<String> {
    load(&input(files)).unwrap_err()
}

#[test]
fn short_forms_become_long_ones() {
    let read = service(
        &[
            "x-a: &a {A: one, N: 1, T: true}\nservices:\n  web:\n    image: app:${TAG:-1}\n    build: .\n    environment:\n      <<: *a\n      B:\n    ports: ['80:8080']\n    depends_on: [db]\n    networks: [front]\n    healthcheck: {test: curl x}\n    ulimits: {nofile: 5}\n    extra_hosts: [a=1.2.3.4]\n    volumes: [data:/data]\n  db: {image: db}\nnetworks: {front: }\nvolumes: {data: }\n",
        ],
        "web",
    );
    assert_eq!(
        read,
        json!({
            "image": "app:1",
            "build": {"context": "/p/shop"},
            "environment": {"A": "one", "N": "1", "T": "true"},
            "ports": [{"target": 8080, "protocol": "tcp", "mode": "ingress", "published": "80"}],
            "depends_on": {"db": {"condition": "service_started"}},
            "networks": {"front": {}},
            "healthcheck": {"test": ["CMD-SHELL", "curl x"]},
            "ulimits": {"nofile": {"soft": 5, "hard": 5}},
            "extra_hosts": ["a:1.2.3.4"],
            "volumes": [{"type": "volume", "target": "/data", "source": "data"}],
        })
    );
}

#[test]
fn files_are_merged_by_composes_rules() {
    let base = "services:\n  web:\n    image: a\n    command: [x, y]\n    environment: [A=1, B=2]\n    ports: ['80:80', '81:81']\n    volumes: ['./a:/x', './b:/y']\n    labels: {k: v}\n    dns: [1.1.1.1]\n    cap_add: [A]\n";
    let over = "services:\n  web:\n    image: b\n    command: [z]\n    environment: {B: 3}\n    ports: ['80:80', '82:82']\n    volumes: ['./c:/x']\n    dns: 2.2.2.2\n    cap_add: !override [C]\n    labels: !reset null\n  other: {image: c}\n";
    let read = service(&[base, over], "web");
    assert_eq!((&read["image"], &read["command"]), (&json!("b"), &json!(["z"])));
    assert_eq!(read["environment"], json!({"A": "1", "B": "3"}));
    let ports: Vec<_> = read["ports"].as_array().unwrap().iter().map(|port| port["target"].clone()).collect();
    assert_eq!(ports, [80, 81, 82]);
    let sources: Vec<_> = read["volumes"].as_array().unwrap().iter().map(|v| v["source"].clone()).collect();
    assert_eq!(sources, ["/p/shop/c", "/p/shop/b"]);
    assert_eq!((&read["dns"], &read["cap_add"]), (&json!(["1.1.1.1", "2.2.2.2"]), &json!(["C"])));
    assert_eq!(read.get("labels"), None);
    assert_eq!(project(&[base, over]).services.len(), 2);
}

#[test]
fn a_service_extends_others_of_its_file_or_of_another() {
    let text = "services:\n  a:\n    extends: {file: base/compose.yml, service: base}\n    command: [b]\n  c:\n    extends: a\n    image: other\n";
    let read = service(&[text], "c");
    assert_eq!((&read["image"], &read["command"]), (&json!("other"), &json!(["b"])));
    assert_eq!(read["volumes"][0]["source"], "/p/shop/base/here");
    assert_eq!(
        wrong(&["services:\n  a: {extends: b}\n  b: {extends: {service: a}}\n"])[0],
        "0.yml:2: `a` extends itself: `0.yml:a` → `0.yml:b`"
    );
    assert_eq!(
        wrong(&["services:\n  a: {extends: no, image: x}\n"]),
        ["0.yml:2: `a` extends `no`, which is not in this file"]
    );
}

#[test]
fn the_environment_comes_from_files_then_from_the_service_then_from_us() {
    let text =
        "services:\n  web:\n    image: x\n    env_file: web.env\n    environment: [A=own, WORD, GONE]\n";
    let read = service(&[text], "web");
    assert_eq!(read["environment"], json!({"A": "own", "B": "hello", "C": "from us", "WORD": "hello"}));
    assert_eq!(read.get("env_file"), None);
    assert_eq!(
        wrong(&[
            "services:\n  web:\n    image: x\n    env_file: [no.env, {path: never.env, required: false}, bad.env]\n"
        ]),
        [
            "0.yml:4: cannot read the file `/p/shop/no.env` of `env_file`",
            "/p/shop/bad.env:1: expected `NAME=value`, found `not a pair here=1`",
        ]
    );
}

#[test]
fn all_mistakes_are_told_at_once_with_their_lines() {
    let text = "version: '3'\nservices:\n  web:\n    imge: x\n    ports: ['80:http', 5]\n    healthcheck:\n      intervall: 5s\n      timeout: soon\n    restart: [a]\n    mem_limit: lots\n    gpus: all\n  db:\n    depends_on: {web: {condition: ready}}\nnetwork: {}\n";
    assert_eq!(
        wrong(&[text]),
        [
            "0.yml:4: unknown key `imge` of service `web`; did you mean `image`?",
            "0.yml:7: unknown key `intervall` of `services.web.healthcheck`; did you mean `interval`?",
            "0.yml:8: `timeout`: expected a duration as `1m30s`, found `soon`",
            "0.yml:9: `restart`: expected a string, found a list",
            "0.yml:10: `mem_limit`: expected a size as `64m`, found `lots`",
            "0.yml:11: `gpus` of service `web` is not supported: baton does not do this",
            "0.yml:13: `condition`: expected one of `service_started`, `service_healthy`, `service_completed_successfully`, found `ready`",
            "0.yml:14: unknown key `network` of a compose file; did you mean `networks`?",
            "0.yml:5: expected a port as `8080:80` or `127.0.0.1:8080:80/tcp`, found `80:http`",
        ]
    );
}

#[test]
fn names_that_are_used_must_exist_and_nothing_needs_itself() {
    let text = "services:\n  web:\n    image: x\n    networks: [frnt]\n    volumes: ['data:/d']\n    secrets: [key]\n    depends_on: [cache]\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, links: ['a:alias']}\n  d: {}\nnetworks: {front: {}}\nsecrets: {other: {}}\n";
    assert_eq!(
        wrong(&[text]),
        [
            "0.yml:4: service `web` uses the network `frnt`, which is not defined; did you mean `front`?",
            "0.yml:5: service `web` uses the volume `data`, which is not defined",
            "0.yml:6: service `web` uses the secret `key`, which is not defined",
            "0.yml:7: service `web` needs `cache`, which is not defined",
            "0.yml:8: the services need each other in a circle: `a` → `b` → `c` → `a`",
            "0.yml:11: service `d` has neither `image` nor `build`",
            "0.yml:13: secret `other` needs one of `file`, `content`, `environment` and `external`",
        ]
    );
}

#[test]
fn services_come_after_those_they_need_and_by_profile() {
    let text = "services:\n  web: {image: x, depends_on: [db, mail]}\n  db: {image: x}\n  mail: {image: x, depends_on: {db: {condition: service_healthy}}}\n  debug: {image: x, profiles: [dev], network_mode: 'service:web'}\n";
    let project = project(&[text]);
    assert_eq!(project.selected(&[], true), ["db", "mail", "web"]);
    assert_eq!(project.selected(&["mail".into()], true), ["db", "mail"]);
    assert_eq!(project.selected(&["web".into()], false), ["web"]);
    assert_eq!(project.selected(&["debug".into()], true), ["db", "mail", "web", "debug"]);
    let with = load(&Input { profiles: vec!["dev".into()], ..input(&[text]) }).unwrap();
    assert_eq!(with.selected(&[], true).len(), 4);
}

#[test]
fn the_name_is_the_users_or_the_files_or_the_directorys() {
    assert_eq!(project(&["services: {a: {image: x}}"]).name, "shop");
    assert_eq!(project(&["name: ${WORD}\nservices: {a: {image: x}}"]).name, "hello");
    let named = Input { name: Some("Bad Name".into()), ..input(&["services: {a: {image: x}}"]) };
    assert!(load(&named).unwrap_err()[0].contains("found `Bad Name`"));
}

#[test]
fn old_files_without_services_are_told_apart() {
    assert!(wrong(&["web:\n  image: x\n"])[0].starts_with("0.yml:1: files of version 1"));
    assert_eq!(wrong(&["services: {}\n"]), ["0.yml:1: there are no services"]);
    assert!(wrong(&["a: [\n"])[0].contains("no valid YAML"));
    assert_eq!(
        wrong(&["services:\n  a: {image: x}\n  a: {image: y}\n"]),
        ["0.yml:3: the key `a` stands twice in one mapping"]
    );
}

#[test]
fn variables_that_are_not_set_are_a_warning() {
    let project = project(&["services: {a: {image: 'x$GONE'}}"]);
    assert_eq!(project.warnings, ["0.yml: the variable `GONE` is not set and taken as empty"]);
}

#[test]
fn a_definition_of_a_task_is_read_alike() {
    let files = vec![(
        "definition".to_owned(),
        Given::Value(json!({"services": {"a": {"image": "x", "restart": false, "port": 1}}})),
    )];
    let found = load(&Input { files, ..input(&[]) }).unwrap_err();
    assert_eq!(found, ["definition: unknown key `port` of service `a`; did you mean `ports`?"]);
}

#[test]
fn a_digest_does_not_look_at_the_order_of_keys() {
    assert_eq!(digest(&json!({"a": 1, "b": [2]})), digest(&json!({"b": [2], "a": 1})));
    assert_ne!(digest(&json!({"a": 1})), digest(&json!({"a": "1"})));
}
