//! k8s_exec

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::args::{CheckSupport, Return};
use crate::kubernetes::workload::container;
use crate::kubernetes::{self as k8s, Channel, Client, Cluster, Exec, Input, brief};
use crate::wire::Stream;
use crate::{Fail, Hands, Module, Output, Target, args, returns};

args! {
    /// Run a command in a container of a pod.
    ///
    /// The command is run as it is, not by a shell. Where the pod is given as `name`, having run it is no change, as in a
    /// check; where it is given as `pod`, it is one, as in Ansible.
    pub struct K8sExec as "k8s_exec" {
        /// The pod, or a deployment or other object that has pods: its best pod is taken.
        /// `deployment/web` says the kind too.
        #[alias("name")]
        pod: String,
        /// Where the pod is; else the context's namespace.
        namespace: Option<String>,
        /// The container; else the pod's first, or the one that the pod names its default.
        container: Option<String>,
        /// The command: a list of words, or a line that is split as a shell would.
        #[alias("cmd")]
        command: Value,
        /// What the command reads.
        stdin: Option<String>,
        /// Whether a newline is added to `stdin`.
        stdin_add_newline: bool = true,
        /// How many seconds it may take.
        timeout: Option<u64>,
        /// Whether an exit code other than 0 is a failure. Where the pod is given as `name` it is, where it is given
        /// as `pod` it is only told, as Ansible does.
        check_rc: Option<bool>,
        ..named: Named,
        ..cluster: Cluster,
    }
}

returns! {
    /// The exit code.
    rc: int,
    /// The same, as older playbooks know it.
    return_code: int,
    /// What the command wrote to standard output.
    stdout: str,
    /// What the command wrote to standard error.
    stderr: str,
    /// The pod that it ran in.
    pod: str,
    /// The container that it ran in.
    container: str,
}

/// Whether the pod was given as `name`.
#[derive(Clone, Debug)]
pub struct Named(bool);

impl crate::args::Flatten for Named {
    const OPTIONS: &'static [crate::args::Opt] = &[];

    fn take(
        args: &crate::args::Map<String, Value>,
        _: &[crate::args::Opt],
    ) -> Result<Self, Vec<crate::args::ArgProblem>> {
        Ok(Self(args.contains_key("name")))
    }
}

impl Module for K8sExec {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const CHECK: CheckSupport = CheckSupport::None("a command can do anything");
    const EXAMPLES: &'static str = "\
- name: Ask the application from inside of its pod
  kubernetes.core.k8s_exec:
    name: web
    namespace: shop
    command: get http://localhost:8080/healthz

- name: Load a dump
  kubernetes.core.k8s_exec:
    namespace: shop
    pod: db-0
    container: postgres
    command: [psql, -U, shop]
    stdin: \"{{ lookup('file', 'dump.sql') }}\"
    timeout: 60
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let words =
            brief::words(&self.command).map_err(|why| Fail::new(format!("option `command`: {why}")))?;
        if words.is_empty() {
            return Err(Fail::new("option `command` has no words"));
        }
        let fails = self.check_rc.unwrap_or(self.named.0);
        let ran = target.perform(|hands| {
            if self.named.0 {
                hands.unchanged();
            }
            let pod = client.pod(&namespace, &self.pod)?;
            let container = container(&pod, self.container.as_deref())?;
            let name = k8s::name(&pod).to_owned();
            hands.set("pod", name.clone());
            hands.set("container", container.clone());
            is_running(&pod, &container)?;
            let exec = Exec {
                namespace: &namespace,
                pod: &name,
                container: &container,
                command: &words,
                ..Exec::default()
            };
            self.follow(&client, hands, &exec)
        })?;
        let Some(output) = ran else { return Ok(()) };
        let (stdout, stderr) = (output.text(), output.errors());
        target.set("rc", output.rc);
        target.set("return_code", output.rc);
        target.set("stdout", stdout.clone());
        target.set("stderr", stderr.clone());
        if output.rc == 0 || !fails {
            return Ok(());
        }
        let mut lines = stderr.lines().chain(stdout.lines()).map(str::trim).filter(|line| !line.is_empty());
        let said = lines.next().map(|line| format!(": {line}")).unwrap_or_default();
        Err(Fail::new(format!(
            "`{}` in pod `{}` failed with exit code {}{said}",
            words[0], self.pod, output.rc
        )))
    }
}

impl K8sExec {
    fn follow(&self, client: &Client, hands: &mut Hands<'_>, exec: &Exec<'_>) -> Result<Output, Fail> {
        let input = self.stdin.clone().map(|text| if self.stdin_add_newline { text + "\n" } else { text });
        let limit = self.timeout.map(Duration::from_secs);
        let mut output = Output::default();
        let ended = match &input {
            Some(text) => {
                let ran =
                    client.exec(exec, Some(text.as_bytes()), limit).map_err(|e| given_up(e, exec, limit))?;
                output = Output { rc: ran.rc, stdout: ran.stdout, stderr: ran.stderr };
                Some(output.rc)
            }
            None => {
                let mut shown = [0, 0];
                let until = limit.map(|limit| Instant::now() + limit);
                let mut socket = client.start(exec)?;
                let ended = socket.pump(Input::None, until, &mut |channel, bytes| {
                    let (all, shown, stream) = match channel {
                        Channel::Stdout => (&mut output.stdout, &mut shown[0], Stream::Stdout),
                        Channel::Stderr => (&mut output.stderr, &mut shown[1], Stream::Stderr),
                    };
                    all.extend_from_slice(bytes);
                    show(hands, all, shown, stream);
                    Ok(())
                });
                let ended = ended.map_err(|error| given_up(error, exec, limit))?;
                if let (None, Some(why)) = (ended.rc, &ended.error) {
                    return Err(refused(exec, why));
                }
                ended.rc
            }
        };
        output.rc = ended.ok_or_else(|| {
            Fail::new(format!("pod `{}` was ended before `{}` was", exec.pod, exec.command[0]))
        })?;
        let said = String::from_utf8_lossy(&output.stdout);
        // Some runtimes give their refusal as the command's output.
        if [126, 127, 128].contains(&output.rc) && said.contains("exec failed:") {
            return Err(refused(exec, said.trim()).with("rc", output.rc));
        }
        Ok(output)
    }
}

/// Shows the lines that have become whole.
fn show(hands: &mut Hands<'_>, all: &[u8], shown: &mut usize, stream: Stream) {
    while let Some(end) = all[*shown..].iter().position(|byte| *byte == b'\n') {
        hands.log(stream, &String::from_utf8_lossy(&all[*shown..*shown + end]));
        *shown += end + 1;
    }
}

fn given_up(error: k8s::ApiError, exec: &Exec<'_>, limit: Option<Duration>) -> Fail {
    match limit {
        Some(limit) if error.reason == "Timeout" => {
            let what = format!("`{}` in pod `{}`", exec.command[0], exec.pod);
            Fail::new(format!("{what} was given up: it took longer than {limit:?}"))
        }
        _ if error.code == 0 && error.message.contains("exec failed:") => refused(exec, &error.message),
        _ => error.into(),
    }
}

/// The container's runtime could not start the command.
fn refused(exec: &Exec<'_>, said: &str) -> Fail {
    let (command, place) =
        (&exec.command[0], format!("container `{}` of pod `{}`", exec.container, exec.pod));
    let missing =
        ["executable file not found", "no such file or directory"].iter().any(|part| said.contains(part));
    match missing {
        true => Fail::new(format!("{place} has no command `{command}`: {said}")),
        false => Fail::new(format!("cannot run `{command}` in {place}: {said}")),
    }
}

/// A container that does not run is told with the reason, which the refusal of exec has not.
fn is_running(pod: &Value, container: &str) -> Result<(), Fail> {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let status = lists
        .iter()
        .flat_map(|list| k8s::items(pod, &format!("/status/{list}")))
        .find(|status| k8s::text(status, "/name") == container);
    let waits = |state: &str, part: &str| {
        status
            .map(|status| k8s::text(status, &format!("/state/{state}/{part}")))
            .filter(|text| !text.is_empty())
    };
    let (state, reason) = match (waits("waiting", "reason"), waits("terminated", "reason")) {
        (Some(reason), _) => ("waiting", reason),
        (_, Some(reason)) => ("terminated", reason),
        _ if status.is_none() => ("waiting", "not started yet"),
        _ => return Ok(()),
    };
    let said = waits(state, "message").map(|text| format!(": {text}")).unwrap_or_default();
    Err(Fail::new(format!(
        "container `{container}` of pod `{}` does not run ({reason}){said}",
        k8s::name(pod)
    )))
}

#[cfg(test)]
mod tests;
