//! Filters to and from INI and CSV.

use indexmap::IndexMap;

use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, csv, ini, is_truthy};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("from_ini", "Out of INI, as mappings by section.", from_ini),
    Filter::new("to_ini", "Mappings by section as INI.", to_ini),
    Filter::new("from_csv", "Out of CSV, as a list of mappings.", from_csv),
];

fn text_of(input: &Value, filter: &str) -> Result<String, TemplateError> {
    match input {
        Value::Str(text) => Ok(text.to_string()),
        other => Err(TemplateError::failed(format!("{filter} requires a str, got {}", other.type_name()))),
    }
}

fn from_ini(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("from_ini")?;
    let ini = ini::parse(&text_of(&input, "from_ini")?, "<???>", str::to_owned, false)?;
    let value = |section: ini::Section| {
        let entries = section.into_iter();
        Value::map(entries.map(|(k, v)| (Value::from(k), v.map_or(Value::None, Value::from))))
    };
    let mut all: IndexMap<Value, Value> = IndexMap::new();
    for name in ini.sections.keys() {
        all.insert(Value::from(name.as_str()), value(ini.section(name).unwrap_or_default()));
    }
    if !ini.defaults.is_empty() {
        all.insert(Value::from("DEFAULT"), value(ini.defaults));
    }
    Ok(Value::map(all))
}

fn to_ini(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("to_ini")?;
    let sections = input.as_map().filter(|m| !m.is_empty());
    let sections = sections.ok_or_else(|| TemplateError::failed("to_ini requires a mapping of sections"))?;
    let mut out = String::new();
    let is_default = |name: &Value| name.as_str() == Some("DEFAULT");
    let (first, others): (Vec<_>, Vec<_>) = sections.iter().partition(|(name, _)| is_default(name));
    for (name, entries) in first.into_iter().chain(others) {
        let (name, Value::Map(entries)) = (name.to_text(), entries) else {
            return Err(TemplateError::failed(format!(
                "to_ini: expected the section `{}` to be a mapping, found `{}`",
                name.to_text(),
                entries.repr()
            )));
        };
        out.push_str(&format!("[{name}]\n"));
        for (key, value) in &entries.entries {
            if matches!(value, Value::None) {
                return Err(TemplateError::failed(format!("to_ini: `{}` has no value", key.to_text())));
            }
            out.push_str(&format!("{} = {}\n", key.to_text(), value.to_text().replace('\n', "\n\t")));
        }
        out.push('\n');
    }
    out.pop();
    Ok(Value::from(out))
}

fn from_csv(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args =
        args.bind("from_csv", &["dialect", "fieldnames", "delimiter", "skipinitialspace", "strict"])?;
    let mut delimiter = match args.text(0, "excel").as_str() {
        "excel" | "unix" => ',',
        "excel-tab" => '\t',
        other => return Err(TemplateError::failed(format!("from_csv: unknown dialect `{other}`"))),
    };
    if let Some(given) = args.some(2) {
        let given = given.to_text();
        let mut chars = given.chars();
        let (Some(one), None) = (chars.next(), chars.next()) else {
            return Err(TemplateError::failed(format!(
                "from_csv: expected one character as `delimiter`, found `{given}`"
            )));
        };
        delimiter = one;
    }
    let text = text_of(&input, "from_csv")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let rows = csv::rows(text, delimiter, args.some(3).is_some_and(is_truthy));
    let mut rows = rows.into_iter().map(|row| row.into_iter().map(Value::from).collect::<Vec<_>>());
    let names = match args.some(1) {
        Some(names) => iterate(names)?,
        None => rows.next().unwrap_or_default(),
    };
    let record = |row: Vec<Value>| {
        let beyond = row.get(names.len()..).filter(|more| !more.is_empty());
        let beyond = beyond.map(|more| (Value::None, Value::list(more.to_vec())));
        let cells = row.iter().cloned().chain(std::iter::repeat(Value::None));
        Value::map(names.iter().cloned().zip(cells).chain(beyond).collect::<Vec<_>>())
    };
    Ok(Value::list(rows.map(record)))
}
