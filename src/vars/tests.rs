//! Precedence, and what tasks see.

use std::sync::Arc;

use super::layer::LAYERS;
use super::*;
use crate::template::{Scope, Value};

/// Two hosts, without any file.
struct TwoHosts;

impl Hosts for TwoHosts {
    fn describe(&self, name: &str) -> Option<Arc<HostVars>> {
        let group = |layer, text| Stratum::new(layer, vars([("x", text), ("g", text)]));
        ["web.example", "db"].contains(&name).then(|| {
            Arc::new(HostVars {
                name: name.into(),
                short_name: name.split('.').next().unwrap_or_default().into(),
                implicit: false,
                group_names: vec!["web".into()],
                source: Some(("/inv/hosts".into(), Some("/inv".into()))),
                groups: [
                    group(Layer::InventoryGroup, "group"),
                    group(Layer::PlaybookGroupVars, "group_vars"),
                ]
                .into(),
                own: [Stratum::new(Layer::InventoryHost, vars([("x", "host"), ("who", name)]))].into(),
            })
        })
    }

    fn names(&self) -> Vec<Arc<str>> {
        vec!["web.example".into(), "db".into()]
    }

    fn groups(&self) -> Value {
        Value::map([])
    }
}

fn vars<const N: usize>(entries: [(&str, &str); N]) -> Arc<VarMap> {
    Arc::new(entries.into_iter().map(|(k, v)| (k.into(), Definition::from(Value::from(v)))).collect())
}

fn values<const N: usize>(entries: [(&str, Value); N]) -> VarMap {
    entries.into_iter().map(|(k, v)| (k.into(), Definition::from(v))).collect()
}

fn store(settings: Settings) -> Arc<VarsStore> {
    let extra = Arc::unwrap_or_clone(vars([("e", "extra")]));
    VarsStore::new(Arc::new(TwoHosts), settings, extra, RunMagic { forks: 7, ..RunMagic::default() }.vars())
}

fn json(scope: &dyn Scope, name: &str) -> String {
    scope.get(name).map_or("missing".into(), |v| v.to_json().to_string())
}

#[test]
fn each_layer_wins_over_all_weaker_ones() {
    let given = LAYERS.map(|layer| Stratum::new(layer, vars([("v", &*layer.to_string())])));
    for shown in 1..=given.len() {
        let mut strata = given[..shown].to_vec();
        strata.reverse();
        let scope = store(Settings::default()).scope("db", strata);
        assert_eq!(scope.get("v").unwrap().as_str().unwrap(), LAYERS[shown - 1].to_string());
        assert_eq!(scope.definitions("v").len(), shown);
    }
}

#[test]
fn what_is_learned_stands_between_the_layers_of_the_play() {
    let store = store(Settings::default());
    store.add_facts("db", values([("ansible_f", "fact".into()), ("x", "fact".into())]));
    store.include_vars("db", values([("x", "included".into()), ("i", "included".into())]));
    let seen = |strata: Vec<Stratum>| json(&store.scope("db", strata), "x");
    let task = Stratum::new(Layer::TaskVars, vars([("x", "task")]));
    assert_eq!(seen(vec![task.clone()]), r#""included""#);
    store.set_facts("db", values([("x", "set".into())]));
    assert_eq!(seen(vec![task.clone()]), r#""set""#);
    assert_eq!(seen(vec![task, Stratum::new(Layer::RoleParams, vars([("x", "param")]))]), r#""param""#);
    let scope = store.scope("db", vec![Stratum::new(Layer::PlayVars, vars([("ansible_f", "play")]))]);
    assert_eq!(json(&scope, "ansible_f"), r#""play""#);
    assert_eq!(json(&scope, "g"), r#""group_vars""#);
    assert_eq!(json(&scope, "e"), r#""extra""#);
    assert_eq!(json(&store.scope("web.example", vec![]), "x"), r#""host""#);
}

#[test]
fn of_equal_layers_the_later_one_wins_and_added_ones_win_over_both() {
    let of = |text| Stratum::new(Layer::BlockVars, vars([("b", text)]));
    let scope = store(Settings::default()).scope("db", vec![of("outer"), of("inner")]);
    assert_eq!(json(&scope, "b"), r#""inner""#);
    let more = scope
        .with(Layer::BlockVars, vars([("b", "added"), ("e", "weak")]))
        .with(Layer::Loop, vars([("item", "1")]));
    assert_eq!(json(&more, "b"), r#""added""#);
    assert_eq!(json(&more, "e"), r#""extra""#);
    assert_eq!(json(&more, "item"), r#""1""#);
    assert_eq!(json(&scope, "item"), "missing");
}

#[test]
fn facts_are_seen_bare_and_by_full_name_but_never_say_how_to_reach_a_host() {
    let store = store(Settings::default());
    assert_eq!(json(&store.scope("db", vec![]), "ansible_facts"), "{}");
    let facts = [
        ("ansible_distribution", "Debian".into()),
        ("ansible_user", "evil".into()),
        ("ansible_ssh_common_args", "evil".into()),
        ("ansible_python_interpreter", "evil".into()),
        ("ansible_ssh_host_key_rsa_public", "key".into()),
        ("ansible_local", Value::map([])),
        ("own", "mine".into()),
    ];
    store.add_facts("db", values(facts));
    let scope = store.scope("db", vec![]);
    for (name, expected) in [
        ("ansible_distribution", r#""Debian""#),
        ("own", r#""mine""#),
        ("ansible_user", "missing"),
        ("ansible_ssh_common_args", "missing"),
        ("ansible_python_interpreter", "missing"),
        ("ansible_ssh_host_key_rsa_public", r#""key""#),
        ("ansible_local", "{}"),
    ] {
        assert_eq!(json(&scope, name), expected, "{name}");
    }
    let all = scope.get("ansible_facts").unwrap();
    let keys: Vec<&str> = all.as_map().unwrap().keys().filter_map(Value::as_str).collect();
    let bare = ["distribution", "user", "ssh_common_args", "python_interpreter", "ssh_host_key_rsa_public"];
    assert_eq!(keys, [&bare[..], &["ansible_local", "own"]].concat());
    store.clear_facts("db");
    assert_eq!(json(&store.scope("db", vec![]), "ansible_distribution"), "missing");
}

#[test]
fn without_injection_facts_are_in_ansible_facts_only() {
    let store = store(Settings { inject_facts: false, ..Settings::default() });
    store.add_facts("db", values([("ansible_distribution", "Debian".into()), ("ansible_local", "l".into())]));
    let scope = store.scope("db", vec![]);
    assert_eq!(json(&scope, "ansible_distribution"), "missing");
    assert_eq!(json(&scope, "ansible_local"), r#""l""#);
    assert_eq!(json(&scope, "ansible_facts"), r#"{"distribution":"Debian","ansible_local":"l"}"#);
}

#[test]
fn mappings_of_several_layers_are_joined_only_when_asked_for() {
    let map =
        |entries: &[(&str, i64)]| Value::map(entries.iter().map(|(k, v)| (Value::from(*k), Value::from(*v))));
    let strata = || {
        let of = |layer, value| Stratum::new(layer, Arc::new(values([("m", value)])));
        vec![
            of(Layer::RoleDefaults, map(&[("lost", 0)])),
            of(Layer::PlayVars, "no mapping".into()),
            of(Layer::BlockVars, map(&[("a", 1), ("b", 1)])),
            of(Layer::TaskVars, map(&[("b", 2), ("c", 2)])),
        ]
    };
    let replace = store(Settings::default()).scope("db", strata());
    assert_eq!(json(&replace, "m"), r#"{"b":2,"c":2}"#);
    let merge = store(Settings { merge: true, ..Settings::default() }).scope("db", strata());
    assert_eq!(json(&merge, "m"), r#"{"a":1,"b":2,"c":2}"#);
}

#[test]
fn magic_variables_tell_of_the_host_and_the_run() {
    let scope = store(Settings::default()).scope("web.example", vec![]);
    for (name, expected) in [
        ("inventory_hostname", r#""web.example""#),
        ("inventory_hostname_short", r#""web""#),
        ("group_names", r#"["web"]"#),
        ("ansible_forks", "7"),
        ("inventory_dir", r#""/inv""#),
        ("inventory_file", r#""/inv/hosts""#),
        ("environment", "[]"),
        ("ansible_limit", "missing"),
    ] {
        assert_eq!(json(&scope, name), expected, "{name}");
    }
    assert!(matches!(scope.get("omit"), Some(Value::Omit)));
    let version = scope.get("ansible_version").unwrap().to_json();
    assert_eq!((&version["full"], &version["minor"]), (&"2.19.14".into(), &19.into()));
}

#[test]
fn what_a_play_says_of_itself_is_stronger_than_what_the_run_says() {
    let own = Stratum::new(Layer::Magic, vars([("ansible_forks", "one")]));
    let scope = store(Settings::default()).scope("web.example", vec![own]);
    assert_eq!(json(&scope, "ansible_forks"), r#""one""#);
}

#[test]
fn hostvars_show_other_hosts_in_their_own_scope_and_nothing_of_the_play() {
    let store = store(Settings::default());
    store.set_facts("db", values([("port", Value::from(5432))]));
    let scope = store.scope("web.example", vec![Stratum::new(Layer::PlayVars, vars([("p", "play")]))]);
    let Some(Value::Object(all)) = scope.get("hostvars") else { panic!("no hostvars") };
    let Some(Value::Object(db)) = all.get(&"db".into()) else { panic!("no db") };
    assert_eq!(db.get(&"port".into()), Some(Value::from(5432)));
    assert_eq!(db.get(&"who".into()), Some("db".into()));
    assert_eq!(db.get(&"p".into()), None);
    assert_eq!(db.scope().unwrap().get("inventory_hostname"), Some("db".into()));
    assert!(all.get(&"nobody".into()).is_none());
    assert_eq!(all.iterate().unwrap(), [Value::from("web.example"), "db".into()]);
    let Some(Value::Object(own)) = scope.get("vars") else { panic!("no vars") };
    assert_eq!(own.get(&"p".into()), Some("play".into()));
}

#[test]
fn hostvars_are_a_mapping_whose_values_are_rendered_only_when_used() {
    let store = store(Settings::default());
    let late = Value::text("{{ inventory_hostname }}!", None);
    store.set_facts("db", values([("late", late), ("broken", Value::text("{{ nowhere }}", None))]));
    let scope = store.scope("web.example", vec![]);
    let engine = crate::template::Engine::new(Default::default());
    for (text, expected) in [
        ("hostvars.keys() | list", r#"["web.example","db"]"#),
        ("hostvars | length", "2"),
        ("'db' in hostvars and 'nobody' not in hostvars", "true"),
        ("hostvars.get('db').late", r#""db!""#),
        ("hostvars.get('nobody', 'none')", r#""none""#),
        ("hostvars.db.late", r#""db!""#),
        ("hostvars | dict2items | map(attribute='key') | list", r#"["web.example","db"]"#),
        ("hostvars.items() | map('first') | list", r#"["web.example","db"]"#),
        ("['db'] | map('extract', hostvars, 'late') | list", r#"["db!"]"#),
        ("hostvars['db'].broken is defined", "false"),
    ] {
        let value = engine.expression(text, &scope);
        assert_eq!(value.map_or_else(|e| e.to_string(), |v| v.to_json().to_string()), expected, "{text}");
    }
}

#[test]
fn a_scope_is_a_snapshot() {
    let store = store(Settings::default());
    let before = store.scope("db", vec![]);
    store.set_facts("db", values([("later", "x".into())]));
    assert_eq!(json(&before, "later"), "missing");
    assert_eq!(json(&store.scope("db", vec![]), "later"), r#""x""#);
}

const SEALED: &str = "$ANSIBLE_VAULT;1.1;AES256\n3132\n";

fn opened(plain: &'static str) -> VarsFiles {
    VarsFiles::new(Some(Arc::new(move |text: &str| {
        assert_eq!(text, SEALED);
        Ok(plain.into())
    })))
}

#[test]
fn an_encrypted_file_is_opened_and_its_text_shows_in_no_message() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret.yml");
    std::fs::write(&path, SEALED).unwrap();
    let mut diagnostics = crate::diagnostic::Diagnostics::default();
    let vars = opened("password: geheim\ntoken: '{{ password }}'\n").read(&path, &mut diagnostics);
    assert_eq!(vars["password"].value.as_str(), Some("geheim"));
    let Value::Template(token) = &vars["token"].value else { panic!("no template") };
    assert_eq!(token.place.as_ref().unwrap().text(), "****************");
    opened("password: [geheim\n").read(&path, &mut diagnostics);
    let (span, _) = diagnostics.0[0].place.clone().unwrap();
    assert!(!span.source.text.contains("geheim"));
    let mut without = crate::diagnostic::Diagnostics::default();
    VarsFiles::default().read(&path, &mut without);
    assert!(without.0[0].message.starts_with("the file is encrypted and no vault password was given"));
}

#[test]
fn a_file_of_variables_is_a_mapping_or_a_list_of_them_and_is_read_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vars.yml");
    let files = VarsFiles::default();
    let mut diagnostics = crate::diagnostic::Diagnostics::default();
    std::fs::write(&path, "- a: 1\n  b: 1\n- b: 2\n").unwrap();
    let vars = files.read(&path, &mut diagnostics);
    assert_eq!((vars["a"].value.clone(), vars["b"].value.clone()), (Value::from(1), Value::from(2)));
    std::fs::write(&path, "text\n").unwrap();
    assert!(Arc::ptr_eq(&vars, &files.read(&path, &mut diagnostics)));
    assert!(diagnostics.0.is_empty());
    files.forget();
    assert!(files.read(&path, &mut diagnostics).is_empty());
    assert_eq!(diagnostics.0[0].message, "expected a mapping of variables");
}

#[test]
fn a_missing_attribute_tells_where_its_variable_was_set() {
    let source = crate::diagnostic::Source::new("play.yml", "conf: {a: 1}\n");
    let place = Some(crate::diagnostic::Span::new(&source, 0, 4));
    let conf = Definition::new(Value::map([("a".into(), Value::from(1))]), place);
    let scope = store(Settings::default()).scope(
        "db",
        vec![Stratum::new(Layer::PlayVars, Arc::new([("conf".into(), conf)].into_iter().collect()))],
    );
    let engine = crate::template::Engine::new(Default::default());
    let error = engine.expression("conf.b", &scope).unwrap_err();
    assert_eq!(error.to_string(), "object of type 'dict' has no attribute 'b'");
    assert_eq!(error.trail()[0].1.as_ref().unwrap().to_string(), "play.yml:1:1");
    let error = engine.expression("hostvars['db'].nothing", &scope).unwrap_err();
    assert_eq!(error.to_string(), "object of type 'HostVarsVars' has no attribute 'nothing'");
}
