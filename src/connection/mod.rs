//! From a call to its reply: how a host is reached, how the worker gets there and is kept for the
//! whole run, one per host and user. Knows no playbook, no variables and no templates; what it
//! gives back is data. The seam to a transport is `start(command)` with three pipes; the
//! bootstrap, frames and calls above it are the same for all.

mod activity;
mod address;
mod askpass;
mod r#become;
mod binary;
mod bodies;
mod bridge;
mod connections;
mod docker;
mod guise;
mod host;
mod kubectl;
mod local;
mod pacing;
mod pipes;
mod raw;
mod refusal;
mod session;
mod ssh;
mod unreachable;
mod upload;
mod words;

pub(crate) use activity::Activity;
pub(crate) use address::{Address, Become, Container, Pod, Secret, Ssh, Transport};
pub(crate) use baton_modules::wire::Log as LogLine;
pub(crate) use r#become::{shown as becoming, wants_terminal};
pub(crate) use bodies::{Bodies, NoBodies};
pub(crate) use connections::{Connections, Options};
pub(crate) use guise::guise;
pub(crate) use unreachable::{Kind, Unreachable};
pub(crate) use words::words;

#[cfg(all(test, feature = "lab"))]
mod tests;
