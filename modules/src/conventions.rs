//! What every module keeps to, as tests over the table.

use std::collections::BTreeSet;
use std::path::Path;

use crate::MODULES;
use crate::args::{CheckSupport, Kind, Spec};

fn source(name: &str) -> Option<String> {
    let builtin = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/builtin");
    let beside = std::fs::read_to_string(builtin.join(name).join("tests.rs")).unwrap_or_default();
    let directory = std::fs::read_to_string(builtin.join(name).join("mod.rs"));
    let text = std::fs::read_to_string(builtin.join(format!("{name}.rs"))).or(directory).ok()?;
    Some(text + &beside)
}

#[test]
fn every_module_is_a_file_of_its_name_with_a_test_that_runs_it() {
    for entry in MODULES {
        let name = entry.spec.name;
        let text = source(name).unwrap_or_else(|| panic!("no src/builtin/{name}.rs"));
        let wanted = [".converges(", ".reads(", ".performs("];
        assert!(wanted.iter().any(|call| text.contains(call)), "`{name}` has no test with one of {wanted:?}");
        let foretells = !matches!(entry.check, CheckSupport::None(_));
        assert!(foretells || text.contains(".performs("), "`{name}` cannot foretell, but no test `performs`");
        assert!(text.starts_with("//! "), "`{name}` does not open with `//!`");
        assert!(!text.contains("if target.check"), "`{name}` looks at check mode");
    }
}

#[test]
fn names_are_given_once() {
    let names: Vec<&str> = MODULES.iter().map(|entry| entry.spec.name).collect();
    let once: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), once.len(), "a name stands twice in MODULES");
}

#[test]
fn every_option_and_return_value_is_explained() {
    for entry in MODULES {
        let name = entry.spec.name;
        assert!(!entry.spec.doc().is_empty(), "`{name}` says nothing about itself");
        assert!(entry.examples.contains(name), "`{name}` has no example of itself");
        options_are_explained(name, &entry.spec);
        for value in entry.returns {
            assert!(!value.doc().is_empty(), "return value `{}` of `{name}` is not explained", value.name);
        }
    }
}

fn options_are_explained(module: &str, spec: &Spec) {
    let mut seen = BTreeSet::new();
    for option in spec.options {
        let at = format!("option `{}` of `{module}`", option.name);
        assert!(!option.doc().is_empty(), "{at} is not explained");
        for name in option.names() {
            assert!(seen.insert(name), "the name `{name}` stands twice in `{module}`");
        }
        if let Some(default) = option.default {
            let read = (option.ty.check)(&default.into());
            assert!(read.is_ok(), "the default of {at} is not one of its values: {read:?}");
        }
        match option.ty.kind {
            Kind::Options(inner) => options_are_explained(&at, inner),
            Kind::List(element) => {
                if let Kind::Options(inner) = element.kind {
                    options_are_explained(&at, inner);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn rules_name_options_that_exist() {
    use crate::args::Rule::*;
    for entry in MODULES {
        for rule in entry.spec.rules {
            let names: Vec<&str> = match rule {
                MutuallyExclusive(of) | RequiredOneOf(of) | RequiredTogether(of) => of.to_vec(),
                RequiredIf(option, _, of) | RequiredIfAny(option, _, of) | RequiredBy(option, of) => {
                    of.iter().chain([option]).copied().collect()
                }
            };
            for name in names {
                let known = entry.spec.options.iter().any(|option| option.name == name);
                assert!(known, "a rule of `{}` names `{name}`, no option of it", entry.spec.name);
            }
        }
    }
}
