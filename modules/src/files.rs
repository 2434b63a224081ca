//! What modules that make files have in common: owner, group, mode, attributes,
//! and the description of a path that they give back.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::args;
use crate::args::Mode;
use crate::target::{Command, Fail, Replace, Side, Target};
use crate::users;

pub use crate::target::umask;

args! {
    /// Owner, group, mode and attributes of a file, taken into the options of other modules.
    pub struct FileAttributes {
        /// Permissions, as `0644` or `u=rw,g=r,o=`; else those that are there, or that a new file gets.
        mode: Option<Mode>,
        /// The user who is to own the file, by name or number.
        owner: Option<String>,
        /// The group that is to own the file, by name or number.
        group: Option<String>,
        /// Attributes as for `chattr`, e.g. `+i`.
        #[alias("attr")]
        attributes: Option<String>,
        /// The user part of the SELinux context.
        seuser: Option<String>,
        /// The role part of the SELinux context.
        serole: Option<String>,
        /// The type part of the SELinux context.
        setype: Option<String>,
        /// The level part of the SELinux context.
        selevel: Option<String>,
        /// Overwrite in place where the file cannot be replaced at once, as when it is a mount point; else what
        /// `ANSIBLE_UNSAFE_WRITES` says in the target's environment.
        unsafe_writes: Option<bool>,
    }
}

impl FileAttributes {
    /// How a file is put at `path`: a new one has its attributes from the start, so that nobody reads it
    /// meanwhile; one that is there keeps them until [`FileAttributes::apply`].
    pub fn how(&self, target: &Target<'_>, path: &Path) -> Result<Replace, Fail> {
        let plain = Replace { unsafe_writes: self.may_overwrite(target), ..Replace::default() };
        if target.stat(path)?.is_some() {
            return Ok(plain);
        }
        let (uid, gid) = self.owners(target)?;
        Ok(Replace { mode: Some(self.new_mode(false)), uid, gid, ..plain })
    }

    /// Whether a file may be overwritten in place, which the environment says where the task does not.
    pub fn may_overwrite(&self, target: &Target<'_>) -> bool {
        let said = || target.env("ANSIBLE_UNSAFE_WRITES").is_some_and(|word| args::is_true(&word));
        self.unsafe_writes.unwrap_or_else(said)
    }

    /// The bits that a new file or directory is to be made with.
    pub fn new_mode(&self, is_dir: bool) -> u32 {
        let plain = if is_dir { 0o777 } else { 0o666 } & !umask();
        self.mode.as_ref().map_or(plain, |mode| mode.bits(plain, is_dir, umask()))
    }

    /// The numbers of the owner and the group that are given.
    pub fn owners(&self, target: &Target<'_>) -> Result<(Option<u32>, Option<u32>), Fail> {
        let uid = self.owner.as_deref().map(|owner| users::uid_of(target, owner)).transpose()?;
        let gid = self.group.as_deref().map(|group| users::gid_of(target, group)).transpose()?;
        Ok((uid, gid))
    }

    /// Warns of an owner and a group that are not known yet, while checking only.
    pub fn doubt(&self, target: &mut Target<'_>) {
        let later = "up to this point in real play";
        if let Some(name) = &self.owner {
            match name.parse() {
                Ok(uid) if users::user_by_id(target, uid).is_none() => {
                    target.doubt(format!("failed to look up user with uid {name}. Create user {later}"));
                }
                Err(_) if users::uid_of(target, name).is_err() => {
                    target.doubt(format!("failed to look up user {name}. Create user {later}"));
                }
                _ => {}
            }
        }
        if let Some(name) = &self.group {
            match name.parse() {
                Ok(gid) if users::group_by_id(target, gid).is_none() => {
                    target.doubt(format!("failed to look up group with gid {name}. Create group {later}"));
                }
                Err(_) if users::gid_of(target, name).is_err() => {
                    target.doubt(format!("failed to look up group {name}. Create group {later}"));
                }
                _ => {}
            }
        }
    }

    /// Brings what is at `path` to these attributes; whether anything differed. Nothing there: nothing to do.
    pub fn apply(&self, target: &mut Target<'_>, path: &Path) -> Result<bool, Fail> {
        let Some(meta) = target.lstat(path)? else { return Ok(false) };
        let (uid, gid) = self.owners(target)?;
        let now = meta.mode() & 0o7777;
        // The mode of a link is that of what it points to, which is not ours to change here.
        let wanted = self.mode.as_ref().filter(|_| !meta.is_symlink());
        let mode = wanted.map_or(now, |mode| mode.bits(now, meta.is_dir(), umask()));
        let (uid, gid) = (uid.unwrap_or(meta.uid()), gid.unwrap_or(meta.gid()));
        let owned = (uid, gid) != (meta.uid(), meta.gid());
        let show = |uid: u32, gid: u32, mode: u32| {
            Side::Json(
                json!({"path": path.display().to_string(), "owner": uid, "group": gid, "mode": octal(mode)}),
            )
        };
        let made = target.change(
            &path.display().to_string(),
            show(meta.uid(), meta.gid(), now),
            show(uid, gid, mode),
            |hands| {
                if owned {
                    hands.set_owner(path, Some(uid), Some(gid))?;
                }
                // Giving a file away clears its set-id bits.
                if mode != now || (owned && mode & 0o6000 != 0) {
                    hands.set_mode(path, mode)?;
                }
                Ok(())
            },
        )?;
        Ok(made.differs() | self.apply_attributes(target, path)? | self.apply_context(target, path)?)
    }

    fn apply_attributes(&self, target: &mut Target<'_>, path: &Path) -> Result<bool, Fail> {
        let Some(wanted) = &self.attributes else { return Ok(false) };
        let now = attributes(target, path)?;
        let (sign, letters) = match wanted.chars().next() {
            Some(sign @ ('+' | '-' | '=')) => (sign, &wanted[1..]),
            _ => ('=', wanted.as_str()),
        };
        let has = |letter: char| now.contains(letter);
        let same = match sign {
            '+' => letters.chars().all(has),
            '-' => !letters.chars().any(has),
            _ => {
                letters.chars().all(has)
                    && now.chars().all(|letter| letters.contains(letter) || letter == 'e')
            }
        };
        let after = if same { now.clone() } else { format!("{sign}{letters}") };
        let chattr = Command::new("chattr").arg(format!("{sign}{letters}")).arg(path);
        let what = format!("attributes of {}", path.display());
        Ok(target.change(&what, now, after, |hands| hands.run(&chattr))?.differs())
    }

    fn apply_context(&self, target: &mut Target<'_>, path: &Path) -> Result<bool, Fail> {
        let wanted = [&self.seuser, &self.serole, &self.setype, &self.selevel];
        let enabled = target.stat(target.system("/sys/fs/selinux/enforce"))?.is_some();
        if !enabled || wanted.iter().all(|part| part.is_none()) {
            return Ok(false);
        }
        let now = target.context(path).unwrap_or_default();
        let mut parts: Vec<&str> = now.splitn(4, ':').collect();
        parts.resize(4, "");
        for (part, wanted) in parts.iter_mut().zip(wanted) {
            *part = wanted.as_deref().unwrap_or(part);
        }
        let after = parts.join(":").trim_end_matches(':').to_owned();
        let chcon = Command::new("chcon").arg("-h").arg(&after).arg(path);
        let what = format!("SELinux context of {}", path.display());
        Ok(target.change(&what, now.as_str(), after.as_str(), |hands| hands.run(&chcon))?.differs())
    }
}

/// The letters that `lsattr` shows for a path.
pub fn attributes(target: &mut Target<'_>, path: &Path) -> Result<String, Fail> {
    let output = target.query(&Command::new("lsattr").arg("-d").arg(path))?;
    let text = output.text();
    let letters = text.split_whitespace().next().unwrap_or_default();
    Ok(letters.chars().filter(|letter| *letter != '-').collect())
}

/// Bits of permission as Ansible shows them: `0644`.
pub fn octal(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}

/// What kind of thing is at a path, in Ansible's words.
pub fn kind(meta: &std::fs::Metadata) -> &'static str {
    let ty = meta.file_type();
    match () {
        () if ty.is_symlink() => "link",
        () if ty.is_dir() => "directory",
        () if ty.is_fifo() || ty.is_socket() || ty.is_char_device() || ty.is_block_device() => "file",
        () if meta.nlink() > 1 => "hard",
        () => "file",
    }
}

/// What modules about a file give back of it: owner, group, mode, size, state. Empty where nothing is.
pub fn describe(target: &Target<'_>, path: &Path) -> Result<Map<String, Value>, Fail> {
    let Some(meta) = target.lstat(path)? else {
        return Ok(Map::from_iter([("state".to_owned(), Value::from("absent"))]));
    };
    let owner = users::user_by_id(target, meta.uid()).map_or(meta.uid().to_string(), |user| user.name);
    let group = users::group_by_id(target, meta.gid()).map_or(meta.gid().to_string(), |group| group.name);
    let mut map = Map::new();
    map.insert("uid".into(), meta.uid().into());
    map.insert("gid".into(), meta.gid().into());
    map.insert("owner".into(), owner.into());
    map.insert("group".into(), group.into());
    // ansible: always with a nought before it, unlike `stat`.
    map.insert("mode".into(), format!("0{:03o}", meta.mode() & 0o7777).into());
    map.insert("state".into(), kind(&meta).into());
    map.insert("size".into(), meta.size().into());
    if let Some(context) = target.context(path) {
        map.insert("secontext".into(), context.into());
    }
    Ok(map)
}

/// A time for the name of a backup: `2026-11-20@22:50:00`, in the target's time zone.
pub fn local_stamp(time: SystemTime) -> String {
    let zoned = jiff::Timestamp::try_from(time).map(|stamp| stamp.to_zoned(jiff::tz::TimeZone::system()));
    zoned.map(|zoned| zoned.strftime("%Y-%m-%d@%H:%M:%S").to_string()).unwrap_or_default()
}
