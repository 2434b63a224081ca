//! Users and groups of the target: from its own files, then from `getent`, for a
//! static binary cannot load what the name services of a system are made of.

use crate::target::{Fail, Target};

/// An entry of the database of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// The comment, with the full name.
    pub gecos: String,
    pub home: String,
    pub shell: String,
}

/// An entry of the database of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub gid: u32,
    pub members: Vec<String>,
}

/// The user of a name.
pub fn user(target: &Target<'_>, name: &str) -> Option<User> {
    find(target, "passwd", name, parse_user, |user| user.name == name)
}

/// The user of a number.
pub fn user_by_id(target: &Target<'_>, uid: u32) -> Option<User> {
    find(target, "passwd", &uid.to_string(), parse_user, |user| user.uid == uid)
}

/// The group of a name.
pub fn group(target: &Target<'_>, name: &str) -> Option<Group> {
    find(target, "group", name, parse_group, |group| group.name == name)
}

/// The group of a number.
pub fn group_by_id(target: &Target<'_>, gid: u32) -> Option<Group> {
    find(target, "group", &gid.to_string(), parse_group, |group| group.gid == gid)
}

/// All users of the local files.
pub fn local_users(target: &Target<'_>) -> Vec<User> {
    entries(target, "passwd", parse_user)
}

/// All groups of the local files.
pub fn local_groups(target: &Target<'_>) -> Vec<Group> {
    entries(target, "group", parse_group)
}

/// The number of an owner given by name or number.
pub fn uid_of(target: &Target<'_>, owner: &str) -> Result<u32, Fail> {
    match user(target, owner) {
        Some(user) => Ok(user.uid),
        None => owner.parse().map_err(|_| Fail::new(format!("chown failed: failed to look up user {owner}"))),
    }
}

/// The number of a group given by name or number.
pub fn gid_of(target: &Target<'_>, name: &str) -> Result<u32, Fail> {
    match group(target, name) {
        Some(group) => Ok(group.gid),
        None => name.parse().map_err(|_| Fail::new(format!("chgrp failed: failed to look up group {name}"))),
    }
}

fn find<T>(
    target: &Target<'_>,
    database: &str,
    key: &str,
    parse: fn(&str) -> Option<T>,
    wanted: impl Fn(&T) -> bool,
) -> Option<T> {
    let local = entries(target, database, parse).into_iter().find(|entry| wanted(entry));
    // `getent` takes numbers for names where nobody has the name.
    local.or_else(|| target.getent(database, key).as_deref().and_then(parse).filter(wanted))
}

fn entries<T>(target: &Target<'_>, database: &str, parse: fn(&str) -> Option<T>) -> Vec<T> {
    let path = target.system(format!("/etc/{database}"));
    let text = target.read_text(path).ok().flatten().unwrap_or_default();
    text.lines().filter_map(parse).collect()
}

fn parse_user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with('#'))?.to_owned();
    let mut numbers = fields.by_ref().skip(1);
    let (uid, gid) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    let mut text = || fields.next().unwrap_or_default().to_owned();
    Some(User { name, uid, gid, gecos: text(), home: text(), shell: text() })
}

fn parse_group(line: &str) -> Option<Group> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with('#'))?.to_owned();
    let gid = fields.nth(1)?.parse().ok()?;
    let members = fields.next().unwrap_or_default();
    let members = members.split(',').filter(|member| !member.is_empty()).map(str::to_owned).collect();
    Some(Group { name, gid, members })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_field_by_field() {
        let user = parse_user("ann:x:1000:100:Ann,,,:/home/ann:/bin/sh").unwrap();
        assert_eq!((user.uid, user.gid, user.home.as_str()), (1000, 100, "/home/ann"));
        assert_eq!(user.shell, "/bin/sh");
        let group = parse_group("wheel:x:10:ann,bob").unwrap();
        assert_eq!(group, Group { name: "wheel".into(), gid: 10, members: vec!["ann".into(), "bob".into()] });
        assert_eq!(parse_group("#wheel:x:10:"), None);
        assert_eq!(parse_user("+::::::"), None);
    }
}
