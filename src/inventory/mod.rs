//! Hosts and groups: read from files, directories, scripts and lists, and chosen by
//! patterns. A value: reading gives it with every mistake found, adding hosts at run
//! time makes a new one that shares all that did not change.

mod address;
mod beside;
mod constructed;
mod cycle;
mod form;
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

pub use graph::Inventory;
pub use group::{Group, GroupId};
pub use host::{Host, HostId};
pub use limit::Limit;
pub use lineage::Lineage;
pub use load::{InventorySource, Options};
use name::sanitize;
pub use order::Order;
pub use pattern::Pattern;
pub use shared::SharedInventory;

#[cfg(test)]
mod tests;
