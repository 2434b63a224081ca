//! `playbooks/shop/on-compose.yml`: the shop on one machine.

use super::example::{Example, repository, unique};
use super::parts::{ask, docker, forget};
use crate::host::variable;

/// A project of its own; gone when the test is.
struct Shop {
    project: String,
    registry: String,
    port: String,
}

impl Shop {
    fn new() -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("its address").port().to_string();
        Self { project: unique("lab-shop"), registry: repository("lab-shop").1, port }
    }

    fn version(&self, version: &str) -> Example {
        Example::new("shop", "on-compose.yml")
            .with("shop_version", version)
            .with("shop_project", &self.project)
            .with("shop_registry", &self.registry)
            .with("shop_base", &variable("LAB_PYTHON"))
            .with("shop_port", &self.port)
    }

    #[track_caller]
    fn serves(&self, version: &str) {
        let filter = format!("label=com.docker.compose.project={}", self.project);
        let found = docker(["ps", "--filter", &filter, "--format", "{{.Names}} {{.Image}}"]);
        assert_eq!(found, format!("{}-shop-1 {}/shop:{version}", self.project, self.registry));
        let answer = ask(&format!("127.0.0.1:{}", self.port), "/version", "").expect("an answer");
        assert_eq!((answer.status, answer.body.as_str()), (200, version));
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        forget("docker", ["rm", "-f", &format!("{}-shop-1", self.project)]);
        forget("docker", ["network", "rm", &format!("{}_default", self.project)]);
        for version in ["1", "2"] {
            forget("docker", ["rmi", "-f", &format!("{}/shop:{version}", self.registry)]);
        }
    }
}

#[test]
fn the_shop_is_started_and_updated_by_compose() {
    let shop = Shop::new();
    shop.version("1").changes("localhost");
    shop.serves("1");
    shop.version("1").keeps("localhost");
    shop.version("2").changes("localhost");
    shop.serves("2");
    shop.version("2").keeps("localhost");
}
