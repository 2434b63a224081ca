//! The actions that are part of the language itself, declared like modules.

use baton_modules::args;
use baton_modules::args::{Args, Map, Spec, Value};

use crate::playbook::short_name;

args! {
    /// Read tasks from a file while running.
    pub struct IncludeTasks as "include_tasks" {
        /// The file.
        file: Option<String>,
        /// The file, as text.
        _raw_params: Option<String>,
        /// Keywords for the tasks of the file.
        apply: Option<Map<String, Value>>,
    }
    rules [RequiredOneOf(&["file", "_raw_params"]), MutuallyExclusive(&["file", "_raw_params"])]
}

args! {
    /// Read tasks from a file before the run.
    pub struct ImportTasks as "import_tasks" {
        /// The file.
        file: Option<String>,
        /// The file, as text.
        _raw_params: Option<String>,
    }
    rules [RequiredOneOf(&["file", "_raw_params"]), MutuallyExclusive(&["file", "_raw_params"])]
}

args! {
    /// Apply a role while running.
    pub struct IncludeRole as "include_role" {
        /// The name of the role.
        #[alias("role")]
        name: String,
        /// The file of its `tasks` to begin with.
        tasks_from: String = "main",
        /// The file of its `vars` to read.
        vars_from: String = "main",
        /// The file of its `defaults` to read.
        defaults_from: String = "main",
        /// The file of its `handlers` to read.
        handlers_from: String = "main",
        /// Whether it runs again where it has run before.
        allow_duplicates: bool = "true",
        /// Whether its variables are seen by later tasks of the play.
        public: bool = "false",
        /// Whether its arguments are checked against its `argument_specs`.
        rolespec_validate: bool = "true",
        /// Keywords for the tasks of the role.
        apply: Option<Map<String, Value>>,
    }
}

args! {
    /// Apply a role, read before the run.
    pub struct ImportRole as "import_role" {
        /// The name of the role.
        #[alias("role")]
        name: String,
        /// The file of its `tasks` to begin with.
        tasks_from: String = "main",
        /// The file of its `vars` to read.
        vars_from: String = "main",
        /// The file of its `defaults` to read.
        defaults_from: String = "main",
        /// The file of its `handlers` to read.
        handlers_from: String = "main",
        /// Whether it runs again where it has run before.
        allow_duplicates: bool = "true",
        /// Whether its variables are seen by later tasks of the play.
        public: bool = "true",
        /// Whether its arguments are checked against its `argument_specs`.
        rolespec_validate: bool = "true",
    }
}

args! {
    /// Tell baton itself something.
    pub struct Meta as "meta" {
        /// What: `flush_handlers`, `end_host`, `refresh_inventory` …
        _raw_params: String,
    }
}

/// What `meta` can be told.
pub(super) const META: &[&str] = &[
    "clear_facts",
    "clear_host_errors",
    "end_batch",
    "end_host",
    "end_play",
    "end_role",
    "flush_handlers",
    "noop",
    "refresh_inventory",
    "reset_connection",
];

static SPECS: [Spec; 5] =
    [IncludeTasks::SPEC, ImportTasks::SPEC, IncludeRole::SPEC, ImportRole::SPEC, Meta::SPEC];

/// The declaration of a part of the language.
pub(super) fn spec(name: &str) -> Option<&'static Spec> {
    let short = short_name(name);
    SPECS.iter().find(|spec| spec.name == short)
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SPECS.iter().map(|spec| spec.name)
}
