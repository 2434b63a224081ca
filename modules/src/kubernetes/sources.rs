//! Where manifests come from: options of modules that take whole manifests.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::apply::{Manifest, Problem};
use super::client::Client;
use super::text;
use crate::args::Args;
use crate::web::Request;
use crate::{Fail, Target, args};

args! {
    /// Where manifests come from.
    pub struct Sources {
        /// Manifests inline: one as a dictionary, several as a list, or any number as YAML text.
        #[alias("definition", "inline")]
        resource_definition: Option<Value>,
        /// A file or a directory of manifests (`.yaml`, `.yml`, `.json`) on the controller, looked for in `files`, or
        /// an address on the web.
        src: Option<String>,
        /// Whether `src` is on the target.
        remote_src: bool = false,
        /// A template of the controller with manifests, several, or a dictionary with `path` and the options of
        /// `template`.
        template: Option<Value>,
        /// The kind of object, where no manifest says it.
        kind: Option<String>,
        /// The name of the object, where no manifest says it.
        name: Option<String>,
        /// The version of the kind, where no manifest says it; else the one that the server prefers.
        #[alias("api", "version")]
        api_version: Option<String>,
        /// Where objects are that name no namespace themselves; else the context's namespace.
        namespace: Option<String>,
        /// What the controller has read; given by the action.
        _documents: Option<Vec<Text>>,
    }
}

args! {
    /// A text of the controller.
    pub struct Text {
        /// The file it was in.
        name: String,
        /// What it says.
        text: String,
    }
}

/// Endings of files with manifests.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

impl Sources {
    /// Whether any manifest is given.
    pub fn is_given(&self) -> bool {
        self.resource_definition.is_some()
            || self.src.is_some()
            || self.template.is_some()
            || self._documents.is_some()
            || self.kind.is_some()
    }

    /// All manifests, in their order.
    ///
    /// # Errors
    /// When one cannot be read: all that is wrong with the YAML.
    pub fn manifests(&self, target: &Target<'_>, client: &Client) -> Result<Vec<Manifest>, Fail> {
        let (mut all, mut problems) = (Vec::new(), Vec::new());
        let mut take = |read: Result<Vec<Manifest>, Vec<Problem>>| match read {
            Ok(manifests) => all.extend(manifests),
            Err(found) => problems.extend(found),
        };
        for text in self._documents.iter().flatten() {
            take(Manifest::read(&text.text, &text.name));
        }
        if self._documents.is_none() {
            for (name, text) in self.remote(target)? {
                take(Manifest::read(&text, &name));
            }
        }
        match &self.resource_definition {
            None => {}
            Some(Value::String(text)) => take(Manifest::read(text, "")),
            Some(Value::Array(values)) => {
                let texts = values.iter().filter_map(Value::as_str);
                texts.for_each(|text| take(Manifest::read(text, "")));
                let objects = values.iter().filter(|value| !value.is_string() && !value.is_null());
                take(Ok(Manifest::of_values(objects.cloned().collect())));
            }
            Some(object) => take(Ok(Manifest::of_values(vec![object.clone()]))),
        }
        if !problems.is_empty() {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(Fail::new(lines.join("\n")));
        }
        if all.is_empty() && self.kind.is_some() && self.resource_definition.is_none() {
            all.push(Manifest::of(json!({"metadata": {}})));
        }
        all.iter_mut().try_for_each(|manifest| self.complete(manifest, client))?;
        Ok(all)
    }

    /// Puts in what the options say and a manifest does not.
    fn complete(&self, manifest: &mut Manifest, client: &Client) -> Result<(), Fail> {
        let missing = |manifest: &Manifest, at: &str| text(&manifest.object, at).is_empty();
        let (no_kind, no_version) = (missing(manifest, "/kind"), missing(manifest, "/apiVersion"));
        let no_name = missing(manifest, "/metadata/name")
            && manifest.object.pointer("/metadata/generateName").is_none();
        let Some(object) = manifest.object.as_object_mut() else { return Ok(()) };
        if let (true, Some(kind)) = (no_kind, &self.kind) {
            let resource = match &self.api_version {
                Some(version) => client.resource(kind, Some(version))?,
                None => client.resource(kind, None)?,
            };
            let mut first = Map::new();
            first.insert("apiVersion".into(), resource.api_version().into());
            first.insert("kind".into(), resource.kind.into());
            first.extend(
                std::mem::take(object).into_iter().filter(|(key, _)| key != "kind" && key != "apiVersion"),
            );
            *object = first;
        } else if let (true, Some(version)) = (no_version, &self.api_version) {
            object.insert("apiVersion".into(), version.clone().into());
        }
        if let (true, Some(name)) = (no_name, &self.name) {
            let meta = object.entry("metadata").or_insert_with(|| Map::new().into());
            if let Some(meta) = meta.as_object_mut() {
                meta.insert("name".into(), name.clone().into());
            }
        }
        Ok(())
    }

    /// Texts that are read from here: on the target, or on the web.
    fn remote(&self, target: &Target<'_>) -> Result<Vec<(String, String)>, Fail> {
        let Some(src) = &self.src else { return Ok(Vec::new()) };
        if src.starts_with("http://") || src.starts_with("https://") {
            return Ok(vec![(src.clone(), page(src)?)]);
        }
        let src = crate::args::expand(src, target);
        let path = Path::new(&src);
        let missing = || Fail::new(format!("there is no file `{src}` on the target"));
        if target.stat(path)?.ok_or_else(missing)?.is_dir() {
            let ends = |name: &&std::ffi::OsString| {
                Path::new(name).extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
            };
            let names = target.list(path)?.unwrap_or_default();
            let texts = names.iter().filter(ends).map(|name| read(target, &path.join(name)));
            return texts.collect();
        }
        Ok(vec![read(target, path)?])
    }
}

fn read(target: &Target<'_>, path: &Path) -> Result<(String, String), Fail> {
    let text = target.read_text(path)?.unwrap_or_default();
    Ok((path.display().to_string(), text))
}

fn page(url: &str) -> Result<String, Fail> {
    let request = Request::parse(&Map::new()).map_err(|_| Fail::new("cannot make a request"))?;
    let mut response = request.get(url, None)?;
    if !(200..300).contains(&response.status) {
        return Err(Fail::new(format!("cannot get `{url}`: {} {}", response.status, response.reason)));
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut response.body, &mut text)
        .map_err(|error| Fail::io(format!("cannot read `{url}`"), &error))?;
    Ok(text)
}
