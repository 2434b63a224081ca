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
mod retry;
mod screen;
mod status;
#[cfg(test)]
mod testing;
mod text;
mod yaml;

pub(crate) use ansible::{
    Ansible, HOW_TO_BE_QUIET, ResultFormat, Settings as AnsibleSettings, told as ansible_words,
};
pub(crate) use default::DefaultOutput;
pub(crate) use follow::{Output, Summary, follow, show};
pub(crate) use json::Json;
pub(crate) use junit::Junit;
pub(crate) use log::{Log, LogError, new_place, read};
pub(crate) use minimal::{Adhoc, Minimal};
pub(crate) use python::repr as python_words;
pub(crate) use retry::RetryFile;
pub(crate) use screen::Screen;
pub(crate) use status::Status;
pub(crate) use yaml::document as yaml_text;
