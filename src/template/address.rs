//! An IP address, perhaps with the prefix of its network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// An address as written; without a prefix it stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub ip: IpAddr,
    /// Whether a prefix was written.
    pub has_prefix: bool,
    pub prefix: u8,
}

impl Address {
    /// Reads `a`, `a/n` or `a/netmask`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (ip, prefix) = text.trim().split_once('/').map_or((text.trim(), None), |(i, p)| (i, Some(p)));
        let ip: IpAddr = ip.parse().ok()?;
        let width = width(ip);
        let prefix = match prefix {
            None => return Some(Self { ip, has_prefix: false, prefix: width }),
            Some(prefix) => match (prefix.parse::<u8>(), prefix.parse::<Ipv4Addr>()) {
                (Ok(prefix), _) => prefix,
                (_, Ok(mask)) if ip.is_ipv4() => Self::prefix_of(mask.into())?,
                _ => ipnet::ip_mask_to_prefix(prefix.parse().ok()?).ok()?,
            },
        };
        (prefix <= width).then_some(Self { ip, has_prefix: true, prefix })
    }

    /// The length of the prefix that a netmask or a hostmask means.
    pub(crate) fn prefix_of(mask: u32) -> Option<u8> {
        let of_netmask =
            |mask: u32| (mask.leading_ones() + mask.trailing_zeros() >= 32).then(|| mask.leading_ones());
        of_netmask(mask).or_else(|| of_netmask(!mask)).and_then(|prefix| u8::try_from(prefix).ok())
    }

    /// A network as Python's `ipaddress` takes it: nothing may stand behind the prefix.
    pub(crate) fn strict(text: &str) -> Option<Self> {
        Self::parse(text).filter(|a| a.net().addr() == a.ip && text.trim() == text)
    }

    /// A bare number.
    pub(crate) fn from_number(number: u128, v6: bool) -> Option<Self> {
        let ip = to_ip(number, v6)?;
        Some(Self { ip, has_prefix: false, prefix: width(ip) })
    }

    /// The address as a number.
    pub(crate) fn number(&self) -> u128 {
        match self.ip {
            IpAddr::V4(ip) => u32::from(ip).into(),
            IpAddr::V6(ip) => ip.into(),
        }
    }

    /// Whether it is of IP version 6.
    pub(crate) fn is_v6(&self) -> bool {
        self.ip.is_ipv6()
    }

    /// Bits of an address of its version.
    pub(crate) fn width(&self) -> u8 {
        width(self.ip)
    }

    /// Its network.
    pub(crate) fn net(&self) -> IpNet {
        IpNet::new_assert(self.ip, self.prefix).trunc()
    }

    /// How many addresses its network has, as far as can be counted.
    pub(crate) fn size(&self) -> u128 {
        1u128.checked_shl((self.width() - self.prefix).into()).unwrap_or(u128::MAX)
    }

    /// The address at a place in its network, from the end when negative.
    pub(crate) fn at(&self, index: i128) -> Option<IpAddr> {
        let first = Self { ip: self.net().addr(), ..*self }.number();
        let offset = match u128::try_from(index) {
            Ok(offset) => offset,
            Err(_) => self.size().checked_sub(index.unsigned_abs())?,
        };
        if offset >= self.size() {
            return None;
        }
        to_ip(first.checked_add(offset)?, self.is_v6())
    }

    /// The address so many steps on.
    pub(crate) fn moved(&self, steps: i128) -> Option<IpAddr> {
        let number = match u128::try_from(steps) {
            Ok(on) => self.number().checked_add(on)?,
            Err(_) => self.number().checked_sub(steps.unsigned_abs())?,
        };
        to_ip(number, self.is_v6())
    }

    /// The first and last address that hosts can have; an address alone has none.
    pub(crate) fn usable(&self) -> Option<(IpAddr, IpAddr)> {
        match self.size() {
            0 | 1 => None,
            2 => Some((self.at(0)?, self.at(-1)?)),
            _ => Some((self.at(1)?, self.at(-2)?)),
        }
    }

    /// From where to where its network goes, as numbers; ansible: one of two is only its first.
    pub(crate) fn range(&self) -> (u128, u128) {
        let first = Self { ip: self.net().addr(), ..*self }.number();
        (first, if self.size() > 2 { first + (self.size() - 1) } else { first })
    }

    /// The name for looking up its name.
    pub(crate) fn reversed(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
            }
            IpAddr::V6(ip) => {
                let digits = format!("{:032x}", u128::from(ip));
                digits.chars().rev().map(|c| format!("{c}.")).collect::<String>() + "ip6.arpa."
            }
        }
    }

    /// Whether it is in one of some networks.
    pub(crate) fn within(&self, nets: &[&str]) -> bool {
        nets.iter().filter_map(|net| net.parse::<IpNet>().ok()).any(|net| net.contains(&self.ip))
    }

    /// Whether it is of those that are not reached from everywhere; ansible: addresses that providers
    /// share are neither private nor public.
    pub(crate) fn is_private(&self) -> bool {
        self.within(LOCAL) && !self.within(REACHED)
    }

    /// Whether it is one that providers share.
    pub(crate) fn is_shared(&self) -> bool {
        self.within(&["100.64.0.0/10"])
    }

    /// Whether it is valid on the internet, and no mask.
    pub(crate) fn is_public(&self) -> bool {
        let is_mask = match self.ip {
            IpAddr::V4(ip) => Self::prefix_of(ip.into()).is_some(),
            IpAddr::V6(_) => false,
        };
        !(self.is_private() || self.is_shared() || self.ip.is_multicast() || is_mask)
    }

    /// Whether it is valid on its own link only.
    pub(crate) fn is_link_local(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        }
    }
}

/// Networks that are not reached from everywhere, as the registries of special addresses have them.
const LOCAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/127",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];

/// What is reached nevertheless.
const REACHED: &[&str] = &[
    "192.0.0.9/32",
    "192.0.0.10/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
];

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv6() { 128 } else { 32 }
}

fn to_ip(number: u128, v6: bool) -> Option<IpAddr> {
    match v6 {
        true => Some(Ipv6Addr::from(number).into()),
        false => Some(Ipv4Addr::from(u32::try_from(number).ok()?).into()),
    }
}
