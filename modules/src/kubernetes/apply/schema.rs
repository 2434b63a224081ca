//! What the server's own schema says of a manifest: fields that it does not know and would drop, values of the wrong kind.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::kubernetes::{ApiError, Client, Resource, items, nearest, text};
use crate::sorting::Sorting;
use crate::yaml::pointer_part;

/// The server's schema (OpenAPI v2) with the definition of each kind.
#[derive(Debug)]
pub(crate) struct Schema {
    document: Value,
    kinds: HashMap<(String, String, String), String>,
}

/// A mistake at a JSON pointer.
pub(super) type Slip = (String, String);

impl Client {
    /// The server's schema; asked for once.
    ///
    /// # Errors
    /// When the server does not give it.
    pub(super) fn schema(&self) -> Result<Arc<Schema>, ApiError> {
        let mut kept = self.schema.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(schema) = kept.as_ref() {
            return Ok(schema.clone());
        }
        let schema = Arc::new(Schema::new(self.read("/openapi/v2")?));
        *kept = Some(schema.clone());
        Ok(schema)
    }
}

impl Schema {
    pub(super) fn new(document: Value) -> Self {
        let mut kinds = HashMap::new();
        for (name, definition) in document.get("definitions").and_then(Value::as_object).into_iter().flatten()
        {
            for kind in items(definition, "/x-kubernetes-group-version-kind") {
                let part = |key: &str| text(kind, key).to_owned();
                kinds.insert((part("/group"), part("/version"), part("/kind")), name.clone());
            }
        }
        Self { document, kinds }
    }

    /// All that is wrong with an object, as far as the schema says.
    pub(super) fn check(&self, resource: &Resource, object: &Value) -> Vec<Slip> {
        let key = (resource.group.clone(), resource.version.clone(), resource.kind.clone());
        let mut slips = Vec::new();
        if let Some(definition) = self.kinds.get(&key).and_then(|name| self.definition(name)) {
            self.walk(definition, object, &mut String::new(), &mut slips);
        }
        slips
    }

    fn definition(&self, name: &str) -> Option<&Value> {
        self.document.get("definitions")?.get(name)
    }

    fn walk(&self, schema: &Value, value: &Value, path: &mut String, slips: &mut Vec<Slip>) {
        if value.is_null() {
            return;
        }
        if let Some(name) = text(schema, "/$ref").strip_prefix("#/definitions/") {
            let quantity = name.ends_with(".Quantity") && value.is_number();
            if let Some(definition) = self.definition(name).filter(|_| !quantity) {
                self.walk(definition, value, path, slips);
            }
            return;
        }
        let open = schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
        let either = schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true))
            || text(schema, "/format") == "int-or-string";
        match (text(schema, "/type"), value) {
            (_, Value::Number(_)) if either => {}
            ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => {}
            ("string", other) => {
                slips.push((path.clone(), format!("must be a string: {}{}", shown(other), quote(other))))
            }
            ("boolean", other) => {
                slips.push((path.clone(), format!("must be `true` or `false`: {}", shown(other))))
            }
            ("integer", Value::Number(number)) if !number.is_f64() => {}
            ("integer" | "number", other) => {
                slips.push((path.clone(), format!("must be a number: {}", shown(other))))
            }
            ("array", Value::Array(all)) => {
                if let Some(inner) = schema.get("items") {
                    all.iter()
                        .enumerate()
                        .for_each(|(index, item)| self.step(inner, item, &index.to_string(), path, slips));
                }
            }
            ("array", other) => slips.push((path.clone(), format!("must be a list: {}", shown(other)))),
            (_, Value::Object(fields)) => {
                for (key, item) in fields {
                    self.field(schema, key, item, open, path, slips);
                }
            }
            ("object", other)
                if schema.get("properties").is_some() || schema.get("additionalProperties").is_some() =>
            {
                slips.push((path.clone(), format!("must be a mapping: {}", shown(other))));
            }
            _ => {}
        }
    }

    fn field(
        &self,
        schema: &Value,
        key: &str,
        item: &Value,
        open: bool,
        path: &mut String,
        slips: &mut Vec<Slip>,
    ) {
        let known = schema.get("properties").and_then(Value::as_object);
        if let Some(inner) = known.and_then(|known| known.get(key)) {
            return self.step(inner, item, key, path, slips);
        }
        match (schema.get("additionalProperties"), known) {
            (Some(inner @ Value::Object(_)), _) => self.step(inner, item, key, path, slips),
            (None, Some(known)) if !open && !known.is_empty() => {
                let near = nearest(key, known.keys().map(String::as_str))
                    .map(|near| format!("; did you mean `{near}`?"));
                let at = format!("{path}/{}", pointer_part(key));
                slips.push((at, format!("no such field{}", near.unwrap_or_else(|| self.owner(key)))));
            }
            _ => {}
        }
    }

    fn step(&self, schema: &Value, value: &Value, part: &str, path: &mut String, slips: &mut Vec<Slip>) {
        let length = path.len();
        *path += &format!("/{}", pointer_part(part));
        self.walk(schema, value, path, slips);
        path.truncate(length);
    }

    /// Whose field it would be, where but one kind of part has it.
    fn owner(&self, key: &str) -> String {
        let all = self.document.get("definitions").and_then(Value::as_object).into_iter().flatten();
        let mut owners: Vec<&str> = all
            .filter(|(_, definition)| {
                definition.get("properties").is_some_and(|known| known.get(key).is_some())
            })
            .filter_map(|(name, _)| name.rsplit('.').next())
            .collect();
        owners.put_in_order();
        owners.dedup();
        match owners.as_slice() {
            [owner] => match owner.strip_suffix("Spec") {
                Some(kind) => format!("; it is a field of a {kind}"),
                None => format!("; it is a field of `{owner}`"),
            },
            _ => String::new(),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        other => format!("`{}`", other.to_string().trim_matches('"')),
    }
}

fn quote(value: &Value) -> String {
    match value {
        Value::Number(_) | Value::Bool(_) => format!(" (write `\"{value}\"`)"),
        _ => String::new(),
    }
}
