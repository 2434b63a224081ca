//! The comments of a case: read out of its text, and put back as what was found.

use super::found::Found;

/// A case's text in two parts: what the user wrote, and what must come of it.
pub(super) struct Annotated {
    /// The lines without annotations.
    lines: Vec<String>,
    /// For each line with `# expect:` comments after it, its number from 1 and their indentation.
    expects: Vec<(usize, String)>,
    /// Words for the command line.
    pub(super) run: Vec<String>,
}

const KINDS: [&str; 5] = ["error", "warning", "hint", "expect", "status"];

/// Whether a line is a comment that says what must come of the case.
pub(super) fn is_annotation(line: &str) -> bool {
    kind(line).is_some()
}

fn kind(line: &str) -> Option<&'static str> {
    let comment = line.trim_start().strip_prefix("# ")?;
    KINDS.into_iter().find(|kind| comment.strip_prefix(kind).is_some_and(|rest| rest.starts_with(':')))
}

impl Annotated {
    pub(super) fn read(text: &str) -> Self {
        let mut read = Self { lines: Vec::new(), expects: Vec::new(), run: Vec::new() };
        for line in text.lines() {
            match kind(line) {
                Some("expect") => {
                    let indent = line[..line.len() - line.trim_start().len()].to_owned();
                    if read.expects.last().is_none_or(|(at, _)| *at != read.lines.len()) {
                        read.expects.push((read.lines.len(), indent));
                    }
                }
                Some(_) => {}
                None => {
                    if let Some(words) = line.strip_prefix("# run:") {
                        read.run.extend(words.split_whitespace().map(str::to_owned));
                    }
                    read.lines.push(line.to_owned());
                }
            }
        }
        read
    }

    /// The text without annotations, which is what is run: they cannot disturb it, nor change with the lines they add.
    pub(super) fn plain(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The text as it would be if its comments said what was found.
    pub(super) fn with(&self, found: &Found, status: i32) -> String {
        let mut out = String::new();
        let usual = if found.diagnostics.iter().any(|d| d.kind == "error") { 4 } else { 0 };
        if status != usual {
            out += &format!("# status: {status}\n");
        }
        for diagnostic in found.diagnostics.iter().filter(|d| d.line.is_none()) {
            out += &diagnostic.comment();
        }
        for (at, line) in self.lines.iter().enumerate().map(|(index, line)| (index + 1, line)) {
            out += line;
            out.push('\n');
            for diagnostic in found.diagnostics.iter().filter(|d| d.line == Some(at)) {
                out += &diagnostic.comment();
            }
            for (_, indent) in self.expects.iter().filter(|(line, _)| *line == at) {
                let item = self.item(at, indent.len());
                let ends = found.ends.iter().filter(|end| (item..=at).contains(&end.line));
                let ends: Vec<String> = ends.map(|end| format!("{indent}# expect: {}\n", end.text)).collect();
                out += &if ends.is_empty() { format!("{indent}# expect: nothing\n") } else { ends.concat() };
            }
        }
        out
    }

    /// The line on which the list item begins that a comment after line `at`, indented so far, is in.
    fn item(&self, at: usize, indent: usize) -> usize {
        let begins =
            |line: &str| line.trim_start().starts_with("- ") && line.len() - line.trim_start().len() < indent;
        (1..=at).rev().find(|number| begins(&self.lines[number - 1])).unwrap_or(at)
    }
}
