//! The SSH key of a user.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::User;
use crate::{Command, Fail, Hands, Target, users};

/// Makes a key where there is none, and gives back its public part.
pub(super) fn make(user: &User, target: &mut Target, found: &users::User) -> Result<(), Fail> {
    let name = user.ssh_key_file.clone().unwrap_or_else(|| format!(".ssh/id_{}", user.ssh_key_type).into());
    let path = target.system(&found.home).join(name);
    let there = target.lstat(&path)?.is_some();
    let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let comment = user.ssh_key_comment.clone().unwrap_or_else(|| format!("ansible-generated on {node}"));
    let what = format!("key of {}", found.name);
    let before = there.then_some("a key");
    let after = if there && user.force { "a new key" } else { "a key" };
    target.change(&what, before, after, |hands| write(user, hands, found, &path, &comment, there))?;
    target.set("ssh_key_file", path.display().to_string());
    let public = PathBuf::from(format!("{}.pub", path.display()));
    if let Some(text) = target.read_text(&public)? {
        target.set("ssh_public_key", text.trim());
        let output = target.query(&Command::new("ssh-keygen").arg("-lf").arg(&public))?;
        target.set("ssh_fingerprint", output.text().trim());
    }
    Ok(())
}

fn write(
    user: &User,
    hands: &mut Hands,
    found: &users::User,
    path: &std::path::Path,
    comment: &str,
    there: bool,
) -> Result<(), Fail> {
    let owner = (Some(found.uid), Some(found.gid));
    let directory = path.parent().map(PathBuf::from).unwrap_or_default();
    if std::fs::metadata(&directory).is_err() {
        hands.make_parents(&directory)?;
        hands.mkdir(&directory, 0o700)?;
        hands.set_owner(&directory, owner.0, owner.1)?;
    } else if std::fs::metadata(&directory).is_ok_and(|meta| meta.uid() != found.uid && meta.uid() != 0) {
        return Err(Fail::new(format!(
            "the directory of the key belongs to another user: {}",
            directory.display()
        )));
    }
    if there {
        hands.remove(path)?;
    }
    let bits = user.ssh_key_bits.filter(|bits| *bits > 0).map(|bits| bits.to_string());
    let bits: Vec<String> = bits.into_iter().flat_map(|bits| ["-b".to_owned(), bits]).collect();
    let command = Command::new("ssh-keygen").args(["-q", "-t", &user.ssh_key_type]).args(bits);
    let command = command.args(["-C", comment, "-f"]).arg(path);
    match &user.ssh_key_passphrase {
        None => hands.run(&command.args(["-N", ""]))?,
        Some(passphrase) => protected(hands, command, passphrase.reveal())?,
    };
    let public = PathBuf::from(format!("{}.pub", path.display()));
    hands.set_owner(path, owner.0, owner.1)?;
    hands.set_owner(&public, owner.0, owner.1)
}

/// Makes a key with a passphrase that nobody can read: the tool asks a program, which asks a private file.
fn protected(hands: &mut Hands, command: Command, passphrase: &str) -> Result<crate::Output, Fail> {
    let directory = hands.make_temporary(&std::env::temp_dir(), "baton-", "", true)?;
    let (secret, asker) = (directory.join("secret"), directory.join("ask"));
    let made = hands
        .write(&secret, b"")
        .and_then(|()| hands.set_mode(&secret, 0o600))
        .and_then(|()| hands.write(&secret, passphrase.as_bytes()))
        .and_then(|()| hands.write(&asker, b"#!/bin/sh\nexec cat \"${0%/*}/secret\"\n"))
        .and_then(|()| hands.set_mode(&asker, 0o700))
        .and_then(|()| {
            let asker = asker.display().to_string();
            let command =
                command.env("SSH_ASKPASS", &asker).env("SSH_ASKPASS_REQUIRE", "force").env("DISPLAY", ":0");
            hands.run(&command)
        });
    let removed = hands.remove(&directory);
    made.and_then(|output| removed.map(|()| output))
}
