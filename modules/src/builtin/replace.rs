//! replace

use std::ops::Range;
use std::path::PathBuf;

use crate::args::Return;
use crate::encoding::Encoding;
use crate::files::FileAttributes;
use crate::pattern::Pattern;
use crate::target::Replace as How;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Replace all matches of an expression in a file.
    pub struct Replace as "replace" {
        /// The file.
        #[alias("dest", "destfile", "name")]
        path: PathBuf,
        /// The expression; `^` and `$` match at every line.
        regexp: Pattern,
        /// What comes in the place of a match, with groups as `\1` or `\g<name>`.
        replace: String = "",
        /// Only what follows the first match of this expression.
        after: Option<Pattern>,
        /// Only what precedes the first match of this expression.
        before: Option<Pattern>,
        /// Whether a copy of the file as it was is kept beside it.
        backup: bool = false,
        /// A command that must accept the new file, named `%s` in it, before it takes its place.
        validate: Option<String>,
        /// The alphabet of the file.
        encoding: Encoding = "utf-8",
        ..attributes: FileAttributes,
    }
}

returns! {
    /// What was done, in words.
    msg: str,
    /// The path of the copy that was kept.
    backup_file: path if "with `backup`, when something was replaced",
}

impl Module for Replace {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Comment out a section
  ansible.builtin.replace:
    path: /etc/hosts
    after: '# begin'
    before: '# end'
    regexp: ^(.+)$
    replace: '# \\1'
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
        // ansible: the ends of these words are looked for.
        let missing = || Fail::new(format!("Path {shown} does not exist !")).with("rc", 257);
        let found = target.read(&self.path)?.ok_or_else(missing)?;
        let text = self.encoding.decode(target, &found)?;
        let Some(range) = self.range(&text)? else {
            let after = self.after.as_ref().map_or("", Pattern::source);
            let before = self.before.as_ref().map_or("", Pattern::source);
            target.set(
                "msg",
                format!("Pattern for before/after params did not match the given file: {after}{before}"),
            );
            target.set("rc", 0);
            return Ok(());
        };
        let replaced = self.regexp.multiline()?.replace_all(&text[range.clone()], &self.replace);
        let (part, count) = replaced.map_err(|fail| Fail {
            message: format!("Unable to process replace due to error: {}", fail.message),
            ..fail
        })?;
        let edited = [&text[..range.start], &part, &text[range.end..]].concat();
        let wanted = self.encoding.encode(target, &edited)?;
        let how = How { validate: self.validate.clone(), ..self.attributes.how(target, &self.path)? };
        let made = target.change(&shown, found, wanted.as_slice(), |hands| {
            let copy = if self.backup { Some(hands.backup(&self.path)?) } else { None };
            hands.replace(&self.path, &mut wanted.as_slice(), &how)?;
            Ok(copy)
        })?;
        let mut msg = if made.differs() { format!("{count} replacements made") } else { String::new() };
        if let Some(copy) = made.done().flatten() {
            target.set("backup_file", copy.display().to_string());
        }
        if self.attributes.apply(target, &self.path)? {
            let and = if msg.is_empty() { "" } else { " and " };
            msg = format!("{msg}{and}ownership, perms or SE linux context changed");
        }
        target.set("msg", msg);
        target.set("rc", 0);
        Ok(())
    }
}

impl Replace {
    /// The part of the text between `after` and `before`; `None` when one of them is not in it.
    fn range(&self, text: &[u8]) -> Result<Option<Range<usize>>, Fail> {
        let source = |pattern: &Option<Pattern>| pattern.as_ref().map_or("", Pattern::source).to_owned();
        match (source(&self.after), source(&self.before)) {
            (after, before) if after.is_empty() && before.is_empty() => Ok(Some(0..text.len())),
            (after, before) => Pattern::section(&after, &before, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Sandbox;

    fn edited(text: &str, mut args: Value) -> String {
        let sandbox = Sandbox::new("replace").file("f", text);
        args["path"] = sandbox.path("f").into();
        // A second run may match again: only the first is looked at.
        let reply = sandbox.run(args);
        assert_eq!(reply.failure, None);
        sandbox.text("f")
    }

    #[test]
    fn all_matches_are_replaced_once() {
        let sandbox = Sandbox::new("replace").file("f", "a old\nb old\n");
        let reply =
            sandbox.converges(json!({"path": sandbox.path("f"), "regexp": r"\bold$", "replace": "new"}));
        assert_eq!(sandbox.text("f"), "a new\nb new\n");
        assert_eq!(reply.values["msg"], "2 replacements made");
        assert_eq!(reply.values["rc"], 0);
    }

    #[test]
    fn groups_are_filled_in_between_after_and_before() {
        let args = json!({"after": "begin\n", "before": "end", "regexp": "^(.+)$", "replace": r"# \1"});
        assert_eq!(edited("x\nbegin\na\nend\nb\n", args), "x\nbegin\n# a\nend\nb\n");
    }

    #[test]
    fn what_is_not_between_them_stays() {
        let sandbox = Sandbox::new("replace").file("f", "a\n");
        let reply = sandbox.keeps(json!({"path": sandbox.path("f"), "after": "nowhere", "regexp": "a"}));
        assert!(reply.values["msg"].as_str().unwrap().ends_with("nowhere"));
    }

    #[test]
    fn without_after_the_last_match_of_before_ends_the_part() {
        let args = json!({"before": "end", "regexp": "a", "replace": "b"});
        assert_eq!(edited("a\nend\na\nend\na\n", args), "b\nend\nb\nend\na\n");
    }

    #[test]
    fn a_bad_template_is_told_though_nothing_matches() {
        let sandbox = Sandbox::new("replace").file("f", "");
        let said = sandbox.fails(json!({"path": sandbox.path("f"), "regexp": "a", "replace": r"\D"}));
        assert!(said.starts_with("Unable to process replace"), "{said}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let sandbox = Sandbox::new("replace");
        let path = sandbox.path("f");
        assert_eq!(
            sandbox.fails(json!({"path": path, "regexp": "a"})),
            format!("Path {path} does not exist !")
        );
    }
}
