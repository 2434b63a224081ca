//! Mounts and volumes: from the options to the engine and back, so that both can be compared.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use super::forms::{list, text};
use crate::Fail;
use crate::args::{Home, expand};
use crate::docker::{quantity, texts};

/// Where the engine keeps each option of a mount, the one kind of mount that has it, and what it is where
/// the engine says nothing.
const FIELDS: [(&str, &str, &str, &str); 12] = [
    ("target", "/Target", "", "null"),
    ("source", "/Source", "", "null"),
    ("type", "/Type", "", "null"),
    ("read_only", "/ReadOnly", "", "false"),
    ("consistency", "/Consistency", "", "null"),
    ("propagation", "/BindOptions/Propagation", "bind", "null"),
    ("no_copy", "/VolumeOptions/NoCopy", "volume", "false"),
    ("labels", "/VolumeOptions/Labels", "volume", "{}"),
    ("volume_driver", "/VolumeOptions/DriverConfig/Name", "volume", "null"),
    ("volume_options", "/VolumeOptions/DriverConfig/Options", "volume", "{}"),
    ("tmpfs_size", "/TmpfsOptions/SizeBytes", "tmpfs", "null"),
    ("tmpfs_mode", "/TmpfsOptions/Mode", "tmpfs", "null"),
];

/// The options of a mount with amounts as numbers, or what is wrong with them.
pub(super) fn checked(mount: &Value) -> Result<Value, Vec<Fail>> {
    let (target, kind) = (text(&mount["target"]), text(&mount["type"]));
    let mut problems = Vec::new();
    let mut told = |words: String| problems.push(Fail::new(format!("mount `{target}`: {words}")));
    if mount.get("source").is_none() && !matches!(kind, "tmpfs" | "volume") {
        told(format!("a mount of type `{kind}` needs `source`"));
    }
    let mut options = Map::new();
    for (option, _, only, _) in FIELDS {
        let Some(value) = mount.get(option) else { continue };
        if !only.is_empty() && only != kind {
            told(format!("`{option}` is for mounts of type `{only}`, and this is of type `{kind}`"));
        }
        let value = match option {
            "tmpfs_size" => quantity::bytes(text(value)).map(Value::from),
            "tmpfs_mode" => i64::from_str_radix(text(value), 8)
                .map(Value::from)
                .map_err(|_| Fail::new(format!("expected an octal number, found `{}`", text(value)))),
            "labels" | "volume_options" => Ok(value.as_object().map(texts::options).into()),
            _ => Ok(value.clone()),
        };
        match value {
            Ok(value) => drop(options.insert(option.to_owned(), value)),
            Err(fail) => told(format!("`{option}`: {}", fail.message)),
        }
    }
    // ansible: options of a driver that is not named are left off
    if !options.contains_key("volume_driver") {
        options.remove("volume_options");
    }
    if problems.is_empty() { Ok(options.into()) } else { Err(problems) }
}

/// A mount as the engine takes it.
pub(super) fn engine(options: &Value) -> Value {
    let mut mount = Value::Object(Map::new());
    for (option, place, ..) in FIELDS {
        if let Some(value) = options.get(option) {
            super::wishes::put(&mut mount, place.trim_start_matches('/'), value.clone());
        }
    }
    mount
}

/// A mount of an inspection as options.
pub(super) fn options(mount: &Value) -> Value {
    let blank = |text: &str| serde_json::from_str(text).unwrap_or_default();
    let option = |(option, place, _, absent): (&str, &str, &str, &str)| {
        let found = mount.pointer(place).filter(|value| !value.is_null());
        (option.to_owned(), found.cloned().unwrap_or_else(|| blank(absent)))
    };
    Value::Object(FIELDS.into_iter().map(option).collect())
}

/// `volumes`: those with a source as the engine binds them, and those without.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Volumes {
    pub(super) binds: Vec<String>,
    pub(super) anonymous: Vec<String>,
}

impl Volumes {
    /// One more, as `./data:/data:ro`.
    pub(super) fn add(&mut self, volume: &str, home: &dyn Home) -> Result<(), Fail> {
        let parts: Vec<&str> = volume.split(':').collect();
        match parts[..] {
            [host, inside, mode] if is_mode(mode) => self.bind(host, inside, mode, home),
            [.., mode] if parts.len() == 3 => {
                return Err(Fail::new(format!("volume `{volume}`: expected a mode as `ro`, found `{mode}`")));
            }
            [host, inside] if !is_mode(inside) => self.bind(host, inside, "rw", home),
            [_] | [_, _] => self.anonymous.push(volume.to_owned()),
            _ => return Err(Fail::new(format!("volume `{volume}`: expected `source:target:mode`"))),
        }
        Ok(())
    }

    fn bind(&mut self, host: &str, inside: &str, mode: &str, home: &dyn Home) {
        let host = if host.starts_with(['.', '~']) { absolute(host, home) } else { host.to_owned() };
        self.binds.push(format!("{host}:{inside}:{mode}"));
    }
}

/// A path of the host from `~`, `.` and `..`.
fn absolute(path: &str, home: &dyn Home) -> String {
    let path = expand(path, home);
    let whole = std::path::absolute(&path).unwrap_or_else(|_| path.into());
    let mut plain = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => _ = plain.pop(),
            part => plain.push(part),
        }
    }
    plain.display().to_string()
}

fn is_mode(text: &str) -> bool {
    const MODES: [&str; 14] = [
        "rw",
        "ro",
        "z",
        "Z",
        "consistent",
        "delegated",
        "cached",
        "rprivate",
        "private",
        "rshared",
        "shared",
        "rslave",
        "slave",
        "nocopy",
    ];
    text.split(',').all(|part| MODES.contains(&part))
}

/// Places in the container that are given twice.
pub(super) fn collisions(mounts: &Value, volumes: &[String]) -> Vec<Fail> {
    let mut seen = BTreeSet::new();
    let of_volume = |volume: &String| {
        let parts: Vec<&str> = volume.split(':').collect();
        parts[parts.len().min(2) - 1].to_owned()
    };
    let targets = list(mounts).iter().map(|mount| text(&mount["target"]).to_owned());
    let all = targets.chain(volumes.iter().map(of_volume)).collect::<Vec<_>>();
    let twice = all.into_iter().filter(|target| !seen.insert(Path::new(target).to_path_buf()));
    twice.map(|target| Fail::new(format!("`{target}` is mounted twice"))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mount_goes_to_the_engine_and_comes_back() {
        let mount = json!({"target": "/run", "type": "tmpfs", "tmpfs_size": "1M", "tmpfs_mode": "1777"});
        let checked = checked(&mount).unwrap();
        let engine = engine(&checked);
        let options = json!({"Target": "/run", "Type": "tmpfs", "TmpfsOptions": {"SizeBytes": 1_048_576, "Mode": 0o1777}});
        assert_eq!(engine, options);
        let back = super::options(&engine);
        assert_eq!((&back["tmpfs_size"], &back["read_only"]), (&json!(1_048_576), &json!(false)));
        let found = |name: &str| checked[name] == back[name];
        assert!(["target", "type", "tmpfs_size", "tmpfs_mode"].into_iter().all(found));
    }

    #[test]
    fn all_that_is_wrong_with_a_mount_is_said() {
        let mount = json!({"target": "/x", "type": "bind", "no_copy": true, "tmpfs_mode": "9"});
        let problems: Vec<String> =
            checked(&mount).unwrap_err().into_iter().map(|fail| fail.message).collect();
        assert_eq!(
            problems,
            [
                "mount `/x`: a mount of type `bind` needs `source`",
                "mount `/x`: `no_copy` is for mounts of type `volume`, and this is of type `bind`",
                "mount `/x`: `tmpfs_mode` is for mounts of type `tmpfs`, and this is of type `bind`",
                "mount `/x`: `tmpfs_mode`: expected an octal number, found `9`",
            ]
        );
    }

    #[test]
    fn targets_are_given_once() {
        let mounts = json!([{"target": "/a"}]);
        let volumes = ["x:/b:ro".to_owned(), "/b".to_owned(), "y:/a".to_owned()];
        let words: Vec<String> = collisions(&mounts, &volumes).into_iter().map(|fail| fail.message).collect();
        assert_eq!(words, ["`/b` is mounted twice", "`/a` is mounted twice"]);
    }
}
