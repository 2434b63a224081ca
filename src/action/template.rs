//! template

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};
use serde_json::json;

use crate::diagnostic::{Source, Span};
use crate::template::{self, Syntax, TemplateError, TextOptions, Value};

use super::copy::truthy;
use super::local_files::LocalFiles;
use super::{Answer, Arguments, Done, Invocation, module::parse};

args! {
    /// Render a template of the controller into a file of the target.
    pub(crate) struct Template as "template" {
        /// The template, looked for in `templates`.
        src: String,
        /// The file on the target; a directory gets a file of the template's name.
        dest: String,
        /// What begins a block.
        block_start_string: String = "{%",
        /// What ends a block.
        block_end_string: String = "%}",
        /// What begins a value.
        variable_start_string: String = "{{",
        /// What ends a value.
        variable_end_string: String = "}}",
        /// What begins a comment.
        comment_start_string: String = "{#",
        /// What ends a comment.
        comment_end_string: String = "#}",
        /// Drop the line break after a block.
        trim_blocks: bool = "true",
        /// Drop the blanks before a block.
        lstrip_blocks: bool = "false",
        /// How lines end.
        newline_sequence: String = "\n",
        /// The encoding of the file written: `utf-8`, `utf-16`, `latin-1` or `windows-1252`.
        output_encoding: String = "utf-8",
        ..rest: Map<String, Json>,
    }
}

/// Options of the template itself; all others are those of `copy`.
const OWN: &[&str] = &[
    "src",
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "output_encoding",
];

pub(super) async fn run(invocation: &Invocation) -> Done {
    let rendered_args = invocation.arguments()?;
    let args: Template = parse(&rendered_args)?;
    let (path, text) = rendered(invocation, &args)?;
    let mut copy: Arguments =
        rendered_args.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str())).collect();
    let mode = std::fs::metadata(&path).map_or(0o644, |file| file.permissions().mode() & 0o7777);
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    copy.insert(
        "_source".into(),
        json!({ "kind": "file", "name": name, "path": path.display().to_string(), "mode": mode }),
    );
    if !copy.contains_key("follow") || !truthy(copy.get("follow")) {
        copy.insert("follow".into(), false.into());
    }
    let encoding = if args.output_encoding.is_empty() { "utf-8" } else { &args.output_encoding };
    let files = LocalFiles::text(template::encoded(text.into_bytes(), encoding)?);
    Ok(invocation.call_telling("copy", copy, Arc::new(files)).await)
}

/// Where a template is, and what it says.
///
/// # Errors
/// When it is not found, cannot be read, or fails.
pub(super) fn rendered(invocation: &Invocation, args: &Template) -> Result<(PathBuf, String), Box<Answer>> {
    let failed = |message: String| Box::new(Answer::failed(message));
    let path =
        invocation.search.find("templates", &args.src).map_err(|missing| failed(missing.to_string()))?;
    let template = match invocation.read_text(&path) {
        Ok(text) => parsed(&path, text),
        Err(error) => return Err(failed(format!("could not read `{}`: {error}", path.display()))),
    };
    if newline(&args.newline_sequence).is_none() {
        return Err(failed("newline_sequence needs to be one of: \n, \r or \r\n".into()));
    }
    let scope = scope_of_template(invocation, &path, &args.dest);
    let text = invocation.engine.render_text(&template, &scope, &options(args, invocation))?;
    Ok((path, text))
}

/// The words of `newline_sequence`, also written with a backslash.
fn newline(written: &str) -> Option<&'static str> {
    match written {
        r"\n" | "\n" => Some("\n"),
        r"\r" | "\r" => Some("\r"),
        r"\r\n" | "\r\n" => Some("\r\n"),
        _ => None,
    }
}

fn options(args: &Template, invocation: &Invocation) -> TextOptions {
    let search = invocation.search.clone();
    TextOptions {
        syntax: Syntax {
            trim_blocks: args.trim_blocks,
            lstrip_blocks: args.lstrip_blocks,
            // ansible: the newlines at the end of the whole are kept, that of an included file is not.
            keep_trailing_newline: false,
            raw_strings: false,
            block: (args.block_start_string.clone(), args.block_end_string.clone()),
            variable: (args.variable_start_string.clone(), args.variable_end_string.clone()),
            comment: (args.comment_start_string.clone(), args.comment_end_string.clone()),
            ..Syntax::default()
        },
        newline_sequence: newline(&args.newline_sequence).unwrap_or("\n").into(),
        loader: Some(Arc::new(move |name: &str| match search.find("templates", name) {
            Ok(path) => read(&path).map(Some),
            Err(_) => Ok(None),
        })),
    }
}

/// A file as a template that knows where it stands.
fn parsed(path: &Path, text: String) -> Arc<template::Template> {
    let source = Source::new(path.display().to_string(), text.clone());
    let place = Span::new(&source, 0, text.len() as u32);
    template::Template::new(text, Some(place))
}

/// A template that another one includes.
fn read(path: &Path) -> Result<Arc<template::Template>, TemplateError> {
    let text = std::fs::read_to_string(path);
    let text =
        text.map_err(|e| TemplateError::failed(format!("could not read `{}`: {e}", path.display())))?;
    Ok(parsed(path, text))
}

/// The variables only a template sees.
fn scope_of_template(
    invocation: &Invocation,
    path: &std::path::Path,
    dest: &str,
) -> super::invocation::Overlay {
    let path_text = path.display().to_string();
    let file = std::fs::metadata(path).ok();
    let owner = file.as_ref().map(std::os::unix::fs::MetadataExt::uid);
    let written = file.and_then(|file| file.modified().ok()).unwrap_or(std::time::UNIX_EPOCH);
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let text = |text: &str| Value::str(text);
    let mut vars = vec![
        ("template_path", text(&path_text)),
        ("template_fullpath", text(&path_text)),
        ("template_destpath", text(dest)),
        ("template_mtime", template::moment(written)),
        ("template_run_date", template::moment(std::time::SystemTime::now())),
        ("template_host", text(&host)),
        ("template_uid", text(&owner.map(|uid| uid.to_string()).unwrap_or_default())),
    ];
    // Who sets it is heard.
    if invocation.scope.get("ansible_managed").is_none() {
        vars.push(("ansible_managed", text("Ansible managed")));
    }
    invocation.overlay(vars)
}
