use serde_json::{Map, Value, json};

use super::*;
use crate::{args, choices};

choices! {
    /// Whether it is there.
    enum State {
        Present = "present" | "installed",
        Absent = "absent",
    }
}

args! {
    /// One port.
    struct Port {
        /// Its number.
        number: u16,
        /// Its protocol.
        protocol: String = "tcp",
    }
}

args! {
    /// A thing.
    ///
    /// With more to say.
    struct Thing as "thing" {
        /// Its name.
        #[alias("dest", "destfile")]
        name: String,
        /// State.
        state: State = "present",
        /// Number.
        gid: Option<u32>,
        /// Names.
        names: Option<Vec<String>>,
        /// Force.
        force: bool = false,
        /// Kind.
        r#type: Option<String>,
        /// Ports.
        ports: Vec<Port> = "",
        /// Mode.
        mode: Option<Mode>,
        /// Password.
        password: Option<Secret>,
    }
    rules [
        MutuallyExclusive(&["gid", "names"]),
        RequiredIf("state", "absent", &["gid"]),
        RequiredBy("type", &["password"]),
    ]
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn parse(value: Value) -> Thing {
    Thing::parse(&map(value)).unwrap()
}

fn problems(value: Value) -> Vec<String> {
    let literal = |v: &Value| !v.as_str().is_some_and(|s| s.contains("{{"));
    Thing::SPEC.check(&map(value), &literal).iter().map(ToString::to_string).collect()
}

#[test]
fn values_are_coerced_as_ansible_does() {
    let thing = parse(json!({
        "dest": 5, "state": "installed", "gid": "7", "force": "Yes",
        "type": true, "password": "x",
        "ports": {"number": "80"}, "mode": 420,
    }));
    assert_eq!((thing.name.as_str(), thing.state, thing.gid), ("5", State::Present, Some(7)));
    assert!(thing.force);
    assert_eq!(thing.r#type.as_deref(), Some("True"));
    assert_eq!((thing.ports[0].number, thing.ports[0].protocol.as_str()), (80, "tcp"));
    assert_eq!(thing.mode, Some(Mode::Octal(0o644)));
    assert_eq!(parse(json!({"name": "a", "names": "a, b,c"})).names.unwrap(), ["a", "b", "c"]);
    assert_eq!(parse(json!({"name": "a", "names": 3})).names.unwrap(), ["3"]);
}

#[test]
fn a_default_stands_in_for_what_is_missing_or_null() {
    let thing = parse(json!({"name": "a", "state": null, "gid": null}));
    assert_eq!((thing.state, thing.gid, thing.ports.len()), (State::Present, None, 0));
}

#[test]
fn all_mistakes_are_found_at_once() {
    assert_eq!(
        problems(
            json!({"dset": "x", "gid": "many", "names": ["a", {}], "state": "there", "ports": [{"numbr": 1}]})
        ),
        [
            "unknown option `dset` of module `thing`",
            "option `gid` of module `thing`: expected an integer, found `many`",
            "option `names[1]` of module `thing`: expected a string, found a dictionary",
            "option `state` of module `thing`: expected one of `present`, `absent`, found `there`",
            "unknown option `numbr` in `ports[0]` of module `thing`",
            "missing option `number` in `ports[0]` of module `thing`",
            "missing option `name` of module `thing`",
            "options `gid` and `names` of module `thing` exclude each other",
        ]
    );
}

#[test]
fn the_nearest_option_is_offered_and_an_alias_explained() {
    let found = Thing::SPEC.check(&map(json!({"name": "x", "destfil": 1, "forse": 1})), &|_| true);
    let hints: Vec<_> = found.iter().filter_map(ArgProblem::hint).collect();
    assert_eq!(hints, ["did you mean `destfile`, an alias of `name`?", "did you mean `force`?"]);
    assert_eq!(found[0].label(), "not an option of `thing`");
    assert_eq!(found[0].path, [Step::Key("destfil".into())]);
}

#[test]
fn templates_are_passed_over_and_may_be_omitted() {
    assert_eq!(
        problems(json!({"name": "{{ a }}", "gid": "{{ b }}", "names": ["{{ c }}"], "state": "{{ d }}"})),
        Vec::<String>::new()
    );
    assert_eq!(problems(json!({"name": "a", "state": "absent", "gid": "{{ b }}"})), Vec::<String>::new());
}

#[test]
fn rules_hold_between_options() {
    assert_eq!(
        problems(json!({"name": "a", "state": "absent", "type": "x"})),
        [
            "missing option `gid` of module `thing`, needed when `state` is `absent`",
            "missing option `password` of module `thing`, needed with `type`",
        ]
    );
}

#[test]
fn the_declaration_is_data() {
    assert_eq!(Thing::SPEC.doc(), "A thing.\n\nWith more to say.");
    let option = Thing::SPEC.option("destfile").unwrap();
    assert_eq!((option.name, option.required, option.doc().as_str()), ("name", true, "Its name."));
    let state = Thing::SPEC.option("state").unwrap();
    assert_eq!((state.default, state.ty.choices), (Some("present"), &["present", "absent"][..]));
    assert_eq!(Thing::SPEC.option("force").unwrap().default, Some("false"));
    assert_eq!(Thing::SPEC.option("ports").unwrap().ty.words(), "list of dictionaries");
    assert!(Thing::SPEC.option("type").is_some());
}

#[test]
fn a_secret_hides_itself() {
    let thing = parse(json!({"name": "a", "password": "hush"}));
    assert!(!format!("{thing:?}").contains("hush"));
    assert_eq!(thing.password.unwrap().reveal(), "hush");
}

#[test]
fn modes_are_octal_or_symbolic() {
    let mode = |value: Value| Mode::from_arg(&value);
    assert_eq!(mode(json!("0644")), Ok(Mode::Octal(0o644)));
    assert_eq!(mode(json!("755")), Ok(Mode::Octal(0o755)));
    assert!(mode(json!("0888")).is_err());
    assert!(mode(json!("u=rq")).is_err());
    let bits = |text: &str, now, is_dir| mode(json!(text)).unwrap().bits(now, is_dir, 0o022);
    assert_eq!(bits("u=rw,g=r,o=", 0o777, false), 0o640);
    assert_eq!(bits("a+X", 0o644, false), 0o644);
    assert_eq!(bits("a+X", 0o644, true), 0o755);
    assert_eq!(bits("+w", 0o444, false), 0o644);
    assert_eq!(bits("u+s,o+t", 0o755, false), 0o5755);
    assert_eq!(bits("g=u", 0o640, false), 0o660);
    assert_eq!(bits("ug-x+w", 0o551, false), 0o661);
}

#[test]
fn home_and_variables_are_expanded_in_paths() {
    struct Here;
    impl Home for Here {
        fn variable(&self, name: &str) -> Option<String> {
            (name == "DIR").then(|| "/d".to_owned())
        }
        fn home(&self, user: Option<&str>) -> Option<String> {
            match user {
                None => Some("/root".to_owned()),
                Some("ann") => Some("/home/ann/".to_owned()),
                Some(_) => None,
            }
        }
    }
    let paths = ["~", "~/x", "~ann/x", "~bob/x", "$DIR/x", "${DIR}x", "$NO/x", "a$", "${a"];
    let expanded = paths.map(|path| expand(path, &Here));
    assert_eq!(expanded, ["/root", "/root/x", "/home/ann/x", "~bob/x", "/d/x", "/dx", "$NO/x", "a$", "${a"]);
}
