//! The user that the task runs as.

use rustix::process::{getegid, geteuid, getgid, getuid};
use serde_json::json;

use super::collector::{Facts, facts as object};
use super::machine::Machine;

/// Who the task runs as.
pub(super) fn facts(machine: &Machine) -> Facts {
    let mut found = object(json!({
        "real_user_id": getuid().as_raw(),
        "effective_user_id": geteuid().as_raw(),
        "real_group_id": getgid().as_raw(),
        "effective_group_id": getegid().as_raw(),
    }));
    let Some(user) = &machine.user else {
        found.insert("user_uid".into(), geteuid().as_raw().into());
        found.insert("user_gid".into(), getegid().as_raw().into());
        return found;
    };
    found.extend(object(json!({
        "user_id": user.name,
        "user_uid": user.uid,
        "user_gid": user.gid,
        "user_gecos": user.gecos,
        "user_dir": user.home,
        "user_shell": user.shell,
    })));
    found
}
