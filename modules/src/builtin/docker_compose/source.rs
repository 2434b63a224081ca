//! The files of a project on the target.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::DockerCompose;
use crate::args::Home;
use crate::compose::{Given, Input, Project, load, variables};
use crate::{Fail, Target};

const USUAL: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const OVERRIDES: [&str; 4] = [
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
];

/// A failure of everything that is wrong with files.
pub(crate) fn all_wrong(wrong: &[String]) -> Fail {
    Fail::new(wrong.join("\n"))
}

/// The variables that files may use: those of the environment, then those of files.
pub(crate) fn known(target: &Target, files: &[PathBuf]) -> Result<BTreeMap<String, String>, Fail> {
    let mut all = target.environment();
    let mut below = BTreeMap::new();
    for file in files {
        let name = file.display().to_string();
        let text = target.read_text(file)?.ok_or_else(|| Fail::new(format!("there is no file `{name}`")))?;
        let mut known = below.clone();
        known.extend(all.clone());
        below.extend(variables(&name, &text, &known).map_err(Fail::new)?);
    }
    for (name, value) in below {
        all.entry(name).or_insert(value);
    }
    Ok(all)
}

impl DockerCompose {
    /// The project as its files say.
    pub(super) fn project(&self, target: &Target) -> Result<Project, Fail> {
        let directory = self.project_src.clone().unwrap_or_else(|| PathBuf::from("/"));
        let is_there = target.stat(&directory)?.is_some_and(|meta| meta.is_dir());
        if !is_there {
            return Err(Fail::new(format!("`project_src` is no directory: `{}`", directory.display())));
        }
        let env_files = match &self.env_files {
            Some(files) => files.iter().map(|file| directory.join(file)).collect(),
            None if self.project_src.is_none() => Vec::new(),
            None => {
                Some(directory.join(".env")).filter(|file| file.is_file()).into_iter().collect::<Vec<_>>()
            }
        };
        let variables = known(target, &env_files)?;
        let files = match &self.definition {
            Some(definition) => {
                vec![("definition".to_owned(), Given::Value(Value::Object(definition.clone())))]
            }
            None => self.files(target, &directory, &variables)?,
        };
        let read = |path: &Path| target.read_text(path).ok().flatten();
        let input = Input {
            files,
            directory,
            home: target.home(None).unwrap_or_default(),
            variables,
            name: self.project_name.clone(),
            profiles: self.profiles.clone().unwrap_or_default(),
            read: &read,
        };
        load(&input).map_err(|wrong| all_wrong(&wrong))
    }

    fn files(
        &self,
        target: &Target,
        directory: &Path,
        variables: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, Given)>, Fail> {
        let named: Vec<PathBuf> =
            match (&self.files, variables.get("COMPOSE_FILE").filter(|_| !self.check_files_existing)) {
                (Some(files), _) => files.clone(),
                (None, Some(list)) => list.split(':').map(PathBuf::from).collect(),
                (None, None) => {
                    let first = |names: [&str; 4]| {
                        names.into_iter().find(|name| directory.join(name).is_file()).map(PathBuf::from)
                    };
                    let usual = first(USUAL).ok_or_else(|| {
                        let names = USUAL.join("`, `");
                        Fail::new(format!(
                            "there is no compose file in `{}`: none of `{names}`",
                            directory.display()
                        ))
                    })?;
                    [Some(usual), first(OVERRIDES)].into_iter().flatten().collect()
                }
            };
        let read = |file: &PathBuf| {
            let path = directory.join(file);
            let name = path.display().to_string();
            let text =
                target.read_text(&path)?.ok_or_else(|| Fail::new(format!("there is no file `{name}`")))?;
            Ok((name, Given::Text(text)))
        };
        named.iter().map(read).collect()
    }
}
