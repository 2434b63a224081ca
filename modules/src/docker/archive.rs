//! Archives of images, as the engine saves them: which images are in one is known without loading it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use serde_json::Value;

use crate::sorting::Sorting;

/// An image in an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Saved {
    /// Its number.
    pub id: String,
    /// Its names, sorted.
    pub tags: Vec<String>,
}

/// The images of an archive, sorted; `None` where it is of another kind, or packed.
///
/// # Errors
/// When it cannot be read.
pub fn saved(archive: &mut File) -> io::Result<Option<Vec<Saved>>> {
    let Some(text) = member(archive, "manifest.json")? else { return Ok(None) };
    let Ok(Value::Array(all)) = serde_json::from_slice(&text) else { return Ok(None) };
    let read = |item: &Value| {
        let config = item.get("Config")?.as_str()?;
        let digits = config.trim_end_matches(".json").rsplit('/').next()?;
        let tags = item.get("RepoTags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut tags: Vec<String> = tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
        tags.put_in_order();
        (digits.len() == 64).then(|| Saved { id: format!("sha256:{digits}"), tags })
    };
    let mut images: Option<Vec<Saved>> = all.iter().map(read).collect();
    if let Some(images) = &mut images {
        images.put_in_order();
    }
    Ok(images)
}

/// A member of a tar archive by its name; `None` where it has none, or is no such archive.
fn member(archive: &mut File, wanted: &str) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 512];
    loop {
        match archive.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        if !header[257..].starts_with(b"ustar") {
            return Ok(None);
        }
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim_matches(['\0', ' ']).to_owned();
        let Some(size) = size(&header[124..136]) else { return Ok(None) };
        if text(&header[..100]) == wanted {
            let mut content = Vec::new();
            archive.take(size).read_to_end(&mut content)?;
            return Ok(Some(content));
        }
        let whole = i64::try_from(size.div_ceil(512).saturating_mul(512)).unwrap_or(i64::MAX);
        archive.seek(SeekFrom::Current(whole))?;
    }
}

fn size(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        return Some(u64::from_be_bytes(field[4..12].try_into().ok()?));
    }
    let digits = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(digits, 8).ok()
}
