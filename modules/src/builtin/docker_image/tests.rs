//! Images of a real engine, from all their sources.

use serde_json::json;

use crate::docker::tests::{Named, client, registry};
use crate::testing::Sandbox;
use crate::wire::Change;

#[test]
fn an_image_is_built_named_sent_and_saved_at_once() {
    let (name, sent) = (Named::new("image"), Named::new("image-sent"));
    let sandbox = Sandbox::new("docker_image").file("app/Dockerfile", "FROM lab/app:1\nARG A\nENV A=$A\n");
    let full = format!("{}/{}", registry(), sent.0);
    let mut args = json!({
        "name": name.0, "source": "build", "repository": full, "push": true, "force_source": true,
        "archive_path": sandbox.path("a.tar"),
        "build": {"path": sandbox.path("app"), "args": {"A": 1}, "container_limits": {"memory": "64M", "memswap": "128M"}},
    });
    assert_eq!(sandbox.check(args.clone()).change, Change::Yes);
    assert!(client().image(&name.0).unwrap().is_none());
    let reply = sandbox.run(args.clone());
    assert_eq!((reply.change, reply.failure.clone()), (Change::Yes, None), "{reply:?}");
    assert!(reply.values["digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(reply.values["image"]["Config"]["Env"].as_array().unwrap().contains(&json!("A=1")));
    assert!(sandbox.at("a.tar").is_file());
    sandbox.keeps(args.clone());
    args["build"]["args"]["A"] = 2.into();
    args["force_tag"] = true.into();
    let reply = sandbox.run(args.clone());
    assert_eq!((reply.change, reply.failure.clone()), (Change::Yes, None), "{reply:?}");
    sandbox.keeps(args);
}

#[test]
fn an_image_is_loaded_pulled_and_removed() {
    let name = Named::new("image-load");
    let full = format!("{}/{}:1", registry(), name.0);
    let sandbox = Sandbox::new("docker_image");
    let named = json!({"name": "lab/app:1", "source": "local", "repository": full, "archive_path": sandbox.path("a.tar")});
    let reply = sandbox.run(named);
    assert_eq!((reply.change, reply.failure.clone()), (Change::Yes, None), "{reply:?}");
    Sandbox::new("docker_push").converges(json!({"name": full}));
    Sandbox::new("docker_image_export").converges(json!({"name": full, "path": sandbox.path("b.tar")}));
    sandbox.converges(json!({"name": full, "state": "absent"}));
    sandbox.converges(json!({"name": full, "source": "load", "load_path": sandbox.path("b.tar")}));
    sandbox.converges(json!({"name": full, "state": "absent", "force_absent": true}));
    sandbox.converges(json!({"name": full, "source": "pull"}));
}

#[test]
fn mistakes_say_their_cause() {
    let sandbox = Sandbox::new("docker_image");
    let said = sandbox.fails(json!({"name": "lab/none", "source": "local"}));
    assert!(said.starts_with("there is no image `lab/none:latest` here"), "{said}");
    let said = sandbox.fails(json!({"name": "lab/none"}));
    assert!(said.contains("source"), "{said}");
    let export = Sandbox::new("docker_image_export");
    export.converges(json!({"name": "lab/app:1", "path": export.path("a.tar")}));
    let said =
        sandbox.fails(json!({"name": "lab/none", "source": "load", "load_path": export.path("a.tar")}));
    assert!(said.starts_with("there is no image `lab/none:latest` in the archive"), "{said}");
}
