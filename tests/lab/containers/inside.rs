//! Playbooks that run inside containers and pods, through the same worker as anywhere.

use super::example::unique;
use super::parts::{docker, forget, kubectl, until};
use crate::host::variable;
use crate::play::{Ran, Running};
use crate::test::Test;

/// A container and a pod that run; gone at the end.
struct Inside {
    container: String,
    pod: String,
}

const INCLUDED: &str = "\
- name: a large file
  copy: {src: large, dest: '{{ home }}/large', mode: '0600'}
- name: a template
  copy: {content: 'I am {{ who.stdout }}', dest: '{{ home }}/me'}
";

const PLAYBOOK: &str = "\
- hosts: all
  vars: {home: /root}
  tasks:
    - name: user
      command: id -un
      changed_when: false
      register: who
    - include_tasks: included.yml
    - name: another user
      command: id -u
      become: true
      become_user: '{{ other }}'
      changed_when: false
    - name: a file of another user
      copy: {content: x, dest: /tmp/theirs}
      become: true
      become_user: '{{ other }}'
    - name: back again
      fetch: {src: '{{ home }}/large', dest: got}
    - name: raw
      raw: cat; echo here
      changed_when: false
    - name: one host more
      add_host: {name: more, ansible_connection: community.docker.docker_api, ansible_host: '{{ container }}', ansible_user: '77'}
      changed_when: false
- hosts: more
  tasks:
    - name: in it
      shell: echo $(id -u) $(pwd)
      changed_when: false
";

impl Inside {
    #[track_caller]
    fn new() -> Self {
        let inside = Self { container: unique("inside"), pod: unique("inside") };
        docker(["run", "-d", "--name", &inside.container, "lab/app:1", "sleep", "900"]);
        // Another test may have the node drained meanwhile.
        let anywhere = r#"--overrides={"spec": {"tolerations": [{"operator": "Exists"}]}}"#;
        let pull = "--image-pull-policy=IfNotPresent";
        kubectl(["run", &inside.pod, "--image=lab/app:1", pull, anywhere, "--restart=Never"]);
        kubectl(["wait", "--for=condition=Ready", "--timeout=90s", &format!("pod/{}", inside.pod)]);
        inside
    }

    fn test(&self, playbook: &str) -> Test {
        let Self { container, pod } = self;
        let inventory = format!(
            "docker:\n  vars: {{ansible_connection: docker, other: '1234'}}\n  hosts: {{{container}: }}\n\
             pods:\n  vars: {{ansible_connection: kubernetes.core.kubectl, other: root}}\n  hosts:\n    web:\n      ansible_kubectl_pod: {pod}\n"
        );
        let large = "0123456789abcdef".repeat(500_000);
        let mut test = Test::new()
            .playbook(playbook)
            .file("hosts.yml", &inventory)
            .file("included.yml", INCLUDED)
            .file("large", &large)
            .env("KUBECONFIG", &variable("KUBECONFIG"))
            .args(["run", "playbook.yml", "-i", "hosts.yml", "--no-log", "--output", "json"])
            .args(["-e", &format!("container={container}")]);
        if let Ok(socket) = std::env::var("DOCKER_HOST") {
            test = test.env("DOCKER_HOST", &socket);
        }
        test
    }

    fn processes(&self) -> String {
        docker(["exec", &self.container, "ps"]) + &kubectl(["exec", &self.pod, "--", "ps"])
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        forget("docker", ["rm", "-f", &self.container]);
        forget("kubectl", ["delete", "pod", &self.pod, "--grace-period=0", "--force", "--wait=false"]);
    }
}

#[test]
fn a_playbook_runs_inside_and_changes_nothing_the_second_time() {
    let inside = Inside::new();
    let hosts = [inside.container.as_str(), "web"];
    let first = Ran::of(inside.test(PLAYBOOK).look());
    assert_eq!(first.status, 0, "{}", first.told());
    for host in hosts {
        assert_eq!(first.result(host, "user")["stdout"], "root");
        assert!(first.result(host, "raw")["stdout"].as_str().unwrap_or_default().starts_with("here"));
        assert!(first.count(host, "changed") >= 3, "{}", first.told());
    }
    assert_eq!(first.result(hosts[0], "another user")["stdout"], "1234");
    assert!(first.result("more", "in it")["stdout"].as_str().unwrap_or_default().starts_with("77 "));
    let size = ["exec", &inside.container, "stat", "-c", "%s %a %u", "/root/large", "/tmp/theirs"];
    assert_eq!(docker(size), "8000000 600 0\n1 644 1234");
    assert_eq!(kubectl(["exec", &inside.pod, "--", "cat", "/root/me"]), "I am root");
    // What was fetched is not there any more, for it has a directory of its own.
    let again =
        Ran::of(inside.test(&PLAYBOOK.replace("fetch: {", "slurp: {").replace(", dest: got", "")).look());
    assert_eq!(again.status, 0, "{}", again.told());
    hosts.iter().for_each(|host| assert_eq!(again.count(host, "changed"), 0, "{}", again.told()));
    assert!(!inside.processes().contains(" worker"), "left behind: {}", inside.processes());
}

#[test]
fn check_mode_foretells_inside_and_touches_nothing() {
    let inside = Inside::new();
    let play =
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {content: x, dest: /tmp/foretold}\n";
    let ran = Ran::of(inside.test(play).args(["--check"]).look());
    assert_eq!((ran.status, ran.count("web", "changed")), (0, 1), "{}", ran.told());
    assert_eq!(docker(["exec", &inside.container, "ls", "/tmp"]), "");
}

#[test]
fn an_interrupted_run_leaves_nothing_inside() {
    let inside = Inside::new();
    let play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - command: sleep 619\n";
    let test = inside.test(play);
    let running = Running::start(&test);
    until("both sleep", || inside.processes().matches("sleep 619").count() == 2);
    running.signal("INT");
    std::thread::sleep(std::time::Duration::from_secs(1));
    running.signal("INT");
    assert_eq!(running.end().status.code(), Some(99));
    until("nothing is left", || {
        let left = inside.processes();
        !left.contains("sleep 619") && !left.contains(" worker")
    });
}

#[test]
fn a_container_that_is_not_there_is_unreachable_and_others_go_on() {
    let inside = Inside::new();
    let play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: hi\n      ping:\n";
    let other = format!("  hosts: {{{}: , {}x: }}", inside.container, inside.container);
    let text = std::fs::read_to_string(inside.test(play).path().join("hosts.yml")).expect("the inventory");
    let text = text.replace(&format!("  hosts: {{{}: }}", inside.container), &other);
    let ran = Ran::of(inside.test(play).file("hosts.yml", &text).look());
    assert_eq!(ran.status, 4, "{}", ran.told());
    assert_eq!(ran.result(&inside.container, "hi")["ping"], "pong");
    let said = ran.outcome.stdout;
    assert!(said.contains("there is no container `") && said.contains("did you mean `"), "{said}");
}
