//! The playbooks that go from a Dockerfile to a service, on a real engine, registry and cluster. What came of them is
//! looked at with the tools of these and by HTTP, not with baton.

mod client;
mod example;
mod faults;
mod first;
mod inside;
mod manifests;
mod on_compose;
mod on_kubernetes;
mod on_swarm;
mod parts;
