//! Logging in: keys, passwords, host keys, many hosts behind one sshd.

use crate::host::{address, look, variable};
use crate::play::Play;

const WHO: &str = "- name: who\n  command: id -un";

#[test]
fn a_password_logs_in() {
    let play = Play::on("lab1")
        .user("pat")
        .file("password", "lab-pat-password\n")
        .args(["--connection-password-file", "password"])
        .tasks(WHO);
    assert_eq!(play.run().result("lab1", "who")["stdout"], "pat");
}

#[test]
fn a_password_of_the_inventory_logs_in_and_stays_hidden() {
    let inventory = format!(
        "box ansible_host={} ansible_user=pat ansible_password=lab-pat-password ansible_ssh_common_args='-o UserKnownHostsFile={}'\n",
        address("lab1"),
        variable("LAB_KNOWN_HOSTS")
    );
    let ran = Play::on("all").inventory(&inventory).args(["-vvv"]).tasks(WHO).run();
    assert_eq!(ran.result("box", "who")["stdout"], "pat");
    assert!(!ran.outcome.stdout.contains("lab-pat-password") && !ran.stderr.contains("lab-pat-password"));
}

#[test]
fn a_wrong_password_is_unreachable_and_told() {
    let play = Play::on("lab1")
        .user("pat")
        .file("password", "nonsense\n")
        .args(["--connection-password-file", "password"])
        .tasks(WHO);
    let ran = play.ends(4);
    assert!(ran.told().contains("ermission denied") || ran.told().contains("password"), "{}", ran.told());
}

#[test]
fn a_key_nobody_knows_is_unreachable_and_told() {
    let inventory = format!(
        "box ansible_host={} ansible_user=pat ansible_ssh_private_key_file={} ansible_ssh_common_args='-o IdentitiesOnly=yes -o UserKnownHostsFile={}'\n",
        address("lab1"),
        variable("LAB_KEY"),
        variable("LAB_KNOWN_HOSTS")
    );
    let ran = Play::on("all").inventory(&inventory).tasks(WHO).ends(4);
    assert!(ran.told().contains("ermission denied"), "{}", ran.told());
    assert_eq!(ran.count("box", "unreachable"), 1);
}

#[test]
fn an_unknown_host_key_is_refused_and_told() {
    let inventory = format!(
        "box ansible_host={} ansible_user=deploy ansible_ssh_private_key_file={} ansible_ssh_common_args='-o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null'\n",
        address("lab1"),
        variable("LAB_KEY")
    );
    let ran = Play::on("all").inventory(&inventory).tasks(WHO).ends(4);
    assert!(ran.told().contains("is not known"), "{}", ran.told());
}

#[test]
fn sixty_hosts_behind_one_sshd_all_get_in() {
    // Its MaxStartups is the default: more than 10 logins at once, and it drops at random.
    let mut inventory = String::new();
    for n in 1..=60 {
        inventory += &format!("box{n} ansible_host={}\n", address("lab2"));
    }
    inventory += &format!(
        "[all:vars]\nansible_user=deploy\nansible_ssh_private_key_file={}\nansible_ssh_common_args='-o IdentitiesOnly=yes -o UserKnownHostsFile={}'\n",
        variable("LAB_KEY"),
        variable("LAB_KNOWN_HOSTS")
    );
    let ran = Play::on("all").inventory(&inventory).args(["--forks", "60"]).tasks(WHO).run();
    for n in 1..=60 {
        assert_eq!(ran.count(&format!("box{n}"), "ok"), 1, "{}", ran.told());
    }
    assert_eq!(look("lab2", "ps -u deploy -o comm= | sort -u | grep -v -e sshd -e '^ps$'; true"), "");
}
