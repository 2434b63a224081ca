//! Options as they stand on a command line of `docker build`.

use crate::Fail;

/// An option: its name, its letter, and whether a value follows.
type Known = (&'static str, Option<char>, bool);

const OPTIONS: &[Known] = &[
    ("add-host", None, true),
    ("build-arg", None, true),
    ("cache-from", None, true),
    ("file", Some('f'), true),
    ("label", None, true),
    ("network", None, true),
    ("no-cache", None, false),
    ("platform", None, true),
    ("pull", None, false),
    ("secret", None, true),
    ("shm-size", None, true),
    ("tag", Some('t'), true),
    ("target", None, true),
    // What these say is so anyhow, or changes nothing of the image.
    ("force-rm", None, false),
    ("load", None, false),
    ("progress", None, true),
    ("quiet", Some('q'), false),
    ("rm", None, false),
];

/// The options of a line, by their long names.
///
/// # Errors
/// With the name of an option that is not known, or whose value is missing.
pub(super) fn options(words: &[String]) -> Result<Vec<(&'static str, String)>, Fail> {
    let mut all = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (known, mut value) = option(word)?;
        if known.2 && value.is_none() {
            value = words.next().cloned();
        }
        let missing =
            || Fail::new(format!("`build_arg`: the option `{word}` of `docker build` needs a value"));
        let value = if known.2 { value.ok_or_else(missing)? } else { value.unwrap_or("true".to_owned()) };
        all.push((known.0, value));
    }
    Ok(all)
}

fn option(word: &str) -> Result<(Known, Option<String>), Fail> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) =
            long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_owned())));
        let known = OPTIONS.iter().find(|known| known.0 == name);
        return known.map(|known| (*known, value)).ok_or_else(|| unknown(word, name));
    }
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some('-'), Some(letter)) => {
            let known = OPTIONS.iter().find(|known| known.1 == Some(letter));
            let rest = letters.as_str().trim_start_matches('=');
            let value = Some(rest.to_owned()).filter(|rest| !rest.is_empty());
            known.map(|known| (*known, value)).ok_or_else(|| unknown(word, ""))
        }
        _ => Err(Fail::new(format!("`build_arg`: expected an option of `docker build`, found `{word}`"))
            .hint("the directory is given as `context`")),
    }
}

fn unknown(word: &str, name: &str) -> Fail {
    let shown = word.split('=').next().unwrap_or(word);
    let fail = Fail::new(format!("`build_arg`: the option `{shown}` of `docker build` is not known here"));
    let near = OPTIONS.iter().map(|known| (known.0, strsim::damerau_levenshtein(known.0, name)));
    match near.min_by_key(|(_, distance)| *distance).filter(|(_, distance)| *distance <= 2) {
        Some((nearest, _)) => fail.hint(&format!("did you mean `--{nearest}`?")),
        None => fail,
    }
}
