//! `playbooks/first/`: the playbook as a newcomer writes it.

use super::example::{Example, repository, unique};
use super::parts::{docker, forget, kubectl, object, pushed};

/// What it makes, gone when the test is.
struct Made {
    registry: String,
}

impl Drop for Made {
    fn drop(&mut self) {
        forget(
            "kubectl",
            ["delete", "-n", "default", "deployment/myapp", "service/myapp", "--ignore-not-found"],
        );
        forget("docker", ["rmi", "-f", "myapp", &format!("{}/myapp", self.registry)]);
    }
}

#[test]
fn the_first_playbook_runs_as_it_stands() {
    let (repository, registry) = repository("lab-first");
    let made = Made { registry: registry.clone() };
    let word = unique("word");
    let first = Example::new("first", "playbook.yml").args(["-i", "hosts"]).with("registry", &registry);
    let first = first.with("word", &word);
    let ran = first.changes("this");

    let environment = docker(["image", "inspect", "-f", "{{json .Config.Env}}", "myapp"]);
    assert!(environment.contains(&format!("WORD={word}")), "{environment}");
    let local = docker(["image", "inspect", "-f", "{{json .RepoDigests}}", "myapp"]);
    let digest = pushed(&format!("{repository}/myapp"), "latest").expect("a pushed image");
    assert!(local.contains(&digest), "{local} has not {digest}");
    let deployment = object("deployment", "myapp", "default");
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], format!("{registry}/myapp"));
    assert_eq!(
        (&deployment["status"]["readyReplicas"], &deployment["spec"]["replicas"]),
        (&3.into(), &3.into())
    );
    let service = object("service", "myapp", "default");
    assert_eq!(service["spec"]["ports"][0]["targetPort"], 8080);
    let pods = kubectl(["get", "pods", "-n", "default", "-l", "app=myapp", "-o", "name"]);
    assert_eq!(pods.lines().count(), 3, "{pods}");
    assert_eq!(ran.result("this", "k8s_exec")["stdout"], format!("{word}\n"), "{}", ran.told());

    first.keeps("this");
    drop(made);
}
