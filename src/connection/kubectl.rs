//! Containers of pods as hosts: commands are started in them through the API server, and no `kubectl` command is
//! needed here.

use std::io::{self, Write};
use std::sync::Arc;

use baton_modules::args::Args;
use baton_modules::kubernetes::{
    self, ApiError, Channel, Client, Cluster, Exec, Input, Selection, Surroundings, items, text,
};
use serde_json::{Map, Value};

use super::address::Pod;
use super::r#become::quoted;
use super::bridge::{self, Ends};
use super::pipes::Pipes;
use super::unreachable::{Kind, Unreachable};
use crate::diagnostic::nearest;

/// Starts a command in a container of a running pod.
pub(super) async fn start(to: &Pod, command: &str) -> Result<Pipes, Unreachable> {
    let (to, command) = (to.clone(), command.to_owned());
    bridge::start(move |ends| attach(&to, command, ends)).await
}

/// A command that reads nothing: not every server can tell one that its input has ended.
pub(super) fn without_input(command: &str) -> String {
    format!("exec /bin/sh -c {} </dev/null", quoted(command))
}

fn attach(to: &Pod, command: String, ends: Ends) -> Result<(), Unreachable> {
    let client = client(to)?;
    let namespace = to.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
    let pod = find(&client, &namespace, &to.name)?;
    let container = container(&pod, to.container.as_deref())?;
    let command = ["/bin/sh", "-c", &command].map(str::to_owned);
    let exec = Exec {
        namespace: &namespace,
        pod: &to.name,
        container: &container,
        command: &command,
        stdin: true,
        tty: false,
    };
    let mut socket = client.start(&exec).map_err(|error| refused(&pod, &container, &error))?;
    let Ends { mut stdin, mut stdout, mut stderr, exit } = ends;
    bridge::carry(move || {
        let mut take = |channel, bytes: &[u8]| match channel {
            Channel::Stdout => stdout.write_all(bytes),
            Channel::Stderr => stderr.write_all(bytes),
        };
        let ended = socket.pump(Input::Stream(&mut stdin), None, &mut take).unwrap_or_default();
        if let Some(error) = ended.error {
            // Nobody may listen any more.
            let _: io::Result<()> = stderr.write_all(error.as_bytes());
        }
        let _ = exit.send(ended.rc);
    })
}

fn client(to: &Pod) -> Result<Arc<Client>, Unreachable> {
    let wrong = |why: String| Unreachable::new(Kind::Controller, why);
    let value = |text: &str| match text.starts_with('{') {
        true => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        false => Value::from(text),
    };
    let mut options: Map<String, Value> =
        to.options.iter().map(|(name, text)| (name.clone(), value(text.reveal()))).collect();
    let mut around = Surroundings::own();
    around.variables.extend(to.env.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned())));
    Cluster::SPEC.expand_paths(&mut options, &around);
    let cluster = Cluster::parse(&options).map_err(|problems| {
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        wrong(format!("wrong variables of the connection: {}", words.join("; ")))
    })?;
    cluster.open(&around).map_err(|fail| in_two(Kind::Controller, &fail.message))
}

/// A message whose hint stands below it.
fn in_two(kind: Kind, message: &str) -> Unreachable {
    match message.split_once("\nhint: ") {
        Some((what, hint)) => Unreachable::new(kind, what).hint(hint),
        None => Unreachable::new(kind, message),
    }
}

fn told(error: &ApiError) -> Unreachable {
    let kind = match error.code {
        401 | 403 => Kind::Authentication,
        0 => Kind::Refused,
        _ => Kind::Start,
    };
    let reason = in_two(kind, &error.message);
    match error.code {
        403 => reason.hint("the user needs `get` for `pods` and `create` for `pods/exec` in that namespace"),
        _ => reason,
    }
}

/// The pod, which must be there and run.
fn find(client: &Client, namespace: &str, name: &str) -> Result<Value, Unreachable> {
    let pods = client.resource("Pod", Some("v1")).map_err(|error| told(&error))?;
    let Some(pod) = client.get(&pods, namespace, name).map_err(|error| told(&error))? else {
        let (listed, _) = client.list(&pods, namespace, &Selection::default()).unwrap_or_default();
        let names: Vec<&str> = listed.iter().map(kubernetes::name).collect();
        let reason = Unreachable::new(
            Kind::Resolve,
            format!("there is no pod `{name}` in namespace `{namespace}` of {}", client.config.origin),
        );
        return Err(match nearest(name, names.iter().copied()) {
            Some(near) => reason.hint(format!("did you mean `{near}`?")),
            None if names.is_empty() => {
                reason.hint("the namespace has none at all; see `ansible_kubectl_namespace`")
            }
            None => reason.hint(format!("there are `{}`", names[..names.len().min(8)].join("`, `"))),
        });
    };
    match text(&pod, "/status/phase") {
        "Running" => Ok(pod),
        phase => Err(idle(&pod, name, phase)),
    }
}

/// Why a pod does not run, as far as it says.
fn idle(pod: &Value, name: &str, phase: &str) -> Unreachable {
    let mut why = Vec::new();
    for status in items(pod, "/status/containerStatuses") {
        for state in ["/state/waiting", "/state/terminated"] {
            let part = |key: &str| text(status, &format!("{state}/{key}"));
            if !part("reason").is_empty() {
                let words = [part("reason"), part("message")].join(": ");
                why.push(format!("`{}` {}", text(status, "/name"), words.trim_end_matches([':', ' '])));
            }
        }
    }
    for condition in items(pod, "/status/conditions") {
        if text(condition, "/type") == "PodScheduled" && text(condition, "/status") == "False" {
            why.push(text(condition, "/message").to_owned());
        }
    }
    let mut message = format!("pod `{name}` does not run: it is `{phase}`");
    if !why.is_empty() {
        message += &format!(": {}", why.join("; "));
    }
    Unreachable::new(Kind::Refused, message)
}

/// The container that is meant: the one that is named, the pod's default one, or its first.
fn container(pod: &Value, named: Option<&str>) -> Result<String, Unreachable> {
    let listed = ["/spec/containers", "/spec/initContainers", "/spec/ephemeralContainers"];
    let names: Vec<&str> =
        listed.iter().flat_map(|list| items(pod, list)).map(|container| text(container, "/name")).collect();
    let usual = text(pod, "/metadata/annotations/kubectl.kubernetes.io~1default-container");
    let wanted =
        named.unwrap_or(if usual.is_empty() { names.first().copied().unwrap_or_default() } else { usual });
    if names.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    let name = kubernetes::name(pod);
    let reason = Unreachable::new(Kind::Resolve, format!("pod `{name}` has no container `{wanted}`"));
    Err(reason.hint(format!("it has `{}`", names.join("`, `"))))
}

/// Why a command is not started in a container of a running pod.
fn refused(pod: &Value, container: &str, error: &ApiError) -> Unreachable {
    let statuses = items(pod, "/status/containerStatuses").iter();
    let mut own = statuses.filter(|status| text(status, "/name") == container);
    match own.next() {
        Some(status) if status.pointer("/state/running").is_none() && ![401, 403].contains(&error.code) => {
            let name = kubernetes::name(pod);
            let reason =
                [text(status, "/state/waiting/reason"), text(status, "/state/terminated/reason")].concat();
            Unreachable::new(
                Kind::Refused,
                format!("container `{container}` of pod `{name}` does not run: {reason}"),
            )
        }
        _ => told(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_that_does_not_run_says_why() {
        let waiting = json!({"status": {"containerStatuses": [{"name": "web", "state": {"waiting": {
            "reason": "ImagePullBackOff", "message": "Back-off pulling image \"x\""}}}]}});
        let reason = idle(&waiting, "web-1", "Pending");
        let expected =
            "pod `web-1` does not run: it is `Pending`: `web` ImagePullBackOff: Back-off pulling image \"x\"";
        assert_eq!(reason.message, expected);
        let nowhere = json!({"status": {"conditions": [{"type": "PodScheduled", "status": "False",
            "message": "0/1 nodes are available"}]}});
        assert!(idle(&nowhere, "web-1", "Pending").message.ends_with("`Pending`: 0/1 nodes are available"));
    }

    #[test]
    fn the_container_is_the_named_one_the_default_or_the_first() {
        let mut pod =
            json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}, {"name": "b"}]}});
        assert_eq!(container(&pod, None).unwrap(), "a");
        assert_eq!(container(&pod, Some("b")).unwrap(), "b");
        let refused = container(&pod, Some("c")).unwrap_err();
        assert_eq!(refused.to_string(), "pod `p` has no container `c`\nhint: it has `a`, `b`");
        pod["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/default-container": "b"});
        assert_eq!(container(&pod, None).unwrap(), "b");
    }
}
