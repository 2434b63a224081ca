//! The table of collectors, and how they run: each in a thread of its own that
//! nobody waits for longer than the limit.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::machine::Machine;
use super::{
    date_time, devices, distribution, firmware, managers, mounts, network, platform, processor, security,
    user, virtualization,
};
use crate::args::{Map, Value};

/// Facts by their names, without `ansible_`.
pub(super) type Facts = Map<String, Value>;

/// One collector.
pub(super) struct Collector {
    /// What it is asked for with.
    pub(super) name: &'static str,
    /// Facts of it, which ask for it too.
    pub(super) facts: &'static [&'static str],
    gather: fn(&Machine) -> Facts,
}

const fn one(name: &'static str, facts: &'static [&'static str], gather: fn(&Machine) -> Facts) -> Collector {
    Collector { name, facts, gather }
}

const HARDWARE: &[&str] = &["devices", "mounts", "processor", "processor_cores", "processor_count"];
const KEYS: &[&str] = &[
    "ssh_host_key_dsa_public",
    "ssh_host_key_ecdsa_public",
    "ssh_host_key_ed25519_public",
    "ssh_host_key_rsa_public",
    "ssh_host_pub_keys",
];
const NETWORK: &[&str] =
    &["all_ipv4_addresses", "all_ipv6_addresses", "default_ipv4", "default_ipv6", "interfaces"];
const PLATFORM: &[&str] =
    &["architecture", "kernel", "kernel_version", "machine", "machine_id", "python_version", "system"];
const RELEASE: &[&str] =
    &["distribution_major_version", "distribution_release", "distribution_version", "os_family"];
const USER: &[&str] = &[
    "effective_group_ids",
    "effective_user_id",
    "real_user_id",
    "user_dir",
    "user_gecos",
    "user_gid",
    "user_id",
    "user_shell",
    "user_uid",
];
const VIRTUAL: &[&str] =
    &["virtualization_role", "virtualization_tech_guest", "virtualization_tech_host", "virtualization_type"];

/// Every collector; one name may have several.
pub(super) const COLLECTORS: &[Collector] = &[
    one("apparmor", &[], security::apparmor),
    one("caps", &["system_capabilities", "system_capabilities_enforced"], security::capabilities),
    one("chroot", &["is_chroot"], platform::chroot),
    one("cmdline", &[], platform::cmdline),
    one("date_time", &[], date_time::facts),
    one("distribution", RELEASE, distribution::facts),
    one("dns", &[], network::dns),
    one("env", &[], platform::env),
    one("fibre_channel_wwn", &[], devices::fibre_channel),
    one("fips", &[], security::fips),
    one("hardware", HARDWARE, devices::facts),
    one("hardware", HARDWARE, firmware::facts),
    one("hardware", HARDWARE, mounts::facts),
    one("hardware", HARDWARE, processor::facts),
    one("hardware", HARDWARE, processor::memory),
    one("iscsi", &[], devices::iscsi),
    one("loadavg", &[], platform::loadavg),
    one("lsb", &[], distribution::lsb),
    one("network", NETWORK, network::facts),
    one("nvme", &[], devices::nvme),
    one("pkg_mgr", &[], managers::packages),
    one("platform", PLATFORM, platform::facts),
    one("selinux", &[], security::selinux),
    one("service_mgr", &[], managers::services),
    one("ssh_pub_keys", KEYS, security::host_keys),
    one("systemd", &[], managers::systemd),
    one("user", USER, user::facts),
    one("virtual", VIRTUAL, virtualization::facts),
];

/// The facts of the collectors that are wanted, and a warning for each that did not come to its end.
pub(super) fn collect(machine: Machine, wanted: &BTreeSet<&str>, limit: Duration) -> (Facts, Vec<String>) {
    let machine = Arc::new(machine);
    let (sender, receiver) = mpsc::channel();
    let mut open = BTreeSet::new();
    for (index, collector) in COLLECTORS.iter().enumerate().filter(|(_, it)| wanted.contains(it.name)) {
        let (machine, sender) = (Arc::clone(&machine), sender.clone());
        let gather = collector.gather;
        open.insert(index);
        // A thread that hangs in the kernel cannot be ended; it ends with the worker.
        thread::spawn(move || drop(sender.send((index, gather(&machine)))));
    }
    drop(sender);
    let until = Instant::now() + limit;
    let mut facts = Facts::new();
    let mut late = true;
    while !open.is_empty() {
        match receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok((index, found)) => {
                open.remove(&index);
                facts.extend(found);
            }
            Err(error) => {
                late = error == RecvTimeoutError::Timeout;
                break;
            }
        }
    }
    let why = if late { format!("within {limit:?}") } else { "since the collector broke off".to_owned() };
    let names = open.into_iter().map(|index| COLLECTORS[index].name);
    (facts, names.map(|name| format!("facts of `{name}` could not be gathered {why}")).collect())
}

/// An object as facts.
pub(super) fn facts(value: Value) -> Facts {
    match value {
        Value::Object(map) => map,
        _ => Facts::new(),
    }
}
