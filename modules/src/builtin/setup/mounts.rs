//! What is mounted. File systems of other machines are named, not measured: they may hang for ever.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::collector::{Facts, facts as object};
use super::machine::Machine;

/// File systems whose server may be away.
const REMOTE: [&str; 24] = [
    "9p",
    "acfs",
    "afs",
    "afpfs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "fuse.ceph",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "gfs",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// The entries of the table of mounts that have a device.
pub(super) fn facts(machine: &Machine) -> Facts {
    let table = machine.text("/etc/mtab").filter(|text| !text.is_empty());
    let table = table.or_else(|| machine.text("/proc/mounts")).unwrap_or_default();
    let (bound, uuids) = (bound(machine), uuids(machine));
    let lines = table.lines().map(|line| line.split_whitespace().map(unescape).collect::<Vec<_>>());
    let wanted = lines.filter(|fields| {
        let named = fields.len() > 3 && (fields[0].starts_with('/') || fields[0].contains(":/"));
        named && fields[2] != "none"
    });
    let mounts: Vec<Value> = wanted.map(|fields| mount(machine, &fields, &bound, &uuids)).collect();
    object(json!({"mounts": mounts}))
}

fn mount(machine: &Machine, fields: &[String], bound: &[String], uuids: &BTreeMap<PathBuf, String>) -> Value {
    let [device, place, kind, options] = [&fields[0], &fields[1], &fields[2], &fields[3]];
    let is_bound =
        bound.contains(place) && !options.split(',').any(|option| option == "bind" || option == "rbind");
    let number = |index: usize| fields.get(index).and_then(|word| word.parse::<i64>().ok()).unwrap_or(0);
    let uuid = std::fs::canonicalize(machine.path(device)).ok().and_then(|real| uuids.get(&real).cloned());
    let mut entry = object(json!({
        "mount": place,
        "device": device,
        "fstype": kind,
        "options": if is_bound { format!("{options},bind") } else { options.clone() },
        "dump": number(4),
        "passno": number(5),
        "uuid": uuid.unwrap_or_else(|| "N/A".to_owned()),
    }));
    let remote = REMOTE.contains(&kind.as_str()) || !device.starts_with('/') || device.starts_with("//");
    if !remote {
        entry.extend(match measure(machine.path(place), machine.limit / 2) {
            Some(sizes) => sizes,
            None => object(json!({"note": "Could not get extra information: it took too long"})),
        });
    }
    Value::Object(entry)
}

/// The sizes of a file system; `None` where it does not answer in time.
fn measure(place: PathBuf, limit: Duration) -> Option<Facts> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(sizes(&place))));
    receiver.recv_timeout(limit).ok()
}

fn sizes(place: &Path) -> Facts {
    let Ok(found) = rustix::fs::statvfs(place) else { return Facts::new() };
    object(json!({
        "size_total": found.f_frsize * found.f_blocks,
        "size_available": found.f_frsize * found.f_bavail,
        "block_size": found.f_bsize,
        "block_total": found.f_blocks,
        "block_available": found.f_bavail,
        "block_used": found.f_blocks - found.f_bavail,
        "inode_total": found.f_files,
        "inode_available": found.f_favail,
        "inode_used": found.f_files - found.f_favail,
    }))
}

/// Where a part of a file system is mounted.
fn bound(machine: &Machine) -> Vec<String> {
    let table = machine.text("/proc/self/mountinfo").unwrap_or_default();
    let part = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields.len() > 4 && fields[3] != "/").then(|| unescape(fields[4]))
    };
    table.lines().filter_map(part).collect()
}

/// The identity of file systems, by device.
fn uuids(machine: &Machine) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in machine.list("/run/udev/data").into_iter().filter(|name| name.starts_with('b')) {
        let text = machine.text(format!("/run/udev/data/{entry}")).unwrap_or_default();
        let uuid = text.lines().find_map(|line| line.strip_prefix("E:ID_FS_UUID="));
        let device = machine.leads_to(format!("/sys/dev/block/{}", &entry[1..]));
        if let (Some(uuid), Some(device)) = (uuid, device) {
            found.insert(Path::new("/dev").join(device), uuid.to_owned());
        }
    }
    for uuid in machine.list("/dev/disk/by-uuid") {
        let link = machine.path(format!("/dev/disk/by-uuid/{uuid}"));
        if let Ok(device) = std::fs::canonicalize(link) {
            found.insert(device, unescape_hex(&uuid));
        }
    }
    found
}

/// `\040` and the like, as the table of mounts writes blanks.
fn unescape(word: &str) -> String {
    let mut out = Vec::new();
    let bytes = word.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let digits = word.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        match digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn unescape_hex(word: &str) -> String {
    word.replace("\\x20", " ").replace("\\x2f", "/")
}
