//! From the words of `gather_subset` to the collectors that are wanted.

use crate::sorting::Sorting;
use crate::sorting::Trees;
use std::collections::BTreeSet;

use super::all_names;
use super::collector::COLLECTORS;
use crate::Fail;

/// What is gathered even with `!all`, unless `!min` is there too.
const MINIMUM: [&str; 18] = [
    "apparmor",
    "caps",
    "cmdline",
    "date_time",
    "distribution",
    "dns",
    "env",
    "fips",
    "local",
    "lsb",
    "pkg_mgr",
    "platform",
    "python",
    "selinux",
    "service_mgr",
    "ssh_pub_keys",
    "systemd",
    "user",
];

/// The names of the collectors that the words ask for.
pub(super) fn resolve(words: &[String]) -> Result<BTreeSet<&'static str>, Fail> {
    let known: BTreeSet<&'static str> = all_names().to_set();
    let everything: BTreeSet<&'static str> = known.iter().filter_map(|name| collector_of(name)).to_set();
    let minimum: BTreeSet<&'static str> =
        MINIMUM.into_iter().filter(|name| everything.contains(name)).collect();
    let (mut added, mut removed, mut named) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut without_minimum = false;
    for word in words {
        match word.trim() {
            "all" => added.extend(&everything),
            "min" => added.extend(&minimum),
            "!min" => without_minimum = true,
            "!all" => removed.extend(everything.difference(&minimum)),
            word => {
                let (name, set) = match word.strip_prefix('!') {
                    Some(name) => (name.trim(), &mut removed),
                    None => (word, &mut named),
                };
                set.insert(
                    known.get(name).and_then(|name| collector_of(name)).ok_or_else(|| bad(name, &known))?,
                );
            }
        }
    }
    added.extend(&named);
    if added.is_empty() {
        added.extend(&everything);
    }
    if without_minimum {
        removed.extend(&minimum);
    } else {
        added.extend(minimum.difference(&removed));
    }
    // ansible: what is asked for by its own name is gathered even where a family of it is left out
    Ok(added.into_iter().filter(|name| named.contains(name) || !removed.contains(name)).collect())
}

fn collector_of(name: &'static str) -> Option<&'static str> {
    let found = COLLECTORS.iter().find(|it| it.name == name || it.facts.contains(&name)).map(|it| it.name);
    found.or(matches!(name, "local" | "facter" | "ohai" | "python").then_some(name))
}

fn bad(name: &str, known: &BTreeSet<&'static str>) -> Fail {
    let mut allowed: Vec<&str> = known.iter().copied().chain(["all", "min"]).collect();
    allowed.put_in_order();
    let allowed = allowed.join(", ");
    Fail::new(format!("Bad subset '{name}' given to Ansible. gather_subset options allowed: {allowed}"))
}
