//! Ports: exposed and published ones from their short forms, ranges too.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use crate::Fail;
use crate::sorting::Sorting;

/// The most ports of one range; more is a slip.
const MOST: usize = 65_536;

/// `80`, `80/udp` and `8000-8010` as `80/tcp`, `80/udp`, `8000/tcp` and so on.
pub(super) fn exposed(port: &str) -> Result<Vec<String>, Fail> {
    let (ports, protocol) = port.trim().split_once('/').unwrap_or((port.trim(), "tcp"));
    Ok(range(ports)?.into_iter().map(|port| format!("{port}/{protocol}")).collect())
}

/// The ports of a number or a range.
fn range(text: &str) -> Result<Vec<u16>, Fail> {
    let wrong = || Fail::new(format!("expected a port or a range of ports, found `{text}`"));
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
    let (first, last) = (number(first)?, number(last)?);
    if last < first { Err(wrong()) } else { Ok((first..=last).take(MOST).collect()) }
}

/// Where a port of the container is to be reached: an address, and a port or range of the host, or none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binding {
    pub(super) address: Option<String>,
    pub(super) port: String,
}

/// The bindings of each port of the container, from their short forms.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Published {
    pub(super) bindings: BTreeMap<String, Vec<Binding>>,
    /// Whether `all` was among them.
    pub(super) all: bool,
}

impl Published {
    /// One more, as `127.0.0.1:8080:80/tcp`.
    pub(super) fn add(&mut self, text: &str) -> Result<(), Fail> {
        if text == "all" {
            self.all = true;
            return Ok(());
        }
        let at = |fail: Fail| Fail::new(format!("published port `{text}`: {}", fail.message));
        let parts = split(text).map_err(at)?;
        let (address, host, container) = match &parts[..] {
            [container] => (None, "", container.as_str()),
            [host, container] => (None, host.as_str(), container.as_str()),
            [address, host, container] => {
                (Some(checked(address).map_err(at)?), host.as_str(), container.as_str())
            }
            _ => return Err(at(Fail::new("expected `address:host port:container port`"))),
        };
        let ports = exposed(container).map_err(at)?;
        let hosts: Vec<String> = match host {
            "" => vec![String::new(); ports.len()],
            // The engine chooses one of the range.
            range if ports.len() == 1 => {
                self::range(range).map_err(at)?;
                vec![range.to_owned()]
            }
            range => self::range(range).map_err(at)?.iter().map(u16::to_string).collect(),
        };
        if hosts.len() != ports.len() {
            return Err(at(Fail::new(format!(
                "{} ports of the host for {} of the container",
                hosts.len(),
                ports.len()
            ))));
        }
        for (container, port) in ports.into_iter().zip(hosts) {
            self.bindings.entry(container).or_default().push(Binding { address: address.clone(), port });
        }
        Ok(())
    }

    /// As the engine takes them, `default` being the address where none was given.
    pub(super) fn engine(&self, default: &str) -> Value {
        let binding = |binding: &Binding| {
            let address = binding.address.as_deref().unwrap_or(default);
            json!({"HostIp": address, "HostPort": binding.port})
        };
        let port = |(port, bindings): (&String, &Vec<Binding>)| {
            (port.clone(), bindings.iter().map(binding).collect::<Value>())
        };
        Value::Object(self.bindings.iter().map(port).collect())
    }
}

/// The parts between colons, an address in brackets being one.
fn split(text: &str) -> Result<Vec<String>, Fail> {
    let Some(rest) = text.strip_prefix('[') else { return Ok(text.split(':').map(str::to_owned).collect()) };
    let (address, rest) = rest.split_once(']').ok_or_else(|| Fail::new("no `]` after `[`"))?;
    let rest = rest.strip_prefix(':').ok_or_else(|| Fail::new("no `:` after `]`"))?;
    Ok(std::iter::once(address).chain(rest.split(':')).map(str::to_owned).collect())
}

/// An address to bind to, which may be without its brackets.
pub(super) fn checked(address: &str) -> Result<String, Fail> {
    let plain = address.trim_start_matches('[').trim_end_matches(']');
    let zone_off = plain.split('%').next().unwrap_or_default();
    match zone_off.parse::<Ipv4Addr>().is_ok() || zone_off.parse::<Ipv6Addr>().is_ok() {
        true => Ok(plain.to_owned()),
        false => Err(Fail::new(format!("expected an IPv4 or IPv6 address, found `{address}`"))),
    }
}

/// An inspection's exposed ports, each with its protocol and ranges told one by one.
pub(super) fn found(exposed_ports: &Value) -> Value {
    let keys = exposed_ports.as_object().into_iter().flatten().map(|(port, _)| port);
    let mut all: Vec<String> =
        keys.flat_map(|port| exposed(port).unwrap_or_else(|_| vec![port.clone()])).collect();
    all.put_in_order();
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(ports: &[&str]) -> Result<Value, String> {
        let mut published = Published::default();
        ports.iter().try_for_each(|port| published.add(port)).map_err(|fail| fail.message)?;
        Ok(published.engine("0.0.0.0"))
    }

    #[test]
    fn short_forms_are_understood() {
        let at = |ip: &str, port: &str| json!([{"HostIp": ip, "HostPort": port}]);
        let cases = [
            ("80", json!({"80/tcp": at("0.0.0.0", "")})),
            ("8080:80/udp", json!({"80/udp": at("0.0.0.0", "8080")})),
            ("127.0.0.1:8080:80", json!({"80/tcp": at("127.0.0.1", "8080")})),
            ("127.0.0.1::80", json!({"80/tcp": at("127.0.0.1", "")})),
            ("[::1]:8080:80", json!({"80/tcp": at("::1", "8080")})),
            ("9000-9010:80", json!({"80/tcp": at("0.0.0.0", "9000-9010")})),
            ("81-82:91-92", json!({"91/tcp": at("0.0.0.0", "81"), "92/tcp": at("0.0.0.0", "82")})),
            ("91-92", json!({"91/tcp": at("0.0.0.0", ""), "92/tcp": at("0.0.0.0", "")})),
        ];
        for (text, wanted) in cases {
            assert_eq!(engine(&[text]), Ok(wanted), "{text}");
        }
        let two = json!([{"HostIp": "0.0.0.0", "HostPort": "1"}, {"HostIp": "::1", "HostPort": "2"}]);
        assert_eq!(engine(&["1:80", "[::1]:2:80"]), Ok(json!({"80/tcp": two})));
    }

    #[test]
    fn slips_are_told() {
        let cases = [
            ("web:80", "published port `web:80`: expected a port or a range of ports, found `web`"),
            ("host:80:80", "published port `host:80:80`: expected an IPv4 or IPv6 address, found `host`"),
            ("81-83:91-92", "published port `81-83:91-92`: 3 ports of the host for 2 of the container"),
            ("92-91", "published port `92-91`: expected a port or a range of ports, found `92-91`"),
            ("1:2:3:4", "published port `1:2:3:4`: expected `address:host port:container port`"),
            ("[::1:80:80", "published port `[::1:80:80`: no `]` after `[`"),
        ];
        for (text, wanted) in cases {
            assert_eq!(engine(&[text]), Err(wanted.to_owned()));
        }
    }

    #[test]
    fn exposed_ports_are_told_one_by_one() {
        assert_eq!(found(&json!({"8000-8001": {}, "53/udp": {}})), json!(["53/udp", "8000/tcp", "8001/tcp"]));
        assert_eq!(found(&Value::Null), json!([]));
    }
}
