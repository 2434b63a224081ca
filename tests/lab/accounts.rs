//! Users and groups.

use crate::host::look;
use crate::play::Play;

#[test]
fn user_and_group_are_made_changed_and_removed() {
    let look_at = "getent passwd fred; id -Gn fred 2>/dev/null; getent group crew | cut -d: -f1,3; ls -d /home/fred 2>/dev/null; true";
    let tasks = "
- group: {name: crew, gid: 4711}
- user: {name: fred, uid: 4712, group: crew, groups: [daemon, mail], shell: /bin/sh, comment: Fred F}
";
    let after = "fred:x:4712:4711:Fred F:/home/fred:/bin/sh\ncrew daemon mail\ncrew:4711\n/home/fred";
    let made = Play::on("lab1").as_root().tasks("- group: {name: crew, gid: 4711}");
    made.converges("getent group crew | cut -d: -f1,3; true", "", "crew:4711");
    Play::on("lab1").as_root().tasks(tasks).converges(look_at, "crew:4711", after);
    let tasks =
        "- user: {name: fred, shell: /usr/sbin/nologin, groups: mail, append: false, comment: Fred G}";
    let changed = "fred:x:4712:4711:Fred G:/home/fred:/usr/sbin/nologin\ncrew mail\ncrew:4711\n/home/fred";
    Play::on("lab1").as_root().tasks(tasks).converges(look_at, after, changed);
    let tasks = "- user: {name: fred, state: absent, remove: true}";
    Play::on("lab1").as_root().tasks(tasks).converges(look_at, changed, "crew:4711");
    let tasks = "- group: {name: crew, state: absent}";
    Play::on("lab1").as_root().tasks(tasks).converges(look_at, "crew:4711", "");
}

#[test]
fn a_password_gets_into_no_list_of_processes_and_no_output() {
    let hash =
        "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";
    let play = Play::on("lab1")
        .as_root()
        .tasks(&format!("- user: {{name: greta, password: \"{hash}\", create_home: false}}"));
    let look_at = "getent shadow greta | cut -d: -f2; true";
    play.converges(look_at, "", hash);
    let again = Play::on("lab1").as_root().tasks("- user: {name: greta, password: '!', state: present}");
    let ran = again.args(["-vvv", "--diff"]).run();
    assert!(!format!("{:?}", ran.events).contains(hash), "the old hash is shown: {}", ran.told());
    look("lab1", "userdel greta");
}

#[test]
fn a_key_for_ssh_is_made_for_a_user() {
    let tasks = "- name: made\n  user: {name: heidi, generate_ssh_key: true, ssh_key_type: ed25519, ssh_key_comment: of heidi}";
    let ran = Play::on("lab1").as_root().tasks(tasks).run();
    assert_eq!(look("lab1", "stat -c '%U %a' ~heidi/.ssh ~heidi/.ssh/id_ed25519"), "heidi 700\nheidi 600");
    let public = look("lab1", "cat ~heidi/.ssh/id_ed25519.pub");
    assert_eq!(
        ran.result("lab1", "made")["ssh_public_key"].as_str().map(str::trim_end),
        Some(public.as_str())
    );
    assert!(public.ends_with(" of heidi"), "{public}");
    look("lab1", "userdel -r heidi 2>/dev/null");
}
