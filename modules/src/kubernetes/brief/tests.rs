use serde_json::{Map, Value, json};

use super::{deployment, job, overlay, service};

fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("a mapping") };
    map
}

#[test]
fn what_newcomers_write_is_a_whole_deployment() {
    let options = json!({"name": "myapp", "image": "r/myapp", "env": {"WORD": "hi", "N": 3, "YES": true}, "replicas": "3",
        "selector": {"matchLabels": {"app": "myapp"}}, "strategy": "RollingUpdate"});
    let wanted = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "myapp", "labels": {"app": "myapp"}},
        "spec": {
            "replicas": 3,
            "strategy": {"type": "RollingUpdate"},
            "selector": {"matchLabels": {"app": "myapp"}},
            "template": {"metadata": {"labels": {"app": "myapp"}}, "spec": {"containers": [{
                "image": "r/myapp",
                "env": [{"name": "WORD", "value": "hi"}, {"name": "N", "value": "3"}, {"name": "YES", "value": "true"}],
                "name": "myapp",
            }]}},
        },
    });
    assert_eq!(deployment(&map(options), None).unwrap(), wanted);
}

#[test]
fn an_image_that_is_not_named_is_the_name_itself() {
    let made = deployment(&map(json!({"name": "myapp"})), None).unwrap();
    assert_eq!(made.pointer("/spec/template/spec/containers/0/image"), Some(&json!("myapp")));
    assert_eq!(made["spec"]["selector"], json!({"matchLabels": {"app": "myapp"}}));
    assert!(made["spec"].get("replicas").is_none(), "an autoscaler's number is not fought over");
}

fn container(options: Value) -> Value {
    let mut all = map(json!({"name": "a", "image": "i", "ports": ["http:8080", "53/udp"]}));
    all.extend(map(options));
    deployment(&all, None).unwrap().pointer("/spec/template/spec/containers/0").unwrap().clone()
}

#[test]
fn ports_and_probes_in_brief_are_made_whole() {
    let made = container(json!({
        "probes": {"liveness": "/live", "readiness": {"path": "/ready", "port": "http", "period": "2", "failures": 3}},
        "startup_probe": "exec:test -f '/a b'",
    }));
    assert_eq!(
        made["ports"],
        json!([{"containerPort": 8080, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}])
    );
    assert_eq!(made["livenessProbe"], json!({"httpGet": {"path": "/live", "port": 8080}}));
    let ready =
        json!({"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 2, "failureThreshold": 3});
    assert_eq!(made["readinessProbe"], ready);
    assert_eq!(made["startupProbe"], json!({"exec": {"command": ["test", "-f", "/a b"]}}));
    let full = json!({"httpGet": {"path": "/", "port": 1}, "initialDelaySeconds": 4});
    assert_eq!(container(json!({"readinessProbe": full}))["readinessProbe"], full);
    assert_eq!(
        container(json!({"liveness_probe": "tcp:9"}))["livenessProbe"],
        json!({"tcpSocket": {"port": 9}})
    );
    let https = container(json!({"liveness_probe": "https://:8443/x"}));
    assert_eq!(https["livenessProbe"], json!({"httpGet": {"path": "/x", "port": 8443, "scheme": "HTTPS"}}));
}

#[test]
fn values_of_the_environment_come_from_secrets_and_config_maps() {
    let made = container(json!({"env": {
        "A": {"secret": "s", "key": "k"}, "B": {"config_map": "c"}, "C": {"field": "metadata.name"},
        "D": {"secretKeyRef": {"name": "s", "key": "k"}},
    }, "env_from": [{"secret": "s", "prefix": "S_"}]}));
    let wanted = json!([
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "B"}}},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]);
    assert_eq!(made["env"], wanted);
    assert_eq!(made["envFrom"], json!([{"secretRef": {"name": "s"}, "prefix": "S_"}]));
    assert_eq!(
        container(json!({"env": ["A=b=c", {"name": "D", "value": 1}]}))["env"],
        json!([{"name": "A", "value": "b=c"}, {"name": "D", "value": "1"}])
    );
}

#[test]
fn volumes_in_brief_are_mounted_into_the_first_container() {
    let options = json!({"name": "a", "service_account": "robot", "image_pull_secrets": "one, two",
        "image_pull_policy": "IfNotPresent", "resources": {"cpu": 1, "memory": "64Mi"},
        "volumes": [{"config_map": "conf", "mount": "/etc/a", "read_only": true}, {"name": "tmp", "empty_dir": true, "mount": "/tmp"},
            {"name": "raw", "projected": {}}]});
    let made = deployment(&map(options), None).unwrap();
    let pod = made.pointer("/spec/template/spec").unwrap();
    assert_eq!(
        pod["volumes"],
        json!([{"configMap": {"name": "conf"}, "name": "conf"}, {"name": "tmp", "emptyDir": {}},
        {"name": "raw", "projected": {}}])
    );
    let container = &pod["containers"][0];
    assert_eq!(
        container["volumeMounts"],
        json!([{"mountPath": "/etc/a", "readOnly": true, "name": "conf"},
        {"mountPath": "/tmp", "name": "tmp"}])
    );
    assert_eq!(container["resources"]["limits"], json!({"cpu": "1", "memory": "64Mi"}));
    assert_eq!(container["imagePullPolicy"], "IfNotPresent");
    assert_eq!(pod["serviceAccountName"], "robot");
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "one"}, {"name": "two"}]));
}

#[test]
fn strategies_are_words_or_mappings() {
    let spec = |strategy: Value| {
        deployment(&map(json!({"name": "a", "strategy": strategy})), None).unwrap()["spec"]["strategy"]
            .clone()
    };
    assert_eq!(spec(json!("Recreate")), json!({"type": "Recreate"}));
    assert_eq!(
        spec(json!({"max_surge": "1", "max_unavailable": "25%"})),
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}})
    );
    let full = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2}});
    assert_eq!(spec(full.clone()), full);
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let options = json!({"name": "a", "replicas": "many", "ports": [0], "env": ["A"], "liveness_probe": 3, "probes": {"live": "/"}});
    let said = deployment(&map(options), None).unwrap_err().message;
    for part in [
        "`replicas`: expected a number, found `many`",
        "`ports.0`: expected a port",
        "`env.0`: expected `NAME=value`",
        "`liveness_probe`: expected a probe",
        "`probes`: unknown probe `live`",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    let said =
        deployment(&map(json!({"name": "a", "probes": {"liveness": "/x"}})), None).unwrap_err().message;
    assert_eq!(said, "`livenessProbe`: it names no port, and the container has none");
}

#[test]
fn several_containers_are_told_in_brief_too() {
    let options = json!({"name": "a", "containers": [{"name": "x", "image": "i", "env": {"A": 1}}, {"name": "y", "image": "j"}],
        "init_containers": [{"name": "z", "image": "k", "command": "sh -c 'exit 0'"}]});
    let made = deployment(&map(options), None).unwrap();
    assert_eq!(made.pointer("/spec/template/spec/containers/0/env/0/value"), Some(&json!("1")));
    assert_eq!(
        made.pointer("/spec/template/spec/initContainers/0/command"),
        Some(&json!(["sh", "-c", "exit 0"]))
    );
    let both = json!({"name": "a", "image": "i", "containers": [{"name": "x"}]});
    assert!(deployment(&map(both), None).unwrap_err().message.contains("`image` belong into `containers`"));
}

#[test]
fn a_service_in_brief_always_says_its_protocol() {
    let made = service(&map(json!({"name": "s", "selector": {"matchLabels": {"app": "s"}}, "ports": ["80:8080", {"port": "53", "targetPort": "dns", "protocol": "udp"}]})), None).unwrap();
    let wanted = json!([{"port": 80, "targetPort": 8080, "protocol": "TCP", "name": "tcp-80"},
        {"port": 53, "targetPort": "dns", "protocol": "UDP", "name": "udp-53"}]);
    assert_eq!(made["spec"]["ports"], wanted);
    assert_eq!(made["spec"]["selector"], json!({"app": "s"}));
    let one =
        service(&map(json!({"name": "s", "ports": 80, "type": "NodePort", "headless": true})), None).unwrap();
    assert_eq!(
        one["spec"],
        json!({"ports": [{"port": 80, "protocol": "TCP"}], "type": "NodePort", "clusterIP": "None"})
    );
    assert!(
        service(&map(json!({"name": "s", "ports": [{"targetPort": 1}, "x"]})), None)
            .unwrap_err()
            .message
            .contains("`ports.0`: a port of a service needs `port`; `ports.1`: expected a port")
    );
}

#[test]
fn what_is_not_said_is_the_bases() {
    let base = deployment(
        &map(json!({"name": "a", "image": "i", "replicas": 2, "env": {"A": "1", "B": "2"}, "ports": [1]})),
        None,
    )
    .unwrap();
    let over =
        deployment(&map(json!({"name": "a", "replicas": 3, "env": {"A": "9", "C": "3"}})), Some(&base))
            .unwrap();
    let container = over.pointer("/spec/template/spec/containers/0").unwrap();
    assert_eq!((over["spec"]["replicas"].as_i64(), container["image"].as_str()), (Some(3), Some("i")));
    let values: Vec<_> =
        container["env"].as_array().unwrap().iter().map(|v| v["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["9", "2", "3"]);
    assert_eq!(deployment(&map(json!({"name": "a"})), Some(&base)).unwrap(), base);
    assert_eq!(
        overlay(&json!({"a": [1], "b": {"c": 1}}), &json!({"a": [2], "b": {"d": 2}})),
        json!({"a": [2], "b": {"c": 1, "d": 2}})
    );
}

#[test]
fn a_job_ends_rather_than_starts_again() {
    let made = job(&map(
        json!({"name": "j", "image": "i", "command": "sh -c 'exit 1'", "backoff_limit": 0, "ttl": "60"}),
    ))
    .unwrap();
    let spec = &made["spec"];
    assert_eq!(
        (spec["backoffLimit"].as_i64(), spec["ttlSecondsAfterFinished"].as_i64()),
        (Some(0), Some(60))
    );
    assert_eq!(spec.pointer("/template/spec/restartPolicy"), Some(&json!("Never")));
    assert!(spec.get("selector").is_none());
}
