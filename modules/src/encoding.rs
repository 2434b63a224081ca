//! The alphabets of files that are edited as text.

use crate::args::{FromArg, Kind, Mismatch, Type, Value};
use crate::target::Fail;

/// An alphabet; inside, all text is UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes as they are, which for UTF-8 and ASCII is right.
    Utf8,
    Latin1,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "latin-1",
            Self::Utf16Le => "utf-16-le",
            Self::Utf16Be => "utf-16-be",
        }
    }

    /// The text of bytes, in UTF-8.
    pub fn decode(self, bytes: &[u8]) -> Result<Vec<u8>, Fail> {
        let pair = |pair: &[u8]| match self {
            Self::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
            _ => u16::from_le_bytes([pair[0], pair[1]]),
        };
        match self {
            Self::Utf8 => Ok(bytes.to_vec()),
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
    pub fn encode(self, text: &[u8]) -> Result<Vec<u8>, Fail> {
        if self == Self::Utf8 {
            return Ok(text.to_vec());
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

impl FromArg for Encoding {
    const TYPE: Type = Type { kind: Kind::Str, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let name = String::from_arg(value)?.to_ascii_lowercase().replace(['_', ' '], "-");
        match name.as_str() {
            "utf-8" | "utf8" | "ascii" | "us-ascii" => Ok(Self::Utf8),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Ok(Self::Latin1),
            "utf-16-le" | "utf-16le" => Ok(Self::Utf16Le),
            "utf-16-be" | "utf-16be" => Ok(Self::Utf16Be),
            _ => Err(Mismatch::new("one of `utf-8`, `ascii`, `latin-1`, `utf-16-le`, `utf-16-be`", value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_was() {
        for (encoding, bytes) in [
            (Encoding::Utf8, &b"\xffa"[..]),
            (Encoding::Latin1, b"caf\xe9\n"),
            (Encoding::Utf16Le, b"a\0\n\0"),
            (Encoding::Utf16Be, b"\0a\0\n"),
        ] {
            let text = encoding.decode(bytes).unwrap();
            assert_eq!(encoding.encode(&text).unwrap(), bytes, "{encoding:?}");
        }
        assert_eq!(Encoding::Latin1.decode(b"\xe9").unwrap(), "é".as_bytes());
        assert!(Encoding::Latin1.encode("€".as_bytes()).is_err());
        assert!(Encoding::Utf16Le.decode(b"a").is_err());
    }
}
