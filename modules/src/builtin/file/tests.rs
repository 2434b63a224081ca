use serde_json::json;

use crate::testing::Sandbox;

#[test]
fn a_directory_is_made_with_those_above_it() {
    let sandbox = Sandbox::new("file");
    let reply = sandbox.converges(json!({"path": sandbox.path("a/b"), "state": "directory", "mode": "0750"}));
    assert_eq!((sandbox.mode("a"), sandbox.mode("a/b")), (0o750, 0o750));
    assert_eq!(reply.values["state"], "directory");
    assert_eq!(reply.values["mode"], "0750");
}

#[test]
fn a_directory_in_the_place_of_a_file_is_refused() {
    let sandbox = Sandbox::new("file").file("a", "");
    let said = sandbox.fails(json!({"path": sandbox.path("a"), "state": "directory"}));
    assert_eq!(said, format!("{} already exists as a file", sandbox.path("a")));
}

#[test]
fn a_tree_is_removed() {
    let sandbox = Sandbox::new("file").file("a/b/c", "");
    let reply = sandbox.converges(json!({"path": sandbox.path("a"), "state": "absent"}));
    assert!(!sandbox.at("a").exists());
    assert_eq!(reply.values["state"], "absent");
}

#[test]
fn attributes_reach_everything_within() {
    let sandbox = Sandbox::new("file").file("a/b/c", "");
    sandbox.converges(
        json!({"path": sandbox.path("a"), "state": "directory", "recurse": true, "mode": "u=rwX,g=,o="}),
    );
    assert_eq!((sandbox.mode("a/b"), sandbox.mode("a/b/c")), (0o700, 0o600));
}

#[test]
fn a_link_is_made_and_changed() {
    let sandbox = Sandbox::new("file").file("a", "").file("b", "");
    sandbox.converges(json!({"path": sandbox.path("l"), "src": sandbox.path("a"), "state": "link"}));
    sandbox.converges(json!({"path": sandbox.path("l"), "src": "b", "state": "link"}));
    assert_eq!(std::fs::read_link(sandbox.at("l")).unwrap().to_str(), Some("b"));
}

#[test]
fn a_link_to_nothing_needs_force() {
    let sandbox = Sandbox::new("file");
    let said = sandbox.fails(json!({"path": sandbox.path("l"), "src": "nowhere", "state": "link"}));
    assert!(said.starts_with("src file does not exist"), "{said}");
    sandbox.converges(json!({"path": sandbox.path("l"), "src": "nowhere", "state": "link", "force": true}));
}

#[test]
fn a_file_is_not_turned_into_a_link_unasked() {
    let sandbox = Sandbox::new("file").file("a", "").file("l", "mine");
    let said = sandbox.fails(json!({"path": sandbox.path("l"), "src": "a", "state": "link"}));
    assert!(said.starts_with("refusing to convert from file to symlink"), "{said}");
    assert_eq!(sandbox.text("l"), "mine");
}

#[test]
fn a_directory_keeps_the_group_bit_of_the_one_above() {
    let sandbox = Sandbox::new("file");
    let make = |path: &str, mode: Option<&str>| {
        let mut args = json!({"path": sandbox.path(path), "state": "directory"});
        mode.iter().for_each(|mode| args["mode"] = json!(mode));
        assert_eq!(sandbox.run(args).failure, None);
    };
    make("shared", Some("2770"));
    make("shared/a/b", None);
    assert_eq!(sandbox.mode("shared/a/b") & 0o2000, 0o2000);
}

#[test]
fn a_hard_link_shares_the_file() {
    let sandbox = Sandbox::new("file").file("a", "x");
    sandbox.converges(json!({"path": sandbox.path("h"), "src": sandbox.path("a"), "state": "hard"}));
    std::fs::write(sandbox.at("a"), "y").unwrap();
    assert_eq!(sandbox.text("h"), "y");
}

#[test]
fn a_file_is_touched_or_kept_as_it_is() {
    let sandbox = Sandbox::new("file");
    let touch = json!({"path": sandbox.path("t"), "state": "touch", "mode": "0640"});
    assert_eq!(sandbox.run(touch).failure, None);
    assert_eq!(sandbox.mode("t"), 0o640);
    let keep = json!({"path": sandbox.path("t"), "state": "touch", "modification_time": "preserve", "access_time": "preserve"});
    sandbox.keeps(keep);
    sandbox.converges(
        json!({"path": sandbox.path("t"), "modification_time": "202001020304.05", "access_time": "preserve"}),
    );
}

#[test]
fn a_file_that_is_not_there_is_no_file() {
    let sandbox = Sandbox::new("file");
    let said = sandbox.fails(json!({"path": sandbox.path("a"), "mode": "0600"}));
    assert!(said.starts_with(&format!("file ({}) is absent, cannot continue", sandbox.path("a"))), "{said}");
}
