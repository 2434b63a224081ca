//! async_status

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::args::Return;
use crate::{Fail, Module, Target, args, background, choices, returns};

args! {
    /// Look for the end of a task that was left running in the background.
    pub struct AsyncStatus as "async_status" {
        /// The number of the job, as the task that started it told.
        jid: String,
        /// Whether to look, or to remove what is kept of the job.
        mode: Mode = "status",
        /// Where jobs are kept; `~/.ansible_async` where nothing is said.
        _async_dir: Option<PathBuf>,
    }
}

choices! {
    /// What is to be done.
    pub enum Mode {
        /// Tell whether it has ended, and what came of it.
        Status = "status",
        /// Remove the file of the job.
        Cleanup = "cleanup",
    }
}

returns! {
    /// The number of the job.
    ansible_job_id: str,
    /// Whether the job has begun.
    started: bool,
    /// Whether the job has ended.
    finished: bool,
    /// The file that was removed.
    erased: str,
    /// The file that tells what came of the job.
    results_file: str,
}

impl Module for AsyncStatus {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Wait until the upgrade has ended
  ansible.builtin.async_status:
    jid: '{{ upgrade.ansible_job_id }}'
  register: ended
  until: ended is finished
  retries: 60
  delay: 10
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let fail = |message: &str| {
            let fail = Fail::new(message).with("ansible_job_id", self.jid.as_str());
            fail.with("started", true).with("finished", true)
        };
        if self.jid.contains('/') {
            return Err(fail("could not find job"));
        }
        let directory = self._async_dir.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let file = background::directory(&directory).join(&self.jid);
        let text = target.read_text(&file)?.ok_or_else(|| fail("could not find job"))?;
        let shown = file.display().to_string();
        if matches!(self.mode, Mode::Cleanup) {
            target.set("ansible_job_id", self.jid.as_str());
            target.set("erased", shown.clone());
            return target.change(&shown, "present", "absent", |hands| hands.remove(&file)).map(drop);
        }
        let job: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|_| fail("Could not parse job output").with("results_file", shown.clone()))?;
        target.set("results_file", shown);
        for (name, value) in job {
            let value = match name.as_str() {
                "started" | "finished" => Value::Bool(value == 1 || value == true),
                _ => value,
            };
            target.set(&name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn tells_whether_a_job_has_ended_and_what_came_of_it() {
        let sandbox = Sandbox::new("async_status")
            .file("jobs/j1.1", "{\"started\": 1, \"finished\": 0, \"ansible_job_id\": \"j1.1\"}")
            .file("jobs/j2.1", "{\"started\": 1, \"finished\": 1, \"rc\": 0}");
        let jobs = sandbox.path("jobs");
        let values = sandbox.reads(json!({"jid": "j1.1", "_async_dir": jobs}));
        assert_eq!((&values["started"], &values["finished"]), (&json!(true), &json!(false)));
        let values = sandbox.reads(json!({"jid": "j2.1", "_async_dir": jobs}));
        assert_eq!((&values["finished"], &values["rc"]), (&json!(true), &json!(0)));
        assert_eq!(sandbox.fails(json!({"jid": "j3.1", "_async_dir": jobs})), "could not find job");
    }
}
