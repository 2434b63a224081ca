//! Block devices and their names, and who the machine is on networks of storage.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::collector::{Facts, facts as object};
use super::machine::Machine;

/// Names by device.
type Names = BTreeMap<String, Vec<String>>;

/// The block devices, and their names by kind.
pub(super) fn facts(machine: &Machine) -> Facts {
    let links = Links::of(machine);
    let devices: Facts = machine
        .list("/sys/block")
        .into_iter()
        .map(|name| (name.clone(), device(machine, &links, &name)))
        .collect();
    object(json!({"devices": devices, "device_links": links.all()}))
}

/// Other names of devices.
struct Links {
    ids: Names,
    uuids: Names,
    labels: Names,
    masters: Names,
}

impl Links {
    fn of(machine: &Machine) -> Self {
        let by = |kind: &str| {
            let mut names = Names::new();
            for name in machine.list(format!("/dev/disk/by-{kind}")) {
                if let Some(device) = machine.leads_to(format!("/dev/disk/by-{kind}/{name}")) {
                    names.entry(device).or_default().push(name);
                }
            }
            names
        };
        let mut masters = Names::new();
        for name in machine.list("/sys/block") {
            for slave in machine.list(format!("/sys/block/{name}/slaves")) {
                masters.entry(slave).or_default().push(name.clone());
            }
        }
        Self { ids: by("id"), uuids: by("uuid"), labels: by("label"), masters }
    }

    fn all(&self) -> Value {
        json!({"ids": self.ids, "uuids": self.uuids, "labels": self.labels, "masters": self.masters})
    }

    fn to(&self, device: &str) -> Value {
        let names = |names: &Names| names.get(device).cloned().unwrap_or_default();
        json!({
            "ids": names(&self.ids),
            "uuids": names(&self.uuids),
            "labels": names(&self.labels),
            "masters": names(&self.masters),
        })
    }
}

fn device(machine: &Machine, links: &Links, name: &str) -> Value {
    let base = format!("/sys/block/{name}");
    let word = |file: &str| machine.word(format!("{base}/{file}"));
    let (sectors, sector_size) = extent(machine, &base);
    let scheduler = word("queue/scheduler").unwrap_or_default();
    let chosen =
        scheduler.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(word, _)| word);
    let mut found = object(json!({
        // ansible: every device of a kernel of our times counts as virtual
        "virtual": 1,
        "links": links.to(name),
        "vendor": word("device/vendor"),
        "model": word("device/model"),
        "sas_address": word("device/sas_address"),
        "sas_device_handle": word("device/sas_device_handle"),
        "removable": word("removable"),
        "support_discard": word("queue/discard_granularity"),
        "rotational": word("queue/rotational"),
        "scheduler_mode": chosen,
        "sectors": sectors,
        "sectorsize": sector_size,
        "size": human(sectors * 512),
        "host": host(machine, &base),
        "holders": holders(machine, &base),
        "partitions": partitions(machine, links, &base, name),
    }));
    if let Some(serial) = word("device/serial").or_else(|| serial(machine, &base)) {
        found.insert("serial".into(), serial.into());
    }
    let wwn = links.ids.get(name).and_then(|ids| ids.iter().find_map(|id| id.strip_prefix("wwn-")));
    if let Some(wwn) = wwn {
        found.insert("wwn".into(), wwn.into());
    }
    Value::Object(found)
}

/// The number that a disk on a bus says, behind four bytes of length.
fn serial(machine: &Machine, base: &str) -> Option<String> {
    let bytes = std::fs::read(machine.path(format!("{base}/device/vpd_pg80"))).ok()?;
    let text = String::from_utf8_lossy(bytes.get(4..)?).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn extent(machine: &Machine, base: &str) -> (u64, String) {
    let word = |file: &str| machine.word(format!("{base}/{file}"));
    let size = word("queue/logical_block_size").or_else(|| word("queue/hw_sector_size"));
    let sectors = word("size").and_then(|text| text.parse().ok()).unwrap_or(0);
    (sectors, size.unwrap_or_else(|| "512".to_owned()))
}

fn partitions(machine: &Machine, links: &Links, base: &str, name: &str) -> Facts {
    let is_part = |entry: &String| {
        let rest = entry.strip_prefix(name).map(|rest| rest.strip_prefix('p').unwrap_or(rest));
        rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let describe = |entry: String| {
        let base = format!("{base}/{entry}");
        let (sectors, _) = extent(machine, &base);
        let uuid = links.uuids.get(&entry).and_then(|names| names.first()).cloned();
        let fact = json!({
            "links": links.to(&entry),
            "start": machine.word(format!("{base}/start")).unwrap_or_else(|| "0".to_owned()),
            "sectors": sectors,
            "sectorsize": 512,
            "size": human(sectors * 512),
            "uuid": uuid,
            "holders": holders(machine, &base),
        });
        (entry, fact)
    };
    machine.list(base).into_iter().filter(is_part).map(describe).collect()
}

/// Who has a device open; a mapped one with its name.
fn holders(machine: &Machine, base: &str) -> Vec<String> {
    let named = |holder: String| match machine.word(format!("/sys/block/{holder}/dm/name")) {
        Some(name) if holder.starts_with("dm-") => name,
        _ => holder,
    };
    machine.list(format!("{base}/holders")).into_iter().map(named).collect()
}

/// What the bus says of the adapter that the device hangs on.
fn host(machine: &Machine, base: &str) -> String {
    let (Some(said), Ok(real)) = (machine.said("hardware"), std::fs::canonicalize(machine.path(base))) else {
        return String::new();
    };
    let is_slot = |part: &&str| part.len() == 12 && part.as_bytes()[4] == b':' && part.as_bytes()[7] == b':';
    let real = real.to_string_lossy().into_owned();
    let Some(slot) = real.split('/').rfind(is_slot) else { return String::new() };
    let line = said.lines().find_map(|line| line.strip_prefix(slot));
    line.unwrap_or_default().trim().to_owned()
}

/// Bytes in the largest unit that they fill.
fn human(bytes: u64) -> String {
    let units = [(60, "EB"), (50, "PB"), (40, "TB"), (30, "GB"), (20, "MB"), (10, "KB")];
    match units.into_iter().find(|(shift, _)| bytes >= 1 << shift) {
        Some((shift, unit)) => format!("{:.2} {unit}", bytes as f64 / (1_u64 << shift) as f64),
        None => format!("{:.2} Bytes", bytes as f64),
    }
}

/// The names of the machine's ports on fibre channel.
pub(super) fn fibre_channel(machine: &Machine) -> Facts {
    let name = |host: String| machine.word(Path::new("/sys/class/fc_host").join(host).join("port_name"));
    let names = machine.list("/sys/class/fc_host").into_iter().filter_map(name);
    let names: Vec<String> = names.map(|name| name.trim_start_matches("0x").to_owned()).collect();
    object(json!({"fibre_channel_wwn": names}))
}

/// The machine's name on iSCSI.
pub(super) fn iscsi(machine: &Machine) -> Facts {
    let text = machine.text("/etc/iscsi/initiatorname.iscsi").unwrap_or_default();
    let name = text.lines().find_map(|line| line.trim().strip_prefix("InitiatorName="));
    object(json!({"iscsi_iqn": name.unwrap_or_default().trim()}))
}

/// The machine's name on NVMe over fabrics.
pub(super) fn nvme(machine: &Machine) -> Facts {
    let text = machine.text("/etc/nvme/hostnqn").unwrap_or_default();
    let name = text.lines().map(str::trim).find(|line| line.starts_with("nqn."));
    object(json!({"hostnqn": name.unwrap_or_default()}))
}
