//! `.dockerignore`: what of a directory is no part of a build, by docker's own rules.

use regex::Regex;

use crate::Fail;

/// The patterns of a `.dockerignore`, in their order: the last that fits decides.
#[derive(Debug, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// Of `!`: what fits is part of the build after all.
    keeps: bool,
    /// Its parts, to know whether something beneath a directory could fit.
    text: String,
    regex: Regex,
}

impl Ignore {
    /// Reads a `.dockerignore`.
    ///
    /// # Errors
    /// When a pattern is none.
    pub fn parse(text: &str) -> Result<Self, Fail> {
        let mut patterns = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines() {
            // Only a `#` at the very beginning makes a comment.
            let trimmed = line.trim();
            if line.starts_with('#') || trimmed.is_empty() {
                continue;
            }
            let (keeps, pattern) = match trimmed.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, trimmed),
            };
            let text = clean(pattern);
            if text.is_empty() {
                continue;
            }
            let wrong = |_| Fail::new(format!("`.dockerignore` has a pattern that is none: `{trimmed}`"));
            patterns.push(Pattern { keeps, regex: Regex::new(&translate(&text)).map_err(wrong)?, text });
        }
        Ok(Self { patterns })
    }

    /// Whether a path is no part of the build: it, or a directory above it, fits.
    pub fn excludes(&self, path: &str) -> bool {
        let mut out = false;
        for pattern in &self.patterns {
            if pattern.keeps != out {
                continue;
            }
            let above = path.match_indices('/').map(|(at, _)| &path[..at]);
            if pattern.regex.is_match(path) || above.into_iter().any(|parent| pattern.regex.is_match(parent))
            {
                out = !pattern.keeps;
            }
        }
        out
    }

    /// Whether nothing beneath an excluded directory can be part of the build.
    pub fn excludes_all_of(&self, directory: &str) -> bool {
        let keeps_beneath = |pattern: &Pattern| {
            pattern.keeps
                && (pattern.text.contains(['*', '?', '['])
                    || format!("{}/", pattern.text).starts_with(&format!("{directory}/")))
        };
        self.excludes(directory) && !self.patterns.iter().any(keeps_beneath)
    }
}

/// A pattern without `.`, `..`, double and outer slashes.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// As a regular expression: `*` and `?` stay within a part, `**` goes over any number of them.
fn translate(pattern: &str) -> String {
    let mut out = String::from("(?s)^");
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.next_if_eq(&'*').is_some() => {
                let slash = letters.next_if_eq(&'/').is_some();
                match letters.peek() {
                    None => out += ".*",
                    Some(_) if slash => out += "(.*/)?",
                    Some(_) => out += ".*",
                }
            }
            '*' => out += "[^/]*",
            '?' => out += "[^/]",
            '[' => out += &class(&mut letters),
            '\\' => out += &regex::escape(&letters.next().unwrap_or('\\').to_string()),
            letter => out += &regex::escape(&letter.to_string()),
        }
    }
    out + "$"
}

/// A class of letters, as Go has it: `^` negates.
fn class(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut inner = String::new();
    for letter in letters.by_ref() {
        match letter {
            ']' if !inner.is_empty() && inner != "^" => return format!("[{inner}]"),
            '[' | '&' | '~' => inner += &format!("\\{letter}"),
            letter => inner.push(letter),
        }
    }
    // Never closed: no such pattern, and the expression says so.
    "[".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(text: &str, paths: &[&str]) -> Vec<bool> {
        let ignore = Ignore::parse(text).unwrap();
        paths.iter().map(|path| ignore.excludes(path)).collect()
    }

    #[test]
    fn patterns_fit_whole_paths_and_what_is_beneath() {
        assert_eq!(
            out("node_modules\n", &["node_modules", "node_modules/a/b", "x/node_modules"]),
            [true, true, false]
        );
        assert_eq!(out("/a/./b/\n", &["a/b", "a"]), [true, false]);
        assert_eq!(out("*.md\n", &["a.md", "x/a.md"]), [true, false]);
        assert_eq!(out("**/*.md\n", &["a.md", "x/y/a.md", "a.mdx"]), [true, true, false]);
        assert_eq!(out("a/**\n", &["a/b/c", "a"]), [true, false]);
        assert_eq!(out("x?[0-9]\n", &["xa1", "xab", "x/1"]), [true, false, false]);
        assert_eq!(out("a.c\n", &["abc", "a.c"]), [false, true]);
    }

    #[test]
    fn the_last_pattern_that_fits_decides() {
        assert_eq!(
            out("*\n!src\nsrc/*.log\n", &["a", "src", "src/a.rs", "src/a.log"]),
            [true, false, false, true]
        );
        assert_eq!(out("*.md\n!README.md\n", &["a.md", "README.md"]), [true, false]);
        assert_eq!(out("!README.md\n*.md\n", &["README.md"]), [true]);
    }

    #[test]
    fn comments_blank_lines_and_blanks_say_nothing() {
        assert_eq!(out("# a\n\n  b  \n #c\n", &["a", "b", "#c", "c"]), [false, true, true, false]);
        assert!(Ignore::parse("a[\n").unwrap_err().message.contains("a pattern that is none: `a[`"));
    }

    #[test]
    fn directories_with_something_to_keep_are_looked_into() {
        let ignore = Ignore::parse("a\nb\n!b/c\n").unwrap();
        assert!(ignore.excludes_all_of("a"));
        assert!(!ignore.excludes_all_of("b"));
        assert!(!ignore.excludes_all_of("d"));
    }
}
