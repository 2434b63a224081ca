//! The compose model: files of version 2, 3 or of the compose specification read, checked and merged to one
//! project. Everything here is pure; what becomes of a project is the modules' work.

mod check;
mod dotenv;
mod extend;
mod interpolate;
mod load;
mod merge;
mod normal;
mod ports;
mod project;
mod schema;
mod sound;
mod source;
#[cfg(test)]
mod tests;
pub(crate) mod units;
mod volumes;

pub(crate) use load::{Given, Input, load, variables};
pub(crate) use project::{Condition, Dependency, Project, digest, strings};
