//! docker_image_tag

use serde_json::json;

use crate::args::Return;
use crate::docker::image::id;
use crate::docker::{Engine, Reference, is_id};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Give images more names.
    pub struct DockerImageTag as "docker_image_tag" {
        /// The name or number of the image.
        name: String,
        /// The tag of names that have none.
        tag: String = "latest",
        /// The names to give it.
        repository: Vec<String>,
        /// What to do where another image has such a name.
        existing_images: Existing = "overwrite",
        ..engine: Engine,
    }
}

returns! {
    /// What the engine knows of the image.
    image: dict,
    /// The names that were given.
    tagged_images: list,
}

choices! {
    /// What to do where another image has the name.
    pub enum Existing {
        /// Leave it the name.
        Keep = "keep",
        /// Take the name away from it.
        Overwrite = "overwrite",
    }
}

impl Module for DockerImageTag {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Give an image the name that it has in the registry
  community.docker.docker_image_tag:
    name: shop:1.4
    repository: [registry.example.org/shop:1.4, registry.example.org/shop:stable]
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let name = match is_id(&self.name) {
            true => self.name.clone(),
            false => Reference::parse(&self.name)?.or_tag(&self.tag)?.to_string(),
        };
        let mut wanted = Vec::new();
        for repository in &self.repository {
            let reference = Reference::parse(repository)?;
            if reference.digest.is_some() {
                return Err(Fail::new(format!("a digest cannot be given as a name: `{repository}`")));
            }
            wanted.push(reference.or_tag(&self.tag)?);
        }
        let client = self.engine.connect(target)?;
        let missing = || Fail::new(format!("there is no image `{name}`")).hint("pull or build it first");
        let image = client.image(&name)?.ok_or_else(missing)?;
        let own = id(&image).to_owned();
        let mut tagged = Vec::new();
        for name in &wanted {
            let there = client.image(&name.to_string())?;
            if there.is_some() && self.existing_images == Existing::Keep {
                continue;
            }
            let before = there.as_ref().map(|image| json!({"id": id(image)}));
            let made = target.change(&format!("image {name}"), before, json!({"id": own}), |hands| {
                Ok(client.tag_image(hands, &own, name)?)
            })?;
            if made.differs() {
                tagged.push(name.to_string());
            }
        }
        target.set("image", client.image(&own)?.unwrap_or(image));
        target.set("tagged_images", json!(tagged));
        Ok(())
    }
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::tests::Named;
    use crate::testing::Sandbox;

    #[test]
    fn names_are_given_and_taken_from_others_unless_they_are_kept() {
        let name = Named::new("tag");
        let sandbox = Sandbox::new("docker_image_tag");
        let names = [format!("{}:a", name.0), name.0.clone()];
        let reply = sandbox.converges(json!({"name": "lab/app:1", "repository": names}));
        assert_eq!(reply.values["tagged_images"], json!([names[0], format!("{}:latest", name.0)]));
        sandbox.keeps(json!({"name": "lab/app:2", "repository": names, "existing_images": "keep"}));
        sandbox.converges(json!({"name": "lab/app", "tag": "2", "repository": [names[0]]}));
        let said = sandbox.fails(json!({"name": "lab/nothing", "repository": [names[0]]}));
        assert!(said.starts_with("there is no image `lab/nothing:latest`"), "{said}");
    }
}
