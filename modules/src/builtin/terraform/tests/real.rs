//! With Terraform itself (or OpenTofu), which must be installed; its built-in provider needs no network.

use serde_json::{Value, json};

use crate::testing::Sandbox;
use crate::wire::Change;

const PROJECT: &str = r#"
variable "word" { type = string }
variable "many" {
  type    = list(string)
  default = []
}
variable "key" {
  type      = string
  default   = "none"
  sensitive = true
}
resource "terraform_data" "a" { input = "${var.word} in ${terraform.workspace}" }
resource "terraform_data" "key" { input = var.key }
resource "terraform_data" "b" {
  for_each = toset(var.many)
  input    = each.key
}
output "word" { value = terraform_data.a.output }
output "many" { value = sort([for one in terraform_data.b : one.output]) }
"#;

fn sandbox() -> Sandbox {
    Sandbox::new("terraform").file("p/main.tf", PROJECT).env("CHECKPOINT_DISABLE", "1")
}

/// Without locks, whose files come and go beside the state, so that directories can be seen to stay as they were.
fn args(sandbox: &Sandbox, more: Value) -> Value {
    let variables = json!({"word": "a ${b} \"c\""});
    let mut args = json!({"project_path": sandbox.path("p"), "variables": variables, "lock": false});
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    args
}

#[test]
fn a_project_comes_stays_changes_and_goes() {
    let sandbox = sandbox();
    let reply = sandbox.converges(args(&sandbox, json!({})));
    assert_eq!(reply.values["outputs"]["word"]["value"], "a ${b} \"c\" in default");
    let other = json!({"variables": {"word": "d", "many": ["x", "y"]}});
    let reply = sandbox.converges(args(&sandbox, other));
    assert_eq!(reply.values["outputs"]["many"]["value"], json!(["x", "y"]));
    let text = json!({"variables": {"word": "[e]", "many": "[\"x\", \"z\"]"}});
    let reply = sandbox.converges(args(&sandbox, text));
    assert_eq!(reply.values["outputs"]["many"]["value"], json!(["x", "z"]));
    assert_eq!(reply.values["outputs"]["word"]["value"], "[e] in default");
    let reply = sandbox.converges(args(&sandbox, json!({"state": "absent"})));
    assert_eq!(reply.values["outputs"], json!({}));
}

#[test]
fn a_secret_is_in_no_diff_and_no_command() {
    let sandbox = sandbox();
    let secret = |key: &str| args(&sandbox, json!({"variables": {"word": "w", "key": key}}));
    let first = sandbox.converges(secret("hunter2"));
    let second = sandbox.converges(secret("hunter3"));
    for reply in [first, second] {
        assert!(!format!("{reply:?}").contains("hunter"), "{reply:?}");
    }
}

#[test]
fn a_workspace_is_made_and_purged_and_the_selected_one_stays() {
    let sandbox = sandbox();
    let more = json!({"workspace": "blue"});
    assert_eq!(sandbox.check(args(&sandbox, more.clone())).change, Change::Yes);
    assert!(!sandbox.at("p/terraform.tfstate.d").exists());
    let reply = sandbox.run(args(&sandbox, more.clone()));
    assert_eq!(reply.failure, None);
    assert_eq!(reply.values["outputs"]["word"]["value"], "a ${b} \"c\" in blue");
    sandbox.keeps(args(&sandbox, more));
    assert_eq!(sandbox.text("p/.terraform/environment"), "default");
    let gone = json!({"workspace": "blue", "state": "absent", "purge_workspace": true});
    assert_eq!(sandbox.run(args(&sandbox, gone.clone())).change, Change::Yes);
    assert!(!sandbox.at("p/terraform.tfstate.d/blue").exists());
    sandbox.keeps(args(&sandbox, gone));
}

#[test]
fn a_kept_plan_is_applied_and_is_stale_afterwards() {
    let sandbox = sandbox();
    let planned = sandbox.run(args(&sandbox, json!({"state": "planned", "plan_file": "kept"})));
    assert_eq!((planned.failure, planned.change), (None, Change::Yes));
    let apply = || args(&sandbox, json!({"plan_file": "kept"}));
    let done = sandbox.run(apply());
    assert_eq!((done.failure, done.change), (None, Change::Yes));
    let said = sandbox.run(apply()).failure.unwrap();
    assert!(said.starts_with("`apply` failed: Saved plan is stale"), "{said}");
    assert!(said.contains("hint: the state has changed since"), "{said}");
}

#[test]
fn a_locked_state_is_waited_for_and_told() {
    let sandbox = sandbox();
    let locked = || args(&sandbox, json!({"lock": true, "lock_timeout": 1}));
    assert_eq!(sandbox.run(locked()).change, Change::Yes);
    assert_eq!(sandbox.run(locked()).change, Change::No);
    let holds = json!({"ID": "1", "Operation": "apply", "Who": "somebody", "Path": "terraform.tfstate"});
    std::fs::write(sandbox.at("p/.terraform.tfstate.lock.info"), holds.to_string()).unwrap();
    // Terraform itself looks at the lock of the file, which a note alone does not take.
    let state = std::fs::File::options().write(true).open(sandbox.at("p/terraform.tfstate")).unwrap();
    rustix::fs::fcntl_lock(&state, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let said =
        sandbox.run(args(&sandbox, json!({"lock": true, "variables": {"word": "x"}}))).failure.unwrap();
    assert!(said.starts_with("`plan` failed: Error acquiring the state lock"), "{said}");
    assert_eq!(sandbox.check(args(&sandbox, json!({"variables": {"word": "x"}}))).change, Change::Yes);
}

#[test]
fn another_file_of_state_is_used_by_plan_and_apply() {
    let sandbox = sandbox();
    sandbox.converges(args(&sandbox, json!({"state_file": sandbox.path("other.tfstate")})));
    assert!(sandbox.at("other.tfstate").exists() && !sandbox.at("p/terraform.tfstate").exists());
}

#[test]
fn initialising_foretells_without_leaving_anything() {
    let local = "terraform {\n  backend \"local\" {}\n}\n";
    let sandbox = sandbox().file("p/backend.tf", local);
    let path = sandbox.path("state/here.tfstate");
    let more = json!({"force_init": true, "backend_config": {"path": path}});
    sandbox.converges(args(&sandbox, more));
    assert!(sandbox.at("state/here.tfstate").exists());
}

#[test]
fn mistakes_are_told_in_terraforms_words() {
    let sandbox = sandbox();
    let said = sandbox.fails(args(&sandbox, json!({"variables": {}})));
    assert!(said.starts_with("`plan` failed: No value for required variable\non main.tf line 2:"), "{said}");
    let unready = Sandbox::new("terraform").file("p/main.tf", "resource \"nope\" \"x\" {}\n");
    let said = unready.fails(json!({"project_path": unready.path("p")}));
    assert!(said.ends_with("hint: `force_init: true` initialises the project first"), "{said}");
}

#[test]
fn a_failure_half_way_says_what_was_made() {
    let breaks = "resource \"terraform_data\" \"z\" {\n  depends_on = [terraform_data.a]\n  \
                  provisioner \"local-exec\" {\n    command = \"exit 3\"\n  }\n}\n";
    let sandbox = sandbox().file("p/breaks.tf", breaks);
    let said = sandbox.run(args(&sandbox, json!({}))).failure.unwrap();
    assert!(said.contains("`apply` failed: local-exec provisioner error"), "{said}");
    assert!(said.contains("changes were made before: ") && said.contains("`terraform_data.a`"), "{said}");
}
