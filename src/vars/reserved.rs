//! Names that are better not given to variables: keywords, and functions of templates.

use crate::diagnostic::Diagnostic;

/// Functions of templates, which a variable of the same name hides.
const FUNCTIONS: &[&str] = &[
    "cycler",
    "dict",
    "joiner",
    "lipsum",
    "lookup",
    "namespace",
    "now",
    "omit",
    "q",
    "query",
    "range",
    "undef",
];

/// Keywords of plays, roles, blocks and tasks.
// ansible: `vars` is none of them, and neither is `gather_subset`.
const KEYWORDS: &[&str] = &[
    "action",
    "always",
    "any_errors_fatal",
    "args",
    "async",
    "async_val",
    "become",
    "become_exe",
    "become_flags",
    "become_method",
    "become_user",
    "block",
    "changed_when",
    "check_mode",
    "collections",
    "connection",
    "debugger",
    "delay",
    "delegate_facts",
    "delegate_to",
    "diff",
    "environment",
    "fact_path",
    "failed_when",
    "force_handlers",
    "gather_facts",
    "gather_timeout",
    "handlers",
    "hosts",
    "ignore_errors",
    "ignore_unreachable",
    "local_action",
    "loop",
    "loop_control",
    "loop_with",
    "max_fail_percentage",
    "module_defaults",
    "name",
    "no_log",
    "notify",
    "order",
    "poll",
    "port",
    "post_tasks",
    "pre_tasks",
    "register",
    "remote_user",
    "rescue",
    "retries",
    "roles",
    "run_once",
    "serial",
    "strategy",
    "tags",
    "tasks",
    "throttle",
    "timeout",
    "until",
    "vars_files",
    "vars_prompt",
    "when",
    "with_",
];

/// What is to be said of a variable's name, if it is that of something else.
pub(crate) fn reserved(name: &str) -> Option<Diagnostic> {
    let what = match () {
        () if FUNCTIONS.contains(&name) => "function",
        () if KEYWORDS.contains(&name) => "keyword",
        () => return None,
    };
    let message = format!("a variable has the name of a {what}: `{name}`");
    let words = format!("Found variable using reserved name '{name}'.");
    Some(Diagnostic::warning("reserved-name", message).words(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keywords_and_functions_are_told() {
        let told = |name: &str| reserved(name).map(|found| found.message);
        assert_eq!(told("query").unwrap(), "a variable has the name of a function: `query`");
        assert_eq!(told("port").unwrap(), "a variable has the name of a keyword: `port`");
        assert!(told("vars").is_none() && told("gather_subset").is_none() && told("mine").is_none());
    }
}
