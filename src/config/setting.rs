//! What a setting is, where its value came from, and how values are found.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::file::ConfigFile;
use super::from_text::FromText;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};

/// A setting as it is declared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub name: &'static str,
    /// What it does, in the words of its documentation.
    pub doc: &'static str,
    /// Variables of the environment that set it; a later one wins.
    pub env: &'static [&'static str],
    /// Sections and keys of `ansible.cfg` that set it; a later one wins.
    pub ini: &'static [(&'static str, &'static str)],
    /// As a user would write it; none when there is none.
    pub default: Option<&'static str>,
}

/// Names of Ansible's own that differ from the keys of `ansible.cfg` by more than case and `DEFAULT_`.
const OTHER_NAMES: [(&str, &str); 20] = [
    ("_templar_untrusted_template_behavior", "untrusted_templates"),
    ("ansible_home", "home"),
    ("ansible_nocolor", "nocolor"),
    ("ansible_pipelining", "pipelining"),
    ("cache_plugin", "fact_caching"),
    ("collections_paths", "collections_path"),
    ("host_list", "inventory"),
    ("managed_str", "ansible_managed"),
    ("undefined_var_behavior", "error_on_undefined_vars"),
    ("ansible_force_color", "force_color"),
    ("ansible_nocows", "nocows"),
    ("ansible_ssh_control_path", "ssh_control_path"),
    ("ansible_ssh_executable", "ssh_executable"),
    ("ansible_ssh_retries", "ssh_retries"),
    ("cache_plugin_connection", "fact_caching_connection"),
    ("cache_plugin_prefix", "fact_caching_prefix"),
    ("cache_plugin_timeout", "fact_caching_timeout"),
    ("duplicate_yaml_dict_key", "duplicate_dict_key"),
    ("inventory_ignore_exts", "inventory_ignore_extensions"),
    ("max_file_size_for_diff", "max_diff_size"),
];

/// Settings whose names begin with `DEFAULT_` in Ansible.
const DEFAULTS: &[&str] = &[
    "ansible_managed",
    "ask_pass",
    "ask_vault_pass",
    "become",
    "become_ask_pass",
    "become_exe",
    "become_flags",
    "become_method",
    "become_user",
    "error_on_undefined_vars",
    "executable",
    "force_handlers",
    "forks",
    "gathering",
    "hash_behaviour",
    "inventory",
    "jinja2_native",
    "log_path",
    "no_log",
    "poll_interval",
    "private_key_file",
    "private_role_vars",
    "remote_port",
    "remote_user",
    "roles_path",
    "stdout_callback",
    "strategy",
    "timeout",
    "transport",
    "vault_encrypt_identity",
    "vault_id_match",
    "vault_identity",
    "vault_identity_list",
    "vault_password_file",
    "verbosity",
];

/// Settings that belong to a kind of plugin in Ansible.
const PLUGINS: &[(&str, &str)] = &[
    ("ssh_", "CONNECTION"),
    ("sftp_", "CONNECTION"),
    ("scp_", "CONNECTION"),
    ("remote_tmp", "SHELL"),
    ("display_ok_hosts", "CALLBACK"),
    ("display_failed_stderr", "CALLBACK"),
    ("show_per_host_start", "CALLBACK"),
    ("check_mode_markers", "CALLBACK"),
    ("show_task_path_on_failure", "CALLBACK"),
    ("callback_", "CALLBACK"),
    ("inventory_plugin_script_stderr", "INVENTORY"),
];

/// The name that Ansible has for a setting.
pub(crate) fn ansible_name(name: &str) -> String {
    let plain = name.trim_start_matches("r#");
    let other = OTHER_NAMES.iter().find(|(_, own)| *own == plain).map_or(plain, |(ansible, _)| ansible);
    let prefix = if DEFAULTS.contains(&plain) { "DEFAULT_" } else { "" };
    format!("{prefix}{}", other.to_ascii_uppercase())
}

/// The kind of plugin that a setting belongs to in Ansible, if it is none of Ansible's own.
pub(crate) fn plugin_kind(name: &str) -> Option<&'static str> {
    let name = name.trim_start_matches("r#");
    let is_it = |known: &str| name == known || known.ends_with('_') && name.starts_with(known);
    let base = matches!(name, "callbacks_enabled" | "ssh_agent");
    let found = PLUGINS.iter().find(|(known, _)| is_it(known)).filter(|_| !base);
    found.map(|(_, kind)| *kind)
}

impl super::Config {
    /// A setting by the name that Ansible has for it, as `lookup('config', 'DEFAULT_FORKS')` asks.
    pub(crate) fn named(&self, name: &str) -> Option<serde_json::Value> {
        let name = name.to_ascii_lowercase();
        let short = name.strip_prefix("default_").unwrap_or(&name);
        let other = OTHER_NAMES.iter().find(|(ansible, _)| *ansible == short).map(|(_, own)| *own);
        let raw = (short == "become").then_some("r#become");
        self.value(raw.or(other).unwrap_or(short))
    }
}

/// The value of a setting and where it came from. Reads like the value itself.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    pub value: T,
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Default,
    /// The variable of the environment.
    Environment(&'static str),
    /// The place in `ansible.cfg`.
    File(Span),
}

impl<T> Given<T> {
    /// Whether a user chose the value.
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self.origin, Origin::Default)
    }
}

impl<T> Deref for Given<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What values are found in.
pub(super) struct Places<'a> {
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) file: Option<&'a ConfigFile>,
    pub(super) cwd: &'a Path,
    pub(super) home: PathBuf,
}

/// What paths in a value are relative to.
pub(super) struct Base<'a> {
    pub(super) directory: &'a Path,
    pub(super) cwd: &'a Path,
    pub(super) home: &'a Path,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
}

impl Places<'_> {
    /// The value of a setting; the environment wins over the file.
    pub(super) fn find<T: FromText>(&self, setting: &Setting, diagnostics: &mut Diagnostics) -> Given<T> {
        let from_env =
            setting.env.iter().rev().find_map(|name| Some(((self.env)(name)?, Origin::Environment(name))));
        let from_file = || {
            let file = self.file?;
            let entry = setting.ini.iter().rev().find_map(|(section, key)| file.get(section, key))?;
            Some((unquoted(&entry.value).to_owned(), Origin::File(entry.place.clone())))
        };
        if let Some((text, origin)) = from_env.or_else(from_file) {
            match T::from_text(&text, &self.base(&origin)) {
                Some(value) => return Given { value, origin },
                None if T::is_harmless() => {
                    let mut found = wrong(setting, &text, &origin, T::expected());
                    found.severity = Severity::Warning;
                    diagnostics.push(found);
                    return Given { value: T::none(), origin };
                }
                // ansible: an empty variable of the environment says nothing.
                None if text.is_empty() && matches!(origin, Origin::Environment(_)) => {}
                None => diagnostics.push(wrong(setting, &text, &origin, T::expected())),
            }
        }
        let default = setting.default.and_then(|text| T::from_text(text, &self.base(&Origin::Default)));
        Given { value: default.unwrap_or_else(T::none), origin: Origin::Default }
    }

    /// Paths in the file are relative to it, others to where the program was started.
    fn base(&self, origin: &Origin) -> Base<'_> {
        let of_file =
            self.file.and_then(|file| file.path.parent()).filter(|_| matches!(origin, Origin::File(_)));
        Base { directory: of_file.unwrap_or(self.cwd), cwd: self.cwd, home: &self.home, env: self.env }
    }
}

fn wrong(setting: &Setting, text: &str, origin: &Origin, expected: String) -> Diagnostic {
    let message = |of: &str| format!("setting `{}`{of}: expected {expected}, found `{text}`", setting.name);
    match origin {
        Origin::Environment(variable) => {
            let words = format!(
                "Config '{}' from 'env: {variable}' has an invalid value: expected {expected}, found '{text}'",
                ansible_name(setting.name)
            );
            Diagnostic::error("setting", message(&format!(" from `{variable}`"))).words(words)
        }
        Origin::File(place) => Diagnostic::error("setting", message("")).at(place, ""),
        Origin::Default => Diagnostic::error("setting", message("")),
    }
}

/// Quotes around the whole value of a file do not belong to it.
fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// Declares settings, each once: the fields of `Config`, the table `SETTINGS`, and the reading.
macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty $(= $default:literal)?, [$($env:literal),*], [$($section:literal / $key:literal),*]; )*) => {
        /// All settings, each with its origin.
        #[derive(Clone, Debug)]
        pub(crate) struct Config {
            /// The settings file that was read.
            pub(crate) file: Option<std::path::PathBuf>,
            $( $(#[doc = $doc])+ pub(crate) $name: $crate::config::Given<$type>, )*
        }

        /// The table of all settings.
        pub(crate) const SETTINGS: &[$crate::config::Setting] = &[
            $( $crate::config::Setting {
                name: stringify!($name),
                doc: settings!(@doc $($doc)+),
                env: &[$($env),*],
                ini: &[$(($section, $key)),*],
                default: settings!(@default $($default)?),
            }, )*
        ];

        impl Config {
            /// Where the value of the setting of that name in the table came from.
            pub(crate) fn origin(&self, name: &str) -> Option<&$crate::config::Origin> {
                $( if name == stringify!($name) {
                    return Some(&self.$name.origin);
                } )*
                None
            }

            /// The value of the setting of that name in the table, as JSON.
            pub(crate) fn value(&self, name: &str) -> Option<serde_json::Value> {
                $( if name == stringify!($name) {
                    return Some($crate::config::from_text::FromText::to_json(&self.$name.value));
                } )*
                None
            }

            pub(super) fn find(places: &$crate::config::setting::Places, diagnostics: &mut $crate::diagnostic::Diagnostics) -> Self {
                let mut table = SETTINGS.iter();
                let mut next = || table.next().unwrap_or(&SETTINGS[0]);
                Self {
                    file: places.file.map(|file| file.path.clone()),
                    $( $name: places.find::<$type>(next(), diagnostics), )*
                }
            }
        }
    };
    (@doc $($doc:literal)+) => { concat!($($doc),+) };
    (@default $default:literal) => { Some($default) };
    (@default) => { None };
}

pub(super) use settings;
