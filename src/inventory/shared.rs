//! The inventory of a run: shared by all tasks, grown by `add_host` and `group_by`, and
//! joined with the files of variables beside it. The inventory itself stays immutable:
//! a change works on a copy that shares all variables, or in place when nobody else looks.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;

use super::beside::Beside;
use super::{GroupId, HostId, Inventory, InventorySource, Lineage};
use crate::diagnostic::Diagnostics;
use crate::template::Value;
use crate::vars::{HostVars, Hosts, Layer, Stratum, VarsFiles};

/// The inventory of a run, which may grow.
pub(crate) struct SharedInventory {
    current: RwLock<Arc<Inventory>>,
    beside: Beside,
    /// Strata of groups by lineage, and hosts already described; of the current inventory only.
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    groups: HashMap<Lineage, Arc<[Stratum]>>,
    hosts: HashMap<HostId, Arc<HostVars>>,
}

impl SharedInventory {
    /// An inventory with the `group_vars` and `host_vars` beside its sources and beside the playbook.
    pub(crate) fn new(
        inventory: Inventory,
        sources: &[InventorySource],
        playbook_dir: Option<PathBuf>,
        files: Arc<VarsFiles>,
    ) -> Self {
        let directories = sources.iter().filter_map(InventorySource::directory).map(PathBuf::from).collect();
        let beside = Beside::new(directories, playbook_dir, files);
        Self { current: RwLock::new(Arc::new(inventory)), beside, known: RwLock::default() }
    }

    /// The inventory as it is now.
    pub(crate) fn now(&self) -> Arc<Inventory> {
        self.current.read().clone()
    }

    /// Changes the inventory and brings it in order. Many changes at once cost no more than one.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Inventory) -> R) -> R {
        let mut current = self.current.write();
        let inventory = Arc::make_mut(&mut current);
        let result = change(inventory);
        inventory.reconcile();
        *self.known.write() = Known::default();
        result
    }

    /// Takes another inventory in place of this one (`meta: refresh_inventory`); files are read anew.
    pub(crate) fn replace(&self, inventory: Inventory) {
        let mut current = self.current.write();
        *current = Arc::new(inventory);
        self.beside.forget();
        *self.known.write() = Known::default();
    }

    /// Reads the files of variables of these hosts now, and says what is wrong in them.
    pub(crate) fn preload(&self, hosts: &[HostId]) -> Diagnostics {
        let inventory = self.now();
        hosts.iter().for_each(|host| drop(self.of_host(&inventory, *host)));
        self.beside.problems()
    }

    /// What was found wrong in files of variables since it was last asked.
    pub(crate) fn problems(&self) -> Diagnostics {
        self.beside.problems()
    }

    fn of_host(&self, inventory: &Arc<Inventory>, id: HostId) -> Arc<HostVars> {
        if let Some(known) = self.known.read().hosts.get(&id) {
            return known.clone();
        }
        let host = inventory.host(id);
        let directory = |source: &Arc<str>| {
            let path = std::path::Path::new(&**source);
            let parent = path.is_absolute().then(|| path.parent()).flatten()?;
            parent.to_str().map(Arc::from)
        };
        let described = Arc::new(HostVars {
            name: host.name.clone(),
            short_name: host.short_name().into(),
            implicit: host.implicit,
            group_names: inventory.group_names(id),
            source: host.source.as_ref().map(|source| (source.clone(), directory(source))),
            groups: self.of_lineage(inventory, &inventory.lineage(id)),
            own: self.own(inventory, id),
        });
        self.keep(inventory, |known| drop(known.hosts.insert(id, described.clone())));
        described
    }

    /// Keeps what was worked out, unless the inventory has changed meanwhile.
    fn keep(&self, inventory: &Arc<Inventory>, add: impl FnOnce(&mut Known)) {
        let current = self.current.read();
        if Arc::ptr_eq(&current, inventory) {
            add(&mut self.known.write());
        }
    }

    /// Variables of groups: inventories first, then files of `all`, then those of the others.
    fn of_lineage(&self, inventory: &Arc<Inventory>, lineage: &Lineage) -> Arc<[Stratum]> {
        if let Some(known) = self.known.read().groups.get(lineage) {
            return known.clone();
        }
        let mut strata: Vec<Stratum> = lineage
            .iter()
            .map(|id| Stratum::new(Layer::InventoryGroup, inventory.group(*id).vars.clone()))
            .collect();
        let (all, others): (Vec<GroupId>, Vec<GroupId>) = lineage.iter().partition(|id| **id == GroupId::ALL);
        let mut add = |ids: &[GroupId], of_inventory, of_playbook| {
            let names = || ids.iter().map(|id| &*inventory.group(*id).name);
            self.add_files("group_vars", names, of_inventory, of_playbook, &mut strata);
        };
        add(&all, Layer::InventoryGroupVarsAll, Layer::PlaybookGroupVarsAll);
        add(&others, Layer::InventoryGroupVars, Layer::PlaybookGroupVars);
        strata.retain(|stratum| !stratum.vars.is_empty());
        let strata: Arc<[Stratum]> = strata.into();
        self.keep(inventory, |known| drop(known.groups.insert(lineage.clone(), strata.clone())));
        strata
    }

    /// The layers of one group alone, the weakest first.
    pub(crate) fn of_group(&self, id: GroupId) -> Vec<Stratum> {
        let inventory = self.now();
        let group = inventory.group(id);
        let mut strata = vec![Stratum::new(Layer::InventoryGroup, group.vars.clone())];
        let names = || std::iter::once(&*group.name);
        let (of_inventory, of_playbook) = (Layer::InventoryGroupVars, Layer::PlaybookGroupVars);
        self.add_files("group_vars", names, of_inventory, of_playbook, &mut strata);
        strata
    }

    fn own(&self, inventory: &Inventory, id: HostId) -> Arc<[Stratum]> {
        let host = inventory.host(id);
        let mut strata = vec![Stratum::new(Layer::InventoryHost, host.vars.clone())];
        let names = || std::iter::once(&*host.name);
        self.add_files("host_vars", names, Layer::InventoryHostVars, Layer::PlaybookHostVars, &mut strata);
        strata.into()
    }

    fn add_files<'a, I: Iterator<Item = &'a str>>(
        &self,
        kind: &str,
        names: impl Fn() -> I,
        of_inventory: Layer,
        of_playbook: Layer,
        strata: &mut Vec<Stratum>,
    ) {
        let inventories = self.beside.inventories.iter().map(|directory| (of_inventory, directory));
        let playbook = self.beside.playbook.iter().map(|directory| (of_playbook, directory));
        for (layer, directory) in inventories.chain(playbook) {
            for name in names() {
                let found = self.beside.vars(directory, kind, name);
                strata.extend(found.into_iter().map(|vars| Stratum::new(layer, vars)));
            }
        }
    }
}

impl Hosts for SharedInventory {
    fn describe(&self, name: &str) -> Option<Arc<HostVars>> {
        {
            // All tasks of all hosts come by here: they share nothing but the locks.
            let current = self.current.read();
            let id = current.host_id(name)?;
            if let Some(known) = self.known.read().hosts.get(&id) {
                return Some(known.clone());
            }
        }
        let inventory = self.now();
        inventory.host_id(name).map(|id| self.of_host(&inventory, id))
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.now().hosts().map(|(_, host)| host.name.clone()).collect()
    }

    fn groups(&self) -> Value {
        self.now().groups_value()
    }
}
