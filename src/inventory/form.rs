//! Which form a file is in, by its name and its first lines.

use std::path::Path;
use std::sync::Arc;

use super::{Inventory, ini};
use crate::diagnostic::{Diagnostics, Source};

/// Reads a file in whatever form it is.
pub(super) fn read(
    path: &Path,
    source: &Arc<Source>,
    origin: &Arc<str>,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) {
    let _ = path;
    ini::read(source, origin, inventory, diagnostics);
}
