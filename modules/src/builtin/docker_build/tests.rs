//! Builds by a real engine.

use serde_json::{Value, json};

use crate::docker::build::{BUILD, label};
use crate::docker::tests::{Named, client, perform};
use crate::testing::Sandbox;
use crate::wire::Change;

const DOCKERFILE: &str =
    "FROM lab/app:1\nARG WORD=none\nCOPY . /app/\nRUN echo the word is $WORD > /app/word\n";

fn sandbox() -> Sandbox {
    Sandbox::new("docker_build").file("app/Dockerfile", DOCKERFILE).file("app/a.txt", "one")
}

fn id(name: &str) -> String {
    client().image(name).unwrap().map(|image| image["Id"].as_str().unwrap().to_owned()).unwrap_or_default()
}

fn said(image: &str, file: &str) -> String {
    let client = client();
    let body = json!({"Image": image, "Cmd": ["cat", file], "Tty": true});
    let (text, _) = perform(|hands| {
        let made = client.post(hands, "/containers/create", &body)?;
        let path = format!("/containers/{}", made["Id"].as_str().unwrap());
        client.post(hands, &format!("{path}/start"), &Value::Null)?;
        client.post(hands, &format!("{path}/wait"), &Value::Null)?;
        let mut text = String::new();
        std::io::Read::read_to_string(&mut client.open(&format!("{path}/logs?stdout=1"))?, &mut text)
            .unwrap();
        client.delete(hands, &format!("{path}?force=1"))?;
        Ok(text)
    });
    text.trim().to_owned()
}

#[test]
fn an_image_is_built_once_and_again_when_its_directory_changes() {
    let name = Named::new("build");
    let sandbox = sandbox().file("app/.dockerignore", "*.log\n");
    let args =
        json!({"name": name.0, "path": sandbox.path("app"), "args": {"WORD": "moon"}, "labels": {"a": "b"}});
    let reply = sandbox.converges(args.clone());
    assert_eq!(reply.values["image"]["Config"]["Labels"]["a"], "b");
    assert!(reply.values["stdout"].as_str().unwrap().contains("Step 4/7"), "{reply:?}");
    let full = format!("{}:latest", name.0);
    assert_eq!(said(&full, "/app/word"), "the word is moon");
    let first = id(&full);

    let sandbox = sandbox.file("app/x.log", "ignored");
    sandbox.keeps(args.clone());
    let sandbox = sandbox.file("app/a.txt", "two");
    sandbox.converges(args.clone());
    assert_ne!(id(&full), first);
    let mut other = args;
    other["args"]["WORD"] = "sun".into();
    sandbox.converges(other.clone());
    assert_eq!(said(&full, "/app/word"), "the word is sun");
    other["rebuild"] = "never".into();
    other["args"]["WORD"] = "mars".into();
    sandbox.keeps(other);
}

#[test]
fn always_asks_the_engine_and_changes_with_the_image() {
    let name = Named::new("always");
    let sandbox = sandbox();
    let args = json!({"name": name.0, "path": sandbox.path("app"), "rebuild": "always"});
    sandbox.performs(args.clone());
    assert_eq!(sandbox.run(args).change, Change::No);
}

#[test]
fn the_short_form_names_the_image_and_its_arguments() {
    let name = Named::new("short");
    let sandbox = sandbox();
    let line = format!("--tag {}", name.0);
    sandbox.converges(json!({
        "context": sandbox.path("app"), "dockerfile": "Dockerfile", "build_arg": line, "environment": {"WORD": "moon"},
    }));
    assert_eq!(said(&format!("{}:latest", name.0), "/app/word"), "the word is moon");
}

#[test]
fn an_image_without_a_name_has_that_of_its_directory() {
    let name = Named::new("named");
    let directory = format!("in/{}", name.0.to_uppercase());
    let sandbox = Sandbox::new("docker_build").file(&format!("{directory}/Dockerfile"), "FROM lab/app:1\n");
    let reply = sandbox.converges(json!({"context": sandbox.path(&directory)}));
    assert_eq!(reply.values["name"], format!("{}:latest", name.0));
}

#[test]
fn files_of_the_controller_are_built_as_if_they_were_here() {
    let name = Named::new("sent");
    let there = sandbox().file("app/deep/b", "b");
    let context = crate::docker::build::Context::scan(&there.at("app"), None).unwrap();
    let mut sandbox = Sandbox::new("docker_build");
    for (path, at) in context.files() {
        sandbox = sandbox.body(&path, std::fs::read(at).unwrap());
    }
    let args = json!({"name": name.0, "path": ".", "_context": context.describe()});
    sandbox.converges(args);
    assert_eq!(said(&format!("{}:latest", name.0), "/app/deep/b"), "b");
    there.keeps(json!({"name": name.0, "path": there.path("app")}));
}

#[test]
fn a_build_knows_the_image_it_begins_with() {
    let (base, name) = (Named::new("base"), Named::new("upon"));
    let from = format!("FROM {}\n", base.0);
    let sandbox = Sandbox::new("docker_build")
        .file("base/Dockerfile", "FROM lab/app:1\n")
        .file("upon/Dockerfile", from);
    let build = |directory: &str, name: &str| json!({"name": name, "path": sandbox.path(directory)});
    sandbox.converges(build("base", &base.0));
    sandbox.converges(build("upon", &name.0));
    let full = format!("{}:latest", name.0);
    let before = client().image(&full).unwrap().unwrap();
    std::fs::write(sandbox.at("base/Dockerfile"), "FROM lab/app:1\nENV A=1\n").unwrap();
    sandbox.converges(build("base", &base.0));
    sandbox.converges(build("upon", &name.0));
    let after = client().image(&full).unwrap().unwrap();
    assert_ne!(label(&before, BUILD), label(&after, BUILD));
}

#[test]
fn mistakes_say_their_cause() {
    let name = Named::new("wrong");
    let fails = |dockerfile: &str, more: Value| {
        let sandbox = Sandbox::new("docker_build").file("app/Dockerfile", dockerfile);
        let mut args = json!({"name": name.0, "path": sandbox.path("app")});
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sandbox.fails(args)
    };
    let none = json!({});
    let said = fails("FROM lab/app:1\nRUN echo before it && false\n", none.clone());
    assert!(said.contains(": step 2/2 `RUN echo before it && false`: The command"), "{said}");
    assert!(said.ends_with("its last lines:\n  before it"), "{said}");
    let said = fails("FROM lab/app:1\nRUNN x\n", none.clone());
    assert!(said.contains("unknown instruction: RUNN"), "{said}");
    let said = fails("FROM lab/no-such-image:9\n", none.clone());
    assert!(said.starts_with("cannot pull `lab/no-such-image:9`"), "{said}");
    let said = fails("FROM lab/app:1\nCOPY absent /\n", none.clone());
    assert!(said.contains("step 2/2 `COPY absent /`"), "{said}");
    let said = fails("FROM lab/app:1\n", json!({"docker_host": "unix:///nowhere/docker.sock"}));
    assert!(said.starts_with("no Docker Engine here: there is no socket"), "{said}");
    let said = fails("FROM lab/app:1\n", json!({"docker_host": "tcp://127.0.0.1:9"}));
    assert!(
        said.starts_with("cannot connect to the engine at `tcp://127.0.0.1:9`: connection refused"),
        "{said}"
    );
    let said = fails("FROM lab/app:1\n", json!({"path": "/nowhere/at/all"}));
    assert!(said.starts_with("cannot use the context `/nowhere/at/all`"), "{said}");
    let said = fails("FROM lab/app:1\n", json!({"path": "https://example.org/app.git"}));
    assert!(said.starts_with("expected a directory as the context"), "{said}");
    let said = fails("FROM lab/app:1\n", json!({"name": "Capital"}));
    assert!(said.starts_with("the name of an image has no capitals"), "{said}");
}

#[test]
fn secrets_go_to_buildkit_in_private_files() {
    let name = Named::new("secret");
    // Stands for docker's plugin, which the machine need not have: it keeps what it was given.
    let tool = "case \"$*\" in *'buildx version'*) exit 0;; esac\necho \"$*\" > $SANDBOX/argv\n\
                f=$(echo \"$*\" | sed 's/.*id=s,src=\\([^ ]*\\).*/\\1/')\ncat $f > $SANDBOX/seen\n\
                stat -c %a $f > $SANDBOX/mode\ntar tf - > $SANDBOX/members";
    let dockerfile = "FROM lab/app:1\nRUN --mount=type=secret,id=s cat /run/secrets/s\n";
    let sandbox = Sandbox::new("docker_build").file("app/Dockerfile", dockerfile).tool("docker", tool);
    let secret = json!([{"id": "s", "type": "value", "value": "hidden-word"}]);
    let reply = sandbox.run(json!({"name": name.0, "path": sandbox.path("app"), "secrets": secret}));
    assert_eq!(reply.failure, None, "{reply:?}");
    assert!(!format!("{reply:?}").contains("hidden-word") && !sandbox.text("argv").contains("hidden-word"));
    assert_eq!((sandbox.text("seen").as_str(), sandbox.text("mode").as_str()), ("hidden-word", "600\n"));
    assert_eq!(sandbox.text("members"), "Dockerfile\n");
    let argv = sandbox.text("argv");
    assert!(argv.contains("--load") && argv.contains(&format!("--tag {}:latest", name.0)), "{argv}");
}

#[test]
fn secrets_are_used_and_in_no_layer() {
    let name = Named::new("hidden");
    let dockerfile = "FROM lab/app:1\nRUN --mount=type=secret,id=s wc -c < /run/secrets/s > /length\n";
    // Debian's docker command, which speaks to BuildKit without a plugin.
    let sandbox =
        Sandbox::new("docker_build").file("app/Dockerfile", dockerfile).env("PATH", "/usr/bin:/bin");
    let secret = json!([{"id": "s", "type": "value", "value": "hidden-word"}]);
    let args = json!({"name": name.0, "path": sandbox.path("app"), "secrets": secret});
    let reply = sandbox.converges(args);
    assert!(!format!("{reply:?}").contains("hidden-word"), "{reply:?}");
    let full = format!("{}:latest", name.0);
    assert_eq!(said(&full, "/length"), "11");
    let path = format!("/images/{}", crate::docker::escape(&full));
    let history = client().get(&format!("{path}/history")).unwrap();
    assert!(!history.to_string().contains("hidden-word"), "{history}");
    let mut archive = Vec::new();
    std::io::Read::read_to_end(&mut client().save_images(std::slice::from_ref(&full)).unwrap(), &mut archive)
        .unwrap();
    let holds = |word: &[u8]| archive.windows(word.len()).any(|window| window == word);
    assert!(holds(b"/run/secrets/s") && !holds(b"hidden-word"));
}

#[test]
fn what_only_buildkit_can_is_refused_where_no_command_speaks_to_it() {
    let tool = "case \"$*\" in *--version*) echo Docker version 28.2.2, build x; exit 0;; esac\nexit 1";
    let sandbox = Sandbox::new("docker_build").tool("docker", tool);
    let fails = |dockerfile: &str, secrets: Value| {
        std::fs::create_dir_all(sandbox.at("app")).unwrap();
        std::fs::write(sandbox.at("app/Dockerfile"), dockerfile).unwrap();
        sandbox.fails(json!({"name": "lab-refused", "path": sandbox.path("app"), "secrets": secrets}))
    };
    let said = fails("FROM lab/app:1\n", json!([{"id": "s", "type": "value", "value": "hidden-word"}]));
    assert!(said.contains("BuildKit is needed for secrets") && !said.contains("hidden-word"), "{said}");
    assert!(said.contains("hint: install the docker command with its plugin `buildx`"), "{said}");
    let said = fails("FROM lab/app:1\nRUN --mount=type=cache,target=/x true\n", json!([]));
    assert!(said.contains("BuildKit is needed for `RUN --mount`"), "{said}");
}
