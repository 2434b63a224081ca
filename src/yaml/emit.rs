//! Values to YAML text, to the byte as PyYAML (with libyaml, as Ansible uses it) writes it.

use std::borrow::Cow;
use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baton_modules::sorting::Sorting;
use baton_modules::yaml::needs_quotes;
use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};

use super::standin::StandIn;

/// A value to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Emit<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Cow<'a, str>),
    /// A date or a time: text that stands without quotes.
    Plain(String),
    /// Written as `!!binary`.
    Bytes(&'a [u8]),
    /// A vault text, written as `!vault |`.
    Vault(&'a str),
    Seq(Vec<Emit<'a>>),
    Map(Vec<(Emit<'a>, Emit<'a>)>),
}

/// Which collections are written in brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// `default_flow_style=False`
    Never,
    /// `default_flow_style=True`
    Always,
    /// `default_flow_style=None`: those that hold single values only.
    Leaves,
}

/// How a text is laid out; the defaults are those of Ansible's `to_yaml`.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub indent: i32,
    /// Where lines are broken; below zero: nowhere.
    pub width: i32,
    pub sort_keys: bool,
    pub allow_unicode: bool,
    pub flow: Flow,
    /// Begin with `---`.
    pub explicit_start: bool,
    /// End with `...`.
    pub explicit_end: bool,
    /// Strings of several lines are written as blocks (`|`).
    pub blocks: bool,
    /// With every tag and every quote.
    pub canonical: bool,
    /// The sign of the style that scalars are written in: `|`, `>`, `"` or `'`.
    pub style: Option<char>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            indent: 2,
            width: 80,
            sort_keys: true,
            allow_unicode: true,
            flow: Flow::Leaves,
            explicit_start: false,
            explicit_end: false,
            blocks: false,
            canonical: false,
            style: None,
        }
    }
}

impl Layout {
    /// The defaults of Ansible's `to_nice_yaml`.
    pub(crate) fn nice() -> Self {
        Self { indent: 4, flow: Flow::Never, ..Self::default() }
    }
}

/// The emitter refused a value.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the value as YAML: {0}")]
pub(crate) struct EmitError(libyaml_safer::Error);

impl From<libyaml_safer::Error> for EmitError {
    fn from(error: libyaml_safer::Error) -> Self {
        Self(error)
    }
}

/// The text of a value, with a line break at its end.
pub(crate) fn dump(value: &Emit, layout: &Layout) -> Result<String, EmitError> {
    let mut stand_in = match layout.allow_unicode {
        true => StandIn::for_texts(|visit| visit_strings(value, visit)),
        false => StandIn::default(),
    };
    let mut output = Vec::new();
    let mut emitter = Emitter::new();
    emitter.set_output(&mut output);
    emitter.set_indent(layout.indent);
    emitter.set_width(layout.width);
    emitter.set_unicode(layout.allow_unicode);
    emitter.set_canonical(layout.canonical);
    let mut writer = Writer { emitter, layout, stand_in: &mut stand_in };
    writer.emitter.emit(Event::stream_start(Encoding::Utf8))?;
    writer.emitter.emit(Event::document_start(None, &[], !layout.explicit_start))?;
    writer.value(value)?;
    writer.emitter.emit(Event::document_end(!layout.explicit_end))?;
    writer.emitter.emit(Event::stream_end())?;
    writer.emitter.flush()?;
    drop(writer);
    Ok(stand_in.restored(String::from_utf8_lossy(&output).into_owned()))
}

struct Writer<'w, 'o> {
    emitter: Emitter<'o>,
    layout: &'w Layout,
    stand_in: &'w mut StandIn,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Emit) -> Result<(), EmitError> {
        match value {
            Emit::Null => self.plain("null"),
            Emit::Bool(value) => self.plain(if *value { "true" } else { "false" }),
            Emit::Int(value) => self.plain(&value.to_string()),
            Emit::Plain(text) => self.plain(text),
            Emit::Float(value) => self.plain(&float(*value)),
            Emit::Str(text) => self.string(text),
            Emit::Bytes(bytes) => self.tagged("tag:yaml.org,2002:binary", &base64_lines(bytes)),
            Emit::Vault(text) => self.tagged("!vault", text),
            Emit::Seq(items) => self.sequence(items),
            Emit::Map(entries) => self.mapping(entries),
        }
    }

    fn sequence(&mut self, items: &[Emit]) -> Result<(), EmitError> {
        let flow = self.flows(items.iter());
        let style = if flow { SequenceStyle::Flow } else { SequenceStyle::Block };
        self.emitter.emit(Event::sequence_start(None, None, true, style))?;
        items.iter().try_for_each(|item| self.value(item))?;
        Ok(self.emitter.emit(Event::sequence_end())?)
    }

    fn mapping(&mut self, entries: &[(Emit, Emit)]) -> Result<(), EmitError> {
        let flow = self.flows(entries.iter().flat_map(|(key, value)| [key, value]));
        let style = if flow { MappingStyle::Flow } else { MappingStyle::Block };
        self.emitter.emit(Event::mapping_start(None, None, true, style))?;
        let mut ordered: Vec<&(Emit, Emit)> = entries.iter().collect();
        if self.layout.sort_keys && comparable(entries) {
            ordered.order_by(|a, b| compare(&a.0, &b.0));
        }
        for (key, value) in ordered {
            self.value(key)?;
            self.value(value)?;
        }
        Ok(self.emitter.emit(Event::mapping_end())?)
    }

    fn flows<'v>(&self, mut members: impl Iterator<Item = &'v Emit<'v>>) -> bool {
        match self.layout.flow {
            Flow::Never => false,
            Flow::Always => true,
            Flow::Leaves => members.all(|member| match member {
                Emit::Seq(_) | Emit::Map(_) | Emit::Bytes(_) | Emit::Vault(_) => false,
                Emit::Str(text) => !self.is_block(text),
                _ => true,
            }),
        }
    }

    fn is_block(&self, text: &str) -> bool {
        self.layout.blocks && text.contains(['\n', '\u{85}', '\u{2028}', '\u{2029}'])
    }

    fn plain(&mut self, text: &str) -> Result<(), EmitError> {
        Ok(self.emitter.emit(Event::scalar(None, None, text, true, false, ScalarStyle::Plain))?)
    }

    fn string(&mut self, text: &str) -> Result<(), EmitError> {
        let style = match self.layout.style {
            _ if self.is_block(text) => ScalarStyle::Literal,
            Some('|') => ScalarStyle::Literal,
            Some('>') => ScalarStyle::Folded,
            Some('"') => ScalarStyle::DoubleQuoted,
            Some('\'') => ScalarStyle::SingleQuoted,
            _ => ScalarStyle::Any,
        };
        let tag = self.layout.canonical.then_some("tag:yaml.org,2002:str");
        let plain = !needs_quotes(text) && tag.is_none();
        let text = self.stand_in.replaced(text);
        Ok(self.emitter.emit(Event::scalar(None, tag, &text, plain, tag.is_none(), style))?)
    }

    fn tagged(&mut self, tag: &str, text: &str) -> Result<(), EmitError> {
        Ok(self.emitter.emit(Event::scalar(None, Some(tag), text, false, false, ScalarStyle::Literal))?)
    }
}

fn visit_strings(value: &Emit, visit: &mut dyn FnMut(&str)) {
    match value {
        Emit::Str(text) => visit(text),
        Emit::Seq(items) => items.iter().for_each(|item| visit_strings(item, visit)),
        Emit::Map(entries) => entries.iter().for_each(|(key, value)| {
            visit_strings(key, visit);
            visit_strings(value, visit);
        }),
        _ => {}
    }
}

/// Whether Python could sort the keys: all strings, or all numbers.
fn comparable(entries: &[(Emit, Emit)]) -> bool {
    let strings = entries.iter().all(|(key, _)| matches!(key, Emit::Str(_)));
    strings || entries.iter().all(|(key, _)| number(key).is_some())
}

fn compare(a: &Emit, b: &Emit) -> Ordering {
    match (a, b) {
        (Emit::Str(a), Emit::Str(b)) => a.cmp(b),
        (Emit::Int(a), Emit::Int(b)) => a.cmp(b),
        _ => number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal),
    }
}

fn number(value: &Emit) -> Option<f64> {
    match value {
        Emit::Bool(value) => Some(f64::from(u8::from(*value))),
        Emit::Int(value) => Some(*value as f64),
        Emit::Float(value) => Some(*value),
        _ => None,
    }
}

/// A number as Python's `repr` has it, but always with a point.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf".into() } else { "-.inf".into() };
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let text = value.to_string();
        return if text.contains('.') { text } else { format!("{text}.0") };
    }
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{point}e{sign}{:02}", exponent.abs())
}

/// Base64 in lines of 76 characters, each ended, as Python's `encodebytes` has it.
fn base64_lines(bytes: &[u8]) -> String {
    bytes.chunks(57).map(|line| STANDARD.encode(line) + "\n").collect()
}

impl<'a> From<&'a serde_json::Value> for Emit<'a> {
    fn from(json: &'a serde_json::Value) -> Self {
        use serde_json::Value as J;
        match json {
            J::Null => Emit::Null,
            J::Bool(value) => Emit::Bool(*value),
            J::Number(value) => match value.as_i128() {
                Some(whole) => Emit::Int(whole),
                None => Emit::Float(value.as_f64().unwrap_or(f64::NAN)),
            },
            J::String(text) => Emit::Str(text.as_str().into()),
            J::Array(items) => Emit::Seq(items.iter().map(Emit::from).collect()),
            J::Object(entries) => {
                Emit::Map(entries.iter().map(|(k, v)| (Emit::Str(k.as_str().into()), v.into())).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests;
