//! The command line of baton.

mod diagnostic;
mod event;
mod plan;
mod playbook;
mod template;
mod vars;
mod yaml;

fn main() {}
