//! Compared with what PyYAML 6 with libyaml, as Ansible uses it, writes.

use super::*;

/// Each line: a value, the number of a layout, and the text PyYAML made of it.
const PYYAML: &str = include_str!("pyyaml.jsonl");

fn layouts() -> [Layout; 7] {
    let never = Layout { flow: Flow::Never, ..Layout::default() };
    [
        Layout::default(),
        Layout::nice(),
        Layout { flow: Flow::Always, ..Layout::default() },
        Layout { width: 1000, ..never.clone() },
        Layout { sort_keys: false, explicit_start: true, ..never.clone() },
        Layout { width: -1, allow_unicode: false, ..never.clone() },
        Layout { explicit_end: true, indent: 8, ..never },
    ]
}

fn plain(value: &Emit) -> String {
    dump(value, &Layout { flow: Flow::Never, ..Layout::default() }).unwrap()
}

#[test]
fn every_text_is_pyyamls_to_the_byte() {
    let layouts = layouts();
    for line in PYYAML.lines() {
        let (value, layout, wanted): (serde_json::Value, usize, String) = serde_json::from_str(line).unwrap();
        assert_eq!(dump(&Emit::from(&value), &layouts[layout]).unwrap(), wanted, "{value}");
    }
}

#[test]
fn what_was_written_reads_back_as_the_same() {
    for line in PYYAML.lines() {
        let (value, layout, _): (serde_json::Value, usize, String) = serde_json::from_str(line).unwrap();
        let text = dump(&Emit::from(&value), &layouts()[layout]).unwrap();
        let mut diagnostics = crate::diagnostic::Diagnostics::default();
        let source = crate::diagnostic::Source::new("t", text.as_str());
        let node = super::super::read_one(&source, &mut diagnostics);
        assert!(diagnostics.0.is_empty(), "{text}: {diagnostics:?}");
        let read = node.map_or(serde_json::Value::Null, |n| json(&n));
        assert!(same(&read, &value), "{text}\n{read}");
    }
}

fn json(node: &super::super::Node) -> serde_json::Value {
    use super::super::Yaml;
    match &node.value {
        Yaml::Null => serde_json::Value::Null,
        Yaml::Bool(value) => (*value).into(),
        Yaml::Int(value) => (*value as i64).into(),
        Yaml::Float(value) => (*value).into(),
        Yaml::Str { text, .. } | Yaml::Unsafe(text) | Yaml::Vault(text) | Yaml::Time(text) => {
            (&**text).into()
        }
        Yaml::Seq(items) => items.iter().map(json).collect(),
        Yaml::Map(map) => map.iter().map(|(k, v)| (k.as_str().unwrap_or("").to_string(), json(v))).collect(),
    }
}

/// Objects may be sorted otherwise.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as J;
    match (a, b) {
        (J::Object(a), J::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        (J::Array(a), J::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(v, w)| same(v, w)),
        _ => a == b,
    }
}

#[test]
fn keys_are_sorted_where_python_could() {
    let text = |words: &[&'static str]| -> Vec<(Emit, Emit)> {
        words.iter().map(|w| (Emit::Str((*w).into()), Emit::Null)).collect()
    };
    assert_eq!(plain(&Emit::Map(text(&["b", "a"]))), "a: null\nb: null\n");
    let numbers = [Emit::Int(3), Emit::Int(1), Emit::Float(2.5)].map(|n| (n, Emit::Int(0)));
    assert_eq!(plain(&Emit::Map(numbers.to_vec())), "1: 0\n2.5: 0\n3: 0\n");
    let mixed = [(Emit::Str("b".into()), Emit::Null), (Emit::Int(1), Emit::Null)];
    assert_eq!(plain(&Emit::Map(mixed.to_vec())), "b: null\n1: null\n");
}

#[test]
fn binary_and_vault_texts_are_tagged_blocks() {
    assert_eq!(plain(&Emit::Seq(vec![Emit::Bytes(b"a")])), "- !!binary |\n  YQ==\n");
    let vault = Emit::Map(vec![(Emit::Str("k".into()), Emit::Vault("$ANSIBLE_VAULT;1.1;AES256\n6162\n"))]);
    assert_eq!(plain(&vault), "k: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n");
}

#[test]
fn blocks_where_they_are_wanted() {
    let value = serde_json::json!({"a": "x\ny\n", "b": ["p\nq", "one"], "c": "tr \nx"});
    let layout = Layout { blocks: true, ..Layout::nice() };
    let wanted = "a: |\n    x\n    y\nb:\n- |-\n    p\n    q\n- one\nc: \"tr \\nx\"\n";
    assert_eq!(dump(&Emit::from(&value), &layout).unwrap(), wanted);
}
