//! Groups that would contain themselves, shown with every step of the way round.

use super::graph::Cycle;
use super::{GroupId, Inventory};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};

impl Inventory {
    /// Makes a group the child of another, as written at `place`; a cycle is a mistake there.
    pub(super) fn adopt(
        &mut self,
        parent: GroupId,
        child: GroupId,
        place: &Span,
        diagnostics: &mut Diagnostics,
    ) {
        if let Err(cycle) = self.add_child(parent, child, Some(place)) {
            diagnostics.push(cycle.diagnostic(&self.group(parent).name, place));
        }
    }
}

impl Cycle {
    fn diagnostic(self, parent: &str, place: &Span) -> Diagnostic {
        let names: Vec<&str> = self.path.iter().map(|(name, _)| &**name).collect();
        let way = format!("{parent} > {}", names.join(" > "));
        let message = format!("group `{parent}` would contain itself: `{way}`");
        let mut found =
            Diagnostic::error("group-cycle", message).at(place, format!("makes it a child of `{parent}`"));
        for pair in self.path.windows(2) {
            if let (above, (_, Some(span))) = (&pair[0].0, &pair[1]) {
                found = found.also(span, format!("a child of `{above}` here"));
            }
        }
        found.hint("take one of these children away")
    }
}
