use serde_json::json;

use crate::testing::Sandbox;

fn file() -> serde_json::Value {
    json!({"kind": "file", "name": "motd", "mode": 0o640})
}

#[test]
fn a_file_is_written_with_its_mode() {
    let sandbox = Sandbox::new("copy").dir("etc").body("content", "hello\n");
    let dest = sandbox.path("etc/motd");
    let reply = sandbox.converges(json!({"src": "motd", "dest": dest, "mode": "0600", "_source": file()}));
    assert_eq!(sandbox.text("etc/motd"), "hello\n");
    assert_eq!(sandbox.mode("etc/motd"), 0o600);
    assert_eq!(reply.values["checksum"], "f572d396fae9206628714fb2ce00f72e94f2258f");
}

#[test]
fn a_directory_takes_the_name_of_the_source() {
    let sandbox = Sandbox::new("copy").dir("etc").body("content", "hello\n");
    sandbox.converges(json!({"src": "motd", "dest": sandbox.path("etc"), "_source": file()}));
    assert_eq!(sandbox.text("etc/motd"), "hello\n");
}

#[test]
fn preserve_takes_the_mode_of_the_source() {
    let sandbox = Sandbox::new("copy").body("content", "x");
    sandbox
        .converges(json!({"src": "motd", "dest": sandbox.path("a"), "mode": "preserve", "_source": file()}));
    assert_eq!(sandbox.mode("a"), 0o640);
}

#[test]
fn an_old_file_is_kept_and_its_mode_stays() {
    let sandbox = Sandbox::new("copy").file("a", "old").body("content", "new");
    std::fs::set_permissions(sandbox.at("a"), std::os::unix::fs::PermissionsExt::from_mode(0o751)).unwrap();
    let reply = sandbox
        .converges(json!({"src": "motd", "dest": sandbox.path("a"), "backup": true, "_source": file()}));
    assert_eq!(std::fs::read_to_string(reply.values["backup_file"].as_str().unwrap()).unwrap(), "old");
    assert_eq!(sandbox.mode("a"), 0o751);
}

#[test]
fn without_force_an_old_file_stays() {
    let sandbox = Sandbox::new("copy").file("a", "old").body("content", "new");
    sandbox.keeps(json!({"src": "motd", "dest": sandbox.path("a"), "force": false, "_source": file()}));
    assert_eq!(sandbox.text("a"), "old");
}

#[test]
fn a_missing_directory_is_named() {
    let sandbox = Sandbox::new("copy").body("content", "x");
    let said = sandbox.fails(json!({"src": "motd", "dest": sandbox.path("no/motd"), "_source": file()}));
    assert_eq!(said, format!("Destination directory {} does not exist", sandbox.path("no")));
}

#[test]
fn a_file_that_does_not_validate_leaves_the_old_one() {
    let sandbox = Sandbox::new("copy").file("a", "old").body("content", "new");
    let reply = sandbox
        .run(json!({"src": "motd", "dest": sandbox.path("a"), "validate": "false %s", "_source": file()}));
    assert_eq!(
        (reply.failure.as_deref(), &reply.values["exit_status"]),
        (Some("failed to validate"), &json!(1))
    );
    assert_eq!(sandbox.text("a"), "old");
}

#[test]
fn a_tree_is_built_beneath_the_destination() {
    let entries = json!([
        {"path": "d", "kind": "directory", "mode": 0o755},
        {"path": "d/f", "kind": "file", "mode": 0o644},
        {"path": "l", "kind": "link", "target": "d/f", "file": false, "mode": 0o777},
    ]);
    let source =
        json!({"kind": "tree", "name": "t", "contents_only": false, "mode": 0o755, "entries": entries});
    let sandbox = Sandbox::new("copy").dir("to").body("d/f", "content");
    sandbox.converges(json!({"src": "t", "dest": sandbox.path("to"), "_source": source}));
    assert_eq!(sandbox.text("to/t/d/f"), "content");
    assert_eq!(std::fs::read_link(sandbox.at("to/t/l")).unwrap().to_str(), Some("d/f"));
}

#[test]
fn a_directory_of_the_target_is_copied_there() {
    let sandbox = Sandbox::new("copy").file("from/d/f", "content");
    let src = format!("{}/", sandbox.path("from"));
    sandbox.converges(json!({"src": src, "dest": sandbox.path("to"), "remote_src": true}));
    assert_eq!(sandbox.text("to/d/f"), "content");
}

#[test]
fn a_text_needs_the_name_of_a_file() {
    let sandbox = Sandbox::new("copy").dir("to").body("content", "x");
    let said =
        sandbox.fails(json!({"content": "x", "dest": sandbox.path("to"), "_source": {"kind": "text"}}));
    assert!(said.starts_with("can not use content with a dir as dest"), "{said}");
}

#[test]
fn in_check_mode_a_directory_that_an_earlier_call_would_make_is_enough() {
    let maker = Sandbox::new("file");
    let foretold = maker.check(json!({"path": maker.path("d"), "state": "directory"}));
    assert_eq!(foretold.change, crate::wire::Change::Yes);
    let sandbox = Sandbox::new("copy").body("content", "x");
    let args = json!({"src": "motd", "dest": maker.path("d/motd"), "_source": file()});
    let reply = sandbox.check(args.clone());
    assert_eq!((reply.failure, reply.change), (None, crate::wire::Change::Yes));
    assert!(sandbox.run(args).failure.is_some(), "outside check mode the directory must be there");
}

#[test]
fn a_tree_of_the_target_keeps_its_permissions_and_links() {
    let sandbox = Sandbox::new("copy").dir("to").file("from/run", "x");
    std::fs::set_permissions(sandbox.at("from/run"), std::os::unix::fs::PermissionsExt::from_mode(0o751))
        .unwrap();
    std::os::unix::fs::symlink("run", sandbox.at("from/l")).unwrap();
    let args = json!({"src": sandbox.path("from"), "dest": sandbox.path("to"), "remote_src": true});
    let reply = sandbox.converges(args);
    assert_eq!(sandbox.mode("to/from/run"), 0o751);
    assert_eq!(std::fs::read_link(sandbox.at("to/from/l")).unwrap().to_str(), Some("run"));
    assert_eq!(
        (&reply.values["dest"], &reply.values["src"]),
        (&json!(sandbox.path("to")), &json!(sandbox.path("from")))
    );
}

#[test]
fn another_content_than_announced_is_not_written() {
    let sandbox = Sandbox::new("copy").body("content", "x");
    let reply =
        sandbox.run(json!({"src": "motd", "dest": sandbox.path("a"), "checksum": "00", "_source": file()}));
    assert_eq!(reply.values["expected_checksum"], "00");
    assert!(reply.failure.is_some() && !sandbox.at("a").exists());
}

#[test]
fn what_is_written_through_a_link_is_told() {
    let sandbox = Sandbox::new("copy").file("real", "old").body("content", "new");
    std::os::unix::fs::symlink("real", sandbox.at("l")).unwrap();
    let args = json!({"src": "motd", "dest": sandbox.path("l"), "follow": true, "_source": file()});
    let reply = sandbox.converges(args);
    assert_eq!(
        (&reply.values["dest"], &reply.values["state"]),
        (&json!(sandbox.path("real")), &json!("file"))
    );
}
