//! stat

mod attributes;

use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::checksum::Algorithm;
use crate::content::content;
use crate::files::octal;
use crate::{Fail, Module, Target, args, returns, users};

args! {
    /// Say what is at a path.
    pub struct Stat as "stat" {
        /// What to look at.
        #[alias("dest", "name")]
        path: PathBuf,
        /// Whether to look at what a link points to.
        follow: bool = false,
        /// Whether to compute a checksum of a file.
        get_checksum: bool = true,
        /// How to compute it.
        #[alias("checksum", "checksum_algo")]
        checksum_algorithm: Algorithm = "sha1",
        /// Whether to look for the kind of content with `file`, where it is installed.
        #[alias("mime", "mime_type", "mime-type")]
        get_mime: bool = true,
        /// Whether to look for attributes, where `lsattr` is installed.
        #[alias("attr", "attributes")]
        get_attributes: bool = true,
        /// Whether to look for the SELinux context.
        get_selinux_context: bool = false,
    }
}

returns! {
    /// All that was seen; only `exists` where there is nothing.
    stat: dict,
    /// Whether anything is there.
    stat.exists: bool,
    /// The path that was looked at.
    stat.path: str if "it exists",
    /// Permissions in octal, as `0644`.
    stat.mode: str if "it exists",
    /// Whether it is a directory.
    stat.isdir: bool if "it exists",
    /// Whether it is a device that is read by characters.
    stat.ischr: bool if "it exists",
    /// Whether it is a device that is read by blocks.
    stat.isblk: bool if "it exists",
    /// Whether it is a file.
    stat.isreg: bool if "it exists",
    /// Whether it is a named pipe.
    stat.isfifo: bool if "it exists",
    /// Whether it is a symbolic link.
    stat.islnk: bool if "it exists",
    /// Whether it is a socket.
    stat.issock: bool if "it exists",
    /// The number of the owner.
    stat.uid: int if "it exists",
    /// The number of the group.
    stat.gid: int if "it exists",
    /// The name of the owner.
    stat.pw_name: str if "it exists and the owner has a name",
    /// The name of the group.
    stat.gr_name: str if "it exists and the group has a name",
    /// Bytes of content.
    stat.size: int if "it exists",
    /// The number of the inode.
    stat.inode: int if "it exists",
    /// The device it is on.
    stat.dev: int if "it exists",
    /// The device it is, if it is one.
    stat.device_type: int if "it exists",
    /// How many names it has.
    stat.nlink: int if "it exists",
    /// Blocks of 512 bytes that it takes.
    stat.blocks: int if "it exists",
    /// Bytes that are best read at once.
    stat.block_size: int if "it exists",
    /// When it was last read, in seconds since 1970.
    stat.atime: float if "it exists",
    /// When its content was last changed.
    stat.mtime: float if "it exists",
    /// When anything of it was last changed.
    stat.ctime: float if "it exists",
    /// Whether its owner may read it.
    stat.rusr: bool if "it exists",
    /// Whether its owner may write it.
    stat.wusr: bool if "it exists",
    /// Whether its owner may run or enter it.
    stat.xusr: bool if "it exists",
    /// Whether its group may read it.
    stat.rgrp: bool if "it exists",
    /// Whether its group may write it.
    stat.wgrp: bool if "it exists",
    /// Whether its group may run or enter it.
    stat.xgrp: bool if "it exists",
    /// Whether others may read it.
    stat.roth: bool if "it exists",
    /// Whether others may write it.
    stat.woth: bool if "it exists",
    /// Whether others may run or enter it.
    stat.xoth: bool if "it exists",
    /// Whether it runs as its owner.
    stat.isuid: bool if "it exists",
    /// Whether it runs as its group.
    stat.isgid: bool if "it exists",
    /// Whether the user of the task may read it.
    stat.readable: bool if "it exists",
    /// Whether the user of the task may write it.
    stat.writeable: bool if "it exists",
    /// Whether the user of the task may run or enter it.
    stat.executable: bool if "it exists",
    /// The path that a link points to, all links followed.
    stat.lnk_source: str if "it is a link",
    /// What stands in a link.
    stat.lnk_target: str if "it is a link",
    /// The checksum of its content.
    stat.checksum: str if "it is a file that can be read",
    /// The kind of its content.
    stat.mimetype: str if "`get_mime`",
    /// The alphabet of its content.
    stat.charset: str if "`get_mime`",
    /// Its attributes in words.
    stat.attributes: list if "`get_attributes`",
    /// Its attributes as letters.
    stat.attr_flags: str if "`get_attributes`",
    /// Its generation, as the file system counts it.
    stat.version: str if "`get_attributes`",
    /// Its SELinux context.
    stat.selinux_context: list if "`get_selinux_context`, and it has one",
}

impl Module for Stat {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Look at the configuration
  ansible.builtin.stat:
    path: /etc/app.conf
  register: configuration

- name: Stop where others may write it
  ansible.builtin.fail:
    msg: anyone may write the configuration
  when: configuration.stat.exists and configuration.stat.woth
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let found = if self.follow { target.stat(&self.path)? } else { target.lstat(&self.path)? };
        let seen = match found {
            Some(meta) => self.look(target, &meta)?,
            None => Map::from_iter([("exists".to_owned(), Value::Bool(false))]),
        };
        target.set("stat", seen);
        Ok(())
    }
}

impl Stat {
    fn look(&self, target: &mut Target, meta: &Metadata) -> Result<Map<String, Value>, Fail> {
        let mut seen = basics(&self.path, meta);
        seen.extend(permissions(&self.path, meta.mode()));
        if let Some(user) = users::user_by_id(target, meta.uid()) {
            seen.insert("pw_name".into(), user.name.into());
        }
        if let Some(group) = users::group_by_id(target, meta.gid()) {
            seen.insert("gr_name".into(), group.name.into());
        }
        if let Some(points_to) = meta.is_symlink().then(|| target.read_link(&self.path)).flatten() {
            let source = std::fs::canonicalize(&self.path)
                .or_else(|_| std::path::absolute(self.path.with_file_name(&points_to)))
                .unwrap_or_else(|_| points_to.clone());
            seen.insert("lnk_source".into(), source.display().to_string().into());
            seen.insert("lnk_target".into(), points_to.display().to_string().into());
        }
        if self.get_checksum && meta.is_file() && access(&self.path, Access::READ_OK).is_ok() {
            seen.insert("checksum".into(), self.checksum(target)?.into());
        }
        if self.get_mime {
            let unknown = || ("unknown".to_owned(), "unknown".to_owned());
            let (kind, charset) = content(target, &self.path, self.follow)?.unwrap_or_else(unknown);
            seen.insert("mimetype".into(), kind.into());
            seen.insert("charset".into(), charset.into());
        }
        if self.get_attributes {
            seen.extend(attributes::attributes(target, &self.path));
        }
        if let Some(context) = target.context(&self.path).filter(|_| self.get_selinux_context) {
            seen.insert("selinux_context".into(), context.splitn(4, ':').collect::<Vec<_>>().into());
        }
        Ok(seen)
    }

    fn checksum(&self, target: &Target) -> Result<Option<String>, Fail> {
        let Some(content) = target.open(&self.path)? else { return Ok(None) };
        let sum = self.checksum_algorithm.of(content);
        sum.map(Some).map_err(|error| Fail::io(format!("cannot read `{}`", self.path.display()), &error))
    }
}

fn basics(path: &Path, meta: &Metadata) -> Map<String, Value> {
    let time = |seconds: i64, nanos: i64| seconds as f64 + nanos as f64 / 1e9;
    let ty = meta.file_type();
    object(json!({
        "exists": true,
        "path": path.display().to_string(),
        "mode": octal(meta.mode()),
        "isdir": ty.is_dir(),
        "ischr": ty.is_char_device(),
        "isblk": ty.is_block_device(),
        "isreg": ty.is_file(),
        "isfifo": ty.is_fifo(),
        "islnk": ty.is_symlink(),
        "issock": ty.is_socket(),
        "uid": meta.uid(),
        "gid": meta.gid(),
        "size": meta.size(),
        "inode": meta.ino(),
        "dev": meta.dev(),
        "device_type": meta.rdev(),
        "nlink": meta.nlink(),
        "blocks": meta.blocks(),
        "block_size": meta.blksize(),
        "atime": time(meta.atime(), meta.atime_nsec()),
        "mtime": time(meta.mtime(), meta.mtime_nsec()),
        "ctime": time(meta.ctime(), meta.ctime_nsec()),
    }))
}

fn permissions(path: &Path, mode: u32) -> Map<String, Value> {
    object(json!({
        "rusr": mode & 0o400 != 0, "wusr": mode & 0o200 != 0, "xusr": mode & 0o100 != 0,
        "rgrp": mode & 0o040 != 0, "wgrp": mode & 0o020 != 0, "xgrp": mode & 0o010 != 0,
        "roth": mode & 0o004 != 0, "woth": mode & 0o002 != 0, "xoth": mode & 0o001 != 0,
        "isuid": mode & 0o4000 != 0, "isgid": mode & 0o2000 != 0,
        "readable": access(path, Access::READ_OK).is_ok(),
        "writeable": access(path, Access::WRITE_OK).is_ok(),
        "executable": access(path, Access::EXEC_OK).is_ok(),
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn a_file_is_described() {
        let sandbox = Sandbox::new("stat").file("a", "abc").file("etc/passwd", "");
        std::fs::set_permissions(sandbox.at("a"), std::os::unix::fs::PermissionsExt::from_mode(0o4640))
            .unwrap();
        let seen = sandbox.reads(json!({"path": sandbox.path("a")}))["stat"].clone();
        assert_eq!(seen["checksum"], "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!((&seen["mode"], &seen["size"]), (&json!("4640"), &json!(3)));
        for (name, wanted) in
            [("isreg", true), ("isdir", false), ("isuid", true), ("rgrp", true), ("roth", false)]
        {
            assert_eq!(seen[name], wanted, "{name}");
        }
        assert!(seen["mtime"].as_f64().unwrap() > 1.7e9);
        assert_eq!(seen.get("pw_name"), None, "nobody has a name here");
    }

    #[test]
    fn nothing_there_is_an_answer() {
        let values = Sandbox::new("stat").reads(json!({"path": "/no/such/file"}));
        assert_eq!(values["stat"], json!({"exists": false}));
    }

    #[test]
    fn a_link_is_seen_as_such_or_followed() {
        let sandbox = Sandbox::new("stat").file("a", "abc");
        std::os::unix::fs::symlink("a", sandbox.at("link")).unwrap();
        let seen = sandbox.reads(json!({"path": sandbox.path("link")}))["stat"].clone();
        assert_eq!((&seen["islnk"], &seen["lnk_target"]), (&json!(true), &json!("a")));
        assert!(seen["lnk_source"].as_str().unwrap().ends_with("/a"));
        let seen = sandbox.reads(json!({"path": sandbox.path("link"), "follow": "yes", "checksum": "md5"}));
        assert_eq!(seen["stat"]["checksum"], "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn a_tool_tells_the_content() {
        let sandbox = Sandbox::new("stat").file("a", "").tool("file", "echo 'text/plain; charset=us-ascii'");
        let seen = sandbox.reads(json!({"path": sandbox.path("a")}))["stat"].clone();
        assert_eq!((&seen["mimetype"], &seen["charset"]), (&json!("text/plain"), &json!("us-ascii")));
        let seen = sandbox.reads(json!({"path": sandbox.path("")}))["stat"].clone();
        assert_eq!((&seen["mimetype"], &seen["charset"]), (&json!("inode/directory"), &json!("binary")));
    }
}
