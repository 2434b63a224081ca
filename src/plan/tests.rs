use std::path::Path;
use std::sync::Arc;

use baton_modules::args;
use baton_modules::args::{Args, Map, Spec, Value as Json};

use super::{Aim, Choice, Inputs, Plan, PlannedStep, Planner};
use crate::diagnostic::Diagnostics;
use crate::playbook::short_name;
use crate::template::{Engine, Settings, Value};
use crate::vars::{Definition, VarMap};

args! {
    /// Show.
    struct Debug as "debug" {
        /// Text.
        msg: Json = "Hello world!",
        /// Variable.
        var: Option<String>,
    }
    rules [MutuallyExclusive(&["msg", "var"])]
}

args! {
    /// Packages.
    struct Apt as "apt" {
        /// Names.
        #[alias("pkg")]
        name: Vec<String>,
        /// State.
        state: State = "present",
    }
}

args! {
    /// Facts.
    struct SetFact as "set_fact" {
        ..all: Map<String, Json>,
    }
}

baton_modules::choices! {
    /// State.
    enum State {
        /// There.
        Present = "present",
        /// Gone.
        Absent = "absent",
    }
}

static SPECS: [Spec; 3] = [Debug::SPEC, Apt::SPEC, SetFact::SPEC];

fn inputs() -> Inputs {
    let engine = Arc::new(Engine::new(Settings::default()));
    let checker = engine.clone();
    Inputs {
        aim: Aim::Run,
        spec: |name| SPECS.iter().find(|spec| spec.name == short_name(name)),
        names: || SPECS.iter().map(|spec| spec.name).collect(),
        syntax: Box::new(move |template, expression| checker.syntax_errors(template, expression)),
        render: Box::new(move |value, scope| engine.resolve(value, scope).map_err(|e| e.to_diagnostic())),
        decrypt: Box::new(|_, text| Ok(text.to_string())),
        extra_vars: Arc::default(),
        library: Arc::default(),
        roles_path: Vec::new(),
        collections_path: Vec::new(),
        tags: Choice::default(),
        rejected: Vec::new(),
        start_at_task: None,
        private_roles: None,
        lenient: false,
    }
}

/// Writes files `(path, text)` and plans `site.yml`.
fn planned(files: &[(&str, &str)], inputs: Inputs) -> (Plan, Vec<String>) {
    let place = tempfile::tempdir().expect("a directory");
    for (path, text) in files {
        let path = place.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    let (plan, diagnostics) = Planner::new(inputs).prepare(&[place.path().join("site.yml")]);
    (plan, said(&diagnostics, place.path()))
}

fn said(diagnostics: &Diagnostics, place: &Path) -> Vec<String> {
    let prefix = format!("{}/", place.display());
    let one = |d: &crate::diagnostic::Diagnostic| {
        let at = d.place.as_ref().map(|(span, _)| format!("{span} ")).unwrap_or_default();
        let near = d.hints.iter().find(|hint| hint.starts_with("did you mean"));
        let near = near.map(|hint| format!(" [{hint}]")).unwrap_or_default();
        format!("{at}{}{near}", d.message).replace(&prefix, "")
    };
    diagnostics.0.iter().map(one).collect()
}

/// The tasks of a plan, one a line: its parts, names, blocks in brackets.
fn shown(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for play in &plan.plays {
        let parts = [
            ("pre", &play.pre_tasks),
            ("roles", &play.roles),
            ("tasks", &play.tasks),
            ("post", &play.post_tasks),
            ("handlers", &play.handlers),
        ];
        for (part, steps) in parts.into_iter().filter(|(_, steps)| !steps.is_empty()) {
            lines.push(format!("{part}: {}", list(steps)));
        }
    }
    lines.join("\n")
}

fn list(steps: &[PlannedStep]) -> String {
    let one = |step: &PlannedStep| match step {
        PlannedStep::Task(task) => {
            let name = task.task.name.as_ref().and_then(|field| field.value.as_str()).unwrap_or("-");
            let tags = if task.tags.is_empty() { String::new() } else { format!("#{}", task.tags.join("#")) };
            format!("{name}{tags}")
        }
        PlannedStep::Block(block) => {
            let role = block.role.as_ref().map(|role| format!("{}:", role.role.name)).unwrap_or_default();
            let more = |word: &str, steps: &[PlannedStep]| match steps {
                [] => String::new(),
                steps => format!(" {word} {}", list(steps)),
            };
            format!(
                "[{role}{}{}{}]",
                list(&block.tasks),
                more("rescue", &block.rescue),
                more("always", &block.always)
            )
        }
    };
    steps.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn plan_of(files: &[(&str, &str)]) -> String {
    let (plan, said) = planned(files, inputs());
    assert_eq!(said, Vec::<String>::new());
    shown(&plan)
}

fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    planned(files, inputs()).1
}

#[test]
fn imports_take_the_place_of_their_steps() {
    let files = [
        ("site.yml", "- import_playbook: sub/other.yml\n  tags: [x]\n  vars: {file: more}\n"),
        (
            "sub/other.yml",
            "- hosts: all\n  tasks:\n  - debug: {}\n    name: a\n  - import_tasks: '{{ file }}.yml'\n    tags: y\n  - block:\n    - {name: c, debug: {}}\n    rescue:\n    - {name: d, debug: {}}\n    tags: z\n",
        ),
        ("sub/more.yml", "- {name: b, debug: {}, tags: [own, y]}\n- import_tasks: deep/end.yml\n"),
        ("sub/deep/end.yml", "- {name: e, debug: {}}\n"),
    ];
    assert_eq!(plan_of(&files), "tasks: a#x b#own#y#x e#y#x [c#z#x rescue d#z#x]");
}

#[test]
fn roles_bring_dependencies_handlers_and_variables() {
    let files = [
        (
            "site.yml",
            "- hosts: all\n  roles:\n  - web\n  - {role: base, tags: again}\n  - base\n  tasks:\n  - import_role: {name: base, tasks_from: extra}\n  handlers:\n  - {name: own, debug: {}}\n",
        ),
        ("roles/web/tasks/main.yml", "- {name: w, debug: {}, notify: reload}\n- import_tasks: more.yml\n"),
        ("roles/web/tasks/more.yml", "- {name: m, debug: {}}\n"),
        ("roles/web/meta/main.yml", "dependencies:\n- role: base\n  listen_port: 80\n"),
        ("roles/web/handlers/main.yaml", "- {name: reload, debug: {}}\n"),
        ("roles/base/tasks/main.yml", "- {name: b, debug: {}}\n"),
        ("roles/base/tasks/extra.yml", "- {name: x, debug: {}}\n"),
        ("roles/base/defaults/main.yml", "listen_port: 1\n"),
        ("roles/base/vars/main/one.yml", "a: 1\n"),
        ("roles/base/vars/main/two.yml", "b: 2\n"),
    ];
    let (plan, said) = planned(&files, inputs());
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(
        shown(&plan),
        "roles: [base:b] [web:w m] [base:b#again] [base:b]\ntasks: [base:x]\nhandlers: reload own"
    );
    let base = &plan.plays[0].static_roles[0];
    assert_eq!(base.role.vars.keys().map(|k| &**k).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((base.parents.len(), base.params.len(), base.role.defaults.len()), (1, 1, 1));
}

#[test]
fn equal_roles_are_all_planned_and_a_host_runs_the_first_it_can() {
    let site = "- hosts: all\n  roles: [a, a, b, b, {role: a, x: 1}]\n";
    let files = [
        ("site.yml", site),
        ("roles/a/tasks/main.yml", "- {name: a, debug: {}}\n"),
        ("roles/b/tasks/main.yml", "- {name: b, debug: {}}\n"),
        ("roles/b/meta/main.yml", "allow_duplicates: true\n"),
    ];
    assert_eq!(plan_of(&files), "roles: [a:a] [a:a] [b:b] [b:b] [a:a]");
}

#[test]
fn tags_choose_steps_and_blocks() {
    let site = "- hosts: all\n  tasks:\n  - {name: a, debug: {}, tags: x}\n  - block:\n    - {name: b, debug: {}}\n    tags: [y]\n  - {name: c, debug: {}, tags: always}\n  - {name: d, debug: {}, tags: '{{ t }}'}\n";
    let mut given = inputs();
    given.tags.only = vec!["x".into(), "dyn".into()];
    let vars = [("t".into(), Definition { value: Value::str("dyn"), place: None })];
    given.extra_vars = Arc::new(VarMap::from_iter(vars));
    let (plan, said) = planned(&[("site.yml", site)], given);
    assert_eq!((shown(&plan).as_str(), said.len()), ("tasks: a#x c#always d#dyn", 0));
}

#[test]
fn a_run_can_start_at_a_task() {
    let site = "- hosts: all\n  tasks:\n  - {name: a, debug: {}}\n  - block:\n    - {name: b, debug: {}}\n    - {name: go on, debug: {}}\n  - {name: d, debug: {}}\n- hosts: all\n  tasks:\n  - {name: e, debug: {}}\n";
    let mut given = inputs();
    given.start_at_task = Some("go*".into());
    let (plan, _) = planned(&[("site.yml", site)], given);
    assert_eq!(shown(&plan), "tasks: [go on] d\ntasks: e");
}

#[test]
fn what_is_missing_is_said_at_its_place() {
    let site = "- hosts: all\n  vars_files: [vars.yml]\n  roles: [wep]\n  tasks:\n  - import_tasks: taks.yml\n  - import_role: {name: web, tasks_from: nothing}\n  - import_tasks: '{{ nowhere }}.yml'\n- import_playbook: gone.yml\n";
    let files = [
        ("site.yml", site),
        ("var.yml", ""),
        ("task.yml", ""),
        ("tasks.yml", ""),
        ("roles/web/tasks/main.yml", "[]"),
    ];
    assert_eq!(
        mistakes(&files),
        [
            "site.yml:2:15 file of variables not found: `vars.yml` [did you mean `var.yml`?]",
            "site.yml:3:11 role not found: `wep` [did you mean `web`?]",
            "site.yml:5:19 file not found: `taks.yml` [did you mean `task.yml`?]",
            "site.yml:6:25 role `web` has no file `tasks/nothing`",
            "site.yml:7:23 'nowhere' is undefined",
            "site.yml:8:20 file not found: `gone.yml`",
        ]
    );
}

#[test]
fn circles_are_said_and_left() {
    let files = [
        (
            "site.yml",
            "- import_playbook: site2.yml\n- hosts: all\n  roles: [a]\n  tasks:\n  - import_tasks: t.yml\n",
        ),
        ("site2.yml", "- import_playbook: site.yml\n"),
        ("t.yml", "- import_tasks: t.yml\n"),
        ("roles/a/meta/main.yml", "dependencies: [b]\n"),
        ("roles/b/meta/main.yml", "dependencies: [{role: a, x: 1}]\n"),
    ];
    let said = mistakes(&files);
    assert_eq!(
        said,
        [
            "site2.yml:1:20 playbook imports itself: `site.yml`",
            "roles/b/meta/main.yml:1:23 imports go round in a circle: `role roles/a main`",
            "t.yml:1:17 imports go round in a circle: `t.yml`",
        ]
    );
}

#[test]
fn literal_arguments_are_checked() {
    let site = "- hosts: all\n  tasks:\n  - apt: {nam: a, state: presnt}\n  - apt: name={{ x }} state={{ y }}\n  - debug: {msg: a, var: b}\n  - apt: '{{ all }}'\n  - ap: {name: x}\n  - meta: flush_handler\n  - include_role: {tasks_frm: x}\n  - debug: {msg: '{{ x | nofilter }}'}\n    when: a ==\n  - set_fact: x=1 y={{ 2 }}\n";
    assert_eq!(
        mistakes(&[("site.yml", site)]),
        [
            "site.yml:3:11 unknown option `nam` of module `apt` [did you mean `name`?]",
            "site.yml:3:26 option `state` of module `apt`: expected one of `present`, `absent`, found `presnt` [did you mean `present`?]",
            "site.yml:5:21 options `msg` and `var` of module `debug` exclude each other",
            "site.yml:7:5 unknown module `ap` [did you mean `apt`?]",
            "site.yml:8:11 unknown `meta` action `flush_handler` [did you mean `flush_handlers`?]",
            "site.yml:9:5 missing option `name` of module `include_role`",
            "site.yml:9:20 unknown option `tasks_frm` of module `include_role` [did you mean `tasks_from`?]",
            "site.yml:10:26 unknown filter `nofilter`",
            "site.yml:11:13 unexpected end, expected expression",
        ]
    );
}

#[test]
fn handlers_that_are_not_there_are_said() {
    let site = "- hosts: all\n  tasks:\n  - {debug: {}, notify: [Restart, topic, '{{ x }}', other]}\n  handlers:\n  - {name: restart, debug: {}, listen: topic}\n";
    assert_eq!(
        mistakes(&[("site.yml", site)]),
        [
            "site.yml:3:26 no handler is named `Restart` [did you mean `restart`?]",
            "site.yml:3:53 no handler is named `other`",
        ]
    );
    let dynamic = format!("{site}  post_tasks:\n  - include_role: {{name: x}}\n");
    assert_eq!(mistakes(&[("site.yml", &dynamic)]), Vec::<String>::new());
}

#[test]
fn the_playbook_people_wrote_first_has_all_its_mistakes_told() {
    let text = include_str!("../../tests/cases/first/playbook.yml");
    let text: String =
        text.lines().filter(|l| !l.trim_start().starts_with('#')).map(|l| format!("{l}\n")).collect();
    let said = mistakes(&[("site.yml", &text)]);
    for part in
        ["`item` refers to itself", "`context:.` lacks a blank", "wrong indentation of `k8s_exec`", "`tasks`"]
    {
        assert!(said.iter().any(|line| line.contains(part)), "{part} in {said:#?}");
    }
}

#[test]
fn whole_trees_are_checked() {
    let place = tempfile::tempdir().expect("a directory");
    for (path, text) in [
        ("site.yml", "- hosts: 'web:~(a'\n  roles: [web]\n"),
        ("group_vars/all.yml", "- not tasks\n"),
        ("roles/web/tasks/main.yml", "- debug: {mgs: x}\n"),
        ("roles/web/tasks/other.yml", "- {debug: {}, whem: x}\n"),
        ("roles/lone/handlers/main.yml", "- {name: h, debg: {}}\n"),
        ("tasks/more.yml", "- name: x\n"),
        ("templates/x.yml", "- hosts: a\n  nonsense: 1\n"),
        ("data.yml", "a: 1\n"),
    ] {
        let path = place.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    let (checked, diagnostics) = Planner::new(inputs()).check(&[place.path().to_path_buf()]);
    assert_eq!(checked.to_string(), "1 playbook, 2 roles, 1 file of tasks");
    let mut said = said(&diagnostics, place.path());
    said.sort();
    assert_eq!(
        said,
        [
            "roles/lone/handlers/main.yml:1:13 unknown module `debg` [did you mean `debug`?]",
            "roles/web/tasks/main.yml:1:11 unknown option `mgs` of module `debug` [did you mean `msg`?]",
            "roles/web/tasks/other.yml:1:15 unknown keyword `whem` of a task [did you mean `when`?]",
            "site.yml:1:10 the pattern is not a regular expression: Parsing error at position 7: Opening parenthesis without closing parenthesis: `~(a`",
            "tasks/more.yml:1:3 a task without a module or action",
        ]
    );
}

#[test]
fn what_else_a_tree_has_is_no_mistake() {
    let place = tempfile::tempdir().expect("a directory");
    for (path, text) in [
        (
            "site.yml",
            "- import_playbook: far.away.site\n- import_playbook: far.away.part.site\n- import_playbook: n.c.own\n- hosts: a\n  roles: [web, galaxy/role, ntp]\n",
        ),
        ("galaxy.yml", "namespace: n\nname: c\n"),
        ("playbooks/own.yml", "- hosts: b\n  tasks:\n  - own: {}\n  - user: {login: x}\n"),
        ("roles/web/tasks/main.yml", "- acts: {}\n"),
        ("roles/web/tasks/again.yml", "- debug: {msg: x}\n"),
        ("roles/web/tasks/scripts/run", "#!/bin/sh\nset -e\n"),
        ("roles/web/handlers/main.yml", "- import_tasks: again.yml\n"),
        ("plugins/modules/own.py", ""),
        ("plugins/modules/user.py", ""),
        ("tests/action_plugins/acts.py", ""),
        ("requirements.yml", "- src: https://x/role.git\n  name: role\n  version: 1\n"),
        ("lists/roles.yml", "- name: role\n  src: https://x/role.git\n"),
        ("lists/galaxy.yml", "roles:\n  - name: ntp\n    src: https://x/ntp.git\n"),
        ("manifests/all.yml", "kind: A\n---\nkind: B\n"),
        ("goss.yaml", "{{ if x }}\na:\n{{ end }}\n"),
        ("zuul.yaml", "- job:\n    files: !inherit\n"),
    ] {
        let path = place.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
    let (checked, diagnostics) = Planner::new(inputs()).check(&[place.path().to_path_buf()]);
    assert_eq!(checked.to_string(), "2 playbooks, 1 role");
    assert_eq!(
        said(&diagnostics, place.path()),
        [
            "site.yml:1:20 playbook not installed: `far.away.site`",
            "site.yml:2:20 playbook not installed: `far.away.part.site`",
            "site.yml:5:16 role not installed: `galaxy/role`",
            "site.yml:5:29 role not installed: `ntp`",
        ]
    );
}
