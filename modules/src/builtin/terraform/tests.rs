//! With a stand-in for the program, which keeps its state in a file; `tests/real.rs` has the program itself.

#[cfg(feature = "lab")]
mod real;

use serde_json::json;

use crate::testing::Sandbox;
use crate::wire::Change;

/// What stands in for `terraform`: it knows one resource, `x.a`, with the word of the variables.
const STAND_IN: &str = r#"
action=$1; out=; word=; lock=
for arg; do case $arg in
    -out=*) out=${arg#-out=};;
    -var-file=*) word=$(sed -n 's/^word = "\(.*\)"/\1/p' "${arg#-var-file=}");;
    -destroy) action=destroy;;
    -lock=false) lock=none;;
esac; last=$arg; done
there=$(cat state 2>/dev/null)
case $action in
plan) [ "$word" != broken ] || { printf '╷\n│ Error: Bad word\n│ \n│   on main.tf line 1:\n╵\n' >&2; exit 1; }
    [ "$word" != "$there" ] || exit 0
    [ -n "$lock" ] || echo held >> "$SANDBOX/locks"
    echo "{\"resource_changes\":[{\"address\":\"x.a\",\"change\":{\"actions\":[\"create\"],\"before\":$(
        [ -n "$there" ] && echo "{\"word\":\"$there\"}" || echo null),\"after\":{\"word\":\"$word\"}}}]}" > "$out"
    echo "$word" > "$out.word"; exit 2;;
destroy) [ -n "$there" ] || exit 0
    echo "{\"resource_changes\":[{\"address\":\"x.a\",\"change\":{\"actions\":[\"delete\"],\"before\":{\"word\":\"$there\"},\"after\":null}}]}" > "$out"
    : > "$out.word"; exit 2;;
show) cat "$last";;
apply) cat "$last.word" > state; echo "x.a: Creation complete after 0s [id=1]"; [ "$(cat state)" != fails ] || { echo "Error: no more" >&2; exit 1; };;
output) echo "{\"word\":{\"value\":\"$there\",\"type\":\"string\",\"sensitive\":false}}";;
*) echo "stand-in: no action $action" >&2; exit 1;;
esac
"#;

fn sandbox() -> Sandbox {
    Sandbox::new("terraform").tool("terraform", STAND_IN).dir("p")
}

#[test]
fn a_plan_is_applied_once() {
    let sandbox = sandbox();
    let args = json!({"project_path": sandbox.path("p"), "variables": {"word": "hello"}});
    let reply = sandbox.converges(args);
    assert_eq!(sandbox.text("p/state"), "hello\n");
    assert_eq!(sandbox.text("locks"), "held\n");
    assert_eq!(reply.values["outputs"]["word"]["value"], "hello");
    assert!(!reply.values["command"].as_str().unwrap().contains("hello"));
    sandbox.converges(json!({"project_path": sandbox.path("p"), "state": "absent"}));
    assert_eq!(sandbox.text("p/state"), "");
}

#[test]
fn an_error_is_told_without_its_frame() {
    let sandbox = sandbox();
    let said = sandbox.fails(json!({"project_path": sandbox.path("p"), "variables": {"word": "broken"}}));
    assert_eq!(said, "`plan` failed: Bad word\non main.tf line 1:");
}

#[test]
fn what_was_made_before_a_failure_is_told() {
    let sandbox = sandbox();
    let reply = sandbox.run(json!({"project_path": sandbox.path("p"), "variables": {"word": "fails"}}));
    let said = reply.failure.unwrap();
    assert_eq!(said, "`apply` failed: no more\n1 of about 1 changes were made before: `x.a`");
}

#[test]
fn a_plan_that_destroys_is_refused_where_that_is_wished() {
    let sandbox = sandbox().file("p/state", "old\n").file(
        "p/kept",
        r#"{"resource_changes":[{"address":"x.a","change":{"actions":["delete"],"before":{},"after":null}}]}"#,
    );
    let args = json!({"project_path": sandbox.path("p"), "plan_file": "kept", "check_destroy": true});
    assert_eq!(sandbox.fails(args), "the plan destroys `x.a`, and `check_destroy` is set");
}

#[test]
fn a_plan_is_kept_and_changed_only_when_it_plans_otherwise() {
    let sandbox = sandbox();
    let planned = |word: &str| {
        let variables = json!({"word": word});
        let args = json!({"project_path": sandbox.path("p"), "state": "planned", "plan_file": "kept",
            "variables": variables});
        let reply = sandbox.run(args);
        assert_eq!(reply.failure, None);
        reply.change
    };
    assert_eq!([planned("a"), planned("a"), planned("b")], [Change::Yes, Change::No, Change::Yes]);
    assert_eq!(sandbox.mode("p/kept"), 0o600);
}

#[test]
fn a_missing_program_is_told_with_what_to_do() {
    let sandbox = Sandbox::new("terraform").dir("p");
    let args = json!({"project_path": sandbox.path("p"), "binary_path": "nowhere/terraform"});
    assert!(sandbox.fails(args).starts_with("there is no program `"));
    let missing = sandbox.fails(json!({"project_path": sandbox.path("q")}));
    assert!(missing.starts_with("there is no directory `"), "{missing}");
}
