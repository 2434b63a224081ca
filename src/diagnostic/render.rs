//! The only drawing of snippets.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Padding, Renderer, Snippet};
use baton_modules::sorting::Sorting;
use console::Style;

use super::{Diagnostic, Diagnostics, Severity, Source, Span};

/// Narrower than this no snippet can be understood.
const MIN_WIDTH: usize = 60;

/// Draws one diagnostic with the lines it speaks of, without a line break at the end;
/// `color` adds terminal styles.
pub(crate) fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message));
    let excerpts = excerpts(diagnostic);
    for excerpt in &excerpts {
        let snippet = Snippet::source(excerpt.text)
            .line_start(excerpt.first_line)
            .path(visible(&excerpt.source.name))
            .annotations(excerpt.marks.iter().map(|mark| {
                let label = (!mark.label.is_empty()).then(|| visible(mark.label));
                let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                kind.span(mark.range.clone()).label(label)
            }));
        group = group.element(snippet);
    }
    if !excerpts.is_empty() && !diagnostic.hints.is_empty() {
        group = group.element(Padding);
    }
    let mut drawn = renderer(color).render(&[group]);
    let word = Style::new().cyan().bold().force_styling(color).apply_to("hint").to_string();
    for hint in &diagnostic.hints {
        drawn.push_str(&format!("\n{word}: {}", visible(hint).replace('\n', "\n      ")));
    }
    drawn
}

/// Draws all, in the order of the text, and counts them in a last line.
pub(crate) fn render_all(diagnostics: &Diagnostics, color: bool) -> String {
    let mut drawn: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    let (mut errors, mut warnings) = (0, 0);
    for diagnostic in in_order(diagnostics) {
        let one = render(diagnostic, color);
        if !seen.insert(one.clone()) {
            continue;
        }
        match diagnostic.severity {
            Severity::Error => errors += 1,
            Severity::Warning => warnings += 1,
        }
        drawn.push(one);
    }
    let counts: Vec<String> =
        [counted(errors, "error"), counted(warnings, "warning")].into_iter().flatten().collect();
    if !counts.is_empty() {
        drawn.push(counts.join(", "));
    }
    drawn.join("\n\n")
}

fn counted(count: usize, word: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    }
}

/// Those without a place first, then file by file as they were first met, then by place.
fn in_order(diagnostics: &Diagnostics) -> Vec<&Diagnostic> {
    let mut names: Vec<&str> = Vec::new();
    let mut keyed: Vec<((usize, u32), &Diagnostic)> = Vec::new();
    for diagnostic in &diagnostics.0 {
        let key = match &diagnostic.place {
            None => (0, 0),
            Some((span, _)) => {
                let name = span.source.name.as_str();
                let file = names.iter().position(|n| *n == name).unwrap_or_else(|| {
                    names.push(name);
                    names.len() - 1
                });
                (file + 1, span.start)
            }
        };
        keyed.push((key, diagnostic));
    }
    keyed.order_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

/// The lines of one source that a diagnostic speaks of.
struct Excerpt<'d> {
    source: &'d Arc<Source>,
    text: &'d str,
    /// The number of its first line.
    first_line: usize,
    marks: Vec<Mark<'d>>,
}

/// A marked piece, in offsets of the excerpt.
struct Mark<'d> {
    range: Range<usize>,
    label: &'d str,
    primary: bool,
}

/// One excerpt per source, that of the main place first.
fn excerpts(diagnostic: &Diagnostic) -> Vec<Excerpt<'_>> {
    let main = diagnostic.place.iter().map(|(span, label)| (span, label, true));
    let others = diagnostic.others.iter().map(|(span, label)| (span, label, false));
    let mut excerpts: Vec<Excerpt> = Vec::new();
    for (span, label, primary) in main.chain(others) {
        let mark = Mark { range: shown_range(span), label, primary };
        match excerpts.iter_mut().find(|e| Arc::ptr_eq(e.source, &span.source)) {
            Some(excerpt) => excerpt.marks.push(mark),
            None => excerpts.push(Excerpt {
                source: &span.source,
                text: &span.source.text,
                first_line: 1,
                marks: vec![mark],
            }),
        }
    }
    excerpts.into_iter().map(Excerpt::cut).collect()
}

impl<'d> Excerpt<'d> {
    /// Only the lines between the first and the last mark: files may be large.
    fn cut(mut self) -> Self {
        let text = self.text;
        let from = self.marks.iter().map(|m| m.range.start).min().unwrap_or(0);
        let to = self.marks.iter().map(|m| m.range.end).max().unwrap_or(0);
        let start = text[..from].rfind('\n').map_or(0, |at| at + 1);
        let end = text[to..].find('\n').map_or(text.len(), |at| to + at);
        self.first_line = text[..start].matches('\n').count() + 1;
        self.text = text[start..end].trim_end_matches('\r');
        for mark in &mut self.marks {
            let within = |at: usize| (at - start).min(self.text.len());
            mark.range = within(mark.range.start)..within(mark.range.end);
        }
        self
    }
}

/// What is underlined of a piece: its first line, and never beyond the text.
fn shown_range(span: &Span) -> Range<usize> {
    let text = &*span.source.text;
    let mut start = text.floor_char_boundary(span.start as usize);
    let end = text.floor_char_boundary(span.end as usize).max(start);
    if start == text.len() {
        // Behind the last line there is nothing to point at.
        start = text.trim_end_matches(['\n', '\r']).len();
        return start..start;
    }
    let line = text[start..end].find('\n').map_or(end, |at| start + at);
    let shown = text[start..line].trim_end();
    start..start + shown.len()
}

fn renderer(color: bool) -> Renderer {
    if !color {
        return Renderer::plain();
    }
    let width = console::Term::stderr().size_checked().map(|(_, columns)| columns as usize);
    Renderer::styled().term_width(width.unwrap_or(DEFAULT_TERM_WIDTH).max(MIN_WIDTH))
}

/// A text of the user's without what a terminal would obey.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAY: &str = "- hosts: all\n  tasks:\n  - copy:\n      pth: /etc/motd\n";

    fn span(source: &Arc<Source>, piece: &str) -> Span {
        let start = source.text.find(piece).unwrap() as u32;
        Span::new(source, start, start + piece.len() as u32)
    }

    fn unknown_option() -> Diagnostic {
        let source = Source::new("site.yml", PLAY);
        Diagnostic::error("unknown-option", "unknown option `pth` of module `copy`")
            .at(&span(&source, "pth"), "not an option of `copy`")
            .hint("did you mean `path`?")
    }

    #[test]
    fn an_error_is_drawn_with_its_line_and_hint() {
        let wanted = "\
error: unknown option `pth` of module `copy`
 --> site.yml:4:7
  |
4 |       pth: /etc/motd
  |       ^^^ not an option of `copy`
  |
hint: did you mean `path`?";
        assert_eq!(render(&unknown_option(), false), wanted);
    }

    #[test]
    fn other_places_are_drawn_in_their_files() {
        let (here, there) = (Source::new("a.yml", "x: 1\ny: 2\nx: 3\n"), Source::new("b.yml", "z: 1\n"));
        let last = Span::new(&here, 10, 11);
        let drawn = render(
            &Diagnostic::warning("w", "twice")
                .at(&last, "again")
                .also(&span(&here, "x"), "first")
                .also(&span(&there, "z"), "and here"),
            false,
        );
        let wanted = "\
warning: twice
 --> a.yml:3:1
  |
1 | x: 1
  | - first
2 | y: 2
3 | x: 3
  | ^ again
  |
 ::: b.yml:1:1
  |
1 | z: 1
  | - and here";
        assert_eq!(drawn, wanted);
    }

    #[test]
    fn without_a_place_there_is_no_snippet() {
        let drawn = render(&Diagnostic::error("e", "no inventory").hint("use `-i`"), false);
        assert_eq!(drawn, "error: no inventory\nhint: use `-i`");
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_caret_in_place() {
        let source = Source::new("t", "\t漢字: wrong\n");
        let drawn = render(&Diagnostic::error("e", "m").at(&span(&source, "wrong"), "here"), false);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[3], "1 |     漢字: wrong");
        assert_eq!(lines[4], "  |           ^^^^^ here");
    }

    #[test]
    fn only_the_first_line_of_a_long_piece_is_marked() {
        let source = Source::new("t", "a:\n  b: 1\n  c: 2\nd: 3\n");
        let drawn = render(&Diagnostic::error("e", "m").at(&Span::new(&source, 0, 19), ""), false);
        assert_eq!(drawn, "error: m\n --> t:1:1\n  |\n1 | a:\n  | ^^");
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let source = Source::new("t", format!("{}wrong{}\n", "x ".repeat(500), " y".repeat(500)));
        let drawn = render(&Diagnostic::error("e", "m").at(&span(&source, "wrong"), "here"), false);
        assert!(drawn.contains("wrong") && drawn.lines().all(|l| l.chars().count() < 200), "{drawn}");
    }

    #[test]
    fn all_are_drawn_in_the_order_of_the_text_once_each_and_counted() {
        let source = Source::new("t", "a\nb\n");
        let at = |piece: &str, message: &str| Diagnostic::error("e", message).at(&span(&source, piece), "");
        let warning = Diagnostic::warning("w", "third");
        let all = Diagnostics(vec![at("b", "second"), at("a", "first"), at("a", "first"), warning]);
        let drawn = render_all(&all, false);
        let places: Vec<usize> =
            ["third", "first", "second"].iter().map(|m| drawn.find(m).unwrap()).collect();
        assert!(places.is_sorted(), "{drawn}");
        assert!(drawn.ends_with("\n\n2 errors, 1 warning"), "{drawn}");
        assert_eq!(render_all(&Diagnostics::default(), false), "");
    }

    #[test]
    fn colour_only_when_asked_for() {
        assert!(!render(&unknown_option(), false).contains('\u{1b}'));
        assert!(render(&unknown_option(), true).contains("\u{1b}["));
    }

    #[test]
    fn nothing_a_file_holds_reaches_the_terminal_raw() {
        let source = Source::new("t\u{1b}[2J", "a: \u{1b}[31mred\r\n");
        let diagnostic = Diagnostic::error("e", "m \u{1b}[0m")
            .at(&span(&source, "red"), "l \u{1b}[0m")
            .hint("h \u{1b}[0m");
        assert!(!render(&diagnostic, false).contains('\u{1b}'), "{:?}", render(&diagnostic, false));
    }

    #[test]
    fn no_span_makes_it_panic() {
        for text in ["", "\n", "a", "a\n", "ü\n\n", "a\r\nb\r\n", "\u{feff}a\n\tb", "漢\n字"] {
            let source = Source::new("t", text);
            for start in 0..9 {
                for end in 0..9 {
                    let span = Span::new(&source, start, end);
                    render(&Diagnostic::error("e", "m").at(&span, "x").also(&span, "y"), false);
                    span.text();
                    span.position();
                }
            }
        }
    }
}
