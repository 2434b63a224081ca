//! Services: of systemd where it is the first process, by init scripts elsewhere.

use std::sync::Mutex;

use crate::host::look;
use crate::play::Play;

static DAEMON: Mutex<()> = Mutex::new(());

/// No daemon is running and its log is empty.
fn fresh(host: &str, stop: &str) -> std::sync::MutexGuard<'static, ()> {
    let held = DAEMON.lock().unwrap_or_else(|broken| broken.into_inner());
    look(host, &format!("{stop}; rm -f /run/lab-daemon.log"));
    held
}

const STOP: &str = "systemctl unmask -q lab-daemon; systemctl disable -q --now lab-daemon 2>/dev/null; true";
const STATE: &str = "systemctl is-active lab-daemon; systemctl is-enabled lab-daemon; true";
const LOG: &str = "cut -d' ' -f1 /run/lab-daemon.log 2>/dev/null | tr '\\n' ' '";

#[test]
fn systemd_starts_enables_stops_and_disables() {
    let _held = fresh("systemd1", STOP);
    let tasks = "- systemd_service: {name: lab-daemon, state: started, enabled: true}";
    Play::on("systemd1").as_root().tasks(tasks).converges(STATE, "inactive\ndisabled", "active\nenabled");
    let tasks = "- systemd: {name: lab-daemon.service, state: stopped, enabled: false}";
    Play::on("systemd1").as_root().tasks(tasks).converges(STATE, "active\nenabled", "inactive\ndisabled");
    let tasks = "- systemd_service: {name: lab-daemon, masked: true}";
    Play::on("systemd1").as_root().tasks(tasks).converges(STATE, "inactive\ndisabled", "inactive\nmasked");
    look("systemd1", STOP);
}

#[test]
fn systemd_restarts_and_reloads_by_handlers() {
    let _held = fresh("systemd1", STOP);
    let play = Play::on("systemd1")
        .as_root()
        .keyword("handlers:\n    - name: restart\n      service: {name: lab-daemon, state: restarted}\n    - name: reload\n      service: {name: lab-daemon, state: reloaded}")
        .tasks("- service: {name: lab-daemon, state: started}\n- copy: {content: x, dest: /run/lab-daemon.conf}\n  notify: restart");
    play.run();
    // The service is in its right place in the log: started once, then restarted once, whole.
    assert_eq!(look("systemd1", LOG).trim_end(), "started stopped started");
    play.run();
    assert_eq!(look("systemd1", LOG).trim_end(), "started stopped started");
    let reload = Play::on("systemd1").as_root().tasks("- service: {name: lab-daemon, state: reloaded}");
    reload.run();
    look("systemd1", "sleep 0.3");
    assert_eq!(look("systemd1", LOG).trim_end(), "started stopped started reloaded");
    look("systemd1", &format!("{STOP}; rm -f /run/lab-daemon.conf"));
}

#[test]
fn systemd_reads_units_again_when_told() {
    let _held = fresh("systemd1", STOP);
    let unit = "[Service]\nExecStart=/usr/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n";
    let tasks = "
- copy: {src: lab-new.service, dest: /etc/systemd/system/lab-new.service}
- systemd_service: {name: lab-new, state: started, daemon_reload: true}
";
    Play::on("systemd1").as_root().file("files/lab-new.service", unit).tasks(tasks).run();
    assert_eq!(look("systemd1", "systemctl is-active lab-new"), "active");
    look(
        "systemd1",
        "systemctl stop lab-new; rm /etc/systemd/system/lab-new.service; systemctl daemon-reload",
    );
}

#[test]
fn an_unknown_service_is_named() {
    for host in ["systemd1", "lab2"] {
        let ran = Play::on(host)
            .as_root()
            .tasks("- name: unknown\n  service: {name: no-such, state: started}")
            .ends(2);
        let message = ran.result(host, "unknown")["msg"].to_string();
        assert!(message.contains("no-such"), "{message}");
    }
}

#[test]
fn init_scripts_start_stop_and_enable() {
    let _held = fresh("lab2", "service lab-daemon stop; update-rc.d lab-daemon remove");
    let state = "service lab-daemon status >/dev/null && echo runs || echo not; ls /etc/rc3.d 2>/dev/null | grep -c 'S.*lab-daemon'; true";
    let tasks = "- service: {name: lab-daemon, state: started}";
    Play::on("lab2").as_root().tasks(tasks).converges(state, "not\n0", "runs\n0");
    let tasks = "- service: {name: lab-daemon, enabled: true}";
    Play::on("lab2").as_root().tasks(tasks).converges(state, "runs\n0", "runs\n1");
    Play::on("lab2").as_root().tasks("- service: {name: lab-daemon, state: restarted}").run();
    look("lab2", "sleep 0.3");
    assert_eq!(look("lab2", LOG).trim_end(), "started stopped started");
    let tasks = "- service: {name: lab-daemon, state: stopped, enabled: false}";
    Play::on("lab2").as_root().tasks(tasks).converges(state, "runs\n1", "not\n0");
}
