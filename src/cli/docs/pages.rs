//! The generated pages, each from the one place that declares its matter.

use clap::{Arg, Command, CommandFactory};

use super::super::config::plain;
use super::super::doc::{self, Page};
use super::super::{Cli, Problem};
use crate::config::SETTINGS;
use crate::playbook::keywords::{KEYWORDS, Site};

const NOTE: &str = "<!-- Generated from the source by `baton docs docs`; do not edit. -->\n";

/// The declaration of all events, with its comments.
const EVENTS: &str = include_str!("../../event.rs");

/// The name and text of every page.
pub(super) fn all() -> Result<Vec<(String, String)>, Problem> {
    let mut pages = vec![
        ("cli.md".to_string(), cli()),
        ("config.md".to_string(), config()),
        ("events.md".to_string(), events()),
        ("keywords.md".to_string(), keywords()),
    ];
    for name in doc::all() {
        pages.push((format!("modules/{name}.md"), format!("{NOTE}{}", Page::find(name)?.markdown())));
    }
    Ok(pages)
}

fn cli() -> String {
    let mut command = Cli::command();
    command.build();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut out = format!("{NOTE}# The command line\n\n{about}.\n");
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        subcommand(&mut out, sub, "baton", 2);
    }
    out
}

fn subcommand(out: &mut String, command: &Command, parent: &str, level: usize) {
    let name = format!("{parent} {}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    out.push_str(&format!("\n{} {name}\n\n{about}.\n", "#".repeat(level)));
    let shown = |arg: &&Arg| !arg.is_hide_set() && arg.get_id() != "help";
    let mut headings: Vec<Option<&str>> = Vec::new();
    for heading in command.get_arguments().filter(shown).map(Arg::get_help_heading) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        out.push_str(&heading.map(|heading| format!("\n**{heading}**\n")).unwrap_or_default());
        out.push_str("\n| | |\n| --- | --- |\n");
        let arguments = command.get_arguments().filter(shown);
        for arg in arguments.filter(|arg| arg.get_help_heading() == heading) {
            out.push_str(&argument(arg));
        }
    }
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        subcommand(out, sub, &name, level + 1);
    }
}

fn argument(arg: &Arg) -> String {
    let value = || {
        arg.get_value_names().map(|names| names.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(" "))
    };
    let takes = arg.get_action().takes_values();
    let mut names: Vec<String> = arg.get_short().map(|short| format!("-{short}")).into_iter().collect();
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    names.extend(arg.get_visible_aliases().unwrap_or_default().iter().map(|alias| format!("--{alias}")));
    let mut shown = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match value().filter(|_| takes) {
        Some(value) if names.is_empty() => shown = format!("`{value}`"),
        Some(value) => shown.push_str(&format!(" `{value}`")),
        None => {}
    }
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let choices: Vec<_> =
        arg.get_possible_values().iter().map(|choice| format!("`{}`", choice.get_name())).collect();
    if takes && !choices.is_empty() {
        help.push_str(&format!(": {}", choices.join(", ")));
    }
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes && !default.concat().is_empty() {
        help.push_str(&format!(" (default: `{}`)", default.join(" ")));
    }
    format!("| {shown} | {} |\n", help.replace('|', "\\|"))
}

fn config() -> String {
    let mut out = format!(
        "{NOTE}# Settings\n\nFrom the environment, or from the first of `$ANSIBLE_CONFIG`, `./ansible.cfg`, \
         `~/.ansible.cfg` and `/etc/ansible/ansible.cfg`.\n\n\
         | setting | default | environment | `ansible.cfg` | |\n| --- | --- | --- | --- | --- |\n"
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for setting in SETTINGS {
        let default =
            setting.default.filter(|d| !d.is_empty()).map(|d| format!("`{}`", cell(d))).unwrap_or_default();
        let env: Vec<_> = setting.env.iter().map(|name| format!("`{name}`")).collect();
        let ini: Vec<_> = setting.ini.iter().map(|(section, key)| format!("`[{section}] {key}`")).collect();
        let (env, ini, doc) = (env.join(", "), ini.join(", "), cell(setting.doc.trim()));
        out.push_str(&format!("| `{}` | {default} | {env} | {ini} | {doc} |\n", plain(setting.name)));
    }
    out
}

fn keywords() -> String {
    const SITES: &[(Site, &str)] = &[
        (Site::Play, "play"),
        (Site::Role, "role"),
        (Site::Block, "block"),
        (Site::Task, "task"),
        (Site::Handler, "handler"),
        (Site::ImportPlaybook, "import_playbook"),
        (Site::LoopControl, "loop_control"),
    ];
    let mut out = format!(
        "{NOTE}# Keywords\n\nAn inherited keyword holds for everything within, too.\n\n\
         | keyword | where | inherited | |\n| --- | --- | --- | --- |\n"
    );
    for keyword in KEYWORDS {
        let sites = SITES.iter().filter(|(site, _)| keyword.sites.contains(site)).map(|(_, name)| *name);
        let sites = sites.collect::<Vec<_>>().join(", ");
        let inherited = if keyword.inherited { "yes" } else { "" };
        let doc = keyword.doc.replace('|', "\\|");
        out.push_str(&format!("| `{}` | {sites} | {inherited} | {doc} |\n", keyword.name));
    }
    out
}

/// The events and what they are made of, read from their declaration.
fn events() -> String {
    let mut out = format!(
        "{NOTE}# Events\n\nEverything that happens in a run, one JSON object a line in `--output json` and in the run \
         log; `event` names the kind. Times are seconds since 1970.\n"
    );
    let mut parts = declarations(EVENTS);
    if let Some(events) = parts.iter().position(|part| part.name == "Event").map(|at| parts.remove(at)) {
        for variant in &events.members {
            out.push_str(&format!("\n## {}\n\n{}\n", snake(&variant.name), variant.doc));
            fields(&mut out, &variant.fields);
        }
    }
    for part in parts {
        out.push_str(&format!("\n## {}\n\n{}\n", part.name, part.doc));
        match part.kind {
            "enum" => {
                out.push_str("\n| | |\n| --- | --- |\n");
                for member in part.members {
                    out.push_str(&format!("| `{}` | {} |\n", snake(&member.name), member.doc));
                }
            }
            _ => fields(&mut out, &part.members.iter().map(field_of).collect::<Vec<_>>()),
        }
    }
    out
}

/// A `struct` or `enum` of the source.
struct Declaration {
    kind: &'static str,
    name: String,
    doc: String,
    members: Vec<Member>,
}

/// A field (with its type as the only one of `fields`) or a variant.
struct Member {
    name: String,
    doc: String,
    fields: Vec<Field>,
}

#[derive(Clone)]
struct Field {
    name: String,
    ty: String,
    doc: String,
}

fn field_of(member: &Member) -> Field {
    let ty = member.fields.first().map(|field| field.ty.clone()).unwrap_or_default();
    Field { name: member.name.clone(), ty, doc: member.doc.clone() }
}

fn fields(out: &mut String, fields: &[Field]) {
    if fields.is_empty() {
        return;
    }
    out.push_str("\n| field | type | |\n| --- | --- | --- |\n");
    for Field { name, ty, doc } in fields {
        out.push_str(&format!("| `{name}` | {} | {doc} |\n", words(ty)));
    }
}

/// A type as a reader of JSON knows it.
fn words(ty: &str) -> String {
    let inner = |name: &str| ty.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>');
    if let Some(inner) = inner("Option") {
        return format!("{}, or null", words(inner));
    }
    if let Some(inner) = inner("Vec") {
        return format!("list of {}", words(inner));
    }
    match ty {
        "String" | "Arc<str>" => "text".into(),
        "bool" => "true or false".into(),
        "u8" | "u32" | "u64" | "usize" | "f64" => "number".into(),
        "Value" => "anything".into(),
        "Map<String, Value>" => "object".into(),
        other => format!("`{other}`"),
    }
}

/// The public types of a formatted source, with their comments.
fn declarations(source: &str) -> Vec<Declaration> {
    let mut found: Vec<Declaration> = Vec::new();
    let mut doc = Vec::new();
    let mut open: Option<(usize, Vec<String>)> = None;
    for line in source.lines() {
        let depth = line.len() - line.trim_start().len();
        let text = line.trim();
        if let Some(words) = text.strip_prefix("///") {
            doc.push(words.trim().to_string());
            continue;
        }
        let said = doc.join(" ");
        let head = ["enum", "struct"].into_iter().find_map(|kind| {
            let name = text.strip_prefix("pub(crate) ")?.strip_prefix(kind)?.trim().strip_suffix('{')?.trim();
            (depth == 0).then(|| (kind, name.to_string()))
        });
        if let Some((kind, name)) = head {
            found.push(Declaration { kind, name, doc: said, members: Vec::new() });
            open = Some((0, Vec::new()));
        } else if depth == 0 && (text == "}" || text.starts_with("impl")) {
            open = None;
        } else if let (Some(_), Some(declaration)) = (&open, found.last_mut()) {
            member(declaration, depth, text, said);
        }
        if !text.starts_with("#[") {
            doc.clear();
        }
    }
    found
}

fn member(declaration: &mut Declaration, depth: usize, text: &str, doc: String) {
    let text = text.trim_end_matches(',');
    if text.is_empty() || text.starts_with("#[") || text == "}" || text.starts_with("//") {
        return;
    }
    let typed = |text: &str, doc: String| {
        let (name, ty) = text.split_once(": ")?;
        Some(Field { name: name.trim_start_matches("pub ").to_string(), ty: ty.to_string(), doc })
    };
    if depth > 4 {
        let field = typed(text, doc);
        if let Some(last) = declaration.members.last_mut() {
            last.fields.extend(field);
        }
    } else if let Some((name, inline)) = text.split_once(" {") {
        let inline = inline.trim_end_matches('}');
        let fields = inline.split(", ").filter_map(|field| typed(field.trim(), String::new())).collect();
        declaration.members.push(Member { name: name.to_string(), doc, fields });
    } else if declaration.kind == "enum" {
        declaration.members.push(Member { name: text.to_string(), doc, fields: Vec::new() });
    } else if let Some(field) = typed(text, doc) {
        let (name, doc) = (field.name.clone(), field.doc.clone());
        declaration.members.push(Member { name, doc, fields: vec![field] });
    }
}

/// `HostFinished` as it is recorded: `host_finished`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
