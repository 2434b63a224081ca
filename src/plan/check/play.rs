//! What is wrong with a play beyond its keywords.

use super::Checker;
use crate::inventory::Pattern;
use crate::playbook::Play;
use crate::template::Value;

impl Checker<'_> {
    /// A play: its templates, and the steps of all its lists.
    pub(in crate::plan) fn play(&mut self, play: &Play) {
        self.note_defaults(&play.directives);
        self.directives(&play.directives);
        self.hosts(play);
        let single = [
            Some(&play.hosts),
            play.name.as_ref(),
            play.gather_facts.as_ref(),
            play.gather_subset.as_ref(),
            play.vars_files.as_ref(),
            play.serial.as_ref(),
            play.strategy.as_ref(),
            play.order.as_ref(),
            play.max_fail_percentage.as_ref(),
            play.force_handlers.as_ref(),
        ];
        single.into_iter().flatten().for_each(|field| self.value(&field.value));
        for usage in &play.roles {
            self.value(&usage.name.value);
            self.vars(&usage.params);
            self.directives(&usage.directives);
        }
        let lists = [&play.pre_tasks, &play.tasks, &play.post_tasks, &play.handlers, &play.shadowed];
        lists.into_iter().for_each(|steps| self.steps(steps));
    }

    /// Patterns that no inventory could make right.
    fn hosts(&mut self, play: &Play) {
        let value = &play.hosts.value;
        let texts: Vec<&str> = match value.as_list() {
            Some(list) => list.iter().filter_map(Value::as_str).collect(),
            None => value.as_str().into_iter().collect(),
        };
        if !value.is_lazy() {
            self.diagnostics.extend(Pattern::new(texts, Some(play.hosts.span.clone())).mistakes());
        }
    }
}
