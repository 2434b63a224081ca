//! Words of the command line: codes, lists, names that baton answers to.

use std::process::Command;

use crate::test::Test;

const PLAYBOOK: &str = "\
- name: First
  hosts: web
  tags: [p]
  tasks:
    - name: a
      debug: {msg: 1}
      tags: [y, x]
    - debug:
    - name: rare
      ping:
      tags: never
- hosts: all:!h1
  tasks: []
";

fn run() -> Test {
    Test::new().args(["run", "playbook.yml"]).playbook(PLAYBOOK).inventory("[web]\nh1\nh2\n")
}

#[test]
fn the_plan_is_listed_as_ansible_lists_it() {
    run()
        .args(["--list-hosts", "--list-tasks"])
        .stderr("")
        .stdout(
            "
playbook: playbook.yml

  play #1 (web): First\tTAGS: [p]
    pattern: ['web']
    hosts (2):
      h1
      h2
    tasks:
      a\tTAGS: [p, x, y]
      debug\tTAGS: [p]

  play #2 (all:!h1): all:!h1\tTAGS: []
    pattern: ['all:!h1']
    hosts (1):
      h2
    tasks:
",
        )
        .run();
}

#[test]
fn syntax_check_names_the_playbook_and_touches_nothing() {
    run().args(["--syntax-check"]).stdout("\nplaybook: playbook.yml\n").stderr("").run();
}

#[test]
fn codes_are_ansibles() {
    for (args, status, words) in [
        (&["run", "nosuch.yml"][..], 1, "playbook not found: `nosuch.yml`"),
        (&["run"], 5, "required"),
        (&["run", "playbook.yml", "--nosuch"], 5, "unexpected argument"),
        (&["run", "playbook.yml", "-f", "0"], 5, "0"),
        (&["run", "playbook.yml", "-i", "a,", "--limit", "b"], 1, "no hosts are left"),
        (&["run", "bad.yml", "-i", "a,"], 4, "unknown module `nosuch`"),
        (&["replay", "nosuch.jsonl"], 1, "cannot read the run log `nosuch.jsonl`"),
        (&["doc", "nosuch"], 5, "no such module: `nosuch`"),
    ] {
        let test = Test::new().playbook(PLAYBOOK).file("bad.yml", "- hosts: all\n  tasks:\n  - nosuch:\n");
        let outcome = test.args(args.iter().copied()).status(status).run();
        assert!(outcome.stderr.contains(words), "{args:?}: {}", outcome.stderr);
    }
}

#[test]
fn called_ansible_playbook_it_prints_as_that_does() {
    let test = Test::new()
        .playbook("- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n  - debug:\n");
    let link = test.path().join("ansible-playbook");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_baton"), &link).expect("a link");
    let mut tool = Command::new(&link);
    tool.current_dir(test.path()).env("HOME", test.path());
    let wrong = tool.args(["--nosuch"]).output().expect("an answer");
    assert_eq!(wrong.status.code(), Some(2));
    let mut tool = Command::new(&link);
    tool.current_dir(test.path()).env("HOME", test.path());
    // Long flags may be cut short, as Ansible's may.
    let right = tool.args(["playbook.yml", "--extra", "a=1"]).output().expect("an answer");
    assert_eq!(
        String::from_utf8_lossy(&right.stdout),
        "
PLAY [localhost] ***************************************************************

TASK [debug] *******************************************************************
ok: [localhost] => {
    \"msg\": \"Hello world!\"
}

PLAY RECAP *********************************************************************
localhost                  : ok=1    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   \n
"
    );
    assert_eq!(right.status.code(), Some(0));
}

#[test]
fn one_module_runs_without_a_playbook() {
    let local = "h1 ansible_connection=local\nh2 ansible_connection=local\n";
    let exec = |args: &[&str]| Test::new().args(["exec"]).inventory(local).args(args.iter().copied());
    exec(&["h1", "-m", "ping"])
        .stdout("h1 | SUCCESS => {\n    \"changed\": false,\n    \"ping\": \"pong\"\n}\n")
        .run();
    exec(&["all", "-a", "echo hi", "-o", "-f1"])
        .stdout("h1 | CHANGED | rc=0 | (stdout) hi\nh2 | CHANGED | rc=0 | (stdout) hi\n")
        .run();
    exec(&["h2", "-m", "shell", "-a", "exit 3"])
        .status(2)
        .stdout("h2 | FAILED | rc=3 >>\nnon-zero return code\n")
        .run();
    let wrong = exec(&["h2", "-m", "pin"]).status(4).run();
    assert!(wrong.stderr.contains("hint: did you mean `ping`?"), "{}", wrong.stderr);
}

#[test]
fn inventories_are_shown_as_ansible_inventory_shows_them() {
    let show = |args: &[&str]| {
        let hosts = "a\n[g1]\nb x='{{ y }}'\n[g2:children]\ng1\n[g2:vars]\nz=1\n";
        Test::new().args(["inventory"]).inventory(hosts).args(args.iter().copied())
    };
    show(&["--graph", "--vars"])
        .stdout(
            "@all:
  |--@ungrouped:
  |  |--a
  |--@g2:
  |  |--@g1:
  |  |  |--b
  |  |  |  |--{x = {{ y }}}
  |  |  |  |--{z = 1}
  |  |--{z = 1}
",
        )
        .run();
    show(&["--host", "b"]).stdout("{\n    \"x\": \"{{ y }}\",\n    \"z\": 1\n}\n").run();
    let list: serde_json::Value = serde_json::from_str(&show(&["--list"]).run().stdout).expect("JSON");
    assert_eq!(
        list,
        serde_json::json!({
            "_meta": {"hostvars": {"b": {"x": "{{ y }}", "z": 1}}, "profile": "inventory_legacy"},
            "all": {"children": ["ungrouped", "g2"]},
            "g1": {"hosts": ["b"]}, "g2": {"children": ["g1"]}, "ungrouped": {"hosts": ["a"]},
        })
    );
    show(&["--host", "nosuch"]).status(5).run();
}

#[test]
fn vaults_are_made_opened_and_given_another_password() {
    let vault = |args: &[&str], files: &[(&str, &str)]| {
        let test = files.iter().fold(Test::new(), |test, (name, text)| test.file(name, text));
        test.file("pw", "old\n").file("pw2", "new\n").args(["vault"]).args(args.iter().copied())
    };
    let pw = ["--vault-password-file", "pw"];
    let closed = vault(&[&["encrypt", "f"][..], &pw].concat(), &[("f", "plain\n")]).run().read("f");
    assert!(closed.starts_with("$ANSIBLE_VAULT;1.1;AES256\n"), "{closed}");
    vault(&[&["view", "f"][..], &pw].concat(), &[("f", &closed)]).stdout("plain\n").run();
    let opened = vault(&[&["decrypt", "f"][..], &pw].concat(), &[("f", &closed)]).run().read("f");
    assert_eq!(opened, "plain\n");
    let rekey = [&["rekey", "f", "--new-vault-password-file", "pw2"][..], &pw].concat();
    let other = vault(&rekey, &[("f", &closed)]).run().read("f");
    vault(&["view", "f", "--vault-password-file", "pw2"], &[("f", &other)]).stdout("plain\n").run();
    let wrong = vault(&[&["view", "f"][..], &pw].concat(), &[("f", &other)]).status(1).run();
    assert!(wrong.stderr.starts_with("error: cannot decrypt"), "{}", wrong.stderr);
    let string = vault(&[&["encrypt_string", "x", "--name", "n"][..], &pw].concat(), &[]).run().stdout;
    assert!(string.starts_with("n: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n"), "{string}");
}

/// What a tool of Ansible's answers when baton is called by its name.
fn as_tool(name: &str, args: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let link = directory.path().join(name);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_baton"), &link).expect("a link");
    let done = std::process::Command::new(&link)
        .args(args)
        .current_dir(&directory)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", directory.path())
        .envs(env.iter().copied())
        .output()
        .expect("an answer");
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8(said).expect("text"))
}

#[test]
fn tools_of_ansible_answer_in_their_own_form() {
    let (status, said) = as_tool("ansible", &["localhost", "-m", "ping"], &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("localhost | SUCCESS => {\n    \"changed\": false,\n    \"ping\": \"pong\"\n}\n"),
        "{said}"
    );
    let (_, said) = as_tool("ansible-config", &["dump", "--only-changed"], &[("ANSIBLE_FORKS", "7")]);
    assert_eq!(said, "CONFIG_FILE() = None\nDEFAULT_FORKS(env: ANSIBLE_FORKS) = 7\n\nGALAXY_SERVERS:\n");
    let (status, said) = as_tool("ansible-config", &["view"], &[]);
    assert_eq!((status, said.as_str()), (Some(1), "[ERROR]: Invalid or no config file was supplied\n"));
    let (_, said) = as_tool("ansible-inventory", &["-i", "a,b,", "--list", "--yaml"], &[]);
    assert_eq!(said, "all:\n  children:\n    ungrouped:\n      hosts:\n        a: {}\n        b: {}\n");
    let (status, said) = as_tool("ansible", &["all", "-i", "a,b,", "--limit", "c"], &[]);
    assert_eq!(status, Some(1), "{said}");
    let (status, said) = as_tool("ansible", &["a", "-i", "a,"], &[]);
    assert_eq!((status, said.as_str()), (Some(5), "[ERROR]: No argument passed to command module\n"));
    let (status, said) = as_tool("ansible", &["localhost", "-m", "fail", "-a", "msg=no"], &[]);
    let told = "[ERROR]: Task failed: Action failed: no\nOrigin: <adhoc 'fail' task>\n\n\
                {'action': 'fail', 'args': {'msg': 'no'}, 'timeout': 0, 'async_val': 0, 'poll': 15}\n\n";
    assert!(status == Some(2) && said.contains(told), "{said}");
}

#[test]
fn each_host_of_an_ad_hoc_command_gets_a_file_for_its_answer() {
    let tree = tempfile::tempdir().expect("a directory");
    let directory = tree.path().join("t");
    let (status, said) =
        as_tool("ansible", &["localhost", "-m", "ping", "-t", directory.to_str().expect("text")], &[]);
    assert!(status == Some(0) && said.contains("The '-t' argument is deprecated."), "{said}");
    let kept = std::fs::read_to_string(directory.join("localhost")).expect("a file");
    assert_eq!(kept, r#"{"changed": false, "ping": "pong"}"#);
}

#[test]
fn facts_are_kept_from_run_to_run_until_they_are_flushed() {
    let facts = tempfile::tempdir().expect("a directory");
    let env = [
        ("ANSIBLE_CACHE_PLUGIN", "jsonfile"),
        ("ANSIBLE_CACHE_PLUGIN_CONNECTION", facts.path().to_str().expect("text")),
    ];
    let ask = |args: &[&str]| as_tool("ansible", &[&["localhost"], args].concat(), &env);
    assert_eq!(ask(&["-m", "set_fact", "-a", "kept=there cacheable=true"]).0, Some(0));
    let shown = ["-m", "debug", "-a", "var=ansible_facts.kept"];
    assert!(ask(&shown).1.contains("\"ansible_facts.kept\": \"there\""));
    let (_, said) = ask(&[&shown[..], &["--flush-cache"]].concat());
    assert!(!said.contains("\"there\""), "{said}");
}

#[test]
fn facts_without_a_directory_are_good_for_the_run_and_a_relative_one_is_beside_the_settings() {
    let set_fact = ["localhost", "-m", "set_fact", "-a", "kept=there cacheable=true"];
    let plugin = ("ANSIBLE_CACHE_PLUGIN", "jsonfile");
    let (status, said) = as_tool("ansible", &set_fact, &[plugin]);
    assert!(status == Some(0) && said.contains("Required config '_uri' for 'jsonfile'"), "{said}");
    let home = tempfile::tempdir().expect("a directory");
    let settings = home.path().join("ansible.cfg");
    for (directory, file) in [("", "s1_localhost"), ("facts", "facts/s1_localhost")] {
        std::fs::write(&settings, format!("[defaults]\nfact_caching_connection={directory}\n"))
            .expect("settings");
        let env = [plugin, ("ANSIBLE_CONFIG", settings.to_str().expect("text"))];
        let (status, said) = as_tool("ansible", &set_fact, &env);
        assert!(status == Some(0) && home.path().join(file).exists(), "{said}");
    }
}

#[test]
fn wrong_orders_modules_that_are_gone_and_collections_for_others_have_codes_of_their_own() {
    let home = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::fs::write(path, text).expect("a file");
    };
    let own = "collections/ansible_collections/my/own";
    write(&format!("{own}/plugins/modules/thing.sh"), "#!/bin/sh\necho '{}'\n");
    write(
        &format!("{own}/meta/runtime.yml"),
        "requires_ansible: '>=3'\nplugin_routing: {modules: {gone: {tombstone: {warning_text: x}}}}\n",
    );
    write("order.yml", "- {hosts: localhost, order: wrong, gather_facts: false}\n");
    write(
        "options.yml",
        "- {hosts: localhost, gather_facts: false, tasks: [{include_role: {name: a, foo: 1, bar: 1}}]}\n",
    );
    write("meta.yml", "- {hosts: localhost, gather_facts: false, tasks: [{meta: nope}]}\n");
    write("gone.yml", "- {hosts: localhost, gather_facts: false, tasks: [{my.own.gone: }]}\n");
    write(
        "thing.yml",
        "- {hosts: localhost, gather_facts: false, tasks: [{my.own.thing: }, {my.own.thing: }]}\n",
    );
    let unfit = "Collection my.own does not support Ansible version 2.19.14\n";
    for (file, severity, status, words) in [
        ("order.yml", "warning", 5, "[ERROR]: Invalid 'order' specified for inventory hosts: wrong\n"),
        ("options.yml", "warning", 4, "[ERROR]: Invalid options for include_role: foo,bar\n"),
        ("meta.yml", "warning", 1, "[ERROR]: invalid meta action requested: nope\n"),
        ("gone.yml", "warning", 1, "[ERROR]: The 'my.own.gone' module has been removed. x."),
        ("thing.yml", "warning", 0, &format!("[WARNING]: {unfit}")),
        ("thing.yml", "error", 1, &format!("[ERROR]: {unfit}")),
    ] {
        let path = home.path().join(file);
        let env = [("ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH", severity)];
        let (code, said) = as_tool("ansible-playbook", &[path.to_str().expect("text")], &env);
        assert!(code == Some(status) && said.contains(words), "{file}: {code:?}: {said}");
    }
    let path = home.path().join("thing.yml");
    let env = [("ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH", "ignore")];
    let (_, said) = as_tool("ansible-playbook", &[path.to_str().expect("text")], &env);
    assert!(!said.contains("my.own does not"), "{said}");
    for settings in ["[defaults]\nforks = 5\nforks = 6\n", "[defaults]\nforks = many\n", "forks = 5\n"] {
        write("wrong.cfg", settings);
        let place = home.path().join("wrong.cfg");
        let env = [("ANSIBLE_CONFIG", place.to_str().expect("text"))];
        let (code, said) = as_tool("ansible-playbook", &[path.to_str().expect("text")], &env);
        assert_eq!(code, Some(5), "{settings}: {said}");
    }
}

#[test]
fn a_pattern_that_matches_no_host_is_as_bad_as_the_settings_say() {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("play.yml");
    std::fs::write(&path, "- hosts: nowhere\n").expect("a playbook");
    let words = "Could not match supplied host pattern, ignoring: nowhere";
    for (severity, status, said) in
        [("warning", 0, "[WARNING]: "), ("error", 1, "[ERROR]: "), ("ignore", 0, "")]
    {
        let env = [("ANSIBLE_HOST_PATTERN_MISMATCH", severity)];
        let (code, told) = as_tool("ansible-playbook", &[path.to_str().expect("text")], &env);
        let heard = told.contains(&format!("{said}{words}"));
        assert!(code == Some(status) && heard != said.is_empty(), "{severity}: {code:?}: {told}");
    }
}

#[test]
fn inventories_without_hosts_scripts_that_speak_and_reserved_names_are_warned_of_as_ansible_does() {
    let home = tempfile::tempdir().expect("a directory");
    let at = |name: &str| home.path().join(name).display().to_string();
    let play = "- {hosts: localhost, gather_facts: false, vars: {query: 1, mine: 2}}\n";
    std::fs::write(at("play.yml"), play).expect("a playbook");
    std::fs::write(at("script"), "#!/bin/sh\necho told >&2; echo '{\"g\": {\"hosts\": [\"h\"]}}'\n")
        .expect("a script");
    std::fs::set_permissions(at("script"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("a mode");
    let unparsed = "[WARNING]: No inventory was parsed, only implicit localhost is available\n";
    let empty = "[WARNING]: provided hosts list is empty, only localhost is available.";
    let reserved =
        format!("[WARNING]: Found variable using reserved name 'query'.\nOrigin: {}:1:", at("play.yml"));
    let quiet = [("ANSIBLE_LOCALHOST_WARNING", "0"), ("ANSIBLE_INVENTORY_UNPARSED_WARNING", "0")];
    let mute = [("ANSIBLE_INVENTORY_PLUGIN_SCRIPT_STDERR", "0")];
    let (play, script) = (at("play.yml"), at("script"));
    for (args, env, wanted) in [
        (&[play.as_str()][..], &[][..], [true, true, false]),
        (&[&play, "-i", "/dev/null"], &[], [false, true, false]),
        (&[&play, "-i", "/dev/null"], &quiet, [false, false, false]),
        (&[&play, "-i", &script], &[], [false, false, true]),
        (&[&play, "-i", &script], &mute, [false, false, false]),
    ] {
        let (status, said) = as_tool("ansible-playbook", args, env);
        let found = [unparsed, empty, "[ERROR]: told\n"].map(|words| said.contains(words));
        assert!(
            status == Some(0) && said.contains(&reserved) && !said.contains("'mine'"),
            "{args:?}: {said}"
        );
        assert_eq!(found, wanted, "{args:?} {env:?}: {said}");
    }
}

#[test]
fn settings_are_written_and_slips_in_them_found() {
    let (status, said) = as_tool("ansible-config", &["init", "-t", "all", "--disabled"], &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("[defaults]\n") && said.contains("\n;forks=50\n"), "{said}");
    let validate = ["validate", "-t", "all", "-f", "env"];
    let (status, said) = as_tool("ansible-config", &validate, &[("ANSIBLE_COW_SELECTION", "1")]);
    assert_eq!((status, said.as_str()), (Some(0), "All configurations seem valid!\n"));
    let (status, said) = as_tool("ansible-config", &validate, &[("ANSIBLE_FORKES", "1")]);
    let wanted = "[ERROR]: Found unknown environment variable 'ANSIBLE_FORKES'.\n";
    assert_eq!((status, said.as_str()), (Some(1), wanted));
}

#[test]
fn a_console_ends_where_its_input_does() {
    let (status, said) = as_tool("ansible-console", &["-i", "a,b,", "a"], &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("@a (1)[f:50]$ \nAnsible-console was exited.\n"), "{said}");
}

#[test]
fn a_log_has_all_that_is_shown_and_more_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let path = log.to_str().unwrap();
    as_tool("ansible", &["localhost", "-m", "ping"], &[("ANSIBLE_LOG_PATH", path)]);
    let written = std::fs::read_to_string(&log).unwrap();
    assert!(written.contains(" n=ansible INFO| localhost | SUCCESS => {"), "{written}");
}

#[test]
fn a_listing_of_hosts_warns_of_a_pattern_that_matches_none() {
    let (status, said) = as_tool("ansible", &["-i", "a,", "nope", "--list-hosts"], &[]);
    assert_eq!(status, Some(0), "{said}");
    let wanted = "[WARNING]: Could not match supplied host pattern, ignoring: nope\n\
                  [WARNING]: No hosts matched, nothing to do\n";
    assert!(said.contains(wanted), "{said}");
}
