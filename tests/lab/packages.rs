//! apt and package, on a package source of the host's own.

use std::sync::Mutex;

use crate::host::look;
use crate::play::Play;

/// apt lets in one at a time.
static APT: Mutex<()> = Mutex::new(());

const VERSIONS: &str =
    "dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Version}\\n' 'lab-*' 2>/dev/null | grep -v ^un; true";

fn fresh() -> std::sync::MutexGuard<'static, ()> {
    let held = APT.lock().unwrap_or_else(|broken| broken.into_inner());
    look("lab3", "apt-get -q -y purge 'lab-*' >/dev/null 2>&1; rm -f /srv/apt/*.cache; true");
    held
}

#[test]
fn apt_installs_with_what_is_needed_and_removes() {
    let _held = fresh();
    let (none, both) = ("", "ii lab-greeter 1.0\nii lab-hello 1.0");
    Play::on("lab3")
        .as_root()
        .tasks("- apt: {name: lab-greeter, state: present}")
        .converges(VERSIONS, none, both);
    assert_eq!(look("lab3", "cat /etc/lab-hello/lab-hello.conf"), "made by version = 1.0");
    let left = "rc lab-greeter 1.0\nii lab-hello 1.0";
    Play::on("lab3")
        .as_root()
        .tasks("- apt: {name: lab-greeter, state: absent}")
        .converges(VERSIONS, both, left);
    let tasks = "- apt: {name: [lab-greeter, lab-hello], state: absent, purge: true}";
    Play::on("lab3").as_root().tasks(tasks).converges(VERSIONS, left, none);
    assert_eq!(look("lab3", "ls /etc/lab-hello 2>/dev/null; true"), "");
}

#[test]
fn apt_installs_a_version_and_a_file_and_the_latest() {
    let _held = fresh();
    Play::on("lab3").as_root().tasks("- apt: {name: lab-hello=1.0}").converges(
        VERSIONS,
        "",
        "ii lab-hello 1.0",
    );
    let tasks = "- apt: {deb: /srv/apt/new/lab-hello_2.0_all.deb}";
    Play::on("lab3").as_root().tasks(tasks).converges(VERSIONS, "ii lab-hello 1.0", "ii lab-hello 2.0");
    let again = Play::on("lab3").as_root().tasks("- apt: {name: lab-hello, state: latest}").run();
    assert_eq!(again.count("lab3", "changed"), 0);
}

#[test]
fn apt_says_which_package_there_is_none_of() {
    let _held = fresh();
    let tasks = "- name: missing\n  apt: {name: [lab-hello, lab-no-such-thing]}";
    let ran = Play::on("lab3").as_root().tasks(tasks).ends(2);
    let message = ran.result("lab3", "missing")["msg"].to_string();
    assert!(message.contains("lab-no-such-thing"), "{message}");
    assert_eq!(look("lab3", VERSIONS), "");
}

#[test]
fn package_finds_the_manager_of_the_host() {
    let _held = fresh();
    let tasks = "- package: {name: lab-extra, state: present}";
    Play::on("lab3").as_root().tasks(tasks).converges(VERSIONS, "", "ii lab-extra 1.0");
    let tasks = "- package: {name: lab-extra, state: absent}";
    Play::on("lab3").as_root().tasks(tasks).converges(VERSIONS, "ii lab-extra 1.0", "rc lab-extra 1.0");
}

#[test]
fn apt_updates_its_lists_and_says_so() {
    let _held = fresh();
    look(
        "lab3",
        "touch -d '2 days ago' /var/lib/apt/lists /var/cache/apt/pkgcache.bin; rm -f /var/lib/apt/periodic/update-success-stamp",
    );
    let ran = Play::on("lab3").as_root().tasks("- name: lists\n  apt: {update_cache: true}").run();
    assert_eq!(ran.result("lab3", "lists")["cache_updated"], true);
    let tasks = "- name: lists\n  apt: {update_cache: true, cache_valid_time: 3600}";
    assert_eq!(Play::on("lab3").as_root().tasks(tasks).run().result("lab3", "lists")["cache_updated"], false);
}
