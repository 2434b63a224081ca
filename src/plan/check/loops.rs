//! Loops that cannot go.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::playbook::Task;
use crate::template::{Template, Value};

impl Checker<'_> {
    /// A loop whose items are made of the loop variable itself.
    pub(super) fn looping(&mut self, task: &Task) {
        let Some(looping) = &task.looping else { return };
        let variable = match &task.loop_control.loop_var {
            None => "item".to_string(),
            Some(field) => match field.value.as_str() {
                Some(name) => name.to_string(),
                None => return,
            },
        };
        let mut found = Vec::new();
        collect(&looping.value.value, &mut found);
        for template in found.into_iter().filter(|template| names(&template.text, &variable)) {
            let place = template.place.as_ref().unwrap_or(&looping.value.span);
            let mut problem = Diagnostic::warning(
                "loop-of-itself",
                format!("the items of a loop are made of its own variable `{variable}`"),
            )
            .at(place, format!("`{variable}` is only known inside the loop"))
            .hint("give the items themselves, e.g. `loop: [curl, git]`, or another variable that holds them");
            if whole(&template.text, &variable) {
                problem.severity = crate::diagnostic::Severity::Error;
                problem.message = format!("`{variable}` refers to itself");
            } else {
                problem =
                    problem.hint("in a file included by a loop, give the inner loop another `loop_var`");
            }
            self.diagnostics.push(problem);
        }
    }
}

fn collect<'v>(value: &'v Value, found: &mut Vec<&'v Template>) {
    match value {
        Value::Template(template) => found.push(template),
        Value::List(list) => list.items.iter().for_each(|item| collect(item, found)),
        Value::Map(map) => map.entries.values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// Whether the template is nothing but the variable.
fn whole(text: &str, variable: &str) -> bool {
    let inner = text.trim().strip_prefix("{{").and_then(|t| t.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == variable)
}

/// Whether the word stands in the text as a variable may: not as an attribute, not in quotes.
fn names(text: &str, variable: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(variable).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + variable.len()..].chars().next();
        let within = text[..at].rfind("{{").is_some_and(|open| !text[open..at].contains("}}"));
        let quoted = |q: char| text[..at].matches(q).count() % 2 == 1;
        within
            && !before.is_some_and(|c| word(c) || c == '.')
            && !after.is_some_and(|c| word(c) || c == '=' && !text[at + variable.len()..].starts_with("=="))
            && !quoted('\'')
            && !quoted('"')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_told_from_the_same_word_elsewhere() {
        assert!(names("{{ item }}", "item"));
        assert!(names("{{ x[item] }}", "item"));
        for text in ["{{ items }}", "{{ x.item }}", "{{ 'item' }}", "item", "{{ x }} item", "{{ f(item=1) }}"]
        {
            assert!(!names(text, "item"), "{text}");
        }
        assert!(whole("{{item}}", "item"));
        assert!(!whole("{{ item.x }}", "item"));
    }
}
