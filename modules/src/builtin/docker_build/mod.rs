//! docker_build

mod command_line;
mod outputs;
#[cfg(test)]
#[cfg(feature = "lab")]
mod tests;
mod wish;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::args::{Return, Value};
use crate::docker::build::Rebuild;
use crate::docker::quantity::bytes;
use crate::docker::{Engine, Reference};
use crate::{Fail, Module, Target, args, returns};

pub use outputs::{BuildOutput, BuildSecret};
pub(crate) use wish::{Wish, context};

args! {
    /// Build an image from a directory with a Dockerfile.
    ///
    /// `docker_image_build` is another name for it. The engine builds, without the docker command. An image keeps digests
    /// of what it was built from as labels (`baton.source`, `baton.build`): where the directory, less what its
    /// `.dockerignore` leaves out, is the same, nothing is sent and nothing changes. Secrets, several platforms, `outputs`
    /// and what a Dockerfile has for BuildKit alone go to the docker command, where the target has one; from version 23 on
    /// it needs its plugin `buildx`.
    ///
    /// A relative directory is one of the controller: beside the role's files or the playbook; where the target is
    /// another machine, its files are sent along when they are needed. An absolute one is on the target.
    pub struct DockerBuild as "docker_build" {
        /// The name of the image, with or without a tag; else what `build_arg` says, or the name of the directory.
        name: Option<String>,
        /// The tag of names that have none.
        tag: String = "latest",
        /// The directory that the build gets.
        #[alias("context")]
        path: PathBuf,
        /// The Dockerfile, in the directory or elsewhere.
        dockerfile: Option<PathBuf>,
        /// Build arguments.
        #[alias("build_args")]
        args: BTreeMap<String, String> = "{}",
        /// Build arguments once more, as one would give them to a container.
        environment: BTreeMap<String, String> = "{}",
        /// Options of `docker build` as on its command line, `--tag app --build-arg A=1`, or build arguments `A=1`.
        build_arg: Option<Value>,
        /// The stage to end with; else the last.
        target: Option<String>,
        /// Labels of the image.
        labels: BTreeMap<String, String> = "{}",
        /// The platforms to build for, as `linux/arm64`; several need BuildKit.
        platform: Vec<String> = "",
        /// Images whose layers may be used again.
        cache_from: Vec<String> = "",
        /// Ask the registries for newer versions of the images that it begins with.
        pull: bool = false,
        /// The network for its commands.
        network: Option<String>,
        /// Build all of it, whatever is cached.
        nocache: bool = false,
        /// Names and addresses more in `/etc/hosts` for its commands.
        etc_hosts: BTreeMap<String, String> = "{}",
        /// The size of `/dev/shm` for its commands, as `64M`.
        shm_size: Option<String>,
        /// What to do where an image of the name is there. Ansible has `never` as its default, with which a changed
        /// directory changes nothing.
        rebuild: Rebuild = "auto",
        /// Secrets for its commands, which leave nothing in the image; needs BuildKit.
        secrets: Vec<BuildSecret> = "",
        /// Where the result goes; needs BuildKit.
        outputs: Vec<BuildOutput> = "",
        /// What the controller offers; given by the action.
        _context: Option<Value>,
        ..engine: Engine,
    }
}

returns! {
    /// What the engine knows of the image; empty in check mode where it is not there.
    image: dict,
    /// The first name of the image.
    name: str,
    /// What the build said.
    stdout: str if "something was built",
    /// The docker command that was run.
    command: list if "BuildKit was needed",
}

impl Module for DockerBuild {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Build the application
  docker_build:
    name: registry.example.org/shop
    tag: '1.4'
    path: /srv/shop
    args: {VERSION: '1.4'}

- name: Build what is beside the playbook
  docker_build:
    context: .
    build_arg: --tag shop --no-cache
    environment: {WORD: hello}
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let wish = self.wish()?;
        let context = context(&self.path, self.dockerfile(&wish), self._context.as_ref())?;
        let build = self.build(&wish, &context.name)?;
        let client = self.engine.connect(target)?;
        target.set("name", build.name());
        let image = build.ensure(target, &client, &context)?;
        target.set("image", if image.is_null() { serde_json::json!({}) } else { image });
        Ok(())
    }
}

impl DockerBuild {
    fn wish(&self) -> Result<Wish, Fail> {
        Wish::read(self.build_arg.as_ref())?.with(&self.environment).with(&self.args).checked()
    }

    fn dockerfile<'a>(&'a self, wish: &'a Wish) -> Option<&'a std::path::Path> {
        self.dockerfile.as_deref().or(wish.file.as_deref())
    }

    fn build(&self, wish: &Wish, directory: &str) -> Result<crate::docker::build::Build, Fail> {
        let mut names = Vec::new();
        for name in self.name.iter().chain(&wish.tags) {
            names.push(Reference::parse(name)?.or_tag(&self.tag)?);
        }
        let mut names = names.into_iter();
        let first = match names.next() {
            Some(first) => first,
            None => Reference::parse(&wish::name_of(directory)?)?.or_tag(&self.tag)?,
        };
        if let Some(digest) = &first.digest {
            return Err(Fail::new(format!("an image cannot be built under a digest: `{digest}`")));
        }
        let given = |own: &Option<String>, other: &Option<String>| own.clone().or_else(|| other.clone());
        let mut build = crate::docker::build::Build::new(first);
        build.outputs = outputs::outputs(&self.outputs, &build.names)?;
        build.names.extend(names);
        build.rebuild = self.rebuild;
        build.args = wish.args.clone();
        build.labels = wish.labels.clone().into_iter().chain(self.labels.clone()).collect();
        build.target = given(&self.target, &wish.target);
        build.platform = if self.platform.is_empty() { wish.platform.clone() } else { self.platform.clone() };
        build.cache_from = [self.cache_from.clone(), wish.cache_from.clone()].concat();
        build.pull = self.pull || wish.pull;
        build.network = given(&self.network, &wish.network);
        build.nocache = self.nocache || wish.nocache;
        build.etc_hosts = wish.etc_hosts.clone().into_iter().chain(self.etc_hosts.clone()).collect();
        build.shm_size = given(&self.shm_size, &wish.shm_size).map(|text| bytes(&text)).transpose()?;
        build.secrets = self.secrets.iter().map(BuildSecret::taken).collect::<Result<_, _>>()?;
        build.secrets.extend(wish.secrets()?);
        Ok(build)
    }
}
