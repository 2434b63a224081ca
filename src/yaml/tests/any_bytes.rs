//! Whatever the bytes are: reading ends, does not panic, and all places lie in the text.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

use super::*;

const PIECES: [&str; 56] = [
    "\n", "\n", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "- ", "-", ": ", ":", "a", "b", "key", "key: ",
    "tasks:", "\"", "'", "[", "]", "{", "}", "{{", "}}", "{%", ",", "#", " #", "&x ", "*x", "*", "!",
    "!vault ", "!!int ", "|", ">", ">-", "|2", "\t", "\r\n", "\r", "---", "...", "%YAML", "?", "? ", "<<: ",
    "@", "`", "\\", "\u{feff}", "ü", "\u{85}", "\u{2028}", "\u{1}", "漢",
];

fn check(text: &str) {
    let (nodes, diagnostics) = read_text(text);
    for node in &nodes {
        check_spans(node);
    }
    for diagnostic in &diagnostics.0 {
        for (span, _) in diagnostic.place.iter().chain(&diagnostic.others) {
            check_span(span, text);
        }
        crate::diagnostic::render(diagnostic, false);
    }
}

fn check_spans(node: &Node) {
    check_span(&node.span, &node.span.source.text);
    match &node.value {
        Yaml::Seq(items) => items.iter().for_each(check_spans),
        Yaml::Map(map) => map.iter().chain(&map.shadowed).for_each(|(k, v)| {
            check_spans(k);
            check_spans(v);
        }),
        _ => {}
    }
}

fn check_span(span: &crate::diagnostic::Span, text: &str) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(text.get(start..end).is_some(), "{start}..{end} of {} in {text:?}", text.len());
}

#[test]
fn texts_of_yamls_own_pieces() {
    let mut rng = StdRng::seed_from_u64(7);
    for _ in 0..1500 {
        let length = rng.random_range(1..30);
        let text: String = (0..length).filter_map(|_| PIECES.choose(&mut rng)).copied().collect();
        check(&text);
    }
}

#[test]
fn any_bytes_at_all() {
    let mut rng = StdRng::seed_from_u64(8);
    for _ in 0..800 {
        let mut bytes = vec![0u8; rng.random_range(0..80)];
        rng.fill_bytes(&mut bytes);
        check(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_playbook_with_pieces_cut_out_and_put_in() {
    let mut rng = StdRng::seed_from_u64(9);
    for _ in 0..150 {
        let mut text: Vec<char> = syntax::TYPICAL.chars().collect();
        for _ in 0..rng.random_range(1..4) {
            let start = rng.random_range(0..text.len());
            let end = (start + rng.random_range(0..4)).min(text.len());
            let piece = PIECES.choose(&mut rng).copied().unwrap_or_default();
            text.splice(start..end, piece.chars());
        }
        check(&text.into_iter().collect::<String>());
    }
}
