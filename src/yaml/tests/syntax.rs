//! Mistakes of syntax: what is said of them, where, and what can be read all the same.

use super::*;

/// A playbook as newcomers bring it, with three slips.
pub(super) const TYPICAL: &str = r#"---
- hosts: all
  become: true
  tasks:
  - name: install docker
    apt:
      name: "{{ item }}"
      state: present
    with_items:
      - "{{ item }}"
  - name: build image
    docker_build:
      context:.
      dockerfile: Dockerfile
      build_arg: --tag myapp
      environment:
        WORD: "{{ word }}"
  - name: deploy
    k8s_deploy:
      name: myapp
      replicas: 3
      strategy: "scaleScaler"
  tasks:
  - name: apply
    k8s_apply:
      name: myapp
  - name: test
     k8s_exec:
      name: myapp
      connection:
        type: kubeconfig
      namespace: default
      command: "curl http://localhost:8080"
"#;

/// The only mistake of a text: its place, message and hint; and what was read.
fn slip(text: &str) -> (String, String, String) {
    let (nodes, diagnostics) = read_text(text);
    assert_eq!(diagnostics.0.len(), 1, "{:?}", problems(text));
    let read = nodes.iter().map(shown).collect::<Vec<_>>().join(" --- ");
    (problems(text).remove(0), diagnostics.0[0].hints.join("; "), read)
}

/// Place and message, hint, and what was read.
fn assert_slip(text: &str, problem: &str, hint: &str, read: &str) {
    assert_eq!(slip(text), (problem.into(), hint.into(), read.into()), "{text}");
}

#[test]
fn one_reading_tells_all_mistakes_of_a_playbook() {
    assert_eq!(
        problems(TYPICAL),
        [
            "13:7 yaml-syntax: `context:.` lacks a blank after the colon (14:17)",
            "28:6 yaml-syntax: mapping values are not allowed in this context: wrong indentation of `k8s_exec`",
            "23:3 duplicate-key: the key `tasks` stands twice in one mapping (4:3)",
        ]
    );
    let (nodes, _) = read_text(TYPICAL);
    let play = &nodes[0].as_seq().unwrap()[0];
    let tasks = play.get("tasks").unwrap();
    assert_eq!(
        tasks.as_seq().unwrap()[1].get("k8s_exec").unwrap().get("name").unwrap().as_str(),
        Some("myapp")
    );
    let (key, first) = &play.as_map().unwrap().shadowed[0];
    assert_eq!(key.span.position(), (4, 3));
    let context = first.as_seq().unwrap()[1].get("docker_build").unwrap().entry("context").unwrap();
    assert_eq!(
        (context.0.span.text(), context.1.span.text(), context.1.as_str()),
        ("context", ".", Some("."))
    );
    assert_eq!(first.as_seq().unwrap()[2].get("name").unwrap().as_str(), Some("deploy"));
}

#[test]
fn a_blank_is_missing() {
    assert_slip(
        "- a:\n    context:.\n    dockerfile: D\n",
        "2:5 yaml-syntax: `context:.` lacks a blank after the colon (3:15)",
        "write `context: .`",
        r#"[{"a": {"context": ".", "dockerfile": "D"}}]"#,
    );
    assert_slip(
        "- hosts:all\n  become: true\n",
        "1:3 yaml-syntax: `hosts:all` lacks a blank after the colon (2:9)",
        "write `hosts: all`",
        r#"[{"hosts": "all", "become": true}]"#,
    );
    assert_slip(
        "a:\n  -b: 1\n  - c\n",
        "2:3 yaml-syntax: a blank is missing after the dash of a list item (3:3)",
        "write `- b: 1`",
        r#"{"a": [{"b": 1}, "c"]}"#,
    );
}

#[test]
fn a_colon_is_missing() {
    assert_slip(
        "- name: x\n  apt\n    name: y\n",
        "2:3 yaml-syntax: `apt` lacks the colon of a key (3:9)",
        "write `apt:`",
        r#"[{"name": "x", "apt": {"name": "y"}}]"#,
    );
    assert_slip(
        "- name: x\n  become\n  b: 1\n",
        "2:3 yaml-syntax: `become` lacks the colon of a key (3:3)",
        "write `become:`",
        r#"[{"name": "x", "become": null, "b": 1}]"#,
    );
}

#[test]
fn wrong_indentation() {
    assert_slip(
        "- name: test\n   k8s_exec:\n    name: x\n",
        "2:4 yaml-syntax: mapping values are not allowed in this context: wrong indentation of `k8s_exec`",
        "begin it in the column of `name`, column 3",
        r#"[{"name": "test", "k8s_exec": {"name": "x"}}]"#,
    );
    assert_slip(
        "- name: x\n apt:\n   name: y\n- b\n",
        "2:2 yaml-syntax: did not find expected '-' indicator: wrong indentation of `apt`",
        "begin it in the column of `name`, column 3",
        r#"[{"name": "x", "apt": {"name": "y"}}, "b"]"#,
    );
    assert_slip(
        "- hosts: a\n  tasks:\n    - name: x\n   apt:\n     name: y\n- b\n",
        "4:4 yaml-syntax: did not find expected key: wrong indentation of `apt`",
        "begin it in the column of `name`, column 7",
        r#"[{"hosts": "a", "tasks": [{"name": "x", "apt": {"name": "y"}}]}, "b"]"#,
    );
    assert_slip(
        "- name: x\n  apt:\n    name: y\n   when: z\n- b: 1\n",
        "4:4 yaml-syntax: did not find expected key: wrong indentation of `when`",
        "begin it in the column of `apt`, column 3",
        r#"[{"name": "x", "apt": {"name": "y"}, "when": "z"}, {"b": 1}]"#,
    );
    assert_slip(
        "tasks:\n- name: a\n - name: b\n",
        "3:2 yaml-syntax: did not find expected key: wrong indentation of this list item",
        "begin it in the column of `- name: a`, column 1",
        r#"{"tasks": [{"name": "a"}, {"name": "b"}]}"#,
    );
    assert_slip(
        "tasks:\n  - name: a\n - name: b\n",
        "3:2 yaml-syntax: did not find expected key: wrong indentation of this list item",
        "begin it in the column of `- name: a`, column 3",
        r#"{"tasks": [{"name": "a"}, {"name": "b"}]}"#,
    );
    assert_slip(
        "tasks:\n  - a\n  b: 1\n",
        "3:3 yaml-syntax: did not find expected '-' indicator: wrong indentation of `b`",
        "begin it in the column of `tasks`, column 1",
        r#"{"tasks": ["a"], "b": 1}"#,
    );
    assert_slip(
        "key: value\n  sub: 1\n",
        "2:3 yaml-syntax: mapping values are not allowed in this context: wrong indentation of `sub`",
        "begin it in the column of `key`, column 1",
        r#"{"key": "value", "sub": 1}"#,
    );
    assert_slip(
        "a: |\n    x\n  y\nb: 1\n",
        "3:3 yaml-syntax: did not find expected key: wrong indentation of this line",
        "begin it in column 5",
        r#"{"a": "x\ny\n", "b": 1}"#,
    );
}

#[test]
fn tabs() {
    assert_slip(
        "- a:\n\tb: 1\n",
        "2:1 yaml-syntax: found character that cannot start any token: a tab cannot indent",
        "indent with blanks only",
        r#"[{"a": {"b": 1}}]"#,
    );
    assert_slip(
        "a:\n  b: 1\n\tc: 2\n",
        "3:1 yaml-syntax: found a tab character that violates indentation: a tab cannot indent",
        "indent with blanks only",
        r#"{"a": {"b": 1, "c": 2}}"#,
    );
}

#[test]
fn values_that_must_be_quoted() {
    assert_slip(
        "- a: {{ x }}/foo\n  b: 1\n",
        "1:6 unquoted-template: did not find expected key: a value that begins with a template must be quoted",
        r#"write `a: "{{ x }}/foo"`"#,
        r#"[{"a": "{{ x }}/foo", "b": 1}]"#,
    );
    assert_slip(
        "- a: {% if x %}\n  b: 1\n",
        "1:6 unquoted-template: found character that cannot start any token: a value that begins with a template must be quoted",
        r#"write `a: "{% if x %}"`"#,
        r#"[{"a": "{% if x %}", "b": 1}]"#,
    );
    assert_slip(
        "- a: @foo\n  b: 1\n",
        "1:6 yaml-syntax: found character that cannot start any token: a value that begins with `@` must be quoted",
        r#"write `a: "@foo"`"#,
        r#"[{"a": "@foo", "b": 1}]"#,
    );
    assert_slip(
        "a: %x\n",
        "1:4 yaml-syntax: found character that cannot start any token: a value that begins with `%` must be quoted",
        r#"write `a: "%x"`"#,
        r#"{"a": "%x"}"#,
    );
    assert_slip(
        "a: `x`\n",
        "1:4 yaml-syntax: found character that cannot start any token: a value that begins with a backtick must be quoted",
        r#"write `a: "`x`"`"#,
        r#"{"a": "`x`"}"#,
    );
    assert_slip(
        "- a: *.txt\n  b: 1\n",
        "1:6 yaml-syntax: did not find expected alphabetic or numeric character: a value that begins with `*` must be quoted",
        r#"write `a: "*.txt"`"#,
        r#"[{"a": "*.txt", "b": 1}]"#,
    );
    assert_slip(
        "- a: *\n  b: 1\n",
        "1:6 yaml-syntax: did not find expected alphabetic or numeric character: a value that begins with `*` must be quoted",
        r#"write `a: "*"`"#,
        r#"[{"a": "*", "b": 1}]"#,
    );
    assert_slip(
        "- msg: foo: bar\n  b: 1\n",
        "1:11 yaml-syntax: mapping values are not allowed in this context: a value with a colon and a blank in it must be quoted",
        r#"write `msg: "foo: bar"`"#,
        r#"[{"msg": "foo: bar", "b": 1}]"#,
    );
    assert_slip(
        "a: - b\nc: 1\n",
        "1:4 yaml-syntax: block sequence entries are not allowed in this context: a list cannot begin on the line of its key",
        "put `- b` on a line of its own, or write `[b]`",
        r#"{"a": "- b", "c": 1}"#,
    );
}

#[test]
fn quotes_and_brackets_out_of_order() {
    assert_slip(
        "- a: \"foo\n  b: 1\n- c: x\n",
        r#"1:6 yaml-syntax: the quote `"` is never closed (4:1)"#,
        r#"end the value with `"`"#,
        r#"[{"a": "foo", "b": 1}, {"c": "x"}]"#,
    );
    assert_slip(
        "- a: \"foo\n  b: \"x\"\n- c: x\n",
        r#"1:6 yaml-syntax: the quote `"` is never closed (2:7)"#,
        r#"end the value with `"`"#,
        r#"[{"a": "foo", "b": "x"}, {"c": "x"}]"#,
    );
    assert_slip(
        "- a: 'foo\n  b: 'x'\n- c: x\n",
        "1:6 yaml-syntax: the quote `'` is never closed (2:7)",
        "end the value with `'`",
        r#"[{"a": "foo", "b": "x"}, {"c": "x"}]"#,
    );
    assert_slip(
        "- when: \"x\" in y\n  b: 1\n",
        "1:12 yaml-syntax: did not find expected key: text stands behind a quoted value",
        r#"if all of it is the value, write '"x" in y'"#,
        r#"[{"when": "\"x\" in y", "b": 1}]"#,
    );
    assert_slip(
        "a: 'it's'\nb: 1\n",
        "1:8 yaml-syntax: did not find expected key: text stands behind a quoted value",
        "if all of it is the value, write 'it''s'",
        r#"{"a": "it's", "b": 1}"#,
    );
    assert_slip(
        "a: [b, c\nd: 1\n",
        "1:4 yaml-syntax: the bracket `[` is never closed (2:2)",
        "close it with `]`",
        r#"{"a": ["b", "c"], "d": 1}"#,
    );
    assert_slip(
        "a: \"\\d\"\n",
        "1:5 yaml-syntax: found unknown escape character: a backslash in double quotes begins an escape",
        "double the backslash, or use single quotes",
        r#"{"a": "\\d"}"#,
    );
    assert_slip(
        "a: >x\n  y\n",
        "1:5 yaml-syntax: did not find expected comment or line break: the text of a block must begin on the line below `>`",
        "put it on a line of its own, indented; or quote the whole value",
        r#"{"a": "x y\n"}"#,
    );
}

#[test]
fn control_characters() {
    assert_slip(
        "a: x\u{1}y\n",
        "1:5 yaml-character: control characters are not allowed: U+0001",
        r#"write it as an escape in double quotes, e.g. "\x1b""#,
        r#"{"a": "x y"}"#,
    );
}

#[test]
fn what_cannot_be_mended_is_left_out() {
    assert_slip(
        "a: 1\nb: ]\nc: 3\n",
        "2:4 yaml-syntax: did not find expected node content",
        "look at this line and the one before it",
        r#"{"a": 1, "c": 3}"#,
    );
    assert_slip(
        "a: 1\nb:\n  c: ]\n  d: 1\ne: 2\n",
        "3:6 yaml-syntax: did not find expected node content",
        "look at this line and the one before it",
        r#"{"a": 1, "b": {"d": 1}, "e": 2}"#,
    );
}

#[test]
fn several_slips_of_several_kinds_are_all_told() {
    let text = "- a: {{ x }}/y\n  b: @z\n- c: \"x\" y\n- d:e\n  f: 1\n- g: [1, 2\n- h: ok\n";
    let (nodes, diagnostics) = read_text(text);
    let lines: Vec<usize> = diagnostics.0.iter().map(|d| d.place.as_ref().unwrap().0.position().0).collect();
    assert_eq!(lines, [1, 2, 3, 4, 6]);
    assert_eq!(nodes[0].as_seq().unwrap().len(), 5);
}

#[test]
fn items_that_cannot_be_read_do_not_hide_the_others() {
    let (nodes, diagnostics) = read_text("- a\n- }\n- b\n- [x}\n- c\n");
    assert_eq!(shown(&nodes[0]), r#"["a", "b", "c"]"#);
    assert_eq!(diagnostics.0.len(), 2);
}

#[test]
fn far_too_many_mistakes_end_the_reading() {
    let (nodes, diagnostics) = read_text(&"- }\n".repeat(200));
    assert_eq!(diagnostics.0.len(), 41);
    assert_eq!(diagnostics.0[40].message, "more than 40 mistakes: the rest was not read");
    assert!(nodes.len() <= 1);
}

#[test]
fn a_slip_in_a_large_file_is_told_in_time() {
    let text = format!("- a: \"x\n{}", "- b: c\n".repeat(20_000));
    assert_eq!(problems(&text).len(), 1);
}

#[test]
fn two_slips_in_a_row_are_both_told() {
    assert_eq!(
        problems("a: 'x\nb:c\n"),
        [
            "1:4 yaml-syntax: the quote `'` is never closed (3:1)",
            "2:1 yaml-syntax: could not find expected ':': `b:c` lacks a blank after the colon",
        ]
    );
}
