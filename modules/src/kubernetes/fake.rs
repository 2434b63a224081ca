//! Answers that a real server gives too rarely: too many requests, conflicts, webhooks that refuse, broken connections.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, Selection};
use super::discovery::Resource;
use super::options::{Cluster, Surroundings};
use super::watch::{Seen, Watch};
use super::write::Write;

/// What is answered: a status, further headers, a body; no status breaks the connection.
type Answer = (u16, &'static str, Value);

/// A server that answers from a function of the number of the request and its first line, and the requests it had.
fn server(answer: impl Fn(usize, &str) -> Answer + Send + 'static) -> (Arc<Client>, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    let had = Arc::new(Mutex::new(Vec::new()));
    let requests = had.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut length) = (String::new(), 0);
            reader.read_line(&mut first).unwrap();
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            reader.take(length).read_to_end(&mut Vec::new()).unwrap();
            let first = first.trim_end_matches(" HTTP/1.1\r\n").to_owned();
            let number = requests.lock().unwrap().len();
            requests.lock().unwrap().push(first.clone());
            let (status, headers, body) = answer(number, &first);
            if status > 0 {
                let body = if body.is_null() { String::new() } else { body.to_string() + "\n" };
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        }
    });
    let cluster = Cluster { host: Some(host), api_key: Some("t".to_owned().into()), ..Cluster::plain() };
    (cluster.open(&Surroundings::default()).unwrap(), had)
}

fn refusal(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message})
}

fn config_maps() -> Resource {
    Resource {
        version: "v1".into(),
        kind: "ConfigMap".into(),
        plural: "configmaps".into(),
        namespaced: true,
        ..Resource::default()
    }
}

fn object() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "resourceVersion": "1"}})
}

#[test]
fn too_many_requests_are_made_again_when_the_server_says() {
    let busy = || (429, "Retry-After: 1\r\n", refusal(429, "TooManyRequests", "slow down"));
    let (client, had) = server(move |number, _| if number == 0 { busy() } else { (200, "", object()) });
    let begun = Instant::now();
    client.send(&Write::create(&config_maps(), "n", object())).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1) && had.lock().unwrap().len() == 2);
}

#[test]
fn what_another_changed_meanwhile_is_applied_again_but_never_made_twice() {
    let stale = || {
        (
            409,
            "",
            refusal(
                409,
                "Conflict",
                "the object has been modified; please apply your changes to the latest version",
            ),
        )
    };
    let (client, had) = server(move |number, _| if number == 0 { stale() } else { (200, "", object()) });
    client.send(&Write::apply(&config_maps(), "n", "a", object(), "baton", false)).unwrap();
    assert_eq!(had.lock().unwrap().len(), 2);
    let (client, had) = server(|_, _| (0, "", Value::Null));
    let error = client.send(&Write::create(&config_maps(), "n", object())).unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    assert_eq!(had.lock().unwrap().len(), 1, "it may have been made");
    let (client, had) =
        server(|number, _| if number < 2 { (0, "", Value::Null) } else { (200, "", object()) });
    client.get(&config_maps(), "n", "a").unwrap();
    assert_eq!(had.lock().unwrap().len(), 3, "looking does no harm");
}

#[test]
fn a_webhook_that_refuses_is_quoted() {
    let words = "admission webhook \"policy.example.org\" denied the request: no owner is named";
    let (client, _) = server(move |_, _| (403, "", refusal(403, "Forbidden", words)));
    let error = client.send(&Write::create(&config_maps(), "n", object())).unwrap_err();
    assert!(error.message.ends_with(words), "{}", error.message);
}

#[test]
fn newer_servers_tell_all_kinds_in_two_requests() {
    let kind = json!({"resource": "things", "singularResource": "thing", "responseKind": {"kind": "Thing"}, "scope": "Namespaced", "verbs": ["get"], "shortNames": ["th"]});
    let list = json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "example.org"}, "versions": [
        {"version": "v2", "resources": [kind]}, {"version": "v1", "resources": [kind], "freshness": "Stale"}]}]});
    let (client, had) = server(move |_, first| match first {
        "GET /api" => (200, "", json!({"kind": "APIGroupDiscoveryList", "items": []})),
        "GET /apis" => (200, "", list.clone()),
        _ => (404, "", refusal(404, "NotFound", "not found")),
    });
    for word in ["th", "things", "Thing", "things.example.org"] {
        let found = client.find(word, None).unwrap().unwrap();
        assert_eq!((found.api_version().as_str(), found.namespaced), ("example.org/v2", true), "{word}");
    }
    assert_eq!(*had.lock().unwrap(), ["GET /api/v1", "GET /api", "GET /apis"]);
    assert_eq!(
        client.discover().unwrap().broken,
        [("example.org/v1".to_owned(), "its server does not answer".to_owned())]
    );
}

#[test]
fn a_watch_whose_version_is_too_old_begins_anew() {
    let list = || {
        (
            200,
            "",
            json!({"kind": "ConfigMapList", "metadata": {"resourceVersion": "5"}, "items": [{"metadata": {"name": "a"}}]}),
        )
    };
    let (client, had) = server(move |number, first| match (number, first.contains("watch=true")) {
        (_, false) => list(),
        (1, true) => (410, "", refusal(410, "Expired", "too old resource version")),
        (3, true) => (200, "", json!({"type": "ERROR", "object": {"code": 410}})),
        _ => {
            (200, "", json!({"type": "ADDED", "object": {"metadata": {"name": "b", "resourceVersion": "9"}}}))
        }
    });
    let mut watch = Watch::default();
    watch.add(&client, &config_maps(), "n", &Selection::default());
    let mut lists = 0;
    loop {
        match watch.next(Instant::now() + Duration::from_secs(10)) {
            Some(Seen::All(_, objects)) => {
                assert_eq!(objects[0]["kind"], "ConfigMap");
                lists += 1;
            }
            Some(Seen::There(_, object)) => break assert_eq!(super::name(&object), "b"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(lists, 3);
    assert!(had.lock().unwrap()[5].contains("resourceVersion=5"), "{had:?}");
}
