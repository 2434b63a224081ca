//! Building images. Whether there is anything to build is known before anything is sent: an image keeps digests of
//! what it was built from as labels. The engine builds by itself; what only BuildKit can goes to the docker command.

mod buildkit;
mod context;
mod dockerfile;
mod engine;
mod ignore;
pub(super) mod tar;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use buildkit::{Output, Secret, Source};
pub use context::{Context, Entry, Kind};
pub use ignore::Ignore;

use super::image::{id, shown};
use super::{Client, Reference, Remote};
use crate::sorting::Trees;
use crate::{Fail, Target, checksum, choices};

/// The label with the digest of context, Dockerfile and build arguments.
pub const SOURCE: &str = "baton.source";
/// The label with the digest of all that makes the image, the images it begins with included.
pub const BUILD: &str = "baton.build";

choices! {
    /// What to do where an image of the name is there.
    pub enum Rebuild {
        /// Build it anew if what it was built from is not what is there now.
        Auto = "auto",
        /// Leave it as it is.
        Never = "never",
        /// Build it anew; what the engine has cached is used.
        Always = "always",
    }
}

/// An image to build.
#[derive(Clone, Debug)]
pub struct Build {
    /// Its names, the first of which stands for it.
    pub names: Vec<Reference>,
    /// What to do where it is there.
    pub rebuild: Rebuild,
    /// Build arguments.
    pub args: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The stage to end with; else the last.
    pub target: Option<String>,
    /// Its platforms; else the engine's own.
    pub platform: Vec<String>,
    /// Images whose layers may be used again.
    pub cache_from: Vec<String>,
    /// Whether to ask registries for newer versions of the images that it begins with.
    pub pull: bool,
    /// The network of its commands.
    pub network: Option<String>,
    /// Whether to build all of it, whatever is cached.
    pub nocache: bool,
    /// Names and addresses more in `/etc/hosts` of its commands.
    pub etc_hosts: BTreeMap<String, String>,
    /// The size of `/dev/shm` for its commands, in bytes.
    pub shm_size: Option<i64>,
    /// Limits of its commands, as the API names them.
    pub limits: Vec<(&'static str, String)>,
    /// Whether to leave containers of steps that failed.
    pub keep_containers: bool,
    /// Secrets for its commands.
    pub secrets: Vec<Secret>,
    /// Where the result goes; else to the engine.
    pub outputs: Vec<Output>,
}

impl Build {
    /// A build with nothing special.
    pub fn new(name: Reference) -> Self {
        Self {
            names: vec![name],
            rebuild: Rebuild::Auto,
            args: BTreeMap::new(),
            labels: BTreeMap::new(),
            target: None,
            platform: Vec::new(),
            cache_from: Vec::new(),
            pull: false,
            network: None,
            nocache: false,
            etc_hosts: BTreeMap::new(),
            shm_size: None,
            limits: Vec::new(),
            keep_containers: false,
            secrets: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Builds the image if it has to be built; what the engine then knows of it, `Null` where it has none.
    ///
    /// # Errors
    /// When an image that it begins with cannot be had, or a step fails: that step and its last lines are told.
    pub fn ensure(&self, target: &mut Target, client: &Client, context: &Context) -> Result<Value, Fail> {
        let name = self.name();
        let there = client.image(&name)?;
        if let Some(image) =
            there.as_ref().filter(|_| self.rebuild == Rebuild::Never && self.outputs.is_empty())
        {
            return Ok(image.clone());
        }
        let text = context.dockerfile_text(target)?;
        let needs = dockerfile::needs(&text, &self.args);
        let docker = self.docker(target, client, needs.buildkit.as_deref())?;
        let images = if docker.is_some() { Vec::new() } else { self.bases(target, client, &needs.images)? };
        let source = source(&context.digest(target.bodies())?, &context.dockerfile, &self.args);
        let digest = self.digest(&source, &images);
        let labels = self
            .labels
            .clone()
            .into_iter()
            .chain([(SOURCE, source), (BUILD, digest.clone())].map(|(k, v)| (k.to_owned(), v)));
        let build = Self { labels: labels.to_map(), ..self.clone() };
        let registries = if docker.is_some() { Value::Null } else { logins(target, &needs.images)? };
        let make = |hands: &mut crate::Hands<'_>| match &docker {
            Some(docker) => build.by_buildkit(docker, hands, context),
            None => build.by_engine(client, hands, context, &registries),
        };
        if self.rebuild == Rebuild::Always || !self.outputs.is_empty() {
            let before = there.as_ref().map(|image| id(image).to_owned());
            target.perform(|hands| {
                make(hands)?;
                let after = client.image(&name)?.map(|image| id(&image).to_owned());
                if self.outputs.is_empty() && before.is_some() && before == after {
                    hands.unchanged();
                }
                Ok(())
            })?;
        } else {
            let before = self.before(client, there.as_ref(), &digest)?;
            target.change(&format!("image {name}"), before, json!({"built_from": digest}), make)?;
        }
        Ok(client.image(&name)?.unwrap_or(there.unwrap_or_default()))
    }

    /// The first name.
    pub fn name(&self) -> String {
        self.names.first().map(ToString::to_string).unwrap_or_default()
    }

    /// What the names stand for now: the very build, where all of them do.
    fn before(&self, client: &Client, there: Option<&Value>, digest: &str) -> Result<crate::Side, Fail> {
        let mut same = there.is_some();
        for name in &self.names {
            let image = client.image(&name.to_string())?;
            same &= image.as_ref().and_then(|image| label(image, BUILD)) == Some(digest);
        }
        Ok(match there {
            Some(_) if same => json!({"built_from": digest}).into(),
            Some(image) => {
                let known = label(image, BUILD).unwrap_or("unknown");
                json!({"built_from": known, "image": shown(Some(image))}).into()
            }
            None => crate::Side::Absent,
        })
    }

    /// The images that it begins with, by name and number; those that are missing are brought.
    fn bases(&self, target: &mut Target, client: &Client, names: &[String]) -> Result<Vec<String>, Fail> {
        let mut all = Vec::new();
        for name in names {
            let reference = Reference::parse(name)
                .map_err(|fail| Fail::new(format!("cannot build `{}`: {}", self.name(), fail.message)))?;
            let reference = reference.or_tag("latest")?;
            let name = reference.to_string();
            let mut image = client.image(&name)?;
            if image.is_none() || self.pull {
                let remote = Remote::of(target, reference)?;
                let platform = self.platform.first().map(String::as_str).unwrap_or_default();
                target.refresh(|hands| client.pull_image(hands, &remote, platform))?;
                image = client.image(&name)?;
            }
            all.push(format!("{name} {}", image.as_ref().map_or("missing", id)));
        }
        Ok(all)
    }

    /// A digest of all that makes the image.
    fn digest(&self, source: &str, images: &[String]) -> String {
        let all = json!([
            source,
            images,
            self.target,
            self.labels,
            self.platform,
            self.network,
            self.etc_hosts,
            self.shm_size,
        ]);
        checksum::sha256(all.to_string().as_bytes())
    }
}

/// A digest of context, Dockerfile and build arguments: what `docker_push` finds a build by.
pub fn source(context: &str, dockerfile: &str, args: &BTreeMap<String, String>) -> String {
    checksum::sha256(json!([context, dockerfile, args]).to_string().as_bytes())
}

/// A label of an image.
pub fn label<'a>(image: &'a Value, name: &str) -> Option<&'a str> {
    image.get("Config")?.get("Labels")?.get(name)?.as_str()
}

/// The logins to registries of images, as the engine wants them for a build.
fn logins(target: &mut Target, images: &[String]) -> Result<Value, Fail> {
    let kept = super::Logins::load(target)?;
    let mut all = serde_json::Map::new();
    for image in images {
        let reference = Reference::parse(image)?;
        let registry = reference.registry().to_owned();
        if let Some(login) = kept.find(target, &registry)? {
            all.insert(super::key(&registry), login.json(&registry));
        }
    }
    Ok(Value::Object(all))
}
