//! The loop that reads events into outputs.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;

use crate::event::{Event, Stats};

/// Something that shows events.
pub(crate) trait Output: Send {
    /// Takes note of one event, and shows it if it should be shown now. `stats`: what all events up to this one amount to.
    fn event(&mut self, event: &Event, stats: &Stats);

    /// Whether it takes the finish of many hosts as one event; else it is told of each.
    fn takes_many(&self) -> bool {
        false
    }

    /// No event waits: what was put off, to be done for many at once, is done now.
    fn settle(&mut self) {}
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
const AT_ONCE: usize = 1024;

/// Nobody sees so short a time, in which many events may come: to be woken for each costs more than to show it.
const GATHERING: Duration = Duration::from_millis(1);

/// Reads events until the channel closes, each into every output in turn. Blocks: call it on a thread of its own.
pub(crate) fn follow(mut events: Receiver<Event>, outputs: &mut [Box<dyn Output>]) -> Summary {
    let mut summary = Summary::default();
    let mut waiting = Vec::with_capacity(AT_ONCE);
    while events.blocking_recv_many(&mut waiting, AT_ONCE) > 0 {
        for mut event in waiting.drain(..) {
            if let Event::RunFinished { stats, .. } = &mut event {
                *stats = summary.stats.clone();
            }
            show(&event, outputs, &mut summary);
        }
        outputs.iter_mut().for_each(|output| output.settle());
        if !summary.complete && events.len() < AT_ONCE / 2 {
            std::thread::sleep(GATHERING);
        }
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
        match event.each() {
            Some(each) if !output.takes_many() => {
                each.for_each(|event| output.event(&event, &summary.stats));
            }
            _ => output.event(event, &summary.stats),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Buffer;
    use super::super::{Json, Log, Screen};
    use super::*;
    use crate::event::{Outcome, TaskResult};

    fn skipped() -> Event {
        let result = TaskResult { outcome: Outcome::Skipped, ..TaskResult::default() };
        Event::HostsSkipped { task: 1, hosts: vec!["web1".into(), "web2".into()], result, time: 0.0 }
    }

    #[test]
    fn hosts_skipped_together_are_shown_one_by_one_and_recorded_as_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        let buffer = Buffer::default();
        let log = Log::create(&path, Screen::new(std::io::sink(), std::io::sink())).expect("a log");
        let mut outputs: Vec<Box<dyn Output>> = vec![Box::new(Json::new(buffer.screen())), Box::new(log)];
        let mut summary = Summary::default();
        show(&skipped(), &mut outputs, &mut summary);
        drop(outputs);
        let shown = buffer.text();
        let hosts: Vec<_> = shown.lines().map(|line| line.contains(r#""event":"host_finished""#)).collect();
        assert_eq!(hosts, [true, true], "{shown}");
        let recorded = std::fs::read_to_string(&path).expect("what was recorded");
        assert_eq!(recorded.lines().count(), 1, "{recorded}");
        assert_eq!(summary.stats.hosts.values().map(|host| host.skipped).collect::<Vec<_>>(), [1, 1]);
    }
}
