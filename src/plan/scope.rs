//! The variables that are known before the run: for names of imported files and roles,
//! and for tags.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::step::{Lineage, RoleInstance};
use crate::template::{Scope, Value};
use crate::vars::VarMap;

/// Layers of variables, the strongest first.
pub(super) struct StaticScope {
    layers: Vec<Arc<VarMap>>,
    magic: Vec<(&'static str, Value)>,
}

impl StaticScope {
    /// What a step with this lineage sees.
    pub(super) fn new(
        extra: &Arc<VarMap>,
        lineage: &Arc<Lineage>,
        files: &[Arc<VarMap>],
        playbook_dir: &Path,
    ) -> Self {
        let mut layers = vec![extra.clone()];
        let roles: Vec<&Arc<RoleInstance>> = links(lineage).filter_map(|link| link.role.as_ref()).collect();
        for link in links(lineage) {
            layers.push(link.directives.vars.clone());
            layers.extend(link.role.iter().flat_map(|r| [r.params.clone(), r.role.vars.clone()]));
        }
        layers.extend(files.iter().rev().cloned());
        layers.extend(roles.iter().map(|r| r.role.defaults.clone()));
        let mut magic = vec![("playbook_dir", text(&absolute(playbook_dir)))];
        if let Some(role) = roles.first() {
            magic.push(("role_path", text(&absolute(&role.role.path))));
            magic.push(("role_name", Value::str(role.role.name.as_str())));
        }
        Self { layers, magic }
    }
}

impl Scope for StaticScope {
    fn get(&self, name: &str) -> Option<Value> {
        let found = self.layers.iter().find_map(|vars| vars.get(name)).map(|d| d.value.clone());
        found.or_else(|| self.magic.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone()))
    }

    fn names(&self) -> Vec<String> {
        let own = self.layers.iter().flat_map(|vars| vars.keys().map(|k| k.to_string()));
        own.chain(self.magic.iter().map(|(n, _)| n.to_string())).collect()
    }
}

/// The links of a lineage, the nearest first.
pub(super) fn links(lineage: &Arc<Lineage>) -> impl Iterator<Item = &Arc<Lineage>> {
    std::iter::successors(Some(lineage), |link| link.parent.as_ref())
}

/// The role a lineage is in.
pub(super) fn role(lineage: &Arc<Lineage>) -> Option<&Arc<RoleInstance>> {
    links(lineage).find_map(|link| link.role.as_ref())
}

/// A path as variables have it: names in messages stay as the user wrote them.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    // Asked for each task on each host. Only `pull` changes the directory: before anything is planned, and after.
    static HERE: OnceLock<PathBuf> = OnceLock::new();
    let here = || HERE.get_or_init(|| std::env::current_dir().unwrap_or_default());
    let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let whole = if named.is_absolute() { Cow::Borrowed(named) } else { Cow::Owned(here().join(named)) };
    std::path::absolute(&whole).unwrap_or_else(|_| path.to_path_buf())
}

fn text(path: &Path) -> Value {
    Value::str(path.display().to_string())
}
