//! terraform

mod plan;
mod project;
#[cfg(test)]
mod tests;
mod variables;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::target::Output;
use crate::{Fail, Module, Side, Target, args, choices, returns};

use plan::Plan;
use project::Project;

args! {
    /// Bring what a Terraform or OpenTofu project describes into being, plan it, or destroy it.
    ///
    /// The plan is made first and read; *changed* is what it says, and only that plan is applied. Check mode makes the
    /// plan without taking the lock of the state, and changes nothing. Values go to Terraform in private files that are
    /// gone when the module ends, never on a command line; those that Terraform calls sensitive are hidden in diffs, but are
    /// among `outputs`: set `no_log` where these are shown.
    pub struct Terraform as "terraform" {
        /// The directory with the `.tf` files.
        project_path: PathBuf,
        /// Whether what the project describes is to be there, is to be gone, or is to be planned only, into `plan_file`.
        state: State = "present",
        /// The program, relative to `project_path`; else `terraform` or `tofu`, whichever is found first.
        binary_path: Option<PathBuf>,
        /// The workspace; it is made where it is not there.
        workspace: String = "default",
        /// Whether the workspace is deleted once all in it is destroyed; `default` never is.
        purge_workspace: bool = false,
        /// The file that a plan is saved to with `planned` and, where it is given with `present`, the plan that is
        /// applied. Relative to `project_path`.
        plan_file: Option<PathBuf>,
        /// The file of the state, where it is not `terraform.tfstate` and there is no backend.
        state_file: Option<PathBuf>,
        /// Files of variables; where they set one of `variables` too, they win.
        #[alias("variables_file")]
        variables_files: Vec<PathBuf> = "",
        /// Variables, of any type. Text for a variable that is declared as a list, map or object may be an
        /// expression: `["a", "b"]`.
        variables: Map<String, Value> = "{}",
        /// Kept for Ansible's sake: lists and dictionaries are always taken.
        complex_vars: bool = false,
        /// The only resources that are touched, with what they depend on.
        targets: Vec<String> = "",
        /// Whether the state is locked while it is worked on.
        lock: bool = true,
        /// How many seconds to wait for the lock.
        lock_timeout: Option<u32>,
        /// Whether the project is initialised first.
        force_init: bool = false,
        /// Whether `force_init` does so though it has been initialised with a backend already.
        overwrite_init: bool = true,
        /// Settings of the backend, for the initialisation.
        backend_config: Map<String, Value> = "{}",
        /// Files of such settings.
        backend_config_files: Vec<PathBuf> = "",
        /// Whether the initialisation forgets the backend that was set up before.
        init_reconfigure: bool = false,
        /// Whether the initialisation takes newer providers and modules where the project allows it.
        provider_upgrade: bool = false,
        /// The only directories that providers are taken from.
        plugin_paths: Vec<PathBuf> = "",
        /// Whether a plan that destroys anything, other than to make it anew, is refused; not with `absent`.
        check_destroy: bool = false,
        /// How many operations go on at once.
        parallelism: Option<u32>,
    }
    rules [
        RequiredIf("state", "planned", &["plan_file"]),
    ]
}

returns! {
    /// Whether it was to be there, gone or planned.
    state: str,
    /// The workspace.
    workspace: str,
    /// The outputs by name, each with `value`, `type` and `sensitive`.
    outputs: dict,
    /// What was run last.
    command: str,
    /// What it wrote to standard output.
    stdout: str,
    /// What it wrote to standard error.
    stderr: str,
}

choices! {
    /// What is to become of the project.
    pub enum State {
        /// Planned, into a file.
        Planned = "planned",
        /// As described.
        Present = "present",
        /// Destroyed.
        Absent = "absent",
    }
}

impl Module for Terraform {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.general";
    const EXAMPLES: &'static str = "\
- name: Bring up the network
  community.general.terraform:
    project_path: /srv/network
    force_init: true
    workspace: staging
    variables:
      zones: [a, b]
      replicas: 3
  register: network

- name: Show the address
  ansible.builtin.debug:
    var: network.outputs.address.value

- name: Destroy it all
  community.general.terraform:
    project_path: /srv/network
    workspace: staging
    state: absent
    purge_workspace: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        target.set("state", self.state.as_str());
        target.set("workspace", self.workspace.as_str());
        target.set("outputs", json!({}));
        let mut project = Project::open(&self, target)?;
        project.initialise(&self, target)?;
        match project.enter(&self, target)? {
            Entered::Inside => {}
            Entered::Foretold | Entered::Missing => return Ok(()),
        }
        match (self.state, &self.plan_file) {
            (State::Planned, Some(file)) => self.keep_plan(target, &project, &project.path.join(file))?,
            (State::Present, Some(file)) => self.apply_kept(target, &project, &project.path.join(file))?,
            _ => self.plan_and_apply(target, &project)?,
        }
        if self.state == State::Absent && self.purge_workspace && project.purge(&self, target)? {
            return Ok(());
        }
        let outputs = project.outputs(&self, target)?;
        target.set("outputs", outputs);
        Ok(())
    }
}

/// Whether work can begin in a workspace.
enum Entered {
    Inside,
    /// It would be made; this is check mode.
    Foretold,
    /// It is not there, and need not be.
    Missing,
}

impl Terraform {
    fn plan_and_apply(&self, target: &mut Target, project: &Project) -> Result<(), Fail> {
        let file = project.scratch.path().join("plan");
        let Some(plan) = self.make_plan(target, project, &file)? else { return Ok(()) };
        if self.check_destroy && self.state == State::Present {
            refuse_loss(&plan)?;
        }
        self.apply(target, project, &plan, &file)
    }

    /// Makes a plan; `None` where there is nothing to do.
    fn make_plan(&self, target: &mut Target, project: &Project, file: &Path) -> Result<Option<Plan>, Fail> {
        let (command, output) = project.plan(self, target, file)?;
        report(target, &command.words(), &output);
        match output.rc {
            0 => Ok(None),
            2 => project.show(target, file).map(Some),
            _ => Err(project::failure("plan", &output)),
        }
    }

    fn apply(&self, target: &mut Target, project: &Project, plan: &Plan, file: &Path) -> Result<(), Fail> {
        let command = project.apply(self, file);
        let what = format!("{} in workspace {}", project.path.display(), self.workspace);
        let made = target.change(&what, plan.before(), plan.after(), |hands| {
            let output = hands.try_run(&command)?;
            if output.ok() { Ok(output) } else { Err(project::apply_failure(plan, &output)) }
        })?;
        if let Some(output) = made.done() {
            report(target, &command.words(), &output);
        }
        Ok(())
    }

    fn apply_kept(&self, target: &mut Target, project: &Project, file: &Path) -> Result<(), Fail> {
        if target.stat(file)?.is_none() {
            let fail = Fail::new(format!("there is no plan `{}`", file.display()));
            return Err(fail.hint("`state: planned` makes it"));
        }
        let plan = project.show(target, file)?;
        if self.check_destroy {
            refuse_loss(&plan)?;
        }
        self.apply(target, project, &plan, file)
    }

    /// Saves the plan; *changed* where it plans otherwise than the one that was saved before.
    fn keep_plan(&self, target: &mut Target, project: &Project, file: &Path) -> Result<(), Fail> {
        let fresh = project.scratch.path().join("plan");
        let plan = self.make_plan(target, project, &fresh)?.unwrap_or_default();
        let old = match target.stat(file)? {
            Some(_) => project.show(target, file).ok(),
            None => None,
        };
        let side = |plan: &Plan| Side::Json(plan.both());
        let before = old.as_ref().map_or(Side::Absent, side);
        let what = file.display().to_string();
        let keep = |hands: &mut crate::Hands| project::keep(hands, &fresh, file);
        if !target.change(&what, before, side(&plan), keep)?.differs() {
            // It plans the same, but from the state as it is now.
            target.refresh(keep)?;
        }
        Ok(())
    }
}

fn refuse_loss(plan: &Plan) -> Result<(), Fail> {
    let lost = plan.destroyed();
    if lost.is_empty() {
        return Ok(());
    }
    let fail = Fail::new(format!("the plan destroys `{}`, and `check_destroy` is set", lost.join("`, `")));
    Err(fail.with("destroyed", lost))
}

fn report(target: &mut Target, words: &[String], output: &Output) {
    target.set("command", words.join(" "));
    target.set("stdout", output.text());
    target.set("stderr", output.errors());
}
