use serde_json::json;

use super::hash;
use crate::testing::Sandbox;

#[test]
fn a_digest_of_the_content_stands_behind_the_name() {
    let mut map = json!({"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}});
    let mut other = map.clone();
    hash::append(&mut map);
    other["data"]["k"] = "w".into();
    hash::append(&mut other);
    let name = map["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("a-") && name.len() == 12, "{name}");
    assert_ne!(map["metadata"]["name"], other["metadata"]["name"]);
    let mut pod = json!({"kind": "Pod", "metadata": {"name": "a"}});
    hash::append(&mut pod);
    assert_eq!(pod["metadata"]["name"], "a");
}

#[test]
fn what_excludes_each_other_is_told() {
    let said = Sandbox::new("k8s_apply").fails(json!({"src": "a", "definition": {}}));
    assert!(said.ends_with("exclusive: resource_definition|src|template|service"), "{said}");
}

#[cfg(feature = "lab")]
mod lab {
    use std::time::{Duration, Instant};

    use serde_json::Value;

    use super::*;
    use crate::kubernetes::lab::{self, Namespace};

    const APP: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: 8080}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: app, image: 'lab/app:1', imagePullPolicy: IfNotPresent}
";

    fn sandbox() -> Sandbox {
        lab::sandbox("k8s_apply")
    }

    fn text(space: &Namespace, text: &str) -> Value {
        json!({"namespace": space.name, "definition": text})
    }

    #[test]
    fn many_documents_are_applied_and_waited_for() {
        let space = Namespace::new();
        let reply = sandbox().converges(text(&space, APP));
        let results = reply.values["result"]["results"].as_array().unwrap();
        assert_eq!(results[1]["result"]["status"]["readyReplicas"], 1, "it was waited for");
        assert_eq!(results[0]["result"]["spec"]["ports"][0]["protocol"], "TCP");
        assert!(results[0]["result"]["metadata"].get("managedFields").is_none());
        sandbox().converges(text(&space, &APP.replace("port: 80,", "port: 81,")));
        let mut absent = text(&space, APP);
        absent["state"] = "absent".into();
        sandbox().converges(absent);
        assert!(space.find("Deployment", "web").is_none());
    }

    /// The lines of all mistakes of a set, of which nothing was applied.
    #[track_caller]
    fn mistakes(space: &Namespace, manifest: &str) -> Vec<String> {
        let begun = Instant::now();
        let first = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n---\n";
        let reply = sandbox().run(text(space, &format!("{first}{manifest}")));
        let said = reply.failure.unwrap_or_else(|| panic!("it did not fail: {:?}", reply.values));
        assert!(space.find("ConfigMap", "first").is_none(), "part of a wrong set was applied");
        assert!(begun.elapsed() < Duration::from_secs(20));
        said.lines().map(str::to_owned).collect()
    }

    #[test]
    fn wrong_manifests_are_refused_with_document_line_and_field() {
        let space = Namespace::new();
        let said = mistakes(&space, &APP.replace("name: http", "name: 80"));
        assert_eq!(
            said,
            [
                "document 2, line 11, Service `web`: `spec.ports[0].name`: must be a string: `80` (write `\"80\"`)"
            ]
        );
        let said = mistakes(
            &space,
            &APP.replace("matchLabels: {app: web}}\n", "matchLabels: {app: web}}\n  clusterIP: None\n"),
        );
        assert_eq!(
            said,
            [
                "document 3, line 19, Deployment `web`: `spec.clusterIP`: no such field; it is a field of a Service"
            ]
        );
        let said = mistakes(&space, &APP.replace("apps/v1", "v1"));
        assert_eq!(
            said,
            [
                "document 3, line 13, Deployment `web`: `apiVersion`: `v1` has no kind `Deployment`; it is of `apiVersion: apps/v1`"
            ]
        );
        let said = mistakes(&space, &APP.replace("  name: web\n", "  name: Web\n"));
        assert_eq!(
            said,
            [
                "document 3, line 16, Deployment `Web`: `metadata.name`: a name must be in lower case: `Web`; `web` would do"
            ]
        );
        let said =
            mistakes(&space, &APP.replace("  name: web\n", "  name: web\n  namespace: no-such-space\n"));
        assert_eq!(
            said,
            [
                "document 3, line 17, Deployment `web`: `metadata.namespace`: namespace `no-such-space` not found, and none is made here"
            ]
        );
        let said = mistakes(
            &space,
            &APP.replace("imagePullPolicy", "imagePulPolicy").replace("{name: http,", "{nam: http,"),
        );
        assert_eq!(said[0], "2 mistakes, nothing was applied:");
        assert!(said[1].ends_with("`spec.ports[0].nam`: no such field; did you mean `name`?"), "{said:?}");
        assert!(said[2].ends_with("`spec.template.spec.containers[0].imagePulPolicy`: no such field; did you mean `imagePullPolicy`?"));
        let said = mistakes(&space, &APP.replace("port: 80,", "port: 99999,"));
        assert!(
            said[0].starts_with("document 2, line 11, Service `web`: `spec.ports[0].port`: Invalid value"),
            "{said:?}"
        );
        let said = mistakes(&space, "a: [\n");
        assert!(said[0].starts_with("line "), "{said:?}");
    }

    #[test]
    fn a_field_that_cannot_change_and_a_quota_are_told() {
        let space = Namespace::new();
        sandbox().converges(text(&space, APP));
        let other = APP
            .replace("matchLabels: {app: web}", "matchLabels: {app: x}")
            .replace("metadata: {labels: {app: web}}", "metadata: {labels: {app: x}}");
        let said = mistakes(&space, &other);
        assert!(
            said[0].contains("line 18, Deployment `web`: `spec.selector`: cannot be changed once"),
            "{said:?}"
        );
        space.apply(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"configmaps": "0"}}}));
        lab::eventually(|| {
            space.get("ResourceQuota", "none").pointer("/status/hard/configmaps") == Some(&json!("0"))
        });
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n";
        let said = sandbox().fails(text(&space, map));
        assert!(said.contains("exceeded quota"), "{said}");
    }

    #[test]
    fn a_namespace_and_what_is_in_it_come_in_one_set() {
        let word = lab::word("both");
        let set = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {word}}}\ndata: {{k: v}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {word}}}\n"
        );
        let args = |state: &str| json!({"definition": set, "state": state});
        let foretold = sandbox().check(args("present"));
        assert_eq!((foretold.failure.clone(), foretold.diff.len()), (None, 2), "{foretold:?}");
        let wrong = set.replace("data: {k: v}", "data: {k: [1]}");
        let said = sandbox().fails(json!({"definition": wrong}));
        assert!(
            said.contains("document 1, line 4, ConfigMap `a`: `data.k`: must be a string: a list"),
            "{said}"
        );
        let reply = sandbox().run(args("present"));
        assert_eq!((reply.failure, reply.diff.len()), (None, 2));
        sandbox().keeps(args("present"));
        sandbox().converges(args("absent"));
    }

    #[test]
    fn a_new_kind_and_its_first_object_come_in_one_set() {
        let group = format!("{}.example.org", lab::word("g"));
        let set = format!("\
apiVersion: things.{group}/v1
kind: Thing
metadata: {{name: one}}
spec: {{size: 3}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: things.things.{group}}}
spec:
  group: things.{group}
  scope: Namespaced
  names: {{plural: things, singular: thing, kind: Thing}}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, properties: {{size: {{type: integer}}}}}}}}}}}}
");
        let space = Namespace::new();
        let mut args = text(&space, &set);
        let foretold = sandbox().check(args.clone());
        assert_eq!((foretold.failure.clone(), foretold.diff.len()), (None, 2), "{foretold:?}");
        let reply = sandbox().run(args.clone());
        assert_eq!(reply.failure, None);
        sandbox().keeps(args.clone());
        args["state"] = "absent".into();
        sandbox().converges(args);
    }

    #[test]
    fn fields_of_others_are_named_with_their_owner_and_taken_over_when_told() {
        let space = Namespace::new();
        space.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "theirs"}}));
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": space.name}, "data": {"k": "ours"}});
        let said = sandbox().fails(json!({"definition": object}));
        assert!(
            said.starts_with("ConfigMap `a`: `data.k`: belongs to `lab`, which set another value"),
            "{said}"
        );
        sandbox().converges(json!({"definition": object, "force_conflicts": true}));
        let said = sandbox().fails(json!({"definition": object, "server_side_apply": {"field_manager": "other"}, "state": "present", "force_conflicts": false}).as_object().map(|map| {
            let mut map = map.clone();
            map["definition"]["data"]["k"] = "third".into();
            Value::Object(map)
        }).unwrap());
        assert!(
            said.contains("belongs to `baton`") && said.contains("belongs to `lab`")
                || said.contains("belongs to `baton`"),
            "{said}"
        );
    }

    #[test]
    fn what_client_side_apply_kept_is_taken_over_once() {
        let space = Namespace::new();
        let kubectl = std::env::var("LAB_KUBECTL").expect("LAB_KUBECTL is not set: tests/lab brings it");
        let file = tempfile::NamedTempFile::new().unwrap();
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": space.name}, "data": {"k": "1", "dropped": "x"}});
        std::fs::write(file.path(), object.to_string()).unwrap();
        let made =
            std::process::Command::new(kubectl).arg("apply").arg("-f").arg(file.path()).status().unwrap();
        assert!(made.success());
        let wanted = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": space.name}, "data": {"k": "2"}});
        sandbox().converges(json!({"definition": wanted}));
        assert_eq!(space.get("ConfigMap", "a")["data"], json!({"k": "2"}), "what is said no more is gone");
    }

    #[test]
    fn as_in_ansible_objects_are_patched_and_only_those_that_are_there() {
        let space = Namespace::new();
        let object = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": space.name}, "data": data});
        let args = |data: Value, state: &str| json!({"definition": object(data), "apply": false, "wait": false, "state": state});
        let reply = sandbox().run(args(json!({"k": "1"}), "patched"));
        assert_eq!((reply.failure, reply.change), (None, crate::wire::Change::No));
        sandbox().converges(args(json!({"k": "1"}), "present"));
        sandbox().converges(args(json!({"l": "2"}), "present"));
        assert_eq!(space.get("ConfigMap", "a")["data"], json!({"k": "1", "l": "2"}));
        sandbox().converges(json!({"definition": object(json!({"m": "3"})), "force": true}));
        assert_eq!(space.get("ConfigMap", "a")["data"], json!({"m": "3"}));
        let reply = sandbox().converges(json!({"kind": "ConfigMap", "name": "b", "namespace": space.name}));
        assert_eq!(reply.values["result"]["apiVersion"], "v1");
    }

    #[test]
    fn values_of_secrets_are_neither_shown_nor_given_back() {
        let space = Namespace::new();
        let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": space.name}, "stringData": {"k": "hidden-word"}});
        let reply = sandbox().run(json!({"definition": object}));
        assert_eq!(reply.failure, None);
        let shown = format!("{:?} {:?}", reply.values, reply.diff);
        assert!(!shown.contains("hidden-word") && !shown.contains("aGlkZGVuLXdvcmQ"), "{shown}");
        sandbox().keeps(json!({"definition": object}));
    }

    #[test]
    fn an_image_that_does_not_exist_and_a_crash_loop_fail_within_seconds() {
        let space = Namespace::new();
        let begun = Instant::now();
        let mut args = text(&space, &APP.replace("lab/app:1", "127.0.0.1:1/none:1"));
        args["wait_timeout"] = 100.into();
        let said = sandbox().run(args.clone()).failure.unwrap();
        assert!(said.contains("127.0.0.1:1/none:1") && said.contains("pod `web-"), "{said}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        // From the broken version back to a good one: the broken pods are no reason to fail.
        args["definition"] = APP.into();
        assert_eq!(sandbox().run(args.clone()).failure, None);
        let crash = APP.replace(
            "imagePullPolicy: IfNotPresent}",
            "imagePullPolicy: IfNotPresent, command: [sh, -c, 'echo no database; exit 3']}",
        );
        args["definition"] = crash.into();
        let said = sandbox().run(args).failure.unwrap();
        assert!(said.contains("exit code 3") && said.contains("\n  no database"), "{said}");
        assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", begun.elapsed());
    }

    #[test]
    fn what_is_never_ready_is_told_with_the_reason_at_the_end() {
        let space = Namespace::new();
        let probe =
            "imagePullPolicy: IfNotPresent, readinessProbe: {exec: {command: ['false']}, periodSeconds: 1}}";
        let mut args = text(&space, &APP.replace("imagePullPolicy: IfNotPresent}", probe));
        args["wait_timeout"] = 12.into();
        let said = sandbox().run(args).failure.unwrap();
        assert!(said.starts_with("not as wanted after 12 seconds: deployment"), "{said}");
        assert!(said.contains("Readiness probe failed"), "{said}");
    }

    #[test]
    fn a_claim_whose_volume_waits_for_a_pod_is_not_waited_for() {
        let (space, class) = (Namespace::new(), lab::word("lazy"));
        let class_of = |state: &str| {
            let text = format!(
                "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: {class}}}\n\
                 provisioner: lab/none\nvolumeBindingMode: WaitForFirstConsumer\n"
            );
            json!({"definition": text, "state": state})
        };
        sandbox().converges(class_of("present"));
        let claim = format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec:\n  storageClassName: {class}\n  \
             accessModes: [ReadWriteOnce]\n  resources: {{requests: {{storage: 1Mi}}}}\n"
        );
        let mut args = text(&space, &claim);
        args["wait"] = true.into();
        args["wait_timeout"] = 100.into();
        let began = Instant::now();
        let reply = sandbox().run(args);
        sandbox().run(class_of("absent"));
        assert_eq!(reply.failure, None);
        assert!(began.elapsed() < Duration::from_secs(60), "it took {:?}", began.elapsed());
        assert_eq!(space.get("PersistentVolumeClaim", "data")["status"]["phase"], "Pending");
    }

    #[test]
    fn what_is_said_in_brief_has_other_tasks_objects_as_its_base() {
        let space = Namespace::new();
        let deploy = json!({"name": "web", "namespace": space.name, "image": "lab/app:1", "replicas": 1, "image_pull_policy": "IfNotPresent",
            "env": {"WORD": "a"}, "termination_grace_period": 1});
        let brief = json!({"name": "web", "namespace": space.name, "env": {"WORD": "a"}, "deployment": {"name": "web", "replicas": 1},
            "service": {"name": "web", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}, "from": ["k8s_deployment", "k8s_service"]});
        let first = json!({"namespace": space.name, "deployment": deploy});
        sandbox().converges(first.clone());
        sandbox().converges(brief.clone());
        sandbox().keeps(first);
        sandbox().keeps(brief);
    }

    #[test]
    fn a_set_is_pruned_of_what_it_has_no_more() {
        let space = Namespace::new();
        let map = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        let args = |names: &[&str]| {
            let objects: Vec<Value> = names.iter().map(|name| map(name)).collect();
            json!({"definition": objects, "namespace": space.name, "applyset": {"name": "set"}, "prune": true})
        };
        space.apply(map("other"));
        sandbox().run(args(&["a", "b"]));
        sandbox().keeps(args(&["a", "b"]));
        let foretold = sandbox().check(args(&["a"]));
        assert_eq!(foretold.values["pruned"], json!([format!("ConfigMap {}/b", space.name)]));
        sandbox().converges(args(&["a"]));
        assert!(space.find("ConfigMap", "b").is_none() && space.find("ConfigMap", "other").is_some());
    }

    /// A way to the cluster that can be cut: a kubeconfig, and what cuts it.
    fn way() -> (Value, impl FnOnce()) {
        use std::io::{Read, Write};
        use std::net::{Shutdown, TcpListener, TcpStream};
        use std::sync::{Arc, Mutex};
        let file = std::fs::read_to_string(std::env::var("KUBECONFIG").unwrap()).unwrap();
        let mut config = crate::yaml::read(&file, crate::yaml::Dialect::Go).unwrap().remove(0).value;
        let server = config["clusters"][0]["cluster"]["server"]
            .as_str()
            .unwrap()
            .trim_start_matches("https://")
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        config["clusters"][0]["cluster"]["server"] =
            format!("https://{}", listener.local_addr().unwrap()).into();
        let open: Arc<Mutex<Option<Vec<TcpStream>>>> = Arc::new(Mutex::new(Some(Vec::new())));
        let streams = open.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let mut open = streams.lock().unwrap();
                let Some(open) = open.as_mut() else { continue };
                let far = TcpStream::connect(&server).unwrap();
                for (mut from, mut to) in [
                    (near.try_clone().unwrap(), far.try_clone().unwrap()),
                    (far.try_clone().unwrap(), near.try_clone().unwrap()),
                ] {
                    std::thread::spawn(move || {
                        let mut buffer = [0; 16384];
                        while let Ok(read @ 1..) = from.read(&mut buffer) {
                            if to.write_all(&buffer[..read]).is_err() {
                                break;
                            }
                        }
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                open.extend([near, far]);
            }
        });
        let cut = move || {
            for stream in open.lock().unwrap().take().into_iter().flatten() {
                let _ = stream.shutdown(Shutdown::Both);
            }
        };
        (config, cut)
    }

    #[test]
    fn a_server_that_goes_away_in_the_midst_of_a_wait_is_told_within_seconds() {
        let space = Namespace::new();
        let (config, cut) = way();
        let probe = "imagePullPolicy: IfNotPresent, readinessProbe: {exec: {command: ['false']}}}";
        let mut args = text(&space, &APP.replace("imagePullPolicy: IfNotPresent}", probe));
        args["kubeconfig"] = config;
        args["wait_timeout"] = 100.into();
        let waiting = std::thread::spawn(move || sandbox().run(args).failure.unwrap());
        lab::eventually(|| space.find("Deployment", "web").is_some());
        std::thread::sleep(Duration::from_secs(1));
        let begun = Instant::now();
        cut();
        let said = waiting.join().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert!(said.contains("127.0.0.1") && said.contains("while waiting for deployment"), "{said}");
    }

    #[test]
    fn who_may_only_look_is_told_what_is_not_allowed() {
        let space = Namespace::new();
        let view = std::env::var("LAB_KUBECONFIG_VIEW")
            .expect("LAB_KUBECONFIG_VIEW is not set: tests/lab brings it");
        let mut args = text(&space, APP);
        args["kubeconfig"] = view.into();
        let said = sandbox().fails(args);
        assert!(
            said.contains("cannot patch resource \"services\"")
                && said.contains("cannot patch resource \"deployments\""),
            "{said}"
        );
    }

    #[test]
    fn in_check_mode_objects_of_a_namespace_that_an_earlier_task_would_make_are_foretold() {
        let word = lab::word("early");
        let namespace =
            json!({"definition": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": word}}});
        let inside = json!({"definition": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": word}}});
        let said = sandbox().check(inside.clone()).failure.unwrap();
        assert!(said.contains("not found, and none is made here"), "{said}");
        assert_eq!(sandbox().check(namespace).failure, None);
        let reply = sandbox().check(inside);
        assert_eq!((reply.failure, reply.change), (None, crate::wire::Change::Yes));
    }

    #[test]
    fn jobs_and_claims_are_waited_for_too() {
        let space = Namespace::new();
        let job = |command: &str| {
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"backoffLimit": 0, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "lab/app:1", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", command]}]}}}})
        };
        let args =
            |command: &str| json!({"namespace": space.name, "definition": job(command), "wait_timeout": 60});
        let reply = sandbox().run(args("sleep 1; exit 0"));
        assert_eq!(reply.failure, None);
        assert_eq!(reply.values["result"]["status"]["succeeded"], 1);
        sandbox().converges(json!({"namespace": space.name, "kind": "Job", "name": "j", "api_version": "batch/v1", "state": "absent"}));
        let said = sandbox().run(args("echo it broke; exit 4")).failure.unwrap();
        assert!(said.contains("BackoffLimitExceeded") && said.contains("it broke"), "{said}");
    }
}
