//! `ansible-pull`: this machine gets its playbooks from a repository and carries them out on itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::flags::{
    BecomeFlags, ConnectionFlags, ExecutionFlags, HostFlags, OutputFlags, VariableFlags, VaultFlags,
};
use super::run::{self, RunArgs, TaskFlags};
use super::{Exit, Persona, Problem, launch};

/// Get playbooks from a repository and carry them out here
#[derive(Args, Clone, Debug)]
pub(crate) struct PullArgs {
    /// Playbooks of the repository [default: that of this host, or local.yml]
    #[arg(value_name = "PLAYBOOK")]
    playbooks: Vec<String>,

    /// The repository
    #[arg(short = 'U', long, value_name = "URL")]
    url: String,

    /// Where to keep it [default: ~/.ansible/pull/HOST]
    #[arg(short, long, value_name = "DIR")]
    directory: Option<PathBuf>,

    /// The branch, tag or commit to take
    #[arg(short = 'C', long, value_name = "REF")]
    checkout: Option<String>,

    /// How the repository is read
    #[arg(short, long, value_name = "KIND", default_value = "git", value_parser = ["git"])]
    module_name: String,

    /// Get all of its history
    #[arg(long)]
    full: bool,

    /// Throw away what was changed in the directory
    #[arg(long)]
    clean: bool,

    /// Take the newest state of submodules
    #[arg(long)]
    track_subs: bool,

    /// Trust a host that is not known yet
    #[arg(long)]
    accept_host_key: bool,

    /// Refuse a commit whose signature cannot be verified
    #[arg(long)]
    verify_commit: bool,

    /// Do nothing when the repository is as before
    #[arg(short, long)]
    only_if_changed: bool,

    /// Carry the playbooks out even when the repository cannot be read
    #[arg(short, long)]
    force: bool,

    /// Wait first, at random up to so many seconds
    #[arg(short, long, value_name = "SECONDS")]
    sleep: Option<u64>,

    /// Remove the directory afterwards
    #[arg(long)]
    purge: bool,

    /// Run only what has one of these tags
    #[arg(short, long, value_name = "TAGS")]
    tags: Vec<String>,

    /// Leave out what has one of these tags
    #[arg(long, value_name = "TAGS")]
    skip_tags: Vec<String>,

    /// Look for modules of your own here
    #[arg(short = 'M', long, value_name = "PATH")]
    module_path: Vec<String>,

    /// Foretell what would change, and change nothing
    #[arg(long)]
    check: bool,

    /// Show what changes within files
    #[arg(long)]
    diff: bool,

    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    connection: ConnectionFlags,
    #[command(flatten)]
    r#become: BecomeFlags,
    #[command(flatten)]
    vault: VaultFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Brings the repository here and carries its playbooks out.
pub(super) fn run(args: &PullArgs) -> Result<Exit, Problem> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let cwd = std::env::current_dir().map_err(Problem::Start)?;
    let home = std::env::home_dir().unwrap_or_default();
    let directory = match &args.directory {
        Some(directory) => cwd.join(directory),
        None => home.join(".ansible/pull").join(&host),
    };
    let words: Vec<_> = std::env::args().collect();
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S");
    launch::print(&format!("Starting Ansible Pull at {now}\n{}\n", words.join(" ")));
    if let Some(most) = args.sleep.filter(|most| *most > 0) {
        let seconds = rand::random::<u64>() % most;
        launch::print(&format!("Sleeping for {seconds} seconds...\n"));
        std::thread::sleep(Duration::from_secs(seconds));
    }
    match (Checkout { args, directory: &directory }).bring() {
        Ok((before, after)) => {
            let changed = before.as_ref() != Some(&after);
            let word = if changed { "CHANGED" } else { "SUCCESS" };
            let said = json!({ "after": after, "before": before, "changed": changed });
            launch::print(&format!("localhost | {word} => {said:#}\n"));
            if !changed && args.only_if_changed {
                launch::print("Repository has not changed, quitting\n");
                return Ok(Exit::Success);
            }
        }
        Err(_) if args.force => {
            launch::say("[WARNING]: Unable to update repository. Continuing with (forced) run of playbook.");
        }
        Err(problem) => return Err(problem),
    }
    let playbooks = playbooks(args, &directory, &host)?;
    // Settings and inventory are those of the repository.
    std::env::set_current_dir(&directory).map_err(Problem::Start)?;
    let done = run::run(&of_playbooks(args, playbooks, &host), Persona::Ansible);
    if args.purge {
        std::env::set_current_dir("/").map_err(Problem::Start)?;
        std::fs::remove_dir_all(&directory).map_err(|source| Problem::Write { path: directory, source })?;
    }
    done
}

/// The playbooks named, or those of this host.
fn playbooks(args: &PullArgs, directory: &Path, host: &str) -> Result<Vec<String>, Problem> {
    let path = |name: &str| directory.join(name).display().to_string();
    if !args.playbooks.is_empty() {
        return Ok(args.playbooks.iter().map(|name| path(name)).collect());
    }
    let short = host.split('.').next().unwrap_or(host);
    let names = [format!("{host}.yml"), format!("{short}.yml"), "local.yml".into()];
    let found = names.iter().map(|name| path(name)).find(|path| Path::new(path).is_file());
    let problem = || Problem::usage("the repository has no playbook for this host, and no `local.yml`");
    Ok(vec![found.ok_or_else(|| problem().words("Could not find a playbook to run."))?])
}

/// The run as it would be asked for by hand.
fn of_playbooks(args: &PullArgs, playbooks: Vec<String>, host: &str) -> RunArgs {
    let mut hosts = args.hosts.clone();
    if hosts.limit.is_empty() {
        let short = host.split('.').next().unwrap_or(host);
        hosts.limit = vec![format!("localhost,{host},{short},127.0.0.1")];
    }
    let connection = args.connection.connection.clone().or_else(|| Some("local".into()));
    RunArgs {
        playbooks,
        tasks: TaskFlags {
            tags: args.tags.clone(),
            skip_tags: args.skip_tags.clone(),
            ..TaskFlags::default()
        },
        hosts,
        variables: args.variables.clone(),
        execution: ExecutionFlags {
            check: args.check,
            diff: args.diff,
            module_path: args.module_path.clone(),
            ..ExecutionFlags::default()
        },
        connection: ConnectionFlags { connection, ..args.connection.clone() },
        r#become: args.r#become.clone(),
        vault: args.vault.clone(),
        output: args.output.clone(),
    }
}

/// A repository on its way to a directory.
struct Checkout<'a> {
    args: &'a PullArgs,
    directory: &'a Path,
}

impl Checkout<'_> {
    /// Clones it or brings it up to date; the commits before and after.
    fn bring(&self) -> Result<(Option<String>, String), Problem> {
        let args = self.args;
        let depth = if args.full { &[][..] } else { &["--depth=1"] };
        let commit = || self.git(&["rev-parse", "HEAD"]).map(|said| said.trim().to_owned());
        let before = match self.directory.join(".git").exists() {
            true => Some(commit()?),
            false => {
                std::fs::create_dir_all(self.directory)
                    .map_err(|source| Problem::Write { path: self.directory.into(), source })?;
                self.git(&["init", "-q"])?;
                self.git(&["remote", "add", "--", "origin", &args.url])?;
                None
            }
        };
        if before.is_some() {
            self.git(&["remote", "set-url", "--", "origin", &args.url])?;
            if !args.clean && !self.git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
                let message = format!("there are local changes in `{}`", self.directory.display());
                return Err(Problem::usage(message).hint("`--clean` throws them away"));
            }
        }
        let wanted = args.checkout.as_deref().unwrap_or("HEAD");
        let fetch = [&["fetch", "-q"], depth, &["--", "origin", wanted]].concat();
        self.git(&fetch)?;
        if args.verify_commit {
            self.git(&["verify-commit", "FETCH_HEAD"])?;
        }
        self.git(&["checkout", "-q", "--force", "--detach", "FETCH_HEAD"])?;
        if self.directory.join(".gitmodules").exists() {
            let remote = if args.track_subs { &["--remote"][..] } else { &[] };
            self.git(&[&["submodule", "update", "-q", "--init", "--recursive"], remote].concat())?;
        }
        Ok((before, commit()?))
    }

    /// What a `git` command says; when it fails, its complaint is the problem.
    fn git(&self, words: &[&str]) -> Result<String, Problem> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.directory).args(words);
        let mut ssh = String::from("ssh");
        if self.args.accept_host_key {
            ssh.push_str(" -o StrictHostKeyChecking=accept-new");
        }
        if let Some(key) = &self.args.connection.private_key {
            ssh.push_str(&format!(" -i {}", crate::action::quote(&key.to_string_lossy())));
        }
        if ssh != "ssh" {
            command.env("GIT_SSH_COMMAND", ssh);
        }
        let done = command.output().map_err(Problem::Start)?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        Err(Problem::Repository(format!("`git {}` failed: {said}", words.join(" "))))
    }
}
