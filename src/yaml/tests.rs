//! What reading gives, shown compactly.

mod any_bytes;
mod syntax;

use super::*;
use crate::diagnostic::{Diagnostics, Source};

/// A node as one line of JSON-like text.
fn shown(node: &Node) -> String {
    match &node.value {
        Yaml::Null => "null".into(),
        Yaml::Bool(b) => b.to_string(),
        Yaml::Int(i) => i.to_string(),
        Yaml::Float(f) => format!("{f:?}"),
        Yaml::Str { text, .. } => format!("{text:?}"),
        Yaml::Unsafe(text) => format!("unsafe {text:?}"),
        Yaml::Vault(text) => format!("vault {text:?}"),
        Yaml::Time(text) => format!("time {text}"),
        Yaml::Seq(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Yaml::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(k, v)| format!("{}: {}", shown(k), shown(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn read_text(text: &str) -> (Vec<Node>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let nodes = read(&Source::new("t.yml", text), &mut diagnostics);
    (nodes, diagnostics)
}

fn value(text: &str) -> String {
    let (nodes, diagnostics) = read_text(text);
    assert!(diagnostics.0.is_empty(), "{text}: {diagnostics:?}");
    nodes.iter().map(shown).collect::<Vec<_>>().join(" --- ")
}

/// Every diagnostic as `line:column slug: message`, those of other places behind it.
fn problems(text: &str) -> Vec<String> {
    let (_, diagnostics) = read_text(text);
    let line = |d: &crate::diagnostic::Diagnostic| {
        let (line, column) = d.place.as_ref().map_or((0, 0), |(span, _)| span.position());
        let others: String = d
            .others
            .iter()
            .map(|(span, _)| format!(" ({}:{})", span.position().0, span.position().1))
            .collect();
        format!("{line}:{column} {}: {}{others}", d.slug, d.message)
    };
    diagnostics.0.iter().map(line).collect()
}

#[test]
fn collections_and_documents() {
    assert_eq!(value("a: 1\nb:\n- x\n- {c: d, e: }\n"), r#"{"a": 1, "b": ["x", {"c": "d", "e": null}]}"#);
    assert_eq!(value("---\na\n---\nb\n...\n"), r#""a" --- "b""#);
    assert_eq!(value("---\n"), "null");
    assert_eq!(value(""), "");
    assert_eq!(value("# only a comment\n"), "");
    assert_eq!(value("[a: b, c]"), r#"[{"a": "b"}, "c"]"#);
}

#[test]
fn block_scalars() {
    assert_eq!(value("a: |\n  x\n   y\n\nb: >-\n  x\n  y\n"), r#"{"a": "x\n y\n", "b": "x y"}"#);
    assert_eq!(value("a: |\n  x\n  y"), r#"{"a": "x\ny"}"#);
    assert_eq!(value("a: >-\n  x\nb: y  "), r#"{"a": "x", "b": "y"}"#);
    assert_eq!(value("a: |2+\n   x\n\n"), r#"{"a": " x\n\n"}"#);
}

#[test]
fn quoted_words_stay_strings() {
    assert_eq!(value(r#"[yes, 'yes', "12", 12, '', ~]"#), r#"[true, "yes", "12", 12, "", null]"#);
}

#[test]
fn tags() {
    let text = "[!!str 12, !!int '0x1f', !!float 3, !!bool 'yes', !!null x, !!binary aGk=, ! 12, !!str ]";
    assert_eq!(value(text), r#"["12", 31, 3.0, true, null, "hi", 12, ""]"#);
    assert_eq!(
        value("!unsafe {a: ['{{ b }}', 1, !vault x]}"),
        r#"{unsafe "a": [unsafe "{{ b }}", 1, vault "x"]}"#
    );
    assert_eq!(value("[!unsafe 12, !unsafe '12', !unsafe ]"), r#"[12, unsafe "12", null]"#);
    assert_eq!(value("{a: !!str, b: [!unsafe,'hi !, x']}"), r#"{"a": "", "b": [null, "hi !, x"]}"#);
    assert_eq!(value("!!set {a, b}"), r#"["a", "b"]"#);
    assert_eq!(value("!!omap [a: 1, b: 2]"), r#"[["a", 1], ["b", 2]]"#);
    let vault = "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n";
    assert_eq!(value(vault), r#"{"a": vault "$ANSIBLE_VAULT;1.1;AES256\n6162\n"}"#);
}

#[test]
fn wrong_tags_are_said_at_their_place() {
    assert_eq!(problems("a: !valt x\n"), ["1:4 yaml-tag: unknown tag `!valt`"]);
    assert_eq!(problems("a: !!python/object:x {}\n"), ["1:4 yaml-tag: unknown tag `!!python/object:x`"]);
    assert_eq!(
        problems("- !!int abc\n- !!map [x]\n- !vault {}\n"),
        [
            "1:3 yaml-tag: `!!int` cannot take `abc`",
            "2:3 yaml-tag: `!!map` must be followed by a mapping",
            "3:3 yaml-tag: `!vault` must be followed by a block of text (`!vault |`)",
        ]
    );
    let (_, diagnostics) = read_text("a: !valt x\n");
    assert_eq!(diagnostics.0[0].hints, ["did you mean `!vault`?"]);
    assert_eq!(diagnostics.0[0].place.as_ref().unwrap().0.text(), "!valt");
}

#[test]
fn aliases_and_merge_keys() {
    assert_eq!(value("a: &x {k: 1}\nb: *x\n"), r#"{"a": {"k": 1}, "b": {"k": 1}}"#);
    assert_eq!(value("<<: [{a: 1}, {a: 2, b: 3}]\nb: 4\n"), r#"{"a": 1, "b": 4}"#);
    assert_eq!(
        value("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n"),
        r#"{"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}}"#
    );
    assert_eq!(problems("a: *x\n"), ["1:4 yaml-alias: found undefined alias `*x`"]);
    assert_eq!(problems("a: &x [*x]\n"), ["1:8 yaml-alias: `&x` contains itself"]);
    assert_eq!(
        problems("<<: 1\n"),
        ["1:5 yaml-merge: expected a mapping or list of mappings for merging, but found a number"]
    );
}

#[test]
fn aliases_share_what_they_refer_to() {
    let (nodes, _) = read_text("a: &x [1, 2]\nb: *x\n");
    let items = |key| match &nodes[0].get(key).unwrap().value {
        Yaml::Seq(items) => items.clone(),
        other => panic!("{other:?}"),
    };
    assert!(std::sync::Arc::ptr_eq(&items("a"), &items("b")));
    assert_eq!(nodes[0].get("b").unwrap().span.position(), (2, 4));
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let item = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", vec![item; 10].join(", "));
    }
    assert!(problems(&text)[0].contains("the aliases stand for more than"), "{:?}", problems(&text)[0]);
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("- {}x{}\n- ok\n", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(problems(&text), ["1:203 yaml-depth: nested deeper than 200 levels"]);
    assert!(value(&format!("{}x{}", "[".repeat(150), "]".repeat(150))).contains("x"));
}

#[test]
fn duplicate_keys_are_told_with_both_places_and_the_last_wins() {
    let text = "a: 1\nb: 2\na: 3\n";
    let (nodes, _) = read_text(text);
    assert_eq!(shown(&nodes[0]), r#"{"a": 3, "b": 2}"#);
    assert_eq!(nodes[0].as_map().unwrap().shadowed[0].1.as_int(), Some(1));
    let wanted = "3:1 duplicate-key: the key `a` stands twice in one mapping (1:1)";
    assert_eq!(problems(text), [wanted]);
    assert_eq!(problems("{1: a, true: b}").len(), 1);
}

#[test]
fn keys_must_be_single_values() {
    assert_eq!(problems("? [1]\n: 2\n"), ["1:3 yaml-key: a key must be a single value, found a list"]);
}

#[test]
fn an_unquoted_template_is_read_as_the_text_that_was_meant() {
    let (nodes, diagnostics) = read_text("a: {{ x }}\nb: 1\n");
    assert_eq!(shown(&nodes[0]), r#"{"a": "{{ x }}", "b": 1}"#);
    assert_eq!(diagnostics.0[0].slug, "unquoted-template");
    assert_eq!(diagnostics.0[0].hints, ["write \"{{ x }}\""]);
}

#[test]
fn json_is_yaml_but_its_numbers_are_jsons() {
    assert_eq!(
        value("{\"a\":1e5,\n\t\"b\":[true,null,-1.5E3],\"c\":\"x\"}"),
        r#"{"a": 100000.0, "b": [true, null, -1500.0], "c": "x"}"#
    );
    assert_eq!(value("[1e5, x]"), r#"["1e5", "x"]"#);
}

#[test]
fn line_ends_marks_and_wide_characters() {
    assert_eq!(value("a: 1\r\nb: x\r\n"), r#"{"a": 1, "b": "x"}"#);
    let (nodes, _) = read_text("\u{feff}ü: ！\nb: x\n");
    assert_eq!(shown(&nodes[0]), r#"{"ü": "！", "b": "x"}"#);
    assert_eq!(nodes[0].get("b").unwrap().span.position(), (2, 4));
    assert_eq!(nodes[0].get("ü").unwrap().span.text(), "！");
    assert_eq!(value("！"), r#""！""#);
}

#[test]
fn spans_cover_what_was_written_and_no_more() {
    let text =
        "a: # c\n  b: |\n    x\n    y\n\n\n  c:\n  - 1\n  - 'q'  # comment\n# end\nd: {e: [f, g: h]}\ni:\n";
    let (nodes, _) = read_text(text);
    let a = nodes[0].get("a").unwrap();
    assert_eq!(a.span.text(), "b: |\n    x\n    y\n\n\n  c:\n  - 1\n  - 'q'");
    assert_eq!(a.get("b").unwrap().span.text(), "|\n    x\n    y");
    assert_eq!(a.get("c").unwrap().span.text(), "- 1\n  - 'q'");
    assert_eq!(a.get("c").unwrap().as_seq().unwrap()[1].span.text(), "'q'");
    let d = nodes[0].get("d").unwrap();
    assert_eq!(d.span.text(), "{e: [f, g: h]}");
    assert_eq!(d.get("e").unwrap().as_seq().unwrap()[1].span.text(), "g: h");
    assert_eq!(nodes[0].get("i").unwrap().span.text(), "");
    assert_eq!(nodes[0].entry("i").unwrap().0.span.text(), "i");
    assert_eq!(nodes[0].span.text(), text.trim_end());
}

#[test]
fn a_second_document_is_refused_where_one_is_wanted() {
    let mut diagnostics = Diagnostics::default();
    let node = read_one(&Source::new("t.yml", "a\n---\nb\n"), &mut diagnostics);
    assert_eq!(shown(&node.unwrap()), r#""a""#);
    assert_eq!(diagnostics.0[0].place.as_ref().unwrap().0.position(), (3, 1));
}

#[test]
fn countless_mistakes_are_told_in_part() {
    let told = problems(&"- !x y\n".repeat(500));
    assert_eq!(told.len(), 101);
    assert_eq!(told[100], "0:0 yaml-many: 400 further mistakes in `t.yml` are not shown");
}
