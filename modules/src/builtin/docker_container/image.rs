//! The image of a container: which one is wanted, whether it must be pulled, and whether it is another.

use serde_json::{Value, json};

use super::forms::{list, text};
use super::{DockerContainer, ImageComparison, NameMismatch, Pull, PullCheck};
use crate::docker::{Client, Request, escape, query};
use crate::{Fail, Hands, Made, Target};

/// A difference of images: the property, and both sides of it.
type Difference = Option<(&'static str, Value, Value)>;

/// The images that matter.
#[derive(Default)]
pub(super) struct Image {
    /// The one that is wanted; none where no image is named, or check mode foretells that it would be pulled.
    wanted: Option<Value>,
    /// The one that the container was made from.
    pub(super) own: Option<Value>,
    /// The digest of the image that would be pulled.
    foretold: Option<Value>,
}

impl Image {
    /// Looks for the images, and pulls what is to be pulled.
    pub(super) fn look(
        module: &DockerContainer,
        target: &mut Target,
        client: &Client,
        container: Option<&Value>,
    ) -> Result<Self, Fail> {
        let own = match container {
            Some(container) => inspect(client, text(&container["Image"]))?,
            None => None,
        };
        let Some(name) = module.image.as_deref() else {
            return Ok(Self { wanted: own.clone(), own, foretold: None });
        };
        let found = inspect(client, name)?;
        let is_number = name.starts_with("sha256:");
        let why = match (&found, module.pull) {
            (Some(_), Pull::Never | Pull::Missing) => return Ok(Self { wanted: found, own, foretold: None }),
            (Some(_), Pull::Always) if is_number => return Ok(Self { wanted: found, own, foretold: None }),
            (None, _) if target.is_foretold(format!("image {name}").as_ref()) => {
                return Ok(Self { wanted: None, own, foretold: Some(json!("not known yet")) });
            }
            (None, _) if is_number => Some(format!("there is no image with the number `{name}`")),
            (None, Pull::Never) => Some(format!("there is no image `{name}`, and `pull` is `never`")),
            _ => None,
        };
        if let Some(words) = why {
            return Err(Fail::new(words));
        }
        let mut image = Self { wanted: None, own, foretold: None };
        image.pull(module, target, client, name, found)?;
        Ok(image)
    }

    /// Pulls the image where it is not the newest already.
    fn pull(
        &mut self,
        module: &DockerContainer,
        target: &mut Target,
        client: &Client,
        name: &str,
        found: Option<Value>,
    ) -> Result<(), Fail> {
        let what = format!("image {name}");
        let platform = module.wanted.0.get("platform").map(text).unwrap_or_default();
        let Some(before) = found else {
            let after = json!({"image": name});
            let made = target
                .change(&what, None::<Value>, after.clone(), |hands| pull(client, hands, name, platform))?;
            self.after(client, name, made, after)?;
            return Ok(());
        };
        // Whether the registry has another one, it tells itself; where it does not, the pull will.
        let newest = client.get(&format!("/distribution/{}/json", escape(name))).ok();
        let newest = newest.as_ref().and_then(|answer| answer["Descriptor"]["digest"].as_str());
        let digests = list(&before["RepoDigests"]).iter().map(text);
        let digests: Vec<&str> =
            digests.filter_map(|digest| digest.split_once('@')).map(|(_, d)| d).collect();
        match newest {
            Some(digest) if digests.contains(&digest) => self.wanted = Some(before),
            Some(digest) => {
                let sides = (json!({"digest": digests}), json!({"digest": digest}));
                let made =
                    target.change(&what, sides.0, sides.1, |hands| pull(client, hands, name, platform))?;
                self.after(client, name, made, digest.into())?;
            }
            None => {
                let id = before["Id"].clone();
                target.refresh(|hands| pull(client, hands, name, platform))?;
                let now = inspect(client, name)?.unwrap_or_default();
                let is_foretold = module.pull_check_mode_behavior == PullCheck::Always;
                target.change(&what, json!({"id": id}), json!({"id": now["Id"]}), |_| Ok(()))?;
                self.wanted = Some(now);
                if is_foretold && self.wanted.as_ref().is_some_and(|now| now["Id"] == id) {
                    target.foretell();
                }
            }
        }
        Ok(())
    }

    fn after(&mut self, client: &Client, name: &str, made: Made<()>, foretold: Value) -> Result<(), Fail> {
        match made {
            Made::Foretold => self.foretold = Some(foretold),
            _ => self.wanted = inspect(client, name)?,
        }
        Ok(())
    }

    /// The image whose properties count as wanted too.
    pub(super) fn compared(&self, comparison: ImageComparison) -> Option<&Value> {
        match comparison {
            ImageComparison::Desired => self.wanted.as_ref(),
            ImageComparison::Current => self.own.as_ref().or(self.wanted.as_ref()),
        }
    }

    /// Whether a container's image is another, by number and by name.
    pub(super) fn differences(
        &self,
        module: &DockerContainer,
        container: &Value,
    ) -> (Difference, Difference) {
        let Some(name) = &module.image else { return (None, None) };
        let id = self.wanted.as_ref().map(|image| image["Id"].clone()).or_else(|| self.foretold.clone());
        let own = &container["Image"];
        let image = id.filter(|id| id != own).map(|id| ("image", own.clone(), id));
        let called = &container["Config"]["Image"];
        let renamed = module.image_name_mismatch == NameMismatch::Recreate && *called != name.as_str();
        (image, renamed.then(|| ("image_name", called.clone(), name.as_str().into())))
    }
}

fn inspect(client: &Client, name: &str) -> Result<Option<Value>, Fail> {
    Ok(client.find(&format!("/images/{}/json", escape(name)))?)
}

fn pull(client: &Client, hands: &mut Hands, name: &str, platform: &str) -> Result<(), Fail> {
    let (repository, tag) = split(name);
    let place = query("/images/create", &[("fromImage", repository), ("tag", tag), ("platform", platform)]);
    let pulled = client.progress(hands, Request::new("POST", place), |_| {});
    pulled.map_err(|error| error.when(&format!("cannot pull image `{name}`")))
}

/// The repository of a name, and its tag or digest.
fn split(name: &str) -> (&str, &str) {
    if let Some(parts) = name.split_once('@') {
        return parts;
    }
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, "latest"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_port_is_no_tag() {
        let cases = [
            ("a", ("a", "latest")),
            ("h:5000/a", ("h:5000/a", "latest")),
            ("h:5000/a:2", ("h:5000/a", "2")),
            ("a@sha256:1", ("a", "sha256:1")),
        ];
        for (name, wanted) in cases {
            assert_eq!(super::split(name), wanted);
        }
    }
}
