//! Which distribution it is, in Ansible's words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::collector::{Facts, facts as object};
use super::machine::Machine;
use crate::sorting::Trees;

/// The distribution and the family it is of.
pub(super) struct Distribution {
    pub(super) name: String,
    pub(super) version: String,
    release: String,
    pub(super) family: &'static str,
    /// The file that told, and what kind of distribution has such a file.
    file: Option<(&'static str, &'static str)>,
    minor: Option<String>,
}

const NAMES: [(&str, &str); 30] = [
    ("almalinux", "AlmaLinux"),
    ("alpine", "Alpine"),
    ("altlinux", "Altlinux"),
    ("amzn", "Amazon"),
    ("arch", "Archlinux"),
    ("archarm", "Archlinux"),
    ("centos", "CentOS"),
    ("clear-linux-os", "Clear Linux OS"),
    ("debian", "Debian"),
    ("deepin", "Deepin"),
    ("devuan", "Devuan"),
    ("elementary", "Elementary OS"),
    ("fedora", "Fedora"),
    ("gentoo", "Gentoo"),
    ("kali", "Kali"),
    ("linuxmint", "Linux Mint"),
    ("manjaro", "Manjaro"),
    ("neon", "KDE neon"),
    ("nixos", "NixOS"),
    ("ol", "OracleLinux"),
    ("opensuse-leap", "openSUSE Leap"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed"),
    ("pop", "Pop!_OS"),
    ("raspbian", "Debian"),
    ("rhel", "RedHat"),
    ("rocky", "Rocky"),
    ("sles", "SLES"),
    ("sles_sap", "SLES_SAP"),
    ("ubuntu", "Ubuntu"),
    ("void", "Void"),
];

/// The families, each with the names of its distributions.
const FAMILIES: [(&str, &[&str]); 9] = [
    (
        "RedHat",
        &[
            "RedHat",
            "CentOS",
            "Fedora",
            "Rocky",
            "AlmaLinux",
            "OracleLinux",
            "Amazon",
            "Scientific",
            "Virtuozzo",
            "EuroLinux",
            "Alibaba",
            "openEuler",
            "Kylin Linux Advanced Server",
            "MIRACLE",
            "XenServer",
            "OpenMandriva",
        ],
    ),
    (
        "Debian",
        &[
            "Debian",
            "Ubuntu",
            "Kali",
            "Linux Mint",
            "Raspbian",
            "Devuan",
            "Deepin",
            "Elementary OS",
            "KDE neon",
            "Pop!_OS",
            "Neon",
            "Uos",
            "Cumulus Linux",
            "Parrot",
            "Linux Mint Debian Edition",
        ],
    ),
    (
        "Suse",
        &["SLES", "SLED", "SLES_SAP", "openSUSE Leap", "openSUSE Tumbleweed", "openSUSE", "ALP-Dolomite"],
    ),
    ("Archlinux", &["Archlinux", "Manjaro", "Antergos"]),
    ("Alpine", &["Alpine"]),
    ("Gentoo", &["Gentoo", "Funtoo"]),
    ("Altlinux", &["Altlinux"]),
    ("ClearLinux", &["Clear Linux OS", "ClearLinux"]),
    ("NixOS", &["NixOS"]),
];

/// The words of a file such as `/etc/os-release`.
fn words(text: &str) -> BTreeMap<String, String> {
    let entry = |line: &str| {
        let (key, value) = line.trim().split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        Some((key.trim().to_owned(), value.to_owned()))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(entry).to_map()
}

impl Distribution {
    /// Reads the files that tell.
    pub(super) fn of(machine: &Machine) -> Self {
        let text = machine.text("/etc/os-release").or_else(|| machine.text("/usr/lib/os-release"));
        let release = words(&text.unwrap_or_default());
        let get = |key: &str| release.get(key).cloned().unwrap_or_default();
        let id = get("ID").to_ascii_lowercase();
        let known = NAMES.iter().find(|(known, _)| *known == id).map(|(_, name)| (*name).to_owned());
        let name = known.unwrap_or_else(|| if id.is_empty() { "Linux".into() } else { capital(&id) });
        let family = family_of(&name, &get("ID_LIKE"));
        let mut found = Self {
            name,
            version: get("VERSION_ID"),
            release: codename(&release),
            family,
            file: None,
            minor: None,
        };
        found.refine(machine);
        found
    }

    /// What the distribution's own file tells better.
    fn refine(&mut self, machine: &Machine) {
        match self.family {
            "Debian" => {
                self.file = Some(("/etc/os-release", "Debian"));
                let exact = machine.word("/etc/debian_version").filter(|_| self.name == "Debian");
                if let Some(exact) = exact.filter(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
                    self.minor = exact.split_once('.').map(|(_, minor)| minor.to_owned());
                    self.version = exact;
                }
            }
            "RedHat" => self.refine_redhat(machine),
            "Alpine" => {
                self.file = Some(("/etc/alpine-release", "Alpine"));
                self.version = machine.word("/etc/alpine-release").unwrap_or_else(|| self.version.clone());
            }
            "Suse" => self.file = Some(("/etc/os-release", "SUSE")),
            "Archlinux" => self.file = Some(("/etc/arch-release", "Archlinux")),
            "Gentoo" => self.file = Some(("/etc/gentoo-release", "Gentoo")),
            _ => {}
        }
    }

    fn refine_redhat(&mut self, machine: &Machine) {
        let amazon = self.name == "Amazon";
        let path = if amazon { "/etc/system-release" } else { "/etc/redhat-release" };
        let Some(line) = machine.word(path) else { return };
        self.file = Some(if amazon { ("/etc/os-release", "Amazon") } else { (path, "RedHat") });
        let after = line.split_once("release ").map(|(_, rest)| rest).unwrap_or_default();
        let version: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        if !version.is_empty() && !amazon {
            self.version = version;
        }
        if let Some((_, name)) = line.split_once('(').filter(|_| self.name != "Fedora") {
            self.release = name.trim_end_matches(')').to_owned();
        }
        if line.contains("Stream") {
            self.release = "Stream".into();
        }
    }
}

fn capital(id: &str) -> String {
    let mut letters = id.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn family_of(name: &str, like: &str) -> &'static str {
    let own = FAMILIES.iter().find(|(_, names)| names.contains(&name)).map(|(family, _)| *family);
    own.or_else(|| like.split_whitespace().find_map(family_like)).unwrap_or("Linux")
}

fn family_like(word: &str) -> Option<&'static str> {
    match word {
        "debian" | "ubuntu" => Some("Debian"),
        "rhel" | "fedora" | "centos" => Some("RedHat"),
        "suse" | "opensuse" => Some("Suse"),
        "arch" => Some("Archlinux"),
        "gentoo" => Some("Gentoo"),
        "alpine" => Some("Alpine"),
        _ => None,
    }
}

fn codename(release: &BTreeMap<String, String>) -> String {
    if let Some(name) = release.get("VERSION_CODENAME").or_else(|| release.get("UBUNTU_CODENAME")) {
        return name.clone();
    }
    let version = release.get("VERSION").map(String::as_str).unwrap_or_default();
    let name = version.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(name, _)| name);
    name.unwrap_or_default().to_owned()
}

/// The distribution, as facts.
pub(super) fn facts(machine: &Machine) -> Facts {
    let found = Distribution::of(machine);
    let or_na = |text: &str| Value::from(if text.is_empty() { "N/A" } else { text });
    let mut facts = object(json!({
        "distribution": found.name,
        "distribution_version": or_na(&found.version),
        "distribution_major_version": or_na(found.version.split('.').next().unwrap_or_default()),
        "distribution_release": or_na(&found.release),
        "os_family": found.family,
    }));
    if let Some(minor) = found.minor {
        facts.insert("distribution_minor_version".into(), minor.into());
    }
    if let Some((path, variety)) = found.file {
        facts.insert("distribution_file_path".into(), path.into());
        facts.insert("distribution_file_variety".into(), variety.into());
        facts.insert("distribution_file_parsed".into(), true.into());
    }
    facts
}

/// What the Linux Standard Base calls it.
pub(super) fn lsb(machine: &Machine) -> Facts {
    let said = machine.said("lsb").map(|text| {
        let pair =
            |line: &str| line.split_once(':').map(|(key, value)| (key.to_owned(), value.trim().to_owned()));
        text.lines().filter_map(pair).to_map()
    });
    let keys = match &said {
        Some(_) => ["Distributor ID", "Release", "Description", "Codename"],
        None => ["DISTRIB_ID", "DISTRIB_RELEASE", "DISTRIB_DESCRIPTION", "DISTRIB_CODENAME"],
    };
    let Some(said) = said.or_else(|| machine.text("/etc/lsb-release").map(|text| words(&text))) else {
        return object(json!({"lsb": {}}));
    };
    let mut found = Facts::new();
    for (name, key) in ["id", "release", "description", "codename"].into_iter().zip(keys) {
        if let Some(value) = said.get(key) {
            found.insert(name.into(), value.as_str().into());
        }
    }
    if let Some(release) = said.get(keys[1]) {
        found.insert("major_release".into(), release.split('.').next().unwrap_or_default().into());
    }
    object(json!({"lsb": found}))
}
