//! Ansible's colours, as escape sequences.

/// A colour that an output may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Ok,
    Changed,
    Skipped,
    Failed,
    Unreachable,
    Warning,
    Deprecation,
    Verbose,
    Debug,
    Added,
    Removed,
    Hunk,
}

impl Color {
    fn code(self) -> &'static str {
        match self {
            Color::Ok | Color::Added => "0;32",
            Color::Changed => "0;33",
            Color::Skipped | Color::Hunk => "0;36",
            Color::Failed | Color::Removed => "0;31",
            Color::Unreachable => "1;31",
            Color::Warning => "1;35",
            Color::Deprecation => "0;35",
            Color::Verbose => "0;34",
            Color::Debug => "1;30",
        }
    }

    /// The text in this colour, each line by itself.
    pub(super) fn paint(self, text: &str, enabled: bool) -> String {
        if !enabled {
            return text.to_string();
        }
        let lines: Vec<_> =
            text.split('\n').map(|line| format!("\x1b[{}m{line}\x1b[0m", self.code())).collect();
        lines.join("\n")
    }
}
