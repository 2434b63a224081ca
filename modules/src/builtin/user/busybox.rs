//! Accounts where there is only BusyBox: its `adduser`, and the files themselves.

use std::path::PathBuf;

use super::User;
use super::account::Account;
use crate::{Command, Fail, Hands, Target, users};

pub(super) fn add(user: &User, target: &Target, wanted: &Account) -> Command {
    let group = wanted.gid.and_then(|gid| users::group_by_id(target, gid)).map(|group| group.name);
    let skeleton = user.skeleton.as_ref().map(|path| path.display().to_string());
    let mut command = Command::new("adduser").arg("-D").args((!user.create_home).then_some("-H"));
    let pairs = [
        ("-u", wanted.uid.map(|uid| uid.to_string())),
        ("-G", group),
        ("-h", Some(wanted.home.clone()).filter(|home| !home.is_empty())),
        ("-s", Some(wanted.shell.clone()).filter(|shell| !shell.is_empty())),
        ("-g", user.comment.clone()),
        ("-k", skeleton),
    ];
    for (flag, value) in pairs {
        command = command.args(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
    }
    command.args(user.system.then_some("-S")).arg(&user.name)
}

/// The commands that put a new user into its other groups.
pub(super) fn groups(user: &User) -> Vec<Command> {
    let names = user.groups.iter().flatten();
    names.map(|group| Command::new("addgroup").args([user.name.as_str(), group.as_str()])).collect()
}

/// The databases with a changed account in them.
pub(super) struct Entries {
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Entries {
    pub(super) fn of(target: &Target, name: &str, found: &Account, wanted: &Account) -> Result<Self, Fail> {
        let mut files = Vec::new();
        for database in ["passwd", "group", "shadow"] {
            let path = target.system(format!("/etc/{database}"));
            let text = target.read(&path).ok().flatten().unwrap_or_default();
            let edit = |line: &str| match database {
                "passwd" => passwd(line, name, wanted),
                "group" => group(line, name, found, wanted),
                _ => shadow(line, name, wanted),
            };
            let edited: Vec<u8> =
                text.split_inclusive(|byte| *byte == b'\n').flat_map(|line| edited(line, edit)).collect();
            files.push((path, (edited != text).then_some(edited)));
        }
        Ok(Self { files })
    }

    pub(super) fn write(&self, hands: &mut Hands, moved: Option<(&String, &String)>) -> Result<(), Fail> {
        for (path, text) in &self.files {
            if let Some(text) = text {
                hands.write(path, text)?;
            }
        }
        match moved.filter(|(from, to)| from != to) {
            Some((from, to)) => hands.rename(from, to),
            None => Ok(()),
        }
    }
}

/// A line with its end, byte for byte what it was unless `edit` changes it.
fn edited(line: &[u8], edit: impl Fn(&str) -> String) -> Vec<u8> {
    let bare = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
    let after = edit(&bare);
    if after == bare { line.to_vec() } else { (after + "\n").into_bytes() }
}

fn passwd(line: &str, name: &str, wanted: &Account) -> String {
    let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
    if fields.len() < 7 || fields[0] != name {
        return line.to_owned();
    }
    if let (Some(uid), Some(gid)) = (wanted.uid, wanted.gid) {
        (fields[2], fields[3]) = (uid.to_string(), gid.to_string());
    }
    fields[4].clone_from(&wanted.comment);
    fields[5].clone_from(&wanted.home);
    fields[6].clone_from(&wanted.shell);
    fields.join(":")
}

fn group(line: &str, name: &str, found: &Account, wanted: &Account) -> String {
    let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
    if fields.len() < 4 || found.groups.contains(&fields[0]) == wanted.groups.contains(&fields[0]) {
        return line.to_owned();
    }
    let mut members: Vec<&str> = fields[3].split(',').filter(|member| !member.is_empty()).collect();
    match wanted.groups.contains(&fields[0]) {
        true => members.push(name),
        false => members.retain(|member| *member != name),
    }
    fields[3] = members.join(",");
    fields.join(":")
}

/// The days of a password; its hash goes another way.
fn shadow(line: &str, name: &str, wanted: &Account) -> String {
    let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
    if fields.len() < 9 || fields[0] != name {
        return line.to_owned();
    }
    let days = [wanted.least, wanted.most, wanted.warn, wanted.inactive, wanted.expires];
    for (field, days) in fields[3..8].iter_mut().zip(days) {
        *field = days.map(|days| days.to_string()).unwrap_or_default();
    }
    fields.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_others_stay_and_those_of_the_user_change() {
        let found = Account { groups: ["wheel".to_owned()].into(), ..Account::default() };
        let wanted = Account {
            uid: Some(7),
            gid: Some(8),
            home: "/h".into(),
            shell: "/bin/ash".into(),
            groups: ["docker".to_owned()].into(),
            expires: Some(20_000),
            ..Account::default()
        };
        assert_eq!(passwd("ann:x:1:2:c:/o:/bin/sh", "ann", &wanted), "ann:x:7:8::/h:/bin/ash");
        assert_eq!(passwd("bob:x:1:2:c:/o:/bin/sh", "ann", &wanted), "bob:x:1:2:c:/o:/bin/sh");
        assert_eq!(group("wheel:x:10:bob,ann", "ann", &found, &wanted), "wheel:x:10:bob");
        assert_eq!(group("docker:x:11:", "ann", &found, &wanted), "docker:x:11:ann");
        assert_eq!(shadow("ann:h:1:0:99999:7:::", "ann", &wanted), "ann:h:1:::::20000:");
        let edit = |line: &str| passwd(line, "ann", &wanted);
        let other = b"bob:x:1:2:Ren\xe9:/o:/bin/sh\n";
        assert_eq!(edited(other, edit), other);
        assert_eq!(edited(b"ann:x:1:2:c:/o:/bin/sh", edit), b"ann:x:7:8::/h:/bin/ash\n");
    }
}
