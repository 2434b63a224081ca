//! lineinfile

use std::path::PathBuf;

use crate::args::{FromArg, Kind, Mismatch, Return, Type, Value};
use crate::encoding::Encoding;
use crate::files::FileAttributes;
use crate::pattern::Pattern;
use crate::target::Replace;
use crate::{Fail, Module, Side, Target, args, choices, returns};

mod lines;

args! {
    /// Have a line in a file, or not.
    ///
    /// One line is looked for by `regexp`, by `search_string` or as it is, and put in its place; to change
    /// all matches of an expression there is `replace`, for several lines `blockinfile`.
    pub struct Lineinfile as "lineinfile" {
        /// The file.
        #[alias("dest", "destfile", "name")]
        path: PathBuf,
        /// Whether the line is to be there.
        state: State = "present",
        /// The line; with `backrefs` it may have groups of `regexp` in it, as `\1`.
        #[alias("value")]
        line: Option<String>,
        /// An expression for the line to replace, the last that matches; with `state: absent`, for all to remove.
        #[alias("regex")]
        regexp: Option<Pattern>,
        /// A text in the line to replace, taken as it is.
        search_string: Option<String>,
        /// Whether groups of `regexp` are filled in; where it matches nowhere, nothing is done.
        backrefs: bool = false,
        /// `EOF`, or an expression for the line, the last that matches, after which a new one comes.
        insertafter: Option<Place>,
        /// `BOF`, or an expression for the line, the last that matches, before which a new one comes.
        insertbefore: Option<Place>,
        /// Whether the first line that matches is meant instead of the last.
        firstmatch: bool = false,
        /// Whether a file that is not there is made.
        create: bool = false,
        /// Whether a copy of the file as it was is kept beside it.
        backup: bool = false,
        /// A command that must accept the new file, named `%s` in it, before it takes its place.
        validate: Option<String>,
        /// The alphabet of the file.
        encoding: Encoding = "utf-8",
        ..attributes: FileAttributes,
    }
    rules [
        RequiredIf("state", "present", &["line"]),
        RequiredIfAny("state", "absent", &["regexp", "line", "search_string"]),
        RequiredIf("backrefs", "true", &["regexp"]),
        MutuallyExclusive(&["insertbefore", "insertafter"]),
        MutuallyExclusive(&["regexp", "search_string"]),
        MutuallyExclusive(&["backrefs", "search_string"]),
    ]
}

returns! {
    /// What was done, in words.
    msg: str,
    /// The path of the copy that was kept.
    backup: str,
    /// How many lines were removed.
    found: int if "`state` is `absent` and the file is there",
}

choices! {
    /// Whether a line is to be there.
    pub enum State {
        /// There, once.
        Present = "present",
        /// Nowhere.
        Absent = "absent",
    }
}

/// What is wrong with an empty expression.
// ansible: just these words are looked for.
const EMPTY: &str = "an empty string, which will match every line in the file. This may have unintended \
                     consequences, such as replacing the last line in the file rather than appending.";

/// Where a new line comes.
#[derive(Clone, Debug)]
pub enum Place {
    /// `BOF`
    Begin,
    /// `EOF`
    End,
    /// Beside the line that matches.
    At(Pattern),
}

impl FromArg for Place {
    const TYPE: Type = Type { kind: Kind::Str, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        match value.as_str() {
            Some("BOF") => Ok(Self::Begin),
            Some("EOF") => Ok(Self::End),
            _ => Pattern::from_arg(value).map(Self::At),
        }
    }
}

impl Module for Lineinfile {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Allow no login by password
  ansible.builtin.lineinfile:
    path: /etc/ssh/sshd_config
    regexp: ^#?PasswordAuthentication
    line: PasswordAuthentication no
    validate: sshd -t -f %s

- name: Give the heap more room, whatever else the line says
  ansible.builtin.lineinfile:
    path: /opt/app/start.conf
    regexp: ^(.*)-Xmx\\d+m(.*)$
    line: \\1-Xmx512m\\2
    backrefs: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if target.is_foretold(&self.path) {
            // The file would be there by now, and nobody knows its text.
            return target.perform(|_| Ok(())).map(|_| ());
        }
        if target.stat(&self.path)?.is_some_and(|meta| meta.is_dir()) {
            return Err(Fail::new(format!("Path {} is a directory !", self.path.display())).with("rc", 256));
        }
        if self.regexp.as_ref().is_some_and(|regexp| regexp.source().is_empty()) {
            target.warn(format!(
                "The regular expression is {EMPTY} If this is desired, use '^' to match every line in the file and \
                 avoid this warning."
            ));
        }
        if self.search_string.as_ref().is_some_and(String::is_empty) {
            target.warn(format!("The search string is {EMPTY}"));
        }
        let found = target.read(&self.path)?;
        match (self.state, &found) {
            (State::Absent, None) => target.set("msg", "file not present"),
            (State::Present, None) if !self.create => {
                // ansible: these words are looked for.
                let words = format!("Destination {} does not exist !", self.path.display());
                return Err(Fail::new(words).hint("`create: true` makes it").with("rc", 257));
            }
            _ => self.edit(target, found)?,
        }
        Ok(())
    }
}

impl Lineinfile {
    fn edit(&self, target: &mut Target, found: Option<Vec<u8>>) -> Result<(), Fail> {
        let text = self.encoding.decode(target, found.as_deref().unwrap_or_default())?;
        let edited = match self.state {
            State::Present => lines::present(self, &text)?,
            State::Absent => lines::absent(self, &text),
        };
        let wanted = self.encoding.encode(target, &edited.text)?;
        // A file that is to be made, but stays empty, is still made.
        let before = found.map_or(Side::Absent, Side::Content);
        let backup = self.backup && before != Side::Absent;
        let how = Replace { validate: self.validate.clone(), ..self.attributes.how(target, &self.path)? };
        let header = format!("{} (content)", self.path.display());
        let made = target.change(&header, before, wanted.as_slice(), |hands| {
            hands.make_parents(&self.path)?;
            let copy = if backup { Some(hands.backup(&self.path)?) } else { None };
            hands.replace(&self.path, &mut wanted.as_slice(), &how)?;
            Ok(copy)
        })?;
        let copy = made.done().flatten().map(|path| path.display().to_string());
        target.set("backup", copy.unwrap_or_default());
        if self.state == State::Absent {
            target.set("found", edited.removed);
        }
        let attributes = self.attributes.apply(target, &self.path)?;
        let also = match (edited.msg.is_empty(), attributes) {
            (_, false) => "",
            (true, true) => "ownership, perms or SE linux context changed",
            (false, true) => " and ownership, perms or SE linux context changed",
        };
        target.set("msg", edited.msg + also);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
