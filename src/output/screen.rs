//! Where an output writes: text and its errors, with or without colours, so many columns wide.

use std::io::Write;

/// A terminal, a pipe, or a test's buffer.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// Whether styles may be used.
    pub color: bool,
    /// Columns of the terminal; `None` when it is none.
    pub columns: Option<usize>,
}

impl Screen {
    /// Writes to these two.
    pub(crate) fn new(out: impl Write + Send + 'static, err: impl Write + Send + 'static) -> Self {
        Self { out: Box::new(out), err: Box::new(err), color: false, columns: None }
    }

    /// Writes text, with a line end where it has none.
    pub(crate) fn line(&mut self, text: &str) {
        write_line(&mut self.out, text);
    }

    /// The same to where errors go.
    pub(crate) fn error_line(&mut self, text: &str) {
        // Both may be the same terminal: what was said first is to be seen first.
        let _ = self.out.flush();
        write_line(&mut self.err, text);
    }
}

fn write_line(to: &mut dyn Write, text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    // A reader that has gone (`| head`) is no reason to stop work on hosts.
    let _ = to.write_all(format!("{text}{end}").as_bytes()).and_then(|()| to.flush());
}
