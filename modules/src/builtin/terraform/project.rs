//! A project on the target: the program that works on it, its workspaces, and what it says when it fails.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::target::{Command, Output, Replace};
use crate::{Fail, Hands, Target};

use super::plan::Plan;
use super::{Entered, State, Terraform, variables};

/// A project that can be worked on.
pub(super) struct Project {
    pub(super) path: PathBuf,
    program: PathBuf,
    /// Private, and gone with the project: plans and variables hold secrets.
    pub(super) scratch: tempfile::TempDir,
    workspace: Option<String>,
    data: Option<PathBuf>,
}

impl Project {
    pub(super) fn open(args: &Terraform, target: &Target) -> Result<Self, Fail> {
        let path = args.project_path.clone();
        if !target.stat(&path)?.is_some_and(|meta| meta.is_dir()) {
            return Err(Fail::new(format!("there is no directory `{}` on this host", path.display())));
        }
        let program = program(args, target)?;
        let scratch = tempfile::Builder::new().prefix("baton-terraform-").tempdir();
        let scratch = scratch.map_err(|e| Fail::io("cannot make a temporary directory", &e))?;
        Ok(Self { path, program, scratch, workspace: None, data: None })
    }

    fn command(&self, words: &[&str]) -> Command {
        match &self.workspace {
            Some(workspace) => self.outside(words).env("TF_WORKSPACE", workspace),
            None => self.outside(words),
        }
    }

    /// A command in whichever workspace the project has selected itself.
    fn outside(&self, words: &[&str]) -> Command {
        let command = Command::new(&self.program).args(words).cwd(&self.path);
        let command = command.env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0");
        match &self.data {
            Some(data) => command.env("TF_DATA_DIR", &data.to_string_lossy()),
            None => command,
        }
    }

    /// Initialises the project where that is asked for; in check mode without leaving anything in it.
    pub(super) fn initialise(&mut self, args: &Terraform, target: &mut Target) -> Result<(), Fail> {
        let has_backend = target.stat(self.data(target).join("terraform.tfstate"))?.is_some();
        if !args.force_init || (has_backend && !args.overwrite_init) {
            return Ok(());
        }
        let command = self.init(args)?;
        if target.refresh(|hands| checked("init", hands.try_run(&command)?))?.is_some() {
            return Ok(());
        }
        if target.stat(self.data(target))?.is_some() {
            return Ok(());
        }
        self.data = Some(self.scratch.path().join("data"));
        let lock = self.path.join(".terraform.lock.hcl");
        let was_locked = target.stat(&lock)?.is_some();
        let done = target.query(&self.init(args)?)?;
        if !was_locked {
            // Terraform's own note of what it has just chosen, which check mode takes back.
            let _ = fs::remove_file(&lock);
        }
        checked("init", done)
    }

    fn init(&self, args: &Terraform) -> Result<Command, Fail> {
        let mut command = self.command(&["init", "-input=false", "-no-color"]);
        if !args.backend_config.is_empty() {
            let file = self.private("backend.hcl", &variables::settings(&args.backend_config)?)?;
            command = command.arg(option("-backend-config", &file));
        }
        let files = args.backend_config_files.iter().map(|file| option("-backend-config", file));
        command = command.args(files);
        if args.init_reconfigure {
            command = command.arg("-reconfigure");
        }
        if args.provider_upgrade {
            command = command.arg("-upgrade");
        }
        Ok(command.args(args.plugin_paths.iter().map(|path| option("-plugin-dir", path))))
    }

    /// Goes into the workspace, which is made where it is to be there.
    pub(super) fn enter(&mut self, args: &Terraform, target: &mut Target) -> Result<Entered, Fail> {
        let selected = target.read_text(self.data(target).join("environment"))?.unwrap_or_default();
        let selected = if selected.trim().is_empty() { "default" } else { selected.trim() }.to_owned();
        if selected == args.workspace {
            return Ok(Entered::Inside);
        }
        let name = args.workspace.as_str();
        if name != "default" && !self.workspaces(target)?.iter().any(|known| known == name) {
            if args.state == State::Absent {
                return Ok(Entered::Missing);
            }
            let make = self.command(&["workspace", "new", "-no-color", name]);
            let back = self.command(&["workspace", "select", "-no-color", &selected]);
            let what = format!("workspace {name} of {}", self.path.display());
            let made = target.change(&what, None::<&str>, format!("{name}\n"), |hands| {
                checked("workspace new", hands.try_run(&make)?)?;
                checked("workspace select", hands.try_run(&back)?)
            })?;
            if made.done().is_none() {
                return Ok(Entered::Foretold);
            }
        }
        self.workspace = Some(name.to_owned());
        Ok(Entered::Inside)
    }

    fn workspaces(&self, target: &mut Target) -> Result<Vec<String>, Fail> {
        let output = target.query(&self.command(&["workspace", "list", "-no-color"]))?;
        let listed = output.text();
        checked("workspace list", output)?;
        Ok(listed.lines().map(|line| line.trim_start_matches('*').trim().to_owned()).collect())
    }

    /// Deletes the workspace; whether it is gone.
    pub(super) fn purge(&self, args: &Terraform, target: &mut Target) -> Result<bool, Fail> {
        let name = args.workspace.as_str();
        if name == "default" {
            return Ok(false);
        }
        let leave = self.outside(&["workspace", "select", "-no-color", "default"]);
        let delete = self.outside(&["workspace", "delete", "-no-color", name]);
        let is_selected = self.workspace.is_none();
        let what = format!("workspace {name} of {}", self.path.display());
        target.change(&what, format!("{name}\n"), None::<&str>, |hands| {
            if is_selected {
                checked("workspace select", hands.try_run(&leave)?)?;
            }
            checked("workspace delete", hands.try_run(&delete)?)
        })?;
        Ok(true)
    }

    /// Makes a plan: the command, and what came of it. Check mode, which leaves nothing behind, takes no lock.
    pub(super) fn plan(
        &self,
        args: &Terraform,
        target: &mut Target,
        file: &Path,
    ) -> Result<(Command, Output), Fail> {
        let command = self.planning(args, target, file)?;
        let locking = self.locking(command.clone(), args);
        if let Some(output) = target.refresh(|hands| hands.try_run(&locking))? {
            return Ok((locking, output));
        }
        let command = command.arg("-lock=false");
        let output = target.query(&command)?;
        Ok((command, output))
    }

    fn planning(&self, args: &Terraform, target: &Target, file: &Path) -> Result<Command, Fail> {
        let mut command = self.command(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
        if args.state == State::Absent {
            command = command.arg("-destroy");
        }
        command = self.shared(command, args).arg(option("-out", file));
        command = command.args(args.targets.iter().map(|target| format!("-target={target}")));
        if !args.variables.is_empty() {
            let text = variables::variables(target, &self.path, &args.variables)?;
            command = command.arg(option("-var-file", &self.private("variables.tfvars", &text)?));
        }
        Ok(command.args(args.variables_files.iter().map(|file| option("-var-file", file))))
    }

    /// The command that carries a plan out.
    pub(super) fn apply(&self, args: &Terraform, file: &Path) -> Command {
        let command = self.command(&["apply", "-input=false", "-no-color", "-auto-approve"]);
        self.locking(self.shared(command, args), args).arg(file).live()
    }

    fn locking(&self, command: Command, args: &Terraform) -> Command {
        match args.lock_timeout {
            _ if !args.lock => command.arg("-lock=false"),
            Some(seconds) => command.arg(format!("-lock-timeout={seconds}s")),
            None => command,
        }
    }

    fn shared(&self, mut command: Command, args: &Terraform) -> Command {
        if let Some(file) = &args.state_file {
            command = command.arg(option("-state", file));
        }
        match args.parallelism {
            Some(number) => command.arg(format!("-parallelism={number}")),
            None => command,
        }
    }

    /// What a plan says.
    pub(super) fn show(&self, target: &mut Target, file: &Path) -> Result<Plan, Fail> {
        let output = target.query(&self.command(&["show", "-json"]).arg(file))?;
        if !output.ok() {
            return Err(failure("show", &output));
        }
        let shown: Value = serde_json::from_slice(&output.stdout)
            .map_err(|e| Fail::new(format!("cannot read the plan `{}`: {e}", file.display())))?;
        Ok(Plan::read(&shown))
    }

    /// The outputs as they are now.
    pub(super) fn outputs(&self, args: &Terraform, target: &mut Target) -> Result<Value, Fail> {
        let mut command = self.command(&["output", "-no-color", "-json"]);
        if let Some(file) = &args.state_file {
            command = command.arg(option("-state", file));
        }
        let output = target.query(&command)?;
        if !output.ok() {
            target.warn(failure("output", &output).message);
        }
        Ok(serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Value::Object(Default::default())))
    }

    /// Where Terraform keeps what it knows of the project.
    fn data(&self, target: &Target) -> PathBuf {
        let named = target.env("TF_DATA_DIR").filter(|path| !path.is_empty());
        let path = named.map_or_else(|| PathBuf::from(".terraform"), PathBuf::from);
        self.path.join(self.data.as_ref().unwrap_or(&path))
    }

    fn private(&self, name: &str, text: &str) -> Result<PathBuf, Fail> {
        let path = self.scratch.path().join(name);
        let mut how = fs::OpenOptions::new();
        how.write(true).create(true).truncate(true).mode(0o600);
        let written =
            how.open(&path).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
        written.map_err(|e| Fail::io("cannot write a temporary file", &e))?;
        Ok(path)
    }
}

fn program(args: &Terraform, target: &Target) -> Result<PathBuf, Fail> {
    if let Some(path) = &args.binary_path {
        let path = args.project_path.join(path);
        return match target.stat(&path)? {
            Some(_) => Ok(path),
            None => Err(Fail::new(format!("there is no program `{}` on this host", path.display()))),
        };
    }
    let found = ["terraform", "tofu"].iter().find_map(|name| target.find_program(name));
    found.ok_or_else(|| {
        let fail = Fail::new("neither `terraform` nor `tofu` is installed on this host");
        fail.hint("install one of them, or say where it is with `binary_path`")
    })
}

fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from(format!("{name}="));
    word.push(path);
    word
}

/// Puts a plan where it is to be kept, readable by its owner only.
pub(super) fn keep(hands: &mut Hands, from: &Path, to: &Path) -> Result<(), Fail> {
    let content = fs::read(from).map_err(|e| Fail::io("cannot read the plan", &e))?;
    hands.replace(to, &mut content.as_slice(), &Replace { mode: Some(0o600), ..Replace::default() }).map(drop)
}

fn checked(what: &str, output: Output) -> Result<(), Fail> {
    if output.ok() { Ok(()) } else { Err(failure(what, &output)) }
}

/// What went wrong, in Terraform's own words.
pub(super) fn failure(what: &str, output: &Output) -> Fail {
    let said = output.errors();
    let mut words = diagnosis(&said);
    if words.is_empty() {
        words = format!("exit code {}", output.rc);
    }
    let fail = Fail::new(format!("`{what}` failed: {words}"));
    let fail = fail.with("rc", output.rc).with("stdout", output.text()).with("stderr", said.as_str());
    if said.contains("terraform init") || said.contains("tofu init") {
        return fail.hint("`force_init: true` initialises the project first");
    }
    if said.contains("Saved plan is stale") {
        return fail
            .hint("the state has changed since the plan was made; make it anew with `state: planned`");
    }
    fail
}

/// Why a plan was not carried out, and how far it came.
pub(super) fn apply_failure(plan: &Plan, output: &Output) -> Fail {
    let mut fail = failure("apply", output);
    let ends =
        [": Creation complete after", ": Modifications complete after", ": Destruction complete after"];
    let text = output.text();
    let made: Vec<&str> = text
        .lines()
        .filter_map(|line| ends.iter().find_map(|end| line.split_once(end)))
        .map(|(address, _)| address)
        .collect();
    if !made.is_empty() {
        let (done, all) = (made.len(), plan.len());
        fail.message += &format!("\n{done} of about {all} changes were made before: `{}`", made.join("`, `"));
    }
    fail
}

/// The errors without the frame that is drawn around them, warnings left out.
fn diagnosis(said: &str) -> String {
    let lines = said.lines().map(|line| line.trim_start_matches(['│', '╷', '╵', ' ']).trim_end());
    let mut words: Vec<String> = Vec::new();
    let mut wanted = false;
    for line in lines {
        if line.starts_with("Error: ") || line.starts_with("Warning: ") {
            wanted = line.starts_with("Error: ");
        }
        match line.strip_prefix("Error: ").unwrap_or(line) {
            "" => {}
            text if wanted && words.len() < 12 => words.push(text.to_owned()),
            _ => {}
        }
    }
    words.dedup();
    words.join("\n")
}
