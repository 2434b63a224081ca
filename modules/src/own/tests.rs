use std::path::Path;

use serde_json::{Value, json};

use crate::run_call_under;
use crate::testing::InProcess;
use crate::wire::{Call, Change, Reply};

use super::{CONTENT, MODULE};

fn run(content: &str, args: Value) -> Reply {
    let call = Call { module: MODULE.into(), args: args.as_object().unwrap().clone(), ..Call::default() };
    let bodies = [(CONTENT.to_owned(), content.as_bytes().to_vec())].into();
    run_call_under(Path::new("/"), call, &mut InProcess::new(&bodies))
}

fn asked(style: &str, interpreter: &[&str]) -> Value {
    json!({ "style": style, "name": "mine", "interpreter": interpreter, "parameters": {"name": "a b"} })
}

#[test]
fn a_script_gets_its_arguments_as_words_in_a_file_that_is_gone_afterwards() {
    let script = ". $1; printf '{\"changed\": true, \"msg\": \"%s\", \"file\": \"%s\"}' \"$name\" \"$1\"";
    let reply = run(script, asked("key_value", &["/bin/sh"]));
    assert_eq!(reply.failure, None);
    assert_eq!(reply.change, Change::Yes);
    assert_eq!(reply.values["msg"], "a b");
    let file = reply.values["file"].as_str().unwrap();
    assert!(!Path::new(file).parent().unwrap().exists());
}

#[test]
fn a_program_is_run_by_itself_and_reads_json() {
    let script = "#!/bin/sh\ngrep -q '\"name\":\"a b\"' \"$1\" && echo '{\"found\": 1}'";
    let reply = run(script, asked("json", &[]));
    assert_eq!((reply.failure, reply.change), (None, Change::No));
    assert_eq!(reply.values["found"], 1);
}

#[test]
fn what_is_no_json_is_a_failure_that_shows_what_was_said() {
    let reply = run("echo hello; echo no >&2; exit 3", asked("json", &["/bin/sh"]));
    assert_eq!(
        reply.failure.as_deref(),
        Some("Module result deserialization failed: No start of json char found")
    );
    assert_eq!(reply.values["module_stdout"], "hello\n");
    assert_eq!(reply.values["module_stderr"], "no\n");
    assert_eq!(reply.values["rc"], 3);
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    let reply = run("", asked("json", &["/nowhere/lua"]));
    assert_eq!(reply.failure.as_deref(), Some("The module interpreter '/nowhere/lua' was not found."));
    assert_eq!(reply.values["rc"], 127);
}

#[test]
fn arguments_are_written_into_a_script_that_has_a_place_for_them() {
    let script = "echo '<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>'";
    let reply = run(script, asked("filled", &["/bin/sh"]));
    assert_eq!(reply.values["name"], "a b");
}

#[test]
fn a_result_can_fail_in_several_ways() {
    let failed = |text: &str| run(&format!("echo '{text}'"), asked("json", &["/bin/sh"])).failure;
    assert_eq!(failed("{\"failed\": true, \"msg\": \"no\"}").as_deref(), Some("no"));
    assert_eq!(failed("{\"rc\": 2, \"msg\": \"two\"}").as_deref(), Some("two"));
    assert_eq!(failed("{\"rc\": 0}"), None);
    assert_eq!(failed("{\"failed\": false, \"rc\": 1}"), None);
}

#[test]
fn differences_and_warnings_of_a_module_are_those_of_the_reply() {
    let text = r#"{"diff": {"before": "a\n", "after": {"b": 1}}, "warnings": ["careful"]}"#;
    let reply = run(&format!("cat <<'E'\n{text}\nE\n"), asked("json", &["/bin/sh"]));
    assert_eq!(reply.warnings, ["careful"]);
    assert_eq!(reply.values["diff"], serde_json::json!({"before": "a\n", "after": {"b": 1}}));
}
