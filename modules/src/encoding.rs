//! The alphabets of files that are edited as text.

use crate::args::{FromArg, Kind, Mismatch, Type, Value};
use crate::target::{Command, Fail, Target};

/// An alphabet; inside, all text is UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes as they are, which for UTF-8 and ASCII is right.
    Utf8,
    Latin1,
    Utf16Le,
    Utf16Be,
    /// Any other that `iconv` of the target knows.
    Named(String),
}

impl Encoding {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "latin-1",
            Self::Utf16Le => "utf-16-le",
            Self::Utf16Be => "utf-16-be",
            Self::Named(name) => name,
        }
    }

    /// The text of bytes, in UTF-8.
    pub fn decode(&self, target: &mut Target, bytes: &[u8]) -> Result<Vec<u8>, Fail> {
        let pair = |pair: &[u8]| match self {
            Self::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
            _ => u16::from_le_bytes([pair[0], pair[1]]),
        };
        match self {
            Self::Utf8 => Ok(bytes.to_vec()),
            Self::Named(name) => convert(target, name, "utf-8", bytes),
            Self::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()),
            Self::Utf16Le | Self::Utf16Be if bytes.len() % 2 == 1 => Err(Fail::new("the file is not UTF-16")),
            Self::Utf16Le | Self::Utf16Be => {
                let units: Vec<u16> = bytes.chunks_exact(2).map(pair).collect();
                let text = String::from_utf16(&units).map_err(|_| Fail::new("the file is not UTF-16"))?;
                Ok(text.into_bytes())
            }
        }
    }

    /// Text as bytes of this alphabet.
    pub fn encode(&self, target: &mut Target, text: &[u8]) -> Result<Vec<u8>, Fail> {
        match self {
            Self::Utf8 => return Ok(text.to_vec()),
            Self::Named(name) => return convert(target, "utf-8", name, text),
            _ => {}
        }
        let text = std::str::from_utf8(text).map_err(|_| Fail::new("the text is not UTF-8"))?;
        match self {
            Self::Utf16Le => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Utf16Be => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            _ => text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).map_err(|_| Fail::new(format!("no `{c}` in latin-1"))))
                .collect(),
        }
    }
}

/// Bytes of one alphabet in another, by the target's `iconv`.
fn convert(target: &mut Target, from: &str, to: &str, bytes: &[u8]) -> Result<Vec<u8>, Fail> {
    let output = target.query(&Command::new("iconv").args(["-f", from, "-t", to]).stdin(bytes))?;
    if output.ok() {
        return Ok(output.stdout);
    }
    let other = if to == "utf-8" { from } else { to };
    // Only a name that is not known fails without any text.
    Err(match target.query(&Command::new("iconv").args(["-f", from, "-t", to]))?.ok() {
        true => Fail::new(format!("cannot convert between utf-8 and {other}: {}", output.errors().trim())),
        false => Fail::new(format!("unknown encoding: {other}")),
    })
}

impl FromArg for Encoding {
    const TYPE: Type = Type { kind: Kind::Str, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        // Python writes `euc_jp`, which `iconv` knows with a hyphen only.
        let name = String::from_arg(value)?.to_ascii_lowercase().replace(['_', ' '], "-");
        Ok(match name.as_str() {
            "utf-8" | "utf8" | "ascii" | "us-ascii" => Self::Utf8,
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Self::Latin1,
            "utf-16-le" | "utf-16le" => Self::Utf16Le,
            "utf-16-be" | "utf-16be" => Self::Utf16Be,
            _ => Self::Named(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_was() {
        let call = crate::wire::Call::default();
        let mut io = crate::testing::InProcess::new(&std::collections::HashMap::new());
        let mut target = Target::new(std::path::Path::new("/"), &call, &mut io);
        for (encoding, bytes) in [
            (Encoding::Utf8, &b"\xffa"[..]),
            (Encoding::Latin1, b"caf\xe9\n"),
            (Encoding::Utf16Le, b"a\0\n\0"),
            (Encoding::Utf16Be, b"\0a\0\n"),
            (Encoding::Named("gbk".into()), b"\xc4\xe3\xba\xc3"),
        ] {
            let text = encoding.decode(&mut target, bytes).unwrap();
            assert_eq!(encoding.encode(&mut target, &text).unwrap(), bytes, "{encoding:?}");
        }
        assert_eq!(Encoding::Latin1.decode(&mut target, b"\xe9").unwrap(), "é".as_bytes());
        assert!(Encoding::Latin1.encode(&mut target, "€".as_bytes()).is_err());
        assert!(Encoding::Utf16Le.decode(&mut target, b"a").is_err());
        let unknown = Encoding::Named("idontexist".into()).decode(&mut target, b"a").unwrap_err();
        assert_eq!(unknown.message, "unknown encoding: idontexist");
        let named = Encoding::from_arg(&"EUC_JP".into()).unwrap();
        assert_eq!(named.encode(&mut target, "あ".as_bytes()).unwrap(), b"\xa4\xa2");
    }
}
