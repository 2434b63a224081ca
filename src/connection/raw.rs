//! A command of `raw`: its input goes in, its output comes back whole.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use baton_modules::wire::BecomeFailureKind;

use super::address::Secret;
use super::r#become::PROMPT;
use super::connections::Output;
use super::pipes::{Pipes, Reading};
use super::unreachable::{Kind, Unreachable};

/// What one stream of a command may give before it is cut off.
const LIMIT: usize = 256 << 20;

/// Runs a started command to its end.
pub(super) async fn run(pipes: Pipes, input: &[u8], answer: Option<Secret>) -> Result<Output, Unreachable> {
    let Pipes { mut stdin, stdout, mut stderr, exit } = pipes;
    let mut said = Vec::new();
    let asked = answer.is_some();
    if let Some(password) = answer {
        said = prompted(&mut stderr).await;
        if said.ends_with(PROMPT.trim_end().as_bytes()) || said.ends_with(PROMPT.as_bytes()) {
            said.clear();
            // A tool that ends meanwhile says why by its status.
            let _ = stdin.write_all(format!("{}\n", password.reveal()).as_bytes()).await;
        }
    }
    let feed = async move {
        // A command need not read its input.
        let _ = stdin.write_all(input).await;
        let _ = stdin.shutdown().await;
    };
    let ((), stdout, stderr) = tokio::join!(feed, all(stdout), all(stderr));
    let status = exit.await.unwrap_or(255);
    let (stdout, stderr) = (stdout?, [said, stderr?].concat());
    let again = stderr.windows(PROMPT.len()).any(|part| part == PROMPT.as_bytes());
    if asked && status != 0 && again {
        let what = "Incorrect sudo password: `sudo` refuses the become password";
        return Err(Unreachable::new(Kind::Become(BecomeFailureKind::WrongPassword), what)
            .hint("give it by `-K` or `ansible_become_password`, anew"));
    }
    Ok(Output { status, stdout, stderr })
}

async fn all(stream: Reading) -> Result<Vec<u8>, Unreachable> {
    let mut all = Vec::new();
    let read = stream.take(LIMIT as u64).read_to_end(&mut all).await;
    read.map_err(|e| {
        Unreachable::new(Kind::Lost, format!("the connection ended while the command ran: {e}"))
    })?;
    Ok(all)
}

/// What comes on stderr up to the prompt; no prompt comes where no password is asked for.
async fn prompted(stderr: &mut Reading) -> Vec<u8> {
    let mut said = Vec::new();
    let patience = tokio::time::Duration::from_secs(2);
    while let Ok(Ok(byte)) = tokio::time::timeout(patience, stderr.read_u8()).await {
        said.push(byte);
        if said.ends_with(PROMPT.as_bytes()) {
            break;
        }
    }
    said
}
