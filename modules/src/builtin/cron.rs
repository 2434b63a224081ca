//! cron

use std::path::{Path, PathBuf};

use crate::args::Return;
use crate::target::Replace;
use crate::{Command, Fail, Module, Side, Target, args, choices, returns, users};

mod table;

use table::Table;

args! {
    /// Have a job in the table of a user or in a file of cron, or a variable for its jobs; or not.
    ///
    /// A job is known by the comment `#Ansible: NAME` above it.
    pub struct Cron as "cron" {
        /// The name of the job, or of the variable.
        name: String,
        /// Whose table; with `cron_file`, as whom the job runs.
        user: Option<String>,
        /// The command line, or the value of the variable.
        #[alias("value")]
        job: Option<String>,
        /// A file in `/etc/cron.d`, or a path, instead of a user's table.
        cron_file: Option<PathBuf>,
        /// Whether the job or variable is to be there.
        state: State = "present",
        /// Keep a copy of the table before it changes.
        backup: bool = false,
        /// The minutes.
        minute: String = "*",
        /// The hours.
        hour: String = "*",
        /// The days of the month.
        #[alias("dom")]
        day: String = "*",
        /// The months.
        month: String = "*",
        /// The days of the week.
        #[alias("dow")]
        weekday: String = "*",
        /// A time with a name, instead of all these.
        special_time: Option<Special>,
        /// Whether the job stands there as a comment.
        disabled: bool = false,
        /// Whether a variable is meant.
        env: bool = false,
        /// The variable after which a new one comes.
        insertafter: Option<String>,
        /// The variable before which a new one comes.
        insertbefore: Option<String>,
    }
    rules [MutuallyExclusive(&["insertafter", "insertbefore"])]
}

returns! {
    /// The names of the jobs.
    jobs: list,
    /// The names of the variables.
    envs: list,
    /// The file, as it was given.
    cron_file: str if "a file is meant",
    /// The copy that was kept.
    backup_file: path if "with `backup`, when something changed",
}

choices! {
    /// Whether it is to be there.
    pub enum State {
        /// There.
        Present = "present",
        /// Not there.
        Absent = "absent",
    }
}

choices! {
    /// Times with a name.
    pub enum Special {
        /// Once a year.
        Annually = "annually",
        /// Once a day.
        Daily = "daily",
        /// Once an hour.
        Hourly = "hourly",
        /// Once a month.
        Monthly = "monthly",
        /// When the host starts.
        Reboot = "reboot",
        /// Once a week.
        Weekly = "weekly",
        /// Once a year.
        Yearly = "yearly",
    }
}

impl Module for Cron {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Make a copy of the database every night
  ansible.builtin.cron:
    name: nightly copy
    user: postgres
    minute: '30'
    hour: '2'
    job: pg_dumpall | gzip > /srv/copies/all.sql.gz
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        // ansible: what is empty was not given.
        self.user.take_if(|user| user.is_empty());
        self.cron_file.take_if(|file| file.as_os_str().is_empty());
        self.check(target)?;
        let file = self.cron_file.as_ref().map(|name| Path::new("/etc/cron.d").join(name));
        let file = file.map(|path| target.system(path));
        let there = match &file {
            Some(path) => target.read(path)?,
            None => self.listed(target)?,
        };
        let text = there.clone().unwrap_or_default();
        let mut table = Table::of(&text);
        let edited = self.edit(&mut table)?;
        target.set("jobs", table.jobs());
        target.set("envs", table.variables());
        if let Some(file) = &self.cron_file {
            target.set("cron_file", file.display().to_string());
        }
        let emptied = file.is_some() && !self.env && self.state == State::Absent && table.is_empty();
        let ended = text.is_empty() || text.ends_with(b"\n");
        if edited && emptied {
            target.set("state", self.state.as_str());
        }
        let after = match (edited, emptied) {
            (false, _) if ended => return Ok(()),
            (true, true) => Side::Absent,
            _ => Side::Content(table.text()),
        };
        let what = match (&file, &self.user) {
            (Some(path), _) => path.display().to_string(),
            (None, Some(user)) => format!("crontab for user \"{user}\""),
            (None, None) => "crontab".to_owned(),
        };
        let user = self.other_user(target);
        let new = there.is_none();
        let made = target.change(&what, there, after.clone(), |hands| {
            let kept = match self.backup {
                true => Some(hands.make_temporary(&std::env::temp_dir(), "crontab", "", false)?),
                false => None,
            };
            if let Some(kept) = &kept {
                hands.write(kept, &text)?;
            }
            match (&file, &after) {
                (Some(path), Side::Absent) => hands.remove(path)?,
                (Some(path), _) => {
                    let how = Replace { mode: new.then_some(0o644), ..Replace::default() };
                    hands.replace(path, &mut table.text().as_slice(), &how)?;
                }
                (None, _) => {
                    let set = Command::new("crontab").args(user).arg("-").stdin(table.text());
                    hands.run(&set)?;
                }
            }
            Ok(kept)
        })?;
        if let Some(kept) = made.done().flatten() {
            target.set("backup_file", kept.display().to_string());
        }
        Ok(())
    }
}

impl Cron {
    /// What options demand of each other.
    fn check(&self, target: &mut Target) -> Result<(), Fail> {
        let times = [&self.minute, &self.hour, &self.day, &self.month, &self.weekday];
        if self.special_time.is_some() && times.iter().any(|time| *time != "*") {
            let words = "You cannot combine special_time with any of the time or day/date parameters.";
            return Err(Fail::new(words));
        }
        if self.cron_file.as_deref() == Some(Path::new("/etc/crontab")) {
            let words = "Will not manage /etc/crontab via cron_file, see documentation.";
            return Err(Fail::new(words));
        }
        let name =
            self.cron_file.as_ref().and_then(|file| file.file_name()).map(|name| name.to_string_lossy());
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if let Some(name) = name.filter(|name| !name.chars().all(fits)) {
            target.warn(format!(
                "cron passes over files whose names have other characters than letters, digits, `_` and `-`: \
                 `{name}`"
            ));
        }
        if self.state == State::Absent {
            return Ok(());
        }
        if self.cron_file.is_some() && self.user.is_none() {
            let words = "To use cron_file=... parameter you must specify user=... as well";
            return Err(Fail::new(words));
        }
        let Some(job) = &self.job else {
            return Err(Fail::new("You must specify 'job' to install a new cron job or variable"));
        };
        if (self.insertafter.is_some() || self.insertbefore.is_some()) && !self.env {
            return Err(Fail::new("Insertafter and insertbefore parameters are valid only with env=yes"));
        }
        if !self.env && job.trim_matches(['\r', '\n']).contains(['\r', '\n']) {
            target.warn("Job should not contain line breaks");
        }
        Ok(())
    }

    /// Brings the table to what is wanted; whether anything differed.
    fn edit(&self, table: &mut Table) -> Result<bool, Fail> {
        let job = self.job.as_deref().unwrap_or_default();
        match (self.env, self.state) {
            (true, _) if self.name.contains(' ') => Err(Fail::new("Invalid name for environment variable")),
            (true, State::Present) => {
                let line = format!("{}=\"{job}\"", self.name);
                table.set_variable(
                    &self.name,
                    &line,
                    self.insertafter.as_deref(),
                    self.insertbefore.as_deref(),
                )
            }
            (true, State::Absent) => Ok(table.drop_variable(&self.name)),
            (false, State::Present) => Ok(table.set_job(&self.name, &self.line(job))),
            (false, State::Absent) => Ok(table.drop_job(&self.name)),
        }
    }

    /// The line of the job.
    fn line(&self, job: &str) -> String {
        let mark = if self.disabled { "#" } else { "" };
        let when = match self.special_time {
            Some(special) => format!("@{}", special.as_str()),
            None => [&self.minute, &self.hour, &self.day, &self.month, &self.weekday]
                .map(String::as_str)
                .join(" "),
        };
        let user = self.user.as_deref().filter(|_| self.cron_file.is_some());
        let user = user.map(|user| format!("{user} ")).unwrap_or_default();
        format!("{mark}{when} {user}{}", job.trim_matches(['\r', '\n']))
    }

    /// The user's table; `None` where there is none.
    fn listed(&self, target: &mut Target) -> Result<Option<Vec<u8>>, Fail> {
        let user = self.other_user(target);
        let output = target.query(&Command::new("crontab").args(user).arg("-l"))?;
        match output.rc {
            0 => Ok(Some(table::without_head(&output.stdout))),
            1 => Ok(None),
            rc => {
                Err(Fail::new(format!("Unable to read crontab: exit code {rc}: {}", output.errors().trim())))
            }
        }
    }

    /// The options that name another user than the one the module runs as.
    fn other_user(&self, target: &Target) -> Vec<String> {
        let own = users::user_by_id(target, rustix::process::geteuid().as_raw()).map(|user| user.name);
        let other = self.user.clone().filter(|user| Some(user) != own.as_ref());
        other.into_iter().flat_map(|user| ["-u".to_owned(), user]).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    const TOOL: &str = r#"
case "$*" in
  *-l) [ -e "$SANDBOX/table" ] && cat "$SANDBOX/table" || exit 1 ;;
  *-) cat > "$SANDBOX/table" ;;
esac"#;

    fn sandbox() -> Sandbox {
        Sandbox::new("cron").tool("crontab", TOOL)
    }

    #[test]
    fn a_job_comes_changes_and_goes() {
        let sandbox = sandbox();
        let reply = sandbox.converges(json!({"name": "copy", "job": "ls", "minute": "5"}));
        assert_eq!(sandbox.text("table"), "#Ansible: copy\n5 * * * * ls\n");
        assert_eq!(reply.values["jobs"], json!(["copy"]));
        sandbox.converges(json!({"name": "copy", "job": "ls", "special_time": "daily", "disabled": true}));
        assert_eq!(sandbox.text("table"), "#Ansible: copy\n#@daily ls\n");
        sandbox.converges(json!({"name": "copy", "state": "absent"}));
        sandbox.keeps(json!({"name": "copy", "state": "absent"}));
        assert_eq!(sandbox.text("table"), "");
    }

    #[test]
    fn a_file_names_the_user_and_goes_with_its_last_job() {
        let sandbox = sandbox().dir("etc/cron.d");
        let args = json!({"name": "copy", "job": "ls", "user": "app", "cron_file": "own"});
        sandbox.converges(args);
        assert_eq!(sandbox.text("etc/cron.d/own"), "#Ansible: copy\n* * * * * app ls\n");
        assert_eq!(sandbox.mode("etc/cron.d/own"), 0o644);
        sandbox.converges(json!({"name": "copy", "state": "absent", "cron_file": "own"}));
        assert!(!sandbox.at("etc/cron.d/own").exists());
        let said = sandbox.fails(json!({"name": "x", "job": "ls", "user": "a", "cron_file": "/etc/crontab"}));
        assert!(said.starts_with("Will not manage /etc/crontab"), "{said}");
    }

    #[test]
    fn what_others_wrote_stays_byte_for_byte() {
        let sandbox = sandbox().dir("etc/cron.d");
        let path = sandbox.at("etc/cron.d/own");
        std::fs::write(&path, b"# caf\xe9\n#Ansible: a\n1 * * * * root x\n#Ansible: a\n2 * * * * root y\n")
            .unwrap();
        sandbox.converges(json!({"name": "a", "job": "z", "user": "root", "cron_file": "own"}));
        let wanted = b"# caf\xe9\n#Ansible: a\n* * * * * root z\n#Ansible: a\n* * * * * root z\n";
        assert_eq!(std::fs::read(&path).unwrap(), wanted);
    }

    #[test]
    fn a_variable_stands_where_it_is_wanted() {
        let sandbox = sandbox().file("table", "A=\"1\"\n#Ansible: copy\n5 * * * * ls\n");
        sandbox.converges(json!({"name": "B", "value": "2", "env": true, "insertafter": "A"}));
        assert_eq!(sandbox.text("table"), "A=\"1\"\nB=\"2\"\n#Ansible: copy\n5 * * * * ls\n");
        sandbox.converges(json!({"name": "A", "env": true, "state": "absent"}));
        let said = sandbox.fails(json!({"name": "C", "value": "3", "env": true, "insertbefore": "Z"}));
        assert_eq!(said, "Variable named 'Z' not found.");
    }
}
