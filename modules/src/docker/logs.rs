//! The last lines of a container or of a service's tasks.

use super::{Client, Error, Next};

impl Client {
    /// The last lines that a container wrote; `raw` where it has a terminal.
    ///
    /// # Errors
    /// When the engine has no logs of it.
    pub fn last_lines(&self, container: &str, raw: bool, count: usize) -> Result<Vec<String>, Error> {
        self.tail(&format!("/containers/{container}/logs?stdout=1&stderr=1&tail={count}"), raw, count)
    }

    /// As [`Client::last_lines`], of any path of logs.
    ///
    /// # Errors
    /// When the engine has no such logs.
    pub fn tail(&self, path: &str, raw: bool, count: usize) -> Result<Vec<String>, Error> {
        let mut frames = self.open(path)?.frames(raw);
        let mut bytes = Vec::new();
        // What is not there within a second is not worth waiting for.
        let mut quiet = 0;
        while quiet < 8 && bytes.len() < 1 << 20 {
            match frames.next()? {
                Next::Item((_, piece)) => bytes.extend(piece),
                Next::End => break,
                Next::Quiet => quiet += 1,
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        Ok(lines[lines.len().saturating_sub(count)..].iter().map(|line| (*line).to_owned()).collect())
    }
}
