use serde_json::json;

use crate::args::Args;

#[test]
fn a_copy_needs_something_to_copy() {
    let check =
        |args: serde_json::Value| super::K8sCp::SPEC.check(args.as_object().unwrap(), &|_| true).len();
    assert_eq!(check(json!({"pod": "a", "remote_path": "/b", "content": "x"})), 0);
    assert_eq!(check(json!({"pod": "a", "remote_path": "/b"})), 1);
    assert_eq!(check(json!({"pod": "a", "remote_path": "/b", "content": "x", "local_path": "/c"})), 1);
}

#[cfg(feature = "lab")]
mod lab {
    use serde_json::{Value, json};

    use crate::kubernetes::lab::{self, Namespace};
    use crate::wire::Change;

    #[test]
    fn files_and_directories_go_both_ways_and_only_once() {
        let space = Namespace::new();
        space.pod("box", "sh -c 'mkdir -p /srv; sleep 1000'");
        let sandbox = lab::sandbox("k8s_cp")
            .file("one", "hello\n")
            .file("tree/a", "1")
            .file("tree/in/b c", [0_u8, 255, 1])
            .dir("back");
        let of = |more: Value| {
            let mut args = json!({"pod": "box", "namespace": space.name});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            args
        };
        let reply = sandbox.converges(of(json!({"local_path": sandbox.path("one"), "remote_path": "/srv"})));
        assert_eq!(reply.values["dest"], "/srv/one");
        sandbox.converges(of(json!({"content": "text", "remote_path": "/tmp/deep/er/file"})));
        let tree = of(json!({"local_path": sandbox.path("tree"), "remote_path": "/srv/copy"}));
        assert_eq!(sandbox.converges(tree.clone()).values["files"], json!(["a", "in/b c"]));
        let sandbox = sandbox.file("tree/a", "2");
        assert_eq!(sandbox.converges(tree).values["files"], json!(["a"]));
        let into = of(json!({"local_path": sandbox.path("tree"), "remote_path": "/srv/"}));
        assert_eq!(sandbox.converges(into).values["dest"], "/srv/tree");
        let back =
            of(json!({"state": "from_pod", "remote_path": "/srv/copy", "local_path": sandbox.path("back")}));
        let reply = sandbox.run(back.clone());
        assert_eq!((reply.change, &reply.failure), (Change::Yes, &None));
        assert_eq!(sandbox.text("back/copy/a"), "2");
        assert_eq!(std::fs::read(sandbox.at("back/copy/in/b c")).unwrap(), [0, 255, 1]);
        sandbox.keeps(back);
        let large = vec![7_u8; 2_000_000];
        let sandbox = sandbox.file("large", &large);
        sandbox.converges(of(json!({"local_path": sandbox.path("large"), "remote_path": "/tmp/large"})));
        let said =
            sandbox.fails(of(json!({"state": "from_pod", "remote_path": "/no/such", "local_path": "/tmp"})));
        assert_eq!(said, "there is no `/no/such` in pod `box`");
    }
}
