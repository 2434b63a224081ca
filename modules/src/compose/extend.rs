//! `extends`: a service put onto another of its file or of another file.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::load::{Input, read_source};
use super::merge::merge;
use super::normal::{absolute, normal};
use super::source::{Source, joined};

/// Files that services were taken from.
pub(super) type Others = HashMap<String, Option<(Source, Map<String, Value>)>>;

/// Follows `extends` in all services of a file in its long form.
pub(super) fn extend(
    source: &Source,
    file: &mut Map<String, Value>,
    input: &Input<'_>,
    others: &mut Others,
    wrong: &mut Vec<String>,
) {
    let Some(services) = file.get("services").and_then(Value::as_object).cloned() else { return };
    let mut done = Map::new();
    for name in services.keys() {
        let mut path = Vec::new();
        let mut walk = Walk { input, others, wrong };
        if let Some(service) = walk.service(source, &services, name, &mut path) {
            done.insert(name.clone(), Value::Object(service));
        }
    }
    file.insert("services".to_owned(), Value::Object(done));
}

struct Walk<'w, 'i> {
    input: &'w Input<'i>,
    others: &'w mut Others,
    wrong: &'w mut Vec<String>,
}

impl Walk<'_, '_> {
    fn service(
        &mut self,
        source: &Source,
        services: &Map<String, Value>,
        name: &str,
        path: &mut Vec<String>,
    ) -> Option<Map<String, Value>> {
        let mut own = services.get(name)?.as_object()?.clone();
        let Some(extends) = own.remove("extends") else { return Some(own) };
        let at = format!("{}/extends", joined("/services", name));
        let step = format!("{}:{name}", source.name);
        if path.contains(&step) {
            let message = format!("`{name}` extends itself: `{}`", path.join("` → `"));
            self.wrong.push(source.at(&at, &message));
            return None;
        }
        path.push(step);
        let wanted = extends["service"].as_str().unwrap_or_default().to_owned();
        let base = match extends["file"].as_str() {
            None if services.contains_key(&wanted) => self.service(source, services, &wanted, path),
            None => {
                self.wrong
                    .push(source.at(&at, &format!("`{name}` extends `{wanted}`, which is not in this file")));
                None
            }
            Some(file) => self.elsewhere(source, &at, file, &wanted, path),
        };
        let mut base = base?;
        merge(&mut base, own, &joined("/services", name), source);
        Some(base)
    }

    fn elsewhere(
        &mut self,
        source: &Source,
        at: &str,
        file: &str,
        wanted: &str,
        path: &mut Vec<String>,
    ) -> Option<Map<String, Value>> {
        let file = absolute(file, &self.input.directory, &self.input.home);
        if !self.others.contains_key(&file) {
            let read = self.read(source, at, &file);
            self.others.insert(file.clone(), read);
        }
        let (other, services) = self.others.remove(&file).flatten()?;
        let found = if services.contains_key(wanted) {
            self.service(&other, &services, wanted, path)
        } else {
            self.wrong.push(source.at(at, &format!("there is no service `{wanted}` in `{file}`")));
            None
        };
        self.others.insert(file, Some((other, services)));
        found
    }

    fn read(&mut self, source: &Source, at: &str, file: &str) -> Option<(Source, Map<String, Value>)> {
        let path = Path::new(file);
        let Some(text) = (self.input.read)(path) else {
            self.wrong.push(source.at(at, &format!("cannot read `{file}`")));
            return None;
        };
        let other = read_source(file, &text, self.input, self.wrong)?;
        let directory = path.parent().unwrap_or(&self.input.directory);
        let mut whole = normal(&other, directory, &self.input.home, self.wrong);
        match whole.remove("services") {
            Some(Value::Object(services)) => Some((other, services)),
            _ => Some((other, Map::new())),
        }
    }
}
