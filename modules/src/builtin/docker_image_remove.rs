//! docker_image_remove

use serde_json::json;

use crate::args::{Return, Value};
use crate::docker::image::{id, shown, texts};
use crate::docker::{Engine, Reference, is_id};
use crate::sorting::Sorting;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Remove images from an engine.
    pub struct DockerImageRemove as "docker_image_remove" {
        /// The name or number of the image.
        name: String,
        /// The tag of a name that has none; may be a digest.
        tag: String = "latest",
        /// Remove it though it has other names, or containers that do not run.
        force: bool = false,
        /// Remove the images beneath it that have no names.
        prune: bool = true,
        ..engine: Engine,
    }
}

returns! {
    /// What the engine knew of the image; empty where there was none.
    image: dict,
    /// The numbers of the images that were deleted.
    deleted: list,
    /// The names that were taken away.
    untagged: list,
    /// What was done, in words.
    actions: list,
}

impl Module for DockerImageRemove {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Remove an old version
  community.docker.docker_image_remove:
    name: registry.example.org/shop:1.3
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let name = match is_id(&self.name) {
            true => self.name.clone(),
            false => Reference::parse(&self.name)?.or_tag(&self.tag)?.to_string(),
        };
        let client = self.engine.connect(target)?;
        let image = client.image(&name)?;
        for (value, empty) in
            [("image", json!({})), ("deleted", json!([])), ("untagged", json!([])), ("actions", json!([]))]
        {
            target.set(value, empty);
        }
        let Some(image) = image else { return Ok(()) };
        let names = [texts(&image, "RepoTags"), texts(&image, "RepoDigests")].concat();
        if is_id(&name) && names.len() > 1 && !self.force {
            let words = format!("the image `{name}` has names: {}", names.join(", "));
            return Err(Fail::new(words).hint("remove it by these names, or with `force`"));
        }
        let after = self.after(&image, &name);
        let (deleted, untagged) = foretold(&image, &after, &name);
        target.set("deleted", deleted);
        target.set("untagged", untagged);
        target.set("actions", json!([format!("Removed image {name}")]));
        let made = target.change(&format!("image {name}"), shown(Some(&image)), after, |hands| {
            match client.remove_image(hands, &name, self.force, self.prune) {
                // Somebody was faster.
                Err(error) if error.is_missing() => Ok(json!([])),
                other => other.map_err(|error| error.when(&format!("cannot remove the image `{name}`"))),
            }
        })?;
        if let Some(done) = made.done() {
            for (value, word) in [("deleted", "Deleted"), ("untagged", "Untagged")] {
                let done = done.as_array().map(Vec::as_slice).unwrap_or_default();
                let mut all: Vec<&str> = done.iter().filter_map(|entry| entry.get(word)?.as_str()).collect();
                all.put_in_order();
                target.set(value, json!(all));
            }
        }
        target.set("image", image);
        Ok(())
    }
}

impl DockerImageRemove {
    /// What is left of the image.
    fn after(&self, image: &Value, name: &str) -> Value {
        let left = |list: &str| -> Vec<String> {
            texts(image, list).into_iter().filter(|text| !same(text, name)).collect()
        };
        let tags = left("RepoTags");
        let gone = is_id(name) || tags.is_empty() && (!name.contains('@') || left("RepoDigests").is_empty());
        match gone {
            true => shown(None),
            false => json!({"exists": true, "id": id(image), "tags": tags, "digests": left("RepoDigests")}),
        }
    }
}

/// Whether two names are of one image in one registry.
fn same(one: &str, other: &str) -> bool {
    let parts = |name: &str| {
        let name = Reference::parse(name).ok()?;
        Some((name.registry().to_owned(), name.path(), name.version().to_owned()))
    };
    one == other || parts(one).is_some_and(|one| Some(one) == parts(other))
}

/// What will be deleted, and untagged.
fn foretold(image: &Value, after: &Value, name: &str) -> (Value, Value) {
    let gone = after.get("exists") == Some(&Value::Bool(false));
    let untagged = match is_id(name) {
        true => json!([texts(image, "RepoTags"), texts(image, "RepoDigests")].concat()),
        false => json!([name]),
    };
    (if gone { json!([id(image)]) } else { json!([]) }, untagged)
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::{Value, json};

    use crate::docker::Reference;
    use crate::docker::tests::{Named, client, perform};
    use crate::testing::Sandbox;

    fn tag(name: &str) {
        let name = Reference::parse(name).unwrap().or_tag("latest").unwrap();
        perform(|hands| Ok(client().tag_image(hands, "lab/app:1", &name)?));
    }

    #[test]
    fn a_name_is_taken_away_and_the_image_stays_for_its_others() {
        let name = Named::new("remove");
        tag(&name.0);
        let sandbox = Sandbox::new("docker_image_remove");
        let reply = sandbox.converges(json!({"name": name.0}));
        assert_eq!(reply.values["untagged"], json!([format!("{}:latest", name.0)]));
        assert_eq!(reply.values["deleted"], json!([]));
        assert!(client().image("lab/app:1").unwrap().is_some());
        assert!(reply.diff[0].after.contains("\"exists\": true"));
    }

    #[test]
    fn an_image_that_a_container_needs_is_told_with_the_engines_words() {
        let name = Named::new("needed");
        let build =
            Sandbox::new("docker_build").file("a/Dockerfile", format!("FROM lab/app:1\nENV A={}\n", name.0));
        build.converges(json!({"name": name.0, "path": build.path("a")}));
        let body = json!({"Image": name.0, "Cmd": ["true"]});
        let (made, _) = perform(|hands| Ok(client().post(hands, "/containers/create", &body)?));
        let sandbox = Sandbox::new("docker_image_remove");
        let said = sandbox.fails(json!({"name": name.0}));
        assert!(said.contains("cannot remove the image `needed-") && said.contains("conflict"), "{said}");
        let path = format!("/containers/{}", made["Id"].as_str().unwrap());
        perform(|hands| Ok(client().delete(hands, &path)?));
        let number: Value = client().image(&name.0).unwrap().unwrap()["Id"].clone();
        let reply = sandbox.converges(json!({"name": number}));
        assert!(reply.values["deleted"].as_array().unwrap().contains(&number));
    }
}
