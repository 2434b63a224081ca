//! Reading of the keywords that plays, blocks, roles and tasks share.

use std::sync::Arc;

use super::Reader;
use super::value::suits;
use crate::playbook::keywords::Keyword;
use crate::playbook::{Directives, Field};
use crate::template::Value;
use crate::yaml::Node;

impl Reader<'_> {
    /// Sets a shared keyword; `false` when it is none.
    pub(super) fn directive(&mut self, directives: &mut Directives, keyword: &Keyword, node: &Node) -> bool {
        match keyword.name {
            "vars" => directives.vars = Arc::new(self.vars(node)),
            "when" => directives.when = self.conditions("when", node),
            "tags" => directives.tags = self.tags(node),
            "environment" => directives.environment = self.mappings("environment", node),
            "module_defaults" => directives.module_defaults = self.mappings("module_defaults", node),
            "notify" => directives.notify = self.names("notify", node),
            "collections" => directives.collections = self.names("collections", node),
            name => match directives.slot(name) {
                Some(_) => {
                    let late = self.actions.is_lenient() && !node.is_null() && !suits(keyword, node);
                    let field = match late {
                        true => Some(Field { value: Value::from_node(node), span: node.span.clone() }),
                        false => self.field(keyword, node),
                    };
                    if let Some(slot) = directives.slot(name) {
                        *slot = field;
                    }
                }
                None => return false,
            },
        }
        true
    }
}

impl Directives {
    /// The place of a single-valued keyword.
    fn slot(&mut self, name: &str) -> Option<&mut Option<Field>> {
        Some(match name {
            "any_errors_fatal" => &mut self.any_errors_fatal,
            "become" => &mut self.r#become,
            "become_exe" => &mut self.become_exe,
            "become_flags" => &mut self.become_flags,
            "become_method" => &mut self.become_method,
            "become_user" => &mut self.become_user,
            "check_mode" => &mut self.check_mode,
            "connection" => &mut self.connection,
            "debugger" => &mut self.debugger,
            "delegate_facts" => &mut self.delegate_facts,
            "delegate_to" => &mut self.delegate_to,
            "diff" => &mut self.diff,
            "ignore_errors" => &mut self.ignore_errors,
            "ignore_unreachable" => &mut self.ignore_unreachable,
            "no_log" => &mut self.no_log,
            "port" => &mut self.port,
            "remote_user" => &mut self.remote_user,
            "run_once" => &mut self.run_once,
            "throttle" => &mut self.throttle,
            "timeout" => &mut self.timeout,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::keywords::KEYWORDS;

    #[test]
    fn every_inherited_keyword_has_its_place() {
        let read_apart = ["vars", "when", "tags", "environment", "module_defaults", "collections"];
        for k in KEYWORDS.iter().filter(|k| k.inherited && !read_apart.contains(&k.name)) {
            assert!(Directives::default().slot(k.name).is_some(), "{}", k.name);
        }
    }
}
