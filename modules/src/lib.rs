//! The built-in modules of baton: all that runs on a target.

pub mod bootstrap;
pub mod serve;
pub mod wire;
