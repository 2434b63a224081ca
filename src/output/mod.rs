//! Outputs show events: they know nothing else, and nothing else prints. One loop
//! reads the channel into all of them in turn, so lines never mix and order is total.

mod ansible;
mod color;
mod diff;
mod follow;
mod python;
mod screen;
#[cfg(test)]
mod testing;
mod yaml;

pub use ansible::{Ansible, Settings as AnsibleSettings};
pub use follow::{Output, follow};
pub use screen::Screen;
