//! `playbooks/shop/on-swarm.yml`: the shop on a swarm.

use super::example::{Example, repository, unique};
use super::parts::{docker, forget, pushed};
use crate::host::variable;

/// A stack of its own; gone when the test is, with the swarm if the test made it.
struct Shop {
    stack: String,
    repository: String,
    registry: String,
    port: String,
    swarm_before: bool,
}

impl Shop {
    fn new() -> Self {
        let (repository, registry) = repository("lab-shop");
        let swarm_before = docker(["info", "-f", "{{.Swarm.LocalNodeState}}"]) == "active";
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("its address").port().to_string();
        Self { stack: unique("lab-shop"), repository, registry, port, swarm_before }
    }

    fn version(&self, version: &str) -> Example {
        Example::new("shop", "on-swarm.yml")
            .with("shop_version", version)
            .with("shop_stack", &self.stack)
            .with("shop_registry", &self.registry)
            .with("shop_base", &variable("LAB_PYTHON"))
            .with("shop_port", &self.port)
    }

    /// Three tasks of the version, all in good health.
    #[track_caller]
    fn serves(&self, version: &str) {
        assert!(
            pushed(&format!("{}/shop", self.repository), version).is_some(),
            "{version} is not in the registry"
        );
        let filter = format!("label=com.docker.stack.namespace={}", self.stack);
        let images =
            docker(["ps", "--filter", &filter, "--filter", "health=healthy", "--format", "{{.Image}}"]);
        let wanted = format!("{}/shop:{version}", self.registry);
        assert_eq!(images.lines().count(), 3, "{images}");
        assert!(images.lines().all(|image| image.starts_with(&wanted)), "{images}");
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        forget("docker", ["stack", "rm", &self.stack]);
        if !self.swarm_before {
            forget("docker", ["swarm", "leave", "--force"]);
            forget("docker", ["network", "rm", "docker_gwbridge"]);
        }
        for version in ["1", "2"] {
            forget("docker", ["rmi", "-f", &format!("{}/shop:{version}", self.registry)]);
        }
    }
}

#[test]
fn the_shop_is_deployed_and_updated_on_a_swarm() {
    let shop = Shop::new();
    shop.version("1").changes("localhost");
    shop.serves("1");
    shop.version("1").keeps("localhost");
    shop.version("2").changes("localhost");
    shop.serves("2");
    shop.version("2").keeps("localhost");
}
