//! user

mod account;
mod busybox;
mod home;
mod key;
#[cfg(test)]
mod tests;
mod tools;

use std::path::{Path, PathBuf};

use crate::args::{Return, Secret, Value};
use crate::{Fail, Hands, Module, Target, args, choices, returns, users};

use account::Account;

args! {
    /// Add, change and remove accounts of users.
    pub struct User as "user" {
        /// The name of the user.
        #[alias("user")]
        name: String,
        /// Whether the account is to be there.
        state: State = "present",
        /// The number of the user.
        uid: Option<u32>,
        /// Whether the number may be that of another user already.
        non_unique: bool = false,
        /// The comment, often the full name.
        comment: Option<String>,
        /// The user's first group, by name or number.
        group: Option<String>,
        /// The other groups the user is in; empty for none.
        groups: Option<Vec<String>>,
        /// Whether the user stays in groups that are not named.
        append: bool = false,
        /// The login shell.
        shell: Option<PathBuf>,
        /// The home directory.
        home: Option<PathBuf>,
        /// Whether the home directory is made where it is not there.
        #[alias("createhome")]
        create_home: bool = true,
        /// Whether what is in the old home directory moves to the new one.
        move_home: bool = false,
        /// What a new home directory is made from.
        skeleton: Option<PathBuf>,
        /// Whether a new user is one of the system.
        system: bool = false,
        /// The hash of the password, as `crypt` makes it; `*` or `!` for none.
        password: Option<Secret>,
        /// When the password is set: whenever it differs, or for new users only.
        update_password: Update = "always",
        /// Whether the password is locked.
        password_lock: Option<bool>,
        /// When the account ends, in seconds since 1970; negative for never.
        expires: Option<f64>,
        /// The most days between two changes of the password.
        password_expire_max: Option<i64>,
        /// The least days between two changes of the password.
        password_expire_min: Option<i64>,
        /// How many days before its end the user is warned of that of the password.
        password_expire_warn: Option<i64>,
        /// How many days after the end of the password the account is disabled.
        password_expire_account_disable: Option<i64>,
        /// Whether the home directory and the mail go with the account.
        remove: bool = false,
        /// Whether an account is removed though the user is logged in; whether a key is made anew.
        force: bool = false,
        /// Whether an SSH key is made for the user.
        generate_ssh_key: bool = false,
        /// Bits of the key.
        ssh_key_bits: Option<u32>,
        /// The kind of the key.
        ssh_key_type: String = "rsa",
        /// The file of the key; relative to the home directory.
        ssh_key_file: Option<PathBuf>,
        /// The comment of the key; else who made it where.
        ssh_key_comment: Option<String>,
        /// The passphrase of the key.
        ssh_key_passphrase: Option<Secret>,
        /// Whether only the local database counts, where users come from a directory service too.
        local: bool = false,
        /// The umask for the new home directory.
        umask: Option<String>,
        /// The least number that a new user may get.
        uid_min: Option<u32>,
        /// The greatest number that a new user may get.
        uid_max: Option<u32>,
        /// The SELinux user.
        seuser: Option<String>,
        /// Not used on Linux.
        login_class: Option<String>,
        /// Not used on Linux.
        authorization: Option<String>,
        /// Not used on Linux.
        profile: Option<String>,
        /// Not used on Linux.
        role: Option<String>,
        /// Not used on Linux.
        hidden: Option<bool>,
    }
    rules [
        RequiredBy("non_unique", &["uid"]),
    ]
}

returns! {
    /// The name of the user.
    name: str,
    /// Whether the account was to be there.
    state: str,
    /// The user's number.
    uid: int if "the user is there",
    /// The number of the first group.
    group: int if "the user is there",
    /// The other groups, as given.
    groups: str if "`groups` is given",
    /// The comment.
    comment: str if "the user is there",
    /// The home directory.
    home: str if "the user is there",
    /// The login shell.
    shell: str if "the user is there",
    /// Whether the user stays in groups that are not named.
    append: bool if "the user was there",
    /// Whether the home directory was to move.
    move_home: bool if "the user was there",
    /// Whether a home directory was to be made.
    create_home: bool if "the user is new",
    /// Whether the user is one of the system.
    system: bool if "the user is new",
    /// Never the password.
    password: str if "`password` is given",
    /// Whether the account was removed at all costs.
    force: bool if "the user was removed",
    /// Whether the home directory was removed.
    remove: bool if "the user was removed",
    /// The fingerprint of the key.
    ssh_fingerprint: str if "`generate_ssh_key`",
    /// The file of the key.
    ssh_key_file: str if "`generate_ssh_key`",
    /// The public key.
    ssh_public_key: str if "`generate_ssh_key`",
}

choices! {
    /// Whether an account is to be there.
    pub enum State {
        /// There.
        Present = "present",
        /// Not there.
        Absent = "absent",
    }
}

choices! {
    /// When a password is set.
    pub enum Update {
        /// Whenever it differs.
        Always = "always",
        /// When the account is made.
        OnCreate = "on_create",
    }
}

impl Module for User {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Have an account for the application
  ansible.builtin.user:
    name: app
    groups: [docker]
    append: true
    shell: /bin/bash
    generate_ssh_key: true

- name: Remove an account with its home
  ansible.builtin.user:
    name: old
    state: absent
    remove: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        target.set("name", self.name.as_str());
        target.set("state", self.state.as_str());
        if self.password.as_ref().is_some_and(|word| !account::is_hash(word.reveal())) {
            target.warn("`password` appears not to be a hash, as the filter `password_hash` makes it; nobody can log in with it");
        }
        let found = Account::find(target, &self)?;
        match (self.state, found) {
            (State::Absent, None) => Ok(()),
            (State::Absent, Some(found)) => self.remove(target, &found),
            (State::Present, None) => self.add(target),
            (State::Present, Some(found)) => self.modify(target, found),
        }
    }
}

impl User {
    fn remove(&self, target: &mut Target, found: &Account) -> Result<(), Fail> {
        target.set("force", self.force);
        target.set("remove", self.remove);
        let command = tools::remove(self, target);
        let what = format!("user {}", self.name);
        target.change(&what, found.show(), None::<Value>, |hands| match hands.try_run(&command)? {
            // The account is gone; only the mail was not there.
            output if output.rc == 12 && self.remove => Ok(()),
            output => output.expect_ok("userdel").map(drop),
        })?;
        Ok(())
    }

    fn add(&self, target: &mut Target) -> Result<(), Fail> {
        let wanted = Account::new(self, target)?;
        let steps = tools::add(self, target, &wanted);
        let lines = steps.busybox.then(|| busybox::groups(self));
        let what = format!("user {}", self.name);
        let skeleton = target.system(self.skeleton.as_deref().unwrap_or(Path::new("/etc/skel")));
        target.change(&what, None::<Value>, wanted.show(), |hands| {
            hands.run(&steps.command)?;
            lines.into_iter().flatten().try_for_each(|command| hands.run(&command).map(drop))?;
            self.set_password(hands, wanted.password.as_deref())?;
            steps.after.iter().try_for_each(|command| hands.run(command).map(drop))
        })?;
        target.set("create_home", self.create_home);
        target.set("system", self.system);
        self.finish(target, &skeleton)
    }

    fn modify(&self, target: &mut Target, found: Account) -> Result<(), Fail> {
        let wanted = found.wanted(self, target)?;
        let steps = tools::modify(self, target, &found, &wanted);
        let what = format!("user {}", self.name);
        let skeleton = target.system(self.skeleton.as_deref().unwrap_or(Path::new("/etc/skel")));
        let entry = busybox::Entries::of(target, &self.name, &found, &wanted)?;
        let (before, after) = (found.show_beside(&wanted), wanted.show_beside(&found));
        target.change(&what, before, after, |hands| {
            match steps.busybox {
                true => entry.write(hands, self.move_home.then_some((&found.home, &wanted.home)))?,
                false => steps.command.iter().try_for_each(|command| hands.run(command).map(drop))?,
            }
            if wanted.password != found.password {
                self.set_password(hands, wanted.password.as_deref())?;
            }
            steps.after.iter().try_for_each(|command| hands.run(command).map(drop))
        })?;
        target.set("append", self.append);
        target.set("move_home", self.move_home);
        self.finish(target, &skeleton)
    }

    /// Home directory, key, and what is given back.
    fn finish(&self, target: &mut Target, skeleton: &Path) -> Result<(), Fail> {
        let Some(user) = self.look_up(target) else { return self.give_back(target) };
        if self.create_home {
            home::make(target, self, &user, skeleton)?;
        }
        self.give_back(target)?;
        if self.generate_ssh_key { key::make(self, target, &user) } else { Ok(()) }
    }

    fn look_up(&self, target: &Target) -> Option<users::User> {
        match self.local {
            true => users::local_users(target).into_iter().find(|user| user.name == self.name),
            false => users::user(target, &self.name),
        }
    }

    fn give_back(&self, target: &mut Target) -> Result<(), Fail> {
        if let Some(user) = self.look_up(target) {
            target.set("uid", user.uid);
            target.set("group", user.gid);
            target.set("comment", user.gecos);
            target.set("home", user.home);
            target.set("shell", user.shell);
        }
        if let Some(groups) = &self.groups {
            target.set("groups", groups.join(","));
        }
        if self.password.is_some() {
            target.set("password", "NOT_LOGGING_PASSWORD");
        }
        Ok(())
    }

    /// Sets the hash of the password, over a pipe: an argv can be read by others.
    fn set_password(&self, hands: &mut Hands, hash: Option<&str>) -> Result<(), Fail> {
        let Some(hash) = hash else { return Ok(()) };
        let line = format!("{}:{hash}\n", self.name);
        hands.run(&crate::Command::new("chpasswd").arg("-e").stdin(line)).map(drop)
    }
}
