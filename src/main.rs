//! The command line of baton.

mod diagnostic;
mod event;
mod plan;
mod playbook;
mod run;
mod template;
#[cfg(test)]
mod testing;
mod vars;
mod yaml;

fn main() {}
