//! Addresses and routes as the kernel tells them over netlink, so that no `ip` is needed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustix::fd::OwnedFd;
use rustix::io::Result;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

const GET_ADDRESS: u16 = 22;
const GET_ROUTE: u16 = 26;
const REQUEST: u16 = 1;
const DUMP: u16 = 0x300;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const LOCAL_TABLE: u8 = 255;

/// An address of an interface.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// The number of the interface.
    pub(super) index: u32,
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
    pub(super) scope: u8,
    pub(super) broadcast: Option<Ipv4Addr>,
    pub(super) label: Option<String>,
    pub(super) secondary: bool,
}

/// The way to an address.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    pub(super) index: Option<u32>,
    pub(super) source: Option<IpAddr>,
    pub(super) gateway: Option<IpAddr>,
}

/// All addresses.
pub(super) fn addresses() -> Result<Vec<Address>> {
    let messages = ask(GET_ADDRESS, DUMP, &[0; 8])?;
    Ok(messages.iter().filter_map(|message| read_address(message)).collect())
}

fn read_address(message: &[u8]) -> Option<Address> {
    let [_, prefix, flags, scope] = *message.first_chunk()?;
    let index = u32::from_ne_bytes(*message.get(4..8)?.first_chunk()?);
    let attributes = attributes(message.get(8..)?);
    let find = |kind: u16| attributes.iter().find(|(found, _)| *found == kind).map(|(_, value)| *value);
    // Of a line between two, the first attribute is the other end and the second is ours.
    let address = find(2).or_else(|| find(1)).and_then(ip)?;
    let broadcast = find(4).and_then(ip).and_then(|ip| match ip {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    });
    let label = find(3).map(|name| String::from_utf8_lossy(name).trim_end_matches('\0').to_owned());
    let secondary = address.is_ipv4() && flags & 1 != 0;
    Some(Address { index, address, prefix, scope, broadcast, label, secondary })
}

/// The way the kernel would take to an address.
pub(super) fn way(to: IpAddr) -> Result<Way> {
    let bytes = match to {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let mut body = vec![family(to), (bytes.len() * 8) as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    body.extend(((bytes.len() + 4) as u16).to_ne_bytes());
    body.extend(1_u16.to_ne_bytes());
    body.extend(bytes);
    let messages = ask(GET_ROUTE, 0, &body)?;
    let mut way = Way::default();
    for (kind, value) in
        messages.first().and_then(|message| message.get(12..)).map(attributes).unwrap_or_default()
    {
        match kind {
            4 => way.index = value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes)),
            5 => way.gateway = ip(value),
            7 => way.source = ip(value),
            _ => {}
        }
    }
    Ok(way)
}

/// What the machine answers to itself: addresses, or networks with their prefix.
pub(super) fn local(of_v6: bool) -> Result<Vec<String>> {
    let family = if of_v6 { 10 } else { 2 };
    let messages = ask(GET_ROUTE, DUMP, &[family, 0, 0, 0, LOCAL_TABLE, 0, 0, 0, 0, 0, 0, 0])?;
    let whole = if of_v6 { 128 } else { 32 };
    let read = |message: &Vec<u8>| {
        let [_, prefix, _, _, table, _, _, kind] = *message.first_chunk()?;
        let attributes = attributes(message.get(12..)?);
        let (_, to) = attributes.iter().find(|(kind, _)| *kind == 1)?;
        let to = ip(to).filter(|_| table == LOCAL_TABLE && kind == 2)?;
        Some(if prefix == whole { to.to_string() } else { format!("{to}/{prefix}") })
    };
    Ok(messages.iter().filter_map(read).collect())
}

fn family(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 2 } else { 10 }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => bytes.first_chunk::<4>().map(|bytes| Ipv4Addr::from(*bytes).into()),
        16 => bytes.first_chunk::<16>().map(|bytes| Ipv6Addr::from(*bytes).into()),
        _ => None,
    }
}

fn attributes(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let Some([l0, l1, k0, k1]) = bytes.first_chunk() {
        let length = usize::from(u16::from_ne_bytes([*l0, *l1]));
        let Some(value) = bytes.get(4..length) else { break };
        found.push((u16::from_ne_bytes([*k0, *k1]) & 0x3fff, value));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

/// Asks the kernel; the bodies of the messages it answers.
fn ask(kind: u16, flags: u16, body: &[u8]) -> Result<Vec<Vec<u8>>> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    let mut request = ((16 + body.len()) as u32).to_ne_bytes().to_vec();
    request.extend(kind.to_ne_bytes());
    request.extend((REQUEST | flags).to_ne_bytes());
    request.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    request.extend(body);
    send(&socket, &request, SendFlags::empty())?;
    answers(&socket, flags & DUMP != 0)
}

fn answers(socket: &OwnedFd, is_dump: bool) -> Result<Vec<Vec<u8>>> {
    let mut messages = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (length, _) = recv(socket, &mut buffer[..], RecvFlags::empty())?;
        let mut rest = &buffer[..length];
        while let Some(head) = rest.first_chunk::<16>() {
            let length = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]) as usize;
            let Some(body) = rest.get(16..length) else { break };
            match u16::from_ne_bytes([head[4], head[5]]) {
                DONE => return Ok(messages),
                ERROR => {
                    let code = body.first_chunk().map_or(0, |code| i32::from_ne_bytes(*code));
                    return Err(rustix::io::Errno::from_raw_os_error(-code));
                }
                _ => messages.push(body.to_vec()),
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        if !is_dump || length == 0 {
            return Ok(messages);
        }
    }
}
