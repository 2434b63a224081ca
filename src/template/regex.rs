//! Python regular expressions on Rust engines.
