//! The 22 levels of precedence, each against each: one variable per pair is defined on both levels, and a task that
//! stands in a role, a block and an include says which definition it sees.
//!
//! `PRECEDENCE_OF=ansible-playbook cargo test --test main precedence` asks Ansible itself the same.

use std::fmt::Write as _;
use std::process::Command;

use crate::test::Test;

/// Ansible's levels, the weakest first.
const LEVELS: [&str; 22] = [
    "command_line_values",
    "role_defaults",
    "inventory_file_group_vars",
    "inventory_group_vars_all",
    "playbook_group_vars_all",
    "inventory_group_vars",
    "playbook_group_vars",
    "inventory_file_host_vars",
    "inventory_host_vars",
    "playbook_host_vars",
    "host_facts",
    "play_vars",
    "play_vars_prompt",
    "play_vars_files",
    "role_vars",
    "block_vars",
    "task_vars",
    "include_vars",
    "set_facts",
    "role_params",
    "include_params",
    "extra_vars",
];

/// Facts, which come from the host.
const FACTS: usize = 10;

/// A variable, the levels that define it, and what it is on each.
struct Variable {
    name: String,
    levels: Vec<usize>,
    value: Option<&'static str>,
}

/// The definitions of one level, indented, as YAML.
fn block(variables: &[Variable], level: usize, indent: usize) -> String {
    let mut text = String::new();
    for variable in variables.iter().filter(|variable| variable.levels.contains(&level)) {
        let value = variable.value.unwrap_or(LEVELS[level]);
        writeln!(text, "{:indent$}{}: {value}", "", variable.name).expect("a text");
    }
    if text.is_empty() { format!("{:indent$}nobody_{level}: asks\n", "") } else { text }
}

/// Questions that nobody answers: their defaults count.
fn prompts(variables: &[Variable]) -> String {
    let asked = variables.iter().filter(|variable| variable.levels.contains(&12));
    let entry = |variable: &Variable| {
        format!("    - {{name: {}, default: {}}}\n", variable.name, variable.value.unwrap_or(LEVELS[12]))
    };
    let text: String = asked.map(entry).collect();
    if text.is_empty() { "    - {name: nobody_12, default: asks}\n".into() } else { text }
}

/// A tree of files with all levels, the last task of which is `observe`.
fn tree(variables: &[Variable], observe: &str) -> Test {
    let at = |level, indent| block(variables, level, indent);
    let facts: serde_json::Value = variables
        .iter()
        .filter(|variable| variable.levels.contains(&FACTS))
        .map(|v| (v.name.clone(), v.value.unwrap_or(LEVELS[FACTS])))
        .collect();
    let playbook = format!(
        "- hosts: g\n  gather_facts: false\n  vars:\n{}  vars_prompt:\n{}  vars_files: [files.yml]\n  roles:\n    - role: r\n{}",
        at(11, 4),
        prompts(variables),
        at(19, 6)
    );
    let tasks = format!(
        "- include_vars: included.yml\n- set_fact:\n{}- vars:\n{}  block:\n    - include_tasks: see.yml\n      vars:\n{}",
        at(18, 4),
        at(15, 4),
        at(20, 8)
    );
    Test::new()
        .file(
            "inventory/hosts.yml",
            &format!(
                "g:\n  vars:\n{}  hosts:\n    h:\n      ansible_host: 127.0.0.1\n{}",
                at(2, 4),
                at(7, 6)
            ),
        )
        .file("inventory/group_vars/all.yml", &at(3, 0))
        .file("group_vars/all.yml", &at(4, 0))
        .file("inventory/group_vars/g.yml", &at(5, 0))
        .file("group_vars/g.yml", &at(6, 0))
        .file("inventory/host_vars/h.yml", &at(8, 0))
        .file("host_vars/h.yml", &at(9, 0))
        .file("facts/s1_h", &serde_json::json!({ "__payload__": facts.to_string() }).to_string())
        .file("files.yml", &at(13, 0))
        .file("roles/r/defaults/main.yml", &at(1, 0))
        .file("roles/r/vars/main.yml", &at(14, 0))
        .file("roles/r/vars/included.yml", &at(17, 0))
        .file("roles/r/tasks/main.yml", &tasks)
        .file("roles/r/tasks/see.yml", &format!("- vars:\n{}  {observe}\n", at(16, 4)))
        .file("extra.yml", &at(21, 0))
        .playbook(&playbook)
        .env("ANSIBLE_CACHE_PLUGIN", "jsonfile")
        .env("ANSIBLE_CACHE_PLUGIN_CONNECTION", "facts")
        .env("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")
}

/// The command that is judged: baton, or what the environment names.
fn command(test: &Test) -> Command {
    let Some(other) = std::env::var_os("PRECEDENCE_OF") else { return test.command() };
    let mut command = Command::new(other);
    let ours = test.command();
    command.args(ours.get_args().filter(|word| *word != "run" && *word != "--no-log"));
    command.current_dir(test.path()).env_clear();
    command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(std::process::Stdio::null());
    command
}

/// Runs the tree; what it said.
fn said(test: &Test) -> String {
    let output = command(test).output().expect("a started program");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

const COMMAND: [&str; 7] = ["run", "--no-log", "-i", "inventory", "-e", "@extra.yml", "playbook.yml"];

#[test]
fn of_two_levels_the_one_that_ansible_names_later_wins() {
    let mut variables = Vec::new();
    for stronger in 2..LEVELS.len() {
        for weaker in 1..stronger {
            let name = format!("of_{weaker}_and_{stronger}");
            variables.push(Variable { name, levels: vec![weaker, stronger], value: None });
        }
    }
    assert_eq!(variables.len(), 210);
    let seen: Vec<String> = variables.iter().map(|v| format!("{0}={{{{ {0} }}}}", v.name)).collect();
    let observe = format!(
        "copy:\n    dest: \"{{{{ playbook_dir }}}}/seen\"\n    content: |\n      {}",
        seen.join("\n      ")
    );
    let test = tree(&variables, &observe).args(COMMAND).args(["-c", "local"]);
    let said = said(&test);
    let seen =
        std::fs::read_to_string(test.path().join("seen")).unwrap_or_else(|error| panic!("{error}\n{said}"));
    let wanted = variables.iter().map(|v| format!("{}={}\n", v.name, LEVELS[v.levels[1]]));
    let differ: Vec<_> = wanted.zip(seen.split_inclusive('\n')).filter(|(w, s)| w != s).collect();
    assert_eq!(seen.lines().count(), 210, "{said}");
    assert!(differ.is_empty(), "wanted and seen: {differ:#?}");
}

/// `-c` names a way that leads nowhere; the variable one that does not need it.
#[test]
fn every_level_is_stronger_than_values_of_the_command_line_but_what_a_host_says() {
    for (level, name) in LEVELS.iter().enumerate().skip(1) {
        let variables =
            [Variable { name: "ansible_connection".into(), levels: vec![level], value: Some("local") }];
        let test = tree(&variables, "command: \"true\"").env("PATH", "/nowhere/bin:/usr/bin:/bin");
        let test = test.args(COMMAND).args(["-c", "ssh", "-e", "ansible_port=9"]);
        let said = said(&test);
        let reached =
            said.contains("unreachable=0") || said.contains("changed") && !said.contains("unreachable");
        assert_eq!(reached, level != FACTS, "{name}: {said}");
    }
}

#[test]
fn explaining_shows_every_definition_with_its_place_and_why_one_wins() {
    let levels: Vec<usize> = (1..LEVELS.len()).filter(|level| *level != FACTS).collect();
    let variables = [Variable { name: "x".into(), levels, value: None }];
    let explain = |words: &[&str]| {
        let test = tree(&variables, "debug:").args(["vars", "explain", "h", "x", "-i", "inventory"]);
        test.args(words.iter().copied()).run().stdout
    };
    let inventory = r#"wins  "playbook_host_vars"  (playbook host_vars)  TMP/host_vars/h.yml:1:1
      "inventory_host_vars"  (inventory host_vars)  TMP/inventory/host_vars/h.yml:1:1
      "inventory_file_host_vars"  (inventory host vars)  TMP/inventory/hosts.yml:7:7
      "playbook_group_vars"  (playbook group_vars)  TMP/group_vars/g.yml:1:1
      "inventory_group_vars"  (inventory group_vars)  TMP/inventory/group_vars/g.yml:1:1
      "playbook_group_vars_all"  (playbook group_vars/all)  TMP/group_vars/all.yml:1:1
      "inventory_group_vars_all"  (inventory group_vars/all)  TMP/inventory/group_vars/all.yml:1:1
      "inventory_file_group_vars"  (inventory group vars)  TMP/inventory/hosts.yml:3:5
why: playbook host_vars (level 10 of 22) is above inventory host_vars (level 9 of 22)
"#;
    assert_eq!(explain(&[]), inventory);
    let with_playbook = explain(&["playbook.yml", "-e", "@extra.yml"]);
    for (level, line) in [
        (21, "wins  \"extra_vars\"  (extra vars)  TMP/extra.yml:1:1\n"),
        (19, "      \"role_params\"  (role params, in the role `r`)  playbook.yml:10:7\n"),
        (18, "      \"set_facts\"  (set_fact or register, after the task)  roles/r/tasks/main.yml:3:5\n"),
        (17, "      \"include_vars\"  (include_vars, after the task)  roles/r/vars/included.yml:1:1\n"),
        (15, "      \"block_vars\"  (block vars, in the block)  roles/r/tasks/main.yml:5:5\n"),
        (13, "      \"play_vars_files\"  (play vars_files)  files.yml:1:1\n"),
        (1, "      \"role_defaults\"  (role defaults)  roles/r/defaults/main.yml:1:1\n"),
    ] {
        assert!(with_playbook.contains(line), "{}: {with_playbook}", LEVELS[level]);
    }
    let reason = "why: extra vars (level 22 of 22) is above include params (level 21 of 22)\n";
    assert!(with_playbook.ends_with(reason), "{with_playbook}");
    let play = explain(&["playbook.yml"]);
    assert!(play.contains("\nwins  \"role_vars\"") && play.starts_with("there \"include_params\""), "{play}");
}
