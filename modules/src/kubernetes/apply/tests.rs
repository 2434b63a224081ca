use serde_json::json;

use super::manifest::{Manifest, field, pointer};
use super::ownership::{owned, take_over, without_dropped};
use super::schema::Schema;
use crate::kubernetes::{Resource, matches_labels};

#[test]
fn fields_and_pointers_are_the_same_in_two_writings() {
    for (written, meant) in [
        ("spec.ports[0].name", "/spec/ports/0/name"),
        ("metadata.labels[a.b/c]", "/metadata/labels/a.b~1c"),
        ("data[k]", "/data/k"),
    ] {
        assert_eq!(pointer(written), meant);
    }
    assert_eq!(field("/spec/ports/0/name"), "spec.ports[0].name");
    assert_eq!(field("/metadata/labels/a.b~1c"), "metadata.labels[a.b/c]");
    assert_eq!(pointer(".spec.replicas"), "/spec/replicas");
}

#[test]
fn each_mistake_has_its_document_and_line() {
    let all = Manifest::read(
        "a: 1\n---\n---\nkind: List\nitems:\n- kind: Pod\n  metadata:\n    name: X\n",
        "f.yaml",
    )
    .unwrap();
    let said: Vec<String> = all.iter().flat_map(Manifest::slips).map(|problem| problem.to_string()).collect();
    assert_eq!(said[0], "`f.yaml:1`, document 1, object `?`: `kind` is missing");
    let name =
        "`f.yaml:8`, document 3, Pod `X`: `metadata.name`: a name must be in lower case: `X`; `x` would do";
    assert_eq!(said.last().map(String::as_str), Some(name));
    let said = Manifest::read("a: 1\na: 2\n", "").unwrap_err();
    assert_eq!(said[0].to_string(), "line 2: the key `a` stands twice in one mapping");
}

#[test]
fn the_schema_finds_fields_and_values_that_are_wrong() {
    let part = json!({"properties": {"port": {"type": "integer"}, "name": {"type": "string"}, "to": {"$ref": "#/definitions/x.IntOrString"}}});
    let schema = Schema::new(json!({"definitions": {
        "x.Thing": {"properties": {"ports": {"type": "array", "items": part}, "on": {"type": "boolean"}, "cpu": {"$ref": "#/definitions/x.Quantity"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}}},
            "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Thing"}]},
        "x.OtherSpec": {"properties": {"clusterIP": {"type": "string"}}},
        "x.Quantity": {"type": "string"}, "x.IntOrString": {"type": "string", "format": "int-or-string"},
    }}));
    let resource = Resource { version: "v1".into(), kind: "Thing".into(), ..Resource::default() };
    let check = |object| schema.check(&resource, &object);
    let good = json!({"ports": [{"port": 1, "name": "a", "to": 1}, {"to": "x"}], "on": true, "cpu": 1, "labels": {"a": "b"}, "ports2": null});
    assert_eq!(check(good).len(), 1);
    let wrong = json!({"ports": [{"port": "x", "name": 80, "nme": 1}], "on": "yes", "clusterIP": "None", "labels": {"a/b": 1}});
    let said: Vec<String> = check(wrong).into_iter().map(|(at, why)| format!("{at} {why}")).collect();
    assert_eq!(
        said,
        [
            "/ports/0/port must be a number: `x`",
            "/ports/0/name must be a string: `80` (write `\"80\"`)",
            "/ports/0/nme no such field; did you mean `name`?",
            "/on must be `true` or `false`: `yes`",
            "/clusterIP no such field; it is a field of a Other",
            "/labels/a~1b must be a string: `1` (write `\"1\"`)",
        ]
    );
}

#[test]
fn what_a_manager_applied_is_read_back_and_taken_over() {
    let fields = json!({"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/last-applied-configuration": {}}, "f:labels": {"f:a": {}}},
        "f:spec": {"f:replicas": {}, "f:ports": {".": {}, "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}, "f:port": {}}}}});
    let live = |manager: &str, operation: &str| {
        json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x", "resourceVersion": "7", "labels": {"a": "1", "b": "2"}, "managedFields": [
            {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}]},
            "spec": {"replicas": 2, "other": 1, "ports": [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 3}]}})
    };
    let own = owned(&live("baton", "Apply"), "baton").unwrap();
    assert_eq!(
        own["spec"],
        json!({"replicas": 2, "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]})
    );
    assert_eq!(own["metadata"], json!({"labels": {"a": "1"}, "name": "x"}));
    assert_eq!(owned(&live("other", "Apply"), "baton"), None);
    let before = live("kubectl-client-side-apply", "Update");
    let patch = take_over(&before, "baton");
    assert_eq!(
        (&patch[0]["value"][0]["manager"], &patch[0]["value"][0]["operation"]),
        (&json!("baton"), &json!("Apply"))
    );
    assert_eq!(patch[1]["value"], "7");
    let left = without_dropped(
        &before,
        &before,
        &json!({"metadata": {"labels": {}}, "spec": {"ports": [{"port": 80}]}}),
    );
    assert_eq!(left["metadata"]["labels"], json!({"b": "2"}));
    assert_eq!(left["spec"], json!({"other": 1, "ports": [{"port": 80, "protocol": "TCP", "nodePort": 3}]}));
}

#[test]
fn selectors_of_labels_are_understood() {
    let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
    for good in ["app=web", "app==web,tier!=back", "app in (api,web), tier", "!none", "tier notin (back)"] {
        assert!(matches_labels(&object, good), "{good}");
    }
    for bad in ["app=x", "none", "app notin (web)", "tier in (back,side)", "!app"] {
        assert!(!matches_labels(&object, bad), "{bad}");
    }
}
