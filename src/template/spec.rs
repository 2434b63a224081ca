//! What the engine promises to its callers.

mod errors;
mod expressions;
mod files;

use std::collections::HashMap;
use std::sync::Arc;

use super::{Engine, ErrorKind, Scope, Settings, Template, TextOptions, Value};

/// Variables as the user wrote them: strings with markers are templates.
struct Vars(HashMap<String, Value>);

impl Scope for Vars {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

fn written(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::String(s) => Value::text(s, None),
        serde_json::Value::Array(a) => Value::list(a.iter().map(written)),
        serde_json::Value::Object(o) => {
            Value::map(o.iter().map(|(k, v)| (Value::from(k.as_str()), written(v))))
        }
        other => Value::from_json(other),
    }
}

fn vars(json: serde_json::Value) -> Vars {
    Vars(json.as_object().unwrap().iter().map(|(k, v)| (k.clone(), written(v))).collect())
}

fn engine() -> Engine {
    Engine::new(Settings::default())
}

fn render(text: &str, scope: &Vars) -> Result<String, String> {
    engine().render(&Template::new(text, None), scope).map(|v| v.repr()).map_err(|e| e.to_string())
}

fn sample() -> Vars {
    vars(serde_json::json!({
        "n": 3, "s": "str", "l": [1, 2, 3], "d": {"a": 1, "b": {"c": "{{ n }}"}},
        "bad": "{{ nope }}", "rec": "{{ rec2 }}", "rec2": "{{ rec }}",
        "lazy": [1, "{{ s }}", "{{ nope }}"], "own": {"a": [1, 2], "b": "{{ own.a | length }}"},
    }))
}

#[test]
fn one_expression_gives_its_own_value_and_more_become_text() {
    let scope = sample();
    assert_eq!(render("{{ l }}", &scope), Ok("[1, 2, 3]".into()));
    assert_eq!(render("{{ n }}{{ n }}", &scope), Ok("'33'".into()));
    assert_eq!(render("x{{ none }}", &scope), Ok("'x'".into()));
    assert_eq!(render("{{ none }}", &scope), Ok("None".into()));
    assert_eq!(render("{% if true %}{{ [1] }}{% endif %}", &scope), Ok("[1]".into()));
}

#[test]
fn variables_are_rendered_when_used_and_only_then() {
    let scope = sample();
    assert_eq!(render("{{ d.b.c }}", &scope), Ok("3".into()));
    assert_eq!(render("{{ lazy[1] }}", &scope), Ok("'str'".into()));
    assert_eq!(render("{{ own.b }}", &scope), Ok("2".into()));
    assert_eq!(render("{{ lazy }}", &scope).unwrap_err(), "'nope' is undefined");
    assert_eq!(render("{{ lazy | length }}", &scope), Ok("3".into()));
}

#[test]
fn missing_values_chain_and_fail_on_use() {
    let scope = sample();
    assert_eq!(render("{{ nope.a.b | default(3) }}", &scope), Ok("3".into()));
    assert_eq!(render("{{ bad is defined }}", &scope), Ok("False".into()));
    assert_eq!(render("{{ bad | default('D') }}", &scope), Ok("'D'".into()));
    assert_eq!(render("{{ d.zz.yy }}", &scope).unwrap_err(), "object of type 'dict' has no attribute 'zz'");
    assert_eq!(
        render("{{ bad }}", &scope).unwrap_err(),
        "'nope' is undefined, while rendering variable `bad`"
    );
    assert!(render("{{ nope == 1 }}", &scope).is_err());
    assert!(render("{{ nope or 1 }}", &scope).is_err());
}

#[test]
fn a_variable_that_needs_itself_is_named() {
    let error = engine().render(&Template::new("{{ rec }}", None), &sample()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Recursion);
    assert_eq!(error.message(), "recursive loop detected in template: `rec` needs `rec2` needs `rec`");
}

#[test]
fn results_are_data_and_are_not_rendered_again() {
    let scope = Vars(HashMap::from([("host_said".to_owned(), Value::str("{{ n }}"))]));
    assert_eq!(render("{{ host_said }}", &scope), Ok("'{{ n }}'".into()));
    assert_eq!(render("{{ '{{' }} n {{ '}}' }}", &scope), Ok("'{{ n }}'".into()));
}

#[test]
fn omit_leaves_containers_and_stays_when_it_is_the_whole() {
    let scope = sample();
    assert_eq!(render("{{ {'a': omit, 'b': [omit, 1]} }}", &scope), Ok("{'b': [1]}".into()));
    assert!(matches!(engine().render(&Template::new("{{ omit }}", None), &scope), Ok(Value::Omit)));
}

#[test]
fn lists_and_mappings_are_changed_in_place() {
    let scope = sample();
    assert_eq!(
        render("{% set x = [] %}{% set _ = x.append(1) %}{% do x.append(2) %}{{ x }}", &scope),
        Ok("[1, 2]".into())
    );
    assert_eq!(render("{% set _ = l.append(4) %}{{ l }}", &scope), Ok("[1, 2, 3, 4]".into()));
    assert_eq!(
        render(
            "{% set ns = namespace(a={}) %}{% for i in l %}{% set _ = ns.a.update({i: 1}) %}{% endfor %}{{ ns.a }}",
            &scope
        ),
        Ok("{1: 1, 2: 1, 3: 1}".into())
    );
}

#[test]
fn conditions_must_be_boolean() {
    let scope = sample();
    let ask = |text: &str| engine().condition(&Template::new(text, None), &scope).map_err(|e| e.to_string());
    assert_eq!(ask("n == 3 and s is defined"), Ok(true));
    assert_eq!(ask("{{ n == 3 }}"), Ok(true));
    assert_eq!(ask("'{{ n }}' == '3'"), Ok(false));
    assert!(ask("l").unwrap_err().contains("conditions must give true or false"));
    assert!(ask("").is_err());
    assert!(ask("nope").unwrap_err().contains("'nope' is undefined"));
}

#[test]
fn backslashes_in_braces_mean_themselves_but_not_in_template_files() {
    let scope = sample();
    assert_eq!(render(r"{{ 'a\nb' }}", &scope), Ok(r"'a\\nb'".into()));
    assert_eq!(render(r"{% set x = 'a\nb' %}{{ x }}", &scope), Ok(r"'a\nb'".into()));
    let text = engine().render_text(&Template::new(r"{{ 'a\tb' }}", None), &scope, &TextOptions::default());
    assert_eq!(text.unwrap(), "a\tb");
}

#[test]
fn a_template_file_keeps_its_last_newline_and_obeys_its_header() {
    let scope = sample();
    let text =
        |t: &str| engine().render_text(&Template::new(t, None), &scope, &TextOptions::default()).unwrap();
    assert_eq!(text("a {{ n }}\n"), "a 3\n");
    assert_eq!(text("{% if true %}\nx\n{% endif %}\n"), "x\n");
    assert_eq!(text("#jinja2: trim_blocks: False\n{% if true %}\nx\n{% endif %}\n"), "\nx\n");
    assert_eq!(
        text("#jinja2: variable_start_string: '[%', variable_end_string: '%]'\n[% n %]{{ n }}"),
        "3{{ n }}"
    );
}

#[test]
fn macros_loops_and_blocks_work_as_in_jinja() {
    let scope = sample();
    let cases = [
        ("{% macro f(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, 2) }}", "'1112'"),
        ("{% macro f() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, x=2) }}", "\"[1]{'x': 2}\""),
        ("{% macro f() %}<{{ caller(1) }}>{% endmacro %}{% call(x) f() %}{{ x }}{% endcall %}", "'<1>'"),
        ("{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{{ ',' if not loop.last }}{% endfor %}", "'12,23'"),
        ("{% for k, v in {'a': [1, {'b': [2]}]}.items() %}{{ k }}{{ v[0] }}{% endfor %}", "'a1'"),
        (
            "{% for x in [1,[2,[3]]] recursive %}{% if x is number %}{{ x }}{% else %}({{ loop(x) }}){% endif %}{% endfor %}",
            "'1(2(3))'",
        ),
        ("{% for x in [] %}a{% else %}b{% endfor %}", "'b'"),
        ("{{ 'abcdef'[1:4:2] }}{{ l[::-1] }}", "'bd[3, 2, 1]'"),
        ("{{ '%05.2f|%-4s|%x' % (3.14159, 'a', 255) }}", "'03.14|a   |ff'"),
        ("{{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 3 }} {{ 7 / 2 }} {{ 1e20 }}", "'-4 2 8 3.5 1e+20'"),
        ("{{ 'a' if n == 4 }}x", "'x'"),
        ("{{ +n }}", "3"),
        ("{% do l.append(1) if n == 3 %}{{ l }}", "[1, 2, 3, 1]"),
    ];
    for (template, expected) in cases {
        assert_eq!(render(template, &scope).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn the_engine_is_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Arc::new(engine()));
}
