//! Text that came from hosts, made fit to be printed, and durations.

use std::borrow::Cow;

/// The text without what would move a terminal's cursor or change its colours.
pub(super) fn clean(text: &str) -> String {
    let text = console::strip_ansi_codes(text);
    let text: Cow<'_, str> = if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text };
    let keep = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(keep).collect()
}

/// Lines, each with blanks before it.
pub(super) fn indent(lines: impl IntoIterator<Item = String>, by: usize) -> Vec<String> {
    let blanks = " ".repeat(by);
    lines.into_iter().map(|line| if line.is_empty() { line } else { format!("{blanks}{line}") }).collect()
}

/// A text cut to so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let start: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{start}…")
}

/// `0.3 s`, `12 s`, `1 m 05 s`, `2 h 03 m`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        _ if seconds < 9.95 => format!("{:.1} s", seconds.max(0.0)),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} m {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} m", whole / 3600, whole % 3600 / 60),
    }
}

/// `1 host`, `2 hosts`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_taken_out() {
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m\r\nnext\tx\u{7}\u{1b}]0;title\u{7}"), "red\nnext\tx");
    }

    #[test]
    fn durations_are_short() {
        let found: Vec<_> = [0.04, 9.96, 12.4, 65.0, 7380.0].into_iter().map(duration).collect();
        assert_eq!(found, ["0.0 s", "10 s", "12 s", "1 m 05 s", "2 h 03 m"]);
    }
}
