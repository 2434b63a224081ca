//! Reading of a task or handler.

use std::sync::Arc;

use super::Reader;
use super::action::Candidate;
use crate::diagnostic::Diagnostic;
use crate::playbook::actions::short_name;
use crate::playbook::keywords::{Keyword, Site, keyword_at};
use crate::playbook::{Action, Condition, Directives, Field, Loop, LoopControl, Task};
use crate::template::Value;
use crate::yaml::{Mapping, Node};

/// Keywords that a dynamic include takes for itself.
const OF_INCLUDES: &[&str] = &[
    "action",
    "args",
    "collections",
    "debugger",
    "ignore_errors",
    "loop",
    "loop_control",
    "name",
    "no_log",
    "register",
    "run_once",
    "tags",
    "timeout",
    "vars",
    "when",
    "listen",
    "notify",
];

/// What has been read of a task.
#[derive(Default)]
struct Draft {
    name: Option<Field>,
    action: Option<Action>,
    directives: Directives,
    register: Option<Field>,
    looping: Option<Loop>,
    loop_control: LoopControl,
    until: Vec<Condition>,
    retries: Option<Field>,
    delay: Option<Field>,
    changed_when: Option<Vec<Condition>>,
    failed_when: Option<Vec<Condition>>,
    notify: Vec<Field>,
    listen: Vec<Field>,
    asynchronous: Option<Field>,
    poll: Option<Field>,
}

impl Reader<'_> {
    /// A task; `None` when it has no action.
    pub(super) fn task(&mut self, node: &Node, map: &Mapping, site: Site) -> Option<Task> {
        let mut draft = Draft::default();
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut loop_key = None;
        for (key, value) in map.iter() {
            let Some(name) = self.key(key) else { continue };
            if name == "loop" || name.starts_with("with_") {
                self.only_loop(&mut loop_key, key);
                draft.looping = match name.strip_prefix("with_") {
                    Some(lookup) => self.with_lookup(key, lookup, value),
                    None => self.looping(value),
                };
                continue;
            }
            match keyword_at(name, site) {
                Some(keyword) => self.task_keyword(&mut draft, keyword, key, value),
                None => candidates.push((key, value)),
            }
        }
        let args = node.entry("args").map(|(_, value)| value);
        let mut action = self.only_action(draft.action.take(), &candidates, node, site)?;
        if site == Site::Handler && matches!(short_name(&action.name), "include_role" | "import_role") {
            let message = format!("`{}` cannot be a handler", action.name);
            let problem = Diagnostic::error("role-as-handler", message)
                .at(&action.name_span, "")
                .words(format!("Using '{}' as a handler is not supported.", action.name));
            self.diagnostics.push(problem.hint("notify the handlers that the role has"));
        }
        if let Some(args) = args {
            self.args(&mut action.args, args);
        }
        self.finish_task(draft, action, node)
    }

    fn only_loop<'n>(&mut self, first: &mut Option<&'n Node>, key: &'n Node) {
        match *first {
            Some(first) => {
                let problem = Diagnostic::error("two-loops", "two loops in one task")
                    .at(&key.span, "the second")
                    .also(&first.span, "the first")
                    .hint("keep one: `with_items` goes over the same items as `loop` does");
                self.diagnostics.push(problem);
            }
            None => *first = Some(key),
        }
    }

    /// The action in either form; says so when there is none or more than one.
    fn only_action(
        &mut self,
        old: Option<Action>,
        candidates: &[Candidate],
        node: &Node,
        site: Site,
    ) -> Option<Action> {
        let modern = self.action(candidates, site);
        if let (Some(old), Some(modern)) = (&old, &modern) {
            let message = format!("two actions in one task: `{}` and `{}`", old.name, modern.name);
            let problem = Diagnostic::error("two-actions", message)
                .at(&modern.name_span, "the second")
                .also(&old.name_span, "the first");
            self.diagnostics.push(problem);
        }
        let action = old.or(modern);
        let written_wrongly = node.get("action").or_else(|| node.get("local_action")).is_some();
        if action.is_none() && candidates.is_empty() && !written_wrongly {
            let message = format!("{} without a module or action", site.noun());
            let key = node.as_map().and_then(|map| map.first()).map_or(&node.span, |(key, _)| &key.span);
            let mut problem = Diagnostic::error("no-action", message).at(key, "has only keywords");
            if site == Site::Task && node.entry("tasks").is_some() {
                problem = problem.hint("write `block:` for a list of tasks");
            }
            self.diagnostics.push(problem);
        }
        action
    }

    fn task_keyword(&mut self, draft: &mut Draft, keyword: &Keyword, key: &Node, value: &Node) {
        match keyword.name {
            "name" => draft.name = self.field(keyword, value),
            "action" => draft.action = self.old_action(key, value),
            "local_action" => {
                draft.action = self.old_action(key, value);
                let here = Field { value: Value::str("localhost"), span: key.span.clone() };
                draft.directives.delegate_to.get_or_insert(here);
            }
            "args" => {}
            "register" => draft.register = self.field(keyword, value),
            "loop_control" => draft.loop_control = self.loop_control(value),
            "until" => draft.until = self.conditions(keyword.name, value),
            "retries" => draft.retries = self.field(keyword, value),
            "delay" => draft.delay = self.field(keyword, value),
            "changed_when" => draft.changed_when = Some(self.conditions(keyword.name, value)),
            "failed_when" => draft.failed_when = Some(self.conditions(keyword.name, value)),
            "notify" => draft.notify = self.names(keyword.name, value),
            "listen" => draft.listen = self.names(keyword.name, value),
            "async" => draft.asynchronous = self.field(keyword, value),
            "poll" => draft.poll = self.field(keyword, value),
            _ => {
                self.directive(&mut draft.directives, keyword, value);
            }
        }
    }

    fn finish_task(&mut self, draft: Draft, mut action: Action, node: &Node) -> Option<Task> {
        let kind = short_name(&action.name).to_string();
        let mut apply = None;
        if matches!(kind.as_str(), "include_tasks" | "include_role") {
            self.check_include(&kind, node);
            let written = node.get(&action.name).and_then(|args| args.get("apply"));
            let written = written.or_else(|| node.get("args").and_then(|args| args.get("apply")));
            apply = written.map(|node| Arc::new(self.apply(node)));
            action.args.options.retain(|(key, ..)| key != "apply");
        }
        Some(Task {
            name: draft.name,
            span: node.span.clone(),
            action,
            directives: Arc::new(draft.directives),
            register: draft.register,
            looping: draft.looping,
            loop_control: draft.loop_control,
            until: draft.until,
            retries: draft.retries,
            delay: draft.delay,
            changed_when: draft.changed_when.filter(|c| !c.is_empty()),
            failed_when: draft.failed_when.filter(|c| !c.is_empty()),
            notify: draft.notify,
            listen: draft.listen,
            apply,
            asynchronous: draft.asynchronous,
            poll: draft.poll,
        })
    }

    /// `apply:` of an include.
    fn apply(&mut self, node: &Node) -> Directives {
        let mut directives = Directives::default();
        let Some(map) = self.mapping(node, "a mapping of keywords") else { return directives };
        for (key, value) in map.iter() {
            let Some(name) = self.key(key) else { continue };
            let known = keyword_at(name, Site::Block);
            if !known.is_some_and(|keyword| self.directive(&mut directives, keyword, value)) && name != "name"
            {
                self.unknown_keyword(key, Site::Block);
            }
        }
        directives
    }

    /// Keywords that would have no effect on what a dynamic include brings in.
    fn check_include(&mut self, kind: &str, node: &Node) {
        for (key, _) in node.as_map().map(|map| map.iter()).into_iter().flatten() {
            let name = key.as_str().unwrap_or_default();
            if keyword_at(name, Site::Handler).is_some() && !OF_INCLUDES.contains(&name) {
                let message = format!("`{name}` is not a keyword of `{kind}`");
                let problem = Diagnostic::error("keyword-of-include", message)
                    .at(&key.span, "does not go to the included tasks")
                    .hint(format!(
                        "put it beneath `apply:` of `{kind}`, or use `{}`",
                        kind.replace("include", "import")
                    ));
                self.diagnostics.push(problem);
            }
        }
    }
}
