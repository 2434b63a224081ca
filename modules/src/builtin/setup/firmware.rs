//! What the firmware tells of the machine: maker, product, serial numbers; and how long it is up.

use serde_json::json;

use super::collector::{Facts, facts as object};
use super::machine::Machine;
use crate::args::Value;

const FIELDS: [(&str, &str); 17] = [
    ("bios_date", "bios_date"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("system_vendor", "sys_vendor"),
];

/// The kinds of chassis, by their number in the standard.
const FORMS: [&str; 36] = [
    "Unknown",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
];

/// What the firmware tells; `NA` for what it does not.
pub(super) fn facts(machine: &Machine) -> Facts {
    let read = |file: &str| machine.word(format!("/sys/devices/virtual/dmi/id/{file}"));
    let or_na = |value: Option<String>| Value::from(value.unwrap_or_else(|| "NA".to_owned()));
    let mut found: Facts =
        FIELDS.iter().map(|(name, file)| ((*name).to_owned(), or_na(read(file)))).collect();
    let form = read("chassis_type").map(|number| {
        let form = number.parse::<usize>().ok().and_then(|number| FORMS.get(number));
        form.map_or_else(|| format!("unknown ({number})"), |form| (*form).to_owned())
    });
    found.insert("form_factor".into(), or_na(form));
    let uptime = machine.word("/proc/uptime");
    let seconds = uptime.and_then(|text| text.split(['.', ' ']).next()?.parse::<u64>().ok());
    found.extend(object(seconds.map_or(json!({}), |seconds| json!({"uptime_seconds": seconds}))));
    found
}
