//! The commands that add, change and remove accounts.

use super::account::Account;
use super::{User, busybox};
use crate::{Command, Target, users};

/// What there is to run.
pub(super) struct Steps<C> {
    /// Whether there is only BusyBox.
    pub(super) busybox: bool,
    pub(super) command: C,
    /// What comes after, when the password is set.
    pub(super) after: Vec<Command>,
}

/// Whether the tools for local accounts are those of libuser, which know fewer options.
fn by_libuser(user: &User, target: &Target) -> bool {
    user.local && target.find_program("luseradd").is_some()
}

/// A tool, or for local accounts its namesake that does not ask a directory service.
fn tool(user: &User, target: &Target, name: &str) -> Command {
    let local = format!("l{name}");
    let local = Some(local).filter(|local| user.local && target.find_program(local).is_some());
    Command::new(local.as_deref().unwrap_or(name))
}

pub(super) fn remove(user: &User, target: &Target) -> Command {
    if target.find_program("userdel").is_none() && target.find_program("deluser").is_some() {
        return Command::new("deluser").args(user.remove.then_some("--remove-home")).arg(&user.name);
    }
    let flags = [("-f", user.force && !user.local), ("-r", user.remove)];
    let flags = flags.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag);
    tool(user, target, "userdel").args(flags).arg("--").arg(&user.name)
}

pub(super) fn add(user: &User, target: &Target, wanted: &Account) -> Steps<Command> {
    if target.find_program("useradd").is_none() && target.find_program("adduser").is_some() {
        return Steps { busybox: true, command: busybox::add(user, target, wanted), after: Vec::new() };
    }
    let words = without_libuser(named(user, None, wanted), by_libuser(user, target));
    let mut command = tool(user, target, "useradd").args(words);
    if user.group.is_none() && users::group(target, &user.name).is_some() {
        // The group of the same name is there already; else the tool refuses.
        command = match user.local {
            true => command.args(["-n", "-g", &user.name]),
            false => command.args(["-N", "-g", &user.name]),
        };
    }
    let libuser = by_libuser(user, target);
    // That one makes a home unless it is told not to.
    command = command
        .args((user.create_home && !libuser).then_some("-m"))
        .args((!user.create_home).then_some("-M"));
    let skeleton = user.skeleton.as_ref().filter(|_| user.create_home);
    command = command.args(skeleton.into_iter().flat_map(|path| [std::path::Path::new("-k"), path]));
    let keys = [
        ("UMASK", user.umask.clone()),
        ("UID_MIN", user.uid_min.map(|number| number.to_string())),
        ("UID_MAX", user.uid_max.map(|number| number.to_string())),
    ];
    for (key, value) in keys.into_iter().filter(|_| !user.local) {
        command =
            command.args(value.into_iter().flat_map(|value| ["-K".to_owned(), format!("{key}={value}")]));
    }
    let command = command.args(user.system.then_some("-r")).arg("--").arg(&user.name);
    let mut after = ages(user, &Account::default(), wanted);
    after.extend(libuser.then(|| beside_libuser(user, &Account::default(), wanted)).into_iter().flatten());
    if let (Some(true), None) = (user.password_lock, &user.password) {
        after.push(Command::new("usermod").args(["-L", "--", &user.name]));
    }
    Steps { busybox: false, command, after }
}

pub(super) fn modify(
    user: &User,
    target: &Target,
    found: &Account,
    wanted: &Account,
) -> Steps<Option<Command>> {
    let busybox = target.find_program("usermod").is_none();
    let libuser = by_libuser(user, target);
    let words = without_libuser(named(user, Some(found), wanted), libuser);
    let command =
        (!words.is_empty()).then(|| tool(user, target, "usermod").args(words).arg("--").arg(&user.name));
    let mut after = if busybox { Vec::new() } else { ages(user, found, wanted) };
    after.extend(libuser.then(|| beside_libuser(user, found, wanted)).into_iter().flatten());
    Steps { busybox, command, after }
}

/// The options of `useradd` and `usermod` for what differs.
fn named(user: &User, found: Option<&Account>, wanted: &Account) -> Vec<String> {
    let none = Account::default();
    let old = found.unwrap_or(&none);
    let mut words: Vec<String> = Vec::new();
    let mut add = |differs: bool, flag: &str, value: String| {
        if differs {
            words.extend([flag.to_owned(), value]);
        }
    };
    if let Some(uid) = wanted.uid {
        add(wanted.uid != old.uid, "-u", uid.to_string());
    }
    if let Some(gid) = wanted.gid {
        add(wanted.gid != old.gid, "-g", gid.to_string());
    }
    let groups = wanted.groups.iter().cloned().collect::<Vec<_>>().join(",");
    add(wanted.groups != old.groups, "-G", groups);
    add(wanted.comment != old.comment, "-c", wanted.comment.clone());
    add(wanted.home != old.home, "-d", wanted.home.clone());
    add(wanted.shell != old.shell, "-s", wanted.shell.clone());
    add(wanted.expires != old.expires, "-e", wanted.expires.map(date).unwrap_or_default());
    if let Some(days) = wanted.inactive {
        add(wanted.inactive != old.inactive, "-f", days.to_string());
    }
    if let Some(name) = &wanted.seuser {
        add(wanted.seuser != old.seuser, "-Z", name.clone());
    }
    if user.non_unique && wanted.uid != old.uid {
        words.push("-o".into());
    }
    let moves = found.is_some() && user.move_home && wanted.home != old.home;
    words.extend(moves.then(|| "-m".to_owned()));
    words
}

/// The options without those that libuser has other tools for.
fn without_libuser(words: Vec<String>, libuser: bool) -> Vec<String> {
    let mut words = words.into_iter();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-G" | "-e" | "-f" if libuser => drop(words.next()),
            _ => kept.push(word),
        }
    }
    kept
}

/// Groups and the last day, with the tools of libuser.
fn beside_libuser(user: &User, found: &Account, wanted: &Account) -> Vec<Command> {
    let group =
        |flag: &'static str| move |group: &String| Command::new("lgroupmod").args([flag, &user.name, group]);
    let joined = wanted.groups.difference(&found.groups).map(group("-M"));
    let left = found.groups.difference(&wanted.groups).map(group("-m"));
    let mut commands: Vec<Command> = joined.chain(left).collect();
    if wanted.expires != found.expires {
        let day = wanted.expires.unwrap_or(-1).to_string();
        commands.push(Command::new("lchage").args(["-E", &day, &user.name]));
    }
    commands
}

/// The options of `chage` for what differs.
fn ages(user: &User, old: &Account, wanted: &Account) -> Vec<Command> {
    let all = [("-m", old.least, wanted.least), ("-M", old.most, wanted.most), ("-W", old.warn, wanted.warn)];
    let given = all.into_iter().filter(|(_, old, wanted)| old != wanted);
    let words: Vec<String> =
        given.flat_map(|(flag, _, wanted)| Some([flag.to_owned(), wanted?.to_string()])).flatten().collect();
    if words.is_empty() { Vec::new() } else { vec![Command::new("chage").args(words).arg(&user.name)] }
}

/// A day as the tools want it: `2026-11-20`.
fn date(days: i64) -> String {
    let day = jiff::Timestamp::from_second(days.saturating_mul(86_400));
    day.map(|day| day.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
}
