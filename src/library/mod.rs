//! Modules that the user brings: where they are, of which kind they are, and what a module in Python needs
//! beside it. Nothing here knows tasks, hosts or variables.

mod bundle;
mod core;
mod embedded;
mod imports;
mod requires;
mod routing;
mod search;
mod style;
mod zip;

pub(crate) use requires::ANSIBLE_VERSION;
pub(crate) use routing::Kind;
pub(crate) use search::{Found, Library, Settings, collection_of};
pub(crate) use style::{Shebang, Style};
