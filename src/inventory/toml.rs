//! Inventories in TOML, as nodes with places.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::yaml::{Mapping, Node, Yaml};

/// The document of a text; `None` when it cannot be read.
pub(super) fn nodes(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Option<Arc<Mapping>> {
    match DeTable::parse(source.plain()) {
        Ok(table) => Some(mapping(source, table.get_ref())),
        Err(error) => {
            let range = error.span().unwrap_or_default();
            let place = Span::new(source, range.start as u32, range.end as u32);
            diagnostics.push(Diagnostic::error("toml-syntax", error.message()).at(&place, ""));
            None
        }
    }
}

fn mapping(source: &Arc<Source>, table: &DeTable) -> Arc<Mapping> {
    let entries = table.iter().map(|(key, value)| {
        let place = span(source, key.span());
        let key = Node::new(Yaml::Str { text: Arc::from(&**key.get_ref()), plain: true }, place);
        (key, node(source, value))
    });
    Arc::new(Mapping::from(entries.collect::<Vec<_>>()))
}

fn node(source: &Arc<Source>, value: &Spanned<DeValue>) -> Node {
    let place = span(source, value.span());
    let text = |text: &str| Yaml::Str { text: text.into(), plain: false };
    let value = match value.get_ref() {
        DeValue::String(s) => text(s),
        DeValue::Integer(i) => match i128::from_str_radix(i.as_str(), i.radix()) {
            Ok(number) => Yaml::Int(number),
            Err(_) => text(i.as_str()),
        },
        DeValue::Float(f) => f.as_str().parse().map_or_else(|_| text(f.as_str()), Yaml::Float),
        DeValue::Boolean(b) => Yaml::Bool(*b),
        DeValue::Datetime(time) => Yaml::Time(time.to_string().into()),
        DeValue::Array(items) => Yaml::Seq(Arc::new(items.iter().map(|item| node(source, item)).collect())),
        DeValue::Table(table) => Yaml::Map(mapping(source, table)),
    };
    Node::new(value, place)
}

fn span(source: &Arc<Source>, range: std::ops::Range<usize>) -> Span {
    Span::new(source, range.start as u32, range.end as u32)
}
