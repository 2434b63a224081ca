use serde_json::{Value, json};

use crate::testing::Sandbox;
use crate::wire::Reply;

/// Runs with a file of `text`; the reply, and the text after.
fn edit(text: &str, mut args: Value) -> (Reply, String) {
    let sandbox = Sandbox::new("lineinfile").file("f", text);
    args["path"] = sandbox.path("f").into();
    let reply = sandbox.converges(args);
    (reply, sandbox.text("f"))
}

fn kept(text: &str, mut args: Value) -> Reply {
    let sandbox = Sandbox::new("lineinfile").file("f", text);
    args["path"] = sandbox.path("f").into();
    sandbox.keeps(args)
}

#[test]
fn a_line_is_added_at_the_end() {
    let (reply, text) = edit("a\nb", json!({"line": "c"}));
    assert_eq!((text.as_str(), &reply.values["msg"]), ("a\nb\nc\n", &json!("line added")));
    assert_eq!(reply.values["backup"], "");
    assert_eq!((reply.diff[0].before.as_str(), reply.diff[0].after.as_str()), ("a\nb", "a\nb\nc\n"));
    assert_eq!(kept("a\nc\r\nc\nb\n", json!({"line": "c"})).values["msg"], "");
}

#[test]
fn a_line_from_a_block_scalar_is_found_again() {
    assert_eq!(edit("a\n", json!({"line": "b\n"})).1, "a\nb\n");
}

#[test]
fn the_last_match_is_replaced_or_the_first() {
    let wish = json!({"regexp": "^x=", "line": "x=3"});
    assert_eq!(edit("x=1\nx=2\nb\n", wish.clone()).1, "x=1\nx=3\nb\n");
    let mut first = wish;
    first["firstmatch"] = "yes".into();
    let (reply, text) = edit("x=1\nx=2\nb\n", first);
    assert_eq!((text.as_str(), &reply.values["msg"]), ("x=3\nx=2\nb\n", &json!("line replaced")));
}

#[test]
fn a_text_is_found_as_it_is() {
    assert_eq!(edit("a.b*\nc\n", json!({"search_string": "b*", "line": "d"})).1, "d\nc\n");
    assert_eq!(edit("a\nb*\n", json!({"search_string": "b*", "state": "absent"})).1, "a\n");
}

#[test]
fn groups_are_filled_in_and_without_a_match_nothing_is_done() {
    let wish = json!({"regexp": r"^(\w+)=(?P<v>\d+)$", "line": r"\1 is \g<v>", "backrefs": true});
    assert_eq!(edit("a\nport=80\n", wish.clone()).1, "a\nport is 80\n");
    kept("a\n", wish);
    let literal = json!({"regexp": "^a", "line": r"\1"});
    assert_eq!(edit("a\n", literal).1, "\\1\n");
}

#[test]
fn a_new_line_comes_where_it_is_wanted() {
    let text = "[a]\nx\n[b]\n[a]\ny\n";
    assert_eq!(edit(text, json!({"line": "n", "insertafter": r"^\[a\]"})).1, "[a]\nx\n[b]\n[a]\nn\ny\n");
    assert_eq!(edit(text, json!({"line": "n", "insertbefore": r"^\[a\]"})).1, "[a]\nx\n[b]\nn\n[a]\ny\n");
    let first = json!({"line": "n", "insertafter": r"^\[a\]", "firstmatch": true});
    assert_eq!(edit(text, first).1, "[a]\nn\nx\n[b]\n[a]\ny\n");
    assert_eq!(edit(text, json!({"line": "n", "insertbefore": "BOF"})).1, format!("n\n{text}"));
    assert_eq!(edit(text, json!({"line": "n", "insertafter": "EOF"})).1, format!("{text}n\n"));
    assert_eq!(edit(text, json!({"line": "n", "insertafter": "^no"})).1, format!("{text}n\n"));
    assert_eq!(edit("a\nz", json!({"line": "n", "insertafter": "^z"})).1, "a\nz\nn\n");
}

#[test]
fn lines_are_removed() {
    let (reply, text) = edit("a1\nb\na2\n", json!({"regexp": "^a", "state": "absent"}));
    assert_eq!((text.as_str(), &reply.values["found"]), ("b\n", &json!(2)));
    assert_eq!(reply.values["msg"], "2 line(s) removed");
    assert_eq!(edit("a\nb\r\n", json!({"line": "b", "state": "absent"})).1, "a\n");
    assert_eq!(kept("a\n", json!({"line": "b", "state": "absent"})).values["found"], 0);
    let gone = json!({"path": "/no/such/file", "line": "b", "state": "absent"});
    assert_eq!(Sandbox::new("lineinfile").keeps(gone).values["msg"], "file not present");
}

#[test]
fn a_file_is_made_with_its_directories_and_attributes() {
    let sandbox = Sandbox::new("lineinfile");
    let path = sandbox.path("new/dir/f");
    let missing = sandbox.fails(json!({"path": path, "line": "a"}));
    assert_eq!(missing, format!("Destination {path} does not exist !\nhint: `create: true` makes it"));
    sandbox.converges(json!({"path": path, "line": "a", "create": true, "mode": "0600"}));
    assert_eq!((sandbox.text("new/dir/f").as_str(), sandbox.mode("new/dir/f")), ("a\n", 0o600));
    let reply = sandbox.converges(json!({"path": path, "line": "a", "mode": "u=rw,g=r,o="}));
    assert_eq!(reply.values["msg"], "ownership, perms or SE linux context changed");
}

#[test]
fn mode_and_links_stay_and_a_copy_is_kept() {
    let sandbox = Sandbox::new("lineinfile").file("f", "a\n");
    std::fs::set_permissions(sandbox.at("f"), std::os::unix::fs::PermissionsExt::from_mode(0o4751)).unwrap();
    std::os::unix::fs::symlink("f", sandbox.at("link")).unwrap();
    let reply = sandbox.converges(json!({"path": sandbox.path("link"), "line": "b", "backup": true}));
    assert_eq!((sandbox.text("f").as_str(), sandbox.mode("f")), ("a\nb\n", 0o4751));
    assert!(sandbox.at("link").is_symlink());
    let copy = reply.values["backup"].as_str().unwrap();
    assert!(copy.starts_with(&sandbox.path("link.")) && copy.ends_with('~'), "{copy}");
    assert_eq!(std::fs::read_to_string(copy).unwrap(), "a\n");
}

#[test]
fn a_file_that_is_not_valid_does_not_take_its_place() {
    let sandbox = Sandbox::new("lineinfile").file("f", "a\n").tool("ok", "grep -q b \"$2\"");
    let wish = |line| json!({"path": sandbox.path("f"), "line": line, "validate": "ok -f %s"});
    let message = sandbox.fails(wish("c"));
    assert!(message.starts_with("failed to validate: rc:1"), "{message}");
    sandbox.converges(wish("b"));
    assert_eq!(sandbox.text("f"), "a\nb\n");
}

#[test]
fn other_alphabets_are_kept() {
    let sandbox = Sandbox::new("lineinfile").file("f", b"caf\xe9\n");
    sandbox.converges(json!({"path": sandbox.path("f"), "line": "thé", "encoding": "latin-1"}));
    assert_eq!(std::fs::read(sandbox.at("f")).unwrap(), b"caf\xe9\nth\xe9\n");
}

#[test]
fn mistakes_are_said_before_anything_is_done() {
    let message = Sandbox::new("lineinfile").fails(json!({"path": "/f", "regexp": "(", "state": "absent"}));
    assert!(
        message.contains("option `regexp` of module `lineinfile`: expected a regular expression"),
        "{message}"
    );
    let message = Sandbox::new("lineinfile").fails(json!({"path": "/f", "backrefs": "yes", "line": "x"}));
    assert_eq!(message, "missing option `regexp` of module `lineinfile`, needed when `backrefs` is `true`");
}
