//! Names of variables whose value check mode could not foretell, on each host. What needs
//! such a value is unknown too instead of failing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::diagnostic::Span;
use crate::template::{ErrorKind, TemplateError};

/// What is not known on which host; it lasts as registered results do, through all plays.
#[derive(Default)]
pub(super) struct Unknown {
    hosts: Mutex<HashMap<Arc<str>, HashSet<Arc<str>>>>,
}

impl Unknown {
    /// A variable has been set: to something that is not known yet, or to what is.
    pub(super) fn note(&self, host: &Arc<str>, name: &Arc<str>, unknown: bool) {
        let mut hosts = self.hosts.lock();
        if unknown {
            hosts.entry(host.clone()).or_default().insert(name.clone());
        } else if let Some(names) = hosts.get_mut(host) {
            names.remove(name);
        }
    }

    /// Whether a template failed on `host` because it needs something unknown, of its own or
    /// by way of `hostvars`.
    pub(super) fn explains(&self, host: &Arc<str>, error: &TemplateError) -> bool {
        if error.kind() != ErrorKind::Undefined {
            return false;
        }
        let hosts = self.hosts.lock();
        if hosts.values().all(HashSet::is_empty) {
            return false;
        }
        let places = error.place().into_iter().chain(error.trail().iter().filter_map(|(_, p)| p.as_ref()));
        let mut texts: Vec<&str> = places.map(lines).collect();
        texts.push(error.message());
        let of_others = texts.iter().any(|text| mentions(text, "hostvars"));
        let named = |name: &Arc<str>| texts.iter().any(|text| mentions(text, name));
        hosts
            .iter()
            .filter(|(other, _)| of_others || *other == host)
            .any(|(_, names)| names.iter().any(named))
    }
}

/// The lines a place is in.
fn lines(place: &Span) -> &str {
    let text: &str = &place.source.text;
    let (start, end) = (place.start as usize, (place.end as usize).min(text.len()));
    let from = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let to = text.get(end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| end + at);
    text.get(from..to).unwrap_or_default()
}

/// Whether a text has a name in it as a word.
fn mentions(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    fn missing(text: &str) -> TemplateError {
        let source = Source::new("p.yml", format!("first: line\n{text}\nlast: line"));
        let place = Span::new(&source, 14, 15);
        TemplateError::new(ErrorKind::Undefined, "no attribute `stdout`").at(Some(place))
    }

    #[test]
    fn what_names_an_unknown_result_is_explained_and_other_slips_are_not() {
        let unknown = Unknown::default();
        let host: Arc<str> = "a".into();
        unknown.note(&host, &"r".into(), true);
        assert!(unknown.explains(&host, &missing("msg: '{{ r.stdout }}'")));
        assert!(!unknown.explains(&host, &missing("msg: '{{ other.stdout }}'")));
        assert!(!unknown.explains(&"b".into(), &missing("msg: '{{ r.stdout }}'")));
        assert!(unknown.explains(&"b".into(), &missing("msg: '{{ hostvars.a.r.stdout }}'")));
        unknown.note(&host, &"r".into(), false);
        assert!(!unknown.explains(&host, &missing("msg: '{{ r.stdout }}'")));
    }
}
