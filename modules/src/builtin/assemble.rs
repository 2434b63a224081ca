//! assemble

use std::path::{Path, PathBuf};

use crate::args::{Return, Value};
use crate::checksum::Summing;
use crate::files::{self, FileAttributes};
use crate::pattern::Pattern;
use crate::target::Replace;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Join the files of a directory into one.
    ///
    /// They are taken in the order of their names, directories passed over, and each begins on a new line.
    pub struct Assemble as "assemble" {
        /// The directory with the parts.
        src: PathBuf,
        /// The file to write.
        dest: PathBuf,
        /// Take `src` from the target itself; else from the controller, looked for in `files`.
        remote_src: bool = true,
        /// Only files whose name this expression is found in.
        regexp: Option<Pattern>,
        /// What stands between the parts, as a line of its own; `\n`, `\t` and their like are understood.
        delimiter: Option<String>,
        /// Pass over files whose name begins with a dot.
        ignore_hidden: bool = false,
        /// Keep a copy of a file before it is replaced.
        backup: bool = false,
        /// A command with `%s` for the new file; unless it ends well, the old file stays.
        validate: Option<String>,
        /// Decrypt parts of the vault first; only those of the controller can be.
        decrypt: bool = true,
        ..attributes: FileAttributes,
    }
}

returns! {
    ..described,
    /// The file written.
    dest: path,
    /// The directory with the parts.
    src: path,
    /// The SHA-1 of the file.
    checksum: str,
    /// The MD5 of the file.
    md5sum: str,
    /// The copy that was kept.
    backup_file: path if "with `backup`, when a file was replaced",
    /// `OK`.
    msg: str,
}

impl Module for Assemble {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Join the parts of the configuration
  ansible.builtin.assemble:
    src: /etc/app/conf.d
    dest: /etc/app/app.conf
    regexp: '\\.conf$'
    delimiter: '# ----'
    validate: /usr/sbin/app --check %s
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if target.is_foretold(&self.src) {
            // The directory would be there by now, and nobody knows what is in it.
            return target.perform(|_| Ok(())).map(|_| ());
        }
        let whole = self.whole(target)?;
        let replace = Replace { validate: self.validate.clone(), ..self.attributes.how(target, &self.dest)? };
        let there = target.read(&self.dest)?;
        let keep = self.backup && there.is_some();
        let shown = self.dest.display().to_string();
        let made = target.change(&shown, there, whole.as_slice(), |hands| {
            let kept = if keep { Some(hands.backup(&self.dest)?) } else { None };
            hands.replace(&self.dest, &mut whole.as_slice(), &replace)?;
            Ok(kept)
        })?;
        if let Some(kept) = made.done().flatten() {
            target.set("backup_file", kept.display().to_string());
        }
        self.attributes.apply(target, &self.dest)?;
        self.report(target, &whole)
    }
}

impl Assemble {
    /// Whether a file of this name is a part.
    pub fn takes(&self, name: &[u8]) -> bool {
        let hidden = self.ignore_hidden && name.starts_with(b".");
        !hidden && self.regexp.as_ref().is_none_or(|regexp| regexp.first(name, 0).is_some())
    }

    /// The parts as one text. `always_newline`: behind the delimiter comes a new line though it ends with one.
    pub fn join(&self, parts: &[Vec<u8>], always_newline: bool) -> Vec<u8> {
        let delimiter = self.delimiter.as_deref().filter(|text| !text.is_empty()).map(|text| {
            let mut line = plain(text);
            if always_newline || !line.ends_with(b"\n") {
                line.push(b'\n');
            }
            line
        });
        let mut whole = Vec::new();
        for (nth, part) in parts.iter().enumerate() {
            // ansible: a part that is empty counts as a line that is not ended.
            if nth > 0 && !parts[nth - 1].ends_with(b"\n") {
                whole.push(b'\n');
            }
            if let Some(delimiter) = delimiter.as_ref().filter(|_| nth > 0) {
                whole.extend_from_slice(delimiter);
            }
            whole.extend_from_slice(part);
        }
        whole
    }

    /// What the directory on the target amounts to.
    fn whole(&self, target: &Target) -> Result<Vec<u8>, Fail> {
        let shown = self.src.display();
        let meta = target.stat(&self.src)?;
        let meta = meta.ok_or_else(|| Fail::new(format!("Source ({shown}) does not exist")))?;
        if !meta.is_dir() {
            return Err(Fail::new(format!("Source ({shown}) is not a directory")));
        }
        let mut parts = Vec::new();
        for name in target.list(&self.src)?.unwrap_or_default() {
            let path = self.src.join(&name);
            let is_file = target.stat(&path)?.is_some_and(|meta| meta.is_file());
            if is_file && self.takes(name.as_encoded_bytes()) {
                parts.extend(target.read(&path)?);
            }
        }
        Ok(self.join(&parts, false))
    }

    fn report(&self, target: &mut Target, whole: &[u8]) -> Result<(), Fail> {
        let cannot = |error| Fail::io("cannot compute a checksum", &error);
        let sums = Summing::of(&mut &*whole).map_err(cannot)?;
        let text = |path: &Path| Value::from(path.display().to_string());
        let known = [("src", text(&self.src)), ("dest", text(&self.dest)), ("msg", "OK".into())];
        let known = known.into_iter().chain([("checksum", sums.sha1.into()), ("md5sum", sums.md5.into())]);
        known.for_each(|(name, value)| target.set(name, value));
        for (name, value) in files::describe(target, &self.dest)? {
            target.set(&name, value);
        }
        Ok(())
    }
}

/// A text whose escapes are read as Python reads those of bytes.
fn plain(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while let [byte, tail @ ..] = rest {
        let (known, after) = match (byte, tail) {
            (b'\\', [letter, tail @ ..]) => escaped(*letter, tail),
            _ => (None, tail),
        };
        out.push(known.unwrap_or(*byte));
        rest = if known.is_some() { after } else { tail };
    }
    out
}

/// What a letter behind a backslash stands for, and what follows it; no escape is left as it is.
fn escaped(letter: u8, tail: &[u8]) -> (Option<u8>, &[u8]) {
    let known = match letter {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        b'\\' | b'\'' | b'"' => letter,
        b'x' => {
            let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let digits = digits.filter(|digits| !digits.starts_with('+'));
            let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            return (value, tail.get(2..).unwrap_or_default());
        }
        b'0'..=b'7' => {
            let more = tail.iter().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
            let add = |value: u32, digit: &u8| value * 8 + u32::from(digit - b'0');
            let value = tail[..more].iter().fold(u32::from(letter - b'0'), add);
            return (Some((value & 0xff) as u8), &tail[more..]);
        }
        _ => return (None, tail),
    };
    (Some(known), tail)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::plain;
    use crate::testing::Sandbox;

    fn parts() -> Sandbox {
        let sandbox = Sandbox::new("assemble").file("parts/10-one", "one\n").file("parts/20-two", "two");
        sandbox.file("parts/30-three", "three\n").file("parts/.hidden", "hidden\n").dir("parts/directory")
    }

    fn args(sandbox: &Sandbox, more: Value) -> Value {
        let mut args = json!({"src": sandbox.path("parts"), "dest": sandbox.path("whole")});
        if let (Some(args), Value::Object(more)) = (args.as_object_mut(), more) {
            args.extend(more);
        }
        args
    }

    #[test]
    fn files_are_joined_in_the_order_of_their_names() {
        let sandbox = parts();
        let reply = sandbox.converges(args(&sandbox, json!({"mode": "0600"})));
        assert_eq!(sandbox.text("whole"), "hidden\none\ntwo\nthree\n");
        assert_eq!(sandbox.mode("whole"), 0o600);
        assert_eq!(reply.values["state"], "file");
        assert_eq!(reply.values["checksum"], crate::checksum::sha1(b"hidden\none\ntwo\nthree\n"));
    }

    #[test]
    fn names_can_be_chosen() {
        let sandbox = parts();
        sandbox.converges(args(&sandbox, json!({"ignore_hidden": true, "regexp": "^[^3]"})));
        assert_eq!(sandbox.text("whole"), "one\ntwo");
    }

    #[test]
    fn the_delimiter_stands_on_a_line_between_parts() {
        for (delimiter, line) in [("# --", "# --\n"), ("# --\\n", "# --\n"), ("a\\tb\\x41\\101", "a\tbAA\n")]
        {
            let sandbox = parts();
            sandbox.converges(args(&sandbox, json!({"delimiter": delimiter, "ignore_hidden": true})));
            assert_eq!(sandbox.text("whole"), format!("one\n{line}two\n{line}three\n"));
        }
    }

    #[test]
    fn what_is_no_escape_is_left() {
        assert_eq!(plain(r"\q\x4\\n\0\x+4\"), b"\\q\\x4\\n\0\\x+4\\");
    }

    #[test]
    fn the_old_file_stays_unless_the_new_one_is_accepted() {
        let sandbox = parts().file("whole", "old").tool("accept", "grep -q three \"$1\"");
        let wanted = args(&sandbox, json!({"validate": "accept %s", "regexp": "one"}));
        assert!(sandbox.fails(wanted).starts_with("failed to validate: rc:1"));
        assert_eq!(sandbox.text("whole"), "old");
        let reply = sandbox.run(args(&sandbox, json!({"validate": "accept %s", "backup": true})));
        assert_eq!(reply.failure, None);
        let kept = reply.values["backup_file"].as_str().unwrap_or_default();
        assert_eq!(std::fs::read_to_string(kept).unwrap(), "old");
    }

    #[test]
    fn a_source_that_is_no_directory_is_said() {
        let sandbox = parts().file("file", "");
        let of = |name: &str| args(&sandbox, json!({"src": sandbox.path(name)}));
        assert!(sandbox.fails(of("none")).ends_with("does not exist"));
        assert!(sandbox.fails(of("file")).ends_with("is not a directory"));
    }
}
