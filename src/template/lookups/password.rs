//! The look-up `password`: a password kept in a file, made up when there is none.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rand::RngExt;

use super::super::crypt::{self, Scheme};
use super::super::mersenne::Mersenne;
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, files};
use super::terms::Term;
use super::{Found, Lookup};

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup {
    name: "password",
    doc: "A password kept in a file, made up when there is none.",
    run: password,
}];

const NAMES: &[&str] = &["length", "chars", "encrypt", "ident", "seed"];

fn password(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    terms.iter().map(|t| one(session, &t.to_text(), &args).map(Value::from)).collect()
}

/// What the file holds.
#[derive(Default, Clone)]
struct Kept {
    password: String,
    salt: Option<String>,
    ident: Option<String>,
}

fn one(session: &Session<'_>, term: &str, args: &Args) -> Result<String, TemplateError> {
    let term = Term::new(term, args, NAMES)?;
    let name = term.words.join(" ");
    if name.is_empty() {
        return Err(TemplateError::failed("the path of a file is needed"));
    }
    let path = absolute(session, &name)?;
    let length = match term.text("length") {
        None => 20,
        Some(text) => text.parse::<usize>().map_err(|_| {
            TemplateError::failed(format!("expected `length` to be a number, found `{text}`"))
        })?,
    };
    let chars = characters(term.value("chars"))?;
    let scheme = match term.text("encrypt").as_deref() {
        None | Some("") => None,
        Some(word) if Value::from(word).to_bool() == Some(true) => Some(Scheme::Sha512),
        Some(name) => Some(
            Scheme::named(name)
                .ok_or_else(|| TemplateError::failed(format!("unknown way to encrypt: `{name}`")))?,
        ),
    };
    let throwaway = path == Path::new("/dev/null");
    let kept = if throwaway { None } else { read(&path)? };
    let mut wanted = kept.clone().unwrap_or_default();
    if kept.is_none() {
        wanted.password = made_up(length, &chars, term.text("seed").as_deref())?;
    }
    if let Some(scheme) = scheme {
        wanted.salt.get_or_insert_with(|| crypt::fresh_salt(scheme));
        if scheme == Scheme::Bcrypt && wanted.ident.is_none() {
            wanted.ident = term.text("ident").or_else(|| Some("2b".into()));
        }
    }
    let new = kept.is_none_or(|k| k.salt != wanted.salt || k.ident != wanted.ident);
    if new && !throwaway {
        write(&path, &wanted)?;
    }
    match (scheme, &wanted.salt) {
        (Some(scheme), Some(salt)) => {
            crypt::hash(scheme, &wanted.password, salt, None, wanted.ident.as_deref())
        }
        _ => Ok(wanted.password),
    }
}

/// A path relative to the playbook.
fn absolute(session: &Session<'_>, name: &str) -> Result<PathBuf, TemplateError> {
    let path = PathBuf::from(files::expand_user(name));
    if path.is_absolute() {
        return Ok(path);
    }
    let base = session.settled_variable("playbook_dir")?.map_or_else(String::new, |d| d.to_text());
    Ok(Path::new(&base).join(path))
}

fn characters(spec: Option<&Value>) -> Result<Vec<char>, TemplateError> {
    let words: Vec<String> = match spec {
        None => ["ascii_letters", "digits", ".,:-_"].map(str::to_owned).to_vec(),
        Some(Value::Str(text)) => {
            let comma = text.contains(",,");
            let text = text.replace(",,", ",");
            let words = text.split(',').filter(|w| !w.is_empty()).map(str::to_owned);
            words.chain(comma.then(|| ",".to_owned())).collect()
        }
        Some(list) => iterate(list)?.iter().map(Value::to_text).collect(),
    };
    let lower: String = ('a'..='z').collect();
    let digits = "0123456789";
    let punctuation = r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##;
    let named = |word: &str| match word {
        "ascii_letters" => format!("{lower}{}", lower.to_uppercase()),
        "ascii_lowercase" => lower.clone(),
        "ascii_uppercase" => lower.to_uppercase(),
        "digits" => digits.into(),
        "hexdigits" => format!("{digits}abcdefABCDEF"),
        "octdigits" => "01234567".into(),
        "punctuation" => punctuation.into(),
        "whitespace" => " \t\n\r\u{b}\u{c}".into(),
        "printable" => format!("{digits}{lower}{}{punctuation} \t\n\r\u{b}\u{c}", lower.to_uppercase()),
        other => other.to_owned(),
    };
    // Quotes are left out, as they were marks around the characters.
    let all: String = words.iter().map(|w| named(w)).collect();
    let chars: Vec<char> = all.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    match chars.is_empty() {
        true => Err(TemplateError::failed("`chars` has no characters to choose from")),
        false => Ok(chars),
    }
}

fn made_up(length: usize, chars: &[char], seed: Option<&str>) -> Result<String, TemplateError> {
    if length > 100_000 {
        return Err(TemplateError::failed("`length` is too large"));
    }
    let count = chars.len();
    Ok(match seed {
        Some(seed) => {
            let mut random = Mersenne::from_text(seed);
            (0..length).map(|_| chars[random.below(count as u128) as usize]).collect()
        }
        None => {
            let mut random = rand::rng();
            (0..length).map(|_| chars[random.random_range(0..count)]).collect()
        }
    })
}

fn read(path: &Path) -> Result<Option<Kept>, TemplateError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => {
            return Err(TemplateError::failed(format!(
                "cannot read the password file `{}`: {e}",
                path.display()
            )));
        }
    };
    let mut kept = Kept::default();
    let mut line = text.trim_end().to_owned();
    if let Some((before, ident)) = line.rsplit_once(" ident=") {
        kept.ident = Some(ident.to_owned());
        line = before.to_owned();
    }
    if let Some((before, salt)) = line.rsplit_once(" salt=") {
        kept.salt = Some(salt.to_owned());
        line = before.to_owned();
    }
    kept.password = line;
    Ok(Some(kept))
}

fn write(path: &Path, kept: &Kept) -> Result<(), TemplateError> {
    let failed = |e: std::io::Error| {
        TemplateError::failed(format!("cannot write the password file `{}`: {e}", path.display()))
    };
    if let Some(directory) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    }
    let mut line = kept.password.clone();
    for (name, value) in [("salt", &kept.salt), ("ident", &kept.ident)] {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    }
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&beside).map_err(failed)?;
    let written = file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| std::fs::rename(&beside, path)).map_err(|e| {
        let _ = std::fs::remove_file(&beside);
        failed(e)
    })
}
