//! What guards the system: SELinux, AppArmor, FIPS, capabilities, and the keys of its sshd.

use serde_json::json;

use super::collector::{Facts, facts as object};
use super::machine::Machine;

/// Whether AppArmor is there.
pub(super) fn apparmor(machine: &Machine) -> Facts {
    let there = machine.exists("/sys/kernel/security/apparmor");
    object(json!({"apparmor": {"status": if there { "enabled" } else { "disabled" }}}))
}

/// Whether the kernel keeps to FIPS.
pub(super) fn fips(machine: &Machine) -> Facts {
    let on = machine.word("/proc/sys/crypto/fips_enabled").is_some_and(|word| word == "1");
    object(json!({"fips": on}))
}

/// What SELinux does and is to do.
pub(super) fn selinux(machine: &Machine) -> Facts {
    let Some(enforce) = machine.word("/sys/fs/selinux/enforce") else {
        return object(json!({"selinux": {"status": "disabled"}, "selinux_python_present": true}));
    };
    let config = machine.text("/etc/selinux/config").unwrap_or_default();
    let set = |key: &str| {
        let value = config.lines().find_map(|line| line.trim().strip_prefix(key)?.trim().strip_prefix('='));
        value.map_or("unknown".to_owned(), |value| value.trim().to_owned())
    };
    let version = machine.word("/sys/fs/selinux/policyvers");
    let version =
        version.and_then(|word| word.parse::<u64>().ok()).map_or(json!("unknown"), |number| json!(number));
    object(json!({
        "selinux": {
            "status": "enabled",
            "mode": if enforce == "1" { "enforcing" } else { "permissive" },
            "config_mode": set("SELINUX"),
            "policyvers": version,
            "type": set("SELINUXTYPE"),
        },
        "selinux_python_present": true,
    }))
}

/// The capabilities of the worker, as `capsh` tells them.
pub(super) fn capabilities(machine: &Machine) -> Facts {
    let Some(said) = machine.said("caps") else { return Facts::new() };
    let Some(current) = said.lines().find_map(|line| line.strip_prefix("Current:")) else {
        return object(json!({"system_capabilities_enforced": "NA", "system_capabilities": []}));
    };
    if current.trim() == "=ep" {
        return object(json!({"system_capabilities_enforced": "False", "system_capabilities": []}));
    }
    let names = current.split('=').nth(1).unwrap_or_default().split(',').map(str::trim).collect::<Vec<_>>();
    object(json!({"system_capabilities_enforced": "True", "system_capabilities": names}))
}

/// The public keys of the host.
pub(super) fn host_keys(machine: &Machine) -> Facts {
    let mut found = Facts::new();
    for kind in ["dsa", "rsa", "ecdsa", "ed25519"] {
        let key = ["/etc/ssh", "/etc/openssh", "/etc"]
            .iter()
            .find_map(|directory| machine.word(format!("{directory}/ssh_host_{kind}_key.pub")));
        let Some(key) = key else { continue };
        let mut words = key.split_whitespace();
        if let (Some(word), Some(key)) = (words.next(), words.next()) {
            found.insert(format!("ssh_host_key_{kind}_public"), key.into());
            found.insert(format!("ssh_host_key_{kind}_public_keytype"), word.into());
        }
    }
    found
}
