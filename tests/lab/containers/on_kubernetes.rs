//! `playbooks/shop/on-kubernetes.yml`: from nothing to version 2 and back.

use std::time::{Duration, Instant};

use super::client::Client;
use super::example::{Example, repository, unique};
use super::parts::{ask, docker, forget, kubectl, object, pushed, until};
use crate::host::variable;

/// A shop in a namespace and a repository of its own; both are gone when the test is.
struct Shop {
    namespace: String,
    repository: String,
    registry: String,
}

impl Shop {
    fn new() -> Self {
        let (repository, registry) = repository("lab-shop");
        Self { namespace: unique("lab-shop"), repository, registry }
    }

    fn version(&self, version: &str) -> Example {
        Example::new("shop", "on-kubernetes.yml")
            .with("shop_version", version)
            .with("shop_registry", &self.registry)
            .with("shop_namespace", &self.namespace)
            .with("shop_base", &variable("LAB_PYTHON"))
            .with("shop_service", "NodePort")
    }

    fn image(&self, version: &str) -> String {
        format!("{}/shop:{version}", self.registry)
    }

    /// The version in the registry, in the deployment, and in the answers.
    #[track_caller]
    fn serves(&self, version: &str, pods: u64) {
        assert!(
            pushed(&format!("{}/shop", self.repository), version).is_some(),
            "{version} is not in the registry"
        );
        let found = object("deployment", "shop", &self.namespace);
        assert_eq!(found["spec"]["template"]["spec"]["containers"][0]["image"], self.image(version));
        for count in ["readyReplicas", "updatedReplicas", "replicas"] {
            assert_eq!(found["status"][count], pods, "{}", found["status"]);
        }
        // The node learns a moment after the cluster of pods that are ready, and of others that are about to end.
        until(&format!("version {version}"), || {
            ask(&self.address(), "/version", "")
                .is_ok_and(|answer| (answer.status, answer.body.as_str()) == (200, version))
        });
    }

    fn address(&self) -> String {
        let service = object("service", "shop", &self.namespace);
        assert_eq!(service["spec"]["type"], "NodePort");
        format!("127.0.0.1:{}", service["spec"]["ports"][0]["nodePort"])
    }

    fn ready(&self) -> u64 {
        object("deployment", "shop", &self.namespace)["status"]["readyReplicas"].as_u64().unwrap_or(0)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        forget("kubectl", ["delete", "namespace", &self.namespace, "--wait=false"]);
        for version in ["1", "2", "3"] {
            forget("docker", ["rmi", "-f", &self.image(version)]);
        }
    }
}

#[test]
fn the_shop_goes_from_nothing_to_version_two_and_back_without_an_interrupted_request() {
    let shop = Shop::new();
    shop.version("1").changes("localhost");
    shop.serves("1", 3);
    assert_eq!(docker(["image", "inspect", "-f", "{{.Config.User}}", &shop.image("1")]), "1000");
    let map = object("configmap", "shop", &shop.namespace);
    assert_eq!(map["data"]["SHOP_CURRENCY"], "EUR");
    shop.version("1").keeps("localhost");

    shop.version("1").with("shop_least", "4").changes("localhost");
    until("four pods by the autoscaler", || shop.ready() == 4);
    shop.version("1").with("shop_least", "4").keeps("localhost");

    let client = Client::of(&shop.address(), "/version");
    shop.version("2").with("shop_least", "4").changes("localhost");
    std::thread::sleep(Duration::from_secs(6)); // until the last of the old pods is gone
    let asked = client.stop();
    assert!(asked.failures.is_empty(), "{asked:?}");
    assert_eq!(asked.answers.keys().collect::<Vec<_>>(), ["1", "2"], "{asked:?}");
    shop.serves("2", 4);
    shop.version("2").with("shop_least", "4").keeps("localhost");

    let client = Client::of(&shop.address(), "/version");
    let began = Instant::now();
    let broken = shop.version("3").with("shop_least", "4").ends(2);
    let took = began.elapsed();
    let asked = client.stop();
    let why = broken.result("localhost", "Say why")["msg"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("version 3 takes money: SHOP_BANK must say where it goes"), "{}", broken.told());
    assert!(took < Duration::from_secs(60), "it took {took:?} to say why: {why}");
    assert!(asked.failures.is_empty(), "{asked:?}");
    assert_eq!(asked.answers.keys().collect::<Vec<_>>(), ["2"], "{asked:?}");
    until("version 2 alone", || {
        kubectl(["get", "pods", "-n", &shop.namespace, "-o", "name"]).lines().count() == 4
    });
    shop.serves("2", 4);
    shop.version("2").with("shop_least", "4").keeps("localhost");

    shop.version("1").with("shop_least", "4").changes("localhost");
    shop.serves("1", 4);
    shop.version("1").with("shop_least", "4").keeps("localhost");
}
