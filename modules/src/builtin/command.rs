//! command

use crate::args::{CheckSupport, Return, expand};
use crate::execution::{self, Execution};
use crate::{Fail, Module, Target, args, words};

args! {
    /// Run a command, without a shell.
    ///
    /// No variables beyond `$NAME` in arguments, no `|`, `>`, `&&`: for those there is `shell`.
    pub struct Command as "command" {
        /// The command as free words of the task; split at blanks, quotes hold together.
        _raw_params: Option<String>,
        /// The command as one string, split as the free words are.
        cmd: Option<String>,
        /// The command as a list, for arguments with blanks in them.
        argv: Option<Vec<String>>,
        /// Whether `~` and `$NAME` in arguments are expanded.
        expand_argument_vars: bool = true,
        /// Not used: the command runs without a shell.
        executable: Option<String>,
        ..execution: Execution,
    }
    rules [
        RequiredOneOf(&["_raw_params", "cmd", "argv"]),
        MutuallyExclusive(&["_raw_params", "cmd", "argv"]),
    ]
}

impl Module for Command {
    const RETURNS: &'static [Return] = execution::RETURNS;
    const EXAMPLES: &'static str = "\
- name: Say when the host was started
  ansible.builtin.command: uptime -s
  register: started
  changed_when: false

- name: Make the database once
  ansible.builtin.command:
    argv: [make-database, --name, \"my data\"]
    chdir: /srv/app
    creates: /srv/app/data.db
";
    const CHECK: CheckSupport = CheckSupport::None("what a command changes is not known before it has run");

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if self.executable.is_some() {
            target.warn("`executable` is no longer supported by `command`, which runs without a shell");
        }
        let argv = self.words()?;
        let expanded = argv
            .iter()
            .map(|word| if self.expand_argument_vars { expand(word, target) } else { word.clone() });
        let mut words = expanded.collect::<Vec<_>>().into_iter();
        let Some(program) = words.next() else { return Err(Fail::new("no command given")) };
        let command = crate::Command::new(program).args(words);
        self.execution.run(target, command, argv)
    }
}

impl Command {
    fn words(&self) -> Result<Vec<String>, Fail> {
        match (&self.argv, self._raw_params.as_ref().or(self.cmd.as_ref())) {
            (Some(argv), _) => Ok(argv.clone()),
            (None, Some(line)) => {
                words::split(line).map_err(|why| Fail::new(format!("cannot split the command: {why}")))
            }
            (None, None) => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;
    use crate::wire::Change;

    #[test]
    fn a_command_runs_and_gives_back_what_it_said() {
        let sandbox =
            Sandbox::new("command").tool("greet", "echo \"hello $1\"; echo oh >&2; echo; touch $SANDBOX/ran");
        let reply = sandbox.performs(json!({"_raw_params": "greet 'big world'"}));
        assert_eq!(reply.values["stdout"], "hello big world");
        assert_eq!(reply.values["stderr"], "oh");
        assert_eq!((&reply.values["rc"], &reply.values["msg"]), (&json!(0), &json!("")));
        assert_eq!(reply.values["cmd"], json!(["greet", "big world"]));
        assert!(reply.values["delta"].as_str().unwrap().starts_with("0:00:0"));
        assert!(sandbox.at("ran").exists());
    }

    #[test]
    fn a_failing_command_is_a_failure_with_its_output() {
        let reply = Sandbox::new("command").run(json!({"argv": ["sh", "-c", "echo no; exit 3"]}));
        assert_eq!(reply.failure.as_deref(), Some("non-zero return code"));
        assert_eq!((&reply.values["rc"], &reply.values["stdout"]), (&json!(3), &json!("no")));
        assert_eq!(reply.change, Change::Yes);
    }

    #[test]
    fn creates_and_removes_say_that_it_is_done() {
        let sandbox = Sandbox::new("command").file("app/data.db", "");
        let reply = sandbox.keeps(json!({"cmd": "false", "chdir": sandbox.path("app"), "creates": "data.*"}));
        assert_eq!(reply.values["msg"], "Did not run command since 'data.*' exists");
        let reply = sandbox.keeps(json!({"cmd": "false", "removes": sandbox.path("gone")}));
        assert!(reply.values["stdout"].as_str().unwrap().starts_with("skipped, since /"));
    }

    #[test]
    fn what_is_not_there_yet_foretells_that_the_command_runs() {
        let sandbox = Sandbox::new("command");
        let reply = sandbox.check(json!({"cmd": "false", "creates": sandbox.path("done")}));
        assert_eq!((reply.change, reply.failure), (Change::Yes, None));
        assert_eq!(sandbox.check(json!({"cmd": "false"})).change, Change::Unknown);
    }

    #[test]
    fn a_program_knows_itself_by_the_word_it_was_called_with() {
        let reply = Sandbox::new("command").run(json!({"argv": ["sh", "-c", "echo $0"]}));
        assert_eq!(reply.values["stdout"], "sh");
    }

    #[test]
    fn input_is_given_and_ends_are_kept_on_demand() {
        let cat = |more: serde_json::Value| {
            let mut args = json!({"cmd": "cat", "stdin": "x"});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Sandbox::new("command").run(args).values["stdout"].clone()
        };
        assert_eq!(cat(json!({})), "x");
        assert_eq!(cat(json!({"strip_empty_ends": false})), "x\n");
        assert_eq!(cat(json!({"strip_empty_ends": "no", "stdin_add_newline": "no"})), "x");
    }

    #[test]
    fn variables_are_expanded_without_a_shell() {
        let sandbox = Sandbox::new("command").env("WORD", "a b");
        let reply = sandbox.run(json!({"cmd": "echo $WORD ; echo"}));
        assert_eq!(reply.values["stdout"], "a b ; echo");
        assert_eq!(reply.values["cmd"], json!(["echo", "$WORD", ";", "echo"]));
        let reply = sandbox.run(json!({"cmd": "echo $WORD", "expand_argument_vars": false}));
        assert_eq!(reply.values["stdout"], "$WORD");
    }

    #[test]
    fn what_cannot_be_started_is_a_failure() {
        let sandbox = Sandbox::new("command");
        assert_eq!(sandbox.fails(json!({"cmd": "no-such-program"})), "Error executing command.");
        let reply = sandbox.run(json!({"argv": ["no-such-program", "a b"]}));
        assert_eq!((&reply.values["rc"], reply.change), (&json!(2), Change::No));
        assert_eq!(reply.values["cmd"], "no-such-program 'a b'");
        assert_eq!(reply.values["exception"], "cannot run `no-such-program`: no such file or directory");
        assert_eq!(reply.values.get("start"), None);
        assert!(
            sandbox
                .fails(json!({"cmd": "ls", "chdir": "/nowhere"}))
                .starts_with("Unable to change directory")
        );
        assert_eq!(sandbox.fails(json!({})), "one of the following is required: _raw_params, cmd, argv");
    }
}
