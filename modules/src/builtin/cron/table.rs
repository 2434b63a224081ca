//! The lines of a table of cron, as bytes: what is not ours stays as it is, in whatever alphabet.

use crate::Fail;

/// What stands before the name of a job.
const MARK: &str = "#Ansible: ";

/// A table, line by line.
pub(super) struct Table {
    lines: Vec<Vec<u8>>,
}

impl Table {
    pub(super) fn of(text: &[u8]) -> Self {
        let bare = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).to_vec();
        let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').map(bare).collect();
        if text.is_empty() || text.ends_with(b"\n") {
            lines.pop();
        }
        Self { lines }
    }

    pub(super) fn text(&self) -> Vec<u8> {
        let mut text = self.lines.join(&b'\n');
        while text.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            text.pop();
        }
        if !text.is_empty() {
            text.push(b'\n');
        }
        text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.trim_ascii().is_empty())
    }

    /// The names of the jobs.
    pub(super) fn jobs(&self) -> Vec<String> {
        self.lines.iter().filter_map(|line| line.strip_prefix(MARK.as_bytes())).map(shown).collect()
    }

    /// The names of the variables.
    pub(super) fn variables(&self) -> Vec<String> {
        let name = |line: &Vec<u8>| {
            let name = &line[..line.iter().position(|byte| *byte == b'=')?];
            (!name.is_empty() && !name.iter().any(u8::is_ascii_whitespace)).then(|| shown(name))
        };
        self.lines.iter().filter_map(name).collect()
    }

    /// The line of a job, behind the comment that names it.
    fn job(&self, mark: &[u8]) -> Option<usize> {
        self.lines.iter().position(|line| line == mark).map(|at| at + 1).filter(|at| *at < self.lines.len())
    }

    /// Has a job, wherever its name stands; whether anything differed.
    pub(super) fn set_job(&mut self, name: &str, line: &str) -> bool {
        let (mark, line) = (marked(name), line.as_bytes());
        if let Some(at) = self.job(&mark) {
            let differs = self.lines[at] != line;
            if differs {
                self.replace_jobs(&mark, Some(line));
            }
            return differs;
        }
        // A job that nobody named yet, or named after nothing, gets its name.
        match self.lines.iter().position(|there| there == line) {
            Some(at) if at > 0 && self.lines[at - 1] == marked("None") => self.lines[at - 1] = mark,
            Some(at) if at == 0 || !self.lines[at - 1].starts_with(MARK.as_bytes()) => {
                self.lines.insert(at, mark);
            }
            _ => self.lines.extend([mark, line.to_vec()]),
        }
        true
    }

    /// Has a job no more; whether it was there.
    pub(super) fn drop_job(&mut self, name: &str) -> bool {
        let mark = marked(name);
        let found = self.job(&mark).is_some();
        if found {
            self.replace_jobs(&mark, None);
        }
        found
    }

    /// Puts a line in the place of each job of a name, or nothing; a name behind which no job stands goes.
    fn replace_jobs(&mut self, mark: &[u8], line: Option<&[u8]>) {
        let mut lines = std::mem::take(&mut self.lines).into_iter();
        while let Some(there) = lines.next() {
            if there != mark {
                self.lines.push(there);
            } else if let (Some(_), Some(line)) = (lines.next(), line) {
                self.lines.extend([there, line.to_vec()]);
            }
        }
    }

    fn variable(&self, name: &str) -> Option<usize> {
        self.lines.iter().position(|line| is_variable(line, name))
    }

    /// Has a variable, a new one beside another or above everything; whether anything differed.
    pub(super) fn set_variable(
        &mut self,
        name: &str,
        line: &str,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<bool, Fail> {
        let line = line.as_bytes();
        if let Some(at) = self.variable(name) {
            let differs = self.lines[at] != line;
            let all = self.lines.iter_mut().filter(|there| differs && is_variable(there, name));
            all.for_each(|there| *there = line.to_vec());
            return Ok(differs);
        }
        let at = match after.or(before) {
            None => 0,
            Some(other) => {
                let missing = || Fail::new(format!("Variable named '{other}' not found."));
                self.variable(other).ok_or_else(missing)? + usize::from(after.is_some())
            }
        };
        self.lines.insert(at, line.to_vec());
        Ok(true)
    }

    /// Has a variable no more; whether it was there.
    pub(super) fn drop_variable(&mut self, name: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| !is_variable(line, name));
        self.lines.len() < before
    }
}

fn marked(name: &str) -> Vec<u8> {
    [MARK, name].concat().into_bytes()
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn is_variable(line: &[u8], name: &str) -> bool {
    line.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
}

/// A table without the lines that `crontab` writes above it.
pub(super) fn without_head(text: &[u8]) -> Vec<u8> {
    let head = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        line.starts_with("# DO NOT EDIT THIS FILE")
            || (line.starts_with("# (") && (line.contains("installed on") || line.contains("version")))
    };
    let lines = text.split_inclusive(|byte| *byte == b'\n').enumerate();
    let kept: Vec<&[u8]> = lines.filter(|(at, line)| *at > 2 || !head(line)).map(|(_, line)| line).collect();
    kept.concat()
}
