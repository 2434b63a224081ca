//! shell

use std::path::PathBuf;

use crate::args::{CheckSupport, Return};
use crate::execution::{self, Execution};
use crate::{Command, Fail, Module, Target, args};

args! {
    /// Run a command line in a shell.
    ///
    /// Pipes, redirections and variables are the shell's. Where none is needed, `command` is safer: what a
    /// variable brings in is never read as more than a word there.
    pub struct Shell as "shell" {
        /// The command line as free words of the task.
        _raw_params: Option<String>,
        /// The command line.
        cmd: Option<String>,
        /// The shell that reads it, by its path.
        executable: PathBuf = "/bin/sh",
        ..execution: Execution,
    }
    rules [
        RequiredOneOf(&["_raw_params", "cmd"]),
        MutuallyExclusive(&["_raw_params", "cmd"]),
    ]
}

impl Module for Shell {
    const RETURNS: &'static [Return] = execution::RETURNS;
    const EXAMPLES: &'static str = "\
- name: Count the errors of today
  ansible.builtin.shell: grep -c ERROR /var/log/app.log | tee /tmp/errors
  args:
    executable: /bin/bash
  register: errors
";
    const CHECK: CheckSupport = CheckSupport::None("what a command changes is not known before it has run");

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let line = self._raw_params.or(self.cmd).unwrap_or_default();
        let command = Command::new(&self.executable).arg("-c").arg(&line);
        self.execution.run(target, command, line)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn a_line_is_read_by_a_shell() {
        let sandbox = Sandbox::new("shell").env("WORD", "deep");
        let line = "echo $WORD | tr d D > out; cat out; exit 0";
        let reply = sandbox.performs(json!({"cmd": line, "chdir": sandbox.path("")}));
        assert_eq!((&reply.values["stdout"], &reply.values["cmd"]), (&json!("Deep"), &json!(line)));
        assert_eq!(sandbox.text("out"), "Deep\n");
    }

    #[test]
    fn another_shell_may_read_it() {
        let sandbox = Sandbox::new("shell").tool("mysh", "echo \"got $1 $2\"");
        let reply = sandbox.run(json!({"_raw_params": "a b", "executable": sandbox.path("bin/mysh")}));
        assert_eq!(reply.values["stdout"], "got -c a b");
    }

    #[test]
    fn a_daemon_left_behind_does_not_hold_the_task() {
        let begun = std::time::Instant::now();
        let reply = Sandbox::new("shell").run(json!({"cmd": "sleep 30 & echo $!"}));
        assert!(begun.elapsed().as_secs() < 10, "waited for the daemon");
        let pid = reply.values["stdout"].as_str().unwrap().to_owned();
        std::process::Command::new("kill").arg(pid).status().unwrap();
    }
}
