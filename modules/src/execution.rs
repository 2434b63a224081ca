//! What `command` and `shell` have in common: when to run, and what to give back.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::target::{Command, Fail, Hands, Target};
use crate::{args, returns};

args! {
    /// How a command is run, taken into the options of `command` and `shell`.
    pub struct Execution {
        /// The directory to run it in.
        chdir: Option<PathBuf>,
        /// A file or pattern; where there is one already, the command is not run.
        creates: Option<PathBuf>,
        /// A file or pattern; where there is none, the command is not run.
        removes: Option<PathBuf>,
        /// What it is to read from its standard input.
        stdin: Option<String>,
        /// Whether a newline is added to `stdin`.
        stdin_add_newline: bool = true,
        /// Whether empty lines at the end of its output are taken away.
        strip_empty_ends: bool = true,
    }
}

returns! {
    /// The command as it was run.
    cmd: list,
    /// Its exit code.
    rc: int if "it was run",
    /// What it wrote to standard output.
    stdout: str if "it was run or passed over",
    /// What it wrote to standard error.
    stderr: str if "it was run",
    /// When it was started, in the target's time.
    start: str if "it was run",
    /// When it ended, in the target's time.
    end: str if "it was run",
    /// How long it took.
    delta: str if "it was run",
    /// Why it failed or was not run.
    msg: str,
}

impl Execution {
    /// Runs the command unless `creates` or `removes` say that it is done.
    pub fn run(self, target: &mut Target<'_>, command: Command, shown: impl Into<Value>) -> Result<(), Fail> {
        target.set("cmd", shown);
        if let Some((pattern, why)) = self.needless(target) {
            target.set("rc", 0);
            target.set("stdout", format!("skipped, since {pattern} {why}"));
            target.set("stderr", "");
            ["start", "end", "delta"].iter().for_each(|time| target.set(time, Value::Null));
            target.set("msg", format!("Did not run command since '{pattern}' {why}"));
            return Ok(());
        }
        let command = self.prepare(target, command)?;
        if self.creates.is_some() || self.removes.is_some() {
            target.foretell();
        }
        let done = target.perform(|hands| {
            let begun = SystemTime::now();
            let output = hands.try_run(&command);
            let ended = SystemTime::now();
            let output = output.map_err(|fail| not_started(fail, hands, &command))?;
            hands.set("start", stamp(begun));
            hands.set("end", stamp(ended));
            hands.set("delta", delta(begun, ended));
            hands.set("stdout", self.tidy(output.text()));
            hands.set("stderr", self.tidy(output.errors()));
            hands.set("rc", output.rc);
            if output.ok() { Ok(()) } else { Err(Fail::new("non-zero return code")) }
        })?;
        target.set("msg", if done.is_some() { "" } else { "Command would have run if not in check mode" });
        Ok(())
    }

    fn prepare(&self, target: &Target<'_>, mut command: Command) -> Result<Command, Fail> {
        if let Some(directory) = &self.chdir {
            let there = target.stat(directory)?.is_some_and(|meta| meta.is_dir());
            if !there {
                let shown = directory.display();
                let why = format!("Unable to change directory before execution: not a directory: `{shown}`");
                let fail = Fail::new(why).with("stdout", "").with("stderr", "");
                return Err(fail.with("rc", Value::Null));
            }
            command = command.cwd(directory);
        }
        if let Some(text) = &self.stdin {
            command = command.stdin(text.clone() + if self.stdin_add_newline { "\n" } else { "" });
        }
        Ok(command.own_locale().live())
    }

    /// Why the command need not run: the pattern, and what is with it.
    fn needless(&self, target: &Target<'_>) -> Option<(String, &'static str)> {
        let base = self.chdir.as_deref().unwrap_or(Path::new(""));
        let there = |pattern: &PathBuf| target.any_match(base.join(pattern));
        if let Some(pattern) = self.creates.as_ref().filter(|pattern| there(pattern)) {
            return Some((pattern.display().to_string(), "exists"));
        }
        let gone = self.removes.as_ref().filter(|pattern| !there(pattern))?;
        Some((gone.display().to_string(), "does not exist"))
    }

    fn tidy(&self, text: String) -> String {
        if self.strip_empty_ends { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
    }
}

/// The failure of a command that could not be started.
// ansible: it changed nothing, has no times, and its command is told as one line.
fn not_started(fail: Fail, hands: &mut Hands<'_>, command: &Command) -> Fail {
    let Fail { message, values } = fail.with("stdout", "").with("stderr", "");
    if !values.contains_key("rc") {
        return Fail { message, values };
    }
    hands.unchanged();
    let line = command.words().iter().map(|word| crate::words::quote(word)).collect::<Vec<_>>().join(" ");
    Fail { message: "Error executing command.".into(), values }.with("cmd", line).with("exception", message)
}

fn stamp(time: SystemTime) -> String {
    let zoned = Timestamp::try_from(time).map(|stamp| stamp.to_zoned(TimeZone::system()));
    zoned.map(|zoned| zoned.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()).unwrap_or_default()
}

/// A span as Python prints one: `0:00:01.020304`, `1 day, 0:00:00`.
fn delta(begun: SystemTime, ended: SystemTime) -> String {
    let span = SignedDuration::system_until(begun, ended).unwrap_or_default();
    let (seconds, micros) = (span.as_secs(), span.subsec_micros());
    let days = match seconds / 86_400 {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        days => format!("{days} days, "),
    };
    let clock = format!("{}:{:02}:{:02}", seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60);
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    format!("{days}{clock}{fraction}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn spans_are_printed_as_python_does() {
        let now = SystemTime::now();
        let show = |micros| delta(now, now + Duration::from_micros(micros));
        assert_eq!(show(3205), "0:00:00.003205");
        assert_eq!(show(3_661_000_000), "1:01:01");
        assert_eq!(show(86_400_000_001), "1 day, 0:00:00.000001");
    }

    #[test]
    fn stamps_have_microseconds() {
        assert_eq!(stamp(SystemTime::now()).len(), "2026-11-20 22:50:00.123456".len());
    }
}
