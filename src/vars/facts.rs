//! What a run learns of a host: facts, `include_vars`, `set_fact` and registered results.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Definition, VarMap};
use crate::template::Value;

/// What is known of one host. A clone shares everything.
#[derive(Clone, Default)]
pub(super) struct Learned {
    /// Facts as they came, by full name (`ansible_distribution`).
    raw: Arc<VarMap>,
    /// Facts as variables: `ansible_facts` and, where wished, every fact by its full name.
    pub(super) facts: Arc<VarMap>,
    pub(super) included: Arc<VarMap>,
    /// `set_fact` and `register`.
    pub(super) set: Arc<VarMap>,
}

impl Learned {
    /// Adds facts; one known before is replaced. `inject` makes each a variable of its own too.
    pub(super) fn add_facts(&mut self, new: VarMap, inject: bool) {
        let raw = Arc::make_mut(&mut self.raw);
        raw.extend(new);
        self.facts = Arc::new(as_variables(raw, inject));
    }

    /// What was kept of an earlier run.
    pub(super) fn kept(facts: VarMap, inject: bool) -> Self {
        let mut learned = Self::default();
        learned.add_facts(facts, inject);
        learned
    }

    /// All facts, as they came.
    pub(super) fn raw(&self) -> &VarMap {
        &self.raw
    }

    /// Whether facts came from the host, not only from `set_fact`.
    pub(super) fn was_gathered(&self) -> bool {
        self.raw.keys().any(|name| name.starts_with("ansible_"))
    }

    /// Forgets the facts, not what was set or registered.
    pub(super) fn clear_facts(&mut self) {
        self.raw = Arc::default();
        self.facts = Arc::default();
    }
}

fn as_variables(raw: &VarMap, inject: bool) -> VarMap {
    let bare: IndexMap<Value, Value> =
        raw.iter().map(|(name, fact)| (Value::str(bare_name(name)), fact.value.clone())).collect();
    let all = Value::Map(Arc::new(crate::template::Map::new(bare)));
    let mut vars: VarMap =
        raw.iter().filter(|(name, _)| injected(name, inject)).map(|(n, f)| (n.clone(), f.clone())).collect();
    vars.insert("ansible_facts".into(), Definition::from(all));
    vars
}

/// The name of a fact within `ansible_facts`.
fn bare_name(name: &str) -> &str {
    match name {
        "ansible_local" => name,
        _ => name.strip_prefix("ansible_").unwrap_or(name),
    }
}

/// Whether a fact becomes a variable of its own. How to reach a host, how to become another
/// user and which interpreter to start are never learned from a host.
fn injected(name: &str, inject: bool) -> bool {
    const KEPT_OUT: [&str; 18] = [
        "ansible_become",
        "ansible_connection",
        "ansible_connection_user",
        "ansible_docker_extra_args",
        "ansible_facts",
        "ansible_host",
        "ansible_module_compression",
        "ansible_network_os",
        "ansible_password",
        "ansible_pipelining",
        "ansible_playbook_python",
        "ansible_port",
        "ansible_private_key_file",
        "ansible_rsync_path",
        "ansible_shell_executable",
        "ansible_shell_type",
        "ansible_timeout",
        "ansible_user",
    ];
    const FAMILIES: [&str; 5] =
        ["ansible_local_", "ansible_paramiko_ssh_", "ansible_psrp_", "ansible_ssh_", "ansible_winrm_"];
    if name == "ansible_local" || name.starts_with("ansible_ssh_host_key_") {
        return name == "ansible_local" || inject;
    }
    let bridge = name.ends_with("_bridge") || name.ends_with("_gwbridge");
    let reaches = KEPT_OUT.contains(&name)
        || name.starts_with("ansible_become_")
        || name.starts_with("_ansible_")
        || name.starts_with("ansible_") && name.ends_with("_interpreter")
        || !bridge && FAMILIES.iter().any(|family| name.starts_with(family));
    inject && !reaches
}
