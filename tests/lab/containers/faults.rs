//! What goes wrong on the way, in a playbook: one clear message with the cause, within seconds, and what was is kept.

use std::time::{Duration, Instant};

use super::example::unique;
use super::parts::{forget, kubectl, object};
use crate::host::variable;
use crate::play::{Ran, Running};
use crate::test::Test;

/// Some tasks on this machine.
#[derive(Clone)]
pub(super) struct Tasks {
    text: String,
    files: Vec<(String, String)>,
    kubeconfig: String,
}

/// Tasks, written without indentation, named by their modules.
pub(super) fn tasks(text: &str) -> Tasks {
    Tasks { text: text.replace('\n', "\n    "), files: Vec::new(), kubeconfig: variable("KUBECONFIG") }
}

impl Tasks {
    /// Puts a file beside the playbook.
    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    fn kubeconfig(mut self, path: &str) -> Self {
        self.kubeconfig = path.into();
        self
    }

    /// Runs them; they must end with this status.
    #[track_caller]
    pub(super) fn ends(&self, status: i32) -> Ran {
        let ran = Ran::of(self.test().look());
        assert_eq!(ran.status, status, "{}", ran.told());
        ran
    }

    fn test(&self) -> Test {
        let playbook = format!("- hosts: localhost\n  gather_facts: false\n  tasks:\n    {}\n", self.text);
        let mut test = Test::new().playbook(&playbook).env("KUBECONFIG", &self.kubeconfig);
        for (path, text) in &self.files {
            test = test.file(path, text);
        }
        test.args(["run", "playbook.yml", "--no-log", "--output", "json"])
    }

    /// They must fail within so many seconds, and a task of this name must say all these words.
    #[track_caller]
    fn fails(&self, task: &str, words: &[&str], seconds: u64) {
        let began = Instant::now();
        let ran = self.ends(2);
        let took = began.elapsed();
        let said = ran.result("localhost", task)["msg"].as_str().unwrap_or_default().to_owned();
        for word in words {
            assert!(said.contains(word), "`{word}` is not said: {said}");
        }
        assert!(took < Duration::from_secs(seconds), "it took {took:?} to say: {said}");
    }
}

/// A namespace of its own; gone when the test is.
struct Namespace(String);

impl Namespace {
    fn new() -> Self {
        let name = unique("lab-faults");
        kubectl(["create", "namespace", &name]);
        Self(name)
    }

    /// A deployment of some image, with more options.
    fn deploy(&self, image: &str, more: &str) -> Tasks {
        tasks(&format!("- k8s_deploy: {{name: web, namespace: {}, image: '{image}'{more}}}", self.0))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        forget("kubectl", ["delete", "namespace", &self.0, "--wait=false"]);
    }
}

#[test]
fn an_image_that_is_not_there_is_said_within_seconds() {
    let namespace = Namespace::new();
    let image = format!("{}/lab-nothing:1", super::parts::registry());
    namespace.deploy(&image, "").fails("k8s_deploy", &[&image, "manifest unknown"], 40);
}

#[test]
fn a_crash_loop_is_told_with_the_last_words_of_the_container() {
    let namespace = Namespace::new();
    let command = ", command: [sh, -c, 'echo the disk is made of cheese; exit 3']";
    let words = ["the disk is made of cheese", "3"];
    namespace.deploy("lab/app:1", command).fails("k8s_deploy", &words, 40);
}

#[test]
fn a_quota_is_named_that_is_in_the_way() {
    let namespace = Namespace::new();
    kubectl(["create", "quota", "tight", "-n", &namespace.0, "--hard=pods=0"]);
    namespace.deploy("lab/app:1", "").fails("k8s_deploy", &["quota", "tight"], 40);
}

#[test]
fn a_field_that_cannot_be_changed_is_named_and_the_object_stays() {
    let namespace = Namespace::new();
    namespace.deploy("lab/app:1", "").ends(0);
    let words = ["selector", "immutable"];
    namespace.deploy("lab/app:1", ", selector: {app: other}").fails("k8s_deploy", &words, 20);
    let found = object("deployment", "web", &namespace.0);
    assert_eq!(found["spec"]["selector"]["matchLabels"]["app"], "web");
}

#[test]
fn a_pod_that_never_becomes_ready_is_told_with_its_probe() {
    let namespace = Namespace::new();
    let probe = ", ports: [8080], readiness_probe: /nothing, wait_timeout: 15";
    namespace.deploy("lab/app:1", probe).fails("k8s_deploy", &["ready", "404"], 40);
}

#[test]
fn a_wrong_kubeconfig_and_wrong_credentials_are_said_at_once() {
    let words = ["cannot read", "/nowhere/config"];
    let info = tasks("- k8s_info: {kind: Pod}");
    info.clone().kubeconfig("/nowhere/config").fails("k8s_info", &words, 10);
    let text = std::fs::read_to_string(variable("LAB_KUBECONFIG_TOKEN")).expect("a kubeconfig");
    let token = text.lines().find_map(|line| line.split("token: \"").nth(1)).expect("a token");
    let token = token.trim_end_matches("\"}");
    let wrong = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&wrong, text.replace(token, "of-yesterday")).expect("a written file");
    let path = wrong.path().display().to_string();
    info.kubeconfig(&path).fails("k8s_info", &["Unauthorized"], 10);
}

#[test]
fn who_may_only_look_is_told_so() {
    let namespace = Namespace::new();
    let deploy = namespace.deploy("lab/app:1", "").kubeconfig(&variable("LAB_KUBECONFIG_VIEW"));
    deploy.fails("k8s_deploy", &["forbidden", "lab-viewer"], 10);
}

#[test]
fn an_engine_that_does_not_answer_is_named_with_its_socket() {
    let info = tasks("- docker_host_info: {docker_host: 'unix:///nowhere/docker.sock'}");
    info.fails("docker_host_info", &["/nowhere/docker.sock"], 10);
}

#[test]
fn a_registry_that_does_not_answer_is_named() {
    let image = format!("127.0.0.1:9/{}", unique("lab-nothing"));
    let tag = format!("- docker_image_tag: {{name: 'lab/app:1', repository: ['{image}:1']}}");
    let push = tasks(&format!("{tag}\n- docker_push: {{name: '{image}', tag: '1'}}"));
    push.fails("docker_push", &["127.0.0.1:9", "refused"], 20);
    forget("docker", ["rmi", &format!("{image}:1")]);
}

#[test]
fn ctrl_c_ends_a_build_at_once_and_leaves_nothing_of_it() {
    let name = unique("lab-long");
    let mark = unique("sleep-").replace('-', "");
    let dockerfile = format!("FROM lab/app:1\nRUN echo {mark} && sleep 300\nRUN true\n");
    let build = format!("- docker_build: {{name: '{name}', path: context}}\n- docker_host_info:");
    let began = interrupted(
        tasks(&build).file("context/Dockerfile", &dockerfile),
        || runs(&mark),
        |said| {
            assert!(said.contains(&format!("cannot build `{name}:latest`: step 2/3")), "{said}");
            assert!(said.contains("the run was interrupted"), "{said}");
            assert_eq!(said.matches("\"task_started\"").count(), 1, "{said}");
        },
    );
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
    super::parts::until("the engine stops building", || !runs(&mark));
    assert_eq!(super::parts::docker(["images", "-q", &name]), "");
}

#[test]
fn ctrl_c_ends_the_wait_for_a_rollout_at_once_and_says_what_was_waited_for() {
    let namespace = Namespace::new();
    let more = ", ports: [8080], readiness_probe: /nothing, wait_timeout: 280";
    let there = || !super::parts::kubectl(["get", "pods", "-n", &namespace.0, "-o", "name"]).is_empty();
    let began = interrupted(namespace.deploy("lab/app:1", more), there, |said| {
        let words = format!("cancelled while waiting for deployment `{}/web`", namespace.0);
        assert!(said.contains(&words), "{said}");
        assert!(said.contains("\"changed\":true"), "what was applied is not told: {said}");
    });
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
    assert_eq!(object("deployment", "web", &namespace.0)["spec"]["replicas"], 1);
}

/// Whether a container runs whose command has this word.
fn runs(word: &str) -> bool {
    super::parts::docker(["ps", "--no-trunc", "--format", "{{.Command}}"]).contains(word)
}

/// Sends Ctrl-C once, when something is so; when that was.
#[track_caller]
fn interrupted(tasks: Tasks, when: impl Fn() -> bool, look: impl FnOnce(&str)) -> Instant {
    let test = tasks.test(); // its directory is there as long as it is
    let child = Running::start(&test);
    super::parts::until("the work has begun", when);
    let began = Instant::now();
    child.signal("INT");
    let output = child.end();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(99), "{said}{}", String::from_utf8_lossy(&output.stderr));
    look(&said);
    began
}
