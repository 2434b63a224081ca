//! The one table of Ansible's keywords: it drives reading, "did you mean", inheritance
//! and the generated page.

/// Where a keyword may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    Play,
    Role,
    Block,
    Task,
    Handler,
    /// `import_playbook:`
    ImportPlaybook,
    LoopControl,
}

/// What kind of value a keyword takes. Every kind but the structural ones may be a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Number,
    Text,
    /// A string or a list of strings.
    Names,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// The name of a variable.
    Identifier,
    /// Variables: a mapping or a list of mappings.
    Vars,
    /// A mapping, or a list of mappings.
    Mappings,
    /// A bare expression, a boolean, or a list of such.
    Condition,
    Tags,
    Tasks,
    Roles,
    /// Read by code of its own.
    Structure,
}

/// One keyword.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub name: &'static str,
    pub sites: &'static [Site],
    pub kind: Kind,
    /// Whether what is given further out also holds further in.
    #[cfg_attr(
        not(debug_assertions),
        allow(dead_code, reason = "the documentation has it, which releases do not write")
    )]
    pub inherited: bool,
    #[cfg_attr(not(debug_assertions), allow(dead_code, reason = "as above"))]
    pub doc: &'static str,
}

use Kind::*;
use Site::{Block, Handler, ImportPlaybook, LoopControl, Play, Role, Task};

const EVERYWHERE: &[Site] = &[Play, Role, Block, Task, Handler, ImportPlaybook];
const NOT_PLAY: &[Site] = &[Role, Block, Task, Handler];
const CONDITIONAL: &[Site] = &[Role, Block, Task, Handler, ImportPlaybook];
const TASK: &[Site] = &[Task, Handler];
const PLAY: &[Site] = &[Play];
const BLOCK: &[Site] = &[Block];
const LOOP: &[Site] = &[LoopControl];

const fn given(name: &'static str, sites: &'static [Site], kind: Kind, doc: &'static str) -> Keyword {
    Keyword { name, sites, kind, inherited: false, doc }
}

const fn inherited(name: &'static str, sites: &'static [Site], kind: Kind, doc: &'static str) -> Keyword {
    Keyword { name, sites, kind, inherited: true, doc }
}

/// All keywords, by name.
pub(crate) const KEYWORDS: &[Keyword] = &[
    given("action", TASK, Structure, "The module and its arguments, in the old form."),
    given("always", BLOCK, Tasks, "Tasks that run at the end of the block whatever happened before."),
    inherited("any_errors_fatal", EVERYWHERE, Bool, "Whether a failure on one host ends the play on all."),
    given("args", TASK, Structure, "Further arguments of the module, beneath those given with it."),
    given("async", TASK, Int, "Seconds a task may run in the background."),
    inherited("become", EVERYWHERE, Bool, "Whether to act as another user."),
    inherited("become_exe", EVERYWHERE, Text, "The program that switches users."),
    inherited("become_flags", EVERYWHERE, Text, "Flags for the program that switches users."),
    inherited("become_method", EVERYWHERE, Text, "How to switch users: `sudo`, `su`, `doas` …"),
    inherited("become_user", EVERYWHERE, Text, "The user to become."),
    given("block", BLOCK, Tasks, "The tasks of a block."),
    given("break_when", LOOP, Condition, "When to leave the loop after an item."),
    given("changed_when", TASK, Condition, "When the task counts as changed."),
    inherited("check_mode", EVERYWHERE, Bool, "Whether only to foretell changes."),
    inherited("collections", EVERYWHERE, Names, "Collections in which short names are looked for."),
    inherited("connection", EVERYWHERE, Text, "How to reach the hosts."),
    inherited(
        "debugger",
        EVERYWHERE,
        OneOf(&["always", "never", "on_failed", "on_unreachable", "on_skipped"]),
        "When to start the debugger.",
    ),
    given("delay", TASK, Number, "Seconds between two tries of `until`."),
    inherited("delegate_facts", NOT_PLAY, Bool, "Whether facts are kept for the host delegated to."),
    inherited("delegate_to", NOT_PLAY, Text, "The host that carries the task out instead."),
    inherited("diff", EVERYWHERE, Bool, "Whether to show what changes inside files."),
    inherited("environment", EVERYWHERE, Mappings, "Environment variables of the task's commands."),
    given("extended", LOOP, Bool, "Whether to set `ansible_loop` with facts about the loop."),
    given("extended_allitems", LOOP, Bool, "Whether `ansible_loop.allitems` holds all items."),
    given("fact_path", PLAY, Text, "The directory of local facts on the hosts."),
    given("failed_when", TASK, Condition, "When the task counts as failed."),
    given("force_handlers", PLAY, Bool, "Whether notified handlers run even on hosts that failed."),
    given("gather_facts", PLAY, Bool, "Whether facts are gathered before the play."),
    given("gather_subset", PLAY, Names, "Which facts are gathered."),
    given("gather_timeout", PLAY, Int, "Seconds that gathering of one kind of facts may take."),
    given("handlers", PLAY, Tasks, "Tasks that run when notified."),
    given("hosts", PLAY, Names, "The pattern of hosts the play is for."),
    inherited("ignore_errors", EVERYWHERE, Bool, "Whether to go on after a failure."),
    inherited("ignore_unreachable", EVERYWHERE, Bool, "Whether to go on when the host cannot be reached."),
    given("import_playbook", &[ImportPlaybook], Text, "A playbook whose plays stand here."),
    given("index_var", LOOP, Identifier, "The variable that counts the items, from 0."),
    given("label", LOOP, Structure, "What is shown for an item."),
    given("listen", &[Handler], Names, "Topics at which the handler is notified too."),
    given("local_action", TASK, Structure, "The module and its arguments, run on the controller."),
    given("loop", TASK, Structure, "The list of items the task runs for."),
    given("loop_control", TASK, Structure, "How the loop goes."),
    given("loop_var", LOOP, Identifier, "The variable that holds the item; `item` if not given."),
    given("max_fail_percentage", PLAY, Number, "Percentage of hosts that may fail before the play ends."),
    inherited("module_defaults", EVERYWHERE, Mappings, "Default arguments of modules."),
    given("name", EVERYWHERE, Text, "What to show for it."),
    inherited("no_log", EVERYWHERE, Bool, "Whether arguments and results are kept out of outputs and logs."),
    given("notify", &[Block, Task, Handler], Names, "Handlers to run when something changed."),
    given(
        "order",
        PLAY,
        OneOf(&["inventory", "sorted", "reverse_sorted", "reverse_inventory", "shuffle"]),
        "The order of the hosts.",
    ),
    given("pause", LOOP, Number, "Seconds between two items."),
    given("poll", TASK, Int, "Seconds between two looks at a background task; 0 does not wait for it."),
    inherited("port", EVERYWHERE, Int, "The port to connect to."),
    given("post_tasks", PLAY, Tasks, "Tasks after `tasks` and their handlers."),
    given("pre_tasks", PLAY, Tasks, "Tasks before the roles."),
    given("register", TASK, Identifier, "The variable that takes the result."),
    inherited("remote_user", EVERYWHERE, Text, "The user to log in as."),
    given("rescue", BLOCK, Tasks, "Tasks that run when one of the block failed."),
    given("retries", TASK, Int, "How often a task is tried again until `until` holds."),
    given("role", &[Role], Text, "The name of the role."),
    given("roles", PLAY, Roles, "Roles of the play; they run before `tasks`."),
    inherited("run_once", EVERYWHERE, Bool, "Whether the task runs on one host for all."),
    given("serial", PLAY, Structure, "How many hosts go through the play together."),
    given(
        "strategy",
        PLAY,
        OneOf(&["linear", "free", "host_pinned", "debug"]),
        "How hosts go through the tasks.",
    ),
    inherited("tags", EVERYWHERE, Tags, "Words by which tasks can be chosen."),
    given("tasks", PLAY, Tasks, "The tasks of the play."),
    inherited("throttle", EVERYWHERE, Int, "How many hosts may run the task at one time."),
    inherited("timeout", EVERYWHERE, Int, "Seconds after which the task is ended."),
    given("until", TASK, Condition, "What must hold for the task to be tried no more."),
    inherited("vars", EVERYWHERE, Vars, "Variables."),
    given("vars_files", PLAY, Structure, "Files of variables."),
    given("vars_prompt", PLAY, Structure, "Variables to ask for."),
    inherited("when", CONDITIONAL, Condition, "What must hold for the task to run."),
];

/// Words that were keywords once, or that people take for one: the word, where, and how to mend it.
const FORMER: &[(&str, &str)] = &[
    ("sudo", "write `become: true`"),
    ("sudo_user", "write `become: true` and `become_user:`"),
    ("su", "write `become: true` and `become_method: su`"),
    ("su_user", "write `become: true`, `become_method: su` and `become_user:`"),
    ("sudo_pass", "keep the password in `ansible_become_password`"),
    ("always_run", "write `check_mode: false`"),
    ("only_if", "write `when:`"),
    ("not_if", "write `when: not …`"),
    ("unless", "write `when: not …`"),
    ("if", "write `when:`"),
    ("foreach", "write `loop:`"),
    ("for", "write `loop:`"),
    ("items", "write `loop:`"),
    ("first_available_file", "write `with_first_found:`"),
    ("accelerate", "remove it: connections are kept open anyway"),
    ("become_pass", "keep the password in `ansible_become_password`"),
    ("become_password", "keep the password in `ansible_become_password`"),
    ("static", "write `import_tasks` for static and `include_tasks` for dynamic"),
    ("include", "write `include_tasks`, `import_tasks` or, for a playbook, `import_playbook`"),
    ("environ", "write `environment:`"),
    ("env", "write `environment:`"),
    ("on_error", "write `rescue:` beside a `block:`"),
    ("try", "write `block:` with `rescue:`"),
    ("catch", "write `rescue:` beside a `block:`"),
    ("finally", "write `always:` beside a `block:`"),
    ("depends_on", "list the roles before it, or in `dependencies:` of the role's `meta/main.yml`"),
];

impl Site {
    /// For messages: "not a keyword of a play".
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Play => "a play",
            Role => "a role",
            Block => "a block",
            Task => "a task",
            Handler => "a handler",
            ImportPlaybook => "an imported playbook",
            LoopControl => "`loop_control`",
        }
    }
}

/// The keyword of this name, wherever it may stand.
pub(crate) fn keyword(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.binary_search_by(|k| k.name.cmp(name)).ok().map(|at| &KEYWORDS[at])
}

/// The keyword of this name at this site.
pub(crate) fn keyword_at(name: &str, site: Site) -> Option<&'static Keyword> {
    keyword(name).filter(|k| k.sites.contains(&site))
}

/// All keywords of a site.
pub(crate) fn keywords_at(site: Site) -> impl Iterator<Item = &'static Keyword> {
    KEYWORDS.iter().filter(move |k| k.sites.contains(&site))
}

/// How to mend a word that once was a keyword, or never was but is often tried.
pub(crate) fn former(name: &str) -> Option<&'static str> {
    FORMER.iter().find(|(word, _)| *word == name).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_documented() {
        for pair in KEYWORDS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} before {}", pair[0].name, pair[1].name);
        }
        for k in KEYWORDS {
            assert!(k.doc.ends_with(['.', '…']), "{}", k.name);
            assert!(!k.sites.is_empty(), "{}", k.name);
        }
    }

    #[test]
    fn former_words_are_no_keywords() {
        assert!(FORMER.iter().all(|(word, _)| keyword(word).is_none()));
    }
}
