//! Which programs manage packages and services.

use serde_json::json;

use super::collector::{Facts, facts as object};
use super::distribution::Distribution;
use super::machine::Machine;

/// Where the tools of package managers are; of several, the last counts.
const TOOLS: [(&str, &str); 15] = [
    ("/usr/bin/rpm-ostree", "atomic_container"),
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/bin/pacman", "pacman"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/sbin/urpmi", "urpmi"),
    ("/usr/bin/opkg", "opkg"),
    ("/bin/opkg", "opkg"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/sbin/apk", "apk"),
    ("/usr/sbin/sorcery", "sorcery"),
    ("/usr/bin/swupd", "swupd"),
    ("/usr/bin/yum", "yum"),
    ("/usr/bin/dnf-3", "dnf"),
    ("/usr/bin/dnf5", "dnf5"),
];

/// What installs packages.
pub(super) fn packages(machine: &Machine) -> Facts {
    let distribution = Distribution::of(machine);
    let there = |name: &str| TOOLS.iter().any(|(path, tool)| *tool == name && machine.exists(path));
    let found =
        || TOOLS.iter().rev().find(|(path, _)| machine.exists(path)).map_or("unknown", |(_, tool)| *tool);
    let name = match distribution.family {
        "Debian" | "Altlinux" if there("apt") && distribution.family == "Debian" => "apt",
        "Altlinux" if there("apt") => "apt_rpm",
        "RedHat" => {
            let old = distribution.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
            let old = old.is_some_and(|major| major < 8) && distribution.name != "Fedora";
            ["dnf5", "dnf", "yum"]
                .into_iter()
                .find(|name| there(name) && (!old || *name == "yum"))
                .unwrap_or_else(found)
        }
        _ => found(),
    };
    object(json!({"pkg_mgr": name}))
}

/// What starts services.
pub(super) fn services(machine: &Machine) -> Facts {
    object(json!({"service_mgr": service_manager(machine)}))
}

fn service_manager(machine: &Machine) -> String {
    let first = machine.word("/proc/1/comm").unwrap_or_default();
    let known = match first.as_str() {
        "procd" => "openwrt_init",
        "runit-init" => "runit",
        "svscan" => "svc",
        "openrc-init" => "openrc",
        // ansible: a shell or a plain `init` tells nothing
        "" | "init" | "COMMAND" => "",
        name if name.ends_with("sh") => "",
        name => name,
    };
    let managed = ["/run/systemd/system/", "/dev/.run/systemd/", "/dev/.systemd/"];
    let name = match () {
        () if !known.is_empty() => known,
        () if managed.iter().any(|path| machine.exists(path)) => "systemd",
        () if machine.exists("/sbin/upstart-udev-bridge") => "upstart",
        () if machine.exists("/sbin/openrc") => "openrc",
        () if machine.leads_to("/sbin/init").is_some_and(|name| name == "systemd") => "systemd",
        () if machine.exists("/etc/init.d/") => "sysvinit",
        () if machine.exists("/etc/dinit.d/") => "dinit",
        () => "service",
    };
    name.to_owned()
}

/// Version and features of a running systemd.
pub(super) fn systemd(machine: &Machine) -> Facts {
    let Some(said) = machine.said("systemd").filter(|_| machine.exists("/run/systemd/system")) else {
        return Facts::new();
    };
    let mut lines = said.lines();
    let version = lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse::<u32>().ok());
    let features = lines.next().unwrap_or_default();
    object(json!({"systemd": {"version": version, "features": features}}))
}
