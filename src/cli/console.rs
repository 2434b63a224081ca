//! `baton console`: one module after the other, typed in or read from a file.

use std::io::{self, BufRead};

use clap::Args;

use super::exec::{self, ExecArgs};
use super::flags::{
    BecomeFlags, ConnectionFlags, ExecutionFlags, HostFlags, OutputFlags, VariableFlags, VaultFlags,
};
use super::ground::{Asked, Ground};
use super::passwords::Passwords;
use super::{Exit, Persona, Problem, doc, launch, work};
use crate::action;
use crate::diagnostic::Diagnostics;
use crate::inventory::{Order, Pattern};

/// Run one module after the other, as typed
#[derive(Args, Clone, Debug)]
pub(crate) struct ConsoleArgs {
    /// Which hosts to begin with, as in a play's `hosts`
    #[arg(value_name = "PATTERN", default_value = "all")]
    pattern: String,

    /// Give up a task after so many seconds
    #[arg(long, value_name = "SECONDS")]
    task_timeout: Option<u64>,

    /// Where roles and files are looked for, as beside a playbook
    #[arg(long, value_name = "DIR")]
    playbook_dir: Option<std::path::PathBuf>,

    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    execution: ExecutionFlags,
    #[command(flatten)]
    connection: ConnectionFlags,
    #[command(flatten)]
    r#become: BecomeFlags,
    #[command(flatten)]
    vault: VaultFlags,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}

/// What can be typed beside names of modules: the word, what may follow it, and what it does.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("cd", "[PATTERN]", "go to other hosts; without a pattern to all"),
    ("list", "[groups]", "list the hosts, or all groups"),
    ("become", "yes|no", "act as another user"),
    ("become_user", "USER", "as which user"),
    ("become_method", "METHOD", "how to become that user"),
    ("remote_user", "USER", "connect as this user"),
    ("check", "yes|no", "foretell what would change, and change nothing"),
    ("diff", "yes|no", "show what changes within files"),
    ("forks", "N", "how many hosts to work on at once"),
    ("timeout", "SECONDS", "give up a task after so long; 0: never"),
    ("verbosity", "N", "how much to tell"),
    ("collections", "NAMES", "taken for Ansible's sake: short names mean what is built in"),
    ("help", "[MODULE]", "this list, or what a module takes; `?` for short"),
    ("exit", "", "leave"),
];

/// Reads lines and does what they say, to the end of the input.
pub(super) fn run(args: &ConsoleArgs, persona: Persona) -> Result<Exit, Problem> {
    let args = args.clone();
    let mut ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: args.playbook_dir.clone().or_else(|| std::env::current_dir().ok()),
        lenient: persona == Persona::Ansible,
    })?;
    // Said once, and not again with every task.
    persona.warn(&std::mem::take(&mut ground.warnings), args.output.color);
    let passwords = Passwords::get(&args.connection, &args.r#become, &ground.config)?;
    let task = ExecArgs {
        pattern: args.pattern,
        task_timeout: args.task_timeout,
        playbook_dir: args.playbook_dir,
        hosts: args.hosts,
        variables: args.variables,
        execution: args.execution,
        connection: args.connection,
        r#become: args.r#become,
        vault: args.vault,
        output: args.output,
        poll: 15,
        ..ExecArgs::default()
    };
    let mut console = Console { ground: &ground, passwords, persona, task, leaves: false };
    launch::print("Welcome to the ansible console. Type help or ? to list commands.\n\n");
    while !console.leaves {
        launch::print(&console.prompt());
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => console.leaves = true,
            Ok(_) => console.line(line.trim()),
        }
    }
    launch::print("\nAnsible-console was exited.\n");
    Ok(Exit::Success)
}

/// What has been set so far.
struct Console<'a> {
    ground: &'a Ground,
    passwords: Passwords,
    persona: Persona,
    /// The task to come; its pattern is where we are.
    task: ExecArgs,
    leaves: bool,
}

impl Console<'_> {
    fn prompt(&self) -> String {
        let user = self.task.connection.user.clone().or_else(work::local_user).unwrap_or_default();
        let forks = self.task.execution.forks.map_or(*self.ground.config.forks, u64::from);
        let becomes_root = self.task.r#become.r#become
            && self.task.r#become.become_user.as_deref().is_none_or(|user| user == "root");
        let end = if becomes_root { '#' } else { '$' };
        format!("{user}@{} ({})[f:{forks}]{end} ", self.task.pattern, self.hosts(&self.task.pattern).len())
    }

    /// The names of the hosts that a pattern stands for.
    fn hosts(&self, pattern: &str) -> Vec<String> {
        let inventory = self.ground.inventory.now();
        let limit = self.ground.limit.as_ref();
        let pattern = Pattern::new([pattern], None);
        let hosts = inventory.select(&pattern, limit, Order::default(), &mut Diagnostics::default());
        hosts.iter().map(|id| inventory.host(*id).name.to_string()).collect()
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        if let Some(command) = line.strip_prefix('!') {
            return self.carry_out("shell", command.trim());
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word.strip_prefix('?') {
            Some(about) => self.help(if about.is_empty() { rest } else { about }),
            None if word == "help" => self.help(rest),
            None if matches!(word, "exit" | "EOF") => self.leaves = true,
            None if COMMANDS.iter().any(|(name, ..)| *name == word) || word == "serial" => {
                if !self.set(word, rest) {
                    say_usage(word);
                }
            }
            None if self.is_module(word) => self.carry_out(word, rest),
            // ansible: what is no module is a command of the shell.
            None => self.carry_out("shell", line),
        }
    }

    fn is_module(&self, name: &str) -> bool {
        action::known(name).is_some() || name.split('.').count() == 3
    }

    /// Sets something, or shows hosts; `false` when the rest is none of what may follow the word.
    fn set(&mut self, word: &str, rest: &str) -> bool {
        let text = (!rest.is_empty()).then(|| rest.to_owned());
        let flag = baton_modules::args::is_true(rest);
        match (word, &text) {
            ("cd", None) => self.task.pattern = "*".into(),
            ("cd", Some(to)) if matches!(&**to, "/" | "*" | "/*") => self.task.pattern = "all".into(),
            ("cd", Some(to)) if self.hosts(to).is_empty() => launch::print("no host matched\n"),
            ("cd", Some(to)) => self.task.pattern = to.clone(),
            ("list", None) => print_lines(self.hosts(&self.task.pattern)),
            ("list", Some(what)) if what == "groups" => {
                let inventory = self.ground.inventory.now();
                print_lines(inventory.groups().map(|(_, group)| group.name.to_string()).collect());
            }
            ("become", Some(_)) => self.task.r#become.r#become = flag,
            ("become_user", Some(_)) => self.task.r#become.become_user = text,
            ("become_method", Some(_)) => self.task.r#become.become_method = text,
            ("remote_user", Some(_)) => self.task.connection.user = text,
            ("check", Some(_)) => {
                self.task.execution.check = flag;
                launch::print(&format!("check mode changed to {}\n", python(flag)));
            }
            ("diff", Some(_)) => {
                self.task.execution.diff = flag;
                launch::print(&format!("diff mode changed to {}\n", python(flag)));
            }
            ("forks" | "serial", Some(text)) => match text.parse() {
                Ok(forks) if forks > 0 => self.task.execution.forks = Some(forks),
                _ => return false,
            },
            ("timeout", Some(text)) => match text.parse() {
                Ok(seconds) => self.task.task_timeout = (seconds > 0).then_some(seconds),
                Err(_) => return false,
            },
            ("verbosity", Some(text)) => match text.parse() {
                Ok(verbosity) => self.task.output.verbose = verbosity,
                Err(_) => return false,
            },
            ("collections", _) => {}
            _ => return false,
        }
        true
    }

    fn help(&self, about: &str) {
        if about.is_empty() {
            let line = |(word, rest, does): &(&str, &str, &str)| format!("  {word:14}{rest:12}{does}\n");
            let commands: String = COMMANDS.iter().map(line).collect();
            launch::print(&format!(
                "{commands}\nAll else is a module with its arguments, or a command for the shell.\n"
            ));
        } else if let Some((word, ..)) = COMMANDS.iter().find(|(word, ..)| *word == about) {
            say_usage(word);
        } else {
            match doc::text(about) {
                Ok(page) => launch::print(&page),
                Err(_) => launch::say(&format!(
                    "[ERROR]: {about} is not a valid command, use ? to list all valid commands."
                )),
            }
        }
    }

    /// Runs a module where we are.
    fn carry_out(&mut self, module: &str, args: &str) {
        (self.task.module, self.task.args) = (module.into(), args.into());
        if let Err(problem) = exec::on(self.ground, &self.task, self.persona, Some(self.passwords.clone())) {
            launch::say(&problem.ansible());
        }
    }
}

fn python(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

fn print_lines(lines: Vec<String>) {
    launch::print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>());
}

fn say_usage(word: &str) {
    if let Some((word, rest, does)) = COMMANDS.iter().find(|(known, ..)| *known == word) {
        launch::print(&format!("Usage: {word} {rest}\n  {does}\n"));
    }
}
