//! Ports in their short form: `[[address:]published:]target[/protocol]`, with ranges.

use serde_json::{Value, json};

/// The ports of one entry: as many as a range has.
pub(super) fn port(text: &str) -> Result<Vec<Value>, String> {
    let wrong = || format!("expected a port as `8080:80` or `127.0.0.1:8080:80/tcp`, found `{text}`");
    let (body, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    if !["tcp", "udp", "sctp"].contains(&protocol) {
        return Err(wrong());
    }
    let (rest, target) = body.rsplit_once(':').unwrap_or(("", body));
    let (address, published) = match rest.strip_prefix('[') {
        Some(inner) => {
            inner.split_once(']').map(|(ip, port)| (ip, port.trim_start_matches(':'))).ok_or_else(wrong)?
        }
        None => rest.rsplit_once(':').unwrap_or(("", rest)),
    };
    let targets = range(target).ok_or_else(wrong)?;
    let outer = if published.is_empty() { None } else { Some(range(published).ok_or_else(wrong)?) };
    let count = targets.1 - targets.0;
    if !address.is_empty() && address.parse::<std::net::IpAddr>().is_err() {
        return Err(wrong());
    }
    if outer.is_some_and(|(first, last)| last - first != count && count != 0) {
        return Err(format!("the ranges of `{text}` are not equally long"));
    }
    let each = |step: u32| {
        let mut port = json!({"target": targets.0 + step, "protocol": protocol, "mode": "ingress"});
        match outer {
            // One port of a range, whichever is free.
            Some((first, last)) if count == 0 && first != last => {
                port["published"] = format!("{first}-{last}").into()
            }
            Some((first, _)) => port["published"] = (first + step).to_string().into(),
            None => {}
        }
        if !address.is_empty() {
            port["host_ip"] = address.into();
        }
        port
    };
    Ok((0..=count).map(each).collect())
}

fn range(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse::<u16>().ok().map(u32::from);
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let word = |port: &Value, name: &str| port[name].as_str().unwrap_or("").to_owned();
        let one = |port: &Value| {
            format!(
                "{}|{}>{}/{}",
                word(port, "host_ip"),
                word(port, "published"),
                port["target"],
                word(port, "protocol")
            )
        };
        port(text).map_or_else(|error| error, |ports| ports.iter().map(one).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn short_ports_have_addresses_ranges_and_protocols() {
        assert_eq!(shown("80"), "|>80/tcp");
        assert_eq!(shown("8080:80/udp"), "|8080>80/udp");
        assert_eq!(shown("127.0.0.1:8080:80"), "127.0.0.1|8080>80/tcp");
        assert_eq!(shown("127.0.0.1::80"), "127.0.0.1|>80/tcp");
        assert_eq!(shown("[::1]:8080:80"), "::1|8080>80/tcp");
        assert_eq!(shown("9000-9001:80-81"), "|9000>80/tcp |9001>81/tcp");
        assert_eq!(shown("9000-9009:80"), "|9000-9009>80/tcp");
        assert_eq!(shown("9000-9002:80-81"), "the ranges of `9000-9002:80-81` are not equally long");
        for wrong in ["http", "80:http", "80/icmp", "99999:80", "x:1:2", "81-80"] {
            assert!(shown(wrong).starts_with("expected a port"), "{wrong}");
        }
    }
}
