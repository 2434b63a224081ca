//! YAML on the target: text to JSON values with the line of every key, for files that are
//! YAML by nature (compose files, kubeconfig, manifests). Playbooks are read by the controller.

mod read;
mod scalar;
#[cfg(test)]
mod tests;

pub(crate) use read::pointer_part;
pub use read::{Dialect, Document, Slip, read};
pub use scalar::{Scalar, boolean, float, int, needs_quotes, resolve};
