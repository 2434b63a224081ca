//! Filters on IP addresses and hardware addresses.

use baton_modules::sorting::Sorting;
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
        let found = address(&v).and_then(|n| n.at(a.int(0, 0).ok().filter(|at| *at != 0)?));
        Ok(found.map_or(Value::Bool(false), |ip| Value::from(ip.to_string())))
    }),
    Filter::new("ipmath", "An address so many steps on.", |_, v, a| {
        let a = a.bind("ipmath", &["amount"])?;
        let base = needed(&Value::from(v.as_str().unwrap_or_default()))?;
        Ok(Value::from(moved(&base, a.int(0, 0)?)?.to_string()))
    }),
    Filter::new("next_nth_usable", "A usable address so many steps on.", |_, v, a| usable_step(&v, a, 1)),
    Filter::new("previous_nth_usable", "A usable address so many steps back.", |_, v, a| {
        usable_step(&v, a, -1)
    }),
    Filter::new("network_in_network", "Whether an address is in a network.", |_, v, a| {
        let a = a.bind("network_in_network", &["test"])?;
        let (Some(net), Some(test)) = (address(&v), address(a.required(0)?)) else {
            return Ok(Value::Bool(false));
        };
        Ok(Value::Bool(holds(net.range(), &test)))
    }),
    Filter::new("network_in_usable", "Whether a host of a network can have an address.", |_, v, a| {
        let a = a.bind("network_in_usable", &["test"])?;
        let (Some(net), Some(test)) = (address(&v), address(a.required(0)?)) else {
            return Ok(Value::Bool(false));
        };
        let number = |ip| Address { ip, ..net }.number();
        let usable = net.usable().map_or(net.range(), |(low, high)| (number(low), number(high)));
        Ok(Value::Bool(holds(usable, &test)))
    }),
    Filter::new("reduce_on_network", "The addresses that are in a network.", |_, v, a| {
        let a = a.bind("reduce_on_network", &["network"])?;
        let Some(net) = address(a.required(0)?) else { return Ok(Value::list([])) };
        let items = if v.as_str().is_some() { vec![v] } else { iterate(&v)? };
        let within = |v: &Value| address(v).is_some_and(|i| holds(net.range(), &i));
        Ok(Value::list(items.into_iter().filter(within)))
    }),
    Filter::new("usable_range", "The addresses of a network, and how many they are.", usable_range),
    Filter::new("ipcut", "The first bits of an address, or the last when negative.", ipcut),
    Filter::new(
        "ipv6form",
        "An address written out (`expand`), short (`compress`) or for certificates (`x509`).",
        ipv6form,
    ),
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

/// Whether an address and all of its network lie between two numbers.
fn holds((low, high): (u128, u128), test: &Address) -> bool {
    let (first, last) = test.range();
    first >= low && last <= high
}

fn moved(address: &Address, steps: i128) -> Result<std::net::IpAddr, TemplateError> {
    address.moved(steps).ok_or_else(|| TemplateError::failed("there is no such address"))
}

/// `ipaddr` and its kind; of a list those that have an answer.
fn asked(value: &Value, args: Args, v6: Option<bool>) -> Outcome {
    let args = args.bind("ipaddr", &["query", "version", "alias"])?;
    let query = args.text(0, "");
    let v6 = v6.or(args.some(1).and_then(Value::as_int).map(|version| version == 6));
    if let Value::List(list) | Value::Tuple(list) = value {
        let answers =
            list.items.iter().map(|item| answer(item, &query, v6)).collect::<Result<Vec<_>, _>>()?;
        return Ok(Value::list(answers.into_iter().filter(is_truthy)));
    }
    answer(value, &query, v6)
}

fn answer(value: &Value, query: &str, v6: Option<bool>) -> Outcome {
    let number = || Address::from_number(u128::try_from(value.as_int()?).ok()?, true);
    let found = address(value).filter(|a| v6.is_none_or(|v6| a.is_v6() == v6));
    let found = found.or_else(|| number().filter(|_| v6 == Some(true)));
    let Some(found) = found else { return Ok(Value::Bool(false)) };
    let whole = || format!("{}/{}", found.ip, found.prefix);
    let own = || match value {
        Value::Str(s) => Value::Str(s.clone()),
        _ => Value::from(whole()),
    };
    let when = |holds: bool| if holds { own() } else { Value::None };
    let some = |holds: bool, text: String| if holds { Value::from(text) } else { Value::None };
    let (size, net) = (found.size(), found.net());
    // An address in a network, or one alone.
    let is_host = net.addr() != found.ip || size == 1;
    Ok(match query {
        "" if !found.has_prefix => Value::from(found.ip.to_string()),
        "" | "cidr" => Value::from(whole()),
        "bool" => Value::Bool(true),
        "host" => some(is_host || (size == 2 && !found.is_v6()), whole()),
        "host/prefix" | "hostnet" | "router" | "gateway" | "gw" | "address/prefix"
            if size > 2 && (net.addr() == found.ip || net.broadcast() == found.ip) =>
        {
            Value::Bool(false)
        }
        "host/prefix" | "hostnet" | "router" | "gateway" | "gw" | "address/prefix" => Value::from(whole()),
        "ip/prefix" => some(size == 2 || (size > 1 && is_host), whole()),
        "ip_netmask" => some(size == 2 || (size > 1 && is_host), format!("{} {}", found.ip, net.netmask())),
        "address" | "ip" => some(is_host || found.is_v6() || size == 2, found.ip.to_string()),
        "net" => some(!is_host, net.to_string()),
        "type" => Value::from(if is_host { "address" } else { "network" }),
        "version" => Value::Int(if found.is_v6() { 6 } else { 4 }),
        "ipv4" if !found.is_v6() => own(),
        "ipv6" if found.is_v6() => own(),
        "ipv4" => as_v4(&found),
        "ipv6" => Value::from(format!("::ffff:{}/{}", found.ip, found.prefix + 96)),
        "6to4" => six_to_four(&found, own),
        "wrap" if !found.is_v6() => own(),
        "wrap" if found.has_prefix => Value::from(format!("[{}]/{}", found.ip, found.prefix)),
        "wrap" => Value::from(format!("[{}]", found.ip)),
        "private" => when(found.is_private() || found.is_shared()),
        "public" => when(found.is_public()),
        "loopback" | "lo" => when(found.ip.is_loopback()),
        "multicast" => when(found.ip.is_multicast()),
        "unicast" => when(!found.ip.is_multicast()),
        "link-local" => when(found.is_link_local()),
        "revdns" => Value::from(found.reversed()),
        "int" if found.has_prefix => Value::from(format!("{}/{}", found.number(), found.prefix)),
        "int" => Value::Int(found.number() as i128),
        other => match (other.parse::<i128>(), Address::parse(other)) {
            (Ok(_), _) if size == 1 => return answer(value, "", v6),
            (Ok(index), _) => {
                found.at(index).map_or(Value::Bool(false), |ip| Value::from(format!("{ip}/{}", found.prefix)))
            }
            (_, Some(outer)) => when(outer.net().contains(&net)),
            _ => about_network(&found, other)?,
        },
    })
}

/// What is asked of an address's network.
fn about_network(found: &Address, query: &str) -> Outcome {
    let net = found.net();
    let text = match query {
        "network" | "network_id" => net.addr().to_string(),
        "netmask" => net.netmask().to_string(),
        "hostmask" | "wildcard" => net.hostmask().to_string(),
        "broadcast" if found.size() > 2 => net.broadcast().to_string(),
        "broadcast" => return Ok(Value::None),
        "subnet" | "network/prefix" => net.to_string(),
        "network_netmask" => format!("{} {}", net.addr(), net.netmask()),
        "network_wildcard" => format!("{} {}", net.addr(), net.hostmask()),
        "prefix" => return Ok(Value::Int(found.prefix.into())),
        "size" => return Ok(Value::Int(found.size() as i128)),
        "size_usable" if found.size() == 2 => return Ok(Value::Int(2)),
        "size_usable" => return Ok(Value::Int(found.size().saturating_sub(2) as i128)),
        _ => return of_hosts(found, query),
    };
    Ok(Value::from(text))
}

/// What is asked of the hosts of a network.
fn of_hosts(found: &Address, query: &str) -> Outcome {
    let known = ["first_usable", "last_usable", "range_usable", "next_usable", "previous_usable", "peer"];
    if !known.contains(&query) {
        return Err(TemplateError::failed(format!("ipaddr: unknown filter type: {query}")));
    }
    if !found.has_prefix {
        return Err(TemplateError::failed("Not a network address"));
    }
    match query {
        "next_usable" => return step(found, 1),
        "previous_usable" => return step(found, -1),
        "peer" => return peer(found).map(Value::from),
        _ => {}
    }
    let Some((first, last)) = found.usable() else { return Ok(Value::None) };
    Ok(Value::from(match query {
        "first_usable" => first.to_string(),
        "last_usable" => last.to_string(),
        _ => format!("{first}-{last}"),
    }))
}

/// An IPv6 address of those that stand for IPv4 addresses as such.
fn as_v4(found: &Address) -> Value {
    let number = found.number();
    let inner = if number >> 32 == 0xffff { number & 0xffff_ffff } else { number };
    match (found.prefix.checked_sub(96), Address::from_number(inner, false)) {
        (Some(prefix), Some(v4)) => Value::from(format!("{}/{prefix}", v4.ip)),
        _ => Value::Bool(false),
    }
}

/// The 6to4 network of an address, or an address of such a network as it is.
fn six_to_four(found: &Address, own: impl Fn() -> Value) -> Value {
    let is_host = found.size() == 1 || found.net().addr() != found.ip;
    match found.is_v6() {
        false if is_host => {
            let n = found.number();
            Value::from(format!("2002:{:04x}:{:04x}::1/48", n >> 16, n & 0xffff))
        }
        true if found.within(&["2002::/16"]) && (is_host || !found.has_prefix) => own(),
        _ => Value::Bool(false),
    }
}

/// The other host of a network of two.
fn peer(found: &Address) -> Result<String, TemplateError> {
    let last = found.number() % 4;
    let flipped = match found.size() {
        2 => found.number() ^ 1,
        4 if last == 0 || last == 3 => {
            return Err(TemplateError::failed("ipaddr: the network and its broadcast address have no peer"));
        }
        4 => found.number() ^ 3,
        _ => return Err(TemplateError::failed("ipaddr: only networks of two hosts have a peer")),
    };
    let other = Address::from_number(flipped, found.is_v6());
    other.map(|a| a.ip.to_string()).ok_or_else(|| TemplateError::failed("ipaddr: there is no such address"))
}

/// A usable address so many steps away, if it is in the network.
fn step(found: &Address, steps: i128) -> Outcome {
    let Some((low, high)) = found.usable() else { return Ok(Value::None) };
    let ip = moved(found, steps)?;
    Ok(if ip >= low && ip <= high { Value::from(ip.to_string()) } else { Value::None })
}

fn usable_step(value: &Value, args: Args, way: i128) -> Outcome {
    let args = args.bind("next_nth_usable", &["offset"])?;
    let steps = args.int(0, 1)?;
    address(value).map_or(Ok(Value::Bool(false)), |found| step(&found, steps * way))
}

/// More addresses than this are not listed.
const MOST: u128 = 1 << 20;

fn usable_range(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("usable_range")?;
    let found = input.as_str().and_then(Address::strict);
    let found = found.filter(|f| f.size() <= MOST).ok_or_else(|| {
        TemplateError::failed(format!(
            "usable_range: expected a network, not too large, found `{}`",
            input.repr()
        ))
    })?;
    let size = found.size() as i128;
    let all = (0..size).filter_map(|at| found.at(at)).map(|ip| Value::from(ip.to_string()));
    let all = Value::list(all);
    Ok(Value::map([("usable_ips".into(), all), ("number_of_ips".into(), Value::Int(size))]))
}

fn ipcut(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("ipcut", &["amount"])?;
    args.required(0)?;
    let (found, amount) = (needed(&input)?, args.int(0, 0)?);
    let width = usize::from(found.width());
    let bits = format!("{:0width$b}", found.number());
    let count = usize::try_from(amount.unsigned_abs()).unwrap_or(width).min(width);
    let cut = if amount < 0 { &bits[width - count..] } else { &bits[..count] };
    let group = if found.is_v6() { 16 } else { 8 };
    let parts =
        cut.as_bytes().chunks(group).map(|bits| bits.iter().fold(0u32, |n, b| n * 2 + u32::from(b - b'0')));
    let parts = parts.map(|part| if found.is_v6() { format!("{part:x}") } else { part.to_string() });
    Ok(Value::from(parts.collect::<Vec<_>>().join(if found.is_v6() { ":" } else { "." })))
}

fn ipv6form(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("ipv6form", &["format"])?;
    let found = needed(&input)?;
    let digits = format!("{:032x}", found.number());
    let groups: Vec<&str> = (0..8).map(|at| &digits[4 * at..4 * at + 4]).collect();
    let short = |group: &&str| match group.trim_start_matches('0') {
        "" => "0".to_owned(),
        rest => rest.to_owned(),
    };
    Ok(Value::from(match args.text(0, "").as_str() {
        "compress" => found.ip.to_string(),
        "expand" => groups.join(":"),
        "x509" => groups.iter().map(short).collect::<Vec<_>>().join(":"),
        other => return Err(TemplateError::failed(format!("ipv6form: unknown format `{other}`"))),
    }))
}

fn ipwrap(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.bind("ipwrap", &["query"])?;
    let wrapped = |value: &Value| match address(value) {
        Some(a) if a.is_v6() => answer(value, "wrap", None),
        Some(_) => answer(value, "", None),
        None => Ok(value.clone()),
    };
    match &input {
        Value::List(list) => list.items.iter().map(wrapped).collect::<Result<Vec<_>, _>>().map(Value::list),
        Value::Str(_) | Value::Bool(_) => wrapped(&input),
        other => Err(TemplateError::failed(format!("ipwrap: expected an address, found `{}`", other.repr()))),
    }
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
            merged.put_in_order();
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
