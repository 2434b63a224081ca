//! docker_image

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use super::docker_build::context;
use super::docker_image_export::DockerImageExport;
use super::docker_image_load::DockerImageLoad;
use super::docker_image_pull::{DockerImagePull, When};
use super::docker_image_remove::DockerImageRemove;
use super::docker_image_tag::{DockerImageTag, Existing};
use super::docker_push::push;
use crate::args::{Return, Value};
use crate::docker::build::{Build, Rebuild};
use crate::docker::{Client, Engine, Logins, Reference, Remote, is_id, quantity};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Have an image on an engine, and tag, send or save it; or have it there no more.
    ///
    /// The modules `docker_build`, `docker_image_pull`, `docker_image_load`, `docker_image_tag`, `docker_push`,
    /// `docker_image_export` and `docker_image_remove` do the same one by one.
    pub struct DockerImage as "docker_image" {
        /// The name of the image; of one that is there, its number too.
        name: String,
        /// The tag of names that have none.
        tag: String = "latest",
        /// Where the image comes from if it is not there.
        source: Option<ImageSource>,
        /// With `source: build`, how it is built.
        build: Option<ImageBuild>,
        /// With `source: pull`, how it is brought.
        pull: Option<ImagePull>,
        /// With `source: load`, the archive on the target.
        load_path: Option<PathBuf>,
        /// An archive on the target to save the image in.
        archive_path: Option<PathBuf>,
        /// A name to give the image.
        repository: Option<String>,
        /// Send the image to its registry, under `repository` where that is given.
        push: bool = false,
        /// Build, load or bring it though an image of the name is there. It is built anew if what it was built from
        /// is not what is there now, or with `nocache`.
        force_source: bool = false,
        /// With `state: absent`, remove it though it has other names.
        force_absent: bool = false,
        /// Give it the name `repository` though another image has it.
        force_tag: bool = false,
        /// Whether it is to be there.
        state: State = "present",
        /// What the controller offers; given by the action.
        _context: Option<Value>,
        ..engine: Engine,
    }
    rules [
        RequiredIf("state", "present", &["source"]),
        RequiredIf("source", "build", &["build"]),
        RequiredIf("source", "load", &["load_path"]),
    ]
}

args! {
    /// How an image is built.
    pub struct ImageBuild {
        /// The directory that the build gets; a relative one is beside the role's files or the playbook.
        path: PathBuf,
        /// The Dockerfile, in the directory or elsewhere.
        dockerfile: Option<PathBuf>,
        /// Build arguments.
        args: BTreeMap<String, String> = "{}",
        /// Images whose layers may be used again.
        cache_from: Vec<String> = "",
        /// Limits of its commands.
        container_limits: Option<Limits>,
        /// Names and addresses more in `/etc/hosts` for its commands.
        etc_hosts: BTreeMap<String, String> = "{}",
        /// Taken for Ansible's sake: a build may be silent for as long as it likes.
        http_timeout: Option<u64>,
        /// Labels of the image.
        labels: BTreeMap<String, String> = "{}",
        /// The network for its commands.
        network: Option<String>,
        /// Build all of it, whatever is cached.
        nocache: bool = false,
        /// The platform to build for, as `linux/arm64`.
        platform: Option<String>,
        /// Ask the registries for newer versions of the images that it begins with.
        pull: bool = false,
        /// Remove the containers of steps that failed.
        rm: bool = true,
        /// The size of `/dev/shm` for its commands, as `64M`.
        shm_size: Option<String>,
        /// The stage to end with; else the last.
        target: Option<String>,
        /// Give the proxies of `config.json` to its commands.
        use_config_proxy: Option<bool>,
    }
}

args! {
    /// Limits of the commands of a build.
    pub struct Limits {
        /// How much memory they may use, as `512M`.
        memory: Option<String>,
        /// How much memory and swap they may use together; `-1` or `unlimited` for any.
        memswap: Option<String>,
        /// Their weight among others who want the processor.
        cpushares: Option<i64>,
        /// The processors they may use, as `0-3` or `0,1`.
        cpusetcpus: Option<String>,
    }
}

args! {
    /// How an image is brought.
    pub struct ImagePull {
        /// The platform to bring it for, as `linux/arm64`; else the engine's own.
        platform: Option<String>,
    }
}

returns! {
    /// What the engine knows of the image; empty where it is not there.
    image: dict,
    /// What was done last, in words.
    actions: list if "something was done",
    /// What a build or the loading of an archive said.
    stdout: str if "something was built or loaded",
    /// The digest that the image has in its registry.
    digest: str if "`push` is true",
}

choices! {
    /// Where an image comes from.
    pub enum ImageSource {
        /// A directory with a Dockerfile.
        Build = "build",
        /// An archive.
        Load = "load",
        /// Its registry.
        Pull = "pull",
        /// Nowhere: it must be there.
        Local = "local",
    }
}

choices! {
    /// Whether an image is to be there.
    pub enum State {
        /// Not there.
        Absent = "absent",
        /// There.
        Present = "present",
    }
}

impl Module for DockerImage {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Build an image and send it to its registry
  community.docker.docker_image:
    name: registry.example.org/shop
    tag: '1.4'
    source: build
    build: {path: /srv/shop}
    push: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let name = self.full(&self.name)?;
        if self.state == State::Absent {
            let remove = DockerImageRemove {
                name,
                tag: String::new(),
                force: self.force_absent,
                prune: true,
                engine: self.engine,
            };
            return remove.run(target);
        }
        let client = self.engine.connect(target)?;
        target.set("image", json!({}));
        let there = client.image(&name)?;
        if there.is_none() || self.force_source {
            self.bring(target, &client, &name)?;
        }
        // In check mode an image may still have to come; all the rest is then to be done as well.
        let Some(image) = client.image(&name)? else { return Ok(()) };
        target.set("image", image.clone());
        if let Some(path) = self.archive_path.clone() {
            let (names, engine) = (vec![name.clone()], self.engine.clone());
            DockerImageExport { names, tag: String::new(), path, force: false, engine }.run(target)?;
        }
        let sent = match &self.repository {
            Some(repository) => self.name_it(target, &name, repository)?,
            None => name,
        };
        if self.push {
            self.send(target, &client, &sent, &image)?;
        }
        target.set("image", client.image(&sent)?.unwrap_or(image));
        Ok(())
    }
}

impl DockerImage {
    fn full(&self, name: &str) -> Result<String, Fail> {
        match is_id(name) {
            true => Ok(name.to_owned()),
            false => Ok(Reference::parse(name)?.or_tag(&self.tag)?.to_string()),
        }
    }

    fn bring(&self, target: &mut Target, client: &Client, name: &str) -> Result<(), Fail> {
        let engine = self.engine.clone();
        match self.source {
            Some(ImageSource::Build) => self.build(target, client, name),
            Some(ImageSource::Load) => {
                let path = self.load_path.clone().unwrap_or_default();
                let at = path.display().to_string();
                DockerImageLoad { path, engine }.run(target)?;
                self.loaded(target, client, name, &at)
            }
            Some(ImageSource::Pull) => {
                let platform = self.pull.as_ref().and_then(|pull| pull.platform.clone());
                let pull = if self.force_source { When::Always } else { When::NotPresent };
                DockerImagePull { name: name.to_owned(), tag: String::new(), platform, pull, engine }
                    .run(target)
            }
            _ if client.image(name)?.is_some() => Ok(()),
            _ => Err(Fail::new(format!("there is no image `{name}` here"))
                .hint("say with `source` where it comes from: `build`, `load` or `pull`")),
        }
    }

    /// Whether an archive had the image; what cannot be known yet is well.
    fn loaded(&self, target: &mut Target, client: &Client, name: &str, at: &str) -> Result<(), Fail> {
        let there = client.image(name)?.is_some();
        let missing = || Fail::new(format!("there is no image `{name}` in the archive `{at}`"));
        target.refresh(|_| if there { Ok(()) } else { Err(missing()) })?;
        Ok(())
    }

    fn build(&self, target: &mut Target, client: &Client, name: &str) -> Result<(), Fail> {
        let missing = || Fail::new("`source: build` needs `build`, with the `path` of a directory");
        let wanted = self.build.as_ref().ok_or_else(missing)?;
        let context = context(&wanted.path, wanted.dockerfile.as_deref(), self._context.as_ref())?;
        let mut build = Build::new(Reference::parse(name)?);
        build.rebuild = match self.force_source {
            true if wanted.nocache => Rebuild::Always,
            true => Rebuild::Auto,
            false => Rebuild::Never,
        };
        build.args = wanted.args.clone();
        if wanted.use_config_proxy == Some(true) {
            for (name, value) in proxies(&Logins::load(target)?) {
                build.args.entry(name).or_insert(value);
            }
        }
        build.labels = wanted.labels.clone();
        build.target = wanted.target.clone();
        build.platform = wanted.platform.clone().into_iter().collect();
        build.cache_from = wanted.cache_from.clone();
        build.pull = wanted.pull;
        build.network = wanted.network.clone();
        build.nocache = wanted.nocache;
        build.etc_hosts = wanted.etc_hosts.clone();
        build.shm_size = wanted.shm_size.as_deref().map(quantity::bytes).transpose()?;
        build.keep_containers = !wanted.rm;
        build.limits = wanted.container_limits.as_ref().map(Limits::taken).transpose()?.unwrap_or_default();
        build.ensure(target, client, &context).map(drop)
    }

    /// Gives the image the name `repository`; that name.
    fn name_it(&self, target: &mut Target, name: &str, repository: &str) -> Result<String, Fail> {
        if is_id(repository) {
            return Err(Fail::new(format!("`repository` is a name, not a number: `{repository}`")));
        }
        let wanted = self.full(repository)?;
        let tag = DockerImageTag {
            name: name.to_owned(),
            tag: String::new(),
            repository: vec![wanted.clone()],
            existing_images: if self.force_tag { Existing::Overwrite } else { Existing::Keep },
            engine: self.engine.clone(),
        };
        tag.run(target)?;
        Ok(wanted)
    }

    fn send(&self, target: &mut Target, client: &Client, name: &str, image: &Value) -> Result<(), Fail> {
        if is_id(name) {
            return Err(Fail::new(format!("an image is not sent by its number: `{name}`"))
                .hint("give it a name with `repository`"));
        }
        // Under `repository` another image may have been kept; that is the one to send.
        let there = client.image(name)?;
        let remote = Remote::of(target, Reference::parse(name)?)?;
        push(target, client, &remote, there.as_ref().unwrap_or(image))
    }
}

impl Limits {
    fn taken(&self) -> Result<Vec<(&'static str, String)>, Fail> {
        let mut all = Vec::new();
        let bytes = |text: &str| match text {
            "unlimited" | "-1" => Ok("-1".to_owned()),
            text => quantity::bytes(text).map(|size| size.to_string()),
        };
        for (name, text) in [("memory", &self.memory), ("memswap", &self.memswap)] {
            if let Some(text) = text {
                all.push((name, bytes(text)?));
            }
        }
        all.extend(self.cpushares.map(|shares| ("cpushares", shares.to_string())));
        all.extend(self.cpusetcpus.clone().map(|set| ("cpusetcpus", set)));
        Ok(all)
    }
}

/// The proxies of `config.json`, under all the names that programs look for.
fn proxies(logins: &Logins) -> Vec<(String, String)> {
    let all = logins.config.get("proxies").and_then(|proxies| proxies.get("default"));
    let known = [
        ("httpProxy", "HTTP_PROXY"),
        ("httpsProxy", "HTTPS_PROXY"),
        ("ftpProxy", "FTP_PROXY"),
        ("noProxy", "NO_PROXY"),
    ];
    let of = |(key, name): (&str, &str)| {
        let value = all.and_then(|all| all.get(key)?.as_str())?.to_owned();
        Some([(name.to_owned(), value.clone()), (name.to_lowercase(), value)])
    };
    known.into_iter().filter_map(of).flatten().collect()
}
