//! Modules that keep files as wanted.

use crate::host::look;
use crate::play::Play;

/// Owner, group, mode and content of a file, or `none`.
fn seen(path: &str) -> String {
    format!("if [ -e {path} ]; then stat -c '%U %G %a' {path}; cat {path}; else echo none; fi")
}

#[test]
fn copy_writes_content_with_owner_and_mode() {
    let tasks = "- copy: {content: \"first\\nsecond\\n\", dest: /srv/copy-content, owner: deploy, group: daemon, mode: '0640'}";
    let after = "deploy daemon 640\nfirst\nsecond";
    Play::on("lab1").as_root().tasks(tasks).converges(&seen("/srv/copy-content"), "none", after);
}

#[test]
fn copy_writes_content_where_there_are_no_coreutils() {
    let tasks = "- copy: {content: \"first\\n\", dest: /tmp/copy-content, mode: '0600'}";
    Play::on("busybox1").tasks(tasks).converges(
        &seen("/tmp/copy-content"),
        "none",
        "deploy deploy 600\nfirst",
    );
}

#[test]
fn copy_brings_a_large_file_unharmed() {
    let text: String = (0..400_000).map(|n| format!("line {n}\n")).collect();
    let play = Play::on("lab1").file("files/large", &text).tasks("- copy: {src: large, dest: /tmp/large}");
    play.converges(
        "if [ -e /tmp/large ]; then wc -c </tmp/large; tail -n 1 /tmp/large; else echo none; fi",
        "none",
        &format!("{}\nline 399999", text.len()),
    );
}

#[test]
fn copy_brings_a_tree() {
    let play = Play::on("lab1")
        .as_root()
        .file("files/tree/a", "a\n")
        .file("files/tree/below/b", "b\n")
        .tasks("- copy: {src: tree, dest: /srv/trees, mode: '0644', directory_mode: '0755'}");
    let look = "cd /srv && find trees -printf '%p %m %y\\n' 2>/dev/null | sort; true";
    let after =
        "trees 755 d\ntrees/tree 755 d\ntrees/tree/a 644 f\ntrees/tree/below 755 d\ntrees/tree/below/b 644 f";
    play.converges(look, "", after);
}

#[test]
fn copy_copies_on_the_host_and_keeps_a_backup() {
    look("lab1", "mkdir -p /srv/remote && echo old >/srv/remote/to && echo new >/srv/remote/from");
    let tasks = "- copy: {src: /srv/remote/from, dest: /srv/remote/to, remote_src: true, backup: true}";
    let look_at = "cat /srv/remote/to; cat /srv/remote/to.* 2>/dev/null; true";
    Play::on("lab1").as_root().tasks(tasks).converges(look_at, "old", "new\nold");
}

#[test]
fn copy_does_not_put_what_does_not_validate() {
    let tasks =
        "- copy: {content: 'nonsense here', dest: /etc/sudoers.d/bad, validate: '/usr/sbin/visudo -cf %s'}";
    Play::on("lab1").as_root().tasks(tasks).ends(2);
    assert_eq!(look("lab1", "ls /etc/sudoers.d | grep -c bad; true"), "0");
}

#[test]
fn template_renders_with_variables_of_the_host() {
    let play = Play::on("lab1,lab2")
        .as_root()
        .file(
            "templates/motd.j2",
            "I am {{ inventory_hostname }}.\n{% for n in [1, 2] %}\n{{ n }}\n{% endfor %}\n",
        )
        .tasks("- template: {src: motd.j2, dest: /srv/motd, mode: '0644'}");
    play.converges(&seen("/srv/motd"), "none", "root root 644\nI am lab1.\n1\n2");
    assert_eq!(look("lab2", "head -1 /srv/motd"), "I am lab2.");
}

#[test]
fn file_makes_directories_links_and_modes() {
    let tasks = "
- file: {path: /srv/made/below, state: directory, mode: '0750', owner: deploy}
- file: {path: /srv/made/empty, state: touch, mode: '0600', access_time: preserve, modification_time: preserve}
- file: {path: /srv/made/link, src: empty, state: link}
- file: {path: /srv/made/hard, src: /srv/made/empty, state: hard}
";
    let look_at = "cd /srv && find made -printf '%p %m %y %u %l %n\\n' 2>/dev/null | sort; true";
    let made = Play::on("lab2").as_root().tasks(tasks);
    assert_eq!(look("lab2", look_at), "");
    made.run();
    let after = "made 750 d deploy  3\nmade/below 750 d deploy  2\nmade/empty 600 f root  2\nmade/hard 600 f root  2\nmade/link 777 l root empty 1";
    assert_eq!(look("lab2", look_at), after);
    assert_eq!(made.run().count("lab2", "changed"), 0);
    Play::on("lab2")
        .as_root()
        .tasks("- file: {path: /srv/made, state: absent}")
        .converges(look_at, after, "");
}

#[test]
fn file_gives_a_tree_to_another_owner() {
    look("lab1", "mkdir -p /srv/owned/a && touch /srv/owned/a/b");
    let tasks = "- file: {path: /srv/owned, state: directory, owner: deploy, group: deploy, recurse: true, mode: 'u=rwX,g=rX,o='}";
    let look_at = "find /srv/owned -printf '%p %U %m\\n' | sort";
    let before = "/srv/owned 0 755\n/srv/owned/a 0 755\n/srv/owned/a/b 0 644";
    let after = "/srv/owned 1001 750\n/srv/owned/a 1001 750\n/srv/owned/a/b 1001 640";
    Play::on("lab1").as_root().tasks(tasks).converges(look_at, before, after);
}

#[test]
fn lineinfile_replaces_adds_and_removes_lines() {
    look("lab1", "printf 'one = 1\\n# two\\nthree = 3\\n' >/srv/lines && chmod 640 /srv/lines");
    let tasks = "
- lineinfile: {path: /srv/lines, regexp: '^one =', line: one = 11}
- lineinfile: {path: /srv/lines, insertafter: '^# two', line: two = 2}
- lineinfile: {path: /srv/lines, regexp: '^three', state: absent}
- lineinfile: {path: /srv/lines, line: last, insertafter: EOF}
";
    let before = "root root 640\none = 1\n# two\nthree = 3";
    let after = "root root 640\none = 11\n# two\ntwo = 2\nlast";
    Play::on("lab1").as_root().tasks(tasks).converges(&seen("/srv/lines"), before, after);
}

#[test]
fn blockinfile_keeps_a_block_between_markers() {
    look("lab1", "printf 'first\\nlast\\n' >/srv/block");
    let tasks = "
- blockinfile:
    path: /srv/block
    insertafter: ^first
    block: |
      a
      b
";
    let after =
        "root root 644\nfirst\n# BEGIN ANSIBLE MANAGED BLOCK\na\nb\n# END ANSIBLE MANAGED BLOCK\nlast";
    Play::on("lab1").as_root().tasks(tasks).converges(
        &seen("/srv/block"),
        "root root 644\nfirst\nlast",
        after,
    );
}

#[test]
fn replace_replaces_all_that_matches() {
    look("lab1", "printf 'a=1\\nb=2\\na=3\\n' >/srv/replace");
    let tasks = r"- replace: {path: /srv/replace, regexp: '^a=(\d)$', replace: 'c=\g<1>'}";
    let (before, after) = ("root root 644\na=1\nb=2\na=3", "root root 644\nc=1\nb=2\nc=3");
    Play::on("lab1").as_root().tasks(tasks).converges(&seen("/srv/replace"), before, after);
}

#[test]
fn stat_and_find_tell_what_is_there() {
    look(
        "lab1",
        "mkdir -p /srv/found/below && echo one >/srv/found/a.txt && echo two >/srv/found/below/b.txt && chmod 640 /srv/found/a.txt",
    );
    let tasks = "
- name: stat
  stat: {path: /srv/found/a.txt, checksum_algorithm: sha256}
- name: missing
  stat: {path: /srv/found/none}
- name: find
  find: {paths: /srv/found, patterns: '*.txt', recurse: true}
";
    let ran = Play::on("lab1").as_root().tasks(tasks).run();
    let stat = &ran.result("lab1", "stat")["stat"];
    let sum = look("lab1", "sha256sum /srv/found/a.txt | cut -d' ' -f1");
    assert_eq!((stat["mode"].as_str(), stat["size"].as_u64()), (Some("0640"), Some(4)));
    assert_eq!((stat["checksum"].as_str(), stat["pw_name"].as_str()), (Some(sum.as_str()), Some("root")));
    assert_eq!(ran.result("lab1", "missing")["stat"]["exists"], false);
    assert_eq!(ran.result("lab1", "find")["matched"], 2);
    assert_eq!(ran.count("lab1", "changed"), 0);
}

#[test]
fn slurp_and_fetch_bring_content_back() {
    look("lab1", "echo secret words >/srv/brought && chmod 600 /srv/brought");
    let tasks = "
- name: slurp
  slurp: {src: /srv/brought}
- name: fetch
  fetch: {src: /srv/brought, dest: got/}
- name: fetch flat
  fetch: {src: /srv/brought, dest: flat, flat: true}
";
    let ran = Play::on("lab1").as_root().tasks(tasks).run();
    assert_eq!(ran.result("lab1", "slurp")["content"], "c2VjcmV0IHdvcmRzCg==");
    assert_eq!(ran.outcome.read("got/lab1/srv/brought"), "secret words\n");
    assert_eq!(ran.outcome.read("flat"), "secret words\n");
}

#[test]
fn tempfile_makes_a_private_one() {
    let tasks = "
- name: made
  tempfile: {prefix: lab., suffix: .x}
- name: directory
  tempfile: {state: directory}
";
    let ran = Play::on("lab1").tasks(tasks).run();
    let path = |task: &str| ran.result("lab1", task)["path"].as_str().expect("a path").to_owned();
    assert_eq!(
        look("lab1", &format!("stat -c '%U %a %F' {}", path("made"))),
        "deploy 600 regular empty file"
    );
    assert_eq!(look("lab1", &format!("stat -c '%U %a %F' {}", path("directory"))), "deploy 700 directory");
    look("lab1", &format!("rm -r {} {}", path("made"), path("directory")));
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing_behind() {
    let text = "x".repeat(200_000);
    look("lab2", "echo kept >/mnt/small/file");
    let play = Play::on("lab2")
        .file("files/big", &text)
        .tasks("- name: big\n  copy: {src: big, dest: /mnt/small/file2}");
    let ran = play.ends(2);
    let message = ran.result("lab2", "big")["msg"].to_string();
    assert!(message.contains("No space left") || message.contains("no space"), "{message}");
    assert_eq!(look("lab2", "ls -A /mnt/small; cat /mnt/small/file"), "file\nkept");
}
