//! docker_container_exec

use crate::args::{CheckSupport, Map, Return, Value};
use crate::docker::{Engine, Error, Exec};
use crate::{Fail, Hands, Module, Target, args, returns, words};

args! {
    /// Run a command in a container that runs.
    pub struct DockerContainerExec as "docker_container_exec" {
        /// The container, by name or number.
        container: String,
        /// The command as a list of words.
        argv: Option<Vec<String>>,
        /// The command as a line, split into words without a shell.
        command: Option<String>,
        /// Where it runs.
        chdir: Option<String>,
        /// Whether to go on at once and leave it alone.
        detach: bool = false,
        /// Who runs it, as `user` or `user:group`.
        user: Option<String>,
        /// What it reads.
        stdin: Option<String>,
        /// Whether a newline ends what it reads.
        stdin_add_newline: bool = true,
        /// Whether empty lines at the end of its output are left off.
        strip_empty_ends: bool = true,
        /// Whether it has a terminal; then all its output is on `stdout`.
        tty: bool = false,
        /// Variables of its environment. Values are strings: quote numbers and booleans.
        env: Option<Map<String, Value>>,
        ..engine: Engine,
    }
    rules [
        MutuallyExclusive(&["argv", "command"]),
        RequiredOneOf(&["argv", "command"]),
    ]
}

returns! {
    /// What it said on standard output.
    stdout: str if "`detach` is false",
    /// What it said on standard error.
    stderr: str if "`detach` is false",
    /// Its exit code, which is no failure whatever it is.
    rc: int if "`detach` is false",
    /// Its number.
    exec_id: str if "`detach` is true",
}

impl Module for DockerContainerExec {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const CHECK: CheckSupport = CheckSupport::None("it cannot know what a command will do");
    const EXAMPLES: &'static str = "\
- name: Ask the application how it is
  community.docker.docker_container_exec:
    container: shop
    command: curl -fsS http://localhost/healthz
  register: health
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let exec = self.exec()?;
        if self.detach && self.stdin.is_some() {
            return Err(Fail::new("a command that is left alone (`detach`) cannot have `stdin`"));
        }
        let client = self.engine.connect(target)?;
        let input = self
            .stdin
            .as_ref()
            .map(|text| format!("{text}{}", if self.stdin_add_newline { "\n" } else { "" }));
        let input = input.unwrap_or_default().into_bytes();
        target.perform(|hands| {
            if self.detach {
                let id = client.exec_detached(hands, &self.container, &exec);
                hands.set("exec_id", id.map_err(|error| self.failed(error))?);
                return Ok(());
            }
            let output = client.exec(hands, &self.container, &exec, &input, None);
            let output = output.map_err(|error| self.failed(error))?;
            self.give_back(hands, "stdout", output.text());
            self.give_back(hands, "stderr", output.errors());
            hands.set("rc", output.rc);
            Ok(())
        })?;
        Ok(())
    }
}

impl DockerContainerExec {
    fn exec(&self) -> Result<Exec, Fail> {
        let argv = match (&self.argv, &self.command) {
            (Some(argv), _) => argv.clone(),
            (None, line) => words::split(line.as_deref().unwrap_or_default())
                .map_err(|why| Fail::new(format!("cannot split the command: {why}")))?,
        };
        if argv.is_empty() {
            return Err(Fail::new("the command is empty"));
        }
        let mut env = Vec::new();
        for (name, value) in self.env.iter().flatten() {
            let Some(value) = value.as_str() else {
                let found = crate::args::describe(value);
                let fail = Fail::new(format!("`env`: variable `{name}`: expected a string, found {found}"));
                return Err(fail.hint("put the value in quotes"));
            };
            env.push(format!("{name}={value}"));
        }
        Ok(Exec {
            argv,
            // ansible: an empty input is none
            stdin: self.stdin.is_some(),
            tty: self.tty,
            user: self.user.clone(),
            workdir: self.chdir.clone(),
            env,
            privileged: false,
        })
    }

    fn failed(&self, error: Error) -> Fail {
        let name = &self.container;
        if error.is_missing() && error.message.starts_with("No such container") {
            return Fail::new(format!("there is no container `{name}`"));
        }
        error.when(&format!("cannot run a command in container `{name}`"))
    }

    fn give_back(&self, hands: &mut Hands, name: &str, text: String) {
        let end = if self.strip_empty_ends { text.trim_end_matches(['\r', '\n']).len() } else { text.len() };
        hands.set(name, &text[..end]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn a_command_is_needed_once() {
        let sandbox = Sandbox::new("docker_container_exec");
        assert!(sandbox.fails(json!({"container": "x"})).contains("argv"));
        assert!(sandbox.fails(json!({"container": "x", "argv": ["a"], "command": "b"})).contains("command"));
        assert_eq!(sandbox.fails(json!({"container": "x", "command": " "})), "the command is empty");
        let message = sandbox.fails(json!({"container": "x", "command": "a", "env": {"N": 1}}));
        assert!(message.starts_with("`env`: variable `N`: expected a string, found `1`"), "{message}");
    }

    #[cfg(feature = "lab")]
    #[test]
    fn commands_run_in_a_container() {
        let scratch = crate::docker::scratch::Scratch::new();
        let name = scratch.start("sleep 600");
        let sandbox = Sandbox::new("docker_container_exec");
        let reply =
            sandbox.performs(json!({"container": name, "command": "sh -c 'echo out; echo err >&2; exit 3'"}));
        let values = &reply.values;
        assert_eq!(
            (&values["stdout"], &values["stderr"], &values["rc"]),
            (&json!("out"), &json!("err"), &json!(3))
        );
        let more = json!({"container": name, "argv": ["sh", "-c", "cat; pwd; id -u; echo $WORD"], "stdin": "in",
            "chdir": "/tmp", "user": "7", "env": {"WORD": "a b"}});
        assert_eq!(sandbox.performs(more).values["stdout"], "in\n/tmp\n7\na b");
        let raw = json!({"container": name, "command": "cat", "stdin": "x", "stdin_add_newline": false, "strip_empty_ends": false});
        assert_eq!(sandbox.run(raw).values["stdout"], "x");
        let tty =
            sandbox.run(json!({"container": name, "command": "sh -c 'test -t 1 && echo yes'", "tty": true}));
        assert_eq!(tty.values["stdout"], "yes");
        let detached =
            json!({"container": name, "command": "sh -c 'echo done > /tmp/left; sleep 5'", "detach": true});
        assert!(sandbox.performs(detached).values["exec_id"].is_string());
    }

    #[cfg(feature = "lab")]
    #[test]
    fn a_container_that_cannot_run_it_is_told() {
        let scratch = crate::docker::scratch::Scratch::new();
        let sandbox = Sandbox::new("docker_container_exec");
        let args = |name: &str| json!({"container": name, "command": "true"});
        assert_eq!(sandbox.fails(args("no-such")), "there is no container `no-such`");
        let name = scratch.start("sh -c 'exit 0'");
        std::thread::sleep(std::time::Duration::from_millis(500));
        let message = sandbox.fails(args(&name));
        assert!(message.contains("is not running"), "{message}");
        let reply =
            sandbox.run(json!({"container": scratch.start("sleep 600"), "command": "no-such-program"}));
        let rc = reply.values["rc"].as_i64().unwrap();
        assert!([126, 127].contains(&rc), "{reply:?}");
    }
}
