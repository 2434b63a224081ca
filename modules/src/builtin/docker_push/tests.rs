//! Pushes to a real registry.

use serde_json::json;

use crate::docker::Reference;
use crate::docker::tests::{Named, client, perform, registry};
use crate::testing::Sandbox;

fn tag(image: &str, name: &str) {
    let name = Reference::parse(name).unwrap().or_tag("latest").unwrap();
    perform(|hands| Ok(client().tag_image(hands, image, &name)?));
}

#[test]
fn an_image_is_sent_once_and_again_when_it_is_another() {
    let name = Named::new("push");
    let full = format!("{}/{}", registry(), name.0);
    tag("lab/app:1", &full);
    let sandbox = Sandbox::new("docker_push");
    let reply = sandbox.converges(json!({"name": full}));
    assert!(reply.values["digest"].as_str().unwrap().starts_with("sha256:"), "{reply:?}");
    tag("lab/app:2", &full);
    let other = sandbox.converges(json!({"name": full}));
    assert_ne!(other.values["digest"], reply.values["digest"]);
}

#[test]
fn what_another_machine_has_sent_is_known_by_its_manifest() {
    let name = Named::new("known");
    let full = format!("{}/{}", registry(), name.0);
    tag("lab/app:1", &full);
    let sandbox = Sandbox::new("docker_push");
    sandbox.converges(json!({"name": full}));
    // Without the name the engine forgets the digest too.
    perform(|hands| Ok(client().remove_image(hands, &format!("{full}:latest"), false, false)?));
    tag("lab/app:1", &full);
    sandbox.keeps(json!({"name": full}));
}

#[test]
fn a_repository_is_a_name_more() {
    let name = Named::new("repository");
    let full = format!("{}/{}:7", registry(), name.0);
    let sandbox = Sandbox::new("docker_push");
    let reply = sandbox.converges(json!({"name": "lab/app:1", "repository": full}));
    assert_eq!(reply.values["name"], full);
}

#[test]
fn what_was_built_from_a_directory_is_found_by_it() {
    let (name, built) = (Named::new("context"), Named::new("built"));
    let text = format!("FROM scratch\nARG WORD\nLABEL word=$WORD\nCOPY Dockerfile /{}\n", built.0);
    let sandbox = Sandbox::new("docker_build").file("app/Dockerfile", &text);
    let (app, word) = (sandbox.path("app"), json!({"WORD": built.0}));
    let push = Sandbox::new("docker_push");
    let args =
        json!({"context": app, "repository": format!("{}/{}", registry(), name.0), "environment": word});
    let said = push.fails(args.clone());
    assert!(said.starts_with("there is no image here that was built from this context"), "{said}");
    sandbox
        .converges(json!({"context": app, "build_arg": format!("--tag {}", built.0), "environment": word}));
    let reply = push.converges(args);
    assert_eq!(reply.values["image"]["Config"]["Labels"]["word"], built.0);
}

#[test]
fn mistakes_say_their_cause() {
    let name = Named::new("wrong");
    let sandbox = Sandbox::new("docker_push");
    let said = sandbox.fails(json!({"name": name.0}));
    assert!(said.starts_with("there is no image `wrong-") && said.ends_with(":latest` to send"), "{said}");
    let nobody = format!("127.0.0.1:9/{}", name.0);
    tag("lab/app:1", &nobody);
    let said = sandbox.fails(json!({"name": nobody}));
    assert!(said.contains("connection refused") && said.contains("`127.0.0.1:9` does not answer"), "{said}");
    let said = sandbox.fails(json!({"name": format!("sha256:{}", "0".repeat(64))}));
    assert!(said.starts_with("an image is not sent by its number"), "{said}");
}
