//! What a task inherits: the nearest value of a keyword, the conditions and environments
//! that add up, and the layers of variables around it.

use std::sync::Arc;

use crate::plan::{Lineage, RoleInstance, Section};
use crate::playbook::{Condition, Directives, Field};
use crate::vars::{Layer, Stratum, VarMap};

/// How deep dependencies of dependencies are looked at.
const DEEPEST: usize = 20;

/// The links of a lineage, the nearest first.
pub(crate) fn links(lineage: &Arc<Lineage>) -> impl Iterator<Item = &Arc<Lineage>> {
    std::iter::successors(Some(lineage), |link| link.parent.as_ref())
}

/// The value of a keyword given nearest to the task.
pub(crate) fn nearest<'a>(
    lineage: &'a Arc<Lineage>,
    keyword: impl Fn(&'a Directives) -> Option<&'a Field>,
) -> Option<&'a Field> {
    links(lineage).find_map(|link| keyword(&link.directives))
}

/// All conditions of `when`, the outermost first.
pub(crate) fn conditions(lineage: &Arc<Lineage>) -> Vec<&Condition> {
    let mut found: Vec<_> = links(lineage).flat_map(|link| link.directives.when.iter().rev()).collect();
    found.reverse();
    found
}

/// All environments, the outermost first: a nearer one overrides.
pub(crate) fn environments(lineage: &Arc<Lineage>) -> Vec<Field> {
    let mut lists: Vec<_> = links(lineage).map(|link| link.directives.environment.clone()).collect();
    lists.reverse();
    lists.concat()
}

/// All `module_defaults`, the outermost first.
pub(crate) fn module_defaults(lineage: &Arc<Lineage>) -> Vec<Field> {
    let mut lists: Vec<_> = links(lineage).map(|link| link.directives.module_defaults.clone()).collect();
    lists.reverse();
    lists.concat()
}

/// The role a task belongs to.
pub(crate) fn role(lineage: &Arc<Lineage>) -> Option<&Arc<RoleInstance>> {
    links(lineage).find_map(|link| link.role.as_ref())
}

/// The layers of variables that the task's own place brings, the weakest first.
pub(crate) fn strata(lineage: &Arc<Lineage>, play_roles: &[Arc<RoleInstance>]) -> Vec<Stratum> {
    let mut strata = Vec::new();
    let mut add = |layer, vars: &Arc<VarMap>| {
        if !vars.is_empty() {
            strata.push(Stratum::new(layer, vars.clone()));
        }
    };
    let own: Vec<&Arc<Lineage>> = links(lineage).filter(|link| link.role.is_some()).collect();
    for role in play_roles {
        add(Layer::RoleDefaults, &role.role.defaults);
        add(Layer::RoleVars, &role.role.vars);
    }
    for (inward, link) in own.iter().enumerate().rev() {
        let Some(role) = &link.role else { continue };
        // ansible: `vars` of a role's use are beneath the role's own for its dependencies only.
        let (below, above) = match inward {
            0 => (None, Some(&link.directives.vars)),
            _ => (Some(&link.directives.vars), None),
        };
        below.into_iter().for_each(|vars| add(Layer::RoleVars, vars));
        if inward == 0 {
            // ansible: a role sees the variables of its dependencies above those of roles around it.
            of_dependencies(role, play_roles, 0, &mut add);
        }
        add_role(role, &mut add);
        above.into_iter().for_each(|vars| add(Layer::RoleVars, vars));
    }
    let mut chain: Vec<&Arc<Lineage>> = links(lineage).collect();
    chain.reverse();
    for (depth, link) in chain.iter().enumerate() {
        let layer = match link.section {
            Section::Play => Layer::PlayVars,
            Section::Role => continue,
            Section::Include => Layer::IncludeParams,
            Section::Block if depth + 1 < chain.len() => Layer::BlockVars,
            Section::Block | Section::Task => Layer::TaskVars,
        };
        add(layer, &link.directives.vars);
    }
    strata
}

/// The variables of a role's dependencies, whichever use of these ran.
fn of_dependencies(
    role: &RoleInstance,
    play_roles: &[Arc<RoleInstance>],
    depth: usize,
    add: &mut impl FnMut(Layer, &Arc<VarMap>),
) {
    if depth > DEEPEST {
        return;
    }
    for usage in &role.role.dependencies {
        let Some(name) = usage.name.value.as_str() else { continue };
        if let Some(dependency) = play_roles.iter().find(|other| other.role.name == name) {
            of_dependencies(dependency, play_roles, depth + 1, add);
            add(Layer::RoleVars, &dependency.role.vars);
        }
    }
}

fn add_role(role: &RoleInstance, add: &mut impl FnMut(Layer, &Arc<VarMap>)) {
    add(Layer::RoleDefaults, &role.role.defaults);
    add(Layer::RoleVars, &role.role.vars);
    add(Layer::RoleParams, &role.params);
}
