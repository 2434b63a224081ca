//! `baton config`: the settings there are, and what they are now.

use clap::{Args, Subcommand};

use super::launch::print;
use super::{Exit, Problem, ground};
use crate::config::{Config, Origin, SETTINGS};

/// Show settings
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// All settings, what they do, and how to set them
    List,
    /// The values of all settings, and where each comes from
    Dump {
        /// Only those that a user has set
        #[arg(long, visible_alias = "only-changed")]
        changed: bool,
    },
    /// The settings file in use
    View,
}

pub(super) fn run(args: &ConfigArgs) -> Result<Exit, Problem> {
    let cwd = std::env::current_dir().map_err(Problem::Start)?;
    let (config, diagnostics) = ground::settings(&cwd);
    if diagnostics.has_errors() {
        return Err(Problem::Text(diagnostics));
    }
    match args.action {
        Action::List => print(&list()),
        Action::Dump { changed } => print(&dump(&config, changed)),
        Action::View => print(&view(&config)?),
    }
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

/// A name as a user knows it.
pub(super) fn plain(name: &str) -> &str {
    name.trim_start_matches("r#")
}

fn view(config: &Config) -> Result<String, Problem> {
    match &config.file {
        None => Ok("no settings file is in use\n".into()),
        Some(path) => {
            std::fs::read_to_string(path).map_err(|source| Problem::Read { path: path.clone(), source })
        }
    }
}
