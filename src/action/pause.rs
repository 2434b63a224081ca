//! pause

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use baton_modules::args;

use super::{Answer, Done, Invocation, module::parse};

args! {
    /// Wait a while, or until the user presses Enter.
    pub(crate) struct Pause as "pause" {
        /// How long, in minutes.
        minutes: Option<f64>,
        /// How long, in seconds.
        seconds: Option<f64>,
        /// What to ask.
        prompt: Option<String>,
        /// Show what is typed.
        echo: bool = "true",
    }
    rules [MutuallyExclusive(&["minutes", "seconds"])]
}

pub(super) async fn run(invocation: &Invocation) -> Done {
    let args: Pause = parse(&invocation.arguments()?)?;
    let started = Instant::now();
    let now = || jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S%.6f").to_string();
    let begun = now();
    let seconds = args.minutes.map(|minutes| minutes.trunc() * 60.0).or(args.seconds);
    let mut answer = Answer::default();
    let mut typed = String::new();
    match seconds {
        // ansible: no pause is shorter than a second, and what is not whole is cut.
        Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds.trunc().max(1.0))).await,
        None if std::io::stdin().is_terminal() => typed = ask(args.prompt.clone(), args.echo).await,
        None => answer.warnings.push("Not waiting for response to prompt as stdin is not interactive".into()),
    }
    let elapsed = started.elapsed();
    let (shown, unit) = match args.minutes {
        Some(_) => (elapsed.as_secs_f64() / 60.0, "minutes"),
        None => (elapsed.as_secs_f64(), "seconds"),
    };
    Ok(answer
        .with("start", begun)
        .with("stop", now())
        .with("delta", elapsed.as_secs())
        .with("echo", args.echo)
        .with("user_input", typed)
        .with("stdout", format!("Paused for {:?} {unit}", (shown * 100.0).round() / 100.0))
        .with("rc", 0)
        .with("stderr", ""))
}

/// What the user types at the terminal.
async fn ask(prompt: Option<String>, echo: bool) -> String {
    let prompt = prompt.unwrap_or_else(|| "Press enter to continue, Ctrl+C to interrupt".into());
    let answered = tokio::task::spawn_blocking(move || {
        if echo {
            eprintln_prompt(&prompt);
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line.trim_end_matches('\n').to_owned())
        } else {
            rpassword::prompt_password(format!("{prompt}:\n"))
        }
    });
    answered.await.ok().and_then(Result::ok).unwrap_or_default()
}

/// A question is for the terminal, not for an output.
fn eprintln_prompt(prompt: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{prompt}:");
}
