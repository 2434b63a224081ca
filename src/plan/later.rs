//! Modules that are known by name though this version has them not: they are told apart
//! from slips, and what is wrong with them beyond doubt is said already.

use crate::playbook::short_name;

/// A module of a later version.
pub(super) struct Later {
    pub(super) name: &'static str,
    /// Options known so far; empty when none are.
    options: &'static [&'static str],
}

const fn module(name: &'static str, options: &'static [&'static str]) -> Later {
    Later { name, options }
}

const LATER: &[Later] = &[];

/// Modules of Ansible's own collection and often used ones of others.
/// Those that are built in are found before this list is asked.
const NAMES: &[&str] = &[
    "acl",
    "alternatives",
    "apt",
    "apt_key",
    "apt_repository",
    "archive",
    "assemble",
    "at",
    "authorized_key",
    "blockinfile",
    "capabilities",
    "command",
    "composer",
    "copy",
    "cpanm",
    "cron",
    "cronvar",
    "dconf",
    "deb822_repository",
    "debconf",
    "dnf",
    "dnf5",
    "dpkg_selections",
    "expect",
    "fetch",
    "file",
    "filesystem",
    "find",
    "firewalld",
    "flatpak",
    "gem",
    "get_url",
    "getent",
    "git",
    "git_config",
    "group",
    "hg",
    "homebrew",
    "hostname",
    "htpasswd",
    "ini_file",
    "interfaces_file",
    "iptables",
    "known_hosts",
    "ldap_entry",
    "lineinfile",
    "locale_gen",
    "lvg",
    "lvol",
    "make",
    "modprobe",
    "mount",
    "mount_facts",
    "mysql_db",
    "mysql_user",
    "nmcli",
    "npm",
    "openssl_privatekey",
    "package",
    "package_facts",
    "pacman",
    "pam_limits",
    "parted",
    "patch",
    "ping",
    "pip",
    "postgresql_db",
    "postgresql_user",
    "raw",
    "reboot",
    "replace",
    "rpm_key",
    "script",
    "seboolean",
    "sefcontext",
    "selinux",
    "service",
    "service_facts",
    "setup",
    "shell",
    "slurp",
    "snap",
    "ssh_config",
    "stat",
    "subversion",
    "synchronize",
    "sysctl",
    "systemd",
    "systemd_service",
    "sysvinit",
    "tempfile",
    "template",
    "timezone",
    "ufw",
    "unarchive",
    "uri",
    "user",
    "wait_for",
    "wait_for_connection",
    "xml",
    "yum",
    "yum_repository",
    "zypper",
];

/// Collections whose modules are known to exist.
const COLLECTIONS: &[&str] = &[
    "amazon.aws.",
    "ansible.netcommon.",
    "ansible.posix.",
    "ansible.utils.",
    "ansible.windows.",
    "azure.azcollection.",
    "community.aws.",
    "community.crypto.",
    "community.docker.",
    "community.general.",
    "community.hashi_vault.",
    "community.kubernetes.",
    "community.libvirt.",
    "community.mysql.",
    "community.postgresql.",
    "community.windows.",
    "containers.podman.",
    "google.cloud.",
    "kubernetes.core.",
];

impl Later {
    /// Whether it will have this option, as far as that is known.
    pub(super) fn has_option(&self, option: &str) -> bool {
        self.options.contains(&option)
    }
}

/// What is known of a module of a later version, by short or full name.
pub(super) fn find(name: &str) -> Option<Later> {
    let collection = COLLECTIONS.iter().find_map(|prefix| name.strip_prefix(prefix));
    let short = collection.unwrap_or_else(|| short_name(name));
    let listed = LATER.iter().find(|later| later.name == short);
    if let Some(Later { name, options }) = listed {
        return Some(Later { name, options });
    }
    let named = NAMES.iter().find(|known| **known == short).copied();
    let of_windows = short.starts_with("win_").then_some("");
    named.or(of_windows).or(collection.map(|_| "")).map(|name| module(name, &[]))
}

/// All short names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    LATER.iter().map(|later| later.name).chain(NAMES.iter().copied())
}
