//! Reading of a playbook's entries: plays and imports.

use std::path::Path;
use std::sync::Arc;

use super::Reader;
use super::block::start_of;
use super::value::scalar;
use crate::diagnostic::{Diagnostic, nearest};
use crate::playbook::actions::short_name;
use crate::playbook::keywords::{Keyword, Kind, Site, keyword, keyword_at};
use crate::playbook::{Directives, Entry, Field, ImportPlaybook, Play};
use crate::template::{Value, has_markers};
use crate::yaml::{Mapping, Node, Yaml};

impl Reader<'_> {
    /// All plays and imports of a playbook that stands in `directory`.
    pub(crate) fn playbook(&mut self, node: &Node, directory: &Path) -> Vec<Entry> {
        match &node.value {
            Yaml::Seq(items) if items.is_empty() => {
                self.error(
                    "empty-playbook",
                    "the playbook has no plays",
                    &node.span,
                    "begin each with `- hosts:`",
                );
                self.words(format!("A playbook must contain at least one play: {}", node.span.source.name));
                Vec::new()
            }
            Yaml::Seq(items) => items.iter().filter_map(|item| self.entry(item, directory)).collect(),
            Yaml::Null => Vec::new(),
            Yaml::Map(map) => {
                let mut problem =
                    Diagnostic::error("wrong-kind", "a playbook must be a list of plays, found a mapping")
                        .at(&start_of(node), "");
                if map.iter().any(|(key, _)| key.as_str() == Some("hosts")) {
                    problem = problem.hint("begin each play with `- `");
                }
                self.diagnostics.push(problem);
                self.entry(node, directory).into_iter().collect()
            }
            _ => {
                self.expected("a list of plays", node);
                Vec::new()
            }
        }
    }

    fn entry(&mut self, node: &Node, directory: &Path) -> Option<Entry> {
        let map = self.mapping(node, "a play")?;
        let import = map.iter().find(|(k, _)| k.as_str().map(short_name) == Some("import_playbook"));
        if let Some((key, file)) = import {
            return self.import(node, map, key, file).map(Entry::Import);
        }
        self.play(node, map, directory).map(|play| Entry::Play(Arc::new(play)))
    }

    fn import(&mut self, node: &Node, map: &Mapping, at: &Node, file: &Node) -> Option<ImportPlaybook> {
        let mut directives = Directives::default();
        for (key, value) in map.iter() {
            let Some(name) = self.key(key).filter(|_| !std::ptr::eq(key, at)) else { continue };
            match keyword_at(name, Site::ImportPlaybook) {
                Some(keyword) if name == "name" => drop(self.field(keyword, value)),
                Some(keyword) => {
                    self.directive(&mut directives, keyword, value);
                }
                None => self.unknown_keyword(key, Site::ImportPlaybook),
            }
        }
        let file = keyword("import_playbook").and_then(|keyword| self.field(keyword, file));
        if file.is_none() {
            self.error("missing-file", "`import_playbook` names no file", &at.span, "");
        }
        Some(ImportPlaybook { file: file?, span: node.span.clone(), directives: Arc::new(directives) })
    }

    fn play(&mut self, node: &Node, map: &Mapping, directory: &Path) -> Option<Play> {
        let Some((_, hosts)) = node.entry("hosts") else {
            self.no_hosts(node, map);
            self.rest_of_play(map);
            return None;
        };
        let mut play = Play {
            name: None,
            span: node.span.clone(),
            hosts: self.hosts(hosts),
            directives: Arc::default(),
            gather_facts: None,
            gather_subset: None,
            gather_timeout: None,
            fact_path: None,
            vars_files: None,
            vars_prompt: None,
            roles: Vec::new(),
            pre_tasks: Vec::new(),
            tasks: Vec::new(),
            post_tasks: Vec::new(),
            handlers: Vec::new(),
            shadowed: Vec::new(),
            serial: None,
            strategy: None,
            order: None,
            max_fail_percentage: None,
            force_handlers: None,
            directory: directory.to_path_buf(),
        };
        let mut directives = Directives::default();
        for (key, value) in map.iter() {
            let Some(name) = self.key(key) else { continue };
            match keyword_at(name, Site::Play) {
                Some(keyword) => self.play_keyword(&mut play, &mut directives, keyword, value),
                None => self.stray_in_play(&mut directives, key, value, node),
            }
        }
        play.directives = Arc::new(directives);
        for (key, value) in &map.shadowed {
            play.shadowed.extend(self.shadowed(key, value));
        }
        Some(play)
    }

    fn play_keyword(&mut self, play: &mut Play, directives: &mut Directives, keyword: &Keyword, node: &Node) {
        match keyword.name {
            "hosts" => {}
            "name" => play.name = self.field(keyword, node),
            "gather_facts" => play.gather_facts = self.field(keyword, node),
            "gather_subset" => play.gather_subset = self.field(keyword, node),
            "gather_timeout" => play.gather_timeout = self.field(keyword, node),
            "fact_path" => play.fact_path = self.field(keyword, node),
            "vars_files" => play.vars_files = self.vars_files(node),
            "vars_prompt" => play.vars_prompt = self.vars_prompt(node),
            "roles" => play.roles = self.roles(node),
            "pre_tasks" => play.pre_tasks = self.section(keyword, node, Site::Task),
            "tasks" => play.tasks = self.section(keyword, node, Site::Task),
            "post_tasks" => play.post_tasks = self.section(keyword, node, Site::Task),
            "handlers" => play.handlers = self.section(keyword, node, Site::Handler),
            "serial" => play.serial = self.serial(node),
            "strategy" => play.strategy = self.strategy(keyword, node),
            "order" => play.order = self.field(keyword, node),
            "max_fail_percentage" => play.max_fail_percentage = self.field(keyword, node),
            "force_handlers" => play.force_handlers = self.field(keyword, node),
            _ => {
                self.directive(directives, keyword, node);
            }
        }
    }

    /// A list of tasks of a play.
    fn section(&mut self, keyword: &Keyword, node: &Node, site: Site) -> Vec<crate::playbook::Step> {
        let steps = self.tasks(node, site);
        if node.as_seq().is_none() && node.as_map().is_none() && !node.is_null() {
            let (name, found) = (keyword.name, scalar(node).unwrap_or_default());
            self.words(format!(
                "A malformed block was encountered while loading {name}: {found} should be a list or None but is {}",
                node.kind_name()
            ));
        }
        steps
    }

    /// Lists of tasks in what cannot be a play: their mistakes are said all the same.
    fn rest_of_play(&mut self, map: &Mapping) {
        for (key, value) in map.entries.iter().chain(&map.shadowed) {
            self.shadowed(key, value);
        }
    }

    /// Tasks that count for nothing because a later key replaced theirs.
    fn shadowed(&mut self, key: &Node, value: &Node) -> Vec<crate::playbook::Step> {
        match key.as_str() {
            Some("pre_tasks" | "tasks" | "post_tasks") => self.tasks(value, Site::Task),
            Some("handlers") => self.tasks(value, Site::Handler),
            _ => Vec::new(),
        }
    }

    fn no_hosts(&mut self, node: &Node, map: &Mapping) {
        let mut problem = Diagnostic::error("no-hosts", "a play without `hosts`").at(&start_of(node), "");
        let keys: Vec<_> = map.iter().filter_map(|(k, _)| k.as_str()).collect();
        let strangers = || keys.iter().filter(|k| keyword_at(k, Site::Play).is_none());
        if let Some(near) = strangers().find(|k| nearest(k, ["hosts"]).is_some()) {
            problem = problem.hint(format!("write `hosts` instead of `{near}`"));
        } else if keys.contains(&"include") {
            problem = problem.hint("to run another playbook, write `import_playbook:`");
        } else if keys.iter().any(|k| self.actions.knows(k) || *k == "block") {
            problem = problem.hint("tasks belong beneath `tasks:` of a play that begins with `- hosts:`");
        } else {
            problem = problem.hint("say which hosts it is for: `hosts: all`");
        }
        // ansible: a word that is none of a play's is told before that there are no hosts.
        problem.words = Some(match strangers().next() {
            Some(stranger) => format!("'{stranger}' is not a valid attribute for a Play"),
            None => "the field 'hosts' is required but was not set".into(),
        });
        self.diagnostics.push(problem);
    }

    fn hosts(&mut self, node: &Node) -> Field {
        let empty = match &node.value {
            Yaml::Null => true,
            Yaml::Seq(items) => items.is_empty(),
            Yaml::Str { text, .. } => text.trim().is_empty(),
            _ => false,
        };
        if empty {
            self.error("no-hosts", "`hosts` is empty", &node.span, "expected a pattern of hosts");
            self.words("Hosts list cannot be empty. Please check your playbook");
        } else if node.as_map().is_some() {
            self.expected("a pattern of hosts", node);
        }
        let names = self.names("hosts", node);
        let value = match names.as_slice() {
            [one] if node.as_seq().is_none() => one.value.clone(),
            names => Value::list(names.iter().map(|field| field.value.clone())),
        };
        Field { value, span: node.span.clone() }
    }

    fn stray_in_play(&mut self, directives: &mut Directives, key: &Node, value: &Node, play: &Node) {
        let name = key.as_str().unwrap_or_default();
        if name == "user" {
            // ansible: `user` of a play still is `remote_user`.
            let problem =
                Diagnostic::warning("former-keyword", "`user` of a play is now called `remote_user`")
                    .at(&key.span, "");
            self.diagnostics.push(problem);
            if let Some((other, _)) = play.entry("remote_user") {
                let problem =
                    Diagnostic::error("duplicate-key", "both `user` and `remote_user` are set for this play")
                        .at(&key.span, "the former name of the same")
                        .also(&other.span, "set here too");
                self.diagnostics.push(problem.hint("remove `user`"));
                self.words("both 'user' and 'remote_user' are set for this play. `user` is the former name");
            }
            if let Some(keyword) = keyword("remote_user") {
                self.directive(directives, keyword, value);
            }
            return;
        }
        if !self.actions.knows(name) || play.entry(name).is_none() {
            return self.unknown_keyword(key, Site::Play);
        }
        let problem = Diagnostic::error("module-in-play", format!("module `{name}` stands in a play"))
            .at(&key.span, "not a keyword of a play")
            .hint("modules are used in tasks: put it beneath `tasks:` as `- `");
        self.diagnostics.push(problem);
    }

    fn vars_files(&mut self, node: &Node) -> Option<Field> {
        let names =
            |node: &Node| node.as_seq().is_none_or(|items| items.iter().all(|i| i.as_str().is_some()));
        for item in node.as_seq().unwrap_or(std::slice::from_ref(node)) {
            if !item.is_null() && (item.as_str().is_none() && item.as_seq().is_none() || !names(item)) {
                self.expected("the name of a file, or a list of names to try", item);
            }
        }
        (!node.is_null()).then(|| Field { value: Value::from_node(node), span: node.span.clone() })
    }

    fn vars_prompt(&mut self, node: &Node) -> Option<Field> {
        const KEYS: &[&str] =
            &["name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"];
        for item in node.as_seq().unwrap_or(std::slice::from_ref(node)) {
            let Some(map) = item.as_map() else {
                if !item.is_null() {
                    self.expected("a mapping with `name` and `prompt`", item);
                }
                continue;
            };
            if item.entry("name").is_none() {
                self.error("missing-key", "a prompt without `name`", &start_of(item), "");
                self.words("Invalid vars_prompt data structure, missing 'name' key");
            }
            for (key, _) in map.iter() {
                let name = key.as_str().unwrap_or_default();
                if !KEYS.contains(&name) {
                    let mut problem =
                        Diagnostic::error("unknown-key", format!("unknown key `{name}` of a prompt"))
                            .at(&key.span, "");
                    if let Some(near) = nearest(name, KEYS.iter().copied()) {
                        problem = problem.hint(format!("did you mean `{near}`?"));
                    }
                    problem = problem
                        .words(format!("Invalid vars_prompt data structure, found unsupported key '{name}'"));
                    self.diagnostics.push(problem);
                }
            }
        }
        (!node.is_null()).then(|| Field { value: Value::from_node(node), span: node.span.clone() })
    }

    /// Whole numbers, percentages, or a list of these.
    fn serial(&mut self, node: &Node) -> Option<Field> {
        for item in node.as_seq().unwrap_or(std::slice::from_ref(node)) {
            let fits = match &item.value {
                Yaml::Null => true,
                Yaml::Int(n) => *n >= 0,
                Yaml::Str { text, .. } if has_markers(text) => true,
                Yaml::Str { text, .. } => {
                    text.trim().trim_end_matches('%').parse::<f64>().is_ok_and(|n| n >= 0.0)
                }
                _ => false,
            };
            if !fits {
                self.expected("`serial` to be a number of hosts or a percentage", item);
            }
        }
        (!node.is_null()).then(|| Field { value: Value::from_node(node), span: node.span.clone() })
    }

    fn strategy(&mut self, keyword: &Keyword, node: &Node) -> Option<Field> {
        let Some(short) = node.as_str().map(short_name) else { return self.field(keyword, node) };
        if self.is_strategy_of_others(keyword, short) {
            if !self.actions.is_lenient() {
                let message = format!("strategy `{short}` is a plugin in Python, which is not run here");
                self.diagnostics.push(Diagnostic::warning("plugin-not-built-in", message).at(&node.span, ""));
            }
            return Some(Field { value: Value::from_node(node), span: node.span.clone() });
        }
        let value = Yaml::Str { text: short.into(), plain: true };
        self.field(keyword, &Node::new(value, node.span.clone()))
    }

    /// Whether it is no strategy that is known here, nor a slip for one. A run says that it cannot follow it.
    fn is_strategy_of_others(&self, keyword: &Keyword, name: &str) -> bool {
        let Kind::OneOf(known) = keyword.kind else { return false };
        !known.contains(&name)
            && !has_markers(name)
            && (self.actions.is_lenient() || nearest(name, known.iter().copied()).is_none())
    }
}
