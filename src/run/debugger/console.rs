//! The lines of a dialogue: from standard input, be it a terminal or not, to standard output.

use std::io::{self, BufRead, Write};

/// Shows a prompt and reads a line; `None` at the end of the input.
pub(super) fn read(prompt: &str) -> Option<String> {
    let mut out = io::stdout().lock();
    // Who cannot be asked any more is like one who has left.
    out.write_all(prompt.as_bytes()).and_then(|()| out.flush()).ok()?;
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim().to_owned()),
    }
}

/// Shows a line.
pub(super) fn say(text: &str) {
    // Nobody may listen any more: the next prompt finds that out.
    let _ = writeln!(io::stdout(), "{text}");
}
