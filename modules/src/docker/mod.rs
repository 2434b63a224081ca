//! The Docker Engine's API over the target's socket: synchronous, one connection for each request, so that
//! what is streamed and what is hijacked go the same way. Reading is a method of [`Client`]; whatever writes
//! takes [`Hands`](crate::Hands). It knows no modules: what an image or a container ought to be stands there.

mod archive;
pub mod build;
mod client;
mod endpoint;
mod error;
mod exec;
pub mod file;
mod http;
pub mod image;
mod kept;
mod logins;
mod logs;
mod options;
pub(crate) mod quantity;
mod reference;
mod registry;
#[cfg(test)]
#[cfg(feature = "lab")]
pub(crate) mod scratch;
mod stream;
mod swarm;
pub(crate) mod texts;
mod tls;
mod wire;

pub use archive::{Saved, saved};
pub use client::{Client, escape, query};
pub use endpoint::{Address, Endpoint, Tls};
pub use error::Error;
pub use exec::{Attached, Exec, Input};
pub use http::{Request, Response};
pub use image::Remote;
pub use kept::Kept;
pub use logins::{HUB_KEY, Login, Logins, key};
pub use options::Engine;
pub use reference::{HUB, Reference, is_id};
pub use stream::{Frames, Lines, Next};
pub use swarm::Membership;

#[cfg(test)]
#[cfg(feature = "lab")]
pub(crate) mod testing;
#[cfg(test)]
#[cfg(feature = "lab")]
pub(crate) mod tests;
