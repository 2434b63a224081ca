//! Values of settings from text: the types settings have.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::setting::Base;
use crate::diagnostic::Severity;

/// A type that settings can have.
pub(super) trait FromText: Sized {
    /// Reads the value; `None` when the text is not one.
    fn from_text(text: &str, base: &Base) -> Option<Self>;

    /// What would have been right, for "expected …".
    fn expected() -> String;

    /// The value when nothing says anything.
    fn none() -> Self;

    /// The value as data, for templates.
    fn to_json(&self) -> Json;

    /// Whether a wrong value only earns a warning.
    fn is_harmless() -> bool {
        false
    }
}

impl FromText for bool {
    fn from_text(text: &str, _: &Base) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" | "" | "none" => Some(false),
            _ => None,
        }
    }

    fn expected() -> String {
        "`true` or `false`".into()
    }

    fn to_json(&self) -> Json {
        json!(self)
    }

    fn none() -> Self {
        false
    }

    // ansible: whatever it does not know is false.
    fn is_harmless() -> bool {
        true
    }
}

impl FromText for u64 {
    fn from_text(text: &str, _: &Base) -> Option<Self> {
        let text = text.trim();
        text.parse()
            .ok()
            .or_else(|| text.parse().ok().filter(|f: &f64| f.fract() == 0.0 && *f >= 0.0).map(|f| f as u64))
    }

    fn expected() -> String {
        "a whole number".into()
    }

    fn to_json(&self) -> Json {
        json!(self)
    }

    fn none() -> Self {
        0
    }
}

impl FromText for String {
    fn from_text(text: &str, _: &Base) -> Option<Self> {
        Some(text.into())
    }

    fn expected() -> String {
        "text".into()
    }

    fn to_json(&self) -> Json {
        json!(self)
    }

    fn none() -> Self {
        String::new()
    }
}

/// Text with commas; blanks around items do not count.
impl FromText for Vec<String> {
    fn from_text(text: &str, _: &Base) -> Option<Self> {
        Some(
            text.split(',')
                .map(|item| item.trim().trim_matches(['"', '\'']).to_owned())
                .filter(|i| !i.is_empty())
                .collect(),
        )
    }

    fn expected() -> String {
        "a list with commas".into()
    }

    fn to_json(&self) -> Json {
        json!(self)
    }

    fn none() -> Self {
        Vec::new()
    }
}

impl FromText for PathBuf {
    fn from_text(text: &str, base: &Base) -> Option<Self> {
        Some(base.resolve(text.trim()))
    }

    fn expected() -> String {
        "a path".into()
    }

    fn to_json(&self) -> Json {
        json!(self.to_string_lossy())
    }

    fn none() -> Self {
        PathBuf::new()
    }
}

/// Directories to search, with colons.
impl FromText for Vec<PathBuf> {
    fn from_text(text: &str, base: &Base) -> Option<Self> {
        Some(
            text.split(':')
                .filter(|part| !part.trim().is_empty())
                .map(|part| base.resolve(part.trim()))
                .collect(),
        )
    }

    fn expected() -> String {
        "paths with colons".into()
    }

    fn to_json(&self) -> Json {
        self.iter().map(FromText::to_json).collect()
    }

    fn none() -> Self {
        Vec::new()
    }
}

/// Paths with commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PathList(pub Vec<PathBuf>);

impl FromText for PathList {
    fn from_text(text: &str, base: &Base) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Some(Self(parts.map(|part| base.resolve(part)).collect()))
    }

    fn expected() -> String {
        "paths with commas".into()
    }

    fn to_json(&self) -> Json {
        self.0.to_json()
    }

    fn none() -> Self {
        Self::default()
    }
}

/// What may have no value at all.
impl<T: FromText> FromText for Option<T> {
    fn from_text(text: &str, base: &Base) -> Option<Self> {
        T::from_text(text, base).map(Some)
    }

    fn expected() -> String {
        T::expected()
    }

    fn to_json(&self) -> Json {
        self.as_ref().map_or(Json::Null, FromText::to_json)
    }

    fn none() -> Self {
        None
    }
}

impl Base<'_> {
    /// A path with `~`, `$VARIABLES` and `{{CWD}}` filled in, absolute.
    fn resolve(&self, text: &str) -> PathBuf {
        let text = text.replace("{{CWD}}", &self.cwd.to_string_lossy());
        let text = self.filled(&text);
        let path = match text.strip_prefix('~') {
            Some("") => self.home.to_path_buf(),
            Some(rest) if rest.starts_with('/') => self.home.join(&rest[1..]),
            _ => PathBuf::from(text),
        };
        self.directory.join(path)
    }

    /// `$NAME` and `${NAME}` replaced where the environment has them.
    fn filled(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            let (name, remaining) = braced.unwrap_or(after.split_at(end));
            match (self.env)(name).filter(|_| !name.is_empty()) {
                Some(value) => {
                    filled.push_str(&value);
                    rest = remaining;
                }
                None => {
                    filled.push('$');
                    rest = after;
                }
            }
        }
        filled + rest
    }
}

/// Declares a setting's choices.
macro_rules! choices {
    ($( $(#[$meta:meta])* $name:ident { $first:ident = $first_text:literal $(, $variant:ident = $text:literal)* } )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $first, $($variant),* }

        impl FromText for $name {
            fn from_text(text: &str, _: &Base) -> Option<Self> {
                match text.trim() {
                    $first_text => Some(Self::$first),
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn expected() -> String {
                ["one of `", $first_text, "`", $(", `", $text, "`"),*].concat()
            }

            fn to_json(&self) -> Json {
        json!(match self { Self::$first => $first_text, $(Self::$variant => $text),* })
    }

    fn none() -> Self {
                Self::$first
            }
        }
    )* };
}

choices! {
    /// When facts are gathered.
    Gathering { Implicit = "implicit", Explicit = "explicit", Smart = "smart" }
    /// What becomes of mappings defined more than once.
    HashBehaviour { Replace = "replace", Merge = "merge" }
    /// What becomes of names of groups that could not be names of variables.
    GroupNames { Never = "never", Always = "always", Ignore = "ignore", Silently = "silently" }
    /// What a pattern without hosts, or another harmless slip, leads to.
    Mismatch { Warning = "warning", Error = "error", Ignore = "ignore" }
    /// What a key given twice leads to.
    DuplicateKey { Warn = "warn", Error = "error", Ignore = "ignore" }
    /// How results are shown by the output `ansible`.
    ResultFormat { Json = "json", Yaml = "yaml" }
}

impl Mismatch {
    /// How bad it is; `None`: not at all.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
            Self::Ignore => None,
        }
    }
}

/// The output's name, as Ansible's users write it, also with a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Callback(pub String);

impl FromText for Callback {
    fn from_text(text: &str, _: &Base) -> Option<Self> {
        let text = text.trim();
        let short = ["ansible.builtin.", "ansible.legacy.", "ansible.posix.", "community.general."];
        let bare = short.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
        Some(Self(bare.into()))
    }

    fn expected() -> String {
        "the name of an output".into()
    }

    fn to_json(&self) -> Json {
        json!(self.0)
    }

    fn none() -> Self {
        Self("default".into())
    }
}
