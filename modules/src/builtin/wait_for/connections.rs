//! The connections to a port, from the kernel's own tables.

use crate::{Fail, Target};

use super::WaitFor;

/// The kernel's numbers of states, by their names.
const STATES: [(&str, &str); 6] = [
    ("ESTABLISHED", "01"),
    ("SYN_SENT", "02"),
    ("SYN_RECV", "03"),
    ("FIN_WAIT1", "04"),
    ("FIN_WAIT2", "05"),
    ("TIME_WAIT", "06"),
];

/// How many connections to the port are open.
pub(super) fn active(target: &Target, wish: &WaitFor, port: u16) -> Result<usize, Fail> {
    let wanted: Vec<&str> = STATES
        .iter()
        .filter(|(name, _)| wish.active_connection_states.iter().any(|state| state == name))
        .map(|(_, number)| *number)
        .collect();
    let excluded: Vec<String> = wish.exclude_hosts.iter().flat_map(|host| addresses(host)).collect();
    let mut count = 0;
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = target.read_text(table)?.unwrap_or_default();
        count += text.lines().skip(1).filter(|line| counts(line, port, &wanted, &excluded)).count();
    }
    Ok(count)
}

/// Whether a line of the table is a connection to the port.
fn counts(line: &str, port: u16, wanted: &[&str], excluded: &[String]) -> bool {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, local, remote, state, ..] = fields.as_slice() else { return false };
    let local_port = local.rsplit(':').next().and_then(|port| u16::from_str_radix(port, 16).ok());
    let from = remote.split(':').next().unwrap_or_default();
    local_port == Some(port)
        && wanted.contains(state)
        && !excluded.iter().any(|address| from.ends_with(address.as_str()))
}

/// The addresses of a host as the table has them: hexadecimal, the bytes in the machine's order.
fn addresses(host: &str) -> Vec<String> {
    use std::net::{SocketAddr, ToSocketAddrs};
    let found = (host, 0).to_socket_addrs().into_iter().flatten();
    found
        .filter_map(|address| match address {
            SocketAddr::V4(v4) => Some(format!("{:08X}", u32::from_ne_bytes(v4.ip().octets()))),
            SocketAddr::V6(_) => None,
        })
        .collect()
}
