//! The client against a real cluster.

use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

/// The cluster that `KUBECONFIG` names.
fn client() -> Arc<Client> {
    assert!(std::env::var_os("KUBECONFIG").is_some(), "KUBECONFIG names no cluster: tests/lab brings one");
    Cluster::plain().open(&Surroundings::own()).unwrap()
}

#[test]
fn twenty_kinds_are_looked_up_in_less_than_half_a_second_with_one_discovery() {
    let client = Arc::new(Client::new(Cluster::plain().config(&Surroundings::own()).unwrap()).unwrap());
    let begun = Instant::now();
    let kinds = ["Deployment", "svc", "ns", "ingresses", "CronJob", "po", "sts", "ds", "cm", "secrets"];
    let mut asked = 0;
    for round in 0..2 {
        for kind in kinds {
            client.resource(kind, None).unwrap();
        }
        if round == 0 {
            asked = client.requests();
        }
    }
    assert_eq!(client.requests(), asked, "the second round asked again");
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?} for {asked} requests", begun.elapsed());
    let one = Arc::new(Client::new(Cluster::plain().config(&Surroundings::own()).unwrap()).unwrap());
    (0..20).for_each(|_| drop(one.resource("Deployment", Some("apps/v1")).unwrap()));
    assert_eq!(one.requests(), 1);
    assert!(Arc::ptr_eq(&super::tests::client(), &super::tests::client()), "one client for a play");
}

#[test]
fn what_is_not_known_is_told_with_what_is_near() {
    let client = client();
    let said = |kind: &str, version: Option<&str>| client.resource(kind, version).unwrap_err().message;
    assert_eq!(
        said("Deployment", Some("v1")),
        "`v1` has no kind `Deployment`\nhint: it is of `apiVersion: apps/v1`"
    );
    assert_eq!(
        said("Deploymnt", None),
        "the server has no kind `Deploymnt`\nhint: did you mean `Deployment`?"
    );
    assert!(said("Deployment", Some("app/v1")).ends_with("it is of `apiVersion: apps/v1`"));
    assert_eq!(
        said("Gizmo", Some("app/v1")),
        "the server has no `apiVersion: app/v1`\nhint: did you mean `apps/v1`?"
    );
}

#[test]
fn who_may_not_is_told_so() {
    let view =
        std::env::var("LAB_KUBECONFIG_VIEW").expect("LAB_KUBECONFIG_VIEW is not set: tests/lab brings it");
    let cluster = Cluster { kubeconfig: Some(view.into()), ..Cluster::plain() };
    let client = cluster.open(&Surroundings::own()).unwrap();
    let pods = client.resource("Secret", Some("v1")).unwrap();
    let error = client.list(&pods, "default", &Selection::default()).unwrap_err();
    assert_eq!((error.code, error.reason.as_str()), (403, "Forbidden"));
    assert!(error.message.contains("cannot list resource \"secrets\""), "{}", error.message);
}

#[test]
fn a_wrong_login_and_a_wrong_authority_are_told_within_seconds() {
    let begun = Instant::now();
    let host = super::tests::client().config.server.clone();
    let cluster = Cluster {
        host: Some(host.clone()),
        api_key: Some("nonsense".to_owned().into()),
        validate_certs: Some(false),
        ..Cluster::plain()
    };
    let refused = cluster.open(&Surroundings::default()).unwrap().read("/api/v1").unwrap_err();
    assert!(refused.message.contains("the token is wrong or has expired"), "{}", refused.message);
    let distrust = Cluster { validate_certs: None, ..cluster };
    let refused = distrust.open(&Surroundings::default()).unwrap().read("/api/v1").unwrap_err();
    assert!(refused.message.contains("is not signed by the certificate authority"), "{}", refused.message);
    let nobody = Cluster { host: Some("https://127.0.0.1:1".into()), ..distrust };
    let refused = nobody.open(&Surroundings::default()).unwrap().read("/api/v1").unwrap_err();
    assert!(refused.message.ends_with("connection refused"), "{}", refused.message);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

/// A namespace with a random name, gone at the end.
struct Namespace(Arc<Client>, String);

impl Namespace {
    fn new() -> Self {
        let client = client();
        let name =
            format!("client-{}", tempfile::Builder::new().rand_bytes(6).tempfile().unwrap().path().display());
        let name: String = name.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let name = format!("t{}", &name[name.len() - 8..]);
        let namespaces = client.resource("Namespace", Some("v1")).unwrap();
        client.send(&Write::create(&namespaces, "", json!({"metadata": {"name": name}}))).unwrap();
        Self(client, name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let namespaces = self.0.resource("Namespace", Some("v1")).unwrap();
        let _ = self.0.send(&Write::delete(&namespaces, "", &self.1, None));
    }
}

#[test]
fn a_pod_is_watched_run_in_and_forwarded_to() {
    let namespace = Namespace::new();
    let Namespace(client, name) = &namespace;
    let pods = client.resource("Pod", Some("v1")).unwrap();
    let mut watch = Watch::default();
    watch.add(client, &pods, name, &Selection { fields: "metadata.name=p".into(), ..Selection::default() });
    assert!(
        matches!(watch.next(Instant::now() + Duration::from_secs(10)), Some(Seen::All(0, all)) if all.is_empty())
    );
    let image = json!({"name": "app", "image": "lab/app:1", "imagePullPolicy": "IfNotPresent"});
    let spec = json!({"containers": [image], "terminationGracePeriodSeconds": 0});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec});
    let made = client.foretell(&Write::create(&pods, name, pod.clone())).unwrap();
    assert_eq!(text(&made, "/kind"), "Pod");
    assert!(client.get(&pods, name, "p").unwrap().is_none(), "a dry run keeps nothing");
    let made = loop {
        // The namespace's service account may take a moment.
        match client.send(&Write::create(&pods, name, pod.clone())) {
            Ok(made) => break made,
            Err(error) if error.message.contains("serviceaccount") => {
                std::thread::sleep(Duration::from_millis(200))
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(super::name(&made), "p");
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        match watch.next(until) {
            Some(Seen::There(0, pod)) if text(&pod, "/status/phase") == "Running" => break,
            Some(Seen::There(..)) => {}
            other => panic!("{other:?}"),
        }
    }
    let run = |words: &[&str], stdin: Option<&[u8]>| {
        let command: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let exec = Exec { namespace: name, pod: "p", command: &command, ..Exec::default() };
        client.exec(&exec, stdin, Some(Duration::from_secs(20)))
    };
    let output = run(&["sh", "-c", "echo out; echo err >&2; exit 3"], None).unwrap();
    assert_eq!(output, Output { rc: 3, stdout: b"out\n".to_vec(), stderr: b"err\n".to_vec() });
    let long = vec![b'x'; 300_000];
    assert_eq!(run(&["wc", "-c"], Some(&long)).unwrap().stdout, b"300000\n");
    assert_eq!(run(&["cat"], Some(&long)).unwrap().stdout, long);
    assert_eq!(run(&["cat"], Some(b"")).unwrap().stdout, b"");
    let command = ["sleep".to_owned(), "30".to_owned()];
    let exec = Exec { namespace: name, pod: "p", command: &command, ..Exec::default() };
    let error = client.exec(&exec, None, Some(Duration::from_millis(500))).unwrap_err();
    assert_eq!(error.reason, "Timeout");
    let gone = Exec { pod: "q", ..exec };
    assert_eq!(client.exec(&gone, None, None).unwrap_err().message, "pods \"q\" not found");
    let forward = client.forward(name, "p", 8080, 0).unwrap();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(forward.local).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("ok\n") || answer.ends_with("ok"), "{answer}");
    }
    client.send(&Write::delete(&pods, name, "p", Some(json!({"gracePeriodSeconds": 0})))).unwrap();
    loop {
        match watch.next(until) {
            Some(Seen::Gone(0, _)) => break,
            Some(Seen::There(..)) => {}
            other => panic!("{other:?}"),
        }
    }
}
