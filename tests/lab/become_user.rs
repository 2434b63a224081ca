//! Becoming other users: sudo, su and doas, with and without password.

use crate::host::look;
use crate::play::Play;

const WHO: &str = "- name: who\n  command: id -un";

fn who(play: Play, host: &str) -> String {
    play.tasks(WHO).run().result(host, "who")["stdout"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn sudo_and_doas_without_password() {
    for method in ["sudo", "doas"] {
        let play = Play::on("lab1").as_root().keyword(&format!("become_method: {method}"));
        assert_eq!(who(play, "lab1"), "root", "{method}");
    }
    assert_eq!(who(Play::on("lab1").as_root().keyword("become_user: pat"), "lab1"), "pat");
}

#[test]
fn every_method_with_a_password() {
    for (method, password) in [("sudo", "ops"), ("doas", "ops"), ("su", "root")] {
        let play = Play::on("lab1")
            .as_root()
            .keyword(&format!("become_method: {method}"))
            .user("ops")
            .file("password", &format!("lab-{password}-password\n"))
            .args(["--become-password-file", "password"]);
        assert_eq!(who(play, "lab1"), "root", "{method}");
    }
}

#[test]
fn su_where_there_is_only_a_busybox() {
    let play = Play::on("busybox1")
        .as_root()
        .keyword("become_method: su")
        .file("password", "lab-root-password\n")
        .args(["--become-password-file", "password"]);
    assert_eq!(who(play, "busybox1"), "root");
}

#[test]
fn a_wrong_password_and_a_missing_one_are_told_apart() {
    let play = Play::on("lab2").as_root().user("ops").tasks(WHO);
    let missing = play.look();
    assert_ne!(missing.status, 0);
    let told = missing.told().to_lowercase();
    assert!(told.contains("password"), "{told}");
    let play = play.file("password", "nonsense\n").args(["--become-password-file", "password"]);
    let wrong = play.look();
    assert_ne!(wrong.status, 0);
    let told = wrong.told().to_lowercase();
    assert!(told.contains("refuses the become password") && told.contains("become_password"), "{told}");
}

#[test]
fn who_may_not_become_another_is_told_so() {
    let ran = Play::on("lab2").as_root().user("nohome").tasks(WHO).look();
    assert_ne!(ran.status, 0);
    assert!(ran.told().contains("`sudo`"), "{}", ran.told());
}

#[test]
fn each_task_acts_as_its_own_user() {
    let tasks = "
- name: first
  command: id -un
- name: second
  command: id -un
  become: true
- name: third
  copy: {content: x, dest: /tmp/of-pat, mode: '0600'}
  become: true
  become_user: pat
- name: fourth
  command: id -un
";
    let ran = Play::on("lab1").tasks(tasks).run();
    let names = ["first", "second", "fourth"].map(|task| ran.result("lab1", task)["stdout"].clone());
    assert_eq!(names, ["deploy", "root", "deploy"]);
    assert_eq!(look("lab1", "stat -c %U:%a /tmp/of-pat; rm /tmp/of-pat"), "pat:600");
}

#[test]
fn the_password_is_in_no_list_of_processes_and_no_output() {
    let tasks = "
- name: seen
  shell: for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; tr '\\0' ' ' <$p/environ; done 2>/dev/null | grep -c 'lab-op[s]-password'; true
";
    let ran = Play::on("lab1")
        .as_root()
        .user("ops")
        .file("password", "lab-ops-password\n")
        .args(["--become-password-file", "password", "-vvv"])
        .tasks(tasks)
        .run();
    assert_eq!(ran.result("lab1", "seen")["stdout"], "0");
    assert!(!ran.outcome.stdout.contains("lab-ops-password") && !ran.stderr.contains("lab-ops-password"));
}
