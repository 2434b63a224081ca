//! Processors and memory.

use std::collections::BTreeMap;

use serde_json::json;

use super::collector::{Facts, facts as object};
use super::machine::Machine;
use crate::args::Value;
use crate::sorting::Trees;

/// The processors, from `/proc/cpuinfo`.
pub(super) fn facts(machine: &Machine) -> Facts {
    let Some(text) = machine.text("/proc/cpuinfo") else { return Facts::new() };
    let mut seen = Seen::default();
    for line in text.lines() {
        if let Some((key, value)) = line.split_once(':') {
            seen.take(key.trim(), value.trim());
        }
    }
    seen.facts()
}

#[derive(Default)]
struct Seen {
    words: Vec<String>,
    flags: Option<Vec<String>>,
    processors: usize,
    models: usize,
    /// Cores of each socket.
    sockets: BTreeMap<String, usize>,
    /// Threads of each socket.
    siblings: BTreeMap<String, usize>,
    socket: String,
}

impl Seen {
    fn take(&mut self, key: &str, value: &str) {
        match key {
            "flags" | "Features" if self.flags.is_none() => {
                self.flags = Some(value.split_whitespace().map(str::to_owned).collect());
            }
            "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" | "processor" => {
                self.words.push(value.to_owned());
                self.processors += usize::from(key == "processor");
                self.models += usize::from(key == "model name" || key == "cpu");
            }
            "physical id" => {
                self.socket = value.to_owned();
                self.sockets.entry(self.socket.clone()).or_insert(1);
            }
            "cpu cores" => drop(self.sockets.insert(self.socket.clone(), value.parse().unwrap_or(1))),
            "siblings" => drop(self.siblings.insert(self.socket.clone(), value.parse().unwrap_or(1))),
            "# processors" => self.processors = value.parse().unwrap_or(1),
            _ => {}
        }
    }

    fn facts(self) -> Facts {
        let threads_here = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count =
            if self.sockets.is_empty() { self.processors.max(self.models) } else { self.sockets.len() };
        let cores = self.sockets.values().next().copied().unwrap_or(1);
        let siblings = self.siblings.values().next().copied().unwrap_or(cores);
        let per_core = (siblings / cores.max(1)).max(1);
        let mut found = object(json!({
            "processor": self.words,
            "processor_count": count,
            "processor_cores": cores,
            "processor_threads_per_core": per_core,
            "processor_vcpus": per_core * count * cores,
            "processor_nproc": affinity().unwrap_or(threads_here),
        }));
        if let Some(flags) = self.flags {
            found.insert("flags".into(), flags.into());
        }
        found
    }
}

/// How many processors the worker may use.
fn affinity() -> Option<usize> {
    rustix::thread::sched_getaffinity(None).ok().map(|set| set.count() as usize)
}

/// Memory, from `/proc/meminfo`, in MB.
pub(super) fn memory(machine: &Machine) -> Facts {
    let Some(text) = machine.text("/proc/meminfo") else { return Facts::new() };
    let entry = |line: &str| {
        let (key, value) = line.split_once(':')?;
        Some((key.to_owned(), value.split_whitespace().next()?.parse::<i64>().ok()? / 1024))
    };
    let sizes: BTreeMap<String, i64> = text.lines().filter_map(entry).to_map();
    let size = |key: &str| sizes.get(key).copied();
    let of = |key: &str| size(key).unwrap_or(0);
    let free = of("MemFree") + of("Cached") + of("Buffers");
    let mut found = object(json!({"memory_mb": {
        "real": {"total": of("MemTotal"), "used": of("MemTotal") - of("MemFree"), "free": of("MemFree")},
        "nocache": {"free": free, "used": of("MemTotal") - free},
        "swap": {
            "total": of("SwapTotal"),
            "used": of("SwapTotal") - of("SwapFree"),
            "free": of("SwapFree"),
            "cached": of("SwapCached"),
        },
    }}));
    for (name, key) in [
        ("memtotal_mb", "MemTotal"),
        ("memfree_mb", "MemFree"),
        ("swaptotal_mb", "SwapTotal"),
        ("swapfree_mb", "SwapFree"),
    ] {
        if let Some(size) = size(key) {
            found.insert(name.into(), Value::from(size));
        }
    }
    found
}
