//! docker_image_load

use std::path::PathBuf;

use serde_json::json;

use crate::args::{Return, Value};
use crate::docker::image::{id, shown};
use crate::docker::{Client, Engine, Saved, saved};
use crate::{Fail, Hands, Module, Target, args, returns};

args! {
    /// Load images from an archive.
    ///
    /// Which images are in it is looked up first: where the engine has all of them under their names, nothing is loaded.
    /// Of a packed archive that cannot be known, and in check mode it is *unknown*.
    pub struct DockerImageLoad as "docker_image_load" {
        /// The archive on the target, as `docker save` and `docker_image_export` write it.
        path: PathBuf,
        ..engine: Engine,
    }
}

returns! {
    /// The names and numbers of the images in the archive.
    image_names: list,
    /// What the engine knows of these images.
    images: list,
    /// What the engine said.
    stdout: str if "something was loaded",
}

impl Module for DockerImageLoad {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Load what was brought on a disk
  community.docker.docker_image_load:
    path: /media/disk/shop.tar
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let at = self.path.display();
        let missing = || Fail::new(format!("there is no archive `{at}`"));
        let mut archive = target.open(&self.path)?.ok_or_else(missing)?;
        let known = saved(&mut archive).map_err(|error| Fail::io(format!("cannot read `{at}`"), &error))?;
        let client = self.engine.connect(target)?;
        let names = match known {
            None => target.perform(|hands| self.load(&client, hands))?.unwrap_or_default(),
            Some(all) => {
                let (before, after) = compare(&client, &all)?;
                let what = format!("images of {at}");
                let made = target.change(&what, before, after, |hands| self.load(&client, hands))?;
                made.done().unwrap_or_else(|| names(&all))
            }
        };
        let mut images = Vec::new();
        for name in &names {
            images.extend(client.image(name)?);
        }
        target.set("image_names", json!(names));
        target.set("images", json!(images));
        Ok(())
    }
}

impl DockerImageLoad {
    fn load(&self, client: &Client, hands: &mut Hands<'_>) -> Result<Vec<String>, Fail> {
        let what = format!("cannot load `{}`", self.path.display());
        let mut archive = std::fs::File::open(&self.path).map_err(|error| Fail::io(&what, &error))?;
        let (names, said) = client.load_images(hands, &mut archive).map_err(|error| error.when(&what))?;
        let said = said.join("\n");
        if names.is_empty() {
            return Err(Fail::new(format!("{what}: there is no image in it")).with("stdout", said));
        }
        hands.set("stdout", said);
        Ok(names)
    }
}

/// How an image is called: by its names, or where it has none by its number.
fn names(all: &[Saved]) -> Vec<String> {
    let of = |image: &Saved| if image.tags.is_empty() { vec![image.id.clone()] } else { image.tags.clone() };
    all.iter().flat_map(of).collect()
}

/// What the names of an archive stand for, here and in it.
fn compare(client: &Client, all: &[Saved]) -> Result<(Value, Value), Fail> {
    let (mut before, mut after) = (serde_json::Map::new(), serde_json::Map::new());
    for image in all {
        for name in names(std::slice::from_ref(image)) {
            let there = client.image(&name)?;
            let same = there.as_ref().is_some_and(|there| id(there) == image.id);
            let wanted = json!({"exists": true, "id": image.id});
            before.insert(name.clone(), if same { wanted.clone() } else { shown(there.as_ref()) });
            after.insert(name, wanted);
        }
    }
    Ok((before.into(), after.into()))
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::Reference;
    use crate::docker::tests::{Named, client, perform};
    use crate::testing::Sandbox;

    #[test]
    fn an_archive_is_loaded_unless_all_of_it_is_there() {
        let name = Named::new("load");
        let full = format!("{}:1", name.0);
        let reference = Reference::parse(&full).unwrap();
        perform(|hands| Ok(client().tag_image(hands, "lab/app:1", &reference)?));
        let export = Sandbox::new("docker_image_export");
        export.converges(json!({"name": full, "path": export.path("a.tar")}));
        let sandbox = Sandbox::new("docker_image_load");
        sandbox.keeps(json!({"path": export.path("a.tar")}));
        perform(|hands| Ok(client().remove_image(hands, &full, false, false)?));
        let reply = sandbox.converges(json!({"path": export.path("a.tar")}));
        assert_eq!(reply.values["image_names"], json!([full]));
        assert!(reply.values["images"][0]["RepoTags"].as_array().unwrap().contains(&json!(full)));
        let packed = std::process::Command::new("gzip").arg(export.at("a.tar")).status().unwrap();
        assert!(packed.success());
        sandbox.performs(json!({"path": export.path("a.tar.gz")}));
    }

    #[test]
    fn what_is_no_archive_of_images_is_told() {
        let sandbox = Sandbox::new("docker_image_load").file("a", "no archive");
        let said = sandbox.fails(json!({"path": sandbox.path("a")}));
        assert!(said.starts_with("cannot load `/"), "{said}");
        let said = sandbox.fails(json!({"path": sandbox.path("none")}));
        assert!(said.starts_with("there is no archive `/"), "{said}");
    }
}
