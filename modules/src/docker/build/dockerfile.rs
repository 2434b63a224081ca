//! What must be known of a Dockerfile before it is built: the images it begins with, and whether it needs BuildKit.

use std::collections::BTreeMap;

/// What a Dockerfile needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// The images it begins with or copies from, its own stages aside; those whose name hangs on something unknown
    /// are left out.
    pub images: Vec<String>,
    /// What in it only BuildKit understands, in words.
    pub buildkit: Option<String>,
}

/// Looks through a Dockerfile, with build arguments.
pub(super) fn needs(text: &str, args: &BTreeMap<String, String>) -> Needs {
    let mut needs = Needs::default();
    let mut stages: Vec<String> = Vec::new();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for line in instructions(text) {
        let mut words = line.split_whitespace();
        let verb = words.next().unwrap_or_default().to_uppercase();
        let words: Vec<&str> = words.collect();
        match verb.as_str() {
            // Only arguments before the first stage can be used in `FROM`.
            "ARG" if stages.is_empty() => {
                for word in &words {
                    let (name, default) = word.split_once('=').unwrap_or((word, ""));
                    let default = default.trim_matches(['"', '\'']).to_owned();
                    known.insert(name.to_owned(), args.get(name).cloned().unwrap_or(default));
                }
            }
            "FROM" => {
                let given = ["BUILDPLATFORM", "TARGETPLATFORM"]
                    .iter()
                    .find(|name| line.contains(&format!("${name}")));
                needs.buildkit = needs.buildkit.or_else(|| given.map(|name| format!("`${name}`")));
                let mut names = words.iter().filter(|word| !word.starts_with("--"));
                let name = names.next().and_then(|name| expand(name, &known));
                let stage = names.nth(1).map(|stage| stage.to_lowercase());
                add(&mut needs.images, &stages, name);
                stages.push(stage.unwrap_or_default());
            }
            "COPY" | "ADD" | "RUN" => {
                let from = words.iter().find_map(|word| word.strip_prefix("--from="));
                let is_number = |name: &&str| name.bytes().all(|byte| byte.is_ascii_digit());
                add(
                    &mut needs.images,
                    &stages,
                    from.filter(|name| !is_number(name) && !name.contains('$')).map(str::to_owned),
                );
                needs.buildkit = needs.buildkit.or_else(|| only_buildkit(&verb, &words));
            }
            _ => {}
        }
    }
    needs
}

fn add(images: &mut Vec<String>, stages: &[String], name: Option<String>) {
    let Some(name) = name else { return };
    let is_stage = stages.contains(&name.to_lowercase());
    if name != "scratch" && !is_stage && !images.contains(&name) {
        images.push(name);
    }
}

fn only_buildkit(verb: &str, words: &[&str]) -> Option<String> {
    let flags =
        ["--mount", "--network", "--security", "--link", "--parents", "--exclude", "--checksum", "--chmod"];
    let mut leading = words.iter().take_while(|word| word.starts_with("--"));
    let flag = leading
        .find_map(|word| flags.iter().find(|flag| *word == **flag || word.starts_with(&format!("{flag}="))));
    if let Some(flag) = flag {
        return Some(format!("`{verb} {flag}`"));
    }
    let is_here = |word: &&&str| {
        word.strip_prefix("<<")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '-' || c == '"'))
    };
    words.iter().find(is_here).map(|word| format!("a here-document `{word}`"))
}

/// The instructions, each on one line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let (content, goes_on) = line.strip_suffix('\\').map_or((line, false), |content| (content, true));
        match all.last_mut().filter(|_| open) {
            Some(last) => *last += &format!(" {content}"),
            None => all.push(content.to_owned()),
        }
        open = goes_on;
    }
    all
}

/// A word with `$NAME`, `${NAME}` and `${NAME:-default}` expanded; `None` where one is unknown.
fn expand(word: &str, known: &BTreeMap<String, String>) -> Option<String> {
    let Some((before, rest)) = word.split_once('$') else { return Some(word.to_owned()) };
    let (name, tail) = match rest.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => rest.split_at(rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())),
    };
    let (name, default) = name.split_once(":-").unwrap_or((name, ""));
    let value = known.get(name).map(String::as_str).filter(|value| !value.is_empty()).unwrap_or(default);
    if value.is_empty() {
        return None;
    }
    Some(format!("{before}{value}{}", expand(tail, known)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(text: &str, args: &[(&str, &str)]) -> Vec<String> {
        let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        needs(text, &args).images
    }

    #[test]
    fn images_are_found_and_stages_are_none() {
        let text = "# syntax\nARG V=1\nFROM --platform=linux/amd64 \\\n  base:$V AS build\nRUN x\nFROM scratch\n\
                    COPY --from=build /a /a\nCOPY --from=other:2 /b /b\nFROM build\nCOPY --from=0 /c /c\n";
        assert_eq!(images(text, &[]), ["base:1", "other:2"]);
        assert_eq!(images(text, &[("V", "9")])[0], "base:9");
        assert_eq!(images("FROM $NOTHING\n", &[]), Vec::<String>::new());
    }

    #[test]
    fn what_only_buildkit_knows_is_named() {
        let of = |text: &str| needs(text, &BTreeMap::new()).buildkit;
        assert_eq!(of("FROM a\nRUN --mount=type=secret,id=x cat\n").as_deref(), Some("`RUN --mount`"));
        assert_eq!(of("FROM a\nRUN <<EOF\necho\nEOF\n").as_deref(), Some("a here-document `<<EOF`"));
        assert_eq!(of("FROM --platform=$BUILDPLATFORM a\n").as_deref(), Some("`$BUILDPLATFORM`"));
        assert_eq!(of("FROM a\nRUN echo --mount $((1<<2))\n"), None);
        assert_eq!(of("FROM a\nCOPY --chown=1:1 a b\n"), None);
    }
}
