//! Whether an object is what it is to be: the rules of kstatus, and waiting by them.

mod closer;
mod rules;
mod trouble;
mod wait;

pub use rules::{Status, of};
pub use wait::{Awaited, Condition, Want, wait};

#[cfg(test)]
mod tests;
