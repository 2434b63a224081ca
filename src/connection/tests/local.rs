use std::time::Duration;

use super::*;
use crate::connection::Kind;

#[tokio::test(flavor = "multi_thread")]
async fn this_machine_answers_through_the_same_worker() {
    let connections = connections();
    let reply = ping(&connections, &Address::local()).await.unwrap();
    assert_eq!(reply.values["ping"], "pong");
    assert_eq!(connections.activity(&Address::local()), None);
    connections.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_needs_no_worker() {
    let connections = connections();
    let output = connections.raw(&Address::local(), "cat; echo err >&2; exit 3", b"in", None).await.unwrap();
    assert_eq!((output.status, &*output.stdout, &*output.stderr), (3, &b"in"[..], &b"err\n"[..]));
    let limit = Some(Duration::from_millis(100));
    let late = connections.raw(&Address::local(), "sleep 60", b"", limit).await.unwrap_err();
    assert_eq!(late.kind, Kind::Timeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_no_worker_is_told_apart() {
    let connections = Connections::new(Options { worker: "/bin/false".into(), ..Options::default() });
    let reason = ping(&connections, &Address::local()).await.unwrap_err();
    assert_eq!(reason.kind, Kind::Start);
    assert!(reason.message.contains("ended before it said anything with status 1"), "{}", reason.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_is_named_with_what_it_ran_and_replaced() {
    let connections = connections();
    let suicide = [("cmd", "kill -KILL $PPID; sleep 60")];
    let reason = call(&connections, &Address::local(), "shell", &suicide).await.unwrap_err();
    assert_eq!(reason.kind, Kind::Lost);
    assert!(reason.message.starts_with("the worker on this machine was lost while `shell` ran"), "{reason}");
    ping(&connections, &Address::local()).await.unwrap();
    connections.close().await;
}
