//! Outputs show events: they know nothing else, and nothing else prints.
