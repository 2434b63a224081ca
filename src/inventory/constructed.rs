//! The inventory plugin `constructed`: variables and groups from what hosts already have.

use std::sync::Arc;

use super::{Inventory, SharedInventory, sanitize};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::template::{Engine, Scope, Template, TemplateError, Value};
use crate::vars::{Definition, TaskScope, VarMap, VarsStore};
use crate::yaml::{Mapping, Node, Yaml};

/// Names the plugin goes by.
pub(super) const NAMES: [&str; 2] = ["constructed", "ansible.builtin.constructed"];

/// What a file of the plugin says.
#[derive(Default)]
pub(super) struct Constructed {
    strict: bool,
    leading_separator: bool,
    pub(super) use_vars_plugins: bool,
    pub(super) use_extra_vars: bool,
    compose: Vec<(Arc<str>, Arc<Template>)>,
    groups: Vec<(String, Arc<Template>)>,
    keyed: Vec<Keyed>,
}

/// One entry of `keyed_groups`.
struct Keyed {
    key: Arc<Template>,
    prefix: String,
    separator: String,
    parent: Option<Value>,
    default: Option<String>,
    trailing_separator: bool,
}

const OPTIONS: [&str; 8] = [
    "plugin",
    "strict",
    "compose",
    "groups",
    "keyed_groups",
    "use_vars_plugins",
    "use_extra_vars",
    "leading_separator",
];

impl Constructed {
    /// Reads the file's options.
    pub(super) fn new(root: &Mapping, diagnostics: &mut Diagnostics) -> Self {
        let mut found = Self { leading_separator: true, ..Self::default() };
        for (key, value) in root.iter() {
            match key.as_str().unwrap_or_default() {
                "plugin" => {}
                "strict" => found.strict = flag(value),
                "leading_separator" => found.leading_separator = flag(value),
                "use_vars_plugins" => found.use_vars_plugins = flag(value),
                "use_extra_vars" => found.use_extra_vars = flag(value),
                "compose" => found.compose = named(value, diagnostics).map(|(n, t)| (n.into(), t)).collect(),
                "groups" => found.groups = named(value, diagnostics).collect(),
                "keyed_groups" => {
                    let entries = value.as_seq().unwrap_or_default();
                    found.keyed = entries.iter().filter_map(|entry| Keyed::new(entry, diagnostics)).collect();
                }
                unknown => {
                    let message = format!("unknown option `{unknown}` of inventory plugin `constructed`");
                    let problem = Diagnostic::error("inventory-plugin", message).at(&key.span, "");
                    let near = nearest(unknown, OPTIONS).map(|near| format!("did you mean `{near}`?"));
                    diagnostics.push(
                        problem
                            .hint(near.unwrap_or_else(|| format!("it has `{}`", OPTIONS[1..].join("`, `")))),
                    );
                }
            }
        }
        found
    }

    /// Adds variables, then groups. `seen` gives what the hosts have; it is asked anew in between.
    pub(super) fn apply(
        &self,
        inventory: &mut Inventory,
        engine: &Engine,
        diagnostics: &mut Diagnostics,
        seen: &dyn Fn(&Inventory) -> SharedInventory,
        extra: &VarMap,
    ) {
        let extra = if self.use_extra_vars { extra.clone() } else { VarMap::new() };
        for (host, scope) in scopes(seen(inventory), &extra) {
            let Some(id) = inventory.host_id(&host) else { continue };
            for (name, template) in &self.compose {
                match engine.expression_at(template, &scope) {
                    Ok(value) => inventory.set_host_var(
                        id,
                        name.clone(),
                        Definition::new(value, template.place.clone()),
                    ),
                    Err(error) => self.failed(error, &host, diagnostics),
                }
            }
        }
        for (host, scope) in scopes(seen(inventory), &extra) {
            for (name, condition) in &self.groups {
                match engine.condition(condition, &scope) {
                    Ok(true) => self.join(inventory, &host, name, None, diagnostics),
                    Ok(false) => {}
                    Err(error) => self.failed(error, &host, diagnostics),
                }
            }
            for keyed in &self.keyed {
                match self.names(keyed, engine, &scope) {
                    Ok((names, parent)) => {
                        let parent = parent.as_deref();
                        names.iter().for_each(|name| self.join(inventory, &host, name, parent, diagnostics));
                    }
                    Err(error) => self.failed(error, &host, diagnostics),
                }
            }
        }
    }

    fn failed(&self, error: TemplateError, host: &str, diagnostics: &mut Diagnostics) {
        if self.strict {
            diagnostics.push(error.prefixed(&format!("for host `{host}`: ")).to_diagnostic());
        }
    }

    fn join(
        &self,
        inventory: &mut Inventory,
        host: &str,
        group: &str,
        parent: Option<&str>,
        diagnostics: &mut Diagnostics,
    ) {
        let parent = parent.map(sanitize);
        let parents: Vec<&str> = parent.as_deref().into_iter().collect();
        if let Err(problem) = inventory.group_by(host, &sanitize(group), &parents) {
            diagnostics.push(Diagnostic::error("group-cycle", problem.to_string()));
        }
    }

    /// The groups that a key gives a host, and their parent.
    fn names(
        &self,
        keyed: &Keyed,
        engine: &Engine,
        scope: &dyn Scope,
    ) -> Result<(Vec<String>, Option<String>), TemplateError> {
        let key = engine.expression_at(&keyed.key, scope)?;
        let parent = keyed.parent.as_ref().map(|parent| engine.resolve(parent, scope)).transpose()?;
        let parent = parent
            .filter(|p| !matches!(p, Value::Omit | Value::None))
            .map(|p| p.to_text())
            .filter(|p| !p.is_empty());
        let is_empty = |value: &Value| matches!(value, Value::None) || value.as_str() == Some("");
        let or_default = |value: &Value| match &keyed.default {
            Some(default) if is_empty(value) => default.clone(),
            _ => value.to_text(),
        };
        let bare: Vec<String> = match &key {
            Value::List(items) => items.items.iter().map(or_default).collect(),
            Value::Map(map) => map
                .entries
                .iter()
                .map(|(name, value)| keyed.pair(&name.to_text(), value, is_empty(value)))
                .collect(),
            value if is_empty(value) => keyed.default.iter().cloned().collect(),
            Value::Str(text) => vec![text.to_string()],
            other => {
                let message = format!(
                    "a key of `keyed_groups` gives text, a list or a mapping, found `{}`",
                    other.repr()
                );
                return Err(TemplateError::failed(message).at(keyed.key.place.clone()));
            }
        };
        let separator =
            if keyed.prefix.is_empty() && !self.leading_separator { "" } else { &keyed.separator };
        Ok((bare.into_iter().map(|name| format!("{}{separator}{name}", keyed.prefix)).collect(), parent))
    }
}

impl Keyed {
    fn new(entry: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Node::as_str).map(String::from);
        let Some(key) = entry.get("key") else {
            let problem = Diagnostic::error("inventory-plugin", "an entry of `keyed_groups` needs a `key`");
            diagnostics.push(problem.at(&entry.span, "has none"));
            return None;
        };
        if let (Some(_), Some((place, _))) = (entry.get("default_value"), entry.entry("trailing_separator")) {
            let problem = Diagnostic::error(
                "inventory-plugin",
                "`default_value` and `trailing_separator` exclude each other",
            );
            diagnostics.push(problem.at(&place.span, ""));
        }
        Some(Self {
            key: expression(key),
            prefix: text("prefix").unwrap_or_default(),
            separator: text("separator").unwrap_or_else(|| "_".into()),
            parent: entry.get("parent_group").map(Value::from_node),
            default: text("default_value"),
            trailing_separator: entry.get("trailing_separator").is_none_or(flag),
        })
    }

    /// A name from an entry of a mapping.
    fn pair(&self, name: &str, value: &Value, empty: bool) -> String {
        let separator = &self.separator;
        match &self.default {
            Some(default) if empty => format!("{name}{separator}{default}"),
            _ if empty && !self.trailing_separator => name.to_owned(),
            _ => format!("{name}{separator}{}", value.to_text()),
        }
    }
}

/// Every host and what it has.
fn scopes(shared: SharedInventory, extra: &VarMap) -> Vec<(Arc<str>, TaskScope)> {
    let shared = Arc::new(shared);
    let store = VarsStore::new(shared.clone(), Default::default(), extra.clone(), VarMap::new());
    let hosts = crate::vars::Hosts::names(&*shared);
    hosts.into_iter().map(|host| (host.clone(), store.scope(&host, Vec::new()))).collect()
}

fn flag(node: &Node) -> bool {
    node.as_bool().or_else(|| Value::from_node(node).to_bool()).unwrap_or(false)
}

fn named<'a>(
    node: &'a Node,
    diagnostics: &mut Diagnostics,
) -> impl Iterator<Item = (String, Arc<Template>)> + use<'a> {
    if node.as_map().is_none() && !node.is_null() {
        let message = format!("expected names with expressions, found {}", node.kind_name());
        diagnostics.push(Diagnostic::error("inventory-plugin", message).at(&node.span, ""));
    }
    let entries = node.as_map().map(|map| map.iter()).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str()?.to_owned(), expression(value))))
}

/// A bare expression, whatever YAML took it for.
fn expression(node: &Node) -> Arc<Template> {
    let text = match &node.value {
        Yaml::Str { text, .. } | Yaml::Unsafe(text) | Yaml::Time(text) => text.clone(),
        _ => node.span.plain().into(),
    };
    Template::new(text, Some(node.span.clone()))
}
