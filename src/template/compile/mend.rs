//! What Jinja2 reads otherwise than minijinja's parser, rewritten before parsing: a
//! unary plus, `do` with something that is no call (it always becomes one: `do (x)()`), and
//! tuples without brackets.
//! Offsets lead back to the user's text.

use std::borrow::Cow;
use std::ops::Range;

use baton_modules::sorting::Sorting;
use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

use super::super::tree::At;

/// A text fit for the parser, and the way back to the user's.
pub(super) struct Mended {
    pub text: String,
    /// Where something was inserted: offset in `text`, and how many bytes.
    inserted: Vec<(u32, u32)>,
}

impl Mended {
    /// The offsets in the user's text.
    pub(super) fn original(&self, at: At) -> At {
        At { start: self.back(at.start), end: self.back(at.end) }
    }

    fn back(&self, offset: u32) -> u32 {
        let before = self.inserted.iter().take_while(|(start, _)| *start < offset);
        offset - before.map(|(start, length)| (*length).min(offset - start)).sum::<u32>()
    }
}

/// Mends a template.
pub(super) fn template(text: &str, config: &SyntaxConfig) -> Mended {
    let text = &*plain_blanks(text, |text| Tokenizer::new(text, "template", false, config.clone()));
    let raw = if config.trim_blocks() { raw_tags(text, config) } else { Vec::new() };
    if raw.is_empty() && !text.contains("do") && !text.contains(['+', ',']) {
        return Mended { text: text.to_owned(), inserted: Vec::new() };
    }
    mend(text, Tokenizer::new(text, "template", false, config.clone()), raw)
}

/// The ends of `{% raw %}` tags: the line break behind them stays, which a `+` says.
fn raw_tags<'t>(text: &str, config: &SyntaxConfig) -> Vec<(usize, &'t str)> {
    let (open, close) = config.block_delimiters();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(open) {
        at += start + open.len();
        let inner = text[at..].trim_start_matches(['-', '+']).trim_start();
        let Some(rest) = inner.strip_prefix("raw") else { continue };
        if rest.trim_start().starts_with(close) {
            let end = text.len() - rest.trim_start().len();
            found.push((end, "+"));
            at = text[end..].find("endraw").map_or(text.len(), |next| end + next);
        }
    }
    found
}

/// Mends a bare expression.
pub(super) fn expression(text: &str) -> Mended {
    let text = &*plain_blanks(text, |text| Tokenizer::new(text, "expression", true, SyntaxConfig::default()));
    if !text.contains('+') {
        return Mended { text: text.to_owned(), inserted: Vec::new() };
    }
    mend(text, Tokenizer::new(text, "expression", true, SyntaxConfig::default()), Vec::new())
}

/// With plain blanks where an expression has others, as Python takes them all for blanks; nothing moves by it.
fn plain_blanks<'t>(text: &'t str, tokens: impl for<'a> Fn(&'a str) -> Tokenizer<'a>) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    if text.is_ascii() || !text.contains(is_other_blank) {
        return text;
    }
    while let Some(blank) = refused_blank(&text, tokens(&text)) {
        let plain = " ".repeat(blank.len());
        text.to_mut().replace_range(blank, &plain);
    }
    text
}

fn is_other_blank(letter: char) -> bool {
    !letter.is_ascii() && letter.is_whitespace()
}

/// The blank at which the tokenizer ends, if it does not get through.
fn refused_blank(text: &str, mut tokens: Tokenizer<'_>) -> Option<Range<usize>> {
    let mut end = 0;
    loop {
        match tokens.next_token() {
            Ok(Some((_, span))) => end = span.end_offset as usize,
            Ok(None) => return None,
            Err(_) => break,
        }
    }
    let rest = text.get(end..)?.trim_ascii_start();
    let blank = rest.chars().next().filter(|letter| is_other_blank(*letter))?;
    let start = text.len() - rest.len();
    Some(start..start + blank.len_utf8())
}

fn mend(text: &str, mut tokens: Tokenizer<'_>, mut insertions: Vec<(usize, &str)>) -> Mended {
    let mut bytes = text.as_bytes().to_vec();
    let (mut operand_before, mut in_do, mut statement_start) = (false, false, false);
    let mut tuple = Tuple::default();
    let mut last = 0;
    while let Ok(Some((token, span))) = tokens.next_token() {
        match &token {
            Token::Plus if !operand_before => bytes[span.start_offset as usize] = b' ',
            Token::Ident("do") if statement_start => {
                in_do = true;
                insertions.push((span.end_offset as usize, " ("));
            }
            Token::BlockEnd if in_do => {
                in_do = false;
                insertions.push((last, ")()"));
            }
            _ => {}
        }
        if let Some(start) = tuple.ended_by(&token, statement_start, span.end_offset as usize) {
            insertions.extend([(start, "("), (last, ")")]);
        }
        statement_start = matches!(token, Token::BlockStart);
        last = span.end_offset as usize;
        operand_before = ends_operand(&token);
    }
    insertions.order_by_key(|(at, _)| *at);
    rebuild(bytes, &insertions)
}

/// Where values may stand side by side: in `{{ … }}`, behind the `=` of `set` and the `in` of `for`.
#[derive(Default)]
struct Tuple {
    start: usize,
    depth: usize,
    commas: bool,
    sets: bool,
    loops: bool,
}

impl Tuple {
    /// Where the values begin, once this token ends several.
    fn ended_by(&mut self, token: &Token<'_>, statement_start: bool, end: usize) -> Option<usize> {
        match token {
            Token::VariableStart => *self = Self { start: end, ..Self::default() },
            Token::Ident("set") if statement_start => *self = Self { sets: true, ..Self::default() },
            Token::Ident("for") if statement_start => *self = Self { loops: true, ..Self::default() },
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => self.depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                self.depth = self.depth.saturating_sub(1);
            }
            Token::Assign if self.sets && self.depth + self.start == 0 => self.start = end,
            Token::Ident("in") if self.loops && self.depth + self.start == 0 => self.start = end,
            Token::Ident("if" | "recursive") if self.loops && self.depth == 0 => return self.end(),
            Token::Comma if self.depth == 0 && self.start > 0 => self.commas = true,
            Token::VariableEnd | Token::BlockEnd => return self.end(),
            _ => {}
        }
        None
    }

    fn end(&mut self) -> Option<usize> {
        let ended = std::mem::take(self);
        ended.commas.then_some(ended.start)
    }
}

/// Whether an operator after this token has two operands.
fn ends_operand(token: &Token<'_>) -> bool {
    match token {
        Token::Ident(word) => {
            !matches!(*word, "and" | "or" | "not" | "in" | "is" | "if" | "else" | "elif" | "do" | "set")
        }
        Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => true,
        Token::BracketClose | Token::ParenClose | Token::BraceClose => true,
        _ => false,
    }
}

fn rebuild(bytes: Vec<u8>, insertions: &[(usize, &str)]) -> Mended {
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + insertions.len() * 4);
    let mut inserted = Vec::new();
    let mut done = 0;
    for (offset, words) in insertions {
        out.push_str(&text[done..*offset]);
        done = *offset;
        inserted.push((out.len() as u32, words.len() as u32));
        out.push_str(words);
    }
    out.push_str(&text[done..]);
    Mended { text: out, inserted }
}
