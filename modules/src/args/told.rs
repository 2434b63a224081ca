//! What is wrong with arguments, as a task's result tells it: playbooks look for Ansible's phrases in `msg`.

use super::problem::{ArgProblem, ProblemKind};

/// What Ansible refuses on the controller, in other words than a module does.
const ACTIONS: &[&str] = &["fail", "group_by", "set_stats", "wait_for_connection"];

/// All mistakes, one on a line, each with its hint.
pub fn told(problems: &[ArgProblem]) -> String {
    let line = |problem: &ArgProblem| match problem.kind.meant().and_then(|_| problem.hint()) {
        Some(hint) => format!("{}; {hint}", phrase(problem)),
        None => phrase(problem),
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn phrase(problem: &ArgProblem) -> String {
    let within = match problem.within() {
        place if place.is_empty() => String::new(),
        place => format!(" found in {place}"),
    };
    match &problem.kind {
        ProblemKind::Unknown { name, .. } if ACTIONS.contains(&problem.module.as_str()) => {
            format!("Invalid options for {}: {name}", problem.module)
        }
        ProblemKind::Unknown { name, .. } => {
            format!("Unsupported parameters for ({}) module: {}{name}", problem.module, prefix(problem))
        }
        ProblemKind::Missing { name } => format!("missing required arguments: {name}{within}"),
        ProblemKind::Exclusive { of, .. } => {
            format!("parameters are mutually exclusive: {}{within}", of.join("|"))
        }
        ProblemKind::OneOf { of } => {
            format!("one of the following is required: {}{within}", of.join(", "))
        }
        ProblemKind::BadValue { mismatch, .. } => match mismatch.expected.as_str() {
            "an integer" => format!("{problem}: unable to convert to int"),
            "a number" => format!("{problem}: unable to convert to int or float"),
            "a boolean" => format!("{problem}: not a valid boolean"),
            _ => problem.to_string(),
        },
        _ => problem.to_string(),
    }
}

/// The dictionary that an unknown option stands in, as Ansible writes it: `ports.`.
fn prefix(problem: &ArgProblem) -> String {
    match problem.within() {
        place if place.is_empty() => place,
        place => format!("{place}."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn results_tell_mistakes_in_the_phrases_that_playbooks_look_for() {
        let fails = |module, args| Sandbox::new(module).fails(args);
        let said = fails("shell", json!({"cmd": "true", "expand_argument_vars": false}));
        assert_eq!(said, "Unsupported parameters for (shell) module: expand_argument_vars");
        assert_eq!(fails("slurp", json!({})), "missing required arguments: src");
        assert!(fails("command", json!({})).starts_with("one of the following is required: "));
        let said = fails("command", json!({"cmd": "a", "argv": ["b"]}));
        assert_eq!(said, "parameters are mutually exclusive: _raw_params|cmd|argv");
        let said = fails("wait_for", json!({"timeout": "soon"}));
        assert!(said.ends_with("found `soon`: unable to convert to int"), "{said}");
    }
}
