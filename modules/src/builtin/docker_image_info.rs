//! docker_image_info

use serde_json::json;

use crate::args::{Return, Value};
use crate::docker::image::id;
use crate::docker::{Engine, Reference, is_id};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Look at images of an engine.
    pub struct DockerImageInfo as "docker_image_info" {
        /// Names or numbers of images; all that there are where none is given.
        name: Vec<String> = "",
        ..engine: Engine,
    }
}

returns! {
    /// What the engine knows of each image that it has.
    images: list,
}

impl Module for DockerImageInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Look at an image
  community.docker.docker_image_info:
    name: registry.example.org/shop:1.4
  register: shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let mut names = Vec::new();
        for name in &self.name {
            let is_number =
                is_id(name) || name.len() >= 12 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            names.push(if is_number {
                name.clone()
            } else {
                Reference::parse(name)?.or_tag("latest")?.to_string()
            });
        }
        if self.name.is_empty() {
            let all = client.images(&Value::Null, false)?;
            names = all.iter().map(|image| id(image).to_owned()).collect();
        }
        let mut images = Vec::new();
        for name in names {
            images.extend(client.image(&name)?);
        }
        target.set("images", json!(images));
        Ok(())
    }
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn images_that_are_there_are_told_and_others_are_not() {
        let sandbox = Sandbox::new("docker_image_info");
        let seen = sandbox.reads(json!({"name": ["lab/app:1", "lab/no-such-image"]}));
        let images = seen["images"].as_array().unwrap();
        assert_eq!(images.len(), 1);
        assert!(images[0]["RepoTags"].as_array().unwrap().contains(&json!("lab/app:1")));
        let seen = sandbox.reads(json!({"name": images[0]["Id"]}));
        assert_eq!(seen["images"][0]["Id"], images[0]["Id"]);
        // Others make and remove images meanwhile, so only those of the lab are looked for.
        let all = sandbox.run(json!({})).values;
        assert!(all["images"].as_array().unwrap().iter().any(|image| image["Id"] == images[0]["Id"]));
    }
}
