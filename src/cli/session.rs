//! From flags and settings to a session: vault, variables, inventory, engine, planner,
//! connections. What is wrong is collected and told at once, before any host is touched.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use crate::action;
use crate::config::{Config, Gathering, HashBehaviour};
use crate::connection::{Connections, Options as ConnectionsOptions, Secret};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::inventory::{Inventory, InventorySource, Limit, Options as InventoryOptions, SharedInventory};
use crate::plan::{Choice, Inputs, Planner};
use crate::run::{ConnectOptions, Options};
use crate::template::{self, Engine, TemplateError, Value};
use crate::vars::{RunMagic, Settings as VarsSettings, VarMap, VarsFiles, VarsStore, extra_vars};
use crate::vault::{Vault, VaultId, VaultSecrets};

use super::flags::{BecomeFlags, ConnectionFlags, ExecutionFlags, HostFlags, VariableFlags, VaultFlags};

/// The flags that make a session, whatever the command.
pub(super) struct Flags<'a> {
    pub(super) hosts: &'a HostFlags,
    pub(super) variables: &'a VariableFlags,
    pub(super) execution: &'a ExecutionFlags,
    pub(super) connection: &'a ConnectionFlags,
    pub(super) r#become: &'a BecomeFlags,
    pub(super) vault: &'a VaultFlags,
    pub(super) verbosity: u8,
    pub(super) tags: Choice,
    pub(super) start_at_task: Option<String>,
    pub(super) force_handlers: bool,
    /// The directory that `group_vars` and `host_vars` stand in beside the playbook.
    pub(super) playbook_dir: PathBuf,
}

/// What a command works with.
pub(super) struct Opened {
    pub(super) options: Options,
    pub(super) engine: Arc<Engine>,
    pub(super) store: Arc<VarsStore>,
    pub(super) inventory: Arc<SharedInventory>,
    pub(super) limit: Option<Limit>,
    pub(super) connections: Arc<Connections>,
    pub(super) planner: Arc<Planner>,
    pub(super) vault: Arc<Vault>,
    pub(super) vars_files: Arc<VarsFiles>,
    pub(super) reload: Box<dyn Fn() -> Inventory + Send + Sync>,
    pub(super) secrets: Vec<String>,
}

/// Opens all of it. With errors in `diagnostics` nothing may be run.
pub(super) fn open(
    flags: &Flags<'_>,
    config: &Arc<Config>,
    cwd: &Path,
    diagnostics: &mut Diagnostics,
) -> Opened {
    let vault = Arc::new(vault(flags.vault, config, cwd, diagnostics));
    let vars_files = Arc::new(vars_files(&vault));
    let merging = matches!(*config.hash_behaviour, HashBehaviour::Merge);
    let extra = extra_vars(&flags.variables.extra_vars, cwd, &vars_files, merging, diagnostics);
    let sources = sources(flags.hosts, config, cwd);
    let inventory_options = inventory_options(config);
    let (inventory, found) = Inventory::load(&sources, &inventory_options);
    diagnostics.extend(found);
    let limit = flags.hosts.limit.join(",");
    let limit = (!limit.is_empty()).then(|| Limit::new(&limit, cwd, diagnostics));
    if let Some(limit) = &limit
        && limit.hosts(&inventory, diagnostics).is_empty()
    {
        let problem = Diagnostic::error("limit", "`--limit` leaves no host of the inventory");
        diagnostics.push(problem.hint("see the hosts there are with `--list-hosts`"));
    }
    let shared =
        SharedInventory::new(inventory, &sources, Some(flags.playbook_dir.clone()), vars_files.clone());
    let inventory = Arc::new(shared);
    let settings = VarsSettings { merge: merging, inject_facts: *config.inject_facts_as_vars };
    let magic = magic(flags, config, &sources).vars();
    let store = VarsStore::new(inventory.clone(), settings, extra.clone(), magic);
    let engine = Arc::new(Engine::new(engine_settings(&vault, config)));
    let (connect, secrets) = connect_options(flags, config, diagnostics);
    let options = options(flags, config, connect);
    let connections =
        Connections::new(ConnectionsOptions { forks: options.forks, ..ConnectionsOptions::default() });
    Opened {
        planner: Arc::new(Planner::new(inputs(flags, config, &engine, &vault, extra))),
        connections: Arc::new(connections),
        reload: Box::new(move || Inventory::load(&sources, &inventory_options).0),
        options,
        engine,
        store,
        inventory,
        limit,
        vault,
        vars_files,
        secrets,
    }
}

/// The secrets of the vault: `--vault-id`, files, a prompt, and what the settings name.
fn vault(flags: &VaultFlags, config: &Config, cwd: &Path, diagnostics: &mut Diagnostics) -> Vault {
    let mut ids: Vec<VaultId> = flags.vault_id.iter().map(|text| VaultId::parse(text)).collect();
    let file = |path: &PathBuf| VaultId::parse(&cwd.join(path).display().to_string());
    ids.extend(flags.vault_password_file.iter().map(file));
    if flags.ask_vault_pass || (*config.ask_vault_pass && ids.is_empty()) {
        ids.push(VaultId::parse("prompt"));
    }
    ids.extend(config.vault_identity_list.iter().map(|text| VaultId::parse(text)));
    if flags.vault_password_file.is_empty()
        && let Some(path) = &*config.vault_password_file
    {
        ids.push(file(path));
    }
    let mut secrets = VaultSecrets::default();
    for id in ids {
        match id.secret(&Vault::new(secrets.clone()), |prompt| rpassword::prompt_password(prompt)) {
            Ok(secret) => secrets.add(id.id.as_deref(), secret),
            Err(error) => {
                let problem = Diagnostic::error("vault", error.to_string());
                diagnostics.push(error.hint().into_iter().fold(problem, Diagnostic::hint));
            }
        }
    }
    Vault::new(secrets).strict(*config.vault_id_match)
}

fn vars_files(vault: &Arc<Vault>) -> VarsFiles {
    let vault = vault.clone();
    VarsFiles::new(Some(Arc::new(move |text: &str| vault.decrypt(text).map_err(Into::into))))
}

/// Where hosts come from: `-i`, else the settings.
fn sources(flags: &HostFlags, config: &Config, cwd: &Path) -> Vec<InventorySource> {
    if !flags.inventory.is_empty() {
        return flags.inventory.iter().map(|text| InventorySource::new(text, cwd)).collect();
    }
    let given = config.inventory.is_given();
    let paths = config.inventory.0.iter();
    // A default that is not there is no mistake: the implicit localhost is enough.
    paths
        .filter(|path| given || path.exists())
        .map(|path| InventorySource::new(&path.display().to_string(), cwd))
        .collect()
}

fn inventory_options(config: &Config) -> InventoryOptions {
    InventoryOptions {
        ignored_extensions: config.inventory_ignore_extensions.value.clone(),
        ignored_patterns: config
            .inventory_ignore_patterns
            .iter()
            .filter_map(|p| regex::Regex::new(p).ok())
            .collect(),
    }
}

fn magic(flags: &Flags<'_>, config: &Config, sources: &[InventorySource]) -> RunMagic {
    let names = sources.iter().map(|source| match source {
        InventorySource::Path(path) => path.display().to_string(),
        InventorySource::Hosts(list) => list.clone(),
    });
    let only = if flags.tags.only.is_empty() { vec!["all".to_owned()] } else { flags.tags.only.clone() };
    RunMagic {
        playbook_dir: flags.playbook_dir.display().to_string(),
        config_file: config.file.as_ref().map(|path| path.display().to_string()),
        inventory_sources: names.collect(),
        check_mode: flags.execution.check,
        diff_mode: flags.execution.diff || *config.diff_always,
        forks: forks(flags, config),
        verbosity: flags.verbosity,
        run_tags: only,
        skip_tags: flags.tags.skip.clone(),
        limit: Some(flags.hosts.limit.join(",")).filter(|limit| !limit.is_empty()),
    }
}

fn forks(flags: &Flags<'_>, config: &Config) -> usize {
    flags.execution.forks.map_or(*config.forks as usize, |forks| forks as usize)
}

fn engine_settings(vault: &Arc<Vault>, config: &Arc<Config>) -> template::Settings {
    let vault = vault.clone();
    template::Settings {
        vault: Box::new(move |sealed| {
            let opened = vault.decrypt(sealed.text.as_bytes());
            let bytes = opened.map_err(|e| TemplateError::failed(e.to_string()).at(sealed.place.clone()))?;
            String::from_utf8(bytes)
                .map_err(|_| TemplateError::failed("an encrypted variable is not text in UTF-8"))
        }),
        config: Box::new(|_| None),
        allow_broken_conditionals: *config.allow_broken_conditionals,
    }
}

fn options(flags: &Flags<'_>, config: &Config, connect: ConnectOptions) -> Options {
    Options {
        check: flags.execution.check,
        diff: flags.execution.diff || *config.diff_always,
        forks: forks(flags, config),
        verbosity: flags.verbosity,
        force_handlers: flags.force_handlers || *config.force_handlers,
        gather: !matches!(*config.gathering, Gathering::Explicit),
        gather_smart: matches!(*config.gathering, Gathering::Smart),
        any_errors_fatal: *config.any_errors_fatal,
        max_fail_percentage: None,
        strategy: config.strategy.value.clone(),
        connect,
        tags: flags.tags.clone(),
    }
}

fn connect_options(
    flags: &Flags<'_>,
    config: &Config,
    diagnostics: &mut Diagnostics,
) -> (ConnectOptions, Vec<String>) {
    let (connection, r#become) = (flags.connection, flags.r#become);
    let login = Asked {
        ask: connection.ask_pass || *config.ask_pass,
        file: connection.connection_password_file.as_ref().or(config.connection_password_file.as_ref()),
        prompt: "SSH password: ",
    };
    let password = login.password(None, diagnostics);
    let other = Asked {
        ask: r#become.ask_become_pass || *config.become_ask_pass,
        file: r#become.become_password_file.as_ref().or(config.become_password_file.as_ref()),
        prompt: if password.is_some() {
            "BECOME password[defaults to SSH password]: "
        } else {
            "BECOME password: "
        },
    };
    let become_password = other.password(password.as_deref(), diagnostics);
    let text = |flag: &Option<String>, setting: &str| flag.clone().or_else(|| Some(setting.to_owned()));
    let options = ConnectOptions {
        connection: connection.connection.clone().unwrap_or_else(|| config.transport.value.clone()),
        remote_user: connection.user.clone().or_else(|| config.remote_user.value.clone()),
        private_key: connection
            .private_key
            .as_ref()
            .or(config.private_key_file.as_ref())
            .map(|p| p.display().to_string()),
        port: config.remote_port.and_then(|port| u16::try_from(port).ok()),
        timeout: Duration::from_secs(connection.timeout.unwrap_or(*config.timeout)),
        retries: if config.ssh_retries.is_given() { *config.ssh_retries as u32 } else { 2 },
        host_key_checking: *config.host_key_checking,
        ssh_args: config.ssh_args.is_given().then(|| config.ssh_args.value.clone()),
        ssh_common_args: text(&connection.ssh_common_args, &config.ssh_common_args),
        ssh_extra_args: text(&connection.ssh_extra_args, &config.ssh_extra_args),
        ssh_executable: Some(config.ssh_executable.value.clone()),
        password: password.clone().map(Secret::new),
        r#become: r#become.r#become || *config.r#become,
        become_user: r#become.become_user.clone().or_else(|| Some(config.become_user.value.clone())),
        become_method: r#become.become_method.clone().or_else(|| Some(config.become_method.value.clone())),
        become_flags: config.become_flags.value.clone(),
        become_exe: config.become_exe.value.clone(),
        become_password: become_password.clone().map(Secret::new),
    };
    (options, password.into_iter().chain(become_password).collect())
}

/// A password that is asked for or stands in a file.
struct Asked<'a> {
    ask: bool,
    file: Option<&'a PathBuf>,
    prompt: &'a str,
}

impl Asked<'_> {
    fn password(&self, otherwise: Option<&str>, diagnostics: &mut Diagnostics) -> Option<String> {
        let read: io::Result<String> = match self.file {
            Some(path) => {
                std::fs::read_to_string(path).map(|text| text.trim_end_matches(['\n', '\r']).to_owned())
            }
            None if self.ask => rpassword::prompt_password(self.prompt),
            None => return None,
        };
        match read {
            Ok(text) if text.is_empty() => otherwise.map(str::to_owned),
            Ok(text) => Some(text),
            Err(error) => {
                let what =
                    self.file.map_or("the terminal".to_owned(), |path| format!("`{}`", path.display()));
                diagnostics.push(Diagnostic::error(
                    "password",
                    format!("cannot read a password from {what}: {error}"),
                ));
                None
            }
        }
    }
}

/// What planning may use.
fn inputs(
    flags: &Flags<'_>,
    config: &Config,
    engine: &Arc<Engine>,
    vault: &Arc<Vault>,
    extra: VarMap,
) -> Inputs {
    let (syntax, render, vault) = (engine.clone(), engine.clone(), vault.clone());
    // Rendering before the run is single-threaded in effect; the lock keeps the closure `Sync`.
    let vault = RwLock::new(vault);
    Inputs {
        spec: action::known,
        names: || action::names().collect(),
        syntax: Box::new(move |template, expression| syntax.syntax_errors(template, expression)),
        render: Box::new(move |value: &Value, scope| {
            render.resolve(value, scope).map_err(|e| e.to_diagnostic())
        }),
        decrypt: Box::new(move |path, text| {
            let failed =
                |why: String| Diagnostic::error("vault", format!("cannot open `{}`: {why}", path.display()));
            let bytes = vault.read().decrypt(text).map_err(|e| failed(e.to_string()))?;
            String::from_utf8(bytes).map_err(|_| failed("it is not text in UTF-8".into()))
        }),
        extra_vars: Arc::new(extra),
        roles_path: config.roles_path.value.clone(),
        collections_path: config.collections_path.value.clone(),
        tags: flags.tags.clone(),
        start_at_task: flags.start_at_task.clone(),
    }
}
