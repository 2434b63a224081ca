//! What users are told when a template fails.

use std::collections::HashMap;

use super::{Template, Value, Vars, engine, sample};
use crate::diagnostic::{Source, Span};

#[test]
fn errors_point_into_the_users_text() {
    let file = "- debug:\n    msg: \"{{ foo.bar }} {{ s | uper }}\"\n";
    let source = Source::new("play.yml", file);
    let start = file.find('"').unwrap() as u32;
    let place = Span::new(&source, start, file.len() as u32 - 1);
    let template = Template::new("{{ foo.bar }} {{ s | uper }}", Some(place));
    let found = engine().syntax_errors(&template, false);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "unknown filter `uper`");
    assert_eq!(found[0].hints, ["did you mean `upper`?"]);
    assert_eq!(found[0].place.as_ref().unwrap().0.to_string(), "play.yml:2:32");
    let error = engine().render(&template, &sample()).unwrap_err();
    assert_eq!(error.place().unwrap().to_string(), "play.yml:2:14");
    let broken = Template::new("{{ 1 + }}", None);
    assert_eq!(engine().syntax_errors(&broken, false).len(), 1);
}

fn placed(source: &std::sync::Arc<Source>, text: &str) -> std::sync::Arc<Template> {
    let start = source.text.find(text).unwrap() as u32;
    Template::new(text, Some(Span::new(source, start, start + text.len() as u32)))
}

#[test]
fn the_way_to_a_missing_value_is_shown() {
    let source =
        Source::new("play.yml", "vars:\n  a: x {{ b }}\n  b: y {{ nope }}\ntasks:\n  msg: z {{ a }}\n");
    let lazy = |text: &str| Value::Template(placed(&source, text));
    let scope = Vars(HashMap::from([("a".into(), lazy("x {{ b }}")), ("b".into(), lazy("y {{ nope }}"))]));
    let error = engine().render(&placed(&source, "z {{ a }}"), &scope).unwrap_err();
    assert_eq!(error.message(), "'nope' is undefined");
    assert_eq!(error.place().unwrap().to_string(), "play.yml:3:11");
    let trail: Vec<String> =
        error.trail().iter().map(|(step, place)| format!("{step} {}", place.as_ref().unwrap())).collect();
    assert_eq!(
        trail,
        ["while rendering variable `b` play.yml:2:11", "while rendering variable `a` play.yml:5:13"]
    );
}

#[test]
fn a_slip_in_a_name_is_answered_with_the_nearest() {
    let scope = super::vars(serde_json::json!({"packages": [1], "user": {"name": "ann"}}));
    let hints =
        |text: &str| engine().render(&Template::new(text, None), &scope).unwrap_err().hints().to_vec();
    assert_eq!(hints("{{ pakages }}"), ["did you mean `packages`?"]);
    assert_eq!(hints("{{ user.nmae }}"), ["did you mean `name`?"]);
    assert_eq!(hints("{{ 'a' | uppr }}"), ["did you mean `upper`?"]);
    assert_eq!(hints("{{ 'a' | replace('b', 'c', cuont=1) }}"), ["did you mean `count`?"]);
    assert!(hints("{{ completely_else }}").is_empty());
}

#[test]
fn an_endless_macro_is_an_error() {
    let scope = sample();
    let template = Template::new("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", None);
    let error = engine().render(&template, &scope).unwrap_err();
    assert_eq!(error.message(), "the template calls itself too deep");
}

#[test]
fn long_chains_of_variables_fit_the_stack_of_a_thread() {
    let link = |at: usize| (format!("v{at}"), Value::text(&format!("{{{{ v{} ~ '' }}}}", at + 1), None));
    let mut all: HashMap<String, Value> = (0..50).map(link).collect();
    all.insert("v50".into(), Value::str("end"));
    let render = move || engine().render(&Template::new("{{ v0 }}", None), &Vars(all)).unwrap().to_text();
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(render).unwrap();
    assert_eq!(thread.join().unwrap(), "end");
}

#[test]
fn a_condition_says_what_it_gave() {
    let error = engine().condition(&Template::new("l", None), &sample()).unwrap_err();
    assert_eq!(
        error.message(),
        "the condition gave `[1, 2, 3]` of type `list`; conditions must give true or false"
    );
    assert_eq!(error.hints(), ["write `… | length > 0` to ask whether it is empty"]);
}
