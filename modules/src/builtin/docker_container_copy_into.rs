//! docker_container_copy_into

use std::io::{self, Cursor, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::args::{Return, Secret, Value, describe};
use crate::docker::file::{Found, Kind};
use crate::docker::{Client, Engine, Exec, Next, escape};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Put a file into a container, running or not.
    pub struct DockerContainerCopyInto as "docker_container_copy_into" {
        /// The container, by name or number.
        container: String,
        /// Where the file goes in the container.
        container_path: String,
        /// A file of the target to copy.
        path: Option<PathBuf>,
        /// What is in the file.
        content: Option<Secret>,
        /// Whether `content` is in base64.
        content_is_b64: bool = false,
        /// Whether links in the container are followed.
        follow: bool = false,
        /// Whether a link on the target is followed; else a link is made.
        local_follow: bool = true,
        /// The number of its user; else that of the container's own, which must run.
        owner_id: Option<u32>,
        /// The number of its group.
        group_id: Option<u32>,
        /// Its bits of permission; else those of the file on the target.
        mode: Option<Value>,
        /// How `mode` is read.
        mode_parse: ModeParse = "legacy",
        /// Whether it is put there in any case; with false, only where nothing is there.
        force: Option<bool>,
        ..engine: Engine,
    }
    rules [
        MutuallyExclusive(&["path", "content"]),
        RequiredOneOf(&["path", "content"]),
        RequiredTogether(&["owner_id", "group_id"]),
        RequiredBy("content", &["mode"]),
    ]
}

returns! {
    /// Where the file is in the container, links followed if wanted.
    container_path: str,
}

choices! {
    /// How bits of permission are read.
    pub enum ModeParse {
        /// As a number; digits in quotes are decimal.
        Legacy = "legacy",
        /// Digits in quotes are octal, else as a number.
        Modern = "modern",
        /// Only as octal digits in quotes.
        OctalStringOnly = "octal_string_only",
    }
}

impl Module for DockerContainerCopyInto {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Give the container its configuration
  community.docker.docker_container_copy_into:
    container: shop
    path: /etc/shop/shop.conf
    container_path: /etc/shop.conf
    mode: \"0640\"
    mode_parse: modern
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let mode = self.mode()?;
        let content = self.content()?;
        let client = self.engine.connect(target)?;
        let name = &self.container;
        if client.find(&format!("/containers/{}/json", escape(name)))?.is_none() {
            return Err(Fail::new(format!("there is no container `{name}`")));
        }
        let mut wanted = self.wanted(target, content.as_deref(), mode)?;
        wanted.owner = self.owner(target, &client)?;
        let place = self.place(&client)?;
        target.set("container_path", place.as_str());
        let open = |target: &Target| -> Result<Box<dyn Read>, Fail> {
            match (&content, &self.path) {
                (Some(bytes), _) => Ok(Box::new(Cursor::new(bytes.clone()))),
                (None, Some(path)) => Ok(Box::new(target.open(path)?.ok_or_else(|| self.lost())?)),
                (None, None) => Ok(Box::new(io::empty())),
            }
        };
        let found = client.file(name, &place)?;
        if found.is_some() && self.force == Some(false) {
            return Ok(());
        }
        let same = match found {
            None => false,
            Some((ref now, _)) if *now != wanted || self.force == Some(true) => false,
            Some((Found { kind: Kind::File, .. }, mut bytes)) => is_equal(&mut bytes, &mut open(target)?)?,
            Some(_) => true,
        };
        let before = client.file(name, &place)?.map(|(now, _)| shown(&now, "as it was"));
        let after = match &before {
            Some(before) if same => before.clone(),
            _ => shown(&wanted, "new"),
        };
        let mut bytes = open(target)?;
        target.change(&format!("{name}:{place}"), before, after, |hands| {
            let put = client.put_file(hands, name, &place, &wanted, &mut bytes);
            put.map_err(|error| error.when(&format!("cannot put `{place}` into container `{name}`")))
        })?;
        Ok(())
    }
}

impl DockerContainerCopyInto {
    fn mode(&self) -> Result<Option<u32>, Fail> {
        let Some(given) = &self.mode else { return Ok(None) };
        let octal = |text: &str| u32::from_str_radix(text, 8).ok();
        let read = match (self.mode_parse, given) {
            (ModeParse::Legacy, Value::String(text)) => text.trim().parse().ok(),
            (ModeParse::Modern | ModeParse::OctalStringOnly, Value::String(text)) => octal(text),
            (ModeParse::Legacy | ModeParse::Modern, number) => {
                number.as_u64().and_then(|number| u32::try_from(number).ok())
            }
            (ModeParse::OctalStringOnly, _) => None,
        };
        let read = read.filter(|mode| *mode <= 0o7777);
        let wrong = || Fail::new(format!("`mode`: expected bits of permission, found {}", describe(given)));
        read.map(Some).ok_or_else(wrong)
    }

    fn content(&self) -> Result<Option<Vec<u8>>, Fail> {
        let Some(content) = &self.content else { return Ok(None) };
        if !self.content_is_b64 {
            return Ok(Some(content.reveal().as_bytes().to_vec()));
        }
        let decoded = STANDARD.decode(content.reveal().trim());
        decoded.map(Some).map_err(|error| Fail::new(format!("`content` is no base64: {error}")))
    }

    fn lost(&self) -> Fail {
        let path = self.path.as_deref().unwrap_or(std::path::Path::new(""));
        Fail::new(format!("there is no file `{}`", path.display()))
    }

    /// What is to be there.
    fn wanted(&self, target: &Target, content: Option<&[u8]>, mode: Option<u32>) -> Result<Found, Fail> {
        let owner = (0, 0);
        let (Some(path), None) = (&self.path, content) else {
            let size = content.map_or(0, <[u8]>::len) as u64;
            return Ok(Found { kind: Kind::File, mode: mode.unwrap_or(0o644), owner, size });
        };
        let stat = if self.local_follow { target.stat(path)? } else { target.lstat(path)? };
        let stat = stat.ok_or_else(|| self.lost())?;
        let own = mode.unwrap_or_else(|| stat.permissions().mode() & 0o7777);
        if let Some(to) = target.read_link(path).filter(|_| stat.is_symlink()) {
            return Ok(Found { kind: Kind::Link(to.display().to_string()), mode: own, owner, size: 0 });
        }
        if !stat.is_file() {
            return Err(Fail::new(format!("`{}` is neither a file nor a link", path.display())));
        }
        Ok(Found { kind: Kind::File, mode: own, owner, size: stat.size() })
    }

    /// The numbers of user and group; those of the container's own user tells a command in it.
    fn owner(&self, target: &Target, client: &Client) -> Result<(u32, u32), Fail> {
        if let (Some(user), Some(group)) = (self.owner_id, self.group_id) {
            return Ok((user, group));
        }
        let name = &self.container;
        let unknown = |why: &str| {
            let fail = Fail::new(format!("cannot find out the user of container `{name}`: {why}"));
            fail.hint("give `owner_id` and `group_id`")
        };
        let argv = ["/bin/sh", "-c", "id -u && id -g"].map(str::to_owned).to_vec();
        let attached = client.exec_attach(name, &Exec { argv, ..Exec::default() });
        let mut attached = attached.map_err(|error| unknown(&error.message))?;
        let mut said = Vec::new();
        loop {
            match attached.frames.next()? {
                Next::Item((_, piece)) => said.extend(piece),
                Next::End => break,
                Next::Quiet if target.cancelled() => return Err(Fail::new("the run was interrupted")),
                Next::Quiet => {}
            }
        }
        let said = String::from_utf8_lossy(&said).into_owned();
        let numbers: Vec<u32> = said.lines().filter_map(|line| line.trim().parse().ok()).collect();
        match numbers[..] {
            [user, group] => Ok((user, group)),
            _ => Err(unknown(&format!("`id` said `{}`", said.trim()))),
        }
    }

    /// The path in the container, links followed if wanted.
    fn place(&self, client: &Client) -> Result<String, Fail> {
        let mut place = plain(&self.container_path);
        for _ in 0..40 {
            let found = if self.follow { client.file(&self.container, &place)? } else { None };
            let Some((Found { kind: Kind::Link(to), .. }, _)) = found else { return Ok(place) };
            let directory = place.rsplit_once('/').map_or("", |(directory, _)| directory);
            place = if to.starts_with('/') { plain(&to) } else { plain(&format!("{directory}/{to}")) };
        }
        Err(Fail::new(format!(
            "too many links at `{}` of container `{}`",
            self.container_path, self.container
        )))
    }
}

/// A path from the root, without `.` and `..`.
fn plain(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A file as a diff shows it: what is in it may be secret.
fn shown(file: &Found, content: &str) -> Value {
    let kind = match &file.kind {
        Kind::File => format!("a file, {content}"),
        Kind::Link(to) => format!("a link to {to}"),
        Kind::Other(words) => (*words).to_owned(),
    };
    json!({"is": kind, "mode": format!("{:04o}", file.mode), "owner_id": file.owner.0, "group_id": file.owner.1, "size": file.size})
}

fn is_equal(one: &mut dyn Read, other: &mut dyn Read) -> Result<bool, Fail> {
    let (mut a, mut b) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        let failed = |error| Fail::io("cannot compare the files", &error);
        let length = one.read(&mut a).map_err(failed)?;
        if length == 0 {
            return Ok(other.read(&mut b).map_err(failed)? == 0);
        }
        if other.read_exact(&mut b[..length]).is_err() || a[..length] != b[..length] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn bits_of_permission_are_read_as_wanted() {
        let said = |mode: serde_json::Value, parse: &str| {
            let args = json!({"container": "x", "container_path": "/x", "content": "c", "mode": mode,
                "mode_parse": parse, "docker_host": "unix:///none"});
            Sandbox::new("docker_container_copy_into").fails(args)
        };
        for (mode, parse) in
            [(json!("0x"), "legacy"), (json!("9"), "modern"), (json!(420), "octal_string_only")]
        {
            assert!(said(mode, parse).starts_with("`mode`: expected bits of permission"), "{parse}");
        }
        for (mode, parse) in [(json!("420"), "legacy"), (json!("0644"), "modern"), (json!(420), "modern")] {
            assert!(said(mode, parse).contains("/none"), "{parse}");
        }
    }

    #[test]
    fn paths_are_made_plain() {
        assert_eq!(super::plain("a//b/../c/."), "/a/c");
        assert_eq!(super::plain("/../x"), "/x");
    }

    #[cfg(feature = "lab")]
    #[test]
    fn a_file_is_put_into_a_container() {
        let scratch = crate::docker::scratch::Scratch::new();
        let name = scratch.start("sleep 600");
        let sandbox = Sandbox::new("docker_container_copy_into").file("conf", "one\n");
        let args = |more: serde_json::Value| {
            let mut args = json!({"container": name, "container_path": "/tmp/conf", "mode_parse": "modern"});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            args
        };
        let cat = |path: &str| {
            let exec =
                json!({"container": name, "command": format!("sh -c 'cat {path}; stat -c %a:%u:%g {path}'")});
            Sandbox::new("docker_container_exec").run(exec).values["stdout"].as_str().unwrap().to_owned()
        };
        let path = sandbox.path("conf");
        sandbox.converges(args(json!({"path": path, "mode": "0640"})));
        assert_eq!(cat("/tmp/conf"), "one\n640:0:0");
        sandbox.converges(args(json!({"path": path, "mode": "0600", "owner_id": 7, "group_id": 8})));
        assert_eq!(cat("/tmp/conf"), "one\n600:7:8");
        let other = args(json!({"content": "dHdvCg==", "content_is_b64": true, "mode": "0600"}));
        sandbox.converges(other.clone());
        assert_eq!(cat("/tmp/conf"), "two\n600:0:0");
        sandbox.converges(args(json!({"content": "six\n", "mode": "0600"})));
        sandbox.keeps(args(json!({"content": "x", "mode": "0600", "force": false})));
        std::os::unix::fs::symlink("conf", sandbox.at("link")).unwrap();
        let link =
            args(json!({"path": sandbox.path("link"), "local_follow": false, "container_path": "/tmp/link"}));
        sandbox.converges(link);
        let through =
            json!({"content": "via\n", "mode": "0600", "container_path": "/tmp/link", "follow": true});
        let reply = sandbox.converges(args(through));
        assert_eq!(reply.values["container_path"], "/tmp/conf");
        assert_eq!(cat("/tmp/conf"), "via\n600:0:0");
        let message =
            sandbox.fails(args(json!({"content": "x", "mode": "0600", "container_path": "/none/x"})));
        assert!(message.starts_with(&format!("cannot put `/none/x` into container `{name}`: ")), "{message}");
        let message =
            sandbox.fails(json!({"container": "no-such", "container_path": "/x", "content": "x", "mode": 1}));
        assert_eq!(message, "there is no container `no-such`");
    }
}
