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
            Some(prefix) => match prefix.parse::<u8>() {
                Ok(prefix) => prefix,
                Err(_) => ipnet::ip_mask_to_prefix(prefix.parse().ok()?).ok()?,
            },
        };
        (prefix <= width).then_some(Self { ip, has_prefix: true, prefix })
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

    /// Whether a network was written, not an address in it.
    pub(crate) fn is_network(&self) -> bool {
        self.has_prefix && self.prefix < self.width() && self.net().addr() == self.ip
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

    /// The first and last address that hosts can have.
    pub(crate) fn usable(&self) -> Option<(IpAddr, IpAddr)> {
        match self.size() {
            0..=2 => Some((self.at(0)?, self.at(-1)?)),
            _ => Some((self.at(1)?, self.at(if self.is_v6() { -1 } else { -2 })?)),
        }
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

    /// Whether it is one of the networks kept for private use.
    pub(crate) fn is_private(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => ip.is_private(),
            IpAddr::V6(ip) => ip.is_unique_local(),
        }
    }

    /// Whether it is valid on its own link only.
    pub(crate) fn is_link_local(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        }
    }

    /// Whether it is valid on the internet.
    pub(crate) fn is_public(&self) -> bool {
        let special = self.ip.is_loopback() || self.ip.is_multicast() || self.ip.is_unspecified();
        !(special || self.is_private() || self.is_link_local())
    }
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv6() { 128 } else { 32 }
}

fn to_ip(number: u128, v6: bool) -> Option<IpAddr> {
    match v6 {
        true => Some(Ipv6Addr::from(number).into()),
        false => Some(Ipv4Addr::from(u32::try_from(number).ok()?).into()),
    }
}
