//! Whether to use colours, and how wide a terminal is.

use std::io::IsTerminal;

use super::flags::Color;

/// Whether text for standard output is painted.
pub(super) fn stdout(wanted: Color) -> bool {
    decide(wanted, std::io::stdout().is_terminal(), &|name| std::env::var(name).ok())
}

/// Whether text for standard error is painted.
pub(super) fn stderr(wanted: Color) -> bool {
    decide(wanted, std::io::stderr().is_terminal(), &|name| std::env::var(name).ok())
}

/// Columns of the terminal that standard output is.
pub(super) fn columns() -> Option<usize> {
    std::io::stdout().is_terminal().then(|| console::Term::stdout().size().1 as usize)
}

/// The flag first, then what the environment says, then whether it is a terminal.
fn decide(wanted: Color, terminal: bool, env: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| env(name).is_some_and(|value| !value.is_empty() && value != "0");
    match wanted {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") || set("ANSIBLE_NOCOLOR") => false,
        Color::Auto if set("CLICOLOR_FORCE") || set("ANSIBLE_FORCE_COLOR") => true,
        Color::Auto => {
            terminal && env("TERM").as_deref() != Some("dumb") && env("CLICOLOR").as_deref() != Some("0")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_unless_told() {
        let with = |wanted, terminal, name: &'static str| {
            decide(wanted, terminal, &|asked| (asked == name).then(|| "1".to_string()))
        };
        assert!(with(Color::Auto, true, ""));
        assert!(!with(Color::Auto, false, ""));
        assert!(!with(Color::Auto, true, "NO_COLOR"));
        assert!(with(Color::Auto, false, "CLICOLOR_FORCE"));
        assert!(with(Color::Always, false, "NO_COLOR"));
        assert!(!with(Color::Never, true, "CLICOLOR_FORCE"));
    }
}
