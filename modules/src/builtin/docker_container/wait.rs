//! Waits for a container: until it stands, until it is well, until it ends; and says why it did not.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::DockerContainer;
use super::forms::{list, text};
use super::plan::is_running;
use super::work::path;
use crate::docker::{Client, Next, Response, query};
use crate::wire::Stream;
use crate::{Fail, Hands};

/// How many lines of its log tell why a container failed.
const LINES: &str = "10";

/// Within this time a container that cannot run has ended.
const FIRST: Duration = Duration::from_millis(250);

/// How a container ended.
pub(super) struct Ended {
    pub(super) status: i64,
    pub(super) output: String,
}

/// Looks whether a container that was just started ended at once in failure.
pub(super) fn beginning(module: &DockerContainer, client: &Client, id: &str) -> Result<(), Fail> {
    let since = Instant::now();
    loop {
        let Some(container) = client.find(&path(id, "/json"))? else { return Ok(()) };
        let state = &container["State"];
        let over = matches!(text(&state["Status"]), "exited" | "dead");
        if over && state["ExitCode"] != 0 {
            return Err(ended(module, client, &container, "ended at once"));
        }
        if over || since.elapsed() > FIRST {
            return Ok(());
        }
        std::thread::sleep(FIRST / 5);
    }
}

/// Waits until a container is well; the container then.
pub(super) fn health(
    module: &DockerContainer,
    client: &Client,
    hands: &mut Hands,
    name: &str,
) -> Result<Value, Fail> {
    let limit =
        Duration::try_from_secs_f64(module.healthy_wait_timeout).ok().filter(|limit| !limit.is_zero());
    let (since, mut pause) = (Instant::now(), Duration::from_millis(50));
    loop {
        let Some(container) = client.find(&path(name, "/json"))? else {
            return Err(Fail::new(format!("container `{name}` vanished before it was healthy")));
        };
        let status = container["State"]["Health"]["Status"].as_str();
        match status {
            _ if !is_running(&container) && container["State"]["Restarting"] != true => {
                return Err(ended(module, client, &container, "ended before it was healthy"));
            }
            // A container without a test of health is as healthy as can be known.
            Some("healthy" | "none") | None => return Ok(container),
            Some("unhealthy") => return Err(unhealthy(module, client, &container)),
            Some(_) => {}
        }
        if let Some(limit) = limit.filter(|limit| since.elapsed() > *limit) {
            let words = format!("is still {} after {} seconds", status.unwrap_or("waiting"), limit.as_secs());
            return Err(told(module, client, &container, &words));
        }
        if hands.cancelled() {
            return Err(Fail::new("the run was interrupted"));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

fn unhealthy(module: &DockerContainer, client: &Client, container: &Value) -> Fail {
    let tests = list(&container["State"]["Health"]["Log"]);
    let last = tests.last().map(|test| {
        let said = text(&test["Output"]).trim();
        let said = if said.is_empty() { "nothing" } else { said };
        format!(": its last test gave {} and said {said}", test["ExitCode"])
    });
    told(module, client, container, &format!("is unhealthy{}", last.unwrap_or_default()))
}

fn ended(module: &DockerContainer, client: &Client, container: &Value, how: &str) -> Fail {
    let state = &container["State"];
    let error = Some(text(&state["Error"])).filter(|words| !words.is_empty());
    let why = error.map(|words| format!(": {words}")).unwrap_or_default();
    let oom = if state["OOMKilled"] == true { ", out of memory" } else { "" };
    let words = format!("{how} with exit code {}{oom}{why}", state["ExitCode"]);
    told(module, client, container, &words).with("status", state["ExitCode"].clone())
}

/// A failure with the last lines of the container's log.
fn told(module: &DockerContainer, client: &Client, container: &Value, words: &str) -> Fail {
    let log = log(client, container, LINES).unwrap_or_default();
    let lines: Vec<String> = log.lines().map(|line| format!("    {line}")).collect();
    let log = match lines.is_empty() {
        true => "its log is empty".to_owned(),
        false => format!("the last lines of its log:\n{}", lines.join("\n")),
    };
    let message = format!("container `{}` {words}\n{log}", module.name);
    Fail::new(message).with("container", container.clone())
}

/// The last lines of a container's log, where its driver lets them be read.
pub(super) fn log(client: &Client, container: &Value, tail: &str) -> Result<String, Fail> {
    let place = path(text(&container["Id"]), "/logs");
    let place = query(&place, &[("stdout", "1"), ("stderr", "1"), ("tail", tail)]);
    let mut frames = client.open(&place)?.frames(container["Config"]["Tty"] == true);
    let mut bytes = Vec::new();
    let since = Instant::now();
    loop {
        match frames.next()? {
            Next::Item((_, piece)) => bytes.extend(piece),
            Next::Quiet if since.elapsed() < Duration::from_secs(5) => {}
            _ => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// Waits for the end that `waiting` will tell, shows the container's output where wanted, and keeps it.
pub(super) fn end(
    module: &DockerContainer,
    client: &Client,
    hands: &mut Hands,
    id: &str,
    waiting: Response,
) -> Result<Ended, Fail> {
    let container = client.find(&path(id, "/json"))?.unwrap_or_default();
    let driver = text(&container["HostConfig"]["LogConfig"]["Type"]).to_owned();
    let output = match driver.as_str() {
        "json-file" | "journald" | "local" if !module.removes_itself() => {
            follow(module, client, hands, &container)?
        }
        // ansible: these words stand for what cannot be had
        "json-file" | "journald" | "local" | "" => {
            "Cannot retrieve result as auto_remove is enabled".to_owned()
        }
        driver => format!("Result logged using `{driver}` driver"),
    };
    let mut answer = waiting.lines();
    loop {
        match answer.next()? {
            Next::Item(value) => {
                let status = value["StatusCode"].as_i64().unwrap_or(-1);
                return Ok(Ended { status, output });
            }
            Next::Quiet if hands.cancelled() => return Err(Fail::new("the run was interrupted")),
            Next::Quiet => {}
            Next::End => return Err(Fail::new("the engine does not say how the container ended")),
        }
    }
}

/// All output of a container until it ends.
fn follow(
    module: &DockerContainer,
    client: &Client,
    hands: &mut Hands,
    container: &Value,
) -> Result<String, Fail> {
    let place = path(text(&container["Id"]), "/logs?stdout=1&stderr=1&follow=1");
    let mut frames = client.open(&place)?.frames(container["Config"]["Tty"] == true);
    let (mut all, mut shown) = (Vec::new(), 0);
    loop {
        match frames.next()? {
            Next::Item((_, piece)) => all.extend(piece),
            Next::End => break,
            Next::Quiet if hands.cancelled() => return Err(Fail::new("the run was interrupted")),
            Next::Quiet => {}
        }
        while module.output_logs
            && let Some(length) = all[shown..].iter().position(|byte| *byte == b'\n')
        {
            hands.log(Stream::Stdout, &String::from_utf8_lossy(&all[shown..shown + length]));
            shown += length + 1;
        }
    }
    Ok(String::from_utf8_lossy(&all).into_owned())
}
