//! Hosts on which the worker's usual place will not do.

use crate::host::look;
use crate::play::Play;

const WHO: &str = "
- name: who
  command: id -un
- copy: {content: x, dest: \"/tmp/places-{{ ansible_user }}\"}
- command: rm -f /tmp/places-{{ ansible_user }}
";

#[test]
fn a_home_that_executes_nothing_cannot_be_written_or_is_full_is_passed_over() {
    for user in ["noexec", "nohome", "full"] {
        let ran = Play::on("lab1").user(user).tasks(WHO).run();
        assert_eq!(ran.result("lab1", "who")["stdout"], user);
        let place = look(
            "lab1",
            &format!("find /var/tmp /tmp -maxdepth 1 -name 'baton*' -user {user} -printf '%m %p'"),
        );
        assert_eq!(place, format!("700 /var/tmp/baton-{}", look("lab1", &format!("id -u {user}"))));
    }
    assert_eq!(look("lab1", "ls -A /home/full/.cache/baton 2>/dev/null; true"), "");
}

#[test]
fn a_machine_of_another_kind_is_told_before_anything_is_sent() {
    let ran = Play::on("lab1").user("other").tasks(WHO).ends(4);
    assert!(ran.told().contains("riscv64"), "{}", ran.told());
    assert_eq!(look("lab1", "find / -xdev -user other -type f -size +100k 2>/dev/null; true"), "");
}

#[test]
fn a_directory_somebody_else_prepared_is_not_trusted() {
    look(
        "lab2",
        "mkdir -p /var/tmp/baton-1004 && chown daemon /var/tmp/baton-1004 && chmod 777 /var/tmp/baton-1004",
    );
    Play::on("lab2").user("noexec").tasks(WHO).run();
    assert_eq!(look("lab2", "ls -A /var/tmp/baton-1004; stat -c %a /tmp/baton-1004"), "700");
    look("lab2", "rm -r /var/tmp/baton-1004");
}

#[test]
fn a_damaged_worker_is_replaced() {
    Play::on("lab3").tasks(WHO).run();
    let damage = "cd /home/deploy/.cache/baton && for f in [0-9a-f]*[0-9a-f]; do s=$(stat -c %s $f); chmod 700 $f; printf nonsense | dd of=$f bs=1 seek=$((s / 2)) conv=notrunc 2>/dev/null; chmod 500 $f; done";
    look("lab3", damage);
    assert_eq!(Play::on("lab3").tasks(WHO).run().result("lab3", "who")["stdout"], "deploy");
    look(
        "lab3",
        "cd /home/deploy/.cache/baton && for f in [0-9a-f]*[0-9a-f]; do [ \"$(sha256sum <$f | cut -d' ' -f1)\" = $f ] || exit 1; done",
    );
}
