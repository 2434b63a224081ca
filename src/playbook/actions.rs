//! What reading asks about modules and actions, answered by the layers above.

/// The modules and actions there are.
pub(crate) trait Actions: Send + Sync {
    /// Whether there is a module or action of this name, as written (short or full).
    fn knows(&self, name: &str) -> bool;

    /// Whether the module has this option (or an alias of this name).
    fn has_option(&self, action: &str, option: &str) -> bool;

    /// Whether words that cannot be what a task's keyword wants are left for the run to meet, as Ansible does.
    fn is_lenient(&self) -> bool {
        false
    }

    /// All short names, for "did you mean".
    fn names(&self) -> Vec<String>;
}

/// The short name of a built-in action: `ansible.builtin.copy` and `ansible.legacy.copy` are `copy`.
pub(crate) fn short_name(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy.")).unwrap_or(name)
}

/// Actions whose text is one command line, in which only a few options are looked for.
pub(super) fn is_command(name: &str) -> bool {
    let name = name.strip_prefix("ansible.windows.").unwrap_or(short_name(name));
    matches!(name, "command" | "shell" | "raw" | "script" | "win_command" | "win_shell" | "expect")
}

/// Actions that take text without `=`.
pub(super) fn takes_text(name: &str) -> bool {
    let free = [
        "include_vars",
        "include_tasks",
        "include_role",
        "import_tasks",
        "import_role",
        "add_host",
        "group_by",
        "set_fact",
        "meta",
    ];
    is_command(name) || free.contains(&short_name(name))
}
