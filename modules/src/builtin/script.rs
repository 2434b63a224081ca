//! script

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::args::{CheckSupport, Return};
use crate::target::{Command, Replace};
use crate::{Fail, Module, Target, args, returns, words};

args! {
    /// Run a script of the controller on the target.
    pub struct Script as "script" {
        /// The script and its arguments.
        #[alias("cmd")]
        _raw_params: String,
        /// The interpreter to run it with; else its first line says.
        executable: Option<String>,
        /// The directory to run in.
        chdir: Option<PathBuf>,
        /// Where this is, the script is not run.
        creates: Option<PathBuf>,
        /// Where this is not, the script is not run.
        removes: Option<PathBuf>,
        /// Decrypt the script with the vault first, on the controller.
        decrypt: bool = true,
        /// The name of the script; given by the action.
        _name: String = "script",
    }
}

returns! {
    /// The exit code.
    rc: int if "it was run",
    /// What it printed.
    stdout: str if "it was run",
    /// What it printed as errors.
    stderr: str if "it was run",
}

impl Module for Script {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Run a script with an argument
  ansible.builtin.script: setup.sh --fast
  args:
    creates: /opt/setup.done
";
    const CHECK: CheckSupport = CheckSupport::None("what a script does is not known before it runs");

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if let Some(reason) = self.needless(target)? {
            target.set("msg", reason);
            target.set("skipped", true);
            return Ok(());
        }
        let arguments = words::split(&self._raw_params).map_err(Fail::new)?;
        let directory = std::env::temp_dir();
        let made = target.perform(|hands| {
            let home = hands.make_temporary(&directory, "baton-", "", true)?;
            let file = home.join(Path::new(&self._name).file_name().unwrap_or_default());
            let mut body = hands.open_body("content")?;
            hands.replace(&file, &mut body, &Replace { mode: Some(0o700), ..Replace::default() })?;
            let output = hands.try_run(&self.command(&file, &arguments)?);
            hands.remove(&home)?;
            output
        })?;
        let Some(output) = made else { return Ok(()) };
        target.set("rc", output.rc);
        target.set("stdout", output.text());
        target.set("stderr", output.errors());
        if output.ok() { Ok(()) } else { Err(Fail::new("non-zero return code")) }
    }
}

impl Script {
    /// Why it need not run.
    fn needless(&self, target: &Target) -> Result<Option<String>, Fail> {
        if let Some(path) = &self.creates
            && target.lstat(path)?.is_some()
        {
            return Ok(Some(format!("{} exists, matching creates option", path.display())));
        }
        match &self.removes {
            Some(path) if target.lstat(path)?.is_none() => {
                Ok(Some(format!("{} does not exist, matching removes option", path.display())))
            }
            _ => Ok(None),
        }
    }

    fn command(&self, file: &Path, arguments: &[String]) -> Result<Command, Fail> {
        let command = match &self.executable {
            Some(interpreter) => Command::new(interpreter).arg(file),
            None if names_its_interpreter(file)? => Command::new(file),
            // As shells do with what the kernel cannot start.
            None => Command::new("/bin/sh").arg(file),
        };
        let command = command.args(arguments).own_locale().live();
        Ok(match &self.chdir {
            Some(directory) => command.cwd(directory),
            None => command,
        })
    }
}

/// Whether the kernel can start it: a script with its interpreter in the first line, or a program.
fn names_its_interpreter(file: &Path) -> Result<bool, Fail> {
    let wrong = |error| Fail::io(format!("cannot read `{}`", file.display()), &error);
    let mut head = Vec::new();
    File::open(file).and_then(|file| file.take(4).read_to_end(&mut head)).map_err(wrong)?;
    Ok(head.starts_with(b"#!") || head == b"\x7fELF")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn runs_the_script_and_leaves_no_copy_of_it() {
        let sandbox = Sandbox::new("script").body("content", "#!/bin/sh\necho \"$0 $1\"; touch \"$2\"\n");
        let reply = sandbox
            .performs(json!({"_raw_params": format!("'a b' {}", sandbox.path("made")), "_name": "x.sh"}));
        let said = reply.values["stdout"].as_str().unwrap().to_owned();
        assert!(said.trim().ends_with("x.sh a b"), "{said}");
        assert!(sandbox.at("made").exists());
        assert!(!std::path::Path::new(said.split(' ').next().unwrap()).exists());
    }

    #[test]
    fn a_script_without_an_interpreter_is_one_of_the_shell() {
        let sandbox = Sandbox::new("script").body("content", "echo \"plain $1\"\n");
        let reply = sandbox.performs(json!({"_raw_params": "a", "_name": "x"}));
        assert_eq!(reply.values["stdout"], "plain a\n");
    }

    #[test]
    fn a_script_that_fails_says_how() {
        let sandbox = Sandbox::new("script").body("content", "#!/bin/sh\necho no >&2; exit 3\n");
        let reply = sandbox.run(json!({"_raw_params": ""}));
        assert_eq!(reply.failure.as_deref(), Some("non-zero return code"));
        assert_eq!(reply.values["rc"], 3);
    }

    #[test]
    fn what_is_there_keeps_it_from_running() {
        let sandbox = Sandbox::new("script").file("done", "").body("content", "#!/bin/sh\nexit 1\n");
        sandbox.keeps(json!({"_raw_params": "", "creates": sandbox.path("done")}));
    }
}
