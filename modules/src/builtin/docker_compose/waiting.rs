//! Waiting for containers: to run, to be healthy, to have done their work; and why they do not.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::observed::Container;
use crate::compose::Condition;
use crate::docker::Client;
use crate::{Fail, Hands};

const PAUSE: Duration = Duration::from_millis(200);

/// Within this time a container that cannot run has ended.
const FIRST: Duration = Duration::from_millis(250);

/// What became of a container so far.
enum Now {
    Ready,
    NotYet(&'static str),
    Never(String),
}

/// Waits until a condition holds of containers, or never will.
pub(super) fn until(
    hands: &mut Hands<'_>,
    client: &Client,
    containers: &[Container],
    condition: Condition,
    limit: Option<Duration>,
) -> Result<(), Fail> {
    let begun = Instant::now();
    for container in containers {
        loop {
            let state = client.get(&format!("/containers/{}/json", container.id))?;
            let service = &container.service;
            let why = match now(&state, condition) {
                Now::Ready if begun.elapsed() < FIRST && is_young(&state) => "just started",
                Now::Ready => break,
                Now::Never(why) => {
                    return Err(told(client, container, &state, &format!("service `{service}` {why}")));
                }
                Now::NotYet(why) => why,
            };
            if hands.cancelled() {
                return Err(Fail::new("the run was interrupted"));
            }
            if limit.is_some_and(|limit| begun.elapsed() >= limit) {
                let seconds = limit.unwrap_or_default().as_secs();
                let what = format!("service `{service}` is {why} after {seconds} s");
                return Err(told(client, container, &state, &what));
            }
            std::thread::sleep(PAUSE);
        }
    }
    Ok(())
}

/// Whether a container without health check may yet turn out not to run.
fn is_young(inspected: &Value) -> bool {
    let state = &inspected["State"];
    let started = state["StartedAt"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let age = started.and_then(|at| Duration::try_from(jiff::Timestamp::now().duration_since(at)).ok());
    state["Status"] == "running"
        && state.get("Health").is_none_or(Value::is_null)
        && age.is_none_or(|age| age < FIRST)
}

fn now(inspected: &Value, condition: Condition) -> Now {
    let state = &inspected["State"];
    let status = state["Status"].as_str().unwrap_or_default();
    let code = state["ExitCode"].as_i64().unwrap_or(0);
    let ended = matches!(status, "exited" | "dead");
    match condition {
        Condition::Completed if ended && code == 0 => Now::Ready,
        Condition::Completed if ended => Now::Never(format!("failed with exit code {code}")),
        Condition::Completed => Now::NotYet("not done"),
        _ if ended => Now::Never(format!("has ended with exit code {code}")),
        _ if status == "restarting" => {
            Now::Never(format!("ends again and again, last with exit code {code}"))
        }
        _ if status != "running" => Now::NotYet("not running"),
        Condition::Started if state.get("Health").is_none_or(Value::is_null) => Now::Ready,
        _ => match state.pointer("/Health/Status").and_then(Value::as_str) {
            Some("healthy") => Now::Ready,
            Some("unhealthy") => Now::Never("is unhealthy".to_owned()),
            Some("none") | None if condition == Condition::Started => Now::Ready,
            Some("none") | None => Now::Never("has no health check, so it cannot be waited for".to_owned()),
            Some(_) => Now::NotYet("not healthy"),
        },
    }
}

/// A failure with what the last test of health and the last lines of the container say.
fn told(client: &Client, container: &Container, inspected: &Value, what: &str) -> Fail {
    let mut words = format!("{what} (container `{}`)", container.name);
    let tests = inspected.pointer("/State/Health/Log").and_then(Value::as_array);
    if let Some(test) = tests.and_then(|tests| tests.last()) {
        let output = test["Output"].as_str().unwrap_or_default().trim();
        words += &format!("\nlast health check: exit code {}: {output}", test["ExitCode"]);
    }
    let tty = inspected.pointer("/Config/Tty").is_some_and(|tty| tty == true);
    let lines = client.last_lines(&container.id, tty, 10).unwrap_or_default();
    if !lines.is_empty() {
        words += &format!("\nlast lines:\n  {}", lines.join("\n  "));
    }
    Fail::new(words).with("container", container.name.as_str())
}
