//! The short form: what a command line, an environment and build arguments wish for together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::command_line;
use crate::Fail;
use crate::args::{FromArg, describe};
use crate::docker::build::{Context, Secret, Source};
use crate::words;

/// What the short form wishes for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// Build arguments, of all places together.
    pub(crate) args: BTreeMap<String, String>,
    /// The Dockerfile.
    pub(crate) file: Option<PathBuf>,
    pub(super) tags: Vec<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) target: Option<String>,
    pub(super) platform: Vec<String>,
    pub(super) cache_from: Vec<String>,
    pub(super) pull: bool,
    pub(super) network: Option<String>,
    pub(super) nocache: bool,
    pub(super) etc_hosts: BTreeMap<String, String>,
    pub(super) shm_size: Option<String>,
    secrets: Vec<String>,
}

impl Wish {
    /// Reads `build_arg`: options of `docker build`, or build arguments.
    ///
    /// # Errors
    /// When it is neither.
    pub(crate) fn read(given: Option<&Value>) -> Result<Self, Fail> {
        let mut all = Vec::new();
        for text in texts(given)? {
            let split =
                words::split(&text).map_err(|why| Fail::new(format!("`build_arg`: {why}: `{text}`")))?;
            all.extend(split);
        }
        let mut wish = Self::default();
        let is_plain = |word: &String| !word.starts_with('-') && word.contains('=');
        if all.iter().all(is_plain) {
            all.iter().try_for_each(|word| wish.take("build-arg", word))?;
            return Ok(wish);
        }
        for (name, value) in command_line::options(&all)? {
            wish.take(name, &value)?;
        }
        Ok(wish)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Fail> {
        let pair = |between: char| {
            let parts = value.split_once(between).map(|(name, value)| (name.to_owned(), value.to_owned()));
            parts.ok_or_else(|| {
                Fail::new(format!(
                    "`build_arg`: expected `NAME{between}value` for `--{name}`, found `{value}`"
                ))
            })
        };
        let own = || Some(value.to_owned());
        match name {
            "add-host" => self.etc_hosts.extend([pair(':')?]),
            "build-arg" => self.args.extend([pair('=')?]),
            "cache-from" => self.cache_from.extend(own()),
            "file" => self.file = Some(PathBuf::from(value)),
            "label" => self.labels.extend([pair('=').unwrap_or((value.to_owned(), String::new()))]),
            "network" => self.network = own(),
            "no-cache" => self.nocache = crate::args::is_true(value),
            "platform" => self.platform = value.split(',').map(str::to_owned).collect(),
            "pull" => self.pull = crate::args::is_true(value),
            "secret" => self.secrets.extend(own()),
            "shm-size" => self.shm_size = own(),
            "tag" => self.tags.extend(own()),
            "target" => self.target = own(),
            _ => {}
        }
        Ok(())
    }

    /// With more build arguments, which come before those so far.
    pub(crate) fn with(mut self, args: &BTreeMap<String, String>) -> Self {
        self.args.extend(args.clone());
        self
    }

    /// Itself, if all its build arguments can be.
    pub(crate) fn checked(self) -> Result<Self, Fail> {
        match self.args.keys().find(|name| name.is_empty() || name.contains(['=', ' '])) {
            Some(name) => Err(Fail::new(format!("expected the name of a build argument, found `{name}`"))),
            None => Ok(self),
        }
    }

    /// The secrets of `--secret id=…,src=…`.
    pub(super) fn secrets(&self) -> Result<Vec<Secret>, Fail> {
        let read = |text: &String| {
            let value = |name: &str| {
                text.split(',').find_map(|part| part.strip_prefix(&format!("{name}="))).map(str::to_owned)
            };
            let source = value("src").or_else(|| value("source")).map(|path| Source::File(path.into()));
            let source = source.or_else(|| value("env").map(Source::Env));
            let secret = value("id").zip(source).map(|(id, source)| Secret { id, source });
            secret.ok_or_else(|| {
                Fail::new(format!(
                    "`build_arg`: expected `id=…,src=…` or `id=…,env=…` for `--secret`, found `{text}`"
                ))
            })
        };
        self.secrets.iter().map(read).collect()
    }
}

/// The lines of `build_arg`: one, several, or a dictionary of build arguments.
fn texts(given: Option<&Value>) -> Result<Vec<String>, Fail> {
    let wrong =
        |value: &Value| Fail::new(format!("`build_arg`: expected a command line, found {}", describe(value)));
    let text = |value: &Value| String::from_arg(value).map_err(|_| wrong(value));
    match given {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(Value::Object(pairs)) => pairs
            .iter()
            .map(|(name, value)| Ok(format!("'{name}={}'", text(value)?.replace('\'', "'\\''"))))
            .collect(),
        Some(value) => Ok(vec![text(value)?]),
    }
}

/// The context: of the controller where it offers one, else a directory of the target.
pub(crate) fn context(
    path: &Path,
    dockerfile: Option<&Path>,
    offered: Option<&Value>,
) -> Result<Context, Fail> {
    match offered {
        Some(description) => Context::offered(description),
        None if path.to_string_lossy().contains("://") => {
            let words = format!("expected a directory as the context, found `{}`", path.display());
            Err(Fail::new(words).hint("bring it to the target first, with `git` or `unarchive`"))
        }
        None => Context::scan(path, dockerfile),
    }
}

/// The name of a directory as that of an image.
pub(super) fn name_of(directory: &str) -> Result<String, Fail> {
    let name = directory.to_lowercase();
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let name = name.trim_matches(['.', '_', '-']).to_owned();
    match name.is_empty() {
        true => Err(Fail::new(format!("no image can be named by its directory `{directory}`"))
            .hint("give it a `name`")),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Wish, String> {
        Wish::read(Some(&text.into())).map_err(|fail| fail.message)
    }

    #[test]
    fn a_command_line_is_understood() {
        let wish = read("--tag myapp -t other:2 --build-arg 'A=b c' --no-cache --pull=false -fx/Dockerfile")
            .unwrap();
        assert_eq!(wish.tags, ["myapp", "other:2"]);
        assert_eq!(wish.args["A"], "b c");
        assert!(wish.nocache && !wish.pull);
        assert_eq!(wish.file, Some(PathBuf::from("x/Dockerfile")));
        assert_eq!(read("A=1 B=2").unwrap().args.len(), 2);
        assert!(read("").unwrap().args.is_empty());
    }

    #[test]
    fn what_it_has_not_is_named() {
        let said = |text: &str| read(text).unwrap_err();
        assert!(said("--squash").contains("the option `--squash` of `docker build` is not known here"));
        assert!(said("--tga x").ends_with("hint: did you mean `--tag`?"));
        assert!(said("-z").contains("`-z`"));
        assert!(said("--tag").contains("the option `--tag` of `docker build` needs a value"));
        assert!(said("--tag a .").contains("found `.`"));
        assert!(said("--build-arg A").contains("expected `NAME=value`"));
        assert!(said("--tag 'a").contains("no closing quotation"));
    }

    #[test]
    fn directories_name_images() {
        assert_eq!(name_of("My App_").unwrap(), "my-app");
        assert!(name_of("/").is_err());
    }
}
