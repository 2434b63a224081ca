//! `baton run`: carries out playbooks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgAction, Args};

use super::flags::{
    BecomeFlags, ConnectionFlags, ExecutionFlags, Format, HostFlags, OutputFlags, VariableFlags, VaultFlags,
};
use super::ground::{Asked, Ground};
use super::launch::{self, Look};
use super::list::Listing;
use super::persona::DEPRECATED;
use super::work::Work;
use super::{Exit, Persona, Problem};
use crate::action;
use crate::config::DuplicateKey;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::library::{self, Library};
use crate::plan::{Aim, Choice, Inputs, Planner};
use crate::template::Way;

/// Carry out playbooks
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RunArgs {
    /// Playbooks, in order
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub playbooks: Vec<String>,

    #[command(flatten)]
    pub tasks: TaskFlags,
    #[command(flatten)]
    pub hosts: HostFlags,
    #[command(flatten)]
    pub variables: VariableFlags,
    #[command(flatten)]
    pub execution: ExecutionFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
    #[command(flatten)]
    pub r#become: BecomeFlags,
    #[command(flatten)]
    pub vault: VaultFlags,
    #[command(flatten)]
    pub output: OutputFlags,
}

/// Which tasks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Tasks")]
pub(crate) struct TaskFlags {
    /// Run only what has one of these tags; commas, may be repeated
    #[arg(short, long, value_name = "TAGS", action = ArgAction::Append)]
    pub tags: Vec<String>,

    /// Leave out what has one of these tags; commas, may be repeated
    #[arg(long, value_name = "TAGS", action = ArgAction::Append)]
    pub skip_tags: Vec<String>,

    /// List the tasks that would run, and stop
    #[arg(long)]
    pub list_tasks: bool,

    /// List all tags, and stop
    #[arg(long)]
    pub list_tags: bool,

    /// Look for mistakes in the playbooks, and stop
    #[arg(long)]
    pub syntax_check: bool,

    /// Begin with the first task whose name matches
    #[arg(long, value_name = "NAME")]
    pub start_at_task: Option<String>,

    /// Ask before each task
    #[arg(long)]
    pub step: bool,

    /// Run notified handlers on hosts that failed, too
    #[arg(long)]
    pub force_handlers: bool,
}

/// Carries out playbooks, or shows what of them was asked for.
pub(super) fn run(args: &RunArgs, persona: Persona) -> Result<Exit, Problem> {
    let playbooks = playbooks(&args.playbooks)?;
    let mut ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: playbooks.first().and_then(|path| directory(path)),
        lenient: persona == Persona::Ansible,
    })?;
    if persona == Persona::Ansible {
        ground.warn_of_no_hosts();
    }
    let tags = tags(&args.tasks, &ground);
    let lists = args.hosts.list_hosts || args.tasks.list_tasks || args.tasks.list_tags;
    let listing = lists || args.tasks.syntax_check;
    let aim = if listing { Aim::List } else { Aim::Run };
    let planner = planner(&ground, &args.execution, &tags, args.tasks.start_at_task.clone(), persona, aim);
    if listing {
        return show(args, persona, &ground, &tags, &planner, &playbooks);
    }
    let (plan, mut found) = planner.prepare(&playbooks);
    found.extend(ground.preload(&plan));
    if persona == Persona::Baton {
        found.extend(planner.unknown_tags());
    }
    let warnings = sound(&ground, found)?;
    persona.warn(&warnings, args.output.color);
    ground.check_limit(persona, args.output.color)?;
    let format = args.output.output.unwrap_or_else(|| persona.format(&ground.config));
    let look = Look { format, color: args.output.color, config: &ground.config, adhoc: Default::default() };
    Work {
        ground: &ground,
        execution: &args.execution,
        connection: &args.connection,
        r#become: &args.r#become,
        output: &args.output,
        force_handlers: args.tasks.force_handlers,
        step: args.tasks.step,
        playbooks: args.playbooks.clone(),
        tags,
        planner,
        look,
        passwords: None,
    }
    .run(plan)
}

fn playbooks(names: &[String]) -> Result<Vec<PathBuf>, Problem> {
    let path = |name: &String| {
        let path = PathBuf::from(name);
        match path.exists() && !path.is_dir() {
            true => Ok(path),
            false => of_collection(name).ok_or_else(|| Problem::NoPlaybook(name.clone())),
        }
    };
    names.iter().map(path).collect()
}

/// The playbook of a collection that is on the search path.
fn of_collection(name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.split('.').collect();
    let [namespace, collection, playbook] = parts.as_slice() else { return None };
    let (config, _) = super::ground::settings(&std::env::current_dir().ok()?);
    let roots =
        config.collections_path.value.iter().map(|root| match root.ends_with("ansible_collections") {
            true => root.clone(),
            false => root.join("ansible_collections"),
        });
    let within = roots.map(|root| root.join(namespace).join(collection).join("playbooks"));
    let endings = [".yml", ".yaml"].map(|ending| format!("{playbook}{ending}"));
    within.flat_map(|place| endings.clone().map(|file| place.join(file))).find(|path| path.is_file())
}

/// The directory of a playbook, absolute.
pub(super) fn directory(playbook: &Path) -> Option<PathBuf> {
    std::path::absolute(playbook).ok()?.parent().map(PathBuf::from)
}

/// `--tags` and `--skip-tags`, or else what the settings say.
fn tags(flags: &TaskFlags, ground: &Ground) -> Choice {
    let words = |given: &[String], set: &[String]| {
        let all = if given.is_empty() { set } else { given };
        let words = all.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|tag| !tag.is_empty());
        words.map(String::from).collect::<Vec<String>>()
    };
    let only: Vec<String> = words(&flags.tags, &ground.config.tags_run);
    let skip: Vec<String> = words(&flags.skip_tags, &ground.config.tags_skip);
    if flags.list_tags && only.is_empty() && skip.is_empty() {
        // ansible: all tags are listed, those of `never` too.
        return Choice { only: vec!["never".into(), "all".into()], skip };
    }
    Choice { only, skip }
}

/// Reads playbooks with what the command line and the settings say.
pub(super) fn planner(
    ground: &Ground,
    execution: &ExecutionFlags,
    tags: &Choice,
    start_at_task: Option<String>,
    persona: Persona,
    aim: Aim,
) -> Planner {
    let (engine, renderer, vault) = (ground.engine.clone(), ground.engine.clone(), ground.vault.clone());
    // Messages name what is beneath this directory as the user would.
    let near = |paths: &[PathBuf]| -> Vec<PathBuf> {
        let near = |path: &PathBuf| path.strip_prefix(&ground.cwd).map_or(path.clone(), Path::to_path_buf);
        paths.iter().map(|path| if aim == Aim::Check { near(path) } else { path.clone() }).collect()
    };
    let library = Arc::new(Library::new(library_settings(ground, execution)));
    let moved = library.clone();
    ground.engine.follow(Box::new(move |kind, name| moved_to(&moved, kind, name)));
    Planner::new(Inputs {
        aim,
        spec: action::known,
        names: || action::names().collect(),
        syntax: Box::new(move |template, expression| engine.syntax_errors(template, expression)),
        render: Box::new(move |value, scope| {
            renderer.resolve(value, scope).map_err(|error| error.to_diagnostic())
        }),
        decrypt: Box::new(move |path, text| {
            let name = path.display();
            let failed = |words: String| Diagnostic::error("vault", format!("cannot open `{name}`: {words}"));
            let plain = vault.decrypt(text).map_err(|error| {
                let problem = failed(error.to_string()).words(error.words());
                error.hint().into_iter().fold(problem, Diagnostic::hint)
            })?;
            String::from_utf8(plain).map_err(|_| failed("the decrypted text is not UTF-8".into()))
        }),
        extra_vars: Arc::new(ground.extra.clone()),
        library,
        roles_path: near(&ground.config.roles_path.value),
        collections_path: near(&ground.config.collections_path.value),
        rejected: ground.rejected.clone(),
        private_roles: ground.config.private_role_vars.is_given().then(|| *ground.config.private_role_vars),
        tags: tags.clone(),
        start_at_task,
        lenient: persona == Persona::Ansible,
    })
}

/// Where a collection says that a filter, test or look-up went.
fn moved_to(library: &Library, kind: &str, name: &str) -> Way {
    let kind = match kind {
        "filter" => library::Kind::Filter,
        "test" => library::Kind::Test,
        _ => library::Kind::Lookup,
    };
    let routed = library.routed_plugin(kind, name);
    Way {
        name: routed.name.clone(),
        deprecations: routed.deprecations.clone(),
        refusal: routed.refusal.clone(),
    }
}

/// Where modules of the user's are, and what they are run with.
fn library_settings(ground: &Ground, execution: &ExecutionFlags) -> library::Settings {
    let config = &ground.config;
    let given = execution.module_path.iter().flat_map(|paths| paths.split(':'));
    library::Settings {
        module_path: given.map(|path| ground.cwd.join(path)).collect(),
        library: config.library.value.clone(),
        module_utils: config.module_utils.value.clone(),
        collections: config.collections_path.value.clone(),
        roles: config.roles_path.value.clone(),
        interpreter: config.interpreter_python.value.clone(),
        interpreters: config.interpreter_python_fallback.value.clone(),
        facts_modules: config.facts_modules.value.clone(),
        tracebacks: config.display_traceback.iter().any(|word| word == "error" || word == "always"),
        unfit: config.collections_on_ansible_version_mismatch.severity(),
    }
}

/// The warnings, if nothing is wrong.
pub(super) fn sound(ground: &Ground, found: Diagnostics) -> Result<Diagnostics, Problem> {
    let mut all = ground.warnings.clone();
    all.extend(found);
    all.0.retain(|found| found.slug != DEPRECATED || *ground.config.deprecation_warnings);
    let twice = *ground.config.duplicate_dict_key;
    all.0.retain(|found| found.slug != "duplicate-key" || twice != DuplicateKey::Ignore);
    if twice == DuplicateKey::Error {
        let of_keys = all.0.iter_mut().filter(|found| found.slug == "duplicate-key");
        of_keys.for_each(|found| found.severity = Severity::Error);
    }
    if all.has_errors() { Err(Problem::Text(all)) } else { Ok(all) }
}

/// `--syntax-check` and the lists: each playbook by itself.
fn show(
    args: &RunArgs,
    persona: Persona,
    ground: &Ground,
    tags: &Choice,
    planner: &Planner,
    playbooks: &[PathBuf],
) -> Result<Exit, Problem> {
    let mut listed = String::new();
    let mut all = Diagnostics::default();
    let listing = Listing { ground, tags, hosts: args.hosts.list_hosts, flags: &args.tasks };
    for (name, path) in args.playbooks.iter().zip(playbooks) {
        let (plan, found) = planner.prepare(std::slice::from_ref(path));
        all.extend(found);
        all.extend(ground.preload(&plan));
        if !all.has_errors() {
            all.extend(listing.unknown(&plan));
        }
        listed.push_str(&listing.text(name, &plan));
    }
    let warnings = sound(ground, all)?;
    persona.warn(&warnings, args.output.color);
    ground.check_limit(persona, args.output.color)?;
    launch::print(&listed);
    Ok(Exit::Success)
}

impl Persona {
    /// The output where none is asked for.
    pub(super) fn format(self, config: &crate::config::Config) -> Format {
        match (self, config.stdout_callback.0.as_str()) {
            (Persona::Baton, _) => Format::Default,
            (Persona::Ansible, "minimal") => Format::Minimal,
            (Persona::Ansible, "oneline") => Format::Oneline,
            (Persona::Ansible, "junit") => Format::Junit,
            (Persona::Ansible, _) => Format::Ansible,
        }
    }
}
