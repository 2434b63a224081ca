//! Ends what calls have started: the children of a call's thread and all below them. What has
//! detached itself from the worker on purpose (a daemon) has another parent and is left alone.

use std::collections::HashMap;
use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal to everything that the thread has started and that still hangs on it.
pub(super) fn signal_children(thread: i32, signal: Signal) {
    for pid in descendants(children(thread)) {
        // It may have ended meanwhile.
        let _ = kill_process(pid, signal);
    }
}

fn children(thread: i32) -> Vec<i32> {
    let listed = fs::read_to_string(format!("/proc/self/task/{thread}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

fn descendants(mut found: Vec<i32>) -> Vec<Pid> {
    if found.is_empty() {
        return Vec::new();
    }
    let below = children_by_parent();
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        found.extend(below.get(&pid).into_iter().flatten());
        next += 1;
    }
    found.into_iter().filter_map(Pid::from_raw).collect()
}

fn children_by_parent() -> HashMap<i32, Vec<i32>> {
    let mut below: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name in parentheses may itself hold blanks and parentheses.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            below.entry(parent).or_default().push(pid);
        }
    }
    below
}
