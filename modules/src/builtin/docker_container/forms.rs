//! From what the user writes to what the engine takes, one function for each kind of property.

use serde_json::{Map, Value, json};

use super::wishes::Task;
use crate::args::describe;
use crate::docker::texts::plain;
use crate::docker::{quantity, texts as dictionaries};
use crate::{Fail, words as shell};

/// A mistake in the value of an option.
fn bad(expected: &str, found: &Value) -> Fail {
    Fail::new(format!("expected {expected}, found {}", describe(found)))
}

/// The items of a list.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text of a value that has been made a string.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn each(value: &Value, form: impl Fn(&str) -> Result<Value, Fail>) -> Result<Value, Fail> {
    list(value).iter().map(|item| form(text(item))).collect()
}

/// The value as it is.
pub(super) fn as_is(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    Ok(value.clone())
}

/// Capabilities as older engines name them, so that `net_admin` and `CAP_NET_ADMIN` are one.
pub(super) fn capabilities(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    each(value, |name| Ok(capability(name).into()))
}

/// The plain name of a capability.
pub(super) fn capability(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    name.strip_prefix("CAP_").unwrap_or(&name).to_owned()
}

/// A command: a line split into words, or a list of them.
pub(super) fn command(value: &Value, task: &Task<'_>) -> Result<Value, Fail> {
    if value.is_array() {
        return words(value, task);
    }
    if value.is_object() {
        return Err(bad("a line or a list of words", value));
    }
    split(&plain(value)).map(Value::from)
}

/// A list of words; where the task handles commands as Ansible once did, joined and split again.
pub(super) fn words(value: &Value, task: &Task<'_>) -> Result<Value, Fail> {
    let words: Vec<String> = list(value).iter().map(plain).collect();
    if task.splits_commands { split(&words.join(" ")).map(Value::from) } else { Ok(words.into()) }
}

fn split(line: &str) -> Result<Vec<String>, Fail> {
    shell::split(line).map_err(|why| Fail::new(format!("cannot split `{line}` into words: {why}")))
}

/// A dictionary whose values are made texts.
pub(super) fn texts(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    Ok(value.as_object().map(dictionaries::texts).into())
}

/// Labels, which are texts.
pub(super) fn labels(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    Ok(value.as_object().map(dictionaries::labels).transpose()?.into())
}

/// CPUs in billionths.
pub(super) fn nano(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    Ok(((value.as_f64().unwrap_or_default() * 1e9).round() as i64).into())
}

/// An amount as `64M` in bytes.
pub(super) fn bytes(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    quantity::bytes(text(value)).map(Value::from)
}

/// Memory and swap: an amount, or no limit.
pub(super) fn memory_swap(value: &Value, task: &Task<'_>) -> Result<Value, Fail> {
    if matches!(text(value), "unlimited" | "-1") { Ok((-1).into()) } else { bytes(value, task) }
}

/// `host:container:permissions` with what may be left out.
pub(super) fn devices(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    each(value, |device| {
        let parts: Vec<&str> = device.split(':').collect();
        let (inside, permissions) = match parts[..] {
            [host] => (host, "rwm"),
            [_, inside] => (inside, "rwm"),
            [_, inside, permissions] => (inside, permissions),
            _ => return Err(bad("`host`, `host:container` or `host:container:rwm`", &device.into())),
        };
        Ok(json!({"PathOnHost": parts[0], "PathInContainer": inside, "CgroupPermissions": permissions}))
    })
}

/// Bytes of devices in a second.
pub(super) fn bandwidth(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    let one =
        |limit: &Value| Ok(json!({"Path": limit["path"], "Rate": quantity::bytes(text(&limit["rate"]))?}));
    list(value).iter().map(one).collect()
}

/// Operations of devices in a second.
pub(super) fn operations(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    Ok(list(value).iter().map(|limit| json!({"Path": limit["path"], "Rate": limit["rate"]})).collect())
}

/// Requests for devices; what is not said, the engine says.
pub(super) fn device_requests(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    let keys = [
        ("driver", "Driver"),
        ("count", "Count"),
        ("device_ids", "DeviceIDs"),
        ("capabilities", "Capabilities"),
        ("options", "Options"),
    ];
    let one = |request: &Value| {
        let given =
            keys.iter().filter_map(|(option, key)| Some(((*key).to_owned(), request.get(option)?.clone())));
        Value::Object(given.collect())
    };
    Ok(list(value).iter().map(one).collect())
}

/// Names and addresses as `name:address`.
pub(super) fn hosts(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    let entries = value.as_object().into_iter().flatten();
    Ok(entries.map(|(name, address)| Value::from(format!("{name}:{}", plain(address)))).collect())
}

/// Links as the engine keeps them.
pub(super) fn links(value: &Value, task: &Task<'_>) -> Result<Value, Fail> {
    each(value, |link| {
        let (other, alias) = link.split_once(':').unwrap_or((link, link));
        Ok(format!("/{other}:/{}/{alias}", task.name).into())
    })
}

/// A hardware address with colons.
pub(super) fn mac_address(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    Ok(text(value).replace('-', ":").into())
}

/// A namespace; of another container by its number, as the engine keeps it.
pub(super) fn container(value: &Value, task: &Task<'_>) -> Result<Value, Fail> {
    let Some(name) = text(value).strip_prefix("container:") else { return Ok(value.clone()) };
    Ok((task.container_id)(name)?.map_or_else(|| value.clone(), |id| format!("container:{id}").into()))
}

/// `path:options` as a dictionary.
pub(super) fn tmpfs(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    let one = |item: &Value| {
        let (path, options) = text(item).split_once(':').unwrap_or((text(item), ""));
        (path.to_owned(), options.into())
    };
    Ok(Value::Object(list(value).iter().map(one).collect()))
}

/// `name:soft:hard`; one number is both.
pub(super) fn ulimits(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    each(value, |limit| {
        let wrong = || bad("`name:soft` or `name:soft:hard`", &limit.into());
        let (name, numbers) = limit.split_once(':').ok_or_else(wrong)?;
        let (soft, hard) = numbers.split_once(':').unwrap_or((numbers, numbers));
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| wrong());
        Ok(json!({"Name": name, "Soft": number(soft)?, "Hard": number(hard)?}))
    })
}

/// A test of health; none is `NONE`.
pub(super) fn health(value: &Value, _: &Task<'_>) -> Result<Value, Fail> {
    let mut check = Map::new();
    let test = match value.get("test") {
        Some(Value::Array(words)) => words.iter().map(plain).collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(line) if plain(line).is_empty() => Vec::new(),
        Some(line) => vec!["CMD-SHELL".to_owned(), plain(line)],
    };
    let inherits = value["test_cli_compatible"] == true && value.get("test").is_none_or(Value::is_null);
    if !inherits && (test.is_empty() || test == ["NONE"]) {
        return Ok(json!({"Test": ["NONE"]}));
    }
    if !test.is_empty() {
        check.insert("Test".to_owned(), test.into());
    }
    let times = ["interval", "timeout", "start_period", "start_interval"];
    for (name, key) in times.iter().zip(["Interval", "Timeout", "StartPeriod", "StartInterval"]) {
        let Some(time) = value.get(*name) else { continue };
        let nanoseconds = quantity::nanoseconds(text(time))
            .map_err(|fail| Fail::new(format!("`{name}`: {}", fail.message)))?;
        if nanoseconds > 0 {
            check.insert(key.to_owned(), nanoseconds.into());
        }
    }
    if let Some(retries) = value.get("retries").filter(|retries| **retries != 0) {
        check.insert("Retries".to_owned(), retries.clone());
    }
    Ok(check.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formed(form: fn(&Value, &Task<'_>) -> Result<Value, Fail>, value: Value) -> Value {
        let task =
            Task { name: "app", splits_commands: false, container_id: &|_| Ok(Some("f00".to_owned())) };
        form(&value, &task).unwrap_or_else(|fail| Value::from(fail.message))
    }

    #[test]
    fn values_become_those_of_the_engine() {
        let cases: &[(super::super::table::Form, Value, Value)] = &[
            (capabilities, json!(["cap_net_admin", "ALL"]), json!(["NET_ADMIN", "ALL"])),
            (command, json!("sh -c 'a b'"), json!(["sh", "-c", "a b"])),
            (command, json!(["echo", 1, true]), json!(["echo", "1", "True"])),
            (command, json!("a 'b"), json!("cannot split `a 'b` into words: no closing quotation")),
            (nano, json!(1.5), json!(1_500_000_000)),
            (memory_swap, json!("unlimited"), json!(-1)),
            (hosts, json!({"db": "10.0.0.1"}), json!(["db:10.0.0.1"])),
            (links, json!(["db", "db:mysql"]), json!(["/db:/app/db", "/db:/app/mysql"])),
            (mac_address, json!("92-d0-c6-0a-29-33"), json!("92:d0:c6:0a:29:33")),
            (container, json!("container:x"), json!("container:f00")),
            (container, json!("host"), json!("host")),
            (tmpfs, json!(["/run:size=1m", "/tmp"]), json!({"/run": "size=1m", "/tmp": ""})),
            (ulimits, json!(["nofile:1"]), json!([{"Name": "nofile", "Soft": 1, "Hard": 1}])),
            (ulimits, json!(["nofile"]), json!("expected `name:soft` or `name:soft:hard`, found `nofile`")),
            (texts, json!({"a": 1, "b": true}), json!({"a": "1", "b": "True"})),
            (labels, json!({"a": 1}), json!({"a": "1"})),
        ];
        for (form, value, wanted) in cases {
            assert_eq!(formed(*form, value.clone()), *wanted, "{value}");
        }
    }

    #[test]
    fn devices_have_all_three_parts() {
        let device = |host, inside, permissions| json!([{"PathOnHost": host, "PathInContainer": inside, "CgroupPermissions": permissions}]);
        assert_eq!(formed(devices, json!(["/dev/a"])), device("/dev/a", "/dev/a", "rwm"));
        assert_eq!(formed(devices, json!(["/dev/a:/dev/b:r"])), device("/dev/a", "/dev/b", "r"));
    }

    #[test]
    fn a_health_check_without_a_test_is_none() {
        assert_eq!(formed(health, json!({"retries": 3})), json!({"Test": ["NONE"]}));
        assert_eq!(formed(health, json!({"test": ["NONE"], "interval": "1s"})), json!({"Test": ["NONE"]}));
        assert_eq!(
            formed(health, json!({"test": "true", "interval": "1m30s", "retries": 3})),
            json!({"Test": ["CMD-SHELL", "true"], "Interval": 90_000_000_000_i64, "Retries": 3})
        );
        let inherited = json!({"test_cli_compatible": true, "timeout": "1s"});
        assert_eq!(formed(health, inherited), json!({"Timeout": 1_000_000_000}));
    }
}
