//! Magic variables: what baton itself tells plays of the run, the play, the role and the host.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::hostvars::{AllHosts, AllVars};
use super::{Definition, HostVars, TaskScope, VarMap};
use crate::template::Value;

/// The version of Ansible whose behaviour this is; what `ansible_version` says.
pub(super) const ANSIBLE_VERSION: (i64, i64, i64) = (2, 19, 14);

/// Computed for each host when asked for.
pub(super) const OF_HOST: [&str; 11] = [
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
    "groups",
    "hostvars",
    "vars",
    "omit",
    "ansible_facts",
    "environment",
    "inventory_file",
    "inventory_dir",
];

/// A magic variable that depends on the host.
pub(super) fn of_host(name: &str, scope: &TaskScope) -> Option<Value> {
    let host = scope.described();
    match name {
        "omit" => Some(Value::Omit),
        "groups" => Some(scope.store().hosts.groups()),
        "hostvars" => Some(Value::Object(Arc::new(AllHosts(scope.store().clone())))),
        "vars" => Some(Value::Object(Arc::new(AllVars::of_task(scope.clone())))),
        "inventory_hostname" => host.map(|h| Value::Str(h.name.clone())),
        "inventory_hostname_short" => host.map(|h| Value::Str(h.short_name.clone())),
        "group_names" => host.map(|h| Value::list(h.group_names.iter().cloned().map(Value::Str))),
        _ => None,
    }
}

/// What a host's variables have when nobody says otherwise.
pub(super) fn fallback(name: &str, host: Option<&HostVars>) -> Option<Value> {
    let host = host?;
    let source = host.source.as_ref();
    match name {
        "inventory_file" | "inventory_dir" if host.implicit => None,
        "ansible_facts" => Some(Value::map([])),
        "environment" => Some(Value::list([])),
        // ansible: tasks see where they go even where nobody says so.
        "ansible_host" | "ansible_ssh_host" => Some(Value::Str(host.name.clone())),
        "inventory_file" => Some(source.map_or(Value::None, |(file, _)| Value::Str(file.clone()))),
        "inventory_dir" => {
            Some(source.and_then(|(_, directory)| directory.clone()).map_or(Value::None, Value::Str))
        }
        _ => None,
    }
}

/// What is the same for the whole run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunMagic {
    /// The directory of the playbook, absolute.
    pub playbook_dir: String,
    /// The settings file that was read.
    pub config_file: Option<String>,
    /// What `-i` named.
    pub inventory_sources: Vec<String>,
    pub check_mode: bool,
    pub diff_mode: bool,
    pub forks: usize,
    pub verbosity: u8,
    pub run_tags: Vec<String>,
    pub skip_tags: Vec<String>,
    /// `--limit` as given.
    pub limit: Option<String>,
}

impl RunMagic {
    /// As variables.
    pub(crate) fn vars(&self) -> VarMap {
        let mut vars = map([
            ("playbook_dir", Value::str(&*self.playbook_dir)),
            ("ansible_config_file", self.config_file.as_deref().map_or(Value::None, Value::str)),
            ("ansible_playbook_python", Value::str(local_python())),
            ("ansible_inventory_sources", texts(&self.inventory_sources)),
            ("ansible_check_mode", Value::Bool(self.check_mode)),
            ("ansible_diff_mode", Value::Bool(self.diff_mode)),
            ("ansible_forks", Value::Int(self.forks as i128)),
            ("ansible_verbosity", Value::Int(self.verbosity.into())),
            ("ansible_run_tags", texts(&self.run_tags)),
            ("ansible_skip_tags", texts(&self.skip_tags)),
            ("ansible_version", version()),
        ]);
        if let Some(limit) = &self.limit {
            vars.insert("ansible_limit".into(), Definition::from(Value::str(&**limit)));
        }
        vars
    }
}

/// What is the same for a batch of a play.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlayMagic {
    pub name: String,
    /// All hosts of the play, also those that have failed.
    pub hosts_all: Vec<Arc<str>>,
    /// Those of them that have not failed.
    pub hosts: Vec<Arc<str>>,
    /// Those of the batch that have not failed.
    pub batch: Vec<Arc<str>>,
    /// Names of the roles of the play, and of their dependencies.
    pub roles: Vec<String>,
    pub dependent_roles: Vec<String>,
}

impl PlayMagic {
    /// As variables.
    pub(crate) fn vars(&self) -> VarMap {
        let mut every: Vec<String> = Vec::new();
        for role in self.roles.iter().chain(&self.dependent_roles) {
            if !every.contains(role) {
                every.push(role.clone());
            }
        }
        let batch = names(&self.batch);
        map([
            ("ansible_play_name", Value::str(&*self.name)),
            ("ansible_play_hosts_all", names(&self.hosts_all)),
            ("ansible_play_hosts", names(&self.hosts)),
            ("ansible_play_batch", batch.clone()),
            ("play_hosts", batch),
            ("ansible_play_role_names", texts(&self.roles)),
            ("role_names", texts(&self.roles)),
            ("ansible_dependent_role_names", texts(&self.dependent_roles)),
            ("ansible_role_names", texts(&every)),
        ])
    }
}

/// What tasks of a role are told of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleMagic {
    /// As used, with its collection if it has one.
    pub name: String,
    pub path: String,
    /// One use of a role is told from another by it.
    pub uuid: String,
    /// `namespace.collection`, for a role of a collection.
    pub collection: Option<String>,
    /// Roles whose tasks brought it in, the outermost last.
    pub parent_names: Vec<String>,
    pub parent_paths: Vec<String>,
}

impl RoleMagic {
    /// As variables.
    pub(crate) fn vars(&self) -> VarMap {
        let short = match &self.collection {
            Some(collection) => self.name.strip_prefix(&format!("{collection}.")).unwrap_or(&self.name),
            None => &self.name,
        };
        let mut vars = map([
            ("role_name", Value::str(short)),
            ("ansible_role_name", Value::str(&*self.name)),
            ("role_path", Value::str(&*self.path)),
            ("role_uuid", Value::str(&*self.uuid)),
            ("ansible_collection_name", self.collection.as_deref().map_or(Value::None, Value::str)),
        ]);
        if !self.parent_names.is_empty() {
            let names = Definition::from(texts(&self.parent_names));
            vars.insert("ansible_parent_role_names".into(), names);
            vars.insert("ansible_parent_role_paths".into(), Definition::from(texts(&self.parent_paths)));
        }
        vars
    }
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> VarMap {
    entries.into_iter().map(|(name, value)| (Arc::from(name), Definition::from(value))).collect()
}

fn texts(list: &[String]) -> Value {
    Value::list(list.iter().map(|text| Value::str(&**text)))
}

fn names(list: &[Arc<str>]) -> Value {
    Value::list(list.iter().cloned().map(Value::Str))
}

fn version() -> Value {
    let (major, minor, revision) = ANSIBLE_VERSION;
    let full = format!("{major}.{minor}.{revision}");
    Value::map([
        (Value::str("string"), Value::str(&*full)),
        (Value::str("full"), Value::str(full)),
        (Value::str("major"), Value::from(major)),
        (Value::str("minor"), Value::from(minor)),
        (Value::str("revision"), Value::from(revision)),
    ])
}

/// A Python of this machine, for playbooks that start one; baton itself needs none.
pub(crate) fn local_python() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        // Whoever works in an environment of Python's has it first on the path.
        let path = std::env::var("PATH").unwrap_or_default();
        let beside = path.split(':').chain(["/usr/bin", "/usr/local/bin"]).filter(|d| d.starts_with('/'));
        let mut places = beside.map(|directory| format!("{directory}/python3"));
        places.find(|path| Path::new(path).exists()).unwrap_or_else(|| "/usr/bin/python3".into())
    })
}
