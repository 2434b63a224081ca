//! Whether the machine is a guest or a host of virtual machines and containers.

use std::collections::BTreeSet;

use serde_json::json;

use super::collector::{Facts, facts as object};
use super::machine::Machine;

/// What was seen: the first answer counts, every technique is kept.
#[derive(Default)]
struct Seen {
    answer: Option<(&'static str, &'static str)>,
    guest: BTreeSet<&'static str>,
    host: BTreeSet<&'static str>,
}

impl Seen {
    fn guest(&mut self, name: &'static str) {
        self.guest.insert(name);
        self.answer.get_or_insert((name, "guest"));
    }

    fn host(&mut self, name: &'static str) {
        self.host.insert(name);
        self.answer.get_or_insert((name, "host"));
    }
}

/// Technique and role.
pub(super) fn facts(machine: &Machine) -> Facts {
    let mut seen = Seen::default();
    containers(machine, &mut seen);
    old_kernels(machine, &mut seen);
    firmware(machine, &mut seen);
    hosts(machine, &mut seen);
    let (kind, role) = seen.answer.unwrap_or(("NA", "NA"));
    object(json!({
        "virtualization_type": kind,
        "virtualization_role": role,
        "virtualization_tech_guest": seen.guest,
        "virtualization_tech_host": seen.host,
    }))
}

fn containers(machine: &Machine, seen: &mut Seen) {
    let groups = machine.text("/proc/1/cgroup").unwrap_or_default();
    let in_group = |words: &[&str]| words.iter().any(|word| groups.contains(word));
    let environment = machine.text("/proc/1/environ").unwrap_or_default();
    let container = environment.split('\0').find_map(|entry| entry.strip_prefix("container="));
    let told = machine.word("/run/systemd/container");
    let is = |name: &str| container == Some(name) || told.as_deref() == Some(name);
    let docker = in_group(&["/docker/", "/docker-"])
        || machine.exists("/.dockerenv")
        || machine.exists("/.dockerinit");
    if docker || is("docker") {
        seen.guest("docker");
    }
    if in_group(&["/lxc/", "/lxc.payload"]) || is("lxc") {
        seen.guest("lxc");
    }
    if is("podman") || machine.exists("/run/.containerenv") {
        seen.guest("podman");
    }
    if is("systemd-nspawn") {
        seen.guest("systemd-nspawn");
    }
    if container.is_some() && seen.guest.is_empty() {
        seen.guest("container");
    }
    if !seen.guest.is_empty() {
        seen.guest.insert("container");
    }
}

fn old_kernels(machine: &Machine, seen: &mut Seen) {
    if machine.exists("/proc/vz") && !machine.exists("/proc/lve") {
        if machine.exists("/proc/bc") { seen.host("openvz") } else { seen.guest("openvz") }
    }
    if machine.exists("/proc/xen") {
        let rights = machine.text("/proc/xen/capabilities").unwrap_or_default();
        if rights.contains("control_d") { seen.host("xen") } else { seen.guest("xen") }
    }
    if machine.word("/sys/hypervisor/type").is_some_and(|kind| kind == "xen") && !seen.host.contains("xen") {
        seen.guest("xen");
    }
}

/// What makers of virtual machines write into their firmware.
const PRODUCTS: [(&str, &str); 15] = [
    ("KVM", "kvm"),
    ("KVM Server", "kvm"),
    ("Bochs", "kvm"),
    ("AHV", "kvm"),
    ("CloudStack KVM Hypervisor", "kvm"),
    ("Google Compute Engine", "kvm"),
    ("OpenStack Compute", "openstack"),
    ("OpenStack Nova", "openstack"),
    ("RHEV Hypervisor", "RHEV"),
    ("VirtualBox", "virtualbox"),
    ("Parallels Virtual Platform", "parallels"),
    ("HVM domU", "xen"),
    ("HVM domU Xen", "xen"),
    ("VMware Virtual Platform", "VMware"),
    ("VMware7,1", "VMware"),
];

const VENDORS: [(&str, &str); 9] = [
    ("QEMU", "kvm"),
    ("Amazon EC2", "kvm"),
    ("DigitalOcean", "kvm"),
    ("Hetzner", "kvm"),
    ("Scaleway", "kvm"),
    ("Nutanix", "kvm"),
    ("oVirt", "oVirt"),
    ("Red Hat", "kvm"),
    ("VMware, Inc.", "VMware"),
];

fn firmware(machine: &Machine, seen: &mut Seen) {
    let id = |file: &str| machine.word(format!("/sys/devices/virtual/dmi/id/{file}")).unwrap_or_default();
    let (product, vendor, bios) = (id("product_name"), id("sys_vendor"), id("bios_vendor"));
    let found = |table: &[(&'static str, &'static str)], word: &str| {
        table.iter().find(|(known, _)| *known == word).map(|(_, name)| *name)
    };
    if let Some(name) =
        found(&PRODUCTS, &product).or_else(|| product.starts_with("VMware").then_some("VMware"))
    {
        seen.guest(name);
    } else if vendor == "Microsoft Corporation" && product == "Virtual Machine" {
        seen.guest("VirtualPC");
    } else if vendor == "Parallels Software International Inc." {
        seen.guest("parallels");
    } else if let Some(name) = found(&VENDORS, &vendor) {
        seen.guest(name);
    }
    match bios.as_str() {
        "Xen" => seen.guest("xen"),
        "innotek GmbH" => seen.guest("virtualbox"),
        "Amazon EC2" => seen.guest("kvm"),
        _ => {}
    }
}

fn hosts(machine: &Machine, seen: &mut Seen) {
    let cpu = machine.text("/proc/cpuinfo").unwrap_or_default();
    if cpu.lines().any(|line| line.starts_with("model name") && line.contains("QEMU Virtual CPU")) {
        seen.guest("kvm");
    }
    if cpu.lines().any(|line| line.starts_with("vendor_id") && line.contains("PowerVM")) {
        seen.guest("powervm_lx86");
    }
    let modules = machine.text("/proc/modules").unwrap_or_default();
    let loaded = |name: &str| modules.lines().any(|line| line.split_whitespace().next() == Some(name));
    if machine.exists("/dev/kvm") || loaded("kvm") {
        seen.host.insert("kvm");
        if machine.exists("/usr/libexec/vdsm") || machine.exists("/usr/bin/vdsm-tool") {
            seen.host("RHEV");
        } else {
            seen.host("kvm");
        }
    }
    if loaded("vboxdrv") {
        seen.host("virtualbox");
    }
    if loaded("virtio") && seen.guest.is_empty() && seen.host.is_empty() {
        seen.guest("kvm");
    }
}
