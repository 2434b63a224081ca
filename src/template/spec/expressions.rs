//! The tables of `tests/expressions`: templates with what ansible-core makes of them.

use super::{ErrorKind, Settings, Template, TextOptions, Value, Vars, vars};
use crate::template::Engine;

/// One line of a table.
#[derive(Clone)]
struct Case {
    source: String,
    kind: &'static str,
    expected: String,
}

fn cases(table: &serde_json::Value) -> Vec<Case> {
    let text =
        |case: &serde_json::Value, key: &str| case.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let case = |case: &serde_json::Value| {
        let kind = ["template", "condition", "text"].into_iter().find(|k| case.get(k).is_some()).unwrap();
        let fails = text(case, "fails").map(|f| format!("fails: {f}"));
        Case {
            source: text(case, kind).unwrap(),
            kind,
            expected: text(case, "ours").or_else(|| text(case, "gives")).or(fails).unwrap(),
        }
    };
    table["cases"].as_array().unwrap().iter().map(case).collect()
}

fn outcome(engine: &Engine, scope: &Vars, case: &Case) -> String {
    let template = Template::new(case.source.as_str(), None);
    let result = match case.kind {
        "condition" => engine.condition(&template, scope).map(Value::Bool),
        "text" => engine.render_text(&template, scope, &TextOptions::default()).map(Value::from),
        _ => engine.render(&template, scope),
    };
    match result {
        Ok(value) => value.repr(),
        Err(error) => match error.kind() {
            ErrorKind::Undefined => "fails: undefined".into(),
            ErrorKind::Syntax => format!("fails: syntax ({error})"),
            _ => format!("fails: failed ({error})"),
        },
    }
}

fn check(name: &str, json: &str) {
    let table: serde_json::Value = serde_json::from_str(json).unwrap();
    let scope = vars(table["vars"].clone());
    let engine = Engine::new(Settings::default());
    let mut wrong = Vec::new();
    for case in cases(&table) {
        let got = outcome(&engine, &scope, &case);
        let same = got == case.expected
            || (case.expected.starts_with("fails: ") && got.starts_with(&format!("{} (", case.expected)));
        if !same {
            wrong.push(format!("{}\n    expected {}\n    got      {got}", case.source, case.expected));
        }
    }
    assert!(wrong.is_empty(), "{name}: {} differ\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! tables {
    ($($name:ident: $file:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            check($file, include_str!(concat!("../../../tests/expressions/", $file, ".json")));
        }
    )*};
}

tables! {
    values_come_out_as_in_ansible: "values",
    operators_come_out_as_in_ansible: "operators",
    text_comes_out_as_in_ansible: "text",
    lists_come_out_as_in_ansible: "lists",
    statements_come_out_as_in_ansible: "statements",
    conditions_come_out_as_in_ansible: "conditions",
    addresses_come_out_as_in_ansible: "addresses",
    collections_come_out_as_in_ansible: "collections",
    playbooks_come_out_as_in_ansible: "playbooks",
    files_come_out_as_in_ansible: "files",
}

#[test]
fn no_slip_of_the_pen_makes_the_engine_panic() {
    let tables = [
        include_str!("../../../tests/expressions/values.json"),
        include_str!("../../../tests/expressions/operators.json"),
        include_str!("../../../tests/expressions/text.json"),
        include_str!("../../../tests/expressions/lists.json"),
        include_str!("../../../tests/expressions/statements.json"),
        include_str!("../../../tests/expressions/addresses.json"),
    ];
    let engine = Engine::new(Settings::default());
    let mut random = crate::template::mersenne::Mersenne::from_text("slips");
    for json in tables {
        let table: serde_json::Value = serde_json::from_str(json).unwrap();
        let scope = vars(table["vars"].clone());
        // What reaches beyond the process stays as it is written.
        let harmless = |c: &Case| {
            !["pipe", "lines", "password", "seed", "lipsum", "file"].iter().any(|w| c.source.contains(w))
        };
        for case in cases(&table).into_iter().filter(harmless) {
            let chars: Vec<char> = case.source.chars().collect();
            for _ in 0..5 {
                let at = random.below(chars.len() as u128) as usize;
                let other = chars[random.below(chars.len() as u128) as usize];
                let mut slipped = chars.clone();
                match random.below(3) {
                    0 => drop(slipped.remove(at)),
                    1 => slipped[at] = other,
                    _ => slipped.insert(at, other),
                }
                let slipped = Case { source: slipped.into_iter().collect(), ..case.clone() };
                outcome(&engine, &scope, &slipped);
                engine.syntax_errors(&Template::new(slipped.source, None), false);
            }
        }
    }
}
