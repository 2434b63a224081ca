use serde_json::{Value, json};

use super::subset::resolve;
use crate::testing::Sandbox;

const OS: &str = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n";

fn sandbox() -> Sandbox {
    Sandbox::new("setup")
        .file("etc/os-release", OS)
        .file("etc/debian_version", "12.11\n")
        .file("usr/bin/apt-get", "")
}

fn gathered(sandbox: &Sandbox, args: Value) -> Value {
    sandbox.reads(args)["ansible_facts"].clone()
}

#[test]
fn facts_have_their_full_names() {
    let facts = gathered(&sandbox(), json!({"gather_subset": ["min"]}));
    assert_eq!(facts["ansible_distribution"], "Debian");
    assert_eq!(facts["ansible_distribution_version"], "12.11");
    assert_eq!(facts["ansible_distribution_minor_version"], "11");
    assert_eq!(facts["ansible_os_family"], "Debian");
    assert_eq!(facts["ansible_pkg_mgr"], "apt");
    assert_eq!(facts["ansible_system"], "Linux");
    assert_eq!(facts["gather_subset"], json!(["min"]));
    assert_eq!(facts["module_setup"], true);
    assert_eq!(facts.get("ansible_interfaces"), None, "nobody asked for the network");
}

#[test]
fn everything_is_gathered_without_a_word() {
    let sandbox = sandbox()
        .file("proc/uptime", "4012.5 1.0\n")
        .file("proc/meminfo", "MemTotal: 2048 kB\nMemFree: 1024 kB\n");
    let facts = sandbox.run(json!({})).values["ansible_facts"].clone();
    assert_eq!((&facts["ansible_uptime_seconds"], &facts["ansible_memtotal_mb"]), (&json!(4012), &json!(2)));
    assert_eq!(facts["ansible_bios_vendor"], "NA");
    for name in ["ansible_mounts", "ansible_devices", "ansible_interfaces", "ansible_virtualization_type"] {
        assert!(facts.get(name).is_some(), "{name}");
    }
}

#[test]
fn a_filter_lets_through_what_it_names() {
    let args = json!({"gather_subset": "!all,!min,distribution", "filter": ["ansible_distribution_v*", "os_family"]});
    let facts = gathered(&sandbox(), args);
    assert_eq!(facts, json!({"ansible_distribution_version": "12.11", "ansible_os_family": "Debian"}));
}

#[test]
fn other_distributions_are_told_by_their_own_files() {
    let ask = |sandbox: &Sandbox| {
        gathered(sandbox, json!({"gather_subset": ["!all", "!min", "distribution", "pkg_mgr"]}))
    };
    let rocky = Sandbox::new("setup")
        .file("etc/os-release", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\n")
        .file("etc/redhat-release", "Rocky Linux release 9.3 (Blue Onyx)\n")
        .file("usr/bin/dnf-3", "");
    let facts = ask(&rocky);
    assert_eq!(
        (&facts["ansible_distribution"], &facts["ansible_os_family"]),
        (&json!("Rocky"), &json!("RedHat"))
    );
    assert_eq!(
        (&facts["ansible_distribution_release"], &facts["ansible_pkg_mgr"]),
        (&json!("Blue Onyx"), &json!("dnf"))
    );
    let alpine = Sandbox::new("setup")
        .file("etc/os-release", "ID=alpine\nVERSION_ID=3.19.1\n")
        .file("etc/alpine-release", "3.19.1\n")
        .file("sbin/apk", "");
    let facts = ask(&alpine);
    assert_eq!(
        (&facts["ansible_distribution"], &facts["ansible_pkg_mgr"]),
        (&json!("Alpine"), &json!("apk"))
    );
    assert_eq!(facts["ansible_distribution_major_version"], "3");
}

#[test]
fn the_hosts_own_facts_are_read_and_run() {
    let sandbox = Sandbox::new("setup")
        .file("etc/ansible/facts.d/a.fact", "{\"b\": [1]}")
        .file("etc/ansible/facts.d/c.fact", "[d]\ne=f\n")
        .tool("say", "echo '{\"said\": true}'");
    std::fs::copy(sandbox.at("bin/say"), sandbox.at("etc/ansible/facts.d/run.fact")).unwrap();
    let facts = gathered(&sandbox, json!({"gather_subset": ["!all", "!min", "local"]}));
    let wanted = json!({"a": {"b": [1]}, "c": {"d": {"e": "f"}}, "run": {"said": true}});
    assert_eq!(facts["ansible_local"], wanted);
}

#[test]
fn mounts_of_other_machines_are_not_measured() {
    let table = "/dev/vda / ext4 rw 0 1\nsrv:/data /data nfs4 rw 0 0\nproc /proc proc rw 0 0\n/dev/vda /my\\040disk ext4 rw 0 0\n";
    let sandbox = Sandbox::new("setup").file("proc/mounts", table).dir("my disk");
    let facts =
        sandbox.run(json!({"gather_subset": ["!all", "!min", "mounts"]})).values["ansible_facts"].clone();
    let mounts = facts["ansible_mounts"].as_array().unwrap().clone();
    let names: Vec<_> = mounts.iter().map(|mount| mount["mount"].as_str().unwrap()).collect();
    assert_eq!(names, ["/", "/data", "/my disk"]);
    assert!(mounts[0]["size_total"].as_u64().unwrap() > 0);
    assert_eq!(mounts[1].get("size_total"), None);
}

#[test]
fn subsets_are_added_and_taken_away() {
    let of =
        |words: &[&str]| resolve(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap();
    assert_eq!(of(&["!hardware"]), of(&["min"]), "what is left out adds nothing");
    assert!(of(&["all", "!hardware"]).contains("network") && !of(&["all", "!hardware"]).contains("hardware"));
    assert!(of(&[]).contains("hardware") && of(&["all", "!mounts", "!nobody"]).contains("hardware"));
    assert!(of(&["!min"]).is_empty() && !of(&["!env"]).contains("env"));
    assert!(of(&["!distribution"]).contains("distribution"), "others look at it");
    assert!(of(&["network"]).contains("env"), "the minimum comes with it");
    assert_eq!(
        of(&["!all", "!min", "default_ipv4"]).into_iter().collect::<Vec<_>>(),
        ["distribution", "network", "platform"]
    );
    assert!(of(&["!all"]).contains("platform") && !of(&["!all"]).contains("network"));
    assert!(of(&["!all", "!min"]).is_empty());
    assert!(of(&["all", "!facter", "!ohai"]).contains("virtual"));
    let said = resolve(&["foo".to_owned()]).unwrap_err().message;
    assert!(
        said.starts_with("Bad subset 'foo' given to Ansible. gather_subset options allowed: all, "),
        "{said}"
    );
}

#[test]
fn python_is_told_of_by_its_files() {
    let sandbox = Sandbox::new("setup")
        .file("usr/bin/python3.11", b"\x7fELF.\x003.11.2\x00")
        .file("usr/lib/python3.11/ssl.py", "")
        .file("usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", "");
    std::os::unix::fs::symlink("python3.11", sandbox.at("usr/bin/python3")).unwrap();
    let python = sandbox.path("usr/bin/python3");
    let values = sandbox
        .reads(json!({"gather_subset": ["!all", "!min", "python", "python_version"], "_python": python}));
    let facts = &values["ansible_facts"];
    assert_eq!(facts["ansible_python_version"], "3.11.2");
    let version = json!({"major": 3, "minor": 11, "micro": 2, "releaselevel": "final", "serial": 0});
    let wanted = json!({
        "executable": python, "type": "cpython", "has_sslcontext": true, "version": version,
        "version_info": [3, 11, 2, "final", 0],
    });
    assert_eq!(facts["ansible_python"], wanted);
}

#[test]
fn python_is_asked_where_its_files_do_not_tell() {
    let says = r#"echo '[[3, 9, 1, "final", 0], "/opt/py/bin/python3", "pypy", false]'"#;
    let sandbox = Sandbox::new("setup").tool("own-python", says);
    let values =
        sandbox.reads(json!({"gather_subset": ["!all", "!min", "python"], "_python": "own-python -B"}));
    let python = &values["ansible_facts"]["ansible_python"];
    assert_eq!((&python["type"], &python["executable"]), (&json!("pypy"), &json!("/opt/py/bin/python3")));
}
