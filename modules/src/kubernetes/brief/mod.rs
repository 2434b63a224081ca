//! Objects in brief: a deployment, a service or a job in the short form that people write first,
//! made into whole manifests. Pure: no server is asked, and every mistake is told at once.

mod container;
mod deployment;
mod job;
mod notes;
pub mod options;
mod overlay;
mod pod;
mod service;
mod values;

pub use deployment::deployment;
pub use job::job;
pub use options::{DeploymentOptions, JobOptions, PodOptions, ServiceOptions, Strategy};
pub use overlay::overlay;
pub use service::service;
pub use values::{strings, words};

#[cfg(test)]
mod tests;
