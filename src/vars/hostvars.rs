//! The magic variables `hostvars` and `vars`: variables as a mapping. What is found in
//! them is rendered in the scope of the host it belongs to.

use std::any::Any;
use std::sync::Arc;

use super::{TaskScope, VarsStore};
use crate::template::{Object, Scope, Value};

/// `hostvars`: every host's variables by its name.
pub(super) struct AllHosts(pub(super) Arc<VarsStore>);

/// One host's variables, or those of the task: `hostvars['web1']` and `vars`.
pub(super) struct AllVars {
    scope: TaskScope,
    /// Only the variables of a task show those of all hosts among them.
    shows_hosts: bool,
}

impl AllVars {
    /// The magic variable `vars`.
    pub(super) fn of_task(scope: TaskScope) -> Self {
        Self { scope, shows_hosts: true }
    }

    /// What is shown as a whole; the whole does not contain itself.
    fn names(&self) -> impl Iterator<Item = String> {
        let shown = |name: &String| match &**name {
            "vars" | "omit" => false,
            "hostvars" => self.shows_hosts,
            _ => true,
        };
        self.scope.names().into_iter().filter(shown)
    }
}

impl Object for AllHosts {
    fn type_name(&self) -> &str {
        "HostVars"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        let scope = self.0.host_scope(key.as_str()?)?;
        Some(Value::Object(Arc::new(AllVars { scope, shows_hosts: false })))
    }

    fn is_mapping(&self) -> bool {
        true
    }

    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.0.hosts.names().into_iter().map(Value::Str).collect())
    }

    fn to_plain(&self) -> Option<Value> {
        let names = self.0.hosts.names();
        Some(Value::map(names.into_iter().filter_map(|name| {
            let value = self.get(&Value::Str(name.clone()))?;
            Some((Value::Str(name), value))
        })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for AllVars {
    fn type_name(&self) -> &str {
        "HostVarsVars"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        self.scope.get(key.as_str()?)
    }

    fn is_mapping(&self) -> bool {
        true
    }

    fn iterate(&self) -> Option<Vec<Value>> {
        Some(self.names().map(Value::from).collect())
    }

    fn to_plain(&self) -> Option<Value> {
        Some(Value::map(self.names().filter_map(|name| {
            let value = self.scope.get(&name)?;
            Some((Value::from(name), value))
        })))
    }

    fn scope(&self) -> Option<Arc<dyn Scope>> {
        Some(Arc::new(self.scope.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
