use super::*;

fn is_match(source: &str, line: &str) -> bool {
    Pattern::new(source).unwrap().is_match(line.as_bytes())
}

#[test]
fn the_end_is_before_a_last_newline_too() {
    assert!(is_match("foo$", "foo\n"));
    assert!(is_match("^$", "\n"));
    assert!(is_match(r"foo\Z", "foo"));
    assert!(!is_match("foo$", "foo\r\n"));
    assert!(is_match(r"^\s", "\n"));
}

#[test]
fn what_is_literal_in_python_is_literal() {
    assert!(is_match("a{b}", "a{b}"));
    assert!(is_match("a{,2}$", "aa"));
    assert!(is_match("^a{2,}$", "aaa"));
    assert!(is_match("[[]x", "[x"));
    assert!(is_match("[]a]", "]"));
    assert!(is_match("[a&&b]", "&"));
    assert!(is_match(r"\<x\>", "<x>"));
    assert!(is_match(r"(?#why)x\-y\ z", "x-y z"));
    assert!(is_match("(?ai)X", "x"));
    assert!(is_match("(?a)x", "x"));
}

#[test]
fn look_around_and_back_references_are_found() {
    assert!(is_match("^Port (?!22)", "Port 80\n"));
    assert!(!is_match("^Port (?!22)", "Port 22\n"));
    assert!(is_match(r"(a|b)-\1", "b-b"));
    assert!(is_match(r"(?P<x>a|b)-(?P=x)", "a-a"));
}

#[test]
fn templates_are_filled_in() {
    let groups = Pattern::new(r"(?P<key>\w+)=(\d+)(;)?").unwrap().captures(b"port=80\n").unwrap();
    let expand = |template| groups.expand(template).map(|b| String::from_utf8(b).unwrap());
    assert_eq!(expand(r"\g<key>: \2\3\n\\.\g<0>").unwrap(), "port: 80\n\\.port=80");
    assert!(expand(r"\4").is_err());
    assert!(expand(r"\s").is_err());
}

#[test]
fn every_match_is_replaced() {
    let replace = |source, text: &str, with| {
        let (out, count) =
            Pattern::new(source).unwrap().multiline().unwrap().replace_all(text.as_bytes(), with).unwrap();
        (String::from_utf8(out).unwrap(), count)
    };
    assert_eq!(replace("^a$", "a\nb\na", "c"), ("c\nb\nc".to_owned(), 2));
    assert_eq!(replace("x*", "ab", "-"), ("-a-b-".to_owned(), 3));
    assert_eq!(replace("(?<=a)b", "ab b", r"<\g<0>>"), ("a<b> b".to_owned(), 1));
}

#[test]
fn a_bad_expression_is_said_in_words() {
    let error = Pattern::new("(a").unwrap_err().message;
    assert!(error.starts_with("`(a` is not a regular expression: "), "{error}");
}

#[test]
fn bytes_that_are_not_text_are_kept() {
    let pattern = Pattern::new("(?<=a)b").unwrap();
    assert_eq!(pattern.replace_all(b"\xff ab \xfe", "c").unwrap(), (b"\xff ac \xfe".to_vec(), 1));
    assert_eq!(Pattern::new("b").unwrap().replace_all(b"\xffb", "c").unwrap().0, b"\xffc");
}
