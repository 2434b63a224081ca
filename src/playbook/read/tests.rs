use std::path::Path;

use super::Reader;
use crate::diagnostic::{Diagnostics, Source};
use crate::playbook::{Actions, Entry, Play, Step, Task};
use crate::yaml;

struct Few;

impl Actions for Few {
    fn knows(&self, name: &str) -> bool {
        ["copy", "debug", "command", "group", "file", "include_tasks", "set_fact"].contains(&name)
    }

    fn has_option(&self, action: &str, option: &str) -> bool {
        match action {
            "copy" => ["src", "dest", "group"].contains(&option),
            _ => false,
        }
    }

    fn names(&self) -> Vec<String> {
        ["copy", "debug", "command", "group", "file"].map(String::from).to_vec()
    }
}

fn read(text: &str) -> (Vec<Entry>, Vec<String>) {
    let source = Source::new("play.yml", text);
    let mut diagnostics = Diagnostics::default();
    let node = yaml::read_one(&source, &mut diagnostics).expect("yaml");
    let entries =
        Reader { actions: &Few, diagnostics: &mut diagnostics }.playbook(&node, Path::new("/playbooks"));
    let said = diagnostics.0.iter().map(|d| {
        let (line, column) = d.place.as_ref().map_or((0, 0), |(span, _)| span.position());
        let hints: Vec<_> = d.hints.iter().map(|h| format!(" [{h}]")).collect();
        format!("{line}:{column} {}{}", d.message, hints.concat())
    });
    (entries, said.collect())
}

fn play(text: &str) -> std::sync::Arc<Play> {
    let (entries, said) = read(text);
    assert_eq!(said, Vec::<String>::new());
    match entries.into_iter().next() {
        Some(Entry::Play(play)) => play,
        _ => panic!("no play"),
    }
}

fn tasks(text: &str) -> Vec<std::sync::Arc<Task>> {
    let play = play(&format!("- hosts: all\n  tasks:\n{text}"));
    let task = |step: &Step| match step {
        Step::Task(task) => task.clone(),
        Step::Block(_) => panic!("a block"),
    };
    play.tasks.iter().map(task).collect()
}

fn said_of_tasks(text: &str) -> Vec<String> {
    read(&format!("- hosts: all\n  tasks:\n{text}")).1
}

#[test]
fn arguments_are_read_in_all_forms() {
    let tasks = tasks(
        "  - copy: src=a dest='b c'\n  - copy:\n      src: a\n  - action: copy src=a\n  - local_action:\n      module: copy\n      src: a\n  - command: ls -l chdir=/tmp\n    args:\n      creates: /x\n  - copy: '{{ all }}'\n  - fail: stop at {{ x }}\n",
    );
    let shown: Vec<_> = tasks
        .iter()
        .map(|t| {
            let args = &t.action.args;
            let options: Vec<_> = args.options.iter().map(|(k, _, v)| format!("{k}={:?}", v.value)).collect();
            let raw = args.raw.as_ref().map(|f| format!(" raw {:?}", f.value)).unwrap_or_default();
            let whole = args.whole.as_ref().map(|f| format!(" whole {:?}", f.value)).unwrap_or_default();
            format!("{} {}{raw}{whole}", t.action.name, options.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "copy src=\"a\" dest=\"b c\"",
            "copy src=\"a\"",
            "copy src=\"a\"",
            "copy src=\"a\"",
            "command chdir=\"/tmp\" creates=\"/x\" raw \"ls -l\"",
            "copy  whole \"{{ all }}\"",
            "fail  whole \"stop at {{ x }}\"",
        ]
    );
    assert!(tasks[3].directives.delegate_to.is_some());
    assert_eq!(tasks[0].action.args.options[1].2.span.position(), (3, 17));
}

#[test]
fn a_tasks_slips_are_said_all_at_once() {
    let said = said_of_tasks(
        "  - copy:\n    src: a\n    dest: b\n  - debug:\n    whem: x\n    with_item: [1]\n  - copy: {}\n    debug: {}\n  - name: nothing\n  - debug: {}\n    sudo: yes\n  - context:.\n  - debug: {}\n    register: a-b\n  - debug: {}\n    become: maybe\n  - set_fact:\n      x: 1\n    loop: items\n",
    );
    assert_eq!(
        said,
        [
            "4:5 `src` is an option of module `copy`: indent it [put it beneath `copy:`, two blanks further in]",
            "5:5 `dest` is an option of module `copy`: indent it [put it beneath `copy:`, two blanks further in]",
            "8:5 unknown loop `with_item` [did you mean `with_items`?]",
            "7:5 unknown keyword `whem` of a task [did you mean `when`?]",
            "10:5 two actions in one task: `copy` and `debug` [make two tasks of it: begin the second with `- `]",
            "11:5 a task without a module or action",
            "13:5 unknown keyword `sudo` of a task [write `become: true`]",
            "14:5 expected a task, found `context:.` [a blank is needed after the colon: write `context: .`]",
            "16:15 `register` must be the name of a variable, found `a-b` [`a_b` would do]",
            "18:13 `become` must be a boolean, found `maybe`",
            "21:11 `loop` must be a list, found `items` [to go over a variable, write `loop: \"{{ name }}\"`]",
        ]
    );
}

#[test]
fn a_plays_slips_are_said_all_at_once() {
    let (entries, said) = read(
        "- host: all\n- hosts: all\n  task:\n  - debug: {}\n- hosts:\n  user: bob\n  copy: {}\n- hosts: all\n  tasks:\n    copy:\n      src: a\n- hosts: all\n  serial: some\n  strategy: fre\n  become_user: [a]\n  vars:\n    a-b: 1\n  roles: [{}]\n- import_playbook: other.yml\n  gather_facts: no\n",
    );
    assert_eq!(entries.len(), 5);
    assert_eq!(
        said,
        [
            "1:3 a play without `hosts` [write `hosts` instead of `host`]",
            "3:3 unknown keyword `task` of a play [did you mean `tasks`?]",
            "5:9 `hosts` is empty",
            "6:3 `user` of a play is now called `remote_user`",
            "7:3 module `copy` stands in a play [modules are used in tasks: put it beneath `tasks:` as `- `]",
            "10:5 expected a list of tasks, found a mapping [begin each task with `- `]",
            "13:11 expected `serial` to be a number of hosts or a percentage, found `some`",
            "14:13 `strategy` must be one of `linear`, `free`, `host_pinned`, `debug`, found `fre` [did you mean `free`?]",
            "15:16 `become_user` must be a string, found a list",
            "17:5 not a valid name of a variable: `a-b` [`a_b` would do]",
            "18:11 a role without a name [name it: `- role: …`]",
            "20:3 `gather_facts` is not a keyword of an imported playbook [it is a keyword of a play]",
        ]
    );
}

#[test]
fn strategies_of_others_are_no_slips() {
    let (_, said) = read("- hosts: all\n  strategy: mitogen_linear\n");
    assert_eq!(said, ["2:13 strategy `mitogen_linear` is a plugin in Python, which is not run here"]);
    let (_, said) = read("- hosts: all\n  vars: [{a: 1}]\n");
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn blocks_and_includes_are_read() {
    let play = play(
        "- hosts: all\n  tasks:\n  - name: b\n    when: x\n    block:\n    - debug: {}\n    rescue:\n    - debug: {}\n    always:\n    - include_tasks:\n        file: x.yml\n        apply:\n          become: true\n",
    );
    let Step::Block(block) = &play.tasks[0] else { panic!("a task") };
    assert_eq!((block.tasks.len(), block.rescue.len(), block.always.len()), (1, 1, 1));
    assert_eq!(block.directives.when.len(), 1);
    let Step::Task(include) = &block.always[0] else { panic!("a block") };
    assert!(include.apply.as_ref().is_some_and(|a| a.r#become.is_some()));
    assert_eq!(include.action.args.options.len(), 1);
    let said = said_of_tasks("  - include_tasks: x.yml\n    become: true\n  - rescue: []\n");
    assert_eq!(
        said,
        [
            "4:5 `become` is not a keyword of `include_tasks` [put it beneath `apply:` of `include_tasks`, or use `import_tasks`]",
            "5:5 `rescue` without `block`",
        ]
    );
}

#[test]
fn conditions_in_braces_lose_them() {
    let (entries, said) = read(
        "- hosts: all\n  tasks:\n  - debug: {}\n    when:\n    - '{{ a }}'\n    - true\n    - b == '{{ c }}'\n",
    );
    assert_eq!(
        said,
        [
            "5:7 `when` is an expression already and needs no `{{ }}` [write `when: a`]",
            "7:7 `when` is an expression already and needs no `{{ }}` [write `when: b == ('' ~ c)`]",
        ]
    );
    let Some(Entry::Play(play)) = entries.first() else { panic!("no play") };
    let Step::Task(task) = &play.tasks[0] else { panic!("no task") };
    let shown: Vec<_> = task.directives.when.iter().map(|c| format!("{c:?}")).collect();
    assert_eq!(shown, ["a", "true", "b == ('' ~ c)"]);
}

#[test]
fn tasks_of_a_lost_duplicate_key_are_still_checked() {
    let (entries, said) =
        read("- hosts: all\n  tasks:\n  - debug: {}\n    whem: x\n  tasks:\n  - debug: {}\n");
    assert_eq!(said.len(), 2, "{said:?}");
    let Some(Entry::Play(play)) = entries.first() else { panic!("no play") };
    assert_eq!((play.tasks.len(), play.shadowed.len()), (1, 1));
}
