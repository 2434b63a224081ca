//! What a run leaves on a host: its work, the worker in the cache, and nothing else.

use crate::endings::wait_until;
use crate::host::look;
use crate::play::Play;

const PRESENT: &str = "cd / && find /tmp /var/tmp /dev/shm /run /home /root -xdev \\( -name '*baton*' -o -name '*ansible*' \\) 2>/dev/null | sort";

#[test]
fn only_the_worker_stays_and_it_is_private() {
    let tasks = "
- copy: {content: x, dest: /home/deploy/left}
- script: say.sh
- command: 'true'
  become: true
- template: {src: t.j2, dest: /home/deploy/left}
";
    for host in ["systemd1", "busybox1"] {
        let tasks = if host == "busybox1" { tasks.replace("  become: true\n", "") } else { tasks.to_owned() };
        let play = Play::on(host)
            .file("files/say.sh", "#!/bin/sh\necho\n")
            .file("templates/t.j2", "{{ 1 + 1 }}\n")
            .tasks(&tasks);
        play.run();
        wait_until(host, "! ps ax -o args= 2>/dev/null | grep -q '[0-9a-f]\\{64\\} worker'");
        let present = look(host, PRESENT);
        assert!(present.lines().all(|line| line == "/home/deploy/.cache/baton"), "{host}: {present}");
        let modes = look(
            host,
            "cd /home/deploy/.cache/baton && stat -c '%a %U' . && stat -c '%a %U' [0-9a-f]*[0-9a-f] | sort -u",
        );
        assert_eq!(modes, "700 deploy\n500 deploy", "{host}");
    }
}

#[test]
fn nothing_stays_running_when_the_run_ends() {
    Play::on("lab1").tasks("- command: id\n- command: id\n  become: true").run();
    wait_until("lab1", "! ps ax -o args= | grep -q '[0-9a-f]\\{64\\} worker'");
}

#[test]
fn files_written_through_sudo_are_never_open_to_others() {
    let tasks = "
- copy: {content: hidden, dest: /srv/hidden, mode: '0600'}
- lineinfile: {path: /srv/hidden, line: more}
- template: {src: t.j2, dest: /srv/hidden}
";
    Play::on("lab1").as_root().file("templates/t.j2", "hidden\n").tasks(tasks).run();
    assert_eq!(look("lab1", "stat -c '%a %U' /srv/hidden; rm /srv/hidden"), "600 root");
}
