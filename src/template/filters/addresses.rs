//! Filters on IP addresses and hardware addresses.

use ipnet::IpNet;

use super::super::address::Address;
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("ipaddr", "The address if it is one, or what is asked of it.", |_, v, a| asked(&v, a, None)),
    Filter::new("ipv4", "The same for IPv4 only.", |_, v, a| asked(&v, a, Some(false))),
    Filter::new("ipv6", "The same for IPv6 only.", |_, v, a| asked(&v, a, Some(true))),
    Filter::new("ipwrap", "IPv6 addresses in brackets.", ipwrap),
    Filter::new("ipsubnet", "Subnets of a network.", ipsubnet),
    Filter::new("nthhost", "The address at a place in a network.", |_, v, a| {
        let a = a.bind("nthhost", &["query"])?;
        let found = address(&v).and_then(|n| n.at(a.int(0, 0).ok()?));
        Ok(found.map_or(Value::Bool(false), |ip| Value::from(ip.to_string())))
    }),
    Filter::new("ipmath", "An address so many steps on.", |_, v, a| {
        let a = a.bind("ipmath", &["amount"])?;
        let base = needed(&v)?;
        let moved = base
            .moved(a.int(0, 0)?)
            .ok_or_else(|| TemplateError::failed("ipmath: there is no such address"))?;
        Ok(Value::from(moved.to_string()))
    }),
    Filter::new("next_nth_usable", "A usable address so many steps on.", |_, v, a| usable_step(&v, a, 1)),
    Filter::new("previous_nth_usable", "A usable address so many steps back.", |_, v, a| {
        usable_step(&v, a, -1)
    }),
    Filter::new("network_in_network", "Whether an address is in a network.", |_, v, a| {
        let a = a.bind("network_in_network", &["test"])?;
        Ok(Value::Bool(needed(&v)?.net().contains(&needed(a.required(0)?)?.net())))
    }),
    Filter::new("network_in_usable", "Whether a host of a network can have an address.", |_, v, a| {
        let a = a.bind("network_in_usable", &["test"])?;
        let (net, test) = (needed(&v)?, needed(a.required(0)?)?);
        let within = net.usable().is_some_and(|(low, high)| test.ip >= low && test.ip <= high);
        Ok(Value::Bool(within && net.net().contains(&test.net())))
    }),
    Filter::new("reduce_on_network", "The addresses that are in a network.", |_, v, a| {
        let a = a.bind("reduce_on_network", &["network"])?;
        let net = needed(a.required(0)?)?.net();
        let within = |v: &Value| address(v).is_some_and(|i| net.contains(&i.net()));
        Ok(Value::list(iterate(&v)?.into_iter().filter(within)))
    }),
    Filter::new("cidr_merge", "Networks merged to as few as possible.", cidr_merge),
    Filter::new("ip4_hex", "An IPv4 address in hexadecimal.", |_, v, a| {
        let delimiter = a.bind("ip4_hex", &["delimiter"])?.text(0, "");
        let found = needed(&v)?;
        if found.has_prefix || found.is_v6() {
            return Err(TemplateError::failed("ip4_hex needs an IPv4 address without a prefix"));
        }
        let digits = format!("{:08x}", found.number());
        let pairs: Vec<&str> = [&digits[..2], &digits[2..4], &digits[4..6], &digits[6..]].to_vec();
        Ok(Value::from(pairs.join(&delimiter)))
    }),
    Filter::new("hwaddr", "A hardware address in a notation.", hwaddr).also(&["macaddr"]),
];

fn address(value: &Value) -> Option<Address> {
    match value {
        Value::Str(s) => Address::parse(s),
        Value::Int(i) => {
            let number = u128::try_from(*i).ok()?;
            Address::from_number(number, number > u32::MAX.into())
        }
        _ => None,
    }
}

fn needed(value: &Value) -> Result<Address, TemplateError> {
    address(value)
        .ok_or_else(|| TemplateError::failed(format!("expected an IP address, found `{}`", value.to_text())))
}

/// `ipaddr` and its kind; of a list those that have an answer.
fn asked(value: &Value, args: Args, v6: Option<bool>) -> Outcome {
    let args = args.bind("ipaddr", &["query", "version", "alias"])?;
    let query = args.text(0, "");
    if let Value::List(list) | Value::Tuple(list) = value {
        let answers =
            list.items.iter().map(|item| answer(item, &query, v6)).collect::<Result<Vec<_>, _>>()?;
        return Ok(Value::list(answers.into_iter().filter(is_truthy)));
    }
    answer(value, &query, v6)
}

fn answer(value: &Value, query: &str, v6: Option<bool>) -> Outcome {
    let Some(found) = address(value).filter(|a| v6.is_none_or(|v6| a.is_v6() == v6)) else {
        return Ok(Value::Bool(false));
    };
    let own = || match value {
        Value::Str(s) => Value::Str(s.clone()),
        _ => Value::from(found.ip.to_string()),
    };
    let when = |holds: bool| if holds { own() } else { Value::None };
    let host = |holds: bool| match holds {
        true => Value::from(format!("{}/{}", found.ip, found.prefix)),
        false => Value::Bool(false),
    };
    Ok(match query {
        "" => own(),
        "bool" => Value::Bool(true),
        "host" | "host/prefix" | "hostnet" | "router" | "gateway" | "gw" | "address/prefix" | "ip/prefix"
        | "hostprefix" => host(!found.is_network()),
        "net" => when(found.is_network()),
        "type" => Value::from(if found.is_network() { "network" } else { "address" }),
        "version" => Value::Int(if found.is_v6() { 6 } else { 4 }),
        "ipv4" => when(!found.is_v6()),
        "ipv6" => when(found.is_v6()),
        "private" => when(found.is_private()),
        "public" => when(found.is_public()),
        "loopback" | "lo" => when(found.ip.is_loopback()),
        "multicast" => when(found.ip.is_multicast()),
        "unicast" => when(!found.ip.is_multicast()),
        "link-local" => when(found.is_link_local()),
        "revdns" => Value::from(found.reversed()),
        "int" if found.has_prefix => Value::from(format!("{}/{}", found.number(), found.prefix)),
        "int" => Value::Int(found.number() as i128),
        other => match other.parse::<i128>() {
            Ok(index) => {
                found.at(index).map_or(Value::Bool(false), |ip| Value::from(format!("{ip}/{}", found.prefix)))
            }
            Err(_) => match Address::parse(other) {
                Some(net) => when(net.net().contains(&found.net())),
                None => about_network(&found, other)?,
            },
        },
    })
}

/// What is asked of an address's network.
fn about_network(found: &Address, query: &str) -> Outcome {
    let net = found.net();
    let mut usable = None;
    if matches!(query, "first_usable" | "last_usable" | "range_usable") {
        usable = found.usable();
    }
    let text = match (query, usable) {
        ("address" | "ip", _) => found.ip.to_string(),
        ("network" | "network_id", _) => net.addr().to_string(),
        ("netmask", _) => net.netmask().to_string(),
        ("hostmask" | "wildcard", _) => net.hostmask().to_string(),
        ("broadcast", _) => net.broadcast().to_string(),
        ("subnet" | "network/prefix" | "cidr", _) => net.to_string(),
        ("ip_netmask", _) => format!("{} {}", found.ip, net.netmask()),
        ("network_netmask", _) => format!("{} {}", net.addr(), net.netmask()),
        ("ip_wildcard", _) => format!("{} {}", found.ip, net.hostmask()),
        ("network_wildcard", _) => format!("{} {}", net.addr(), net.hostmask()),
        ("prefix", _) => return Ok(Value::Int(found.prefix.into())),
        ("size", _) => return Ok(Value::Int(found.size() as i128)),
        ("size_usable", _) => return Ok(Value::Int(found.size().saturating_sub(2) as i128)),
        ("first_usable", Some((first, _))) => first.to_string(),
        ("last_usable", Some((_, last))) => last.to_string(),
        ("range_usable", Some((first, last))) => format!("{first}-{last}"),
        ("next_usable", _) => return Ok(step(found, 1)),
        ("previous_usable", _) => return Ok(step(found, -1)),
        ("peer", _) => peer(found)?,
        _ => return Err(TemplateError::failed(format!("ipaddr: unknown filter type: {query}"))),
    };
    Ok(Value::from(text))
}

/// The other host of a network of two.
fn peer(found: &Address) -> Result<String, TemplateError> {
    let low = found.usable().map(|(low, high)| if found.ip == low { high } else { low });
    match (found.width() - found.prefix, low) {
        (1 | 2, Some(other)) => Ok(other.to_string()),
        _ => Err(TemplateError::failed("ipaddr: only networks of two hosts have a peer")),
    }
}

/// A usable address so many steps away, if it is in the network.
fn step(found: &Address, steps: i128) -> Value {
    let moved = found.moved(steps);
    match (moved, found.usable()) {
        (Some(ip), Some((low, high))) if ip >= low && ip <= high => Value::from(ip.to_string()),
        _ => Value::None,
    }
}

fn usable_step(value: &Value, args: Args, way: i128) -> Outcome {
    let args = args.bind("next_nth_usable", &["offset"])?;
    let steps = args.int(0, 1)?;
    Ok(step(&needed(value)?, steps * way))
}

fn ipwrap(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.bind("ipwrap", &["query"])?;
    let wrapped = |value: &Value| match address(value) {
        Some(a) if a.is_v6() && a.has_prefix => Value::from(format!("[{}]/{}", a.ip, a.prefix)),
        Some(a) if a.is_v6() => Value::from(format!("[{}]", a.ip)),
        _ => value.clone(),
    };
    Ok(match &input {
        Value::List(list) => Value::list(list.items.iter().map(wrapped)),
        other => wrapped(other),
    })
}

fn ipsubnet(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("ipsubnet", &["query", "index"])?;
    let Some(found) = address(&input) else { return Ok(Value::Bool(false)) };
    let query = args.text(0, "");
    if query.is_empty() {
        return Ok(Value::from(found.net().to_string()));
    }
    if let Ok(prefix) = query.parse::<u8>() {
        return subnets(&found, prefix, args.some(1).map(|_| args.int(1, 0)).transpose()?);
    }
    let Some(outer) = Address::parse(&query) else { return Ok(Value::Bool(false)) };
    if !outer.net().contains(&found.net()) {
        return Err(TemplateError::failed(format!("ipsubnet: `{}` is not in `{query}`", input.to_text())));
    }
    let first = Address { ip: outer.net().addr(), ..outer }.number();
    let own = Address { ip: found.net().addr(), ..found }.number();
    Ok(Value::from(((own - first) / found.size() + 1).to_string()))
}

/// How many subnets of a size a network has, or one of them.
fn subnets(found: &Address, prefix: u8, index: Option<i128>) -> Outcome {
    if prefix > found.width() {
        return Ok(Value::Bool(false));
    }
    let of_prefix = |ip| IpNet::new_assert(ip, prefix).trunc().to_string();
    if !found.has_prefix {
        return Ok(Value::from(of_prefix(found.ip)));
    }
    let Some(more) = prefix.checked_sub(found.prefix) else { return Ok(Value::Bool(false)) };
    let count = 1i128.checked_shl(more.into()).unwrap_or(i128::MAX);
    let Some(index) = index else { return Ok(Value::from(count.to_string())) };
    let index = if index < 0 { index + count } else { index };
    let size = Address { prefix, ..*found }.size();
    let start = u128::try_from(index).ok().filter(|_| index < count).and_then(|i| i.checked_mul(size));
    let first = start.and_then(|s| found.at(i128::try_from(s).ok()?));
    Ok(first.map_or(Value::Bool(false), |ip| Value::from(of_prefix(ip))))
}

fn cidr_merge(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let action = args.bind("cidr_merge", &["action"])?.text(0, "merge");
    let mut nets = Vec::new();
    for item in iterate(&input)? {
        nets.push(needed(&item)?.net());
    }
    match action.as_str() {
        "merge" => {
            let mut merged = IpNet::aggregate(&nets);
            merged.sort();
            Ok(Value::list(merged.into_iter().map(|n| Value::from(n.to_string()))))
        }
        "span" => {
            let Some(mut span) = nets.first().copied() else { return Ok(Value::None) };
            while !nets.iter().all(|n| span.contains(n)) {
                let Some(wider) = span.supernet() else {
                    return Err(TemplateError::failed("cidr_merge: the networks have no span"));
                };
                span = wider;
            }
            Ok(Value::from(span.to_string()))
        }
        other => {
            Err(TemplateError::failed(format!("cidr_merge: expected `merge` or `span`, found `{other}`")))
        }
    }
}

fn hwaddr(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let query = args.bind("hwaddr", &["query", "alias"])?.text(0, "");
    let text = input.to_text();
    let digits: String =
        text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect::<String>().to_lowercase();
    if digits.len() != 12 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return match query.as_str() {
            "" | "bool" => Ok(if query.is_empty() { Value::None } else { Value::Bool(false) }),
            _ => Err(TemplateError::failed(format!("hwaddr: not a hardware address: {text}"))),
        };
    }
    let grouped = |size: usize, mark: &str| {
        let groups: Vec<&str> = (0..12).step_by(size).map(|at| &digits[at..at + size]).collect();
        groups.join(mark)
    };
    Ok(match query.as_str() {
        "" => Value::from(text),
        "bool" => Value::Bool(true),
        "bare" => Value::from(digits.to_uppercase()),
        "int" => Value::Int(i128::from_str_radix(&digits, 16).unwrap_or(0)),
        "cisco" => Value::from(grouped(4, ".")),
        "eui48" | "win" => Value::from(grouped(2, "-").to_uppercase()),
        "linux" | "unix" => Value::from(grouped(2, ":")),
        "pgsql" | "postgresql" | "psql" => Value::from(grouped(6, ":")),
        other => return Err(TemplateError::failed(format!("hwaddr: unknown filter type: {other}"))),
    })
}
