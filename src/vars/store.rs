//! All variables of a run: what the inventory says, what was learned of each host,
//! what the command line gave. Scopes are views of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;

use crate::template::Value;

use super::facts::Learned;
use super::scope::{Base, TaskScope};
use super::{FactCache, HostVars, Hosts, Layer, Strata, Stratum, VarMap};

/// The variables of a run; shared by all tasks on all hosts.
pub(crate) struct VarsStore {
    pub(super) hosts: Arc<dyn Hosts>,
    settings: Settings,
    extra: Arc<VarMap>,
    magic: Arc<VarMap>,
    known: RwLock<HashMap<Arc<str>, Known>>,
    /// What is learned of a host at first.
    nothing: Learned,
    cache: Option<FactCache>,
    /// The password to connect with that the user typed or keeps in a file.
    password: OnceLock<Arc<str>>,
}

/// What the run knows of a host.
struct Known {
    learned: Learned,
    /// All layers of the host as it was described, until more is learned.
    own: Option<(Arc<HostVars>, Strata)>,
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
            known: RwLock::default(),
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

    /// What was learned of a host, in earlier runs too.
    fn remembered(&self, name: &str) -> Known {
        let kept = self.cache.as_ref().and_then(|cache| cache.load(name));
        let learned = kept.map(|facts| Learned::kept(facts, self.settings.inject_facts));
        Known { learned: learned.unwrap_or_else(|| self.nothing.clone()), own: None }
    }

    /// What a task on `host` sees. `strata` are what the play, roles, blocks, the task and
    /// includes bring; among equal layers the later one wins.
    pub(crate) fn scope(
        self: &Arc<Self>,
        host: &str,
        strata: impl IntoIterator<Item = Stratum>,
    ) -> TaskScope {
        self.scope_at(host, self.place(strata))
    }

    /// The layers of a place in a play, put in order once for all hosts.
    pub(crate) fn place(&self, strata: impl IntoIterator<Item = Stratum>) -> Strata {
        // The run's own come first: what a play says of itself, as `playbook_dir`, is stronger.
        let all = std::iter::once(Stratum::new(Layer::Magic, self.magic.clone())).chain(strata);
        Strata::new(all.collect())
    }

    /// What a task at a place sees on `host`.
    pub(crate) fn scope_at(self: &Arc<Self>, host: &str, place: Strata) -> TaskScope {
        let described = self.hosts.describe(host);
        let own = self.own(host, described.as_ref());
        let merge = self.settings.merge;
        TaskScope::new(Base { store: self.clone(), host: described, place, own, merge })
    }

    /// The layers of a host: what the inventory says, what was learned of it, and `-e`.
    fn own(&self, host: &str, described: Option<&Arc<HostVars>>) -> Strata {
        let name = described.map_or(host, |described| &*described.name);
        let is_same = |at: &Arc<HostVars>| described.is_some_and(|described| Arc::ptr_eq(at, described));
        if let Some((at, own)) = self.known.read().get(name).and_then(|known| known.own.as_ref())
            && is_same(at)
        {
            return own.clone();
        }
        let Some(described) = described else {
            let learned = self.known.read().get(name).map(|known| known.learned.clone());
            return self.layers_of(learned.unwrap_or_else(|| self.remembered(name).learned), None);
        };
        let mut all = self.known.write();
        let known = all.entry(described.name.clone()).or_insert_with_key(|name| self.remembered(name));
        let own = self.layers_of(known.learned.clone(), Some(described));
        known.own = Some((described.clone(), own.clone()));
        own
    }

    fn layers_of(&self, learned: Learned, described: Option<&Arc<HostVars>>) -> Strata {
        let mut all = vec![
            Stratum::new(Layer::Facts, learned.facts),
            Stratum::new(Layer::IncludeVars, learned.included),
            Stratum::new(Layer::SetFacts, learned.set),
            Stratum::new(Layer::ExtraVars, self.extra.clone()),
        ];
        if let Some(described) = described {
            all.extend(described.groups.iter().chain(described.own.iter()).cloned());
        }
        Strata::new(all)
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
        let gathered = |host: &Arc<str>| match self.known.read().get(host) {
            Some(known) => known.learned.was_gathered(),
            None => self.remembered(host).learned.was_gathered(),
        };
        hosts.iter().all(gathered)
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
        let mut all = self.known.write();
        let known = all.entry(name).or_insert_with_key(|name| self.remembered(name));
        // What scopes share is out of date; without it, the change is made in place.
        known.own = None;
        change(&mut known.learned);
    }

    /// The name the inventory has for a host.
    fn canonical(&self, host: &str) -> Arc<str> {
        self.hosts.describe(host).map_or_else(|| Arc::from(host), |d| d.name.clone())
    }
}
