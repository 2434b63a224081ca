//! What a task sees: layers of shared definitions, looked through from the strongest to
//! the weakest. Nothing is merged or copied to build one.

use std::collections::HashSet;
use std::sync::Arc;

use super::{HostVars, Layer, Strata, Stratum, VarMap, VarsStore, magic, merge};
use crate::diagnostic::Span;
use crate::template::{Scope, Value};

/// The variables a task sees on a host. Cheap to clone and to add to.
#[derive(Clone)]
pub(crate) struct TaskScope {
    base: Arc<Base>,
    /// Added afterwards, sorted by layer; each wins over the base's of the same layer.
    added: Vec<Stratum>,
}

/// What all scopes of one task on one host share.
pub(super) struct Base {
    pub(super) store: Arc<VarsStore>,
    pub(super) host: Option<Arc<HostVars>>,
    /// What the place of the task brings.
    pub(super) place: Strata,
    /// What is known of the host; wins over the place's of the same layer.
    pub(super) own: Strata,
    pub(super) merge: bool,
}

/// One definition of a variable, for `explain` and for "defined here".
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub layer: Layer,
    pub place: Option<Span>,
    pub value: Value,
}

impl TaskScope {
    pub(super) fn new(base: Base) -> Self {
        Self { base: Arc::new(base), added: Vec::new() }
    }

    /// The same with further definitions, which win over others of the same layer.
    pub(crate) fn with(&self, layer: Layer, vars: Arc<VarMap>) -> Self {
        let mut added = self.added.clone();
        let at = added.partition_point(|stratum| stratum.layer <= layer);
        added.insert(at, Stratum::new(layer, vars));
        Self { base: self.base.clone(), added }
    }

    /// Every definition of a variable, the strongest first.
    pub(crate) fn definitions(&self, name: &str) -> Vec<Found> {
        let mut found = Vec::new();
        self.search(name, |layer, value, place| {
            found.push(Found { layer, place: place.cloned(), value });
            true
        });
        found
    }

    /// Shows definitions from the strongest on, until `more` does not want another.
    fn search(&self, name: &str, mut more: impl FnMut(Layer, Value, Option<&Span>) -> bool) {
        let mut magic_asked = false;
        for stratum in self.strongest_first() {
            if stratum.layer < Layer::Magic && !std::mem::replace(&mut magic_asked, true) {
                let computed = magic::of_host(name, self);
                if computed.is_some_and(|value| !more(Layer::Magic, value, None)) {
                    return;
                }
            }
            if let Some(definition) = stratum.vars.get(name)
                && !more(stratum.layer, definition.value.clone(), definition.place.as_ref())
            {
                return;
            }
        }
        let computed = || magic::of_host(name, self);
        if !magic_asked && computed().is_some_and(|value| !more(Layer::Magic, value, None)) {
            return;
        }
        // ansible: tasks may ask for the password that hosts without one of their own are reached with.
        let typed = || self.base.store.password().filter(|_| name == "ansible_password");
        if let Some(value) = magic::fallback(name, self.base.host.as_deref()).or_else(typed) {
            more(Layer::InventoryHost, value, None);
        }
    }

    fn strongest_first(&self) -> impl Iterator<Item = &Stratum> {
        stronger(self.added.iter().rev(), self.base.strongest_first())
    }

    pub(super) fn store(&self) -> &Arc<VarsStore> {
        &self.base.store
    }

    pub(super) fn described(&self) -> Option<&Arc<HostVars>> {
        self.base.host.as_ref()
    }

    /// All names once, without those computed.
    pub(crate) fn written_names(&self) -> Vec<Arc<str>> {
        let mut seen = HashSet::new();
        let mut base: Vec<&Stratum> = self.base.strongest_first().collect();
        base.reverse();
        let strata = base.into_iter().chain(&self.added);
        strata.flat_map(|s| s.vars.keys()).filter(|name| seen.insert(&***name)).cloned().collect()
    }
}

impl Base {
    fn strongest_first(&self) -> impl Iterator<Item = &Stratum> {
        stronger(self.own.iter().rev(), self.place.iter().rev())
    }
}

/// Two lists in order, the strongest first, as one; the first wins where layers are equal.
fn stronger<'a>(
    first: impl Iterator<Item = &'a Stratum>,
    second: impl Iterator<Item = &'a Stratum>,
) -> impl Iterator<Item = &'a Stratum> {
    let (mut first, mut second) = (first.peekable(), second.peekable());
    std::iter::from_fn(move || match (first.peek(), second.peek()) {
        (Some(a), Some(b)) if a.layer < b.layer => second.next(),
        (Some(_), _) => first.next(),
        (None, _) => second.next(),
    })
}

impl Scope for TaskScope {
    fn place(&self, name: &str) -> Option<Span> {
        self.definitions(name).into_iter().next().and_then(|found| found.place)
    }

    fn get(&self, name: &str) -> Option<Value> {
        let mut found: Option<Value> = None;
        let merge = self.base.merge;
        self.search(name, |_, value, _| {
            let above = found.take();
            let reached_bottom = value.as_map().is_none();
            let (merged, more) = match above {
                None => (value, merge && !reached_bottom),
                // What is not a mapping hides all below it, and does not join what is above.
                Some(above) if reached_bottom => (above, false),
                Some(above) => (merge::combined(&value, &above), true),
            };
            found = Some(merged);
            more
        });
        found
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.written_names().iter().map(|n| n.to_string()).collect();
        let computed = magic::OF_HOST.into_iter().filter(|n| !names.iter().any(|known| known == n));
        names.extend(computed.map(String::from).collect::<Vec<_>>());
        names
    }
}

/// A scope of no run: the variables given and nothing else. For the command line and for tests.
#[derive(Clone, Default)]
pub(crate) struct PlainScope(pub Arc<VarMap>);

impl Scope for PlainScope {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).map(|definition| definition.value.clone())
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().map(|name| name.to_string()).collect()
    }
}
