//! A buffer that outputs write to in tests.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;

use super::{Output, Screen};
use crate::event::{Event, FORMAT, Outcome, Stats, TaskInfo, TaskResult};

/// Keeps what was written, to both places in one.
#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    /// A screen that writes here.
    pub(crate) fn screen(&self) -> Screen {
        Screen::new(self.clone(), self.clone())
    }

    /// What was written.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Tells an output of these events, which are all there are.
pub(crate) fn tell(output: &mut dyn Output, events: &[Event]) {
    let mut stats = Stats::default();
    for event in events {
        stats.add(event);
        output.event(event, &stats);
    }
}

/// A small run: two hosts, three tasks, one failure, one of each kind of event that matters to many outputs.
pub(crate) fn recording() -> Vec<Event> {
    let task = |id, name: &str, action: &str, line| TaskInfo {
        id,
        name: name.into(),
        action: action.into(),
        place: format!("site.yml:{line}"),
        ..TaskInfo::default()
    };
    let result = |outcome, value: serde_json::Value, seconds| TaskResult {
        outcome,
        result: value.as_object().cloned().unwrap_or_default(),
        seconds,
        ..TaskResult::default()
    };
    let finished = |task, host: &str, result| Event::HostFinished {
        task,
        host: host.into(),
        result,
        rescued: false,
        time: 101.0,
    };
    let mut skipped = result(Outcome::Skipped, json!({"changed": false}), 0.125);
    skipped.skip_reason = Some("`x` is false".into());
    vec![
        Event::RunStarted {
            format: FORMAT,
            version: "0.1.0".into(),
            playbooks: vec!["site.yml".into()],
            plays: vec![1],
            check: false,
            diff: false,
            forks: 25,
            verbosity: 0,
            config_file: None,
            log: None,
            time: 100.0,
        },
        Event::PlayStarted {
            play: "web servers".into(),
            place: "site.yml:1".into(),
            hosts: vec!["web1".into(), "web2".into()],
            steps: 3,
            strategy: "linear".into(),
            check: false,
            time: 100.25,
        },
        Event::TaskStarted { task: task(1, "install", "shell", 3), time: 100.25 },
        Event::HostStarted { task: 1, host: "web1".into(), time: 100.25 },
        Event::HostStarted { task: 1, host: "web2".into(), time: 100.25 },
        finished(
            1,
            "web1",
            result(Outcome::Changed, json!({"changed": true, "rc": 0, "stdout": "done"}), 0.5),
        ),
        finished(1, "web2", result(Outcome::Failed, json!({"changed": false, "msg": "no space left"}), 0.5)),
        Event::TaskStarted { task: task(2, "look", "stat", 7), time: 101.0 },
        Event::HostStarted { task: 2, host: "web1".into(), time: 101.0 },
        finished(2, "web1", skipped),
        Event::TaskStarted { task: task(3, "say", "debug", 9), time: 101.0 },
        Event::HostStarted { task: 3, host: "web1".into(), time: 101.0 },
        finished(3, "web1", result(Outcome::Ok, json!({"msg": "fine", "ratio": 0.1}), 0.125)),
        Event::PlayFinished { play: "web servers".into(), time: 172.5 },
        Event::RunFinished { stats: Stats::default(), time: 172.5, interrupted: false },
    ]
}
