//! Variables: where they come from and which one wins. Layered and shared, never
//! merged into one map per task.

mod definition;
mod layer;

pub use definition::{Definition, VarMap};
pub use layer::{LAYERS, Layer, Stratum};
