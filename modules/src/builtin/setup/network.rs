//! Interfaces, addresses, default routes and name servers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use super::collector::{Facts, facts as object};
use super::machine::Machine;
use super::netlink::{self, Address};
use crate::sorting::Sorting;

const CLASS: &str = "/sys/class/net";

/// Everything of the network, from the kernel.
pub(super) fn facts(machine: &Machine) -> Facts {
    let mut devices = BTreeMap::new();
    let mut names = BTreeMap::new();
    for name in machine.list(CLASS) {
        let number =
            machine.word(format!("{CLASS}/{name}/ifindex")).and_then(|word| word.parse::<u32>().ok());
        if let Some(number) = number {
            names.insert(number, name.clone());
            devices.insert(name.clone(), device(machine, &name));
        }
    }
    let addresses = netlink::addresses().unwrap_or_default();
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for address in &addresses {
        let Some(name) = names.get(&address.index) else { continue };
        place(&mut devices, name, address);
        match address.address {
            IpAddr::V4(ip) if ip.octets()[0] != 127 => v4.push(ip.to_string()),
            IpAddr::V6(ip) if !ip.is_loopback() => v6.push(ip.to_string()),
            _ => {}
        }
    }
    let mut found = object(json!({
        "interfaces": devices.keys().map(|name| safe(name)).collect::<Vec<_>>(),
        "all_ipv4_addresses": v4,
        "all_ipv6_addresses": v6,
        "default_ipv4": default(IpAddr::from([8, 8, 8, 8]), &names, &devices, &addresses),
        "default_ipv6": default(IpAddr::from(ELSEWHERE), &names, &devices, &addresses),
        "locally_reachable_ips": {"ipv4": local(false), "ipv6": local(true)},
    }));
    found.extend(devices.into_iter().map(|(name, device)| (safe(&name), Value::Object(device))));
    found
}

/// An address far away, that only the default route leads to.
const ELSEWHERE: [u16; 8] = [0x2404, 0x6800, 0x400a, 0x800, 0, 0, 0, 0x1012];

fn local(of_v6: bool) -> Vec<String> {
    let mut found = netlink::local(of_v6).unwrap_or_default();
    found.put_in_order();
    found.dedup();
    found
}

// ansible: the list of interfaces has the name of the device, the fact one without colons
fn safe(name: &str) -> String {
    name.replace(':', "_")
}

fn device(machine: &Machine, name: &str) -> Facts {
    let base = format!("{CLASS}/{name}");
    let word = |file: &str| machine.word(format!("{base}/{file}"));
    let number = |file: &str| word(file).and_then(|word| word.parse::<i64>().ok());
    let kind = match word("type").as_deref() {
        Some("1") => "ether",
        Some("32") => "infiniband",
        Some("512") => "ppp",
        Some("772") => "loopback",
        Some("65534") => "tunnel",
        _ => "unknown",
    };
    let flags = word("flags").and_then(|word| u32::from_str_radix(word.trim_start_matches("0x"), 16).ok());
    let mut found = object(json!({
        "device": name,
        "active": word("operstate").is_none_or(|state| state != "down"),
        "type": kind,
        "promisc": flags.is_some_and(|flags| flags & 0x100 != 0),
    }));
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            found.insert(key.to_owned(), value);
        }
    };
    add("macaddress", word("address").filter(|mac| mac != "00:00:00:00:00:00").map(Value::from));
    add("mtu", number("mtu").map(Value::from));
    add("speed", number("speed").map(Value::from));
    add("module", machine.leads_to(format!("{base}/device/driver/module")).map(Value::from));
    add("pciid", machine.leads_to(format!("{base}/device")).map(Value::from));
    if machine.exists(format!("{base}/bridge")) {
        found.insert("type".into(), "bridge".into());
        found.insert("interfaces".into(), machine.list(format!("{base}/brif")).into());
        found.insert("id".into(), word("bridge/bridge_id").unwrap_or_default().into());
        found.insert("stp".into(), word("bridge/stp_state").is_some_and(|state| state == "1").into());
    }
    if machine.exists(format!("{base}/bonding")) {
        found.extend(bond(machine, &base));
    }
    if let Some(mac) = word("bonding_slave/perm_hwaddr") {
        found.insert("perm_macaddress".into(), mac.into());
    }
    found
}

fn bond(machine: &Machine, base: &str) -> Facts {
    let word = |file: &str| machine.word(format!("{base}/bonding/{file}")).unwrap_or_default();
    let first = |file: &str| word(file).split_whitespace().next().unwrap_or_default().to_owned();
    let slaves = word("slaves");
    let mut found = object(json!({
        "type": "bonding",
        "slaves": slaves.split_whitespace().collect::<Vec<_>>(),
        "mode": first("mode"),
        "miimon": first("miimon"),
        "lacp_rate": first("lacp_rate"),
        "all_slaves_active": first("all_slaves_active") == "1",
    }));
    let primary = word("primary");
    if !primary.is_empty() {
        found.insert("primary".into(), primary.into());
    }
    found
}

/// Puts an address to its interface.
fn place(devices: &mut BTreeMap<String, Facts>, name: &str, found: &Address) {
    match found.address {
        IpAddr::V4(ip) => {
            let label = found.label.as_deref().filter(|label| *label != name);
            let fact = v4(ip, found);
            if let Some(label) = label {
                let alias = devices.entry(label.to_owned()).or_default();
                alias.insert("ipv4".into(), fact.clone());
            }
            let Some(device) = devices.get_mut(name) else { return };
            if found.secondary || device.contains_key("ipv4") || label.is_some() {
                push(device, "ipv4_secondaries", fact);
            } else {
                device.insert("ipv4".into(), fact);
            }
        }
        IpAddr::V6(ip) => {
            let fact = json!({
                "address": ip.to_string(), "prefix": found.prefix.to_string(), "scope": scope(found.scope),
            });
            if let Some(device) = devices.get_mut(name) {
                push(device, "ipv6", fact);
            }
        }
    }
}

fn push(device: &mut Facts, key: &str, fact: Value) {
    match device.get_mut(key) {
        Some(Value::Array(list)) => list.push(fact),
        _ => drop(device.insert(key.to_owned(), json!([fact]))),
    }
}

fn v4(ip: Ipv4Addr, found: &Address) -> Value {
    let mask = u32::MAX.checked_shl(32 - u32::from(found.prefix.min(32))).unwrap_or(0);
    json!({
        "address": ip.to_string(),
        "broadcast": found.broadcast.map(|ip| ip.to_string()).unwrap_or_default(),
        "netmask": Ipv4Addr::from(mask).to_string(),
        "network": Ipv4Addr::from(u32::from(ip) & mask).to_string(),
        "prefix": found.prefix.to_string(),
    })
}

fn scope(number: u8) -> &'static str {
    match number {
        0 => "global",
        200 => "site",
        253 => "link",
        254 => "host",
        _ => "nowhere",
    }
}

/// What packets to everywhere else leave with.
fn default(
    to: IpAddr,
    names: &BTreeMap<u32, String>,
    devices: &BTreeMap<String, Facts>,
    addresses: &[Address],
) -> Value {
    let way = netlink::way(to).unwrap_or_default();
    let (Some(index), Some(source)) = (way.index, way.source) else { return json!({}) };
    let Some(name) = names.get(&index) else { return json!({}) };
    let mut found = object(json!({"interface": name, "address": source.to_string()}));
    if let Some(gateway) = way.gateway {
        found.insert("gateway".into(), gateway.to_string().into());
    }
    if let Some(own) = addresses.iter().find(|it| it.index == index && it.address == source) {
        match source {
            IpAddr::V4(ip) => {
                found.extend(object(v4(ip, own)));
                found.insert("alias".into(), own.label.as_deref().unwrap_or(name).into());
            }
            IpAddr::V6(_) => {
                found.insert("prefix".into(), own.prefix.to_string().into());
                found.insert("scope".into(), scope(own.scope).into());
            }
        }
    }
    for key in ["macaddress", "mtu", "type"] {
        if let Some(value) = devices.get(name).and_then(|device| device.get(key)) {
            found.insert(key.into(), value.clone());
        }
    }
    Value::Object(found)
}

/// What names are looked up with, from `/etc/resolv.conf`.
pub(super) fn dns(machine: &Machine) -> Facts {
    let mut found = Facts::new();
    for line in machine.text("/etc/resolv.conf").unwrap_or_default().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((first, rest)) = words.split_first() else { continue };
        match *first {
            "nameserver" => rest.iter().for_each(|server| push(&mut found, "nameservers", (*server).into())),
            "domain" => drop(found.insert("domain".into(), rest.first().copied().unwrap_or_default().into())),
            "search" | "sortlist" => drop(found.insert((*first).into(), rest.to_vec().into())),
            "options" => {
                let option = |word: &&str| match word.split_once(':') {
                    Some((name, value)) => (name.to_owned(), Value::from(value)),
                    None => ((*word).to_owned(), Value::Bool(true)),
                };
                found.insert("options".into(), Value::Object(rest.iter().map(option).collect()));
            }
            _ => {}
        }
    }
    object(json!({"dns": found}))
}
