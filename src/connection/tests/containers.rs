//! Needs a Docker Engine at the usual socket with the image `lab/app:1`, and a Kubernetes named by `KUBECONFIG`
//! that can run it.

use std::time::Duration;

use super::*;
use crate::connection::{Container, Kind, Pod, Secret, Transport};

/// What `docker` says; it must do it.
#[track_caller]
fn docker(args: &[&str]) -> String {
    told("docker", args)
}

#[track_caller]
fn kubectl(args: &[&str]) -> String {
    assert!(std::env::var_os("KUBECONFIG").is_some(), "KUBECONFIG names no cluster: tests/lab brings one");
    told(&program(), args)
}

/// The cluster's own `kubectl`, where the lab names it.
fn program() -> String {
    std::env::var("LAB_KUBECTL").unwrap_or_else(|_| "kubectl".to_owned())
}

#[track_caller]
fn told(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("no `{program}`: {e}"));
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn random(what: &str) -> String {
    format!("baton-{what}-{:08x}", rand::random::<u32>())
}

/// A container that runs; gone at the end.
struct Running(String);

impl Running {
    fn new() -> Self {
        let name = random("c");
        docker(&["run", "-d", "--name", &name, "lab/app:1", "sleep", "600"]);
        Self(name)
    }

    fn address(&self, user: Option<&str>) -> Address {
        let container =
            Container { name: self.0.clone(), user: user.map(str::to_owned), ..Container::default() };
        Address { transport: Transport::Docker(Box::new(container)), r#become: None }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", &self.0]).output();
    }
}

/// A pod that runs; gone at the end.
struct RunningPod(String);

impl RunningPod {
    fn new() -> Self {
        let name = random("p");
        let pod = Self::of(name, &["--image=lab/app:1", "--image-pull-policy=IfNotPresent"]);
        kubectl(&["wait", "--for=condition=Ready", "--timeout=60s", &format!("pod/{}", pod.0)]);
        pod
    }

    fn of(name: String, args: &[&str]) -> Self {
        // Another test may have the node drained meanwhile.
        let anywhere = r#"--overrides={"spec": {"tolerations": [{"operator": "Exists"}]}}"#;
        kubectl(&[&["run", &name, "--restart=Never", anywhere], args].concat());
        Self(name)
    }

    fn address(&self) -> Address {
        address_of(Pod { name: self.0.clone(), ..Pod::default() })
    }
}

impl Drop for RunningPod {
    fn drop(&mut self) {
        let args = ["delete", "pod", &self.0, "--grace-period=0", "--force", "--wait=false"];
        let _ = Command::new(program()).args(args).output();
    }
}

fn address_of(pod: Pod) -> Address {
    Address { transport: Transport::Kubectl(Box::new(pod)), r#become: None }
}

async fn works_in(address: &Address, processes: impl Fn() -> String) {
    let connections = connections();
    assert_eq!(ping(&connections, address).await.unwrap().values["ping"], "pong");
    let reply = call(&connections, address, "command", &[("cmd", "hostname")]).await.unwrap();
    assert_eq!(reply.values["stdout"], processes().lines().next().unwrap());
    let raw = connections.raw(address, "cat; echo err >&2; exit 3", b"", None).await.unwrap();
    assert_eq!((raw.status, &*raw.stdout, &*raw.stderr), (3, &b""[..], &b"err\n"[..]));
    let slow = [("cmd", "sleep 617")];
    let cut =
        tokio::time::timeout(Duration::from_secs(1), call(&connections, address, "command", &slow)).await;
    assert!(cut.is_err());
    assert!(processes().contains(" worker"), "{}", processes());
    connections.close().await;
    let left = processes();
    assert!(!left.contains(" worker") && !left.contains("sleep 617"), "left behind: {left}");
    // The second run finds the worker there.
    let connections = super::connections();
    ping(&connections, address).await.unwrap();
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_works_through_the_same_worker_and_nothing_stays() {
    let running = Running::new();
    let name = running.0.clone();
    works_in(&running.address(None), || docker(&["exec", &name, "sh", "-c", "hostname; ps"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_works_through_the_same_worker_and_nothing_stays() {
    let pod = RunningPod::new();
    let name = pod.0.clone();
    works_in(&pod.address(), || kubectl(&["exec", &name, "--", "sh", "-c", "hostname; ps"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_works_in_a_container_without_any_tool_for_it() {
    let running = Running::new();
    let connections = connections();
    let id = [("cmd", "id -u")];
    for (user, uid) in [(None, "0"), (Some("1234"), "1234")] {
        let reply = call(&connections, &running.address(user), "command", &id).await.unwrap();
        assert_eq!(reply.values["stdout"], uid);
    }
    let nobody = ping(&connections, &running.address(Some("no-such-user"))).await.unwrap_err();
    assert!(nobody.message.starts_with("the container has no such user: "), "{nobody}");
    assert!(nobody.message.contains("no-such-user"), "{nobody}");
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_a_container_is_told() {
    let running = Running::new();
    let connections = connections();
    let mut near = running.address(None);
    if let Transport::Docker(container) = &mut near.transport {
        container.name += "x";
    }
    let missing = ping(&connections, &near).await.unwrap_err();
    assert_eq!(missing.kind, Kind::Resolve);
    assert_eq!(missing.hint, Some(format!("did you mean `{}`?", running.0)), "{missing}");
    docker(&["kill", &running.0]);
    let idle = ping(&connections, &running.address(None)).await.unwrap_err();
    let expected = format!("container `{}` does not run: it is `exited`, with exit code 137", running.0);
    assert_eq!((idle.kind, idle.message), (Kind::Refused, expected));
    let engine = [("docker_host".to_owned(), Secret::new("unix:///nowhere.sock"))];
    let far = Container { name: running.0.clone(), engine: engine.into(), ..Container::default() };
    let far = Address { transport: Transport::Docker(Box::new(far)), r#become: None };
    let no_engine = ping(&connections, &far).await.unwrap_err();
    assert!(no_engine.message.contains("/nowhere.sock"), "{no_engine}");
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_a_pod_is_told() {
    let pod = RunningPod::new();
    let connections = connections();
    let near = Pod { name: format!("{}x", pod.0), ..Pod::default() };
    let missing = ping(&connections, &address_of(near)).await.unwrap_err();
    assert_eq!((missing.kind, missing.hint), (Kind::Resolve, Some(format!("did you mean `{}`?", pod.0))));
    let other = Pod { name: pod.0.clone(), container: Some("side".into()), ..Pod::default() };
    let no_such = ping(&connections, &address_of(other)).await.unwrap_err();
    assert_eq!(no_such.hint, Some(format!("it has `{}`", pod.0)), "{no_such}");
    let view = std::env::var("LAB_KUBECONFIG_VIEW").expect("LAB_KUBECONFIG_VIEW: tests/lab brings it");
    let view = [("kubeconfig".to_owned(), Secret::new(view))];
    let forbidden = Pod { name: pod.0.clone(), options: view.into(), ..Pod::default() };
    let forbidden = ping(&connections, &address_of(forbidden)).await.unwrap_err();
    assert_eq!(forbidden.kind, Kind::Authentication, "{forbidden}");
    assert!(forbidden.hint.as_deref().unwrap_or_default().contains("pods/exec"), "{forbidden}");
    let pending = RunningPod::of(random("p"), &["--image=lab/none:1", "--image-pull-policy=Never"]);
    let reason = loop {
        let reason = ping(&connections, &pending.address()).await.unwrap_err();
        if reason.message.contains("ErrImageNeverPull") {
            break reason;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    assert!(reason.message.contains("does not run: it is `Pending`"), "{reason}");
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_without_a_shell_is_told_so() {
    let name = random("c");
    docker(&["run", "-d", "--name", &name, "lab/pause:1"]);
    let paused = Running(name);
    let connections = connections();
    let reason = ping(&connections, &paused.address(None)).await.unwrap_err();
    assert_eq!(reason.kind, Kind::NoShell, "{reason}: {}", reason.detail);
    assert!(reason.message.starts_with("there is no shell `/bin/sh`"), "{reason}");
    connections.close().await;
}
