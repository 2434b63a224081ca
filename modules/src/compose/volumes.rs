//! Volumes in their short form: `[source:]target[:options]`.

use std::path::Path;

use serde_json::{Value, json};

use super::normal::absolute;

/// The long form of one entry.
pub(super) fn volume(text: &str, directory: &Path, home: &str) -> Result<Value, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts[..] {
        [target] => ("", target, ""),
        [source, target] => (source, target, ""),
        [source, target, options] => (source, target, options),
        _ => return Err(format!("expected a volume as `name:/path` or `./here:/path:ro`, found `{text}`")),
    };
    if !target.starts_with('/') || parts.len() > 1 && source.is_empty() {
        return Err(format!("expected a volume with an absolute path in the container, found `{text}`"));
    }
    let is_path = source.starts_with(['.', '/', '~']);
    let mut volume = json!({"type": if is_path { "bind" } else { "volume" }, "target": target});
    if is_path {
        volume["source"] = absolute(source, directory, home).into();
        volume["bind"] = json!({"create_host_path": true});
    } else if !source.is_empty() {
        volume["source"] = source.into();
    }
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => volume["read_only"] = true.into(),
            "rw" | "cached" | "delegated" | "consistent" => {}
            "z" | "Z" => volume["bind"]["selinux"] = option.into(),
            "nocopy" => volume["volume"]["nocopy"] = true.into(),
            "shared" | "rshared" | "slave" | "rslave" | "private" | "rprivate" => {
                volume["bind"]["propagation"] = option.into();
            }
            _ => return Err(format!("unknown option `{option}` of the volume `{text}`")),
        }
    }
    Ok(volume)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_paths_of_the_project_or_names() {
        let read = |text| volume(text, Path::new("/p/q"), "/home/u");
        assert_eq!(read("/data").unwrap(), json!({"type": "volume", "target": "/data"}));
        assert_eq!(
            read("db:/data:ro,nocopy").unwrap(),
            json!({"type": "volume", "target": "/data", "source": "db", "read_only": true, "volume": {"nocopy": true}})
        );
        assert_eq!(read("./a/../b:/c").unwrap()["source"], "/p/q/b");
        assert_eq!(
            read("../x:/c:rslave").unwrap()["bind"],
            json!({"create_host_path": true, "propagation": "rslave"})
        );
        assert_eq!(read("~/x:/c").unwrap()["source"], "/home/u/x");
        for text in ["a:b", "a:/b:xx", "a:/b:ro:c", ":/b"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
