//! blockinfile

use std::path::PathBuf;

use crate::args::Return;
use crate::builtin::lineinfile::{Place, State};
use crate::encoding::Encoding;
use crate::files::FileAttributes;
use crate::target::Replace;
use crate::{Fail, Module, Side, Target, args, returns};

args! {
    /// Have a block of lines in a file, between two lines that mark it.
    pub struct Blockinfile as "blockinfile" {
        /// The file.
        #[alias("dest", "destfile", "name")]
        path: PathBuf,
        /// Whether the block is to be there; an empty block is not.
        state: State = "present",
        /// The lines.
        #[alias("content")]
        block: String = "",
        /// The lines that mark it; `{mark}` becomes the words of both.
        marker: String = "# {mark} ANSIBLE MANAGED BLOCK",
        /// The word of the first mark.
        marker_begin: String = "BEGIN",
        /// The word of the last mark.
        marker_end: String = "END",
        /// `EOF`, or an expression for the line, the last that matches, after which a new block comes.
        insertafter: Option<Place>,
        /// `BOF`, or an expression for the line, the last that matches, before which a new block comes.
        insertbefore: Option<Place>,
        /// Whether a file that is not there is made.
        create: bool = false,
        /// Whether a copy of the file as it was is kept beside it.
        backup: bool = false,
        /// Whether an empty line comes before the block.
        prepend_newline: bool = false,
        /// Whether an empty line comes after the block.
        append_newline: bool = false,
        /// A command that must accept the new file, named `%s` in it, before it takes its place.
        validate: Option<String>,
        /// The alphabet of the file.
        encoding: Encoding = "utf-8",
        ..attributes: FileAttributes,
    }
    rules [MutuallyExclusive(&["insertbefore", "insertafter"])]
}

returns! {
    /// What was done, in words.
    msg: str,
    /// The path of the copy that was kept.
    backup_file: path if "with `backup`, when the file changed",
}

impl Module for Blockinfile {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Configure an interface
  ansible.builtin.blockinfile:
    path: /etc/network/interfaces
    block: |
      iface eth0 inet static
          address 192.0.2.23
          netmask 255.255.255.0
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if target.is_foretold(&self.path) {
            // The file would be there by now, and nobody knows its text.
            return target.perform(|_| Ok(())).map(|_| ());
        }
        let shown = self.path.display().to_string();
        if target.stat(&self.path)?.is_some_and(|meta| meta.is_dir()) {
            return Err(Fail::new(format!("Path {shown} is a directory !")).with("rc", 256));
        }
        let found = target.read(&self.path)?;
        if found.is_none() && !self.create {
            // ansible: these words are looked for.
            let words = format!("Path {shown} does not exist !");
            return Err(Fail::new(words).hint("`create: true` makes it").with("rc", 257));
        }
        if found.is_none() && self.state == State::Absent {
            target.set("msg", format!("File {shown} not present"));
            return Ok(());
        }
        let text = self.encoding.decode(target, found.as_deref().unwrap_or_default())?;
        let (edited, msg) = self.edited(&text);
        let msg = if found.is_none() { "File created" } else { msg };
        let wanted = self.encoding.encode(target, &edited)?;
        let before = found.map_or(Side::Absent, Side::Content);
        let keep = self.backup && before != Side::Absent;
        let how = Replace { validate: self.validate.clone(), ..self.attributes.how(target, &self.path)? };
        let header = format!("{shown} (content)");
        let made = target.change(&header, before, Side::Content(wanted.clone()), |hands| {
            hands.make_parents(&self.path)?;
            let copy = if keep { Some(hands.backup(&self.path)?) } else { None };
            hands.replace(&self.path, &mut wanted.as_slice(), &how)?;
            Ok(copy)
        })?;
        let mut msg = if made.differs() { msg.to_owned() } else { String::new() };
        if let Some(copy) = made.done().flatten() {
            target.set("backup_file", copy.display().to_string());
        }
        if self.attributes.apply(target, &self.path)? {
            let and = if msg.is_empty() { "" } else { " and " };
            msg = format!("{msg}{and}ownership, perms or SE linux context changed");
        }
        target.set("msg", msg);
        Ok(())
    }
}

impl Blockinfile {
    /// The text with the block as it is to be, and what that meant.
    fn edited(&self, text: &[u8]) -> (Vec<u8>, &'static str) {
        let mut lines: Vec<Vec<u8>> =
            text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let (first, last) = (self.mark(&self.marker_begin), self.mark(&self.marker_end));
        let wanted = self.lines(&first, &last);
        let position = |mark: &str| lines.iter().rposition(|line| bare(line) == mark.as_bytes());
        let at = match (position(&first), position(&last)) {
            (Some(from), Some(to)) if from < to => {
                lines.drain(from..=to);
                Some(from)
            }
            // A mark alone belongs to a block that somebody broke: it is cleared away.
            (Some(from), Some(to)) => {
                lines.drain(to..=from);
                Some(to)
            }
            _ => None,
        };
        let Some(wanted) = wanted else { return (lines.concat(), "Block removed") };
        let at_place = at.unwrap_or_else(|| self.place(&lines));
        if at_place == lines.len()
            && let Some(line) = lines.last_mut().filter(|line| !line.ends_with(b"\n"))
        {
            line.push(b'\n');
        }
        let block = self.spaced(wanted, &lines, at_place);
        lines.splice(at_place..at_place, block);
        (lines.concat(), "Block inserted")
    }

    fn mark(&self, word: &str) -> String {
        self.marker.replace("{mark}", word)
    }

    /// The block with its marks; `None` when it is to be absent.
    fn lines(&self, first: &str, last: &str) -> Option<Vec<Vec<u8>>> {
        if self.state == State::Absent || self.block.is_empty() {
            return None;
        }
        let line = |text: &str| format!("{text}\n").into_bytes();
        // A line may have an end of its own kind, which stays.
        let block = self.block.strip_suffix('\n').unwrap_or(&self.block);
        let within = block.split('\n').map(line);
        Some(std::iter::once(line(first)).chain(within).chain([line(last)]).collect())
    }

    /// Where a new block comes.
    fn place(&self, lines: &[Vec<u8>]) -> usize {
        let newlines = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
        match (&self.insertafter, &self.insertbefore) {
            // ansible: with the flag `m` the text is looked through as a whole, and the first match counts.
            (Some(Place::At(place)), _) if place.is_multiline() => {
                let text = lines.concat();
                let found = place.first(&text, 0);
                found.map_or(lines.len(), |found| newlines(&text[..found.range().end]) + 1).min(lines.len())
            }
            (_, Some(Place::At(place))) if place.is_multiline() => {
                let text = lines.concat();
                place.first(&text, 0).map_or(lines.len(), |found| newlines(&text[..found.range().start]))
            }
            (Some(Place::Begin), _) | (_, Some(Place::Begin)) => 0,
            (Some(Place::At(place)), _) => {
                lines.iter().rposition(|line| place.is_match(line)).map_or(lines.len(), |at| at + 1)
            }
            (_, Some(Place::At(place))) => {
                lines.iter().rposition(|line| place.is_match(line)).unwrap_or(lines.len())
            }
            _ => lines.len(),
        }
    }

    /// The block with the empty lines around it that are wanted and not there yet.
    fn spaced(&self, mut block: Vec<Vec<u8>>, lines: &[Vec<u8>], at: usize) -> Vec<Vec<u8>> {
        let empty = |line: Option<&Vec<u8>>| line.is_some_and(|line| bare(line).is_empty());
        if self.prepend_newline && at > 0 && !empty(lines.get(at - 1)) {
            block.insert(0, b"\n".to_vec());
        }
        if self.append_newline && at < lines.len() && !empty(lines.get(at)) {
            block.push(b"\n".to_vec());
        }
        block
    }
}

/// A line without its end.
fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Sandbox;

    const BLOCK: &str = "# BEGIN ANSIBLE MANAGED BLOCK\nx\ny\n# END ANSIBLE MANAGED BLOCK\n";

    fn edited(text: &str, mut args: Value) -> String {
        let sandbox = Sandbox::new("blockinfile").file("f", text);
        args["path"] = sandbox.path("f").into();
        sandbox.converges(args);
        sandbox.text("f")
    }

    #[test]
    fn a_block_is_added_at_the_end_and_changed_in_its_place() {
        let wish = json!({"block": "x\ny\n"});
        assert_eq!(edited("a", wish.clone()), format!("a\n{BLOCK}"));
        let old = "a\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\nb\n";
        assert_eq!(edited(old, wish), format!("a\n{BLOCK}b\n"));
    }

    #[test]
    fn line_ends_of_the_block_stay() {
        let text = edited("a\n", json!({"block": "x\r\ny\r\n"}));
        assert!(text.contains("BLOCK\nx\r\ny\r\n# END"), "{text}");
    }

    #[test]
    fn an_expression_for_many_lines_places_a_block() {
        let wish = json!({"block": "x\ny", "insertafter": "(?m)^a\nb$"});
        assert_eq!(edited("a\nb\nc\na\nb\n", wish), format!("a\nb\n{BLOCK}c\na\nb\n"));
        let wish = json!({"block": "x\ny", "insertafter": "a\nb"});
        assert_eq!(edited("a\nb\nc\n", wish), format!("a\nb\nc\n{BLOCK}"));
    }

    #[test]
    fn a_block_comes_where_it_is_wanted() {
        let before = edited("a\nb\n", json!({"block": "x\ny", "insertbefore": "^b"}));
        assert_eq!(before, format!("a\n{BLOCK}b\n"));
        let spaced = edited(
            "a\nb\n",
            json!({"block": "x\ny", "insertafter": "^a", "prepend_newline": true, "append_newline": true}),
        );
        assert_eq!(spaced, format!("a\n\n{BLOCK}\nb\n"));
        assert_eq!(edited("a\n", json!({"block": "x\ny", "insertbefore": "BOF"})), format!("{BLOCK}a\n"));
    }

    #[test]
    fn an_absent_or_empty_block_is_removed() {
        assert_eq!(edited(&format!("a\n{BLOCK}b\n"), json!({"state": "absent"})), "a\nb\n");
        assert_eq!(edited(&format!("a\n{BLOCK}b\n"), json!({"block": ""})), "a\nb\n");
    }

    #[test]
    fn a_file_is_made_only_when_asked() {
        let sandbox = Sandbox::new("blockinfile");
        let said = sandbox.fails(json!({"path": sandbox.path("f"), "block": "x"}));
        assert!(said.ends_with("does not exist !\nhint: `create: true` makes it"), "{said}");
        sandbox.keeps(json!({"path": sandbox.path("f"), "state": "absent", "create": true}));
        let reply = sandbox.converges(json!({"path": sandbox.path("f"), "block": "x\ny", "create": true}));
        assert_eq!(reply.values["msg"], "File created");
        assert_eq!(sandbox.text("f"), BLOCK);
    }
}
