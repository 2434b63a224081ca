//! Plays and steps with imports resolved, each knowing what it inherits.

use std::path::PathBuf;
use std::sync::Arc;

use crate::playbook::{Block, Directives, Play, Role, Task};
use crate::vars::VarMap;

/// All plays of a run, in order.
#[derive(Default)]
pub(crate) struct Plan {
    pub plays: Vec<Arc<PlannedPlay>>,
    /// How many of them each playbook has.
    pub counts: Vec<usize>,
}

/// A play with its roles and imports resolved.
pub(crate) struct PlannedPlay {
    pub play: Arc<Play>,
    /// The play's own directives, and those of `import_playbook` above it.
    pub lineage: Arc<Lineage>,
    pub pre_tasks: Vec<PlannedStep>,
    /// One block per role (dependencies before it), in order.
    pub roles: Vec<PlannedStep>,
    pub tasks: Vec<PlannedStep>,
    pub post_tasks: Vec<PlannedStep>,
    /// Of the play's roles, then the play's own.
    pub handlers: Vec<PlannedStep>,
    /// All roles applied statically, for role defaults and vars that later tasks see.
    pub static_roles: Vec<Arc<RoleInstance>>,
    /// Variables of those of its files that are known before the run, the weakest first.
    pub files: Vec<Arc<VarMap>>,
}

/// A role applied once, with its parameters.
pub(crate) struct RoleInstance {
    pub role: Arc<Role>,
    pub params: Arc<VarMap>,
    /// Roles that brought this one in as a dependency, nearest first.
    pub parents: Vec<Arc<RoleInstance>>,
    /// Whether its defaults and vars are seen outside (always for `roles:`, import and `public: true`).
    pub public: bool,
    /// Whether a task includes or imports it, instead of `roles:` or the role that needs it.
    pub by_task: bool,
    /// How it is known from other uses.
    pub usage: RoleUsage,
}

impl RoleInstance {
    /// Whether another role asks for it among its dependencies.
    pub(crate) fn is_dependency(&self) -> bool {
        !self.by_task && !self.parents.is_empty()
    }

    /// Roles out of whose tasks it came, nearest first.
    // ansible: a role that depends on another is none of them.
    pub(crate) fn callers(&self) -> impl Iterator<Item = &Self> {
        let chain = || self.parents.iter().map(|parent| &**parent);
        std::iter::once(self).chain(chain()).zip(chain()).filter(|(role, _)| role.by_task).map(|(_, by)| by)
    }
}

/// How a use of a role is known from others.
pub(crate) struct RoleUsage {
    /// What equal uses have in common.
    pub key: Arc<str>,
    /// Whether a host runs it though it has run an equal one.
    pub again: bool,
}

/// What a step inherits: a chain from the step outwards to the play.
pub(crate) struct Lineage {
    pub directives: Arc<Directives>,
    pub parent: Option<Arc<Lineage>>,
    /// The role it belongs to, where this link enters one.
    pub role: Option<Arc<RoleInstance>>,
    /// Parameters given to an include or import (`vars:` of `include_tasks` are in `directives.vars`).
    pub section: Section,
}

/// What kind of link this is, for precedence of its `vars`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Play,
    Role,
    Block,
    Include,
    Task,
}

/// One step of a list.
#[derive(Clone)]
pub(crate) enum PlannedStep {
    Task(Arc<PlannedTask>),
    Block(Arc<PlannedBlock>),
}

/// A task with what it inherits.
pub(crate) struct PlannedTask {
    /// Unique within the run.
    pub id: u64,
    pub task: Arc<Task>,
    /// Begins with the task's own directives.
    pub lineage: Arc<Lineage>,
    /// Tags of its own and inherited, as far as they can be known without hosts.
    pub tags: Vec<String>,
    /// The directory of the file it stands in, for relative file names.
    pub directory: PathBuf,
    /// An implicit task (fact gathering, `flush_handlers`): not listed.
    pub implicit: bool,
}

impl PlannedTask {
    /// The same task again, to be changed.
    pub(crate) fn copied(&self) -> Self {
        Self {
            id: self.id,
            task: self.task.clone(),
            lineage: self.lineage.clone(),
            tags: self.tags.clone(),
            directory: self.directory.clone(),
            implicit: self.implicit,
        }
    }
}

/// A block with what it inherits.
pub(crate) struct PlannedBlock {
    pub block: Option<Arc<Block>>,
    pub lineage: Arc<Lineage>,
    pub tasks: Arc<[PlannedStep]>,
    pub rescue: Arc<[PlannedStep]>,
    pub always: Arc<[PlannedStep]>,
    /// Set for the block that stands for a whole role.
    pub role: Option<Arc<RoleInstance>>,
}

impl Lineage {
    /// A link with these directives.
    pub(crate) fn of(
        directives: &Arc<Directives>,
        parent: Option<&Arc<Lineage>>,
        section: Section,
    ) -> Arc<Self> {
        Arc::new(Self { directives: directives.clone(), parent: parent.cloned(), role: None, section })
    }
}
