//! The action of a task: which key it is, and its arguments.

use super::Reader;
use super::value::{found, text_span, within};
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::playbook::actions::{is_command, short_name, takes_text};
use crate::playbook::keywords::{Site, former, keywords_at};
use crate::playbook::{Action, Args, Field};
use crate::template::{Template, Value, has_markers};
use crate::vars::{Unbalanced, take_apart};
use crate::yaml::{Mapping, Node, Yaml};

/// A key of a task that is no keyword, and its value.
pub(super) type Candidate<'n> = (&'n Node, &'n Node);

impl Reader<'_> {
    /// The action among the keys that are no keywords. The others are said to be wrong.
    pub(super) fn action(&mut self, candidates: &[Candidate], site: Site) -> Option<Action> {
        let name = |c: &Candidate| c.0.as_str().unwrap_or_default().to_string();
        let known: Vec<_> = candidates.iter().filter(|c| self.actions.knows(&name(c))).collect();
        let chosen = match known.as_slice() {
            [first, rest @ ..] => {
                rest.iter().for_each(|other| self.second_action(first, other));
                Some(*first)
            }
            [] => self.likely_action(candidates),
        };
        for other in candidates {
            let same = chosen.is_some_and(|c| std::ptr::eq(c.0, other.0));
            if !same && !known.iter().any(|k| std::ptr::eq(k.0, other.0)) {
                self.stray(other.0, chosen.map(name), site);
            }
        }
        let (key, value) = chosen?;
        let mut action = self.action_of(&name(&(key, value)), &key.span, value);
        // Options that stand in the wrong place are meant: they are not missing as well.
        let misplaced = |c: &&Candidate| {
            self.actions.has_option(&action.name, &name(c)) && !known.iter().any(|k| std::ptr::eq(k.0, c.0))
        };
        let misplaced: Vec<_> = candidates.iter().filter(misplaced).collect();
        let options = misplaced.into_iter().map(|c| (name(c), c.0.span.clone(), field(c.1)));
        action.args.options.extend(options);
        Some(action)
    }

    /// Of unknown words, the one that is most likely meant as the action.
    fn likely_action<'c, 'n>(&self, candidates: &'c [Candidate<'n>]) -> Option<&'c Candidate<'n>> {
        let names = self.actions.names();
        let near = |word: &str| nearest(word, names.iter().map(String::as_str)).is_some();
        let word = |c: &&Candidate| c.0.as_str().unwrap_or_default().to_string();
        let keyword = |word: &str| former(word).is_some() || is_slip_of_keyword(word);
        let mut by_likeness = candidates.iter().filter(|c| near(&word(c)) && !keyword(&word(c)));
        let dotted = || candidates.iter().find(|c| word(c).contains('.'));
        let structured = || candidates.iter().find(|c| c.1.as_map().is_some() && !keyword(&word(c)));
        let other = || candidates.iter().find(|c| !keyword(&word(c)));
        by_likeness.next().or_else(dotted).or_else(structured).or_else(other)
    }

    fn second_action(&mut self, first: &Candidate, other: &Candidate) {
        let (a, b) = (first.0.as_str().unwrap_or_default(), other.0.as_str().unwrap_or_default());
        let mut problem =
            Diagnostic::error("two-actions", format!("two actions in one task: `{a}` and `{b}`"))
                .at(&other.0.span, "the second")
                .also(&first.0.span, "the first");
        problem = match self.actions.has_option(a, b) {
            true => problem.hint(format!("if the option `{b}` of `{a}` is meant, indent it")),
            false => problem.hint("make two tasks of it: begin the second with `- `"),
        };
        self.diagnostics.push(problem);
    }

    /// A key that is neither a keyword nor the action.
    fn stray(&mut self, key: &Node, action: Option<String>, site: Site) {
        let name = key.as_str().unwrap_or_default();
        match action.filter(|a| self.actions.has_option(a, name)) {
            Some(action) => {
                let message = format!("`{name}` is an option of module `{action}`: indent it");
                let problem = Diagnostic::error("option-not-indented", message)
                    .at(&key.span, "stands beside the module instead of beneath it")
                    .hint(format!("put it beneath `{action}:`, two blanks further in"));
                self.diagnostics.push(problem);
            }
            None => self.unknown_keyword(key, site),
        }
    }

    /// `action:` and `local_action:`: the name stands in the value.
    pub(super) fn old_action(&mut self, key: &Node, value: &Node) -> Option<Action> {
        if let Some(map) = value.as_map() {
            let Some((_, name)) = value.entry("module") else {
                self.error("no-action", "`module` is missing: which action?", &key.span, "");
                return None;
            };
            let entries: Vec<_> = map.iter().filter(|(k, _)| k.as_str() != Some("module")).cloned().collect();
            let Some(text) = name.as_str() else {
                self.expected("the name of a module", name);
                return None;
            };
            let (module, rest) = split_name(text);
            let mut action = self.action_of(module, &name.span, &Node::new(Yaml::Null, name.span.clone()));
            self.free_form(&mut action.args, module, rest.trim_start(), name);
            // ansible: here, too, options may stand beneath `args`.
            let is_args =
                |(key, value): &(Node, Node)| key.as_str() == Some("args") && value.as_map().is_some();
            let (nested, entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_args);
            self.options(&mut action.args, &Mapping::from(entries));
            for map in nested.iter().filter_map(|(_, value)| value.as_map()) {
                self.options(&mut action.args, map);
            }
            return Some(action);
        }
        let Some(text) = value.as_str().filter(|t| !t.trim().is_empty()) else {
            self.expected("the name of a module and its arguments", value);
            return None;
        };
        let text = text.trim_start();
        let (name, rest) = split_name(text);
        let mut args = Args::default();
        self.free_form(&mut args, name, rest.trim_start(), value);
        Some(Action { name: name.to_string(), name_span: within(&value.span, name), args })
    }

    fn action_of(&mut self, name: &str, span: &Span, value: &Node) -> Action {
        let mut args = Args::default();
        match &value.value {
            Yaml::Null => {}
            Yaml::Map(map) => self.options(&mut args, map),
            Yaml::Str { text, .. } | Yaml::Unsafe(text) | Yaml::Time(text) => {
                self.free_form(&mut args, name, text, value)
            }
            _ => {
                let message =
                    format!("arguments of `{name}` must be a mapping or text, found {}", found(value));
                let mut problem = Diagnostic::error("wrong-kind", message).at(&value.span, "");
                if value.as_seq().is_some() {
                    problem = problem.hint("remove the dashes before the options");
                }
                self.diagnostics.push(problem);
            }
        }
        Action { name: name.to_string(), name_span: span.clone(), args }
    }

    /// `args:`, beneath the arguments given with the module.
    pub(super) fn args(&mut self, args: &mut Args, node: &Node) {
        match &node.value {
            Yaml::Null => {}
            Yaml::Map(map) => {
                let mut beneath = Args::default();
                self.options(&mut beneath, map);
                beneath.options.retain(|(key, ..)| !args.options.iter().any(|(k, ..)| k == key));
                args.options.extend(beneath.options);
                args.raw = args.raw.take().or(beneath.raw);
            }
            Yaml::Str { text, .. } if has_markers(text) => args.whole = Some(field(node)),
            Yaml::Str { text, .. } => self.free_form(args, "", text, node),
            _ => self.expected("a mapping of arguments", node),
        }
    }

    fn options(&mut self, args: &mut Args, map: &Mapping) {
        for (key, value) in map.iter() {
            match super::value::scalar(key) {
                Some(name) if name == "_raw_params" => args.raw = Some(field(value)),
                Some(name) => args.options.push((name, key.span.clone(), field(value))),
                None => self.expected("the name of an option", key),
            }
        }
    }

    /// Arguments as text.
    fn free_form(&mut self, args: &mut Args, action: &str, text: &str, node: &Node) {
        // ansible: these take their arguments as one mapping, too.
        let of_mapping = matches!(short_name(action), "add_host" | "group_by" | "set_fact");
        if is_template(text) && (!takes_text(action) || of_mapping) {
            args.whole = Some(field(node));
            return;
        }
        let taken = match take_apart(text, is_command(action)) {
            Ok(taken) => taken,
            Err(Unbalanced(at)) => return self.unbalanced(text, at, node),
        };
        let place = text_span(node);
        for (key, value, range) in taken.options {
            let span = within(&place, &text[range]);
            let key_span = within(&span, &key);
            args.options.push((key, key_span, text_field(node, &value, span)));
        }
        if taken.raw.is_empty() {
            return;
        }
        let raw = taken.raw;
        // ansible: with a template in it, only the run knows whether the text is options.
        if has_markers(&raw) && !takes_text(action) {
            let span = within(&place, &raw);
            args.whole = Some(text_field(node, &raw, span));
            return;
        }
        if !takes_text(action) && !action.is_empty() && !action.contains(['.', '{']) {
            self.loose_text(action, &raw, node);
        }
        let span = within(&place, &raw);
        args.raw = Some(text_field(node, &raw, span));
    }

    fn loose_text(&mut self, action: &str, raw: &str, node: &Node) {
        let message = format!("arguments of `{}` must be `key=value`, found `{raw}`", short_name(action));
        let mut problem =
            Diagnostic::error("loose-text", message).at(&within(&node.span, raw), "belongs to no option");
        match raw.split_once(':') {
            Some((key, value))
                if !key.contains(' ') && !value.starts_with(' ') && !value.starts_with("//") =>
            {
                problem = problem.hint(format!("a blank is needed after the colon: write `{key}: {value}`"));
            }
            _ => problem = problem.hint("put values with blanks in quotes"),
        }
        self.diagnostics.push(problem);
    }

    fn unbalanced(&mut self, text: &str, at: usize, node: &Node) {
        let what = match &text[at..=at] {
            "{" => "a template is not closed",
            _ => "a quote is not closed",
        };
        let place = within(&node.span, &text[at..]);
        let place = match place.start == node.span.start && at > 0 {
            true => place,
            false => Span::new(&place.source, place.start, place.start + 1),
        };
        let problem = Diagnostic::error("unbalanced", format!("{what}: {}", &text[at..=at]))
            .at(&place, "opened here")
            .hint("close it, or give the arguments as a mapping");
        self.diagnostics.push(problem);
    }
}

/// Whether a word is a keyword but for one or two letters.
fn is_slip_of_keyword(word: &str) -> bool {
    let near = |k: &str| strsim::damerau_levenshtein(word, k) <= if k.len() < 8 { 1 } else { 2 };
    keywords_at(Site::Task).any(|k| near(k.name))
}

/// The name of an action, which may be a template, and what follows it.
fn split_name(text: &str) -> (&str, &str) {
    let mut end = 0;
    while let Some(open) =
        text[end..].find("{{").filter(|open| !text[end..end + open].contains(char::is_whitespace))
    {
        let Some(close) = text[end + open..].find("}}") else { break };
        end += open + close + 2;
    }
    let end = text[end..].find(char::is_whitespace).map_or(text.len(), |blank| end + blank);
    (&text[..end], text[end..].trim_start())
}

/// Whether a text is a single template and nothing else.
fn is_template(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}") && !text[2..].contains("{{")
}

fn field(node: &Node) -> Field {
    Field { value: Value::from_node(node), span: node.span.clone() }
}

/// A piece of a string as a field of its own.
fn text_field(node: &Node, text: &str, span: Span) -> Field {
    let template = has_markers(text) && !matches!(node.value, Yaml::Unsafe(_));
    let value = match template {
        true => Value::Template(Template::new(text, Some(within(&span, text)))),
        false => Value::str(text),
    };
    Field { value, span }
}
