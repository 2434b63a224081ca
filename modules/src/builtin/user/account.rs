//! An account as it is, and as it is to be.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Update, User};
use crate::args::Map;
use crate::{Fail, Target, users};

/// An account; what is `None` is not known or left to the system.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Account {
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) comment: String,
    pub(super) home: String,
    pub(super) shell: String,
    /// The groups beside the first.
    pub(super) groups: BTreeSet<String>,
    /// The hash of the password.
    pub(super) password: Option<String>,
    /// The last day, since 1970.
    pub(super) expires: Option<i64>,
    pub(super) least: Option<i64>,
    pub(super) most: Option<i64>,
    pub(super) warn: Option<i64>,
    pub(super) inactive: Option<i64>,
    /// The SELinux user, where there is SELinux.
    pub(super) seuser: Option<String>,
}

impl Account {
    /// The account as it is.
    pub(super) fn find(target: &mut Target, user: &User) -> Result<Option<Self>, Fail> {
        let Some(found) = user.look_up(target) else { return Ok(None) };
        let groups =
            users::local_groups(target).into_iter().filter(|group| group.members.contains(&user.name));
        let groups = groups.filter(|group| group.gid != found.gid).map(|group| group.name).collect();
        let mut account = Self {
            uid: Some(found.uid),
            gid: Some(found.gid),
            comment: found.gecos,
            home: found.home,
            shell: found.shell,
            groups,
            seuser: mapped(target, user),
            ..Self::default()
        };
        let shadow = target.read_text(target.system("/etc/shadow")).ok().flatten().unwrap_or_default();
        let line = shadow.lines().find(|line| line.split(':').next() == Some(&user.name));
        if let Some(line) = line {
            let fields: Vec<&str> = line.split(':').collect();
            let days = |index: usize| fields.get(index).and_then(|text| text.parse::<i64>().ok());
            account.password = fields.get(1).map(|hash| (*hash).to_owned());
            account.least = days(3);
            account.most = days(4);
            account.warn = days(5);
            account.inactive = days(6);
            account.expires = days(7);
        } else if !shadow.is_empty() {
            // ansible: an account without a line there has ended, until it is told when it ends.
            account.expires = Some(0);
        }
        Ok(Some(account))
    }

    /// A new account.
    pub(super) fn new(user: &User, target: &Target) -> Result<Self, Fail> {
        let password = user.password.as_ref().map(|hash| hash.reveal().to_owned());
        let password = match (password, user.password_lock) {
            (Some(hash), Some(true)) if !hash.starts_with('!') => Some(format!("!{hash}")),
            (password, _) => password,
        };
        let account = Self { password, ..Self::default() };
        let mut wanted = account.common(user, target)?;
        wanted.groups = named_groups(user, target);
        Ok(wanted)
    }

    /// This account as it is to be.
    pub(super) fn wanted(&self, user: &User, target: &Target) -> Result<Self, Fail> {
        let mut wanted = self.clone().common(user, target)?;
        if user.groups.is_some() {
            let named = named_groups(user, target);
            wanted.groups = if user.append { &self.groups | &named } else { named };
            let first = wanted.gid.and_then(|gid| users::group_by_id(target, gid)).map(|group| group.name);
            wanted.groups.retain(|name| Some(name) != first.as_ref());
        }
        let now = self.password.as_deref().unwrap_or_default();
        let bare = now.trim_start_matches('!');
        if let Some(hash) = user.password.as_ref().filter(|_| user.update_password == Update::Always) {
            let hash = hash.reveal();
            // ansible: a locked password that is else the same is the same
            if hash.trim_start_matches('!') != bare || (bare.is_empty() && hash != now) {
                wanted.password = Some(hash.to_owned());
            }
        }
        let hash = wanted.password.clone().unwrap_or_default();
        match user.password_lock {
            Some(true) if !hash.starts_with('!') => wanted.password = Some(format!("!{hash}")),
            Some(false) if hash.starts_with('!') && hash.trim_start_matches('!').len() > 1 => {
                wanted.password = Some(hash.trim_start_matches('!').to_owned());
            }
            _ => {}
        }
        Ok(wanted)
    }

    fn common(mut self, user: &User, target: &Target) -> Result<Self, Fail> {
        self.uid = user.uid.or(self.uid);
        if let Some(group) = &user.group {
            let found = users::group(target, group);
            let found = found.or_else(|| users::group_by_id(target, group.parse().ok()?));
            let missing = || Fail::new(format!("Group {group} does not exist"));
            self.gid = Some(found.ok_or_else(missing)?.gid);
        }
        for group in user.groups.iter().flatten() {
            let found = users::group(target, group);
            if found.or_else(|| users::group_by_id(target, group.parse().ok()?)).is_none() {
                return Err(Fail::new(format!("Group {group} does not exist")));
            }
        }
        let text = |path: &std::path::PathBuf| path.display().to_string();
        self.comment = user.comment.clone().unwrap_or(self.comment);
        self.home = user.home.as_ref().map_or(self.home, text);
        self.shell = user.shell.as_ref().map_or(self.shell, text);
        self.least = user.password_expire_min.or(self.least);
        self.most = user.password_expire_max.or(self.most);
        self.warn = user.password_expire_warn.or(self.warn);
        self.inactive = user.password_expire_account_disable.or(self.inactive);
        let selinux = target.stat(target.system("/sys/fs/selinux/enforce"))?.is_some();
        self.seuser = user.seuser.clone().filter(|_| selinux).or(self.seuser);
        self.expires = match user.expires {
            Some(seconds) if seconds < 0.0 => None,
            Some(seconds) => Some((seconds / 86_400.0).floor() as i64),
            None => self.expires,
        };
        Ok(self)
    }

    /// The account in a diff; never the password.
    pub(super) fn show(&self) -> Value {
        self.shown(self.password.as_ref().map(|_| "(not shown)"))
    }

    /// The account in a diff with another that may differ in the password.
    pub(super) fn show_beside(&self, other: &Self) -> Value {
        let locked = |hash: &Option<String>| hash.as_ref().is_some_and(|hash| hash.starts_with('!'));
        let word = match (self.password == other.password, locked(&self.password)) {
            (true, _) => "(not shown)".to_owned(),
            (false, true) => "(not shown, locked)".to_owned(),
            // Two hashes that differ must not look the same.
            (false, false) if self.password < other.password => "(not shown, one)".to_owned(),
            (false, false) => "(not shown, another)".to_owned(),
        };
        let word = if self.password != other.password && locked(&self.password) && locked(&other.password) {
            if self.password < other.password { "(not shown, one)" } else { "(not shown, another)" }
                .to_owned()
        } else {
            word
        };
        self.shown(Some(&word))
    }

    fn shown(&self, password: Option<&str>) -> Value {
        let all = json!({
            "uid": self.uid, "gid": self.gid, "comment": self.comment, "home": self.home, "shell": self.shell,
            "groups": self.groups, "password": password, "expires": self.expires,
            "password_expire_min": self.least, "password_expire_max": self.most,
            "password_expire_warn": self.warn, "password_expire_account_disable": self.inactive,
            "seuser": self.seuser,
        });
        let map = all.as_object().cloned().unwrap_or_default();
        let said = |value: &Value| !value.is_null() && *value != json!("") && *value != json!([]);
        Value::Object(map.into_iter().filter(|(_, value)| said(value)).collect::<Map<_, _>>())
    }
}

/// The groups of a user by their names; a number is that of a group where none has it for a name.
fn named_groups(user: &User, target: &Target) -> BTreeSet<String> {
    let name = |given: &String| match given.parse() {
        Ok(gid) if users::group(target, given).is_none() => {
            users::group_by_id(target, gid).map_or_else(|| given.clone(), |group| group.name)
        }
        _ => given.clone(),
    };
    user.groups.iter().flatten().filter(|given| !given.is_empty()).map(name).collect()
}

/// The user that SELinux maps this one to.
fn mapped(target: &Target, user: &User) -> Option<String> {
    let map = target.read_text(target.system("/etc/selinux/targeted/seusers")).ok().flatten()?;
    let line = map.lines().find_map(|line| line.strip_prefix(&user.name)?.strip_prefix(':'))?;
    line.split(':').next().map(str::to_owned)
}

/// Whether a password is a hash as `crypt` makes it, or a word that locks the account.
pub(super) fn is_hash(word: &str) -> bool {
    if matches!(word, "" | "*" | "!" | "*************") {
        return true;
    }
    let fields: Vec<&str> = word.split('$').collect();
    let [_, kind, .., hash] = fields.as_slice() else { return false };
    let wanted = match *kind {
        "1" => 22,
        "5" | "y" => 43,
        "6" => 86,
        _ => hash.len(),
    };
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '/' | '=');
    hash.len() == wanted && hash.chars().all(is_letter) && !word.contains([':', '*', '!'])
}
