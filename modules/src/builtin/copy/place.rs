//! One file in its place.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::checksum::{Summing, Sums};
use crate::target::{Replace, Side};
use crate::{Fail, Target};

use super::source::Content;
use super::{Copy, with_mode_of};

/// Texts up to this size are shown in a diff.
const SHOWN: u64 = 104_448;

impl Copy {
    /// Brings one file to its content and attributes; the checksums of what is there then, where they are known.
    pub(super) fn place(
        &self,
        target: &mut Target,
        dest: &Path,
        content: &Content,
        mode: Option<u32>,
    ) -> Result<Option<Sums>, Fail> {
        let attributes = with_mode_of(&self.attributes, mode);
        let path = self.written(target, dest)?;
        let there = target.lstat(&path)?;
        if there.as_ref().is_some_and(|meta| meta.is_dir()) {
            return Err(Fail::new(format!("cannot write a file over the directory `{}`", path.display())));
        }
        if there.is_some() && !self.force {
            attributes.apply(target, &path)?;
            return Ok(None);
        }
        let wanted = content.digest(target)?;
        // A link that is not followed is replaced by a file.
        let replaced_link = there.as_ref().is_some_and(|meta| meta.is_symlink());
        let present = if replaced_link { None } else { sums(target, &path)? };
        if let Some(sums) = present.as_ref().filter(|sums| sums.sha256 == wanted) {
            attributes.apply(target, &path)?;
            return Ok(Some(sums.clone()));
        }
        let (before, after) = sides(target, present.map(|sums| (sums.sha256, &*path)), content, wanted)?;
        let (uid, gid) = if there.is_none() { attributes.owners(target)? } else { (None, None) };
        let replace = Replace {
            validate: self.validate.clone(),
            // Within a tree of the target files keep their permissions.
            mode: there.as_ref().filter(|m| !m.is_symlink()).is_none().then(|| {
                match (&attributes.mode, mode) {
                    (None, Some(mode)) => mode,
                    _ => attributes.new_mode(false),
                }
            }),
            uid,
            gid,
            unsafe_writes: attributes.may_overwrite(target),
        };
        let keep = self.backup && there.is_some();
        let made = target.change(&path.display().to_string(), before, after, |hands| {
            let kept = if keep { Some(hands.backup(&path)?) } else { None };
            if replaced_link {
                hands.remove(&path)?;
            }
            let mut from = match content {
                Content::Offered(name) => hands.open_body(name)?,
                Content::Remote(path) => open(path)?,
            };
            let mut summing = Summing::new(&mut *from);
            let beside = hands.replace(&path, &mut summing, &replace)?;
            Ok((kept, (beside, summing.sums())))
        });
        // ansible: in other words than those of modules that edit.
        let made = made.map_err(|mut fail| match fail.values.shift_remove("rc") {
            Some(rc) => Fail { message: "failed to validate".into(), ..fail }.with("exit_status", rc),
            None => fail,
        })?;
        let (kept, written) = made.done().unzip();
        let (beside, sums) = written.unzip();
        if let Some(kept) = kept.flatten() {
            target.set("backup_file", kept.display().to_string());
        }
        if let Some(beside) = beside {
            target.set("src", beside.display().to_string());
        }
        attributes.apply(target, &path)?;
        Ok(sums)
    }

    /// The path itself, or with `follow` what a link there points to.
    pub(super) fn written(&self, target: &Target, dest: &Path) -> Result<PathBuf, Fail> {
        let is_link = target.lstat(dest)?.is_some_and(|meta| meta.is_symlink());
        match target.read_link(dest) {
            Some(to) if is_link && self.follow => Ok(dest.parent().unwrap_or(Path::new("/")).join(to)),
            _ => Ok(dest.to_owned()),
        }
    }
}

/// The checksums of a file; `None` where there is none.
pub(super) fn sums(target: &Target, path: &Path) -> Result<Option<Sums>, Fail> {
    let Some(mut file) = target.open(path)? else { return Ok(None) };
    let cannot = |e| Fail::io(format!("cannot read `{}`", path.display()), &e);
    Summing::of(&mut file).map(Some).map_err(cannot)
}

impl Content {
    /// What it holds.
    pub(super) fn open(&self, target: &mut Target) -> Result<Box<dyn Read + Send>, Fail> {
        match self {
            Content::Offered(name) => target.open_body(name),
            Content::Remote(path) => open(path),
        }
    }
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>, Fail> {
    let opened = std::fs::File::open(path);
    opened.map(|f| Box::new(f) as _).map_err(|e| Fail::io(format!("cannot open `{}`", path.display()), &e))
}

/// Both sides for the diff: text where it is wanted and short, else digests.
fn sides(
    target: &mut Target,
    present: Option<(String, &Path)>,
    content: &Content,
    wanted: String,
) -> Result<(Side, Side), Fail> {
    let size = match content {
        Content::Offered(name) => target.bodies().iter().find(|b| b.name == *name).map_or(0, |b| b.size),
        Content::Remote(path) => target.stat(path)?.map_or(0, |meta| meta.len()),
    };
    let old = match &present {
        Some((_, path)) => target.stat(path)?.map_or(0, |meta| meta.len()),
        None => 0,
    };
    if !target.wants_diff() || size > SHOWN || old > SHOWN {
        return Ok((present.map_or(Side::Absent, |(digest, _)| Side::Hidden(digest)), Side::Hidden(wanted)));
    }
    let mut text = Vec::new();
    let mut from = content.open(target)?;
    from.read_to_end(&mut text).map_err(|e| Fail::io("cannot receive the content", &e))?;
    let old = match present {
        Some((_, path)) => target.read(path)?,
        None => None,
    };
    Ok((old.map_or(Side::Absent, Side::Content), Side::Content(text)))
}
