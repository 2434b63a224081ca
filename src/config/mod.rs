//! Settings, as Ansible has them: from `ansible.cfg`, the environment, or their default.
//! `table.rs` declares each once. `Config::load` reads them all; every value keeps its origin.

mod file;
mod foreign;
mod from_text;
mod setting;
mod table;

#[cfg(test)]
mod tests;

pub(crate) use foreign::{OfServer, knows_variable};
pub(crate) use from_text::{DuplicateKey, Gathering, GroupNames, HashBehaviour, ResultFormat};
pub(crate) use setting::{Given, Origin, Setting, ansible_name, plugin_kind};
pub(crate) use table::{Config, SETTINGS};
