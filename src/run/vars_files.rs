//! `vars_files` of a play.

use std::path::Path;
use std::sync::Arc;

use baton_modules::sorting::Sorting;

use crate::diagnostic::{self, Diagnostics};
use crate::plan::PlannedPlay;
use crate::playbook::Field;
use crate::template::{ErrorKind, TemplateError, Value};
use crate::vars::{Layer, Stratum, TaskScope, VarMap};

use super::Run;

/// The layers that a play's files of variables make, as far as their names can be rendered.
///
/// # Errors
/// When a file is not there or cannot be read.
pub(super) fn layers(
    run: &Run,
    plan: &PlannedPlay,
    scope: &TaskScope,
) -> Result<Vec<Stratum>, TemplateError> {
    let Some(field) = &plan.play.vars_files else { return Ok(Vec::new()) };
    let mut strata = Vec::new();
    for entry in entries(&field.value) {
        match one(run, plan, field, &entry, scope) {
            Ok(vars) => strata.push(Stratum::new(Layer::VarsFiles, Arc::new(vars))),
            // ansible: a file whose name needs facts that are not known yet is passed over.
            Err(error) if error.kind() == ErrorKind::Undefined => {}
            Err(error) => return Err(error),
        }
    }
    Ok(strata)
}

/// Whether some file's name needs a host's variables.
pub(super) fn depends_on_host(run: &Run, plan: &PlannedPlay, scope: &TaskScope) -> bool {
    let Some(field) = &plan.play.vars_files else { return false };
    entries(&field.value)
        .iter()
        .any(|entry| matches!(run.engine.resolve(entry, scope), Err(e) if e.kind() == ErrorKind::Undefined))
}

fn entries(value: &Value) -> Vec<Value> {
    value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec)
}

/// One entry: a name, or a list of names of which the first that exists is taken.
fn one(
    run: &Run,
    plan: &PlannedPlay,
    field: &Field,
    entry: &Value,
    scope: &TaskScope,
) -> Result<VarMap, TemplateError> {
    let value = run.engine.resolve(entry, scope)?;
    let names: Vec<String> = match value.as_list() {
        Some(list) => list.iter().map(Value::to_text).collect(),
        None => vec![value.to_text()],
    };
    let base = &plan.play.directory;
    let candidates = names.iter().flat_map(|name| [base.join("vars").join(name), base.join(name)]);
    // ansible: beside the playbook first, then in its `vars`.
    let mut candidates: Vec<_> = candidates.collect();
    candidates.order_by_key(|path| path.parent() != Some(base.as_path()));
    match candidates.iter().find(|path| path.is_file()) {
        Some(path) => read(run, path),
        None => {
            let message = format!("vars file `{}` was not found", names.join("`, `"));
            Err(TemplateError::failed(message).at(Some(field.span.clone())))
        }
    }
}

fn read(run: &Run, path: &Path) -> Result<VarMap, TemplateError> {
    let mut diagnostics = Diagnostics::default();
    let vars = run.vars_files.read(path, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(TemplateError::failed(diagnostic::render_all(&diagnostics, false)));
    }
    Ok(VarMap::clone(&vars))
}
