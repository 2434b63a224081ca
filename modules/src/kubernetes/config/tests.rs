use serde_json::{Value, json};

use super::*;
use crate::kubernetes::dial::host_and_port;

fn around(variables: &[(&str, &str)]) -> Surroundings {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Surroundings { variables, home: Some("/nowhere".into()), service_account: "/nowhere".into() }
}

fn cluster(options: Value) -> Cluster {
    match crate::args::Args::parse(options.as_object().unwrap()) {
        Ok(cluster) => cluster,
        Err(problems) => panic!("{problems:?}"),
    }
}

fn config(options: Value, variables: &[(&str, &str)]) -> Result<Config, String> {
    cluster(options).config(&around(variables)).map_err(|fail| fail.message)
}

const ONE: &str = "\
current-context: one
clusters: [{name: c, cluster: {server: 'https://one:6443', certificate-authority: ca.pem}}]
contexts:
- {name: one, context: {cluster: c, user: u, namespace: n}}
- {name: two, context: {cluster: d, user: u}}
users: [{name: u, user: {token: first}}]
";
const TWO: &str = "\
current-context: two
clusters: [{name: c, cluster: {server: 'https://never'}}, {name: d, cluster: {server: 'https://two'}}]
users: [{name: u, user: {token: second}}]
";

#[test]
fn several_files_are_merged_and_the_first_counts() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(at("a"), ONE).unwrap();
    std::fs::write(at("b"), TWO).unwrap();
    std::fs::write(at("ca.pem"), "pem").unwrap();
    let paths = format!("{}:{}:{}", at("missing"), at("a"), at("b"));
    let found = config(json!({}), &[("KUBECONFIG", &paths)]).unwrap();
    assert_eq!((found.server.as_str(), found.namespace.as_deref()), ("https://one:6443", Some("n")));
    assert_eq!(found.ca.as_deref(), Some(b"pem".as_slice()), "relative to its own file");
    assert!(matches!(&found.login, Login::Token(token) if token.reveal() == "first"));
    let found = config(json!({"context": "two"}), &[("KUBECONFIG", &paths)]).unwrap();
    assert_eq!(found.server, "https://two");
    let said = config(json!({"context": "three"}), &[("KUBECONFIG", &at("a"))]).unwrap_err();
    assert_eq!(said, format!("`{}` has no context `three`\nhint: it has `one`, `two`", at("a")));
}

#[test]
fn a_dictionary_a_connection_and_the_environment_say_the_same() {
    let inline = json!({"current-context": "x", "clusters": [{"name": "c", "cluster": {"server": "https://h"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c"}}]});
    assert_eq!(config(json!({"kubeconfig": inline}), &[]).unwrap().server, "https://h");
    let by_connection = json!({"connection": {"type": "kubeconfig", "kubeconfig": inline, "context": "x"}});
    assert_eq!(config(by_connection, &[]).unwrap().server, "https://h");
    let variables =
        [("K8S_AUTH_HOST", "https://e:1"), ("K8S_AUTH_API_KEY", "t"), ("K8S_AUTH_VERIFY_SSL", "no")];
    let found = config(json!({}), &variables).unwrap();
    assert_eq!((found.server.as_str(), found.insecure), ("https://e:1", true));
    let said = config(json!({"connection": {"type": "magic"}}), &[]).unwrap_err();
    assert_eq!(said, "`connection.type` must be one of `kubeconfig`, `in_cluster`, `token`: `magic`");
    assert!(
        config(json!({"connection": {"type": "kubeconfig", "contxt": "x"}}), &[])
            .unwrap_err()
            .contains("`contxt`")
    );
}

#[test]
fn nothing_named_is_told_with_what_could_be() {
    let said = config(json!({}), &[]).unwrap_err();
    assert!(said.starts_with("no cluster is named: there is no `~/.kube/config`"), "{said}");
    let said = config(json!({"kubeconfig": "/no/such"}), &[]).unwrap_err();
    assert_eq!(said, "cannot read `/no/such`: no such file or directory");
}

#[test]
fn a_pod_knows_its_cluster() {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in [("ca.crt", "pem"), ("token", "t"), ("namespace", "mine\n")] {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let mut around = around(&[("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "443")]);
    around.service_account = directory.path().into();
    let found = Cluster::plain().config(&around).unwrap();
    assert_eq!((found.server.as_str(), found.namespace.as_deref()), ("https://[fd00::1]:443", Some("mine")));
}

#[test]
fn a_plugin_is_asked_for_a_token() {
    let directory = tempfile::tempdir().unwrap();
    let plugin = directory.path().join("plugin");
    let answer = r#"{"kind": "ExecCredential", "status": {"token": "'$WORD$1'"}}"#;
    std::fs::write(&plugin, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
    std::fs::set_permissions(&plugin, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let user = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "args": ["b"],
        "env": [{"name": "WORD", "value": "a"}]}});
    let file = json!({"current-context": "x", "clusters": [{"name": "c", "cluster": {"server": "https://h"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "users": [{"name": "u", "user": user}]});
    let mut merged = Kubeconfig::default();
    merged.merge(&file, directory.path(), "f").unwrap();
    let found = merged.choose(None, &around(&[])).unwrap();
    let header = found.login.header(&crate::kubernetes::login::Kept::default()).unwrap();
    assert_eq!(header.as_deref(), Some("Bearer ab"));
    std::fs::write(&plugin, "#!/bin/sh\necho no session >&2; exit 1\n").unwrap();
    let said = found.login.header(&crate::kubernetes::login::Kept::default()).unwrap_err().message;
    assert!(said.ends_with("failed: no session"), "{said}");
}

#[test]
fn addresses_are_taken_apart() {
    let parts = |url: &str| {
        host_and_port(url).map(|(tls, host, port, prefix)| format!("{tls} {host} {port} {prefix}"))
    };
    assert_eq!(parts("https://h").as_deref(), Some("true h 443 "));
    assert_eq!(parts("h:6443/").as_deref(), Some("true h 6443 "));
    assert_eq!(parts("http://[::1]:8080/k8s/c/").as_deref(), Some("false ::1 8080 /k8s/c"));
    assert_eq!(parts("ftp://h"), None);
    assert!(is_direct("https://10.0.0.1:6443", "x, 10.0.0.1"));
    assert!(is_direct("https://a.b.c", ".b.c") && !is_direct("https://ab.c", "b.c"));
}
