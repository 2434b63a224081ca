//! All variables of a run: what the inventory says, what was learned of each host,
//! what the command line gave. Scopes are views of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;

use crate::template::Value;

use super::facts::Learned;
use super::scope::{Base, TaskScope};
use super::{FactCache, Hosts, Layer, Stratum, VarMap};

/// Scopes have about so many layers.
const USUAL: usize = 16;

/// The variables of a run; shared by all tasks on all hosts.
pub(crate) struct VarsStore {
    pub(super) hosts: Arc<dyn Hosts>,
    settings: Settings,
    extra: Arc<VarMap>,
    magic: Arc<VarMap>,
    learned: RwLock<HashMap<Arc<str>, Learned>>,
    /// What is known of a host of which nothing is: shared, for each scope has it.
    nothing: Learned,
    cache: Option<FactCache>,
    /// The password to connect with that the user typed or keeps in a file.
    password: OnceLock<Arc<str>>,
}

/// How variables meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `hash_behaviour = merge`: mappings of several layers become one.
    pub merge: bool,
    /// `inject_facts_as_vars`: each fact is a variable of its own too.
    pub inject_facts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { merge: false, inject_facts: true }
    }
}

impl VarsStore {
    /// The variables of a run with `-e` as `extra` and what is the same for all hosts as `magic`.
    pub(crate) fn new(hosts: Arc<dyn Hosts>, settings: Settings, extra: VarMap, magic: VarMap) -> Arc<Self> {
        Self::caching(hosts, settings, extra, magic, None)
    }

    /// The same, with facts that are kept from run to run.
    pub(crate) fn caching(
        hosts: Arc<dyn Hosts>,
        settings: Settings,
        extra: VarMap,
        magic: VarMap,
        cache: Option<FactCache>,
    ) -> Arc<Self> {
        let (extra, magic) = (Arc::new(extra), Arc::new(magic));
        Arc::new(Self {
            hosts,
            settings,
            extra,
            magic,
            learned: RwLock::default(),
            nothing: Learned::default(),
            cache,
            password: OnceLock::new(),
        })
    }

    /// Lets tasks ask for the password that the user gave to connect with.
    pub(crate) fn keep_password(&self, password: &str) {
        // There is one for a run.
        let _ = self.password.set(password.into());
    }

    /// The password that the user gave to connect with.
    pub(super) fn password(&self) -> Option<Value> {
        self.password.get().map(|password| Value::Str(password.clone()))
    }

    /// What is known of a host, of earlier runs too.
    fn known(&self, name: &Arc<str>) -> Learned {
        if let Some(learned) = self.learned.read().get(name) {
            return learned.clone();
        }
        let learned = self.remembered(name);
        if self.cache.is_some() {
            return self.learned.write().entry(name.clone()).or_insert(learned).clone();
        }
        learned
    }

    /// What was kept of a host.
    fn remembered(&self, name: &str) -> Learned {
        let kept = self.cache.as_ref().and_then(|cache| cache.load(name));
        kept.map_or_else(|| self.nothing.clone(), |facts| Learned::kept(facts, self.settings.inject_facts))
    }

    /// What a task on `host` sees. `strata` are what the play, roles, blocks, the task and
    /// includes bring; among equal layers the later one wins.
    pub(crate) fn scope(
        self: &Arc<Self>,
        host: &str,
        strata: impl IntoIterator<Item = Stratum>,
    ) -> TaskScope {
        // The run's own come first: what a play says of itself, as `playbook_dir`, is stronger.
        let mut all = Vec::with_capacity(USUAL);
        all.push(Stratum::new(Layer::Magic, self.magic.clone()));
        all.extend(strata);
        self.completed(host, all)
    }

    fn completed(self: &Arc<Self>, host: &str, mut all: Vec<Stratum>) -> TaskScope {
        let described = self.hosts.describe(host);
        let name = described.as_ref().map_or_else(|| Arc::from(host), |d| d.name.clone());
        let learned = self.known(&name);
        all.extend([
            Stratum::new(Layer::Facts, learned.facts),
            Stratum::new(Layer::IncludeVars, learned.included),
            Stratum::new(Layer::SetFacts, learned.set),
            Stratum::new(Layer::ExtraVars, self.extra.clone()),
        ]);
        if let Some(described) = &described {
            all.extend(described.groups.iter().chain(described.own.iter()).cloned());
        }
        all.retain(|stratum| !stratum.vars.is_empty());
        all.sort_by_key(|stratum| stratum.layer);
        TaskScope::new(Base { store: self.clone(), host: described, strata: all, merge: self.settings.merge })
    }

    /// Whether a variable is given on the command line.
    pub(crate) fn has_extra(&self, name: &str) -> bool {
        self.extra.contains_key(name)
    }

    /// What a host of the inventory sees outside of any play, as `hostvars` shows it.
    pub(crate) fn host_scope(self: &Arc<Self>, host: &str) -> Option<TaskScope> {
        self.hosts.describe(host).map(|_| self.scope(host, Vec::new()))
    }

    /// Facts that came from a host, by full name; those known before are replaced.
    pub(crate) fn add_facts(&self, host: &str, facts: VarMap) {
        self.learn(host, |learned| {
            learned.add_facts(facts, self.settings.inject_facts);
            if let Some(cache) = &self.cache {
                cache.keep(&self.canonical(host), learned.raw());
            }
        });
    }

    /// Whether facts were gathered on all of these hosts.
    pub(crate) fn all_have_facts(&self, hosts: &[Arc<str>]) -> bool {
        hosts.iter().all(|host| self.known(host).was_gathered())
    }

    /// Forgets the facts of a host (`meta: clear_facts`).
    pub(crate) fn clear_facts(&self, host: &str) {
        self.learn(host, Learned::clear_facts);
        if let Some(cache) = &self.cache {
            cache.forget(&self.canonical(host));
        }
    }

    /// `set_fact` and `register`.
    pub(crate) fn set_facts(&self, host: &str, vars: VarMap) {
        self.learn(host, |learned| self.put(&mut learned.set, vars));
    }

    /// The module `include_vars`.
    pub(crate) fn include_vars(&self, host: &str, vars: VarMap) {
        self.learn(host, |learned| self.put(&mut learned.included, vars));
    }

    fn put(&self, known: &mut Arc<VarMap>, vars: VarMap) {
        let known = Arc::make_mut(known);
        for (name, new) in vars {
            let value = match known.get(&name).filter(|_| self.settings.merge) {
                Some(old) => super::merge::combined(&old.value, &new.value),
                None => new.value,
            };
            known.insert(name, super::Definition { value, place: new.place });
        }
    }

    fn learn(&self, host: &str, change: impl FnOnce(&mut Learned)) {
        let name = self.canonical(host);
        let mut all = self.learned.write();
        change(all.entry(name).or_insert_with_key(|name| self.remembered(name)));
    }

    /// The name the inventory has for a host.
    fn canonical(&self, host: &str) -> Arc<str> {
        self.hosts.describe(host).map_or_else(|| Arc::from(host), |d| d.name.clone())
    }
}
