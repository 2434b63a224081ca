//! Runs on the local machine: what they print, what they leave, and how they end.

use crate::test::Test;

const THREE: &str = r#"- hosts: all
  gather_facts: false
  tasks:
    - name: one
      copy: {content: "a\nb\n", dest: "{{ playbook_dir }}/out-{{ inventory_hostname }}"}
    - name: two
      command: sh -c 'echo no good >&2; exit 3'
      when: inventory_hostname == 'b'
    - name: three
      debug: msg=done
"#;

const TWO_HOSTS: &str = "a\nb\n[all:vars]\nansible_connection=local\n";

/// Three tasks on two local hosts, the second of which fails on one.
fn three() -> Test {
    Test::new().playbook(THREE).inventory(TWO_HOSTS).args(["run", "playbook.yml"])
}

#[test]
fn a_run_says_what_changed_and_what_failed_and_why() {
    let run = three().args(["--no-log", "--forks", "1"]).status(2).stderr("").stdout(
        "play all: 2 hosts
one
  a, b: changed
two
  b: failed: no good (exit code 3)
    at playbook.yml:6
    command: sh -c 'echo no good >&2; exit 3'
    stderr: no good
three
  a: done
done in TIME
  b  1 ok, 1 changed, 1 failed  TIME
  a  2 ok, 1 changed, 1 skipped  TIME
hint: again for these hosts: baton run playbook.yml … --limit b
",
    );
    let outcome = run.run();
    assert_eq!(outcome.read("out-a"), "a\nb\n");
    assert_eq!(outcome.read("out-b"), "a\nb\n");
}

#[test]
fn check_mode_foretells_with_a_diff_and_writes_nothing() {
    let outcome = three()
        .args(["--check", "--diff", "--limit", "a", "--no-log"])
        .stderr("")
        .stdout(
            "play all: 1 host, check mode: nothing is changed
one
  a: changed
    --- before
    +++ after: TMP/out-a
    @@ -0,0 +1,2 @@
    +a
    +b
three
  a: done
done in TIME
  a  2 ok, 1 changed, 1 skipped  TIME
",
        )
        .run();
    assert!(!outcome.exists("out-a"));
}

#[test]
fn a_second_run_changes_nothing() {
    let again = Test::new().playbook(THREE).inventory(TWO_HOSTS).file("out-a", "a\nb\n").args([
        "run",
        "playbook.yml",
        "--limit",
        "a",
        "--no-log",
    ]);
    let outcome = again.run();
    assert!(outcome.stdout.contains("  a  2 ok, 0 changed, 1 skipped  TIME\n"), "{}", outcome.stdout);
}

#[test]
fn the_format_of_ansible_is_kept_for_scripts() {
    let outcome = three().args(["--output", "ansible", "--no-log", "--limit", "a"]).run();
    let recap = outcome.stdout.lines().last().unwrap_or_default();
    assert!(outcome.stdout.contains("\nTASK [one] ****"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("\nchanged: [a]\n") && outcome.stdout.contains("\nskipping: [a]\n"));
    let counts = "ok=2    changed=1    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0";
    assert!(outcome.stdout.contains(counts), "{recap}");
}

const NOBODY: &str = r#"- hosts: all
  gather_facts: false
  tasks:
    - name: may bring handlers
      include_tasks: later.yml
      when: false
    - name: change
      command: "true"
      notify: restart wep
    - name: not reached
      debug: msg=no
  handlers:
    - name: restart web
      debug: msg=restarted
- hosts: all
  gather_facts: false
  tasks:
    - name: nor this
      debug: msg=no
"#;

#[test]
fn a_notified_handler_that_is_not_there_ends_the_run_once_all_hosts_are_told() {
    let run = || Test::new().playbook(NOBODY).inventory(TWO_HOSTS).args(["run", "playbook.yml", "--no-log"]);
    let said = run().status(1).run();
    assert!(said.stdout.contains("change\n  a, b: changed\n"), "{}", said.stdout);
    assert!(!said.stdout.contains("reached") && !said.stdout.contains("nor this"), "{}", said.stdout);
    assert_eq!(said.stderr.matches("no handler has the name `restart wep`").count(), 1, "{}", said.stderr);
    assert!(said.stderr.contains("playbook.yml:9:"), "{}", said.stderr);
    assert!(said.stderr.ends_with("hint: did you mean `restart web`?\n"), "{}", said.stderr);
    let said = run().args(["--output", "ansible"]).status(1).run();
    assert!(said.stdout.contains("changed: [b]") && !said.stdout.contains("PLAY RECAP"), "{}", said.stdout);
    let words = "[ERROR]: The requested handler 'restart wep' was not found in either the main handlers list nor \
                 in the listening handlers list\n";
    assert_eq!(said.stderr, words);
    let said = run().env("ANSIBLE_ERROR_ON_MISSING_HANDLER", "false").run();
    assert_eq!(said.stderr.matches("The requested handler 'restart wep' was not found").count(), 1);
    assert!(said.stdout.contains("nor this"), "{}", said.stdout);
}

#[test]
fn a_missing_inventory_and_a_cyclic_one_end_before_anything_runs() {
    for (inventory, wanted) in [
        (None, "error: cannot read the inventory: No such file or directory (os error 2): `TMP/hosts`"),
        (Some("[x:children]\ny\n[y:children]\nx\n"), "error: group `y` would contain itself: `y > x > y`"),
    ] {
        let test = Test::new().playbook(THREE).args(["run", "playbook.yml", "-i", "hosts", "--no-log"]);
        let test = inventory.into_iter().fold(test, |test, text| test.file("hosts", text));
        let outcome = test.status(4).stdout("").run();
        assert_eq!(outcome.stderr.lines().next(), Some(wanted));
        assert!(!outcome.exists("out-a"));
    }
}

#[test]
fn an_empty_inventory_is_said() {
    let outcome = Test::new().playbook(THREE).inventory("").args(["run", "playbook.yml", "--no-log"]).run();
    assert!(outcome.stdout.contains("no hosts matched"), "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn mistakes_of_the_command_line_end_with_5_and_missing_playbooks_with_1() {
    for args in [&["run"][..], &["run", "x.yml", "--no-such-flag"], &["no-such-command"]] {
        Test::new().args(args.iter().copied()).status(5).stdout("").run();
    }
    let wanted = "error: playbook not found: `none.yml`\nhint: name a file, as in `baton run site.yml`\n";
    Test::new().args(["run", "none.yml"]).status(1).stdout("").stderr(wanted).run();
}

const VAULTED: &str = "- hosts: localhost
  gather_facts: false
  vars_files: [secret.yml]
  tasks:
    - copy: {content: \"{{ word }}\", dest: \"{{ playbook_dir }}/out\"}
";

/// The word is `hidden`, the password `pass`.
const SECRET: &str = include_str!("cases/secret.yml");

#[test]
fn a_vault_opens_with_its_password_only() {
    let vaulted = || {
        let test = Test::new()
            .playbook(VAULTED)
            .file("secret.yml", SECRET)
            .file("right", "pass\n")
            .file("wrong", "no\n");
        test.args(["run", "playbook.yml", "--no-log", "-i", "localhost,", "-c", "local"])
    };
    let outcome = vaulted().args(["--vault-password-file", "right"]).run();
    assert_eq!(outcome.read("out"), "hidden");
    assert!(!outcome.stdout.contains("hidden"));
    for (args, wanted) in [(vec![], "password"), (vec!["--vault-password-file", "wrong"], "password")] {
        let outcome = vaulted().args(args).look();
        assert!(outcome.status != 0 && !outcome.exists("out"), "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains(wanted) && outcome.stderr.contains("vault"), "{}", outcome.stderr);
    }
}

#[test]
fn secrets_are_in_no_output_and_no_log() {
    let playbook = "- hosts: all
  gather_facts: false
  vars_files: [word.yml]
  tasks:
    - shell: echo {{ word }} {{ item }}
      loop: [one]
      no_log: true
    - shell: echo {{ word }}; exit 1
      no_log: true
      ignore_errors: true
    - shell: echo pikefish; exit 1
      no_log: true
      ignore_errors: true
";
    let test = Test::new()
        .file("word.yml", "word: swordfish\n")
        .playbook(playbook)
        .inventory("a ansible_connection=local\n");
    let outcome = test.args(["run", "playbook.yml", "-vvv", "--diff", "--log", "run.log"]).run();
    for text in [&outcome.stdout, &outcome.stderr, &outcome.read("run.log")] {
        assert!(!text.contains("swordfish") && !text.contains("pikefish"), "{text}");
    }
}

#[test]
fn the_quickstart_of_the_readme_runs_and_changes_nothing_the_second_time() {
    let top = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let test =
        Test::new().args(["run".to_owned(), top.join("playbooks/quickstart.yml").display().to_string()]);
    let outcome = test.args(["--no-log"]).run();
    assert!(outcome.stdout.contains("done in"), "{}", outcome.stdout);
}

#[test]
fn a_loop_within_a_loop_is_warned_of_where_both_have_one_variable() {
    let run = |inner: &str| {
        Test::new()
            .args(["run", "playbook.yml", "--no-log"])
            .inventory("a ansible_connection=local\n")
            .playbook(
                "- hosts: a\n  gather_facts: false\n  tasks:\n    - include_tasks: inner.yml\n      loop: [1, 2]\n",
            )
            .file("inner.yml", inner)
    };
    let message = "warning: the variable of the loop is in use already, name another in `loop_control`: `item` \
                   (at TMP/inner.yml:1:3)\n";
    run("- debug: msg={{ item }}\n  loop: [3]\n").stderr(message).run();
    let named = "- debug: msg={{ item }}{{ own }}\n  loop: [3]\n  loop_control: {loop_var: own}\n";
    run(named).stderr("").run();
}
