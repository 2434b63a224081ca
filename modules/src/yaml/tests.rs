use serde_json::{Value, json};

use super::*;

fn value(text: &str, dialect: Dialect) -> Value {
    read(text, dialect).unwrap().remove(0).value
}

fn slips(text: &str) -> Vec<String> {
    let slips = read(text, Dialect::Go).unwrap_err();
    slips.iter().map(|slip| format!("{}: {}", slip.line, slip.message)).collect()
}

#[test]
fn words_mean_what_they_mean_to_the_tool_whose_file_it_is() {
    let text = "{a: yes, b: true, c: 12:30, d: 0644, e: ~, f: 1.5, g: !!str 1, h: '1', i: 0x1f, j: .inf}";
    assert_eq!(
        value(text, Dialect::Python),
        json!({"a": true, "b": true, "c": 750, "d": 420, "e": null, "f": 1.5, "g": "1", "h": "1", "i": 31, "j": ".inf"})
    );
    assert_eq!(
        value(text, Dialect::Go),
        json!({"a": "yes", "b": true, "c": "12:30", "d": 420, "e": null, "f": 1.5, "g": "1", "h": "1", "i": 31, "j": ".inf"})
    );
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 0}\nw:\n  <<: *y\n";
    let read = value(text, Dialect::Go);
    assert_eq!((&read["z"], &read["w"]), (&json!({"a": 0, "b": 2, "c": 4}), &json!({"b": 3, "c": 4})));
}

#[test]
fn every_key_has_a_line_and_what_has_none_that_of_what_is_around_it() {
    let document = read("a:\n  b/c: 1\n  list:\n    - x\n    - y: 2\n", Dialect::Go).unwrap().remove(0);
    let lines = ["/a", "/a/b~1c", "/a/list/0", "/a/list/1/y", "/a/list/7", "/no"].map(|at| document.line(at));
    assert_eq!(lines, [1, 2, 4, 5, 3, 1]);
    assert!(document.has("/a/list/1/y") && !document.has("/a/list/7"));
}

#[test]
fn documents_stand_one_after_another_and_may_be_empty() {
    let values: Vec<Value> = read("---\na: 1\n---\n---\nb\n...\n", Dialect::Python)
        .unwrap()
        .into_iter()
        .map(|d| d.value)
        .collect();
    assert_eq!(values, [json!({"a": 1}), json!(null), json!("b")]);
    assert!(read("", Dialect::Go).unwrap().is_empty());
    assert!(read("# nothing\n", Dialect::Go).unwrap().is_empty());
}

#[test]
fn keys_are_text() {
    assert_eq!(value("{1: a, true: b, ~: c}", Dialect::Python), json!({"1": "a", "true": "b", "null": "c"}));
    assert_eq!(value("{8080: a, yes: b}", Dialect::Go), json!({"8080": "a", "yes": "b"}));
}

#[test]
fn a_last_line_without_its_end_is_read_as_it_stands() {
    assert_eq!(value("a: |\n  x", Dialect::Go), json!({"a": "x"}));
    assert_eq!(value("a: |\n  x\n", Dialect::Go), json!({"a": "x\n"}));
    assert_eq!(value("\u{feff}a: b", Dialect::Go), json!({"a": "b"}));
}

#[test]
fn tags_of_ones_own_are_kept_where_they_may_stand() {
    let document = read("a: !reset null\nb: !override [1]\n", Dialect::Go).unwrap().remove(0);
    assert_eq!(document.tags["/a"], "!reset");
    assert_eq!(document.tags["/b"], "!override");
    let slips = read("a: !vault x\n", Dialect::Python).unwrap_err();
    assert_eq!(slips[0].message, "the tag `!vault` has no meaning here");
}

#[test]
fn mistakes_are_told_with_their_lines() {
    assert_eq!(
        slips("a: *x\nb: {<<: 1}\n? [1]\n: 2\nd: !!int x\n"),
        [
            "1: there is no `&x` before `*x`",
            "2: `<<` takes a mapping or a list of mappings",
            "3: a key must be a single value",
            "5: `!!int` cannot take `x`",
        ]
    );
    assert_eq!(
        slips("a: 1\nb: [1,\n"),
        ["3: no valid YAML: did not find expected node content while parsing a flow node"]
    );
    let document = read("a: 1\nb: 2\na: 3\n", Dialect::Go).unwrap().remove(0);
    assert_eq!((document.value["a"].clone(), document.repeated[0].line), (json!(3), 3));
}

#[test]
fn bombs_are_not_expanded_and_depth_has_an_end() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, last) in
        ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{last}"); 10].join(", "));
    }
    assert!(slips(&bomb)[0].contains("stand for more than"));
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    assert!(read(&deep, Dialect::Go).is_err());
}
