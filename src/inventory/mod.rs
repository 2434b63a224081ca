//! Hosts and groups: read from files, directories, scripts and lists, and chosen by
//! patterns. A value: reading gives it with every mistake found, adding hosts at run
//! time makes a new one that shares all that did not change.

mod address;
mod beside;
mod constructed;
mod cycle;
mod form;
mod generator;
mod graph;
mod group;
mod grow;
mod host;
mod ini;
mod limit;
mod lineage;
mod literal;
mod load;
mod matching;
mod name;
mod order;
mod pattern;
mod range;
mod script;
mod shared;
mod toml;
mod tree;
mod words;

pub(crate) use graph::Inventory;
pub(crate) use group::{Group, GroupId};
pub(crate) use host::{Host, HostId};
pub(crate) use limit::Limit;
pub(crate) use lineage::Lineage;
pub(crate) use load::{InventorySource, Options};
use name::sanitize;
pub(crate) use order::Order;
pub(crate) use pattern::Pattern;
pub(crate) use script::SAID as SCRIPT_SAID;
pub(crate) use shared::SharedInventory;

#[cfg(test)]
mod tests;
