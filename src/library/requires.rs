//! Which versions of Ansible a collection is for: `requires_ansible` in `meta/runtime.yml`.

use std::cmp::Ordering;

use super::search::Library;
use crate::diagnostic::{Diagnostic, Severity};
use crate::yaml::Node;

/// The version of ansible-core whose playbooks mean the same here.
pub(crate) const ANSIBLE_VERSION: &str = "2.19.14";

impl Library {
    /// What is to be said of a collection that is used: that it is for other versions.
    pub(crate) fn unfit(&self, collection: &str) -> Option<Diagnostic> {
        let severity = self.settings.unfit?;
        let runtime = self.runtime(collection)?;
        let wanted = runtime.get("requires_ansible").and_then(Node::as_str)?;
        let (severity, message) = match fits(wanted, ANSIBLE_VERSION) {
            Some(true) => return None,
            Some(false) => (
                severity,
                format!("Collection {collection} does not support Ansible version {ANSIBLE_VERSION}"),
            ),
            None => (
                Severity::Warning,
                format!(
                    "Error parsing collection metadata requires_ansible value from collection {collection}: \
                     Invalid specifier: '{wanted}'"
                ),
            ),
        };
        let told =
            format!("the collection `{collection}` is not for ansible-core {ANSIBLE_VERSION}: `{wanted}`");
        Some(Diagnostic { severity, ..Diagnostic::error("collection-version", told).words(message) })
    }
}

/// Whether a version is within all of these bounds, written as Python writes them; `None` where they are none.
fn fits(bounds: &str, version: &str) -> Option<bool> {
    let mut all = true;
    for bound in bounds.split(',').map(str::trim).filter(|bound| !bound.is_empty()) {
        let operators = ["===", "==", "!=", "~=", ">=", "<=", ">", "<"];
        let operator = operators.into_iter().find(|operator| bound.starts_with(operator))?;
        all &= within(operator, bound[operator.len()..].trim(), version)?;
    }
    Some(all)
}

fn within(operator: &str, bound: &str, version: &str) -> Option<bool> {
    let (ours, _) = release(version)?;
    if let (Some(series), "==" | "!=") = (bound.strip_suffix(".*"), operator) {
        let (series, _) = release(series)?;
        return Some(ours.starts_with(&series) == (operator == "=="));
    }
    let (theirs, rest) = release(bound)?;
    let order = compared(&ours, &theirs, rest);
    Some(match operator {
        "==" | "===" => order.is_eq(),
        "!=" => order.is_ne(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        _ => {
            let (_, series) = theirs.split_last().filter(|(_, series)| !series.is_empty())?;
            order.is_ge() && ours.starts_with(series)
        }
    })
}

/// The numbers at the start of a version, and what follows them.
fn release(version: &str) -> Option<(Vec<u64>, &str)> {
    let mut rest = version.strip_prefix('v').unwrap_or(version);
    let mut numbers = Vec::new();
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        numbers.push(rest[..end].parse().ok()?);
        rest = &rest[end..];
        match rest.strip_prefix('.').filter(|more| more.starts_with(|c: char| c.is_ascii_digit())) {
            Some(more) => rest = more,
            None => return Some((numbers, rest)),
        }
    }
}

/// How our release stands to another, which may be one before or after its release.
fn compared(ours: &[u64], theirs: &[u64], rest: &str) -> Ordering {
    let at = |numbers: &[u64], index: usize| numbers.get(index).copied().unwrap_or(0);
    let length = ours.len().max(theirs.len());
    let numbers = (0..length).map(|index| at(ours, index).cmp(&at(theirs, index)));
    let later = rest.contains("post") || rest.starts_with('-');
    numbers.fold(Ordering::Equal, Ordering::then).then(match (rest, later) {
        ("", _) => Ordering::Equal,
        (_, true) => Ordering::Less,
        (_, false) => Ordering::Greater,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_mean_what_they_mean_to_python() {
        let within = [
            "",
            ">=2.9.10",
            " >= 2.9 , < 3 ",
            "==2.19.*",
            "==2.19.14",
            "~=2.19",
            "~=2.19.0",
            ">2.19",
            ">=2.19.14rc1",
            "<2.20.dev0",
            "===2.19.14",
            ">=2.16.0-0",
            "<2.19.15b1",
            ">=v2.9",
            ">=2.19.14.0",
        ];
        let beyond = [
            ">=2.9.10,<2.11",
            ">=3",
            "==2.19",
            "!=2.19.*",
            "~=2.18.0",
            ">2.19.14",
            "<=2.19",
            ">=2.19.15.dev0",
        ];
        for bounds in within {
            assert_eq!(fits(bounds, "2.19.14"), Some(true), "{bounds}");
        }
        for bounds in beyond {
            assert_eq!(fits(bounds, "2.19.14"), Some(false), "{bounds}");
        }
        for bounds in ["x", "2.9", "~=2", ">="] {
            assert_eq!(fits(bounds, "2.19.14"), None, "{bounds}");
        }
    }
}
