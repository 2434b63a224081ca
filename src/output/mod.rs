//! Outputs show events: they know nothing else, and nothing else prints. One loop
//! reads the channel into all of them in turn, so lines never mix and order is total.

mod ansible;
mod color;
mod default;
mod diff;
mod follow;
mod names;
mod python;
mod screen;
#[cfg(test)]
mod testing;
mod text;
mod yaml;

pub use ansible::{Ansible, Settings as AnsibleSettings};
pub use default::DefaultOutput;
pub use follow::{Output, follow};
pub use screen::Screen;
