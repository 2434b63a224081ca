//! How runs end: failed and unreachable hosts, hosts that hang, and the user's Ctrl-C.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::host::{look, shell, variable};
use crate::play::{Play, Running};

const WHO: &str = "- name: who\n  command: id -un";

#[test]
fn an_unreachable_host_does_not_keep_others_from_their_work() {
    let mut inventory = std::fs::read_to_string(variable("LAB_INVENTORY")).expect("the inventory");
    inventory.insert_str(0, "gone ansible_host=127.0.0.1 ansible_port=1\n");
    let ran = Play::on("gone,lab1").inventory(&inventory).tasks(WHO).ends(4);
    assert_eq!((ran.count("gone", "unreachable"), ran.count("lab1", "ok")), (1, 1), "{}", ran.told());
    assert!(ran.told().contains("refused"), "{}", ran.told());
}

#[test]
fn a_failed_host_does_not_keep_others_from_their_work() {
    let tasks = "
- command: 'false'
  when: inventory_hostname == 'lab1'
- name: after
  command: 'true'
";
    let ran = Play::on("lab1,lab2").tasks(tasks).ends(2);
    assert_eq!((ran.count("lab1", "failed"), ran.count("lab2", "ok")), (1, 1), "{}", ran.told());
}

#[test]
fn an_address_that_says_nothing_is_given_up_in_time() {
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = mute.local_addr().expect("its address").port();
    let inventory = format!("mute ansible_host=127.0.0.1 ansible_port={port} ansible_user=deploy\n");
    let began = Instant::now();
    let ran = Play::on("mute").inventory(&inventory).args(["--timeout", "2"]).tasks(WHO).ends(4);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(ran.count("mute", "unreachable"), 1, "{}", ran.told());
}

#[test]
fn a_killed_worker_is_told_and_the_rest_goes_on() {
    let tasks = "
- name: long
  command: sleep 77
- name: after
  command: id -un
";
    let play = Play::on("lab2,lab3").tasks(tasks);
    let test = play.clone().args(["--output", "json"]).test();
    let child = Running::start(&test);
    wait_until("lab2", "pgrep -f 'sleep 7[7]$'");
    wait_until("lab3", "pgrep -f 'sleep 7[7]$'");
    look("lab2", "kill -KILL $(ps -o ppid= -p $(pgrep -f 'sleep 7[7]$'))");
    look("lab3", "pkill -f 'sleep 7[7]$'");
    let output = child.end();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("\"unreachable\":1"), "{said}");
    look("lab2", "pkill -f 'sleep 7[7]$'; true");
}

#[test]
fn a_connection_that_breaks_in_a_task_is_unreachable() {
    let test = Play::on("lab2").tasks("- name: long\n  command: sleep 78").args(["--output", "json"]).test();
    let child = Running::start(&test);
    wait_until("lab2", "pgrep -f 'sleep 7[8]$'");
    // The session's sshd is the one whose descendant the command is.
    look(
        "lab2",
        "p=$(pgrep -f 'sleep 7[8]$'); while [ \"$(ps -o comm= -p $p)\" != sshd ]; do p=$(ps -o ppid= -p $p | tr -d ' '); [ \"$p\" != 1 ] || exit 1; done; kill -KILL $p",
    );
    let output = child.end();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    wait_until("lab2", "! pgrep -f 'sleep 7[8]$'");
}

#[test]
fn a_second_ctrl_c_ends_the_remote_work_and_prints_the_recap() {
    let test = Play::on("lab2,lab3").tasks("- name: long\n  command: sleep 79").test();
    let child = Running::start(&test);
    wait_until("lab2", "pgrep -f 'sleep 7[9]$'");
    wait_until("lab3", "pgrep -f 'sleep 7[9]$'");
    let began = Instant::now();
    child.signal("INT");
    std::thread::sleep(Duration::from_secs(1));
    child.signal("INT");
    let output = child.end();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(99), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
    assert!(said.contains("lab2") && said.contains("lab3"), "no recap: {said}");
    for host in ["lab2", "lab3"] {
        wait_until(host, "! pgrep -f 'sleep 7[9]$'");
    }
}

#[test]
fn a_host_that_hangs_is_named_with_what_it_does() {
    let tasks = "- name: a long wait\n  command: sleep 76\n  when: inventory_hostname == 'lab3'";
    let test = Play::on("lab2,lab3").tasks(tasks).test();
    let child = Running::start(&test);
    wait_until("lab3", "pgrep -f 'sleep 7[6]$'");
    child.signal("USR1");
    std::thread::sleep(Duration::from_secs(1));
    look("lab3", "pkill -f 'sleep 7[6]$'");
    let output = child.end();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("\n1 host busy\n  lab3: a long wait, "), "{said}");
    assert!(!said.contains("  lab2: a long wait, "), "{said}");
}

#[test]
fn a_task_that_takes_longer_than_its_timeout_is_ended_on_the_host() {
    let tasks = "- name: slow\n  command: sleep 75\n  timeout: 2";
    let began = Instant::now();
    let ran = Play::on("lab2").tasks(tasks).ends(2);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(ran.told().contains("Timed out after 2 second(s)."), "{}", ran.told());
    wait_until("lab2", "! pgrep -f 'sleep 7[5]$'");
}

/// Waits, up to 60 seconds, until a command succeeds on a host.
#[track_caller]
pub(crate) fn wait_until(host: &str, command: &str) {
    let began = Instant::now();
    while !shell(host, command).status.success() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "`{command}` did not come true on {host}: {}",
            look(host, "ps ax")
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}
