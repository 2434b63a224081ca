//! What most commands stand on: settings, secrets, variables of the command line, the inventory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::flags::{Color, HostFlags, VariableFlags, VaultFlags};
use super::{Persona, Problem, passwords, record};
use crate::config::{Config, GroupNames, HashBehaviour};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::inventory::{
    Inventory, InventorySource, Limit, Options, Order, Pattern, SCRIPT_SAID, SharedInventory,
};
use crate::plan::Plan;
use crate::template::{Engine, Settings, TemplateError, Value};
use crate::vars::{FactCache, PlainScope, VarMap, VarsFiles, extra_vars};
use crate::vault::Vault;

/// Everything that is read before playbooks are.
pub(super) struct Ground {
    pub(super) cwd: PathBuf,
    pub(super) config: Config,
    pub(super) vault: Arc<Vault>,
    pub(super) engine: Arc<Engine>,
    pub(super) files: Arc<VarsFiles>,
    pub(super) extra: VarMap,
    /// Where facts are kept from run to run.
    pub(super) fact_cache: Option<FactCache>,
    /// Modules that `plugin_filters_cfg` forbids.
    pub(super) rejected: Vec<String>,
    pub(super) sources: Vec<InventorySource>,
    /// What `-i` and the settings named, as written.
    pub(super) source_names: Vec<String>,
    options: Options,
    pub(super) inventory: Arc<SharedInventory>,
    pub(super) limit: Option<Limit>,
    pub(super) limit_text: Option<String>,
    /// What is odd, but stops nothing.
    pub(super) warnings: Diagnostics,
}

/// The flags that matter here.
pub(super) struct Asked<'a> {
    pub(super) hosts: &'a HostFlags,
    pub(super) variables: &'a VariableFlags,
    pub(super) vault: &'a VaultFlags,
    /// Where `group_vars` and `host_vars` are looked for beside the inventory's.
    pub(super) playbook_dir: Option<PathBuf>,
    /// Inventories that cannot be read are passed over with a warning.
    pub(super) lenient: bool,
}

impl Ground {
    /// Reads all of it; every mistake is told at once.
    pub(super) fn read(asked: &Asked<'_>) -> Result<Self, Problem> {
        let cwd = std::env::current_dir().map_err(Problem::Start)?;
        let (config, mut diagnostics) = settings(&cwd);
        if let Some(path) = &config.log_path.value {
            record::open(path);
        }
        let vault = Arc::new(passwords::vault(asked.vault, &config)?);
        let files = Arc::new(VarsFiles::new(Some(decrypt(&vault))));
        let merging = *config.hash_behaviour == HashBehaviour::Merge;
        let extra = extra_vars(&asked.variables.extra_vars, &cwd, &files, merging, &mut diagnostics);
        let engine = Arc::new(engine(&vault, &config));
        let rejected = rejected(&config, &files, &mut diagnostics);
        let options = Options {
            engine: Some(engine.clone()),
            files: files.clone(),
            extra_vars: Arc::new(extra.clone()),
            ..inventory_options(&config, &mut diagnostics)
        };
        let source_names = source_names(asked.hosts, &config);
        let sources: Vec<_> = source_names.iter().map(|text| InventorySource::new(text, &cwd)).collect();
        let (inventory, mut found) = Inventory::load(&sources, &options);
        if !*config.inventory_plugin_script_stderr {
            found.0.retain(|d| d.slug != SCRIPT_SAID);
        }
        if asked.lenient && !*config.inventory_any_unparsed_is_failed {
            found.0.iter_mut().for_each(|d| d.severity = Severity::Warning);
        }
        if asked.lenient {
            // ansible: no source at all could be read; one that could be and is empty is none of these.
            let unparsed = inventory.is_empty() && (sources.is_empty() || !found.0.is_empty());
            if unparsed && *config.inventory_unparsed_warning && !found.has_errors() {
                let words = "No inventory was parsed, only implicit localhost is available";
                found.push(Diagnostic::warning("inventory-empty", words));
            }
        } else if !sources.is_empty() && inventory.is_empty() && !found.has_errors() {
            let names = source_names.join("`, `");
            let message = format!("the inventory names no host: `{names}`");
            found.push(Diagnostic::warning("inventory-empty", message));
        }
        if asked.lenient {
            found.extend(unfit_groups(&inventory, &config));
        }
        if *config.inventory_unparsed_is_failed && inventory.is_empty() && !found.has_errors() {
            let message = match source_names.as_slice() {
                [] => "there is no inventory".to_string(),
                names => format!("the inventory names no host: `{}`", names.join("`, `")),
            };
            found.push(
                Diagnostic::error("inventory-unparsed", message)
                    .hint("`inventory_unparsed_is_failed` is set: it must name some")
                    .words("No inventory was parsed, please check your configuration and options."),
            );
        }
        diagnostics.extend(found);
        let inventory = SharedInventory::new(inventory, &sources, asked.playbook_dir.clone(), files.clone());
        let fact_cache = fact_cache(&config, &mut diagnostics);
        if asked.hosts.flush_cache
            && let Some(cache) = &fact_cache
        {
            inventory.now().hosts().for_each(|(_, host)| cache.forget(&host.name));
            cache.forget("localhost");
        }
        let limit_text = (!asked.hosts.limit.is_empty()).then(|| asked.hosts.limit.join(","));
        let limit = limit_text.as_ref().map(|text| Limit::new(text, &cwd, &mut diagnostics));
        if diagnostics.has_errors() {
            return Err(Problem::Text(diagnostics));
        }
        Ok(Self {
            fact_cache,
            rejected,
            engine,
            inventory: Arc::new(inventory),
            warnings: diagnostics,
            cwd,
            config,
            vault,
            files,
            extra,
            sources,
            source_names,
            options,
            limit,
            limit_text,
        })
    }

    /// Warns as Ansible does where there is no host but the made-up one.
    pub(super) fn warn_of_no_hosts(&mut self) {
        if *self.config.localhost_warning && self.inventory.now().is_empty() {
            let words = "provided hosts list is empty, only localhost is available. Note that the implicit \
                         localhost does not match 'all'";
            self.warnings.push(Diagnostic::warning("inventory-empty", words));
        }
    }

    /// A limit that leaves nothing is a slip, not a wish.
    pub(super) fn check_limit(&self, persona: Persona, color: Color) -> Result<(), Problem> {
        let Some(limit) = &self.limit else { return Ok(()) };
        let mut found = Diagnostics::default();
        let inventory = self.inventory.now();
        if inventory.is_empty() || !limit.hosts(&inventory, &mut found).is_empty() {
            return Ok(());
        }
        if found.has_errors() {
            return Err(Problem::Text(found));
        }
        persona.warn(&found, color);
        Err(Problem::NoHosts)
    }

    /// Reads the files of variables of every host that the plan is sure to use, and says
    /// what is wrong in them.
    pub(super) fn preload(&self, plan: &Plan) -> Diagnostics {
        let inventory = self.inventory.now();
        let scope = PlainScope(Arc::new(self.extra.clone()));
        let mut hosts = Vec::new();
        for play in &plan.plays {
            // What needs hosts to be known is read when the play begins.
            let Ok(value) = self.engine.resolve(&play.play.hosts.value, &scope) else { continue };
            let one = [value.clone()];
            let patterns: Vec<String> = value.as_list().unwrap_or(&one).iter().map(Value::to_text).collect();
            let pattern = Pattern::new(patterns.iter().map(String::as_str), None);
            // The run says what is wrong with a pattern.
            let mut ignored = Diagnostics::default();
            hosts.extend(inventory.select(&pattern, self.limit.as_ref(), Order::default(), &mut ignored));
        }
        self.inventory.preload(&hosts)
    }

    /// Reads the inventory anew.
    pub(super) fn reload(&self) -> Box<dyn Fn() -> Inventory + Send + Sync> {
        let (sources, options) = (self.sources.clone(), self.options.clone());
        Box::new(move || Inventory::load(&sources, &options).0)
    }
}

/// What Ansible says of names of groups that could not be names of variables.
fn unfit_groups(inventory: &Inventory, config: &Config) -> Diagnostics {
    let told = match *config.transform_invalid_group_chars {
        GroupNames::Never if inventory.has_unfit_groups() => "but not replaced",
        GroupNames::Always if inventory.replaced_names() => "and automatically replaced",
        _ => return Diagnostics::default(),
    };
    let words = format!("Invalid characters were found in group names {told}, use -vvvv to see details");
    Diagnostics(vec![Diagnostic::warning("inventory-names", words)])
}

/// The settings, and what is wrong with them.
pub(super) fn settings(cwd: &Path) -> (Config, Diagnostics) {
    Config::load(&|name| std::env::var(name).ok(), cwd)
}

/// What `-i` names, or else the settings. The usual place is passed over when there is nothing.
fn source_names(flags: &HostFlags, config: &Config) -> Vec<String> {
    if !flags.inventory.is_empty() {
        return flags.inventory.clone();
    }
    let given = config.inventory.is_given();
    let paths = config.inventory.0.iter().filter(|path| given || path.exists());
    paths.map(|path| path.display().to_string()).collect()
}

fn inventory_options(config: &Config, diagnostics: &mut Diagnostics) -> Options {
    let mut options = Options {
        ignored_extensions: config.inventory_ignore_extensions.value.clone(),
        merge: *config.hash_behaviour == HashBehaviour::Merge,
        sanitizes: matches!(*config.transform_invalid_group_chars, GroupNames::Always | GroupNames::Silently),
        enabled: config.inventory_enabled.value.clone(),
        ..Options::default()
    };
    for pattern in &config.inventory_ignore_patterns.value {
        match regex::Regex::new(pattern) {
            Ok(pattern) => options.ignored_patterns.push(pattern),
            Err(error) => {
                let message = format!("setting `inventory_ignore_patterns`: {error}");
                diagnostics.push(Diagnostic::error("setting", message));
            }
        }
    }
    options
}

fn decrypt(vault: &Arc<Vault>) -> crate::vars::Decrypt {
    let vault = vault.clone();
    Arc::new(move |text| {
        vault.decrypt(text).map_err(|e| Diagnostic::error("vault", e.to_string()).words(e.words()))
    })
}

fn engine(vault: &Arc<Vault>, config: &Config) -> Engine {
    let (vault, settings) = (vault.clone(), config.clone());
    Engine::new(Settings {
        config: Box::new(move |name| settings.named(name).map(|json| Value::from_json(&json))),
        vault: Box::new(move |string| {
            let failed = |words: String| TemplateError::failed(words).at(string.place.clone());
            let plain = vault.decrypt(string.text.as_bytes()).map_err(|error| {
                let problem = failed(error.to_string()).words(error.words());
                error.hint().into_iter().fold(problem, |problem, hint| problem.hint(hint))
            })?;
            String::from_utf8(plain).map_err(|_| failed("the decrypted text is not UTF-8".into()))
        }),
        knows_module: |name| crate::action::known(name).is_some(),
        allow_broken_conditionals: *config.allow_broken_conditionals,
        tell_untrusted: config.untrusted_templates.value == "warning",
    })
}

/// What the file of `plugin_filters_cfg` forbids.
fn rejected(config: &Config, files: &VarsFiles, diagnostics: &mut Diagnostics) -> Vec<String> {
    let Some(path) = config.plugin_filters_cfg.as_ref().filter(|path| path.is_file()) else {
        return Vec::new();
    };
    let filters = files.read(path, diagnostics);
    let named = ["module_rejectlist", "module_blacklist"].iter().find_map(|name| filters.get(*name));
    let rejected = named.and_then(|definition| definition.value.as_list()).unwrap_or_default();
    let rejected: Vec<String> = rejected.iter().map(Value::to_text).collect();
    if rejected.iter().any(|name| name == "stat") {
        let path = path.display();
        let message = format!("`stat` cannot be forbidden, other modules need it: `{path}`");
        diagnostics.push(Diagnostic::error("rejected-stat", message).words(format!(
            "The stat module was specified in the module reject list file, {path}, but Ansible will not function \
             without the stat module.  Please remove stat from the reject list."
        )));
    }
    rejected
}

/// Where `fact_caching` keeps facts; `None`: for the run only.
fn fact_cache(config: &Config, diagnostics: &mut Diagnostics) -> Option<FactCache> {
    let plugin = config.fact_caching.strip_prefix("ansible.builtin.").unwrap_or(&config.fact_caching);
    match plugin {
        "memory" => return None,
        "jsonfile" => {}
        other => {
            let message = format!("facts cannot be kept by `{other}`: they are good for this run only");
            let hint = "set `fact_caching` to `jsonfile` or `memory`";
            diagnostics.push(Diagnostic::warning("setting", message).hint(hint));
            return None;
        }
    }
    // ansible: an empty text is the directory of the settings file, or the one that the run starts in.
    let Some(directory) = config.fact_caching_connection.value.clone() else {
        let message =
            "`fact_caching_connection` names no directory to keep facts in: they are good for this run only";
        let words = "Required config '_uri' for 'jsonfile' cache plugin not provided.";
        diagnostics.push(Diagnostic::warning("setting", message).words(words));
        return None;
    };
    if let Err(error) = FactCache::prepare(&directory) {
        let name = directory.display();
        let message = format!("cannot make the directory `{name}` that facts are kept in: {error}");
        let words =
            format!("Error in 'jsonfile' cache plugin while trying to create cache dir '{name}': {error}");
        diagnostics.push(Diagnostic::warning("setting", message).words(words));
        return None;
    }
    let prefix = config.fact_caching_prefix.is_given().then(|| config.fact_caching_prefix.value.clone());
    let seconds = *config.fact_caching_timeout;
    Some(FactCache {
        directory,
        prefix: prefix.unwrap_or_default(),
        lasting: (seconds > 0).then(|| std::time::Duration::from_secs(seconds)),
    })
}
