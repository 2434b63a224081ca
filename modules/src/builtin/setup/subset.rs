//! From the words of `gather_subset` to the collectors that are wanted.

use crate::sorting::Sorting;
use crate::sorting::Trees;
use std::collections::BTreeSet;

use super::all_names;
use super::collector::COLLECTORS;
use crate::Fail;

/// What is gathered even with `!all`, unless `!min` is there too.
const MINIMUM: [&str; 17] = [
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
    "user",
];

/// Collectors, and those whose facts they look at: these are gathered with them.
const NEEDED: [(&str, &[&str]); 4] = [
    ("hardware", &["platform"]),
    ("network", &["distribution", "platform"]),
    ("pkg_mgr", &["distribution"]),
    ("service_mgr", &["distribution", "platform"]),
];

/// The names of the collectors that the words ask for, beside the minimum.
pub(super) fn resolve(words: &[String]) -> Result<BTreeSet<&'static str>, Fail> {
    let known: BTreeSet<&'static str> = all_names().to_set();
    let everything: BTreeSet<&'static str> = known.iter().filter_map(|name| collector_of(name)).to_set();
    let mut added: BTreeSet<&'static str> = MINIMUM.into_iter().collect();
    let (mut removed, mut named) = (BTreeSet::new(), BTreeSet::new());
    if words.is_empty() {
        added.extend(&everything);
    }
    for word in words {
        match word.trim() {
            "all" => added.extend(&everything),
            "min" => {}
            "!min" => removed.extend(MINIMUM),
            "!all" => removed.extend(everything.iter().filter(|name| !MINIMUM.contains(name))),
            word => match word.strip_prefix('!') {
                // ansible: a fact cannot be left out of its family, nor is a name that nobody knows a mistake.
                Some(name) => removed.extend(everything.get(name.trim())),
                None => {
                    let found = known.get(word).and_then(|name| collector_of(name));
                    named.insert(found.ok_or_else(|| bad(word, &known))?);
                }
            },
        }
    }
    // ansible: what is asked for by its own name is gathered even where a family of it is left out
    let mut wanted: BTreeSet<_> = added.difference(&removed).chain(&named).copied().collect();
    for (name, needed) in NEEDED {
        if wanted.contains(name) {
            wanted.extend(needed);
        }
    }
    Ok(wanted)
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
