//! wait_for_connection

use std::time::{Duration, Instant};

use baton_modules::args;

use super::{Answer, Arguments, Done, Invocation, module::foreign_options, module::parse};

args! {
    /// Wait until the host can be reached and modules run there.
    pub(crate) struct WaitForConnection as "wait_for_connection" {
        /// How long to try to connect each time, in seconds.
        connect_timeout: u64 = "5",
        /// How long to wait before the first try, in seconds.
        delay: u64 = "0",
        /// How long to wait between tries, in seconds.
        sleep: u64 = "1",
        /// How long to wait altogether, in seconds.
        timeout: u64 = "600",
    }
}

pub(super) async fn run(invocation: &Invocation) -> Done {
    let given = invocation.arguments()?;
    foreign_options::<WaitForConnection>(&invocation.action, &given)?;
    let args: WaitForConnection = parse(&given)?;
    let started = Instant::now();
    if invocation.check {
        return Ok(Answer::default().with("elapsed", 0));
    }
    tokio::time::sleep(Duration::from_secs(args.delay)).await;
    let limit = Duration::from_secs(args.timeout);
    loop {
        invocation.connections.reset(&invocation.address).await;
        let left = limit.saturating_sub(started.elapsed());
        let ping = invocation.call("ping", Arguments::new());
        let answer = tokio::time::timeout(left, ping).await.ok();
        let elapsed = started.elapsed().as_secs();
        match answer {
            Some(answer) if answer.succeeded() => return Ok(Answer::default().with("elapsed", elapsed)),
            Some(answer) if started.elapsed() >= limit => return Ok(timed_out(Some(answer), elapsed)),
            None => return Ok(timed_out(None, elapsed)),
            Some(_) => {}
        }
        tokio::time::sleep(Duration::from_secs(args.sleep.max(1))).await;
    }
}

fn timed_out(last: Option<Answer>, elapsed: u64) -> Answer {
    let last = last.and_then(|a| a.unreachable.or(a.failure)).unwrap_or_else(|| "no answer".into());
    Answer::failed(format!("timed out waiting for the connection after {elapsed} s: {last}"))
        .with("elapsed", elapsed)
}
