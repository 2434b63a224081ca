//! Reading of lists of tasks, and of blocks.

use std::sync::Arc;

use super::Reader;
use crate::diagnostic::Diagnostic;
use crate::playbook::keywords::{Site, keyword_at};
use crate::playbook::{Block, Directives, Step};
use crate::yaml::{Mapping, Node};

/// How deep blocks may stand in each other.
const DEEPEST: usize = 50;

impl Reader<'_> {
    /// A list of tasks, or with `Site::Handler` of handlers.
    pub(crate) fn tasks(&mut self, node: &Node, site: Site) -> Vec<Step> {
        self.tasks_within(node, site, 0)
    }

    fn tasks_within(&mut self, node: &Node, site: Site, depth: usize) -> Vec<Step> {
        if node.is_null() {
            return Vec::new();
        }
        if depth > DEEPEST {
            self.error(
                "too-deep",
                format!("blocks stand in each other more than {DEEPEST} deep"),
                &node.span,
                "",
            );
            return Vec::new();
        }
        match node.as_seq() {
            Some(items) => items.iter().filter_map(|item| self.step(item, site, depth)).collect(),
            None => self.not_a_list(node, site, depth),
        }
    }

    /// Tasks written as one mapping: says so, and reads it as a single task.
    fn not_a_list(&mut self, node: &Node, site: Site, depth: usize) -> Vec<Step> {
        let what = if site == Site::Handler { "handlers" } else { "tasks" };
        if node.as_map().is_none() {
            self.expected(&format!("a list of {what}"), node);
            return Vec::new();
        }
        let problem = Diagnostic::error("wrong-kind", format!("expected a list of {what}, found a mapping"))
            .at(&start_of(node), "a list item begins with `- `")
            .hint("begin each task with `- `");
        self.diagnostics.push(problem);
        self.step(node, site, depth).into_iter().collect()
    }

    fn step(&mut self, node: &Node, site: Site, depth: usize) -> Option<Step> {
        let map = self.mapping(node, site.noun())?;
        if ["block", "rescue", "always"].iter().any(|key| node.entry(key).is_some()) {
            // ansible: one block around handlers is taken for their list.
            if site == Site::Handler && depth > 0 {
                let problem = Diagnostic::error(
                    "block-as-handler",
                    "a block of handlers cannot stand in another",
                )
                .at(&start_of(node), "")
                .words("Using a block as a handler is not supported.")
                .hint(
                    "write each task as a handler, with the same `listen`, or `include_tasks` a file of them",
                );
                self.diagnostics.push(problem);
            }
            return self.block(node, map, site, depth).map(|block| Step::Block(Arc::new(block)));
        }
        if let Some((key, _)) = node.entry("hosts").filter(|_| node.entry("tasks").is_some()) {
            let problem = Diagnostic::error("play-in-tasks", "a play stands inside a list of tasks")
                .at(&key.span, "plays stand at the margin of a playbook")
                .hint("indent it as the other plays are");
            self.diagnostics.push(problem);
            return None;
        }
        self.task(node, map, site).map(|task| Step::Task(Arc::new(task)))
    }

    fn block(&mut self, node: &Node, map: &Mapping, site: Site, depth: usize) -> Option<Block> {
        let mut block = Block {
            name: None,
            span: node.span.clone(),
            directives: Arc::default(),
            tasks: Vec::new(),
            rescue: Vec::new(),
            always: Vec::new(),
        };
        let mut directives = Directives::default();
        for (key, value) in map.iter() {
            let Some(name) = self.key(key) else { continue };
            let Some(keyword) = keyword_at(name, Site::Block) else {
                self.stray_in_block(key, node);
                continue;
            };
            match name {
                "name" => block.name = self.field(keyword, value),
                "block" => block.tasks = self.tasks_within(value, site, depth + 1),
                "rescue" => block.rescue = self.tasks_within(value, site, depth + 1),
                "always" => block.always = self.tasks_within(value, site, depth + 1),
                _ => {
                    self.directive(&mut directives, keyword, value);
                }
            }
        }
        block.directives = Arc::new(directives);
        self.check_block(node);
        Some(block)
    }

    fn check_block(&mut self, node: &Node) {
        if node.entry("block").is_some() {
            return;
        }
        if let Some((key, _)) = node.entry("rescue").or_else(|| node.entry("always")) {
            let name = key.as_str().unwrap_or_default();
            let message = format!("`{name}` without `block`");
            self.error("no-block", message, &key.span, "belongs to a `block`");
        }
    }

    fn stray_in_block(&mut self, key: &Node, node: &Node) {
        let name = key.as_str().unwrap_or_default();
        if !self.actions.knows(name) {
            return self.unknown_keyword(key, Site::Block);
        }
        let problem = Diagnostic::error("two-actions", format!("module `{name}` stands beside a block"))
            .at(&key.span, "a block has tasks and no module of its own")
            .also(&start_of(node), "the block")
            .hint("make a task of it: begin it with `- `");
        self.diagnostics.push(problem);
    }
}

/// The first key of a mapping, to point at instead of at all of it.
pub(super) fn start_of(node: &Node) -> crate::diagnostic::Span {
    let first = node.as_map().and_then(|map| map.first());
    first.map_or_else(|| node.span.clone(), |(key, _)| key.span.clone())
}
