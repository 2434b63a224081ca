//! The image of a container: which one is wanted, whether it must be pulled, and whether it is another.

use serde_json::{Value, json};

use super::forms::text;
use super::{DockerContainer, ImageComparison, NameMismatch, Pull, PullCheck};
use crate::docker::{Client, Reference, Remote, image, is_id};
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
    /// What is known of an image before it is pulled.
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
            Some(container) => client.image(text(&container["Image"]))?,
            None => None,
        };
        let Some(name) = module.image.as_deref() else {
            return Ok(Self { wanted: own.clone(), own, foretold: None });
        };
        let found = client.image(name)?;
        let is_number = is_id(name);
        let why = match (&found, module.pull) {
            (Some(_), Pull::Never | Pull::Missing) => return Ok(Self { wanted: found, own, foretold: None }),
            (Some(_), Pull::Always) if is_number => return Ok(Self { wanted: found, own, foretold: None }),
            (None, _) if is_number => Some(format!("there is no image with the number `{name}`")),
            (None, _) if target.is_foretold(format!("image {}", whole(name)?).as_ref()) => {
                return Ok(Self { wanted: None, own, foretold: Some(json!("not known yet")) });
            }
            (None, Pull::Never) => Some(format!("there is no image `{name}`, and `pull` is `never`")),
            _ => None,
        };
        if let Some(words) = why {
            return Err(Fail::new(words));
        }
        let mut images = Self { wanted: None, own, foretold: None };
        images.pull(module, target, client, name, found)?;
        Ok(images)
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
        let what = format!("image {}", whole(name)?);
        let from = Remote::of(target, whole(name)?)?;
        let platform = module.wanted.0.get("platform").map(text).unwrap_or_default();
        let pull = |hands: &mut Hands| client.pull_image(hands, &from, platform);
        let Some(before) = found else {
            let after = json!({"image": name});
            let made = target.change(&what, None::<Value>, after.clone(), pull)?;
            return self.after(client, name, made, after);
        };
        // Whether the registry has another one, it tells itself; where it does not, the pull will.
        let digests = image::texts(&before, "RepoDigests");
        let digests: Vec<&str> = digests.iter().filter_map(|d| d.split_once('@')).map(|(_, d)| d).collect();
        match client.registry_digest(&from).ok().flatten() {
            Some(digest) if digests.contains(&digest.as_str()) => self.wanted = Some(before),
            Some(digest) => {
                let sides = (json!({"digest": digests}), json!({"digest": digest}));
                let made = target.change(&what, sides.0, sides.1, pull)?;
                self.after(client, name, made, digest.into())?;
            }
            None => {
                let id = before["Id"].clone();
                let pulled = target.refresh(pull)?;
                let now = client.image(name)?.unwrap_or_default();
                target.change(&what, json!({"id": id}), json!({"id": now["Id"]}), |_| Ok(()))?;
                self.wanted = Some(now);
                if pulled.is_none() && module.pull_check_mode_behavior == PullCheck::Always {
                    target.foretell();
                }
            }
        }
        Ok(())
    }

    fn after(&mut self, client: &Client, name: &str, made: Made<()>, foretold: Value) -> Result<(), Fail> {
        if made != Made::Foretold {
            self.wanted = client.image(name)?;
        }
        self.foretold = Some(foretold);
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
        let own = &container["Image"];
        let id = self.wanted.as_ref().map(|image| &image["Id"]);
        let is_another = id.map_or(self.foretold.is_some(), |id| id != own);
        // The number of a pulled image is not known in check mode: both modes show the same.
        let shown = || self.foretold.clone().or_else(|| id.cloned()).unwrap_or_default();
        let image = is_another.then(|| ("image", own.clone(), shown()));
        let called = &container["Config"]["Image"];
        let renamed = module.image_name_mismatch == NameMismatch::Recreate && *called != name.as_str();
        (image, renamed.then(|| ("image_name", called.clone(), name.as_str().into())))
    }
}

/// A name with its tag.
fn whole(name: &str) -> Result<Reference, Fail> {
    Reference::parse(name)?.or_tag("latest")
}
