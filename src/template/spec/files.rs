//! Template files that include, import and extend others, and look-ups of files.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Template, TextOptions, Value, Vars, engine, sample};
use crate::template::{Object, Scope};

fn text(main: &str, others: &[(&str, &str)]) -> Result<String, String> {
    let others: HashMap<String, String> =
        others.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let options = TextOptions {
        loader: Some(Arc::new(move |name: &str| {
            Ok(others.get(name).map(|text| Template::new(text.as_str(), None)))
        })),
        ..TextOptions::default()
    };
    engine().render_text(&Template::new(main, None), &sample(), &options).map_err(|e| e.to_string())
}

#[test]
fn an_included_template_sees_the_names_around_it() {
    let inner = [("inner", "<{{ x }}{{ n }}>\n")];
    assert_eq!(text("{% set x = 1 %}{% include 'inner' %}", &inner).unwrap(), "<13>");
    assert_eq!(text("{% for x in l %}{% include 'inner' %}{% endfor %}", &inner).unwrap(), "<13><23><33>");
    assert_eq!(text("{% include ['no', 'inner'] %}", &[("inner", "y")]).unwrap(), "y");
    assert_eq!(text("a{% include 'no' ignore missing %}b", &[]).unwrap(), "ab");
    assert_eq!(text("{% include 'no' %}", &[]).unwrap_err(), "template not found: `no`");
}

#[test]
fn macros_are_imported() {
    let lib = [(
        "lib",
        "{% set k = 'K' %}{% macro f(a) %}{{ k }}{{ a }}{{ g() }}{% endmacro %}{% macro g() %}!{% endmacro %}",
    )];
    assert_eq!(text("{% import 'lib' as lib %}{{ lib.f(1) }}{{ lib.k }}", &lib).unwrap(), "K1!K");
    assert_eq!(text("{% from 'lib' import f, g as h %}{{ f(2) }}{{ h() }}", &lib).unwrap(), "K2!!");
}

#[test]
fn blocks_are_overridden_and_call_those_above() {
    let base = [
        ("base", "[{% block a %}A{% endblock %}|{% block b %}B{{ n }}{% endblock %}]"),
        ("middle", "{% extends 'base' %}{% block a %}M{{ super() }}{% endblock %}"),
    ];
    assert_eq!(text("{% extends 'base' %}x{% block a %}a{% endblock %}", &base).unwrap(), "[a|B3]");
    assert_eq!(
        text("{% extends 'middle' %}{% block a %}c{{ super() }}{% endblock %}", &base).unwrap(),
        "[cMA|B3]"
    );
    assert_eq!(text("{% block t %}x{% endblock %}{{ self.t() }}", &base).unwrap(), "xx");
}

#[test]
fn a_template_that_includes_itself_is_an_error() {
    let error = text("{% include 'me' %}", &[("me", "{% include 'me' %}")]).unwrap_err();
    assert!(error.contains("recursive loop"), "{error}");
}

#[test]
fn relative_files_are_found_on_the_search_path() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("files")).unwrap();
    std::fs::create_dir_all(directory.path().join("templates")).unwrap();
    std::fs::write(directory.path().join("files/a.txt"), "hello\n\n").unwrap();
    std::fs::write(directory.path().join("templates/t.j2"), "{{ n }}-{{ extra }}\n").unwrap();
    std::fs::write(directory.path().join("c.csv"), "k,v1,v2\nq,\"a,b\",c\n").unwrap();
    std::fs::write(directory.path().join("c.ini"), "[s]\nKey = one\nother: two\n").unwrap();
    let path = directory.path().display().to_string();
    let scope = Vars(HashMap::from([
        ("ansible_search_path".to_owned(), Value::list([Value::from(path.clone())])),
        ("playbook_dir".to_owned(), Value::from(path)),
        ("n".to_owned(), Value::Int(3)),
    ]));
    let render = |t: &str| engine().render(&Template::new(t, None), &scope).unwrap().to_text();
    assert_eq!(render("{{ lookup('file', 'a.txt') }}"), "hello");
    assert_eq!(render("{{ lookup('template', 't.j2', template_vars={'extra': 'x'}) }}"), "3-x\n");
    assert_eq!(render("{{ lookup('csvfile', 'q', file='c.csv', delimiter=',') }}"), "a,b");
    assert_eq!(render("{{ lookup('ini', 'key section=s file=c.ini') }}"), "one");
    assert_eq!(render("{{ query('fileglob', '*.txt') | map('basename') | list }}"), "['a.txt']");
    assert_eq!(render("{{ lookup('first_found', ['x', 'a.txt']) | basename }}"), "a.txt");
    assert_eq!(render("{{ lookup('pipe', 'cat files/a.txt') }}"), "hello");
    let password = render("{{ lookup('password', 'deep/pw length=12') }}");
    assert_eq!(password.len(), 12);
    assert_eq!(render("{{ lookup('password', 'deep/pw length=12') }}"), password);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(directory.path().join("deep/pw")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn pages_are_looked_up() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\na\nb\n").unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let template =
        format!("{{{{ lookup('url', 'http://{address}/x', wantlist=true, headers={{'X-A': 'b'}}) }}}}");
    let found = engine().render(&Template::new(template, None), &sample()).unwrap();
    assert_eq!(found.repr(), "['a', 'b']");
    let request = server.join().unwrap().to_lowercase();
    assert!(request.starts_with("get /x") && request.contains("x-a: b"), "{request}");
}

/// Another host's variables.
struct Other(Arc<Vars>);

impl Object for Other {
    fn type_name(&self) -> &str {
        "HostVarsVars"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?)
    }

    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.0.names().into_iter().map(Value::from).collect())
    }

    fn to_plain(&self) -> Option<Value> {
        Some(Value::map(self.0.0.iter().map(|(k, v)| (Value::from(k.as_str()), v.clone()))))
    }

    fn scope(&self) -> Option<Arc<dyn Scope>> {
        Some(self.0.clone())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn another_hosts_variables_are_rendered_with_its_own() {
    let other =
        super::vars(serde_json::json!({"who": "other", "said": "I am {{ who }}", "list": ["{{ who }}"]}));
    let object = Value::Object(Arc::new(Other(Arc::new(other))));
    let scope = Vars(HashMap::from([
        ("who".to_owned(), Value::str("me")),
        ("hostvars".to_owned(), Value::map([(Value::str("h"), object)])),
    ]));
    let render = |t: &str| engine().render(&Template::new(t, None), &scope).unwrap().to_text();
    assert_eq!(render("{{ hostvars.h.said }} {{ hostvars['h']['list'][0] }}"), "I am other other");
    assert_eq!(render("{{ ['h'] | map('extract', hostvars, 'said') | join }}"), "I am other");
    assert_eq!(render("{{ hostvars.h.get('nope', 'x') }}"), "x");
    assert_eq!(
        render("{{ hostvars.h | to_json(sort_keys=true) }}x"),
        "{\"list\": [\"other\"], \"said\": \"I am other\", \"who\": \"other\"}x"
    );
}
