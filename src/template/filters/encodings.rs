//! Filters that encode, hash and quote.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("b64encode", "In base64.", b64encode),
    Filter::new("b64decode", "Out of base64.", b64decode),
    Filter::new("hash", "Its hash in hexadecimal.", |_, v, a| {
        let kind = a.bind("hash", &["hashtype"])?.text(0, "sha1");
        hashed(&v, &kind)
    }),
    Filter::new("md5", "Its MD5 in hexadecimal.", |_, v, _| hashed(&v, "md5")),
    Filter::new("sha1", "Its SHA-1 in hexadecimal.", |_, v, _| hashed(&v, "sha1")).also(&["checksum"]),
    Filter::new("to_uuid", "A name's UUID within a namespace.", to_uuid),
    Filter::new("quote", "Quoted for a shell.", |_, v, _| {
        Ok(Value::from(match &v {
            Value::None => "''".to_owned(),
            other => shell_quoted(&other.to_text()),
        }))
    }),
];

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Bytes(b) => b.to_vec(),
        other => other.to_text().into_bytes(),
    }
}

/// What stands from 0x80 on in an encoding of one byte a sign, as far as it is not what Unicode has there.
fn high(encoding: &str) -> Option<&'static str> {
    match encoding {
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Some(""),
        "windows-1252" | "cp1252" => Some(
            "\u{20ac}\u{81}\u{201a}\u{192}\u{201e}\u{2026}\u{2020}\u{2021}\u{2c6}\u{2030}\u{160}\u{2039}\u{152}\u{8d}\u{17d}\u{8f}\
             \u{90}\u{2018}\u{2019}\u{201c}\u{201d}\u{2022}\u{2013}\u{2014}\u{2dc}\u{2122}\u{161}\u{203a}\u{153}\u{9d}\u{17e}\u{178}",
        ),
        _ => None,
    }
}

/// Text in an encoding's bytes.
pub(crate) fn encoded(text: Vec<u8>, encoding: &str) -> Result<Vec<u8>, TemplateError> {
    let wide = |big: bool, mark: bool| -> Vec<u8> {
        let text = String::from_utf8_lossy(&text);
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    match encoding.to_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" | "ascii" | "us-ascii" => Ok(text),
        "utf-16-le" | "utf-16le" => Ok(wide(false, false)),
        "utf-16-be" | "utf-16be" => Ok(wide(true, false)),
        "utf-16" => Ok(wide(false, true)),
        other if high(other).is_some() => {
            let high = high(other).unwrap_or_default();
            let byte = |c: char| match high.chars().position(|h| h == c) {
                Some(at) => Some(0x80 + at as u8),
                None => u8::try_from(c as u32)
                    .ok()
                    .filter(|b| !(0x80..0x80 + high.chars().count()).contains(&usize::from(*b))),
            };
            let missing = |c| TemplateError::failed(format!("`{c}` is not in {encoding}"));
            String::from_utf8_lossy(&text).chars().map(|c| byte(c).ok_or_else(|| missing(c))).collect()
        }
        other => Err(TemplateError::failed(format!("unknown encoding: {other}"))),
    }
}

/// Bytes in an encoding as text.
pub(in crate::template) fn decoded(data: &[u8], encoding: &str) -> Result<String, TemplateError> {
    let wide = |data: &[u8], big: bool| {
        let units = data.chunks_exact(2).map(|c| {
            let pair = [c[0], c[1]];
            if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        });
        String::from_utf16_lossy(&units.collect::<Vec<_>>())
    };
    Ok(match encoding.to_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" | "ascii" | "us-ascii" => String::from_utf8_lossy(data).into_owned(),
        "utf-16-le" | "utf-16le" => wide(data, false),
        "utf-16-be" | "utf-16be" => wide(data, true),
        "utf-16" => match data {
            [0xfe, 0xff, rest @ ..] => wide(rest, true),
            [0xff, 0xfe, rest @ ..] => wide(rest, false),
            data => wide(data, false),
        },
        other if high(other).is_some() => {
            let high: Vec<char> = high(other).unwrap_or_default().chars().collect();
            let sign = |b: &u8| b.checked_sub(0x80).and_then(|at| high.get(usize::from(at)).copied());
            data.iter().map(|b| sign(b).unwrap_or(char::from(*b))).collect()
        }
        other => return Err(TemplateError::failed(format!("unknown encoding: {other}"))),
    })
}

fn b64encode(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("b64encode", &["encoding", "urlsafe"])?;
    let data = encoded(bytes(&input), &args.text(0, "utf-8"))?;
    Ok(Value::from(if args.truth(1, false) { URL_SAFE.encode(data) } else { STANDARD.encode(data) }))
}

fn b64decode(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("b64decode", &["encoding", "urlsafe"])?;
    // Python drops what is no base64 before it decodes.
    let clean: String = input
        .to_text()
        .chars()
        .map(|c| match c {
            '-' if args.truth(1, false) => '+',
            '_' if args.truth(1, false) => '/',
            c => c,
        })
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
        .collect();
    let data = STANDARD.decode(&clean).map_err(|_| TemplateError::failed("b64decode: incorrect padding"))?;
    decoded(&data, &args.text(0, "utf-8")).map(Value::from)
}

/// Bytes in hexadecimal.
pub(in crate::template) fn hex(data: &[u8]) -> String {
    data.iter().map(|b| format!("{b:02x}")).collect()
}

fn hashed(value: &Value, kind: &str) -> Outcome {
    let data = bytes(value);
    Ok(Value::from(match kind {
        "md5" => hex(&Md5::digest(&data)),
        "sha1" => hex(&Sha1::digest(&data)),
        "sha224" => hex(&Sha224::digest(&data)),
        "sha256" => hex(&Sha256::digest(&data)),
        "sha384" => hex(&Sha384::digest(&data)),
        "sha512" => hex(&Sha512::digest(&data)),
        other => return Err(TemplateError::failed(format!("unsupported hash type {other}"))),
    }))
}

/// ansible: the namespace of UUIDs when none is given.
const NAMESPACE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

fn to_uuid(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let namespace = args.bind("to_uuid", &["namespace"])?.text(0, NAMESPACE);
    let namespace = uuid::Uuid::parse_str(&namespace).map_err(|_| {
        TemplateError::failed(format!("invalid value for `namespace`, not a UUID: `{namespace}`")).words(
            format!("Invalid value '{namespace}' for 'namespace': badly formed hexadecimal UUID string"),
        )
    })?;
    Ok(Value::from(uuid::Uuid::new_v5(&namespace, input.to_text().as_bytes()).to_string()))
}

/// Python's `shlex.quote`.
pub(in crate::template) fn shell_quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    match !text.is_empty() && text.chars().all(safe) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\"'\"'")),
    }
}
