//! INI as Python's `configparser` reads it: strictly, with continued lines.

use indexmap::IndexMap;

use super::TemplateError;

/// A section's entries; `None` where a key stands alone.
pub(crate) type Section = IndexMap<String, Option<String>>;

/// The entries of a text by section, and those of `DEFAULT`.
#[derive(Default)]
pub(crate) struct Ini {
    pub sections: IndexMap<String, Section>,
    pub defaults: Section,
}

/// A mistake at a line, in our words and in those of `configparser`.
fn wrong(message: &str, line: usize, words: String) -> TemplateError {
    TemplateError::failed(format!("{message} in line {line}")).words(words)
}

/// Reads a text; `fold` makes of a key what it is known by, `lonely` allows keys without a value.
pub(crate) fn parse(
    text: &str,
    source: &str,
    fold: impl Fn(&str) -> String,
    lonely: bool,
) -> Result<Ini, TemplateError> {
    let mut ini = Ini::default();
    // The section that is being read, its last key, and how far that was indented.
    let (mut section, mut key, mut indent) = (None::<String>, None::<String>, 0);
    for (at, line) in text.lines().enumerate() {
        let (at, trimmed) = (at + 1, line.trim());
        let is_comment = trimmed.starts_with(['#', ';']);
        let current = match (&section, is_comment) {
            (Some(name), false) => Some(ini.entries(name)),
            _ => None,
        };
        let last = key.as_ref().and_then(|key| current?.get_mut(key)?.as_mut());
        if trimmed.is_empty() || is_comment {
            last.into_iter().for_each(|value| value.push('\n'));
            continue;
        }
        let own = line.len() - line.trim_start().len();
        if key.is_some() && own > indent {
            last.into_iter().for_each(|value| value.extend(["\n", trimmed]));
            continue;
        }
        indent = own;
        if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.rsplit_once(']')).map(|(name, _)| name)
            && !name.is_empty()
        {
            let again = name != "DEFAULT" && ini.sections.insert(name.to_owned(), Section::new()).is_some();
            if again {
                let words =
                    format!("While reading from '{source}' [line {at:2}]: section '{name}' already exists");
                return Err(wrong(&format!("the section `{name}` is there twice"), at, words));
            }
            (section, key) = (Some(name.to_owned()), None);
            continue;
        }
        let Some(name) = &section else {
            let words = format!("File contains no section headers.\nfile: '{source}', line: {at}\n{line:?}");
            return Err(wrong("an entry stands before the first section", at, words));
        };
        let (option, value) = match trimmed.split_once(['=', ':']) {
            Some((option, value)) => (option.trim(), Some(value.trim().to_owned())),
            None if lonely => (trimmed, None),
            None => ("", None),
        };
        if option.is_empty() {
            let words = format!("Source contains parsing errors: '{source}'\n\t[line {at:2}]: {line:?}");
            return Err(wrong("expected `key = value`", at, words));
        }
        let option = fold(option);
        if ini.entries(name).insert(option.clone(), value).is_some() {
            let words = format!(
                "While reading from '{source}' [line {at:2}]: option '{option}' in section '{name}' already exists"
            );
            return Err(wrong(&format!("the key `{option}` is there twice"), at, words));
        }
        key = Some(option);
    }
    let sections = ini.sections.values_mut().chain([&mut ini.defaults]);
    for value in sections.flat_map(|s| s.values_mut()).flatten() {
        value.truncate(value.trim_end().len());
    }
    Ok(ini)
}

impl Ini {
    fn entries(&mut self, section: &str) -> &mut Section {
        match section {
            "DEFAULT" => &mut self.defaults,
            name => self.sections.entry(name.to_owned()).or_default(),
        }
    }

    /// A section with the defaults it inherits, which come first; `None` when there is no such section.
    pub(crate) fn section(&self, name: &str) -> Option<Section> {
        let own = self.sections.get(name)?;
        let mut all = self.defaults.clone();
        all.extend(own.iter().map(|(k, v)| (k.clone(), v.clone())));
        Some(all)
    }
}
