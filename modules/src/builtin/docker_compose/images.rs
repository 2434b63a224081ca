//! The images of services: there, pulled or built before any container is touched.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::names::{OURS, PROJECT, SERVICE, VERSION, image_name};
use super::{Build, Pull, Work};
use crate::compose::strings;
use crate::compose::units::{bytes, text, truth};
use crate::docker::build::Context;
use crate::docker::image::id as image_id;
use crate::docker::{self, Reference, Remote};
use crate::sorting::Trees;
use crate::{Fail, Made, Side, Target};

/// The image that a service will have.
#[derive(Clone, Debug, Default)]
pub(super) struct Image {
    pub(super) name: String,
    /// Its number; none where it would only come in this run.
    pub(super) id: Option<String>,
}

impl Work {
    /// The images of all services that are meant, by the service's name.
    pub(super) fn images(
        &mut self,
        target: &mut Target,
        services: &[String],
    ) -> Result<BTreeMap<String, Image>, Fail> {
        let mut all = BTreeMap::new();
        let mut done: BTreeMap<String, Image> = BTreeMap::new();
        for service in services {
            let definition = self.project.services[service].clone();
            let name = image_name(&self.project, service, &definition);
            let image = match done.get(&name).filter(|_| definition.get("build").is_none()) {
                Some(image) => image.clone(),
                None => self.image(target, service, &name, &definition)?,
            };
            done.insert(name, image.clone());
            all.insert(service.clone(), image);
        }
        Ok(all)
    }

    fn image(
        &mut self,
        target: &mut Target,
        service: &str,
        name: &str,
        definition: &Value,
    ) -> Result<Image, Fail> {
        let there = self.client.image(name)?;
        let policy = definition["pull_policy"].as_str();
        let builds = match self.options.build {
            Build::Always => true,
            Build::Never => false,
            Build::Policy => there.is_none() || policy == Some("build"),
        };
        if definition.get("build").is_some() && builds {
            return self.build(target, service, name, definition);
        }
        let made = self.pull(target, service, name, definition, there.as_ref())?;
        let id = match made {
            Made::Foretold => None,
            Made::Same => there.map(|image| image_id(&image).to_owned()),
            Made::Done(()) => self.client.image(name)?.map(|image| image_id(&image).to_owned()),
        };
        Ok(Image { name: name.to_owned(), id })
    }

    fn build(
        &mut self,
        target: &mut Target,
        service: &str,
        name: &str,
        definition: &Value,
    ) -> Result<Image, Fail> {
        let at =
            |fail: Fail| Fail { message: format!("image of service `{service}`: {}", fail.message), ..fail };
        let build = &definition["build"];
        let directory = build["context"].as_str().unwrap_or_default();
        if directory.contains("://") {
            return Err(at(Fail::new(format!("a context from elsewhere is not fetched: `{directory}`"))));
        }
        let dockerfile = build["dockerfile"].as_str().map(Path::new);
        let context = Context::scan(Path::new(directory), dockerfile).map_err(at)?;
        let there = self.client.image(name)?;
        let wanted = self.wanted_build(service, name, definition).map_err(at)?;
        let (built, differs) = target.watch(|target| wanted.ensure(target, &self.client, &context));
        let built = built.map_err(at)?;
        if differs {
            self.actions.push(json!({"what": "image", "id": name, "status": "Building"}));
        }
        let old = there.as_ref().map(|image| image_id(image).to_owned());
        let id = Some(image_id(&built).to_owned())
            .filter(|id| !(id.is_empty() || differs && Some(id) == old.as_ref()));
        Ok(Image { name: name.to_owned(), id })
    }

    fn wanted_build(
        &self,
        service: &str,
        name: &str,
        definition: &Value,
    ) -> Result<docker::build::Build, Fail> {
        let build = &definition["build"];
        let map = |key: &str| -> BTreeMap<String, String> {
            let map = build.get(key).and_then(Value::as_object).into_iter().flatten();
            map.filter_map(|(key, value)| Some((key.clone(), text(value)?))).to_map()
        };
        let list = |key: &str| strings(build, key).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let mut names = vec![Reference::parse(name)?.or_tag("latest")?];
        for tag in strings(build, "tags") {
            names.push(Reference::parse(tag)?.or_tag("latest")?);
        }
        let mut wanted = docker::build::Build::new(names[0].clone());
        let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let own = [owned(PROJECT, &self.project.name), owned(SERVICE, service), owned(VERSION, OURS)];
        let hosts = strings(build, "extra_hosts").into_iter().filter_map(|host| host.split_once(':'));
        wanted.etc_hosts = hosts.map(|(name, address)| owned(name, address)).to_map();
        wanted.names = names;
        wanted.args = map("args");
        wanted.labels = map("labels").into_iter().chain(own).to_map();
        wanted.target = build.get("target").and_then(text);
        wanted.platform =
            definition.get("platform").and_then(text).map_or_else(|| list("platforms"), |own| vec![own]);
        wanted.cache_from = list("cache_from");
        wanted.pull = build.get("pull").is_some_and(truth);
        wanted.network = build.get("network").and_then(text);
        wanted.nocache = build.get("no_cache").is_some_and(truth);
        wanted.shm_size = build.get("shm_size").and_then(text).and_then(|text| bytes(&text));
        Ok(wanted)
    }

    fn pull(
        &mut self,
        target: &mut Target,
        service: &str,
        name: &str,
        definition: &Value,
        there: Option<&Value>,
    ) -> Result<Made<()>, Fail> {
        let policy = match self.options.pull {
            Pull::Policy => definition["pull_policy"].as_str().unwrap_or("missing"),
            wish => wish.as_str(),
        };
        let is_built = definition.get("build").is_some();
        if there.is_some() && (policy != "always" || is_built) {
            return Ok(Made::Same);
        }
        if policy == "never" || is_built && there.is_none() && definition.get("image").is_none() {
            let fail = Fail::new(format!("there is no image `{name}` for service `{service}`"));
            return Err(match is_built {
                true => fail.hint("let it be built: `build: policy`"),
                false => fail.hint("let it be pulled: `pull: missing`"),
            });
        }
        let remote = Remote::of(target, Reference::parse(name)?.or_tag("latest")?)
            .map_err(|fail| Fail::new(format!("image of service `{service}`: {}", fail.message)))?;
        let platform = definition["platform"].as_str().unwrap_or_default().to_owned();
        let (before, after) = match there {
            None => (Side::Absent, json!({"image": name})),
            Some(there) => {
                let digest = self.client.registry_digest(&remote)?.ok_or_else(|| {
                    Fail::new(format!("the registry has no image `{name}` for service `{service}`"))
                })?;
                let ours: Vec<&str> =
                    there["RepoDigests"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                if ours.iter().any(|own| own.ends_with(&digest)) {
                    return Ok(Made::Same);
                }
                (json!({"image": name, "digests": ours}).into(), json!({"image": name, "digests": [digest]}))
            }
        };
        self.act(target, ("image", name, "Pulling"), before, after, |client, hands| {
            client.pull_image(hands, &remote, &platform)
        })
    }
}
