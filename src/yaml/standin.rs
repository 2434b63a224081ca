//! Characters that libyaml escapes and libyaml-safer's emitter does not, and the other way
//! round: others stand in for them while the text is written.

use std::borrow::Cow;

/// Characters that are always escaped, and their escapes: as wide as `\U0001F600`, so that
/// lines break where they should.
const ESCAPED: [(&str, &str); 2] = [("\u{fffe}\u{80}", "\\uFFFE\\x80"), ("\u{ffff}\u{80}", "\\uFFFF\\x80")];

/// Taken for a byte order mark by libyaml-safer 0.3, and so escaped in double quotes.
const MISTAKEN: char = '\u{7eff}';

/// What stands in for characters of one text.
#[derive(Default)]
pub(super) struct StandIn {
    /// For characters beyond the first plane; `None` where there are none, or where a text
    /// holds the very escape that is looked for.
    beyond: Option<(&'static str, &'static str)>,
    replaced: Vec<char>,
    /// For the mistaken character.
    mistaken: Option<char>,
}

impl StandIn {
    /// Chooses stand-ins that none of the texts holds already.
    pub(super) fn for_texts(visit_all: impl Fn(&mut dyn FnMut(&str))) -> Self {
        let (mut beyond, mut mistaken) = (false, false);
        visit_all(&mut |text| {
            beyond |= text.chars().any(is_beyond);
            mistaken |= text.contains(MISTAKEN);
        });
        let is_free = |pieces: &[&str]| {
            let mut free = true;
            visit_all(&mut |text| free &= !pieces.iter().any(|piece| text.contains(piece)));
            free
        };
        let escaped = || ESCAPED.into_iter().find(|(stand_in, escape)| is_free(&[stand_in, escape]));
        let private = || ('\u{e000}'..'\u{e100}').find(|c| is_free(&[c.encode_utf8(&mut [0; 4])]));
        Self {
            beyond: beyond.then(escaped).flatten(),
            replaced: Vec::new(),
            mistaken: mistaken.then(private).flatten(),
        }
    }

    /// The text with stand-ins; to be called in the order of writing.
    pub(super) fn replaced<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(|c| is_beyond(c) || c == MISTAKEN) {
            return Cow::Borrowed(text);
        }
        let mut replaced = String::new();
        for c in text.chars() {
            match (self.beyond, self.mistaken) {
                (Some((stand_in, _)), _) if is_beyond(c) => {
                    self.replaced.push(c);
                    replaced.push_str(stand_in);
                }
                (_, Some(stand_in)) if c == MISTAKEN => replaced.push(stand_in),
                _ => replaced.push(c),
            }
        }
        Cow::Owned(replaced)
    }

    /// What was written, with the characters themselves or their escapes.
    pub(super) fn restored(&self, mut written: String) -> String {
        if let Some(stand_in) = self.mistaken {
            written = written.replace(stand_in, MISTAKEN.encode_utf8(&mut [0; 4]));
        }
        let Some((_, escape)) = self.beyond else { return written };
        let mut pieces = written.split(escape);
        let mut text = pieces.next().unwrap_or("").to_string();
        for (c, piece) in self.replaced.iter().zip(pieces) {
            text.push_str(&format!("\\U{:08X}{piece}", *c as u32));
        }
        text
    }
}

fn is_beyond(c: char) -> bool {
    c > '\u{ffff}'
}
