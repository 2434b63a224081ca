//! When what a container has is as wanted: by the kind of the property and the user's `comparisons`.

use std::collections::BTreeMap;

use super::options::Properties;
use crate::Fail;
use crate::args::{Flatten, Map, Value};

/// How strictly a property is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Not at all.
    Ignore,
    /// All that is wanted is there, and perhaps more.
    AllowMorePresent,
    /// Neither more nor less.
    Strict,
}

/// How the values of a property are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One value.
    Single,
    /// A list whose order matters.
    List,
    /// A list whose order does not.
    Set,
    /// A dictionary.
    Map,
    /// A list of dictionaries, in any order, of which only the wanted entries count.
    Maps,
}

/// Options that hold no list, set or dictionary, but are not in the table by their own name.
const SINGLE: [&str; 7] =
    ["detach", "image", "interactive", "network_mode", "platform", "publish_all_ports", "restart_policy"];

/// The user's wishes on comparison, by option.
#[derive(Debug, Default)]
pub(super) struct Comparisons {
    all: Option<Comparison>,
    of: BTreeMap<&'static str, Comparison>,
}

impl Comparisons {
    /// The `comparisons` of the task, or all that is wrong with them.
    pub(super) fn read(
        given: &Map<String, Value>,
        kind: fn(&str) -> Option<Kind>,
    ) -> Result<Self, Vec<Fail>> {
        let (mut read, mut problems) = (Self::default(), Vec::new());
        for (key, value) in given {
            let word = value.as_str().unwrap_or_default();
            let comparison = match word {
                "strict" => Some(Comparison::Strict),
                "ignore" => Some(Comparison::Ignore),
                "allow_more_present" if key != "*" => Some(Comparison::AllowMorePresent),
                _ => None,
            };
            match (comparison, option(key)) {
                (None, _) if key == "*" => problems.push(Fail::new(format!(
                    "`*` of `comparisons` takes `strict` or `ignore`, found {}",
                    crate::args::describe(value)
                ))),
                (None, _) => problems.push(Fail::new(format!(
                    "`{key}` of `comparisons` takes `strict`, `ignore` or `allow_more_present`, found {}",
                    crate::args::describe(value)
                ))),
                (all, _) if key == "*" => read.all = all,
                (_, None) => problems
                    .push(Fail::new(format!("`{key}` of `comparisons` is no property of a container"))),
                (Some(Comparison::AllowMorePresent), Some(name))
                    if SINGLE.contains(&name) || kind(name) == Some(Kind::Single) =>
                {
                    problems.push(Fail::new(format!(
                        "`{key}` is one value: its comparison cannot be `allow_more_present`"
                    )));
                }
                (Some(comparison), Some(name)) => drop(read.of.insert(name, comparison)),
            }
        }
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }

    /// Compares an option in this way unless the user said otherwise: for what older options meant.
    pub(super) fn suggest(&mut self, name: &'static str, comparison: Comparison) {
        self.of.entry(name).or_insert(comparison);
    }

    /// How an option is compared.
    pub(super) fn of(&self, option: &str, kind: Kind) -> Comparison {
        // ansible: other times to stop change no container
        let default = match kind {
            _ if option == "stop_timeout" => Comparison::Ignore,
            Kind::Single | Kind::List => Comparison::Strict,
            Kind::Set | Kind::Map | Kind::Maps => Comparison::AllowMorePresent,
        };
        let option = if option == "volume_binds" { "volumes" } else { option };
        self.of.get(option).copied().or(self.all).unwrap_or(default)
    }
}

/// The property that a key of `comparisons` means.
fn option(key: &str) -> Option<&'static str> {
    let options = <Properties as Flatten>::OPTIONS;
    let found = options.iter().find(|option| option.names().any(|name| name == key));
    let name = found.map(|option| option.name).or((key == "image").then_some("image"));
    name.filter(|name| *name != "env_file")
}

/// Whether what was found is as wanted.
pub(super) fn matches(wanted: &Value, found: &Value, comparison: Comparison, kind: Kind) -> bool {
    if comparison == Comparison::Ignore || wanted == found {
        return true;
    }
    let strict = comparison == Comparison::Strict;
    match kind {
        Kind::Single => false,
        Kind::List if strict => items(wanted) == items(found),
        Kind::List => {
            let mut rest = items(found).iter();
            items(wanted).iter().all(|item| rest.any(|other| other == item))
        }
        Kind::Set => {
            let within = |some: &Value, all: &Value| items(some).iter().all(|item| items(all).contains(item));
            within(wanted, found) && (!strict || within(found, wanted))
        }
        Kind::Map => {
            let count = |value: &Value| value.as_object().map_or(0, Map::len);
            has_entries(wanted, found) && (!strict || count(wanted) == count(found))
        }
        Kind::Maps => {
            let paired = |item: &Value, other: &Value| has_entries(item, other);
            items(wanted).iter().all(|item| items(found).iter().any(|other| paired(item, other)))
                && (!strict
                    || items(found).iter().all(|other| items(wanted).iter().any(|item| paired(item, other))))
        }
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether a dictionary has all entries of another.
fn has_entries(wanted: &Value, found: &Value) -> bool {
    let entries = wanted.as_object().into_iter().flatten();
    entries.into_iter().all(|(key, value)| found.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_is_compared_in_its_way() {
        use Comparison::{AllowMorePresent as More, Ignore, Strict};
        let cases = [
            (json!(1), json!(2), Kind::Single, [false, false]),
            (json!(null), json!(false), Kind::Single, [false, false]),
            (json!(["a", "c"]), json!(["a", "b", "c"]), Kind::List, [false, true]),
            (json!(["c", "a"]), json!(["a", "c"]), Kind::List, [false, false]),
            (json!([]), json!(null), Kind::List, [true, true]),
            (json!(["c", "a"]), json!(["a", "c"]), Kind::Set, [true, true]),
            (json!(["a"]), json!(["a", "c"]), Kind::Set, [false, true]),
            (json!(["a"]), json!(null), Kind::Set, [false, false]),
            (json!({"a": "1"}), json!({"a": "1", "b": "2"}), Kind::Map, [false, true]),
            (json!({"a": "1"}), json!({"a": "2"}), Kind::Map, [false, false]),
            (json!({}), json!(null), Kind::Map, [true, true]),
            (json!([{"a": 1}]), json!([{"a": 1, "b": 2}]), Kind::Maps, [true, true]),
            (json!([{"a": 1}]), json!([{"a": 1}, {"a": 3}]), Kind::Maps, [false, true]),
            (json!([{"a": 1}]), json!([{"b": 1}]), Kind::Maps, [false, false]),
        ];
        for (wanted, found, kind, [strict, more]) in cases {
            assert_eq!(matches(&wanted, &found, Strict, kind), strict, "{wanted} {found} strict");
            assert_eq!(matches(&wanted, &found, More, kind), more, "{wanted} {found} more");
            assert!(matches(&wanted, &found, Ignore, kind));
        }
    }

    fn read(given: Value) -> Result<Comparisons, Vec<Fail>> {
        Comparisons::read(given.as_object().unwrap(), super::super::table::kind)
    }

    #[test]
    fn the_star_is_for_all_that_are_not_named() {
        let read = read(json!({"*": "ignore", "env": "strict", "ports": "allow_more_present"})).unwrap();
        assert_eq!(read.of("env", Kind::Set), Comparison::Strict);
        assert_eq!(read.of("published_ports", Kind::Map), Comparison::AllowMorePresent);
        assert_eq!(read.of("image", Kind::Single), Comparison::Ignore);
        let none = Comparisons::default();
        assert_eq!(none.of("stop_timeout", Kind::Single), Comparison::Ignore);
        assert_eq!(none.of("command", Kind::List), Comparison::Strict);
        assert_eq!(none.of("labels", Kind::Map), Comparison::AllowMorePresent);
    }

    #[test]
    fn all_mistakes_are_said() {
        let given = json!({"*": "allow_more_present", "pull": "strict", "tty": "allow_more_present",
            "env": "exact", "detach": "allow_more_present"});
        let problems: Vec<String> = read(given).unwrap_err().into_iter().map(|fail| fail.message).collect();
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(problems.iter().any(|text| text == "`pull` of `comparisons` is no property of a container"));
        assert!(
            problems
                .iter()
                .any(|text| text == "`tty` is one value: its comparison cannot be `allow_more_present`")
        );
    }
}
