//! docker_image_export

use std::path::PathBuf;

use serde_json::json;

use crate::args::{Return, Value};
use crate::docker::image::id;
use crate::docker::{Client, Engine, Reference, Saved, is_id, saved};
use crate::sorting::Sorting;
use crate::target::Replace;
use crate::{Fail, Module, Side, Target, args, returns};

args! {
    /// Write images to an archive, which `docker_image_load` loads elsewhere.
    ///
    /// Where the archive has the very images under their names, it is left as it is.
    pub struct DockerImageExport as "docker_image_export" {
        /// The names or numbers of the images.
        #[alias("name")]
        names: Vec<String>,
        /// The tag of names that have none.
        tag: String = "latest",
        /// The archive to write on the target.
        path: PathBuf,
        /// Write it though it has the images.
        force: bool = false,
        ..engine: Engine,
    }
}

returns! {
    /// What the engine knows of the images.
    images: list,
    /// What was done, in words.
    actions: list,
}

impl Module for DockerImageExport {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Put an application on a disk
  community.docker.docker_image_export:
    names: [shop:1.4, shop-database:2]
    path: /media/disk/shop.tar
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let (names, images) = self.images(&client)?;
        target.set("images", json!(images));
        target.set("actions", json!([]));
        let wanted = wanted(&names, &images);
        let at = self.path.display().to_string();
        let (before, what) = (self.before(target)?, format!("archive {at}"));
        if target.stat(&self.path)?.is_some_and(|meta| meta.is_dir()) {
            return Err(Fail::new(format!("expected the file to write, found a directory: `{at}`")));
        }
        let made = target.change(&what, before, shown(&wanted), |hands| {
            let cannot = |error: crate::docker::Error| error.when("cannot export images");
            let mut archive = client.save_images(&names).map_err(cannot)?;
            hands.replace(&self.path, &mut archive, &Replace::default())
        })?;
        if made.differs() {
            target.set("actions", json!([format!("Exported images {} to {at}", names.join(", "))]));
        }
        Ok(())
    }
}

impl DockerImageExport {
    fn images(&self, client: &Client) -> Result<(Vec<String>, Vec<Value>), Fail> {
        let (mut names, mut images, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for name in &self.names {
            let name = match is_id(name) {
                true => name.clone(),
                false => Reference::parse(name)?.or_tag(&self.tag)?.to_string(),
            };
            match client.image(&name)? {
                Some(image) => images.push(image),
                None => missing.push(format!("`{name}`")),
            }
            names.push(name);
        }
        match (names.is_empty(), missing.is_empty()) {
            (true, _) => Err(Fail::new("expected at least one name of an image")),
            (_, true) => Ok((names, images)),
            _ => Err(Fail::new(format!("there is no image {}", missing.join(", ")))),
        }
    }

    /// The images of the archive that is there.
    fn before(&self, target: &Target) -> Result<Side, Fail> {
        let Some(mut archive) = target.open(&self.path)? else { return Ok(Side::Absent) };
        let cannot = |error| Fail::io(format!("cannot read `{}`", self.path.display()), &error);
        if self.force || target.stat(&self.path)?.is_some_and(|meta| !meta.is_file()) {
            return Ok(json!("another archive").into());
        }
        let there = saved(&mut archive).map_err(cannot)?;
        Ok(there.map_or(json!("no archive of images"), |all| shown(&all)).into())
    }
}

/// The images as they will be in the archive.
fn wanted(names: &[String], images: &[Value]) -> Vec<Saved> {
    let mut all: Vec<Saved> = Vec::new();
    for (name, image) in names.iter().zip(images) {
        let own = id(image).to_owned();
        let tag = (!is_id(name) && !name.contains('@')).then(|| name.clone());
        match all.iter_mut().find(|known| known.id == own) {
            Some(known) => known.tags.extend(tag),
            None => all.push(Saved { id: own, tags: tag.into_iter().collect() }),
        }
    }
    all.iter_mut().for_each(|image| {
        image.tags.put_in_order();
        image.tags.dedup();
    });
    all.put_in_order();
    all
}

fn shown(all: &[Saved]) -> Value {
    all.iter().map(|image| json!({"id": image.id, "names": image.tags})).collect()
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn an_archive_is_written_once_and_again_for_other_images() {
        let sandbox = Sandbox::new("docker_image_export");
        let path = sandbox.path("a.tar");
        let reply = sandbox.converges(json!({"names": ["lab/app:1"], "path": path}));
        assert_eq!(reply.values["images"].as_array().unwrap().len(), 1);
        let listed = std::process::Command::new("tar").args(["-tf", &path]).output().unwrap();
        assert!(String::from_utf8_lossy(&listed.stdout).contains("manifest.json"));
        sandbox.converges(json!({"names": ["lab/app:2", "lab/app:1"], "path": path}));
    }

    #[test]
    fn images_that_are_not_there_are_all_named() {
        let sandbox = Sandbox::new("docker_image_export");
        let said =
            sandbox.fails(json!({"names": ["lab/x:1", "lab/app:1", "lab/y"], "path": sandbox.path("a")}));
        assert_eq!(said, "there is no image `lab/x:1`, `lab/y:latest`");
    }
}
