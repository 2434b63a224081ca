//! `ansible._protomatter.debug`, with which Ansible's own tests look at many expressions at once. Ansible ships it to
//! everyone, inside its package, so that playbooks may use it.

use baton_modules::args;

use crate::template::Value;

use super::{Answer, Done, Invocation, debug::shown};

args! {
    /// Evaluate expressions; what is missing is told and no failure.
    pub(crate) struct Probe as "ansible._protomatter.debug" {
        /// The expressions.
        expression: Vec<String>,
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let given = invocation.written("expression").and_then(Value::as_list).unwrap_or_default();
    let mut warnings = Vec::new();
    let values = given.iter().map(|expression| {
        let text = match expression {
            Value::Template(template) => template.text.to_string(),
            other => other.to_text(),
        };
        Ok(shown(invocation, &text, &mut warnings)?.to_json())
    });
    let values = values.collect::<Result<Vec<_>, Box<Answer>>>()?;
    Ok(Answer { warnings, ..Answer::default().with("expression_result", values) })
}
