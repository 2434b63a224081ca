//! Parser events to JSON values: anchors, merge keys, tags, and where everything stands.

use std::collections::{BTreeMap, HashMap};
use std::io::BufReader;

use libyaml_safer::{Encoding, Event, EventData, Mark, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use super::scalar::{self, Scalar};

/// Deeper nesting is a mistake or an attack.
const MAX_DEPTH: usize = 200;

/// How many values aliases may stand for in all, were each written out.
const MAX_EXPANDED: usize = 1_000_000;

const CORE: &str = "tag:yaml.org,2002:";

/// Whose reading of unquoted words is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// YAML 1.1 as PyYAML reads it: `yes` and `on` are booleans, `12:30` is a number.
    Python,
    /// As docker's and Kubernetes' own tools read it: only `true` and `false` are booleans, `12:30` is text.
    Go,
}

/// One document: its value, and where its parts stand. Paths are JSON pointers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub value: Value,
    /// Keys that stand twice in one mapping; the last one counts.
    pub repeated: Vec<Slip>,
    /// Tags of one's own, as `!reset`.
    pub tags: BTreeMap<String, String>,
    lines: HashMap<String, usize>,
}

/// What is wrong in a text, and in which of its lines (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    pub line: usize,
    pub message: String,
}

impl Document {
    /// The line of what stands at a JSON pointer, or else of the nearest thing around it.
    pub fn line(&self, pointer: &str) -> usize {
        let mut path = pointer;
        loop {
            match (self.lines.get(path), path.rfind('/')) {
                (Some(line), _) => return *line,
                (None, Some(above)) => path = &path[..above],
                (None, None) => return 1,
            }
        }
    }

    /// Whether something stands at this pointer itself.
    pub fn has(&self, pointer: &str) -> bool {
        self.lines.contains_key(pointer)
    }
}

/// All documents of a text, or all that is wrong with it.
///
/// # Errors
/// Where it is no YAML, or an alias or a tag in it makes no sense.
pub fn read(text: &str, dialect: Dialect) -> Result<Vec<Document>, Vec<Slip>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches([' ', '\t']);
    let ended = body.is_empty() || body.ends_with(['\n', '\r']);
    // The parser panics at a block of text whose last line has no line break.
    let body = if ended { body.to_owned() } else { format!("{body}\n") };
    let mut parser = Parser::new();
    parser.set_encoding(Encoding::Utf8);
    parser.set_input(BufReader::new(body.as_bytes()));
    let mut reader = Reader {
        parser,
        dialect,
        added: (!ended).then_some(body.len() as u64),
        slips: Vec::new(),
        anchors: HashMap::new(),
        expanded: 0,
        document: Document::default(),
        path: String::new(),
    };
    match reader.documents() {
        Ok(documents) if reader.slips.is_empty() => Ok(documents),
        Ok(_) => Err(reader.slips),
        Err(error) => {
            reader.slips.push(syntax(&error));
            Err(reader.slips)
        }
    }
}

fn syntax(error: &libyaml_safer::Error) -> Slip {
    let line = error.problem_mark().or(error.context_mark()).map_or(1, |mark| line_of(&mark));
    let context = error.context().filter(|words| !words.is_empty());
    let words = context.map_or(String::new(), |context| format!(" {context}"));
    let problem = match error.problem() {
        "" => error.to_string(),
        problem => problem.to_owned(),
    };
    Slip { line, message: format!("no valid YAML: {problem}{words}") }
}

struct Reader<'a> {
    parser: Parser<BufReader<&'a [u8]>>,
    dialect: Dialect,
    /// Where the text ends, if its last line break was added.
    added: Option<u64>,
    slips: Vec<Slip>,
    anchors: HashMap<String, Value>,
    expanded: usize,
    document: Document,
    path: String,
}

impl Reader<'_> {
    fn documents(&mut self) -> Result<Vec<Document>, libyaml_safer::Error> {
        let mut documents = Vec::new();
        loop {
            let event = self.parser.parse()?;
            match event.data {
                EventData::StreamEnd => return Ok(documents),
                EventData::StreamStart { .. } | EventData::DocumentEnd { .. } => {}
                EventData::DocumentStart { .. } => self.anchors.clear(),
                _ => {
                    self.document = Document::default();
                    self.path.clear();
                    let value = self.node(event, 0)?;
                    documents.push(Document { value, ..std::mem::take(&mut self.document) });
                }
            }
        }
    }

    fn node(&mut self, event: Event, depth: usize) -> Result<Value, libyaml_safer::Error> {
        let line = line_of(&event.start_mark);
        self.document.lines.entry(self.path.clone()).or_insert(line);
        if depth > MAX_DEPTH {
            return self.too_deep(event, line);
        }
        let (anchor, value) = match event.data {
            EventData::Alias { anchor } => return Ok(self.alias(&anchor, line)),
            EventData::Scalar { anchor, tag, mut value, style, .. } => {
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                if block && self.added == Some(event.end_mark.index) && value.ends_with('\n') {
                    value.pop();
                }
                (anchor, self.scalar(tag, value, style == ScalarStyle::Plain, line))
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                self.collection_tag(tag, "seq", line);
                (anchor, self.sequence(depth)?)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                self.collection_tag(tag, "map", line);
                (anchor, self.mapping(depth)?)
            }
            _ => (None, Value::Null),
        };
        if let Some(name) = anchor {
            self.anchors.insert(name, value.clone());
        }
        Ok(value)
    }

    /// Takes the events of what is not wanted.
    fn too_deep(&mut self, event: Event, line: usize) -> Result<Value, libyaml_safer::Error> {
        let (mut open, mut data) = (0usize, event.data);
        loop {
            match data {
                EventData::SequenceStart { .. } | EventData::MappingStart { .. } => open += 1,
                EventData::SequenceEnd | EventData::MappingEnd => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                self.slip(line, format!("nested deeper than {MAX_DEPTH} levels"));
                return Ok(Value::Null);
            }
            data = self.parser.parse()?.data;
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, libyaml_safer::Error> {
        let (mut items, length) = (Vec::new(), self.path.len());
        loop {
            let event = self.parser.parse()?;
            if event.data == EventData::SequenceEnd {
                return Ok(Value::Array(items));
            }
            self.path += &format!("/{}", items.len());
            let item = self.node(event, depth + 1)?;
            self.path.truncate(length);
            items.push(item);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, libyaml_safer::Error> {
        let (mut own, mut merged, length) = (Map::new(), Map::new(), self.path.len());
        loop {
            let event = self.parser.parse()?;
            if event.data == EventData::MappingEnd {
                for (key, value) in merged {
                    own.entry(key).or_insert(value);
                }
                return Ok(Value::Object(own));
            }
            let line = line_of(&event.start_mark);
            let (key, is_merge) = self.key(event, depth)?;
            self.path = format!("{}/{}", self.path, pointer_part(&key));
            let repeated = own.contains_key(&key);
            if !is_merge {
                self.document.lines.insert(self.path.clone(), line);
            }
            let event = self.parser.parse()?;
            let value = self.node(event, depth + 1)?;
            self.path.truncate(length);
            if is_merge {
                self.merge(value, &mut merged, line);
            } else {
                if repeated {
                    let message = format!("the key `{key}` stands twice in one mapping");
                    self.document.repeated.push(Slip { line, message });
                }
                own.insert(key, value);
            }
        }
    }

    /// A key as text, and whether it is `<<`.
    fn key(&mut self, event: Event, depth: usize) -> Result<(String, bool), libyaml_safer::Error> {
        let line = line_of(&event.start_mark);
        if let EventData::Scalar { ref tag, ref value, style, .. } = event.data {
            let plain = style == ScalarStyle::Plain && tag.is_none();
            if plain && value == "<<" {
                return Ok(("<<".to_owned(), true));
            }
            if !plain || self.dialect == Dialect::Go {
                return Ok((value.clone(), false));
            }
        }
        let length = self.path.len();
        self.path += "/?";
        let value = self.node(event, depth + 1)?;
        self.path.truncate(length);
        Ok(match value {
            Value::String(text) => (text, false),
            Value::Array(_) | Value::Object(_) => {
                self.slip(line, "a key must be a single value".to_owned());
                (value.to_string(), false)
            }
            other => (other.to_string(), false),
        })
    }

    /// `<<: *other` and `<<: [*one, *two]`, of which the first wins.
    fn merge(&mut self, value: Value, merged: &mut Map<String, Value>, line: usize) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    merged.entry(key).or_insert(value);
                }
            }
            Value::Array(items) if items.iter().all(Value::is_object) => {
                items.into_iter().for_each(|item| self.merge(item, merged, line));
            }
            _ => self.slip(line, "`<<` takes a mapping or a list of mappings".to_owned()),
        }
    }

    fn alias(&mut self, name: &str, line: usize) -> Value {
        let Some(value) = self.anchors.get(name) else {
            self.slip(line, format!("there is no `&{name}` before `*{name}`"));
            return Value::Null;
        };
        self.expanded += weight(value);
        if self.expanded <= MAX_EXPANDED {
            return value.clone();
        }
        if self.expanded < usize::MAX / 2 {
            self.expanded = usize::MAX / 2;
            self.slip(line, format!("the aliases stand for more than {MAX_EXPANDED} values"));
        }
        Value::Null
    }

    fn scalar(&mut self, tag: Option<String>, text: String, plain: bool, line: usize) -> Value {
        let resolved = match tag.as_deref() {
            None | Some("!" | "") => plain.then(|| self.resolve(&text)).flatten(),
            Some(tag) => match tag.strip_prefix(CORE) {
                Some("str" | "timestamp" | "binary") => None,
                Some("null") => Some(Scalar::Null),
                Some(kind @ ("int" | "float" | "bool")) => {
                    let read = match kind {
                        "int" => scalar::int(&text).map(Scalar::Int),
                        "float" => scalar::float(&text).map(Scalar::Float),
                        _ => scalar::boolean(&text).map(Scalar::Bool),
                    };
                    if read.is_none() {
                        self.slip(line, format!("`!!{kind}` cannot take `{text}`"));
                    }
                    read
                }
                _ => {
                    self.own_tag(tag, line);
                    plain.then(|| self.resolve(&text)).flatten()
                }
            },
        };
        resolved.map_or_else(|| Value::String(text.clone()), |value| json(value, &text))
    }

    fn resolve(&self, text: &str) -> Option<Scalar> {
        let value = scalar::resolve(text)?;
        if self.dialect == Dialect::Python {
            return Some(value);
        }
        let true_word = |word: &str| matches!(word, "true" | "True" | "TRUE" | "false" | "False" | "FALSE");
        match value {
            Scalar::Bool(_) if !true_word(text) => None,
            Scalar::Int(_) | Scalar::Float(_) if text.contains(':') => None,
            value => Some(value),
        }
    }

    fn collection_tag(&mut self, tag: Option<String>, wanted: &str, line: usize) {
        match tag.as_deref() {
            None | Some("!" | "") => {}
            Some(tag) if tag.strip_prefix(CORE) == Some(wanted) => {}
            Some(tag) => self.own_tag(tag, line),
        }
    }

    fn own_tag(&mut self, tag: &str, line: usize) {
        if self.dialect == Dialect::Python || tag.starts_with(CORE) {
            let shown = tag.strip_prefix(CORE).map_or(tag.to_owned(), |rest| format!("!!{rest}"));
            return self.slip(line, format!("the tag `{shown}` has no meaning here"));
        }
        self.document.tags.insert(self.path.clone(), tag.to_owned());
    }

    fn slip(&mut self, line: usize, message: String) {
        self.slips.push(Slip { line, message });
    }
}

fn line_of(mark: &Mark) -> usize {
    mark.line as usize + 1
}

/// A key as a part of a JSON pointer.
pub(crate) fn pointer_part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A scalar as JSON; what JSON cannot hold stays text.
fn json(value: Scalar, text: &str) -> Value {
    let number = match value {
        Scalar::Null => return Value::Null,
        Scalar::Bool(truth) => return Value::Bool(truth),
        Scalar::Int(whole) => {
            i64::try_from(whole).map(Number::from).or_else(|_| u64::try_from(whole).map(Number::from)).ok()
        }
        Scalar::Float(fraction) => Number::from_f64(fraction),
    };
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(weight).sum::<usize>(),
        _ => 1,
    }
}
