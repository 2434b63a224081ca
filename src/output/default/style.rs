//! The few styles of the default output.

use console::Style as Terminal;

/// Paints, or leaves as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Whether to paint at all.
    pub(super) color: bool,
}

impl Style {
    fn paint(self, style: Terminal, text: &str) -> String {
        if self.color { style.force_styling(true).apply_to(text).to_string() } else { text.to_string() }
    }

    pub(super) fn strong(&self, text: &str) -> String {
        self.paint(Terminal::new().bold(), text)
    }

    pub(super) fn faint(&self, text: &str) -> String {
        self.paint(Terminal::new().dim(), text)
    }

    pub(super) fn good(&self, text: &str) -> String {
        self.paint(Terminal::new().green(), text)
    }

    pub(super) fn changed(&self, text: &str) -> String {
        self.paint(Terminal::new().yellow(), text)
    }

    pub(super) fn failed(&self, text: &str) -> String {
        self.paint(Terminal::new().red().bold(), text)
    }

    pub(super) fn warning(&self, text: &str) -> String {
        self.paint(Terminal::new().magenta(), text)
    }

    pub(super) fn hint(&self, text: &str) -> String {
        self.paint(Terminal::new().cyan(), text)
    }

    /// A line of a unified difference.
    pub(super) fn diff(&self, line: &str) -> String {
        match line.as_bytes().first() {
            Some(b'+') => self.paint(Terminal::new().green(), line),
            Some(b'-') => self.paint(Terminal::new().red(), line),
            Some(b'@') => self.paint(Terminal::new().cyan(), line),
            _ => line.to_string(),
        }
    }
}
