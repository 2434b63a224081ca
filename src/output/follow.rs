//! The loop that reads events into outputs.

use tokio::sync::mpsc::Receiver;

use crate::event::{Event, Stats};

/// Something that shows events.
pub(crate) trait Output: Send {
    /// Takes note of one event, and shows it if it should be shown now.
    fn event(&mut self, event: &Event);
}

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub stats: Stats,
    /// The user stopped it.
    pub interrupted: bool,
    /// The last event came: the run ended by its own rules.
    pub complete: bool,
}

/// So many events are taken from the channel in one go.
const AT_ONCE: usize = 128;

/// Reads events until the channel closes, each into every output in turn. Blocks: call it on a thread of its own.
pub(crate) fn follow(mut events: Receiver<Event>, outputs: &mut [Box<dyn Output>]) -> Summary {
    let mut summary = Summary::default();
    let mut waiting = Vec::with_capacity(AT_ONCE);
    while events.blocking_recv_many(&mut waiting, AT_ONCE) > 0 {
        waiting.drain(..).for_each(|event| show(&event, outputs, &mut summary));
    }
    summary
}

/// Shows one event everywhere, and counts it.
pub(crate) fn show(event: &Event, outputs: &mut [Box<dyn Output>], summary: &mut Summary) {
    summary.stats.add(event);
    if let Event::RunFinished { interrupted, .. } = event {
        summary.interrupted = *interrupted;
        summary.complete = true;
    }
    for output in outputs {
        output.event(event);
    }
}
