//! current_container_facts

use serde_json::json;

use crate::args::Return;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Tell whether the target is a container, and which.
    pub struct CurrentContainerFacts as "current_container_facts" {
    }
}

returns! {
    /// `ansible_module_running_in_container`, `ansible_module_container_id` and `ansible_module_container_type`:
    /// `docker`, `podman`, `azure_pipelines`, `github_actions` or empty.
    ansible_facts: dict,
}

impl Module for CurrentContainerFacts {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Find out whether this is a container
  community.docker.current_container_facts:

- name: Say which
  ansible.builtin.debug:
    var: ansible_module_container_id
  when: ansible_module_running_in_container
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let cpuset = target.read_text(target.system("/proc/self/cpuset"))?.unwrap_or_default();
        let mounts = target.read_text(target.system("/proc/self/mountinfo"))?.unwrap_or_default();
        let (kind, id) = by_cgroup(cpuset.trim()).or_else(|| by_mounts(&mounts)).unwrap_or_default();
        target.set(
            "ansible_facts",
            json!({
                "ansible_module_running_in_container": !id.is_empty(),
                "ansible_module_container_id": id,
                "ansible_module_container_type": kind,
            }),
        );
        Ok(())
    }
}

/// By the cgroup, as older engines name it.
fn by_cgroup(path: &str) -> Option<(&'static str, String)> {
    let (parent, id) = path.rsplit_once('/')?;
    let kind = match parent {
        "/docker" => "docker",
        "/azpl_job" => "azure_pipelines",
        "/actions_job" => "github_actions",
        _ => return None,
    };
    Some((kind, id.to_owned()))
}

/// By where `/etc/hostname` comes from.
fn by_mounts(mounts: &str) -> Option<(&'static str, String)> {
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut lines = mounts.lines().map(fields);
    let line = lines.find(|fields| fields.get(4).is_some_and(|at| at == "/etc/hostname"))?;
    let parts: Vec<&str> = line.get(3)?.rsplit('/').collect();
    let (kind, id) = match parts[..] {
        ["hostname", "userdata", id, ..] => ("podman", id),
        ["hostname", id, ..] => ("docker", id),
        _ => return None,
    };
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| (kind, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    fn facts(sandbox: &Sandbox) -> (bool, String, String) {
        let facts = sandbox.reads(json!({}))["ansible_facts"].clone();
        let text =
            |name: &str| facts[format!("ansible_module_container_{name}")].as_str().unwrap().to_owned();
        (facts["ansible_module_running_in_container"] == true, text("type"), text("id"))
    }

    #[test]
    fn containers_are_told_by_cgroup_and_mounts() {
        let id = "c86f3732b5ba3d28bb83b6e14af767ab96abbc52de31313dcb1176a62d91a507";
        let new = || Sandbox::new("current_container_facts").file("proc/self/cpuset", "/\n");
        assert_eq!(facts(&Sandbox::new("current_container_facts")), (false, String::new(), String::new()));
        let old = new().file("proc/self/cpuset", format!("/docker/{id}\n"));
        assert_eq!(facts(&old), (true, "docker".to_owned(), id.to_owned()));
        let mount = |path: &str| {
            new().file("proc/self/mountinfo", format!("1 2 3:4 /a /b rw\n5 6 7:8 {path} /etc/hostname rw\n"))
        };
        let docker = mount(&format!("/var/lib/docker/containers/{id}/hostname"));
        assert_eq!(facts(&docker), (true, "docker".to_owned(), id.to_owned()));
        let podman = mount(&format!("/run/containers/{id}/userdata/hostname"));
        assert_eq!(facts(&podman), (true, "podman".to_owned(), id.to_owned()));
        assert!(!facts(&mount("/etc/hostname")).0);
    }
}
