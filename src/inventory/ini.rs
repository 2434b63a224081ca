//! Inventories in INI form: `[group]`, `[group:vars]`, `[group:children]`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::address::split_port;
use super::literal::literal;
use super::words::{Word, words};
use super::{GroupId, Inventory, range};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span, nearest};
use crate::template::Value;
use crate::vars::Definition;

/// Adds what the text says to the inventory; hosts remember `origin` as where they were first met.
pub(super) fn read(
    source: &Arc<Source>,
    origin: &Arc<str>,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) {
    let mut found = Diagnostics::default();
    let mut reader = Reader {
        source,
        origin,
        inventory,
        diagnostics: &mut found,
        section: Section::Hosts(GroupId::UNGROUPED),
        declared: IndexMap::new(),
        awaited: IndexMap::new(),
        only_vars: IndexMap::new(),
    };
    let mut start = 0;
    let mut kept = None;
    for line in source.plain().split_inclusive('\n') {
        reader.line(line, start);
        // ansible: what stands behind a mistake is not read.
        if kept.is_none() && reader.diagnostics.has_errors() {
            kept = Some(reader.inventory.clone());
        }
        start += line.len();
    }
    reader.finish();
    if let Some(kept) = kept {
        *inventory = kept;
    }
    diagnostics.extend(found);
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    origin: &'a Arc<str>,
    inventory: &'a mut Inventory,
    diagnostics: &'a mut Diagnostics,
    section: Section,
    /// Groups with a section of hosts or children, and the place of the first one.
    declared: IndexMap<Arc<str>, Span>,
    /// Children named before their own section: the parents that wait for them.
    awaited: IndexMap<String, Vec<(GroupId, Span)>>,
    /// Groups first met as `[g:vars]`; they must be declared somewhere.
    only_vars: IndexMap<String, Span>,
}

#[derive(Clone, Copy)]
enum Section {
    Hosts(GroupId),
    Children(GroupId),
    Vars(GroupId),
    /// Below a heading that could not be read; its lines count for nothing.
    Unknown,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start as u32, end as u32)
    }

    fn error(&mut self, slug: &'static str, message: impl Into<String>, span: &Span, label: &str) {
        self.diagnostics.push(Diagnostic::error(slug, message).at(span, label));
    }

    fn line(&mut self, line: &str, start: usize) {
        let text = line.trim();
        let start = start + line.len() - line.trim_start().len();
        if text.is_empty() || text.starts_with([';', '#']) {
            return;
        }
        if let Some((name, kind)) = heading(text) {
            return self.heading(name, kind, start);
        }
        if text.starts_with('[') && text.ends_with(']') {
            let span = self.span(start, start + text.len());
            self.error("inventory-section", format!("this is not a section, found `{text}`"), &span, "");
            self.section = Section::Unknown;
            return;
        }
        if text.starts_with('[') && !text.contains([':', ']']) {
            let span = self.span(start, start + text.len());
            let problem =
                Diagnostic::error("inventory-section", format!("the section is not closed, found `{text}`"));
            self.diagnostics.push(problem.at(&span, "`]` is missing").hint(format!("write `{text}]`")));
            self.section = Section::Unknown;
            return;
        }
        match self.section {
            Section::Hosts(group) => self.hosts(group, text, start),
            Section::Children(group) => self.child(group, text, start),
            Section::Vars(group) => self.variable(group, text, start),
            Section::Unknown => {}
        }
    }

    fn heading(&mut self, name: &str, kind: Option<&str>, start: usize) {
        let end = start + 1 + name.len();
        let span = self.span(start + 1, end);
        let kind = kind.unwrap_or("hosts");
        if !matches!(kind, "hosts" | "children" | "vars") {
            let span = self.span(end + 1, end + 1 + kind.len());
            let hint = match nearest(kind, ["hosts", "children", "vars"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a section is `[group]`, `[group:children]` or `[group:vars]`".into(),
            };
            let problem = format!("unknown type of section of group `{name}`: `{kind}`");
            self.diagnostics.push(Diagnostic::error("inventory-section", problem).at(&span, "").hint(hint));
            self.section = Section::Unknown;
            return;
        }
        let known = self.inventory.group_id(name).is_some();
        let group = self.inventory.add_group(name);
        if kind == "vars" {
            if !known {
                self.only_vars.insert(name.into(), span);
            }
            self.section = Section::Vars(group);
            return;
        }
        for (parent, place) in self.awaited.swap_remove(name).unwrap_or_default() {
            self.inventory.adopt(parent, group, &place, self.diagnostics);
        }
        self.declared.entry(name.into()).or_insert(span);
        self.section = if kind == "hosts" { Section::Hosts(group) } else { Section::Children(group) };
    }

    fn hosts(&mut self, group: GroupId, text: &str, start: usize) {
        let words = match words(text) {
            Ok(words) => words,
            Err(problem) => {
                let span = self.span(start, start + text.len());
                return self.error("inventory-host", problem.to_string(), &span, "this line");
            }
        };
        let Some((name, assignments)) = words.split_first() else { return };
        let Some((names, port)) = self.names(name, start) else { return };
        let vars: Vec<_> = assignments.iter().map(|word| self.assignment(word, text, start)).collect();
        let Some(vars) = vars.into_iter().collect::<Option<Vec<_>>>() else { return };
        for name in names {
            let host = self.inventory.add_host(&name, port, Some(self.origin));
            self.inventory.join(group, host);
            for (name, var) in &vars {
                self.inventory.set_host_var(host, name.clone(), var.clone());
            }
        }
    }

    /// The hosts that the first word of a line stands for, and their port.
    fn names(&mut self, word: &Word, start: usize) -> Option<(Vec<String>, Option<u16>)> {
        let span = self.span(start + word.start, start + word.end);
        let (pattern, port) = split_port(&word.text);
        if pattern == "---" {
            let problem = Diagnostic::error("inventory-host", "no host can be named `---`");
            let problem = problem.at(&span, "YAML begins so").hint("name the file `.yml` if it is YAML");
            self.diagnostics.push(problem);
            return None;
        }
        if pattern.ends_with(':') && port.is_none() {
            let problem =
                Diagnostic::error("inventory-host", format!("a host cannot end in `:`, found `{pattern}`"));
            let problem = problem.at(&span, "").hint("a port follows the colon, as in `host:2222`");
            self.diagnostics.push(problem);
            return None;
        }
        match range::expand(pattern) {
            Ok(names) => Some((names, port)),
            Err(problem) => {
                self.error("inventory-range", format!("{problem}, found `{pattern}`"), &span, "");
                None
            }
        }
    }

    /// `key=value` after a host.
    fn assignment(&mut self, word: &Word, line: &str, start: usize) -> Option<(Arc<str>, Definition)> {
        let span = self.span(start + word.start, start + word.end);
        let Some((key, value)) = word.text.split_once('=') else {
            let problem = format!("expected `key=value` after the host, found `{}`", word.text);
            let next = line[word.end..].split_whitespace().next().unwrap_or("…");
            let problem = Diagnostic::error("inventory-host", problem).at(&span, "not an assignment");
            self.diagnostics
                .push(problem.hint(format!("write `{}={next}`, or a host in a line of its own", word.text)));
            return None;
        };
        let written = &line[word.start..word.end];
        let skip = written.find('=').map_or(0, |n| n + 1);
        let quote = usize::from(written[skip..].starts_with(['\'', '"']));
        let place = self.span(start + word.start + skip + quote, start + word.end - quote);
        let key_span = self.span(start + word.start, start + word.start + key.len().min(written.len()));
        Some((key.into(), Definition::new(value_of(value, &place), Some(key_span))))
    }

    fn child(&mut self, group: GroupId, text: &str, start: usize) {
        let end = text.find(|c: char| c.is_whitespace() || ":]".contains(c)).unwrap_or(text.len());
        let rest = text[end..].trim_start();
        let span = self.span(start, start + end);
        if end == 0 || !(rest.is_empty() || rest.starts_with('#')) {
            let span = self.span(start, start + text.len());
            return self.error(
                "inventory-group",
                format!("expected the name of a group, found `{text}`"),
                &span,
                "",
            );
        }
        match self.inventory.group_id(&text[..end]) {
            Some(child) => self.inventory.adopt(group, child, &span, self.diagnostics),
            None => self.awaited.entry(text[..end].into()).or_default().push((group, span)),
        }
    }

    /// `key = value` in a section of variables.
    fn variable(&mut self, group: GroupId, text: &str, start: usize) {
        let Some((key, value)) = text.split_once('=') else {
            let span = self.span(start, start + text.len());
            return self.error("inventory-vars", format!("expected `key=value`, found `{text}`"), &span, "");
        };
        let at = start + key.len() + 1 + value.len() - value.trim_start().len();
        let (key, value) = (key.trim(), value.trim());
        let place = self.span(at, at + value.len());
        let var = Definition::new(value_of(value, &place), Some(self.span(start, start + key.len())));
        if let Err(var) = self.inventory.set_group_var(group, key, var) {
            let problem = format!("`ansible_group_priority` must be a whole number, found `{:?}`", var.value);
            self.error("inventory-vars", problem, &place, "");
        }
    }

    /// What was spoken of must have been declared.
    fn finish(mut self) {
        for (name, parents) in std::mem::take(&mut self.awaited) {
            for (_, place) in parents {
                self.undefined(&name, &place, "is not defined");
            }
        }
        for (name, place) in std::mem::take(&mut self.only_vars) {
            if !self.declared.contains_key(&*name) {
                self.undefined(&name, &place, "has variables, but is not defined");
            }
        }
    }

    fn undefined(&mut self, name: &str, place: &Span, problem: &str) {
        let known = self.declared.keys().map(|n| &**n).filter(|n| *n != name);
        let mut found =
            Diagnostic::error("undefined-group", format!("group `{name}` {problem}")).at(place, "");
        found = match nearest(name, known) {
            Some(near) => found.hint(format!("did you mean `{near}`?")),
            None => found.hint(format!("a section `[{name}]`, even an empty one, defines it")),
        };
        self.diagnostics.push(found);
    }
}

/// The name and type of `[name:type]`, if the line is such a heading.
fn heading(line: &str) -> Option<(&str, Option<&str>)> {
    let (inner, rest) = line.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    let (name, kind) = inner.split_once(':').map_or((inner, None), |(name, kind)| (name, Some(kind)));
    let is_word = |kind: &str| !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    let fits = !name.is_empty() && !name.contains(char::is_whitespace) && kind.is_none_or(is_word);
    fits.then_some((name, kind))
}

/// A Python literal if it is one, else the text itself.
fn value_of(text: &str, place: &Span) -> Value {
    literal(text, Some(place)).unwrap_or_else(|| Value::text(text, Some(place.clone())))
}
