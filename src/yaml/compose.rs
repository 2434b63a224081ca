//! Parser events to nodes: tags, anchors, keys. Mistakes that do not break the syntax
//! are noted here and reading goes on.

use std::collections::HashMap;
use std::io::BufReader;
use std::sync::Arc;

use libyaml_safer::{Event, EventData, MappingStyle, Parser, ScalarStyle};

use super::mapping::Entries;
use super::patched::Patched;
use super::{Node, Yaml, tag};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};

/// Deeper nesting is a mistake or an attack.
const MAX_DEPTH: usize = 200;

/// How many values aliases may stand for in all, were each written out.
const MAX_EXPANDED: usize = 2_000_000;

/// The tag recovery puts on an entry that could not be read; such entries are left out.
pub(super) const BROKEN: &str = "tag:baton,2026:broken";

/// Reads the events of one text.
pub(super) struct Composer<'a> {
    parser: Parser<BufReader<&'a [u8]>>,
    pub(super) source: &'a Arc<Source>,
    patched: &'a Patched<'a>,
    pub(super) diagnostics: Diagnostics,
    anchors: HashMap<String, Anchor>,
    /// How deep within `!unsafe` values.
    unsafe_depth: usize,
    /// Whether the text is JSON, whose numbers may be `1e5`.
    json: bool,
    expanded: usize,
}

/// What an alias may refer to.
enum Anchor {
    /// Still being read: an alias to it would contain itself.
    Open,
    Closed(Node, usize),
}

/// A node while it is put together.
pub(super) struct Composed {
    pub(super) node: Node,
    /// How many values it stands for, aliases written out.
    pub(super) weight: usize,
    /// Where it ends in the text that is read.
    end: usize,
    pub(super) merge_key: bool,
    pub(super) broken: bool,
}

/// What every kind of node may begin with.
struct Properties {
    anchor: Option<String>,
    tag: Option<String>,
    start: usize,
}

impl<'a> Composer<'a> {
    pub(super) fn new(source: &'a Arc<Source>, patched: &'a Patched<'a>, json: bool) -> Self {
        Self {
            parser: events(&patched.text),
            source,
            patched,
            diagnostics: Diagnostics::default(),
            anchors: HashMap::new(),
            unsafe_depth: 0,
            json,
            expanded: 0,
        }
    }

    /// All documents.
    pub(super) fn documents(&mut self) -> Result<Vec<Node>, libyaml_safer::Error> {
        let mut documents = Vec::new();
        loop {
            let event = self.parser.parse()?;
            match event.data {
                EventData::StreamEnd => return Ok(documents),
                EventData::StreamStart { .. } | EventData::DocumentEnd { .. } => {}
                EventData::DocumentStart { .. } => self.anchors.clear(),
                _ => {
                    let composed = self.node(event, 0)?;
                    if !composed.broken {
                        documents.push(composed.node);
                    }
                }
            }
        }
    }

    fn node(&mut self, event: Event, depth: usize) -> Result<Composed, libyaml_safer::Error> {
        let (start, end) = (event.start_mark.index as usize, event.end_mark.index as usize);
        if depth > MAX_DEPTH {
            return self.too_deep(event);
        }
        match event.data {
            EventData::Alias { anchor } => Ok(self.alias(&anchor, start, end)),
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                let properties = Properties { anchor, tag, start };
                Ok(self.scalar(properties, &value, plain_implicit, style, end))
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                self.sequence(Properties { anchor, tag, start }, end, depth)
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                let properties = Properties { anchor, tag, start };
                let brace = end.saturating_sub(1);
                if style == MappingStyle::Flow && self.patched.text.get(brace..end + 1) == Some("{{") {
                    return self.unquoted_template(properties, end, depth);
                }
                self.mapping(properties, end, depth)
            }
            _ => Ok(self.composed(Yaml::Null, start, end)),
        }
    }

    fn alias(&mut self, name: &str, start: usize, end: usize) -> Composed {
        let span = self.span(start, end);
        let problem = match self.anchors.get(name) {
            Some(Anchor::Closed(node, weight)) => {
                let (node, weight) = (node.clone(), *weight);
                self.expanded = self.expanded.saturating_add(weight);
                if self.expanded <= MAX_EXPANDED {
                    return Composed { weight, ..self.composed(node.value, start, end) };
                }
                let message = format!("the aliases stand for more than {MAX_EXPANDED} values");
                Diagnostic::error("yaml-alias", message).at(&span, "one too many")
            }
            Some(Anchor::Open) => Diagnostic::error("yaml-alias", format!("`&{name}` contains itself"))
                .at(&span, "stands within what it refers to"),
            None => Diagnostic::error("yaml-alias", format!("found undefined alias `*{name}`"))
                .at(&span, format!("no `&{name}` before this"))
                .hint(format!("if this is no alias, quote it: \"*{name}\"")),
        };
        self.diagnostics.push(problem);
        self.composed(Yaml::Null, start, end)
    }

    fn scalar(
        &mut self,
        properties: Properties,
        mut value: &str,
        plain_implicit: bool,
        style: ScalarStyle,
        end: usize,
    ) -> Composed {
        let start = properties.start;
        let end = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                if self.patched.line_ended && end == self.patched.text.len() {
                    value = value.strip_suffix('\n').unwrap_or(value);
                }
                self.trimmed(start, end)
            }
            _ => end,
        };
        let plain = style == ScalarStyle::Plain;
        let tag = properties.tag.as_deref();
        let implicit = if tag.is_none() { plain } else { plain_implicit };
        let mut composed = self.composed(Yaml::Null, start, end);
        if tag == Some(BROKEN) {
            return Composed { broken: true, ..composed };
        }
        composed.merge_key = value == "<<" && (tag.is_none() && plain || tag == Some(tag::MERGE));
        composed.node.value = if composed.merge_key {
            Yaml::Str { text: "<<".into(), plain: true }
        } else {
            let within_unsafe = self.unsafe_depth > 0;
            let written = tag::Written { tag, text: value, implicit, plain, json: self.json, within_unsafe };
            tag::scalar(&written, &composed.node.span, &mut self.diagnostics)
        };
        self.keep(properties.anchor, &composed);
        composed
    }

    fn sequence(
        &mut self,
        properties: Properties,
        end: usize,
        depth: usize,
    ) -> Result<Composed, libyaml_safer::Error> {
        self.open(&properties);
        let (mut items, mut weight, mut last) = (Vec::new(), 1usize, end);
        loop {
            let event = self.parser.parse()?;
            if event.data == EventData::SequenceEnd {
                last = self.bracket(&event, ']').unwrap_or(last);
                break;
            }
            let composed = self.node(event, depth + 1)?;
            weight = weight.saturating_add(composed.weight);
            last = composed.end;
            if !composed.broken {
                items.push(composed.node);
            }
        }
        let start = properties.start;
        let span = self.span(start, last);
        let value = tag::sequence(properties.tag.as_deref(), items, &span, &mut self.diagnostics);
        Ok(self.close(properties, Composed { weight, ..self.composed(value, start, last) }))
    }

    fn mapping(
        &mut self,
        properties: Properties,
        end: usize,
        depth: usize,
    ) -> Result<Composed, libyaml_safer::Error> {
        self.open(&properties);
        let (mut entries, mut weight, mut last) = (Entries::default(), 1usize, end);
        loop {
            let event = self.parser.parse()?;
            if event.data == EventData::MappingEnd {
                last = self.bracket(&event, '}').unwrap_or(last);
                break;
            }
            let key = self.node(event, depth + 1)?;
            let event = self.parser.parse()?;
            let value = self.node(event, depth + 1)?;
            weight = weight.saturating_add(key.weight).saturating_add(value.weight);
            last = value.end.max(key.end);
            entries.add(key, value, &mut self.diagnostics);
        }
        let start = properties.start;
        let span = self.span(start, last);
        let map = entries.finish();
        let value = tag::mapping(properties.tag.as_deref(), map, &span, &mut self.diagnostics);
        Ok(self.close(properties, Composed { weight, ..self.composed(value, start, last) }))
    }

    /// `{{ x }}` without quotes: well-formed YAML, but never what was meant.
    fn unquoted_template(
        &mut self,
        properties: Properties,
        end: usize,
        depth: usize,
    ) -> Result<Composed, libyaml_safer::Error> {
        let noted = self.diagnostics.0.len();
        let mut composed = self.mapping(properties, end, depth)?;
        self.diagnostics.0.truncate(noted);
        let span = composed.node.span.clone();
        self.diagnostics.push(super::slip::unquoted_template(&span, span.text()));
        composed.node.value = Yaml::Str { text: span.plain().into(), plain: false };
        Ok(composed)
    }

    /// Takes the events of a node that is not wanted.
    fn too_deep(&mut self, event: Event) -> Result<Composed, libyaml_safer::Error> {
        let (start, end) = (event.start_mark.index as usize, event.end_mark.index as usize);
        let span = self.span(start, end);
        let (mut open, mut data) = (0usize, event.data);
        loop {
            match data {
                EventData::SequenceStart { .. } | EventData::MappingStart { .. } => open += 1,
                EventData::SequenceEnd | EventData::MappingEnd => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                break;
            }
            data = self.parser.parse()?.data;
        }
        let message = format!("nested deeper than {MAX_DEPTH} levels");
        self.diagnostics.push(Diagnostic::error("yaml-depth", message).at(&span, "too deep"));
        Ok(self.composed(Yaml::Null, start, end))
    }

    fn open(&mut self, properties: &Properties) {
        if let Some(name) = &properties.anchor {
            self.anchors.insert(name.clone(), Anchor::Open);
        }
        if properties.tag.as_deref() == Some(tag::UNSAFE) {
            self.unsafe_depth += 1;
        }
    }

    fn close(&mut self, properties: Properties, composed: Composed) -> Composed {
        if properties.tag.as_deref() == Some(tag::UNSAFE) {
            self.unsafe_depth -= 1;
        }
        self.keep(properties.anchor, &composed);
        composed
    }

    fn keep(&mut self, anchor: Option<String>, composed: &Composed) {
        if let Some(name) = anchor {
            self.anchors.insert(name, Anchor::Closed(composed.node.clone(), composed.weight));
        }
    }

    /// The end of a collection in brackets; others end with their last entry.
    fn bracket(&self, event: &Event, bracket: char) -> Option<usize> {
        let end = event.end_mark.index as usize;
        let last = end.checked_sub(1).filter(|at| *at >= event.start_mark.index as usize)?;
        self.patched.text.get(last..end)?.starts_with(bracket).then_some(end)
    }

    /// The end of a piece without the blank lines and comments the parser counts to it.
    fn trimmed(&self, start: usize, end: usize) -> usize {
        let piece = self.patched.text.get(start..end).unwrap_or("");
        start + piece.trim_end_matches([' ', '\t', '\r', '\n']).len()
    }

    fn composed(&self, value: Yaml, start: usize, end: usize) -> Composed {
        let node = Node::new(value, self.span(start, end));
        Composed { node, weight: 1, end, merge_key: false, broken: false }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let original = |at| u32::try_from(self.patched.original(at)).unwrap_or(u32::MAX);
        Span::new(self.source, original(start), original(end))
    }
}

/// A parser of a text known to be UTF-8.
pub(super) fn events(text: &str) -> Parser<BufReader<&[u8]>> {
    let mut parser = Parser::new();
    // Said at once, or a text that begins with a wide character is taken for another encoding.
    parser.set_encoding(libyaml_safer::Encoding::Utf8);
    parser.set_input(BufReader::new(text.as_bytes()));
    parser
}
