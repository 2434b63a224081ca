//! Texts the parser (libyaml-safer 0.3) panics at, and how they are made harmless: a tag
//! right before a comma in a flow collection, as in `[!unsafe, x]`, gets a blank behind it.

use std::io::BufReader;

use libyaml_safer::{Scanner, TokenData};

/// How many bytes may be looked at again; beyond it every suspect is changed.
const MAX_BYTES: usize = 32 << 20;

/// The first offset from `from` on where a blank must be put in.
pub(super) fn tag_before_comma(text: &str, from: usize, budget: &mut usize) -> Option<usize> {
    text[from..].match_indices('!').map(|(at, _)| from + at).find_map(|at| {
        let end = at + tag_length(&text[at..]);
        if !text[end..].starts_with(',') {
            return None;
        }
        *budget = budget.saturating_add(at);
        (*budget > MAX_BYTES || is_tag_in_flow(text, at)).then_some(end)
    })
}

/// The length of the tag that a `!` would begin.
fn tag_length(text: &str) -> usize {
    let uri = |c: char| c.is_ascii_alphanumeric() || "_-;/?:@&=+$.%!~*'()".contains(c);
    if let Some(verbatim) = text.strip_prefix("!<") {
        let end = verbatim.find(|c| !uri(c) && !",[]".contains(c)).unwrap_or(verbatim.len());
        return 2 + end + usize::from(verbatim[end..].starts_with('>'));
    }
    text.find(|c| !uri(c)).unwrap_or(text.len())
}

/// Whether the `!` at an offset begins a tag within brackets: told by what stands before it.
fn is_tag_in_flow(text: &str, at: usize) -> bool {
    let before = format!("{}!x \n", &text[..at]);
    let mut scanner = Scanner::new();
    scanner.set_encoding(libyaml_safer::Encoding::Utf8);
    scanner.set_input(BufReader::new(before.as_bytes()));
    let mut depth = 0usize;
    for token in scanner.map_while(Result::ok) {
        match token.data {
            TokenData::FlowSequenceStart | TokenData::FlowMappingStart => depth += 1,
            TokenData::FlowSequenceEnd | TokenData::FlowMappingEnd => depth = depth.saturating_sub(1),
            TokenData::Tag { .. } if token.start_mark.index as usize == at => return depth > 0,
            _ => {}
        }
    }
    false
}
