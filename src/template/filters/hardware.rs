//! Filters on hardware addresses.

use super::super::address::Address;
use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("hwaddr", "A hardware address in a notation.", hwaddr).also(&["macaddr"]),
    Filter::new("slaac", "The address that a host with a hardware address takes in a network.", slaac),
];

/// The digits of a hardware address.
fn digits(text: &str) -> Option<String> {
    let digits: String = match text.split([':', '-']).collect::<Vec<_>>().as_slice() {
        bytes if bytes.len() == 6 && bytes.iter().all(|b| (1..=2).contains(&b.len())) => {
            bytes.iter().map(|byte| format!("{byte:0>2}")).collect()
        }
        _ => text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect(),
    };
    (digits.len() == 12 && digits.chars().all(|c| c.is_ascii_hexdigit())).then(|| digits.to_lowercase())
}

fn slaac(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let query = args.bind("slaac", &["query"])?.text(0, "");
    let net = input.as_str().and_then(Address::parse).filter(Address::is_v6);
    let own = digits(&query).and_then(|digits| u128::from_str_radix(&digits, 16).ok());
    let (Some(net), Some(own)) = (net, own) else { return Ok(Value::Bool(false)) };
    // The bytes of the manufacturer with one bit turned, `fffe`, and the bytes of the device.
    let host = ((own >> 24) ^ 0x02_0000) << 40 | 0xff_fe00_0000 | (own & 0xff_ffff);
    let first = Address { ip: net.net().addr(), ..net }.number();
    let taken = first.checked_add(host).and_then(|number| Address::from_number(number, true));
    Ok(taken.map_or(Value::Bool(false), |a| Value::from(a.ip.to_string())))
}

fn hwaddr(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let query = args.bind("hwaddr", &["query", "alias"])?.text(0, "");
    let text = input.to_text();
    let Some(digits) = digits(&text) else {
        return match query.as_str() {
            "" | "bool" => Ok(Value::None),
            _ => Err(TemplateError::failed(format!("hwaddr: not a hardware address: {text}"))),
        };
    };
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
        "linux" => Value::from(grouped(2, ":")),
        // ansible: bytes without the zero before them.
        "unix" => Value::from(format!(":{}", grouped(2, ":")).replace(":0", ":")[1..].to_owned()),
        "pgsql" | "postgresql" | "psql" => Value::from(grouped(6, ":")),
        other => return Err(TemplateError::failed(format!("hwaddr: unknown filter type: {other}"))),
    })
}
