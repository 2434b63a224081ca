//! What a module is, and its entry in the table.

use serde_json::{Map, Value};

use crate::args::{ArgProblem, Args, CheckSupport, Return, Spec};
use crate::target::{Fail, Target};

/// A struct of arguments that can run.
pub trait Module: Args {
    /// What it gives back, declared with `returns!`.
    const RETURNS: &'static [Return] = &[];
    /// Tasks that show its use, as YAML.
    const EXAMPLES: &'static str;
    /// Whether it can foretell what it would change.
    const CHECK: CheckSupport = CheckSupport::Full;
    /// The version of baton that had it first.
    const SINCE: &'static str = "0.1.0";
    /// The collection that has it in Ansible.
    const COLLECTION: &'static str = "ansible.builtin";
    /// Whether the user's first wish to stop ends it: what it waits for is done elsewhere and may take long, and it
    /// says how far that came. Others finish what they do.
    const STOPS_EARLY: bool = false;

    /// Brings the target to what the arguments say.
    fn run(self, target: &mut Target) -> Result<(), Fail>;
}

/// A module in the table, its type erased.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name, text and options.
    pub spec: Spec,
    /// What it gives back.
    pub returns: &'static [Return],
    /// Tasks that show its use, as YAML.
    pub examples: &'static str,
    /// Whether it can foretell what it would change.
    pub check: CheckSupport,
    /// The version of baton that had it first.
    pub since: &'static str,
    /// The collection that has it in Ansible.
    pub collection: &'static str,
    /// Whether the user's first wish to stop ends it.
    pub stops_early: bool,
    pub(crate) start: fn(&Map<String, Value>, &mut Target) -> Result<(), Stop>,
}

/// Why a module did not come to its end.
pub(crate) enum Stop {
    Arguments(Vec<ArgProblem>),
    Failed(Fail),
}

impl Entry {
    /// The entry of a module.
    pub const fn of<M: Module>() -> Self {
        Self {
            spec: M::SPEC,
            returns: M::RETURNS,
            examples: M::EXAMPLES,
            check: M::CHECK,
            since: M::SINCE,
            collection: M::COLLECTION,
            stops_early: M::STOPS_EARLY,
            start: start::<M>,
        }
    }
}

fn start<M: Module>(args: &Map<String, Value>, target: &mut Target) -> Result<(), Stop> {
    M::parse(args).map_err(Stop::Arguments)?.run(target).map_err(Stop::Failed)
}
