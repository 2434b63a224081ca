//! The command line of baton.

mod diagnostic;
mod event;
mod template;
mod yaml;

fn main() {}
