//! Facts of hosts of every kind.

use crate::host::look;
use crate::play::Play;

#[test]
fn setup_tells_what_the_host_is() {
    let tasks = "
- name: told
  debug:
    msg: \"{{ ansible_facts.hostname }} {{ ansible_hostname }} {{ ansible_facts.distribution }} {{ ansible_facts.distribution_major_version }} {{ ansible_facts.os_family }} {{ ansible_facts.service_mgr }} {{ ansible_facts.pkg_mgr }} {{ ansible_facts.architecture }}\"
- name: addresses
  debug: {var: ansible_facts.all_ipv4_addresses}
";
    let version = look("lab1", ". /etc/os-release; echo $VERSION_ID");
    let ran = Play::on("lab1,systemd1").keyword("gather_facts: true").tasks(tasks).run();
    let lab1 = ran.result("lab1", "told")["msg"].as_str().unwrap_or_default().to_owned();
    assert_eq!(lab1, format!("lab1 lab1 Debian {version} Debian sysvinit apt x86_64"));
    let systemd1 = ran.result("systemd1", "told")["msg"].as_str().unwrap_or_default().to_owned();
    assert_eq!(systemd1, format!("systemd1 systemd1 Debian {version} Debian systemd apt x86_64"));
    let addresses = ran.result("lab1", "addresses").to_string();
    assert!(addresses.contains(&crate::host::address("lab1")), "{addresses}");
}

#[test]
fn setup_works_where_there_is_only_a_busybox() {
    let tasks = "- name: told\n  debug: {msg: \"{{ ansible_facts.hostname }} {{ ansible_facts.kernel }} {{ ansible_facts.user_id }}\"}";
    let ran = Play::on("busybox1").keyword("gather_facts: true").tasks(tasks).run();
    let kernel = look("busybox1", "uname -r");
    assert_eq!(ran.result("busybox1", "told")["msg"], format!("busybox1 {kernel} deploy"));
}

#[test]
fn setup_gathers_only_what_is_asked_for() {
    let tasks = "- name: some\n  setup: {gather_subset: ['!all', '!min', network]}\n- name: filtered\n  setup: {filter: ansible_host*}";
    let ran = Play::on("lab1").tasks(tasks).run();
    let facts =
        |task: &str| ran.result("lab1", task)["ansible_facts"].as_object().cloned().unwrap_or_default();
    assert!(
        facts("some").contains_key("ansible_interfaces")
            && !facts("some").contains_key("ansible_memtotal_mb")
    );
    assert!(facts("filtered").contains_key("ansible_hostname"));
    assert!(
        facts("filtered").keys().all(|key| key.starts_with("ansible_host")),
        "{:?}",
        facts("filtered").keys()
    );
}
