//! Python literals, as INI inventories have them: `1`, `0x1f`, `True`, `['a', 2]`.

use crate::diagnostic::Span;
use crate::template::Value;

/// The value a Python literal stands for; `None` when the text is not one (and so a plain string).
/// Strings inside get their template markers noticed, at `place`.
pub(super) fn literal(text: &str, place: Option<&Span>) -> Option<Value> {
    let first = text.trim_start_matches([' ', '\t']).chars().next()?;
    if !(first.is_ascii_digit() || "'\"[({+-.TFNbBrRuUs".contains(first)) {
        return None;
    }
    let mut reader = Reader { text, at: 0, place, depth: 0 };
    let value = reader.value()?;
    reader.blanks();
    reader.text[reader.at..].is_empty().then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Option<&'a Span>,
    /// How many brackets are open.
    depth: usize,
}

/// Deeper nesting is not read; nobody writes it and it would cost the stack.
const DEEPEST: usize = 100;

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        loop {
            let inside = self.depth > 0;
            let skip = self.rest().len()
                - self
                    .rest()
                    .trim_start_matches(|c| c == ' ' || c == '\t' || c == '\x0c' || inside && c == '\n')
                    .len();
            self.at += skip;
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self) -> Option<Value> {
        let value = self.element()?;
        // A comma without brackets makes a tuple too.
        if self.depth > 0 || !self.eat(",") {
            return Some(value);
        }
        let mut items = vec![value];
        loop {
            self.blanks();
            if self.rest().is_empty() {
                return Some(Value::list(items));
            }
            items.push(self.element()?);
            if !self.eat(",") {
                return Some(Value::list(items));
            }
        }
    }

    fn element(&mut self) -> Option<Value> {
        self.blanks();
        match self.rest().chars().next()? {
            '.' if self.depth > 0 && self.eat("...") => Some(Value::str("...")),
            '[' => self.items("]").map(|(items, _)| Value::list(items)),
            '(' => self.items(")").map(|(mut items, comma)| match items.len() {
                1 if !comma => items.remove(0),
                _ => Value::list(items),
            }),
            '{' => self.braces(),
            's' => self.eat("set()").then(|| Value::list([])),
            c if c.is_ascii_digit() || "+-.".contains(c) => self.number(),
            _ => self.word(),
        }
    }

    /// Items up to the closing bracket, and whether a comma stood among them.
    fn items(&mut self, close: &str) -> Option<(Vec<Value>, bool)> {
        self.open()?;
        let mut items = Vec::new();
        let mut comma = false;
        while !self.eat(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.element()?);
            comma = self.eat(",");
        }
        self.depth -= 1;
        Some((items, comma))
    }

    fn open(&mut self) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        (self.depth < DEEPEST).then_some(())
    }

    /// A dictionary, or a set, which counts as a list.
    fn braces(&mut self) -> Option<Value> {
        let start = self.at;
        self.open()?;
        if self.eat("}") {
            self.depth -= 1;
            return Some(Value::map([]));
        }
        let mut entries = Vec::new();
        let mut comma = true;
        while !self.eat("}") {
            let key = self.element().filter(|_| comma)?;
            if !self.eat(":") {
                self.at = start;
                self.depth -= 1;
                let (mut items, _) = self.items("}")?;
                items = items
                    .iter()
                    .enumerate()
                    .filter(|(n, v)| !items[..*n].contains(v))
                    .map(|(_, v)| v.clone())
                    .collect();
                return entries.is_empty().then(|| Value::list(items));
            }
            entries.push((key, self.element()?));
            comma = self.eat(",");
        }
        self.depth -= 1;
        Some(Value::map(entries))
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest().find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::None,
            _ => return self.string(),
        };
        self.at += end;
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let mut negative = false;
        while let Some(sign @ ('+' | '-')) = self.rest().chars().next() {
            negative ^= sign == '-';
            self.at += 1;
            self.blanks();
        }
        let mut end = 0;
        let bytes = self.rest().as_bytes();
        let hex = bytes.first() == Some(&b'0') && matches!(bytes.get(1), Some(b'x' | b'X'));
        while let Some(byte) = bytes.get(end) {
            let exponent =
                !hex && end > 0 && matches!(byte, b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E');
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || exponent) {
                break;
            }
            end += 1;
        }
        let written = &self.rest()[..end];
        if self.depth > 0 && written.ends_with(['j', 'J']) && number(&written[..end - 1]).is_some() {
            // ansible: what YAML has no word for is left as it is written.
            let sign = if negative { "-" } else { "" };
            let value = Value::from(format!("{sign}{written}"));
            self.at += end;
            return Some(value);
        }
        let value = number(written)?;
        self.at += end;
        Some(match value {
            Value::Int(i) if negative => Value::Int(-i),
            Value::Float(f) if negative => Value::Float(-f),
            other => other,
        })
    }

    /// One or more string literals side by side.
    fn string(&mut self) -> Option<Value> {
        let mut text = String::new();
        let mut any = false;
        loop {
            self.blanks();
            let prefix_end = self.rest().find(['\'', '"']).filter(|n| *n <= 2);
            let prefix = prefix_end.map(|n| self.rest()[..n].to_ascii_lowercase());
            match prefix.as_deref() {
                Some(p @ ("" | "u" | "b" | "r" | "br" | "rb")) => {
                    self.at += p.len();
                    self.quoted(p.contains('r'), p.contains('b'), &mut text)?;
                    any = true;
                }
                _ if any => return Some(Value::text(&text, self.place.cloned())),
                _ => return None,
            }
        }
    }

    fn quoted(&mut self, raw: bool, bytes: bool, text: &mut String) -> Option<()> {
        let quote = self.rest().chars().next()?;
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let close = if self.rest().starts_with(&triple) { triple } else { quote.to_string() };
        self.at += close.len();
        loop {
            if self.rest().starts_with(&close) {
                self.at += close.len();
                return Some(());
            }
            let letter = self.rest().chars().next()?;
            self.at += letter.len_utf8();
            match letter {
                '\\' if raw => {
                    let next = self.rest().chars().next()?;
                    self.at += next.len_utf8();
                    text.extend(['\\', next]);
                }
                '\\' => self.escape(bytes, text)?,
                '\n' if close.len() == 1 => return None,
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, bytes: bool, text: &mut String) -> Option<()> {
        let letter = self.rest().chars().next()?;
        self.at += letter.len_utf8();
        let plain = match letter {
            '\n' => return Some(()),
            '\\' | '\'' | '"' => letter,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'v' => '\x0b',
            '0'..='7' => {
                let digits = self.rest().bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let code = u32::from_str_radix(&self.text[self.at - 1..self.at + digits], 8).ok()?;
                self.at += digits;
                char::from_u32(code)?
            }
            'x' => self.code(2)?,
            'u' if !bytes => self.code(4)?,
            'U' if !bytes => self.code(8)?,
            // Python keeps the backslash of an escape it does not know.
            other => {
                text.push('\\');
                other
            }
        };
        text.push(plain);
        Some(())
    }

    fn code(&mut self, digits: usize) -> Option<char> {
        let code = u32::from_str_radix(self.rest().get(..digits)?, 16).ok()?;
        self.at += digits;
        char::from_u32(code)
    }
}

/// A number as Python writes it; no leading zeros, underscores only between digits.
fn number(text: &str) -> Option<Value> {
    let wrong_underscore = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    let plain = text.replace('_', "").to_ascii_lowercase();
    if wrong_underscore || plain.is_empty() {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = plain.strip_prefix(prefix) {
            return i128::from_str_radix(digits, radix).ok().map(Value::Int);
        }
    }
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        let zeros = plain.bytes().all(|b| b == b'0');
        return if plain.starts_with('0') && !zeros { None } else { plain.parse().ok().map(Value::Int) };
    }
    let looks = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'));
    if !looks || !plain.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    plain.parse().ok().map(Value::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        literal(text, None).map_or("string".into(), |v| v.to_json().to_string())
    }

    #[test]
    fn literals_are_read_as_python_reads_them() {
        let table = [
            ("1", "1"),
            ("-3", "-3"),
            ("1_000", "1000"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("00", "0"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
            ("True", "true"),
            ("None", "null"),
            ("'a b'", r#""a b""#),
            (r#""a\tb\x41""#, r#""a\tbA""#),
            (r"r'a\n'", r#""a\\n""#),
            ("'a' \"b\"", r#""ab""#),
            ("[1, 'a', [True,]]", r#"[1,"a",[true]]"#),
            ("(1, 2)", "[1,2]"),
            ("(1)", "1"),
            ("(1,)", "[1]"),
            ("1, 2", "[1,2]"),
            ("{'a': 1, 'b': {'c': None}}", r#"{"a":1,"b":{"c":null}}"#),
            ("{1, 2, 1}", "[1,2]"),
            ("{}", "{}"),
            ("1 # note", "1"),
            ("'x' # note", r#""x""#),
        ];
        for (text, expected) in table {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_is_a_plain_string() {
        for text in [
            "true",
            "yes",
            "010",
            "1.2.3.4",
            "1__0",
            "foo",
            "[a]",
            "[1, 2",
            "'a",
            "{'a' 1}",
            "Truely",
            "1 2",
            "10.0.0.0/8",
            "2024-01-01",
            "",
            "-",
            "b",
            "root",
            "[1,,2]",
            "{,}",
            "0x",
            "1e",
        ] {
            assert_eq!(json(text), "string", "{text}");
        }
    }
}
