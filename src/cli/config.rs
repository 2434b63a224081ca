//! `baton config`: the settings there are, and what they are now.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_modules::sorting::Sorting;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::launch::print;
use super::{Exit, Persona, Problem};
use crate::config::{Config, OfServer, Origin, SETTINGS, Setting, ansible_name, knows_variable, plugin_kind};
use crate::output::{python_words, yaml_text};

/// Show settings
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// All settings, what they do, and how to set them
    List(Shown),
    /// The values of all settings, and where each comes from
    Dump {
        /// Only those that a user has set
        #[arg(long, visible_alias = "only-changed", alias = "changed-only")]
        changed: bool,
        #[command(flatten)]
        shown: Shown,
    },
    /// The settings file in use
    View(Shown),
    /// A settings file with all settings and their defaults
    Init {
        /// With each setting commented out
        #[arg(long)]
        disabled: bool,
        #[command(flatten)]
        written: Written,
    },
    /// Look for settings that there are not
    Validate(Written),
}

/// How it is shown.
#[derive(Args, Clone, Debug, Default)]
struct Shown {
    /// Read this settings file
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Only what Ansible has for plugins of this kind; `all` for everything
    #[arg(short = 't', long = "type", value_name = "KIND", default_value = "base")]
    kind: String,

    /// The form of the answer
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t)]
    format: Form,

    /// Say more; may be repeated
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// Settings as they are written in a file or an environment.
#[derive(Args, Clone, Debug)]
struct Written {
    /// Where: a file, or variables of the environment
    #[arg(short, long, value_enum, value_name = "FORM", default_value_t)]
    format: Medium,

    /// Read this settings file
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Only what Ansible has for plugins of this kind; `all` for everything
    #[arg(short = 't', long = "type", value_name = "KIND", default_value = "base")]
    kind: String,

    /// Say more; may be repeated
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// Where settings are written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Medium {
    #[default]
    Ini,
    Env,
}

/// A form of the answer.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Lines to read
    #[default]
    Display,
    Json,
    Yaml,
}

pub(super) fn run(args: &ConfigArgs, persona: Persona) -> Result<Exit, Problem> {
    let config = match &args.action {
        Action::List(shown) | Action::Dump { shown, .. } | Action::View(shown) => &shown.config,
        Action::Init { written, .. } | Action::Validate(written) => &written.config,
    };
    let cwd = std::env::current_dir().map_err(Problem::Start)?;
    let given = config.as_ref().map(|path| path.display().to_string());
    let variable = |name: &str| match (name, &given) {
        ("ANSIBLE_CONFIG", Some(path)) => Some(path.clone()),
        _ => std::env::var(name).ok(),
    };
    let (config, diagnostics) = Config::load(&variable, &cwd);
    if diagnostics.has_errors() {
        return Err(Problem::Text(diagnostics));
    }
    let text = match (&args.action, persona) {
        (Action::List(_), Persona::Baton) => list(),
        (Action::List(shown), Persona::Ansible) => described(shown),
        (Action::Dump { changed, .. }, Persona::Baton) => dump(&config, *changed),
        (Action::Dump { changed, shown }, Persona::Ansible) => as_ansible(&config, *changed, shown),
        (Action::View(_), _) => view(&config, persona)?,
        (Action::Init { disabled, written }, _) => init(written, *disabled),
        (Action::Validate(written), _) => validate(&config, written.format)?,
    };
    print(&text);
    Ok(Exit::Success)
}

fn list() -> String {
    let mut out = String::new();
    for setting in SETTINGS {
        out.push_str(&format!("{}\n    {}\n", plain(setting.name), setting.doc.trim()));
        if let Some(default) = setting.default {
            out.push_str(&format!("    default: {default}\n"));
        }
        for name in setting.env {
            out.push_str(&format!("    environment: {name}\n"));
        }
        for (section, key) in setting.ini {
            out.push_str(&format!("    ansible.cfg: [{section}] {key}\n"));
        }
    }
    out
}

/// `ansible-config list`: every setting as a mapping.
fn described(shown: &Shown) -> String {
    let one = |setting: &Setting| {
        let env: Value = setting.env.iter().map(|name| json!({ "name": name })).collect();
        let ini = setting.ini.iter().map(|(section, key)| json!({ "section": section, "key": key }));
        let ini: Value = ini.collect();
        let (doc, default) = (setting.doc.trim(), setting.default);
        json!({ "description": doc, "default": default, "env": env, "ini": ini })
    };
    let mut all: Vec<_> = SETTINGS.iter().map(|s| (ansible_name(s.name), one(s))).collect();
    all.order_by(|a, b| a.0.cmp(&b.0));
    let all = Value::Object(all.into_iter().collect());
    match shown.format {
        Form::Json => format!("{all:#}\n"),
        Form::Yaml | Form::Display => yaml_text(&all),
    }
}

/// A file with all settings of a kind, or variables to set.
fn init(written: &Written, disabled: bool) -> String {
    let wanted = written.kind.to_ascii_uppercase();
    let is_wanted = |setting: &&Setting| match wanted.as_str() {
        "ALL" => true,
        "BASE" => plugin_kind(setting.name).is_none(),
        kind => plugin_kind(setting.name) == Some(kind),
    };
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    for setting in SETTINGS.iter().filter(is_wanted) {
        let (doc, default) = (setting.doc.trim(), setting.default.unwrap_or_default());
        let (section, line) = match (written.format, setting.ini.last(), setting.env.last()) {
            (Medium::Ini, Some((section, key)), _) => {
                (*section, format!("{}{key}={default}", if disabled { ";" } else { "" }))
            }
            (Medium::Env, _, Some(name)) if !name.starts_with('_') => {
                let quoted = crate::action::quote(default);
                ("", format!("{}{name}={quoted}", if disabled { "#" } else { "" }))
            }
            _ => continue,
        };
        let all = sections.entry(section).or_default();
        all.push_str(&format!("# {doc}\n{line}\n\n"));
    }
    let head = |section: &str| if section.is_empty() { String::new() } else { format!("[{section}]\n") };
    sections.iter().map(|(section, lines)| format!("{}{lines}\n", head(section))).collect()
}

/// Whether there is a setting for all that the file or the environment sets.
fn validate(config: &Config, medium: Medium) -> Result<String, Problem> {
    // ansible: these two are no settings, and the others are not its own.
    let is_ours = |name: &String| {
        name.starts_with("ANSIBLE_")
            && !["ANSIBLE_TEST_", "ANSIBLE_LINT_"].iter().any(|start| name.starts_with(start))
            && !["ANSIBLE_CONFIG", "ANSIBLE_DEV_HOME"].contains(&&**name)
    };
    let unknown: Vec<String> = match medium {
        Medium::Ini => config.unknown_entries(),
        Medium::Env => std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| is_ours(name) && !knows_variable(name))
            .map(|name| format!("Found unknown environment variable '{name}'."))
            .collect(),
    };
    if unknown.is_empty() {
        return Ok("All configurations seem valid!\n".into());
    }
    Err(Problem::Unknown(unknown))
}

fn dump(config: &Config, changed: bool) -> String {
    let mut out = String::new();
    for setting in SETTINGS {
        let Some(origin) = config.origin(setting.name) else { continue };
        let origin = match origin {
            Origin::Default if changed => continue,
            Origin::Default => "default".to_string(),
            Origin::Environment(variable) => format!("environment: {variable}"),
            Origin::File(place) => place.to_string(),
        };
        let value = config.value(setting.name).unwrap_or_default();
        out.push_str(&format!("{} = {value}  ({origin})\n", plain(setting.name)));
    }
    out
}

/// One setting as `ansible-config dump` has it.
struct Entry {
    name: String,
    value: Value,
    origin: String,
    /// The kind of plugin it belongs to.
    kind: Option<&'static str>,
}

/// `ansible-config dump`.
fn as_ansible(config: &Config, changed: bool, shown: &Shown) -> String {
    let entry = |setting: &Setting| {
        let origin = match config.origin(setting.name)? {
            Origin::Default if changed => return None,
            Origin::Default => "default".to_string(),
            Origin::Environment(variable) => format!("env: {variable}"),
            Origin::File(place) => place.source.name.clone(),
        };
        let value = config.value(setting.name).unwrap_or_default();
        Some(Entry { name: ansible_name(setting.name), value, origin, kind: plugin_kind(setting.name) })
    };
    let mut all: Vec<Entry> = SETTINGS.iter().filter_map(entry).collect();
    let file = config.file.as_ref().map(|file| file.display().to_string());
    all.push(Entry { name: "CONFIG_FILE".into(), value: json!(file), origin: String::new(), kind: None });
    all.order_by(|a, b| a.name.cmp(&b.name));
    let wanted = shown.kind.to_ascii_uppercase();
    let kinds: Vec<Option<&str>> = match wanted.as_str() {
        "BASE" => vec![None],
        "ALL" => vec![None, Some("CALLBACK"), Some("CONNECTION"), Some("SHELL")],
        kind => vec![Some(kind)],
    };
    if shown.format != Form::Display {
        let of_kind = all.iter().filter(|entry| kinds.contains(&entry.kind));
        let one = |e: &Entry| json!({ "name": e.name, "origin": e.origin, "value": e.value });
        let mut listed: Vec<Value> = of_kind.map(one).collect();
        if kinds.contains(&None) {
            let of_server =
                |(key, value, origin): OfServer| json!({ "name": key, "origin": origin, "value": value });
            let servers = config.galaxy_servers().into_iter();
            let servers = servers.map(|(name, all)| (name.into(), all.into_iter().map(of_server).collect()));
            listed.push(json!({ "GALAXY_SERVERS": Value::Object(servers.collect()) }));
        }
        let listed = Value::Array(listed);
        return if shown.format == Form::Json { format!("{listed:#}\n") } else { yaml_text(&listed) };
    }
    let mut out = String::new();
    if shown.verbose > 0 {
        out.push_str(&match &file {
            Some(file) => format!("Using {file} as config file\n"),
            None => "No config file found; using defaults\n".to_string(),
        });
    }
    for kind in kinds {
        let of_kind: Vec<&Entry> = all.iter().filter(|entry| entry.kind == kind).collect();
        if let Some(kind) = kind.filter(|_| !of_kind.is_empty() && wanted == "ALL") {
            out.push_str(&format!("\n{kind}:\n{}\n", "=".repeat(kind.len())));
        }
        for entry in of_kind {
            let value = entry.value.as_str().map_or_else(|| python_words(&entry.value), str::to_string);
            out.push_str(&format!("{}({}) = {value}\n", entry.name, entry.origin));
        }
        if kind.is_none() {
            out.push_str("\nGALAXY_SERVERS:\n");
            for (name, all) in config.galaxy_servers() {
                out.push_str(&format!("\n\n{name}\n{}\n", "=".repeat(name.len())));
                for (key, value, origin) in all.into_iter().filter(|one| !changed || one.1.is_some()) {
                    out.push_str(&format!("{key}({origin}) = {}\n", value.as_deref().unwrap_or("None")));
                }
            }
        }
    }
    out
}

/// A name as a user knows it.
pub(super) fn plain(name: &str) -> &str {
    name.trim_start_matches("r#")
}

fn view(config: &Config, persona: Persona) -> Result<String, Problem> {
    match &config.file {
        None if persona == Persona::Ansible => Err(Problem::NoSettings),
        None => Ok("no settings file is in use\n".into()),
        Some(path) => {
            std::fs::read_to_string(path).map_err(|source| Problem::Read { path: path.clone(), source })
        }
    }
}
