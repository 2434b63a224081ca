//! docker_image_pull

use serde_json::json;

use crate::args::{Return, Value};
use crate::docker::image::{id, shown, texts};
use crate::docker::{Client, Engine, Reference, Remote, is_id};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Bring images from registries.
    ///
    /// Where `pull: always` is wanted, the registry is asked for the digest behind the name: if the engine has it, nothing
    /// is brought.
    pub struct DockerImagePull as "docker_image_pull" {
        /// The name of the image.
        name: String,
        /// The tag of a name that has none; may be a digest.
        tag: String = "latest",
        /// The platform to bring it for, as `linux/arm64`; else the engine's own.
        platform: Option<String>,
        /// When to ask the registry.
        pull: When = "always",
        ..engine: Engine,
    }
}

returns! {
    /// What the engine knows of the image; empty in check mode where it is not there.
    image: dict,
    /// What was done, in words.
    actions: list,
}

choices! {
    /// When a registry is asked.
    pub enum When {
        /// Always: what the name stands for may have changed.
        Always = "always",
        /// Where the engine has no image of the name and platform.
        NotPresent = "not_present",
    }
}

impl Module for DockerImagePull {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Have the newest version here
  community.docker.docker_image_pull:
    name: registry.example.org/shop
    tag: stable
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if is_id(&self.name) {
            return Err(Fail::new(format!("an image cannot be pulled by its number: `{}`", self.name)));
        }
        let name = Reference::parse(&self.name)?.or_tag(&self.tag)?;
        let client = self.engine.connect(target)?;
        let there = client.image(&name.to_string())?;
        target.set("actions", json!([]));
        let here = there.clone().filter(|image| self.fits(image));
        let fits = here.is_some();
        if let Some(image) = here.filter(|_| self.pull == When::NotPresent || name.digest.is_some()) {
            target.set("image", image.clone());
            return Ok(());
        }
        let remote = Remote::of(target, name)?;
        self.bring(target, &client, &remote, there, fits)
    }
}

impl DockerImagePull {
    fn bring(
        &self,
        target: &mut Target,
        client: &Client,
        remote: &Remote,
        there: Option<Value>,
        fits: bool,
    ) -> Result<(), Fail> {
        let name = remote.name.to_string();
        let missing = || Fail::new(format!("cannot pull `{name}`: the registry has no such image"));
        let digest = client.registry_digest(remote)?.ok_or_else(missing)?;
        let known = there.as_ref().is_some_and(|image| fits && has(image, &digest));
        let (before, after) = match known {
            true => (json!({"digest": digest}), json!({"digest": digest})),
            false => (shown(there.as_ref()), json!({"exists": true, "digest": digest})),
        };
        let made = target.change(&format!("image {name}"), before, after, |hands| {
            client.pull_image(hands, remote, self.platform.as_deref().unwrap_or_default())
        })?;
        if made.differs() {
            target.set("actions", json!([format!("Pulled image {name}")]));
        }
        target.set("image", client.image(&name)?.or(there).unwrap_or_else(|| json!({})));
        Ok(())
    }

    /// Whether an image is for the platform that is wanted.
    fn fits(&self, image: &Value) -> bool {
        let Some(platform) = &self.platform else { return true };
        let text = |name: &str| image.get(name).and_then(Value::as_str).unwrap_or_default();
        let own = ["Os", "Architecture", "Variant"].map(text);
        let alike = |wanted: &str, own: &str| {
            let usual = match wanted {
                "x86_64" | "x86-64" => "amd64",
                "aarch64" => "arm64",
                other => other,
            };
            usual == own
        };
        let parts: Vec<&str> = platform.split('/').collect();
        // One word alone is an architecture, or a system.
        match parts.as_slice() {
            [one] => alike(one, own[1]) || alike(one, own[0]),
            parts => parts.iter().zip(own).all(|(wanted, own)| alike(wanted, own) || own.is_empty()),
        }
    }
}

/// Whether an image here is what a digest stands for.
fn has(image: &Value, digest: &str) -> bool {
    id(image) == digest
        || texts(image, "RepoDigests").iter().any(|text| text.ends_with(&format!("@{digest}")))
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::Reference;
    use crate::docker::tests::{Named, client, perform, registry};
    use crate::testing::Sandbox;

    /// Has the registry hold an image under a name, which the engine then forgets.
    fn publish(image: &str, name: &str) {
        let client = client();
        let full = Reference::parse(name).unwrap().or_tag("latest").unwrap();
        perform(|hands| Ok(client.tag_image(hands, image, &full)?));
        let reply = Sandbox::new("docker_push").run(json!({"name": name}));
        assert_eq!(reply.failure, None);
        perform(|hands| Ok(client.remove_image(hands, &full.to_string(), false, false)?));
    }

    #[test]
    fn an_image_is_brought_and_again_when_the_registry_has_another() {
        let name = Named::new("pull");
        let full = format!("{}/{}", registry(), name.0);
        publish("lab/app:1", &full);
        let sandbox = Sandbox::new("docker_image_pull");
        let reply = sandbox.converges(json!({"name": full}));
        assert_eq!(reply.values["actions"], json!([format!("Pulled image {full}:latest")]));
        let first = reply.values["image"]["Id"].clone();
        publish("lab/app:2", &full);
        perform(|hands| {
            let name = Reference::parse(&full)?;
            Ok(client().tag_image(hands, "lab/app:1", &name)?)
        });
        sandbox.keeps(json!({"name": full, "pull": "not_present"}));
        let reply = sandbox.converges(json!({"name": full}));
        assert_ne!(reply.values["image"]["Id"], first);
        sandbox.keeps(json!({"name": full, "pull": "not_present", "platform": "linux/amd64"}));
    }

    #[test]
    fn mistakes_say_their_cause() {
        let sandbox = Sandbox::new("docker_image_pull");
        let none = format!("{}/no-such-image:1", registry());
        let said = sandbox.fails(json!({"name": none}));
        assert_eq!(said, format!("cannot pull `{none}`: the registry has no such image"));
        let said = sandbox.fails(json!({"name": "127.0.0.1:9/a"}));
        assert!(
            said.contains("connection refused") && said.contains("`127.0.0.1:9` does not answer"),
            "{said}"
        );
        let said = sandbox.fails(json!({"name": "a b"}));
        assert!(said.starts_with("the name of an image has only"), "{said}");
    }
}
