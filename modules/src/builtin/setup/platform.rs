//! The system and its kernel: names, architecture, command line, load, environment.

use std::os::unix::fs::MetadataExt;

use serde_json::json;

use super::collector::{Facts, facts as object};
use super::machine::Machine;
use crate::args::{Map, Value};

/// Names of the system, the host and the processor.
pub(super) fn facts(machine: &Machine) -> Facts {
    let uname = rustix::system::uname();
    let text = |word: &std::ffi::CStr| word.to_string_lossy().into_owned();
    let (node, cpu) = (text(uname.nodename()), text(uname.machine()));
    let bits = userspace_bits(&cpu);
    let userspace = match (cpu.as_str(), bits) {
        ("x86_64", "32") | ("i386" | "i486" | "i586" | "i686", _) => "i386",
        (cpu, _) => cpu,
    };
    let architecture = if cpu.starts_with('i') && cpu.ends_with("86") { "i386" } else { cpu.as_str() };
    let domain = machine.fqdn.split_once('.').map_or("", |(_, domain)| domain);
    let mut found = object(json!({
        "system": text(uname.sysname()),
        "kernel": text(uname.release()),
        "kernel_version": text(uname.version()),
        "machine": cpu,
        "architecture": architecture,
        "userspace_bits": bits,
        "userspace_architecture": userspace,
        "nodename": node,
        "hostname": node.split('.').next().unwrap_or_default(),
        "fqdn": machine.fqdn,
        "domain": domain,
    }));
    let id = machine.word("/var/lib/dbus/machine-id").or_else(|| machine.word("/etc/machine-id"));
    if let Some(id) = id {
        found.insert("machine_id".into(), id.lines().next().unwrap_or_default().into());
    }
    found
}

/// The width of programs: that of the kernel, unless the shell is narrower.
fn userspace_bits(cpu: &str) -> &'static str {
    let mut head = [0_u8; 5];
    let read =
        std::fs::File::open("/bin/sh").and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
    match (read, head) {
        (Ok(()), [0x7f, b'E', b'L', b'F', 1]) => "32",
        (Ok(()), [0x7f, b'E', b'L', b'F', 2]) => "64",
        _ if cpu.contains("64") || cpu == "s390x" => "64",
        _ => "32",
    }
}

/// The kernel's command line, as a dictionary of last and of all values.
pub(super) fn cmdline(machine: &Machine) -> Facts {
    let Some(line) = machine.word("/proc/cmdline") else { return Facts::new() };
    let words =
        crate::words::split(&line).unwrap_or_else(|_| line.split_whitespace().map(str::to_owned).collect());
    let (mut last, mut all) = (Map::new(), Map::new());
    for word in words {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key.to_owned(), Value::from(value)),
            None => (word, Value::Bool(true)),
        };
        match all.get_mut(&key) {
            Some(Value::Array(values)) => values.push(value.clone()),
            Some(first) => *first = json!([first.clone(), value]),
            None => drop(all.insert(key.clone(), value.clone())),
        }
        last.insert(key, value);
    }
    object(json!({"cmdline": last, "proc_cmdline": all}))
}

/// How busy the machine has been.
pub(super) fn loadavg(_: &Machine) -> Facts {
    let loads = rustix::system::sysinfo().loads.map(|load| load as f64 / 65536.0);
    object(json!({"loadavg": {"1m": loads[0], "5m": loads[1], "15m": loads[2]}}))
}

/// The environment of the task.
pub(super) fn env(machine: &Machine) -> Facts {
    object(json!({"env": machine.environment}))
}

/// Whether the root is not that of the first process.
pub(super) fn chroot(machine: &Machine) -> Facts {
    let named = machine.environment.get("debian_chroot").is_some_and(|name| !name.is_empty());
    let root = std::fs::metadata(machine.path("/"));
    let first = std::fs::metadata(machine.path("/proc/1/root/."));
    let is_chroot = match (root, first) {
        (Ok(root), Ok(first)) => (root.dev(), root.ino()) != (first.dev(), first.ino()),
        // Not ours to see: the root of most file systems is the second inode.
        (Ok(root), Err(_)) => ![2, 128, 256].contains(&root.ino()) && !machine.exists("/.dockerenv") && named,
        _ => false,
    };
    object(json!({"is_chroot": named || is_chroot}))
}
