//! Host names with ports: `host:22`, `[::1]:2222`, `web[1:3]:22`.

use std::sync::LazyLock;

use regex::Regex;

/// A host name as written, without its port, and the port.
pub(super) fn split_port(text: &str) -> (&str, Option<u16>) {
    if !text.contains(':') {
        return (text, None);
    }
    match port_of(text) {
        Some((host, port)) if is_host(host) => (host, Some(port)),
        _ => (text, None),
    }
}

/// Whether the text is one host, perhaps with ranges and a port, and not several patterns.
pub(super) fn is_one_host(text: &str) -> bool {
    is_host(port_of(text).map_or(text, |(host, _)| host))
}

fn port_of(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let port = port.parse().ok()?;
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).filter(|h| !h.is_empty());
    match bracketed {
        Some(inner) => Some((inner, port)),
        None => colons_are_in_brackets(host).then_some((host, port)),
    }
}

fn colons_are_in_brackets(text: &str) -> bool {
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '[' if !inside => inside = true,
            ']' if inside => inside = false,
            ':' | ']' if !inside => return false,
            _ => {}
        }
    }
    !inside
}

/// An IPv4 or IPv6 address or a host name; ranges may stand for parts of it.
fn is_host(text: &str) -> bool {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let range = r"\[(?:[0-9]*:[0-9]+|[A-Za-z]:[A-Za-z])(?::[0-9]+)?\]";
        let label = format!(r"(?:(?:\w|{range})(?:[\w-]|{range})*(?:[^\W_]|{range})|[^\W_]|{range})");
        Regex::new(&format!(r"^{label}(?:\.{label})*$")).ok()
    });
    static HEX_RANGE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\[[0-9A-Fa-f]*:[0-9A-Fa-f]+(?::[0-9]+)?\]").ok());
    if NAME.as_ref().is_some_and(|name| name.is_match(text)) {
        return true;
    }
    // A range stands where one component of the address would.
    let plain = HEX_RANGE.as_ref().map_or(text.into(), |range| range.replace_all(text, "0"));
    plain.parse::<std::net::Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_split_from_names_and_addresses() {
        let table = [
            ("web", ("web", None)),
            ("web:22", ("web", Some(22))),
            ("10.0.0.1:2222", ("10.0.0.1", Some(2222))),
            ("[::1]:22", ("::1", Some(22))),
            ("::1", ("::1", None)),
            ("fe80::1:22", ("fe80::1:22", None)),
            ("web[1:3]:22", ("web[1:3]", Some(22))),
            ("web[1:3]", ("web[1:3]", None)),
            ("[2001:db8::[1:3]]:22", ("2001:db8::[1:3]", Some(22))),
            ("web:", ("web:", None)),
            ("-bad-:22", ("-bad-:22", None)),
        ];
        for (text, expected) in table {
            assert_eq!(split_port(text), expected, "{text}");
        }
    }

    #[test]
    fn one_host_is_told_from_several_patterns() {
        for text in ["web", "web[0:2]", "::1", "[::1]:22", "a.b:22"] {
            assert!(is_one_host(text), "{text}");
        }
        for text in ["web:db", "web:&prod", "web:!db[0]", "a*", "~x"] {
            assert!(!is_one_host(text), "{text}");
        }
    }
}
