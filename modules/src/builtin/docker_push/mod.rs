//! docker_push

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;

use super::docker_build::{Wish, context};
use crate::args::{Return, Value};
use crate::docker::build::{SOURCE, source};
use crate::docker::image::{id, texts};
use crate::docker::{Client, Engine, Reference, Remote, is_id};
use crate::{Fail, Module, Side, Target, args, returns};

args! {
    /// Send an image to its registry.
    ///
    /// `docker_image_push` is another name for it. What the registry has under the name is asked before: it changes where
    /// that is another image. The login is that of the user's `config.json`, as `docker_login` writes it.
    pub struct DockerPush as "docker_push" {
        /// The image to send; with `repository`, any image here.
        name: Option<String>,
        /// The tag of names that have none.
        tag: String = "latest",
        /// A name to give the image first, and to send it under.
        repository: Option<String>,
        /// A directory that `docker_build` made the image from, in the place of `name`.
        #[alias("path")]
        context: Option<PathBuf>,
        /// With `context`, the Dockerfile that was used.
        dockerfile: Option<PathBuf>,
        /// With `context`, the build arguments that were used.
        #[alias("build_args")]
        args: BTreeMap<String, String> = "{}",
        /// With `context`, the build arguments that were used, once more.
        environment: BTreeMap<String, String> = "{}",
        /// With `context`, the options or build arguments that were used, as `docker_build` takes them.
        build_arg: Option<Value>,
        /// What the controller offers; given by the action.
        _context: Option<Value>,
        ..engine: Engine,
    }
    rules [
        RequiredOneOf(&["name", "context"]),
        MutuallyExclusive(&["name", "context"]),
        RequiredBy("context", &["repository"]),
    ]
}

returns! {
    /// What the engine knows of the image.
    image: dict if "it is there",
    /// The name that it has in the registry.
    name: str,
    /// The digest that it has in the registry.
    digest: str if "it is there",
    /// What was done, in words.
    actions: list if "something was done",
}

impl Module for DockerPush {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Send the application to its registry
  docker_push:
    name: registry.example.org/shop
    tag: '1.4'

- name: Send what was built from the directory beside the playbook
  docker_push:
    context: .
    repository: registry.example.org/shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let sent = self.repository.as_ref().or(self.name.as_ref()).map(String::as_str).unwrap_or_default();
        if is_id(sent) {
            return Err(Fail::new(format!("an image is not sent by its number: `{sent}`"))
                .hint("give it a name with `repository`"));
        }
        let sent = Reference::parse(sent)?.or_tag(&self.tag)?;
        target.set("name", sent.to_string());
        let client = self.engine.connect(target)?;
        let Some(image) = self.image(target, &client)? else {
            return self.foretold(target, &client, &sent);
        };
        if self.repository.is_some() {
            tag(target, &client, &image, &sent)?;
        }
        let remote = Remote::of(target, sent)?;
        push(target, &client, &remote, &image)?;
        let name = remote.name.to_string();
        target.set("image", client.image(&name)?.unwrap_or(image));
        Ok(())
    }
}

impl DockerPush {
    /// The image to send; `None` where it is not here.
    fn image(&self, target: &mut Target, client: &Client) -> Result<Option<Value>, Fail> {
        if let Some(name) = &self.name {
            return Ok(client.image(&self.full(name)?)?);
        }
        let wish = Wish::read(self.build_arg.as_ref())?.with(&self.environment).with(&self.args).checked()?;
        let dockerfile = self.dockerfile.as_deref().or(wish.file.as_deref());
        let path = self.context.clone().unwrap_or_default();
        let context = context(&path, dockerfile, self._context.as_ref())?;
        let source = source(&context.digest(target.bodies())?, &context.dockerfile, &wish.args);
        built_from(client, &source)
    }

    fn full(&self, name: &str) -> Result<String, Fail> {
        if is_id(name) {
            return Ok(name.to_owned());
        }
        Ok(Reference::parse(name)?.or_tag(&self.tag)?.to_string())
    }

    /// An image that is not here: in check mode an earlier task may have it built by then.
    fn foretold(&self, target: &mut Target, client: &Client, sent: &Reference) -> Result<(), Fail> {
        let missing = match &self.name {
            Some(name) => Fail::new(format!("there is no image `{}` to send", self.full(name)?)),
            None => Fail::new(
                "there is no image here that was built from this context, Dockerfile and build arguments",
            )
            .hint("build it first with `docker_build`, of the same `context` and `environment`"),
        };
        if let Some(name) = &self.name
            && !target.is_foretold(std::path::Path::new(&format!("image {}", self.full(name)?)))
        {
            return Err(missing);
        }
        let remote = Remote::of(target, sent.clone())?;
        let before = client.registry_digest(&remote)?.map(|digest| json!({"digest": digest}));
        target.change(
            &format!("{sent} in its registry"),
            before,
            "an image that is built before\n",
            |_| Err::<(), Fail>(missing),
        )?;
        Ok(())
    }
}

/// The image that was built from this, and not one that was built upon it and has its labels too.
fn built_from(client: &Client, source: &str) -> Result<Option<Value>, Fail> {
    let found = client.images(&json!({"label": [format!("{SOURCE}={source}")]}), false)?;
    let mut best: Option<(bool, usize, i64, Value)> = None;
    for brief in found {
        let Some(image) = client.image(id(&brief))? else { continue };
        let layers = image.pointer("/RootFS/Layers").and_then(Value::as_array).map_or(0, Vec::len);
        let made = brief.get("Created").and_then(Value::as_i64).unwrap_or_default();
        let rank = (texts(&image, "RepoTags").is_empty(), layers, -made);
        if best.as_ref().is_none_or(|(untagged, layers, made, _)| rank < (*untagged, *layers, *made)) {
            best = Some((rank.0, rank.1, rank.2, image));
        }
    }
    Ok(best.map(|(.., image)| image))
}

/// Gives the image the name to send it under.
fn tag(target: &mut Target, client: &Client, image: &Value, name: &Reference) -> Result<(), Fail> {
    let there = client.image(&name.to_string())?;
    let before = there.as_ref().map(|image| json!({"id": id(image)}));
    target.change(&format!("image {name}"), before, json!({"id": id(image)}), |hands| {
        Ok(client.tag_image(hands, id(image), name)?)
    })?;
    Ok(())
}

/// Sends an image, unless the registry has it under this name.
pub(crate) fn push(target: &mut Target, client: &Client, to: &Remote, image: &Value) -> Result<(), Fail> {
    let digest = client.registry_digest(to)?;
    let what = format!("{} in its registry", to.name);
    let (own, after) = (id(image).to_owned(), json!({"image": id(image)}));
    let held = match &digest {
        None => None,
        Some(digest) if is_sent(image, to, digest) => Some(own.clone()),
        Some(digest) => client.registry_image(to, digest),
    };
    if let Some(digest) = &digest {
        target.set("digest", digest.as_str());
    }
    let send = |hands: &mut crate::Hands<'_>| {
        let (sent, _) = client.push_image(hands, to)?;
        let now = sent.or(client.registry_digest(to)?);
        hands.set("digest", now.clone());
        hands.set("actions", json!([format!("Pushed image {}", to.name)]));
        Ok(now)
    };
    match (&digest, held) {
        (Some(digest), None) => {
            // What the registry has there is for several platforms, or it cannot be asked: its digest tells afterwards.
            target.perform(|hands| {
                let now = send(hands)?;
                if now.as_ref() == Some(digest) {
                    hands.unchanged();
                }
                Ok(())
            })?;
        }
        (_, held) => {
            let before = held.map_or(Side::Absent, |image| json!({"image": image}).into());
            target.change(&what, before, after, send)?;
        }
    }
    Ok(())
}

/// Whether the engine knows that this very image has the digest in the repository.
fn is_sent(image: &Value, to: &Remote, digest: &str) -> bool {
    let same = |text: &String| {
        let name = Reference::parse(text).ok();
        name.is_some_and(|name| {
            let place = (name.registry(), name.path()) == (to.name.registry(), to.name.path());
            place && name.digest.as_deref() == Some(digest)
        })
    };
    id(image) == digest || texts(image, "RepoDigests").iter().any(same)
}
