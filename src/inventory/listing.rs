//! The inventory as a whole, as `ansible-inventory` shows it: `--list` and `--graph`.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::{GroupId, Inventory, SharedInventory};
use crate::template::{Scope, Value, has_markers};
use crate::vars::{Hosts, VarsStore};

impl SharedInventory {
    /// Groups with their hosts and children, and under `_meta` the variables of every host,
    /// not rendered. `store` should know no magic variables: they would be listed too.
    pub fn listing(&self, store: &Arc<VarsStore>) -> Json {
        let inventory = self.now();
        let mut groups = Map::new();
        for (id, group) in inventory.groups() {
            let children = group.children.iter().map(|child| &*inventory.group(child.group).name);
            let children: Vec<&str> = children.collect();
            let hosts =
                group.hosts.iter().filter(|_| id != GroupId::ALL).map(|host| &*inventory.host(*host).name);
            let hosts: Vec<&str> = hosts.collect();
            let shown =
                [("hosts", hosts), ("children", children)].into_iter().filter(|(_, names)| !names.is_empty());
            let shown: Map<String, Json> = shown.map(|(key, names)| (key.to_owned(), json!(names))).collect();
            if !shown.is_empty() {
                groups.insert(group.name.to_string(), Json::Object(shown));
            }
        }
        let vars = self.names().into_iter().map(|name| (name.to_string(), self.host_listing(&name, store)));
        let vars: Map<String, Json> =
            vars.filter(|(_, vars)| vars.as_object().is_some_and(|v| !v.is_empty())).collect();
        groups.insert("_meta".into(), json!({ "hostvars": vars, "profile": "inventory_legacy" }));
        Json::Object(groups)
    }

    /// The variables of one host, not rendered.
    pub fn host_listing(&self, name: &str, store: &Arc<VarsStore>) -> Json {
        let Some(host) = self.describe(name) else { return Json::Object(Map::new()) };
        let scope = store.scope(&host.name, Vec::new());
        let mut vars = Map::new();
        for key in host.groups.iter().chain(host.own.iter()).flat_map(|stratum| stratum.vars.keys()) {
            if !vars.contains_key(&**key)
                && let Some(value) = scope.get(key)
            {
                vars.insert(key.to_string(), raw(&value));
            }
        }
        Json::Object(vars)
    }
}

/// A value as written; what is no template though it looks like one, and what is encrypted, are marked.
fn raw(value: &Value) -> Json {
    match value {
        Value::Str(text) if has_markers(text) => json!({ "__ansible_unsafe": **text }),
        Value::Vault(vault) => json!({ "__ansible_vault": *vault.text }),
        Value::List(list) | Value::Tuple(list) => list.items.iter().map(raw).collect(),
        Value::Map(map) => {
            let entry = |(key, value): (&Value, &Value)| {
                (key.as_str().map_or_else(|| key.to_json().to_string(), String::from), raw(value))
            };
            Json::Object(map.entries.iter().map(entry).collect())
        }
        other => other.to_json(),
    }
}

impl Inventory {
    /// The tree of groups and hosts below a group, drawn.
    pub fn graph(&self, from: GroupId) -> String {
        let mut lines = Vec::new();
        self.draw(from, 0, &mut lines, &mut HashSet::new());
        lines.join("\n")
    }

    fn draw(&self, id: GroupId, depth: usize, lines: &mut Vec<String>, above: &mut HashSet<GroupId>) {
        if !above.insert(id) {
            return;
        }
        let line = |name: &str, depth: usize| match depth {
            0 => name.to_owned(),
            _ => format!("{}--{name}", "  |".repeat(depth)),
        };
        let group = self.group(id);
        lines.push(line(&format!("@{}:", group.name), depth));
        for child in &group.children {
            self.draw(child.group, depth + 1, lines, above);
        }
        if id != GroupId::ALL {
            lines.extend(group.hosts.iter().map(|host| line(&self.host(*host).name, depth + 1)));
        }
        above.remove(&id);
    }
}
