//! Outputs show events: they know nothing else, and nothing else prints. One loop
//! reads the channel into all of them in turn, so lines never mix and order is total.

mod ansible;
mod color;
mod default;
mod diff;
mod difference;
mod follow;
mod json;
mod junit;
mod live;
mod log;
mod minimal;
mod names;
mod python;
mod screen;
mod status;
#[cfg(test)]
mod testing;
mod text;
mod yaml;

pub use ansible::{Ansible, ResultFormat, Settings as AnsibleSettings};
pub use default::DefaultOutput;
pub use follow::{Output, Summary, follow, show};
pub use json::Json;
pub use junit::Junit;
pub use log::{Log, LogError, new_place, read};
pub use minimal::Minimal;
pub use screen::Screen;
pub use status::{Above, Status};
