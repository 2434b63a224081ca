//! Tests of addresses and networks, as Python's `ipaddress` sees them.

use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::process::Stdio;

use super::super::address::Address;
use super::super::regex::{self, Flags};
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value};
use super::{Answer, Test};

/// This family.
pub(super) const TESTS: &[Test] = &[
    Test::new("ip", "Whether it is an address or a network.", |_, v, _| Ok(network(&v).is_some())),
    Test::new("ipv4", "Whether it is an IPv4 address or network.", |_, v, _| {
        Ok(network(&v).is_some_and(|a| !a.is_v6()))
    }),
    Test::new("ipv6", "Whether it is an IPv6 address or network.", |_, v, _| {
        Ok(network(&v).is_some_and(|a| a.is_v6()))
    }),
    Test::new("ip_address", "Whether it is an address.", |_, v, _| is(&v, |_| true)),
    Test::new("ipv4_address", "Whether it is an IPv4 address.", |_, v, _| is(&v, |a| !a.is_v6())),
    Test::new("ipv6_address", "Whether it is an IPv6 address.", |_, v, _| is(&v, Address::is_v6)),
    Test::new("ipv4_netmask", "Whether it is a netmask.", |_, v, _| mask(&v, 32, |bits| bits)),
    Test::new("ipv4_hostmask", "Whether it is a hostmask.", |_, v, _| mask(&v, 31, |bits| !bits)),
    Test::new("ipv6_ipv4_mapped", "Whether it stands for an IPv4 address.", |_, v, _| {
        is(&v, |a| a.within(&["::ffff:0:0/96"]))
    }),
    Test::new("ipv6_sixtofour", "Whether it is a 6to4 address.", |_, v, _| {
        is(&v, |a| a.within(&["2002::/16"]))
    }),
    Test::new("ipv6_teredo", "Whether it is a Teredo address.", |_, v, _| {
        is(&v, |a| a.within(&["2001::/32"]))
    }),
    Test::new("loopback", "Whether it leads to the host itself.", |_, v, _| is(&v, |a| a.ip.is_loopback())),
    Test::new("multicast", "Whether it is one of a group.", |_, v, _| is(&v, |a| a.ip.is_multicast())),
    Test::new("unspecified", "Whether it stands for no address.", |_, v, _| {
        is(&v, |a| a.ip.is_unspecified())
    }),
    Test::new("reserved", "Whether it is kept for later.", |_, v, _| {
        is(&v, |a| a.within(&["240.0.0.0/4"]) || (a.is_v6() && !a.within(IN_USE)))
    }),
    Test::new("private", "Whether it is not reached from everywhere.", |_, v, _| {
        is(&v, |a| unmapped(a).is_private())
    }),
    Test::new("public", "Whether it is reached from everywhere.", |_, v, _| {
        is(&v, |a| !unmapped(a).is_private() && !a.is_shared())
    }),
    Test::new("mac", "Whether it is a hardware address.", |_, v, _| {
        let flags = Flags { ignore_case: true, anchored: true, ..Flags::default() };
        let pattern = r"^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$|^[0-9a-f]{12}$";
        Ok(regex::compile(pattern, flags)?.first(&v.to_text())?.is_some())
    }),
    Test::new("resolvable", "Whether the controller finds it, by its name or its address.", |_, v, _| {
        resolvable(&v.to_text())
    }),
    Test::new("in_network", "Whether it is in a network.", |_, v, a| among(&v, a, |n| n == 1))
        .also(&["subnet_of"]),
    Test::new("supernet_of", "Whether a network is in it.", |_, v, a| {
        let inner = a.bind("supernet_of", &["network_b"])?;
        Ok(within(inner.required(0)?, &v))
    }),
    Test::new("in_any_network", "Whether it is in one of some networks.", |_, v, a| among(&v, a, |n| n > 0)),
    Test::new("in_one_network", "Whether it is in exactly one of some networks.", |_, v, a| {
        among(&v, a, |n| n == 1)
    }),
];

/// IPv6 networks that are in use; what is beside them is kept for later.
const IN_USE: &[&str] = &["2000::/3", "fc00::/7", "fe80::/9", "ff00::/8"];

fn network(value: &Value) -> Option<Address> {
    match value {
        Value::Str(text) => Address::strict(text),
        _ => None,
    }
}

/// Whether it is an address, and something holds of it.
fn is(value: &Value, holds: impl Fn(&Address) -> bool) -> Answer {
    Ok(network(value).is_some_and(|a| !a.has_prefix && holds(&a)))
}

/// The IPv4 address that an IPv6 address stands for.
fn unmapped(address: &Address) -> Address {
    match address.ip {
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or(*address, |v4| Address { ip: v4.into(), ..*address }),
        IpAddr::V4(_) => *address,
    }
}

/// Whether it is a mask of the network 10.0.0.0, its prefix not longer than `longest`.
fn mask(value: &Value, longest: u32, netmask: fn(u32) -> u32) -> Answer {
    let text = value.to_text();
    let bits = text.parse::<Ipv4Addr>().ok().map(|mask| netmask(mask.into()));
    Ok(bits.is_some_and(|bits| {
        bits.leading_ones() + bits.trailing_zeros() >= 32 && (7..=longest).contains(&bits.leading_ones())
    }))
}

fn within(inner: &Value, outer: &Value) -> bool {
    let (Some(inner), Some(outer)) = (network(inner), network(outer)) else { return false };
    outer.net().contains(&inner.net())
}

fn among(value: &Value, args: Args, enough: fn(usize) -> bool) -> Answer {
    let args = args.bind("the test of networks", &["networks"])?;
    let networks = match args.required(0)? {
        text @ Value::Str(_) => vec![text.clone()],
        list => iterate(list)?,
    };
    Ok(enough(networks.iter().filter(|outer| within(value, outer)).count()))
}

fn resolvable(host: &str) -> Answer {
    if host.parse::<IpAddr>().is_err() {
        return Ok((host, 0u16).to_socket_addrs().is_ok());
    }
    let mut asked = std::process::Command::new("getent");
    asked.args(["hosts", host]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked
        .status()
        .map(|status| status.success())
        .map_err(|e| TemplateError::failed(format!("cannot run `getent`: {e}")))
}
