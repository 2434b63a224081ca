//! What users are told when a template fails.

use std::collections::HashMap;

use super::{Template, Value, Vars, engine, sample};
use crate::diagnostic::{Source, Span};
use crate::template::Way;

#[test]
fn errors_point_into_the_users_text() {
    let file = "- debug:\n    msg: \"{{ foo.bar }} {{ s | uper }}\"\n";
    let source = Source::new("play.yml", file);
    let start = file.find('"').unwrap() as u32;
    let place = Span::new(&source, start, file.len() as u32 - 1);
    let template = Template::new("{{ foo.bar }} {{ s | uper }}", Some(place));
    let found = engine().syntax_errors(&template, false);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].diagnostic.message, "unknown filter `uper`");
    assert_eq!(found[0].diagnostic.hints, ["did you mean `upper`?"]);
    assert_eq!(found[0].diagnostic.place.as_ref().unwrap().0.to_string(), "play.yml:2:32");
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
    assert_eq!(error.kind(), crate::template::ErrorKind::Recursion);
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

#[test]
fn broken_templates_are_explained() {
    let cases = [
        ("{% if x %}a", "`if` is never closed", Some("close it with `{% endif %}`")),
        ("{% for x in l %}a{% endif %}", "expected `endfor`, found `endif`", None),
        ("{% endif %}", "`endif` without what it belongs to", None),
        ("{% foo %}", "unknown statement `foo`", Some("did you mean `for`?")),
        ("{% if x %}{% else if y %}{% endif %}", "unexpected `if`, expected `%}`", Some("write `elif`")),
        ("{% if x = 1 %}{% endif %}", "unexpected `=`, expected `%}`", Some("write `==` to compare")),
        ("{{ x", "`}}` is missing", None),
        ("{{ x y }}", "unexpected `y`, expected `}}`", None),
        ("{{ 'abc }}", "the string is not closed", None),
        ("{{ a && b }}", "unexpected `&`", Some("write `and`")),
        ("{{ a || b }}", "unexpected `|`, expected identifier", Some("write `or`")),
        ("{{ !a }}", "unexpected `!`", Some("write `not`")),
        ("{{ lookup('fiel', 'x') }}", "unknown look-up `fiel`", Some("did you mean `file`?")),
        ("{{ x is definde }}", "unknown test `definde`", Some("did you mean `defined`?")),
    ];
    for (template, message, hint) in cases {
        let found = engine().syntax_errors(&Template::new(template, None), false);
        assert_eq!(found[0].diagnostic.message, message, "{template}");
        assert_eq!(found[0].diagnostic.hints.first().map(String::as_str), hint, "{template}");
    }
}

#[test]
fn blanks_beyond_ascii_are_blanks_in_expressions() {
    let blanks = "{{\u{a0}x\u{3000}+ '\u{a0}'\u{a0}}}";
    assert!(engine().syntax_errors(&Template::new(blanks, None), false).is_empty());
    assert!(engine().syntax_errors(&Template::new("x\u{a0}== 1", None), true).is_empty());
    assert!(!engine().syntax_errors(&Template::new("x \u{b7} 1", None), true).is_empty());
}

#[test]
fn broken_conditions_are_explained() {
    let cases = [
        ("x ==", "unexpected end, expected expression", None),
        ("x = 1", "unexpected `=` after the expression", Some("write `==` to compare")),
        ("{{ n }} == 3", "unexpected `}`, expected `:`", Some("expressions stand without `{{ }}` here")),
    ];
    for (template, message, hint) in cases {
        let found = engine().syntax_errors(&Template::new(template, None), true);
        assert_eq!(found[0].diagnostic.message, message, "{template}");
        assert_eq!(found[0].diagnostic.hints.first().map(String::as_str), hint, "{template}");
    }
}

#[test]
fn everything_of_jinja_and_ansible_is_there() {
    let filters = "abs attr b64decode b64encode basename batch bool capitalize center checksum combinations combine \
        comment commonpath count d default dict2items dictsort difference dirname e escape expanduser expandvars \
        extract fileglob filesizeformat first flatten float forceescape format from_json from_yaml from_yaml_all \
        groupby hash human_readable human_to_bytes indent int intersect items items2dict join last length list log \
        lower mandatory map max md5 min normpath password_hash path_join permutations pow pprint product quote random \
        realpath regex_escape regex_findall regex_replace regex_search reject rejectattr rekey_on_member relpath \
        replace reverse root round safe select selectattr sha1 shuffle slice sort split splitext strftime string \
        striptags subelements sum symmetric_difference ternary title to_datetime to_json to_nice_json to_nice_yaml \
        to_uuid to_yaml tojson trim truncate type_debug union unique unvault upper urldecode urlencode urlize urlsplit \
        vault win_basename win_dirname win_splitdrive wordcount wordwrap xmlattr zip zip_longest";
    let tests = "abs all any boolean callable change changed contains defined directory divisibleby eq equalto escaped \
        even exists failed failure false falsy file filter finished float ge greaterthan gt in integer is_abs is_dir \
        is_file is_link is_mount is_same_file isnan issubset issuperset iterable le lessthan link link_exists lower lt \
        mapping match mount nan ne none number odd reachable regex same_file sameas search sequence skip skipped \
        started string subset succeeded success successful superset test timedout true truthy undefined unreachable \
        upper uri url urn vault_encrypted vaulted_file version version_compare";
    let lookups = "config csvfile dict env file fileglob first_found indexed_items ini inventory_hostnames items lines \
        list nested password pipe random_choice sequence subelements template together unvault url varnames vars";
    let engine = engine();
    let missing = |names: &str, known: &dyn Fn(&str) -> bool| -> Vec<String> {
        names.split_whitespace().filter(|n| !known(n)).map(str::to_owned).collect()
    };
    assert!(missing(filters, &|n| engine.filter(n).is_ok()).is_empty());
    assert!(missing(tests, &|n| engine.test(n).is_ok()).is_empty());
    assert!(missing(lookups, &|n| engine.lookup_named(n).is_ok()).is_empty());
    for plugin in crate::template::check::plugins() {
        assert!(plugin.doc.ends_with('.') && plugin.doc.len() > 5, "{} has no doc", plugin.name);
    }
}

#[test]
fn what_is_too_long_is_an_error_and_no_crash() {
    let run = |text: String| {
        let render = move || engine().render(&Template::new(text, None), &sample()).map(|v| v.repr());
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(render).unwrap();
        thread.join().unwrap().map_err(|e| e.message().to_owned())
    };
    assert_eq!(run(format!("{{{{ 1{} }}}}", " + 1".repeat(1000))).as_deref(), Ok("1001"));
    assert_eq!(
        run(format!("{{{{ 1{} }}}}", " | string".repeat(2000))).unwrap_err(),
        "the expression is too long"
    );
    assert!(run(format!("{{{{ {}1{} }}}}", "[".repeat(500), "]".repeat(500))).is_err());
}

#[test]
fn ansibles_words_say_what_it_was_that_failed() {
    let scope = vars_of_errors();
    let said = |text: &str| engine().render(&Template::new(text, None), &scope).unwrap_err().said();
    let plugin = |kind: &str, name: &str| format!("The {kind} plugin '{name}' failed: ");
    assert!(said("{{ '{' | from_json }}").starts_with(&plugin("filter", "ansible.builtin.from_json")));
    // The innermost is named, also through variables.
    assert!(
        said("{{ ['{'] | map('from_json') }}").starts_with(&plugin("filter", "ansible.builtin.from_json"))
    );
    assert!(said("{{ inner }} x").starts_with(&plugin("test", "ansible.builtin.divisibleby")));
    assert!(
        said("{{ 'a' | community.general.dict }}").starts_with(&plugin("filter", "community.general.dict"))
    );
    assert_eq!(said("{{ 1 | nosuch }}"), "Syntax error in template: No filter named 'nosuch'.");
    assert_eq!(
        said("{{ [1] | map('nosuch') }}"),
        "The filter plugin 'ansible.builtin.map' failed: No filter named 'nosuch'."
    );
    assert_eq!(said("{{ lookup('nosuch') }}"), "The lookup plugin 'nosuch' was not found.");
    assert_eq!(said("{{ nope | int }}"), "'nope' is undefined");
    let sum = "unsupported operand type(s) for +: 'int' and 'str'";
    assert_eq!(said("{{ 1 + 'a' }}"), format!("Error rendering template: {sum}"));
    let unheld = |text: &str| engine().condition(&Template::new(text, None), &scope).unwrap_err().said();
    assert_eq!(unheld("1 + 'a'"), format!("Error rendering expression: {sum}"));
    assert_eq!(unheld("1 is nosuch"), "Syntax error in expression: No test named 'nosuch'.");
    assert!(unheld("1 +").starts_with("Syntax error in expression: "));
    assert!(unheld("n").starts_with("Conditional result (True) was derived from value of type 'int' at "));
}

fn vars_of_errors() -> Vars {
    super::vars(serde_json::json!({"n": 3, "inner": "{{ 'a' is divisibleby 3 }}"}))
}

#[test]
fn names_that_collections_have_moved_are_followed() {
    let engine = engine();
    engine.follow(Box::new(|kind, name| Way {
        name: match name {
            "my.own.old" => "ansible.builtin.upper".into(),
            other => other.into(),
        },
        deprecations: vec![format!("{name} will go")],
        refusal: (name == "my.own.gone").then(|| format!("this {kind} is gone")),
    }));
    let render = |text: &str| engine.render(&Template::new(text, None), &sample());
    assert_eq!(render("{{ 'a' | my.own.old }}").unwrap().to_text(), "A");
    assert_eq!(engine.take_warnings()[0].message, "my.own.old will go");
    let said = |text: &str| render(text).unwrap_err().said();
    assert_eq!(
        said("{{ 'a' is my.own.gone }}"),
        "The test plugin 'my.own.gone' failed to load: this test is gone"
    );
    assert_eq!(said("{{ 'a' | my.own.new }}"), "Syntax error in template: No filter named 'my.own.new'.");
    engine.take_warnings();
    assert!(engine.syntax_errors(&Template::new("{{ 1 | my.own.old }}", None), false).is_empty());
    assert!(engine.take_warnings().is_empty(), "what is only read is not used");
}

#[test]
fn what_could_not_be_held_is_refused_before_it_is_tried() {
    for text in [
        "'%1000000000000d' % 1",
        "'%.1000000000000f' % 1.5",
        "'%*d' % (1000000000000, 1)",
        "'a' | center(10**15)",
        "'a'.ljust(10**15)",
        "'a'.expandtabs(10**15)",
        "'a' | indent(10**15)",
        "[1, 2] | batch(10**15, 'x')",
        "[1, 2] | slice(10**15)",
        "{} | to_json(indent=10**15)",
        "'a' | comment(prefix_count=10**15)",
        "'{0:>1000000000000}'.format(1)",
        "query('sequence', 'start=0 end=5 format=%1000000000000d')",
        "query('sequence', 'count=170141183460469231731687303715884105727 stride=3')",
        "'1mo' | to_time_unit('s', month=170141183460469231731687303715884105727)",
        "'170141183460469231731687303715884105727ms 1ms' | to_time_unit('s')",
    ] {
        let template = Template::new(format!("{{{{ {text} }}}}"), None);
        let error = engine().render(&template, &sample()).unwrap_err();
        assert_eq!(error.kind(), crate::template::ErrorKind::Failed, "{text}");
    }
    let most = "170141183460469231731687303715884105727";
    let text = format!("{{{{ query('sequence', 'start={most} end={most}') }}}}");
    let found = engine().render(&Template::new(text, None), &sample()).unwrap();
    assert_eq!(found.repr(), format!("['{most}']"));
}
