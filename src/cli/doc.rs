//! `baton doc`: the pages of modules and actions.

use baton_modules::Entry;
use baton_modules::args::{CheckSupport, Kind as ArgKind, Opt, Return, Rule, Spec};
use baton_modules::sorting::Sorting;
use clap::Args;
use serde_json::{Value, json};

use super::{Exit, Problem, launch};
use crate::action;
use crate::diagnostic::nearest;
use crate::template;

/// Show what modules do and which options they take
#[derive(Args, Debug)]
pub(crate) struct DocArgs {
    /// Modules and actions; none lists all
    #[arg(value_name = "MODULE")]
    modules: Vec<String>,

    /// Of templates: list all of a kind instead
    #[arg(short = 't', long = "type", value_enum, value_name = "KIND")]
    kind: Option<Kind>,

    /// List what there is
    #[arg(short, long, conflicts_with = "modules")]
    list: bool,

    /// As JSON, for editors
    #[arg(short, long)]
    json: bool,
}

/// What templates can call.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Module,
    Filter,
    Test,
    Function,
    Lookup,
}

/// All filters, tests, functions or look-ups.
fn plugins(kind: Kind, named: &[String], json: bool) -> Result<String, Problem> {
    let wanted = match kind {
        Kind::Module => "module",
        Kind::Filter => "filter",
        Kind::Test => "test",
        Kind::Function => "function",
        Kind::Lookup => "lookup",
    };
    let mut found: Vec<_> = template::plugins().into_iter().filter(|plugin| plugin.kind == wanted).collect();
    let short = |name: &String| name.strip_prefix("ansible.builtin.").unwrap_or(name).to_string();
    let named: Vec<String> = named.iter().map(short).collect();
    if let Some(name) = named.iter().find(|name| !found.iter().any(|plugin| plugin.name == **name)) {
        let problem = Problem::usage(format!("no such {wanted}: `{name}`"));
        let near = nearest(name, found.iter().map(|plugin| plugin.name));
        return Err(near.into_iter().fold(problem, |p, near| p.hint(format!("did you mean `{near}`?"))));
    }
    found.retain(|plugin| named.is_empty() || named.iter().any(|name| name == plugin.name));
    found.order_by_key(|plugin| plugin.name);
    if json {
        let one = |p: &template::Plugin| json!({ "name": p.name, "aliases": p.aliases, "doc": p.doc });
        return Ok(format!("{:#}\n", found.iter().map(one).collect::<Value>()));
    }
    let width = found.iter().map(|plugin| plugin.name.len()).max().unwrap_or_default();
    Ok(found.iter().map(|plugin| format!("{:width$}  {}\n", plugin.name, plugin.doc)).collect())
}

pub(super) fn run(args: &DocArgs) -> Result<Exit, Problem> {
    if let Some(kind) = args.kind.filter(|kind| *kind != Kind::Module) {
        launch::print(&plugins(kind, &args.modules, args.json)?);
        return Ok(Exit::Success);
    }
    let names: Vec<_> = match args.modules.is_empty() {
        true => all(),
        false => args.modules.iter().map(String::as_str).collect(),
    };
    let pages = names.iter().map(|name| Page::find(name)).collect::<Result<Vec<_>, _>>()?;
    let text = if args.json {
        let pages: Value = pages.iter().map(Page::json).collect();
        format!("{pages:#}\n")
    } else if args.modules.is_empty() {
        let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
        let line = |page: &Page| {
            let doc = page.spec.doc();
            format!("{:width$}  {}\n", page.spec.name, doc.lines().next().unwrap_or_default())
        };
        pages.iter().map(line).collect()
    } else {
        let pages: Vec<_> = pages.iter().map(Page::markdown).collect();
        pages.join("\n")
    };
    launch::print(&text);
    Ok(Exit::Success)
}

/// The page of one module.
pub(super) fn text(name: &str) -> Result<String, Problem> {
    Ok(Page::find(name)?.markdown())
}

/// All names, each once, in order.
pub(super) fn all() -> Vec<&'static str> {
    let mut names: Vec<_> = action::names().collect();
    names.put_in_order();
    names.dedup();
    names
}

/// What is known of a module or action.
pub(super) struct Page {
    spec: &'static Spec,
    /// The module's entry; an action that never leaves has none.
    entry: Option<&'static Entry>,
}

impl Page {
    pub(super) fn find(name: &str) -> Result<Self, Problem> {
        let Some(spec) = action::known(name) else {
            let problem = Problem::usage(format!("no such module: `{name}`"));
            return Err(match nearest(name, all()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            });
        };
        Ok(Self { spec, entry: baton_modules::find(name) })
    }

    fn json(&self) -> Value {
        let returns = self.entry.map_or(&[][..], |entry| entry.returns);
        json!({
            "name": self.spec.name,
            "doc": self.spec.doc(),
            "options": options_json(self.spec),
            "rules": self.spec.rules.iter().map(self::rule).collect::<Vec<_>>(),
            "returns": returns.iter().map(|r| json!({
                "name": r.name, "doc": r.doc(), "type": r.ty, "when": r.when
            })).collect::<Vec<_>>(),
            "examples": self.entry.map(|entry| entry.examples),
            "check_mode": self.entry.map(|entry| matches!(entry.check, CheckSupport::Full)),
        })
    }

    /// The page as it stands in the documentation.
    pub(super) fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}\n", self.spec.name, self.spec.doc().trim());
        if !self.spec.options.is_empty() {
            out.push_str("\n## Options\n\n");
            options(&mut out, self.spec, "");
        }
        if self.spec.open {
            out.push_str("\nFurther options are taken as they are.\n");
        }
        if !self.spec.rules.is_empty() {
            out.push_str("\n## Rules\n\n");
            self.spec.rules.iter().for_each(|rule| out.push_str(&format!("- {}\n", self::rule(rule))));
        }
        match self.entry {
            Some(entry) => module(&mut out, entry),
            None if self.spec.name == "raw" => out.push_str(RAW),
            None => out.push_str("\n## Where it runs\n\nOn the controller; it never reaches the host.\n"),
        }
        out
    }
}

/// What `raw` says of itself: the one action that speaks to the host without a module.
const RAW: &str = "\n## Where it runs\n\nOn the host, in its login shell.\n\n## Check mode\n\n\
                   Skipped: a command can do anything.\n";

fn module(out: &mut String, entry: &Entry) {
    if !entry.returns.is_empty() {
        out.push_str("\n## Returns\n\n| value | type | |\n| --- | --- | --- |\n");
        entry.returns.iter().for_each(|value| out.push_str(&returned(value)));
    }
    out.push_str("\n## Check mode\n\n");
    match entry.check {
        CheckSupport::Full => out.push_str("Foretells exactly what a run would change.\n"),
        CheckSupport::None(why) => out.push_str(&format!("Answers *unknown*: {why}.\n")),
        CheckSupport::Skipped(why) => out.push_str(&format!("Skipped: {why}.\n")),
    }
    let examples = entry.examples.trim_end();
    out.push_str(&format!("\n## Examples\n\n```yaml\n{examples}\n```\n"));
    out.push_str(&format!("\nSince {}, as `{}.{}`.\n", entry.since, entry.collection, entry.spec.name));
}

fn returned(value: &Return) -> String {
    let when = value.when.map(|when| format!(" When {when}.")).unwrap_or_default();
    format!("| `{}` | {} | {}{when} |\n", value.name, value.ty, in_cell(&value.doc()))
}

fn options(out: &mut String, spec: &Spec, prefix: &str) {
    if prefix.is_empty() {
        out.push_str("| option | type | default | |\n| --- | --- | --- | --- |\n");
    }
    for option in spec.options {
        out.push_str(&row(option, prefix));
        let nested = match option.ty.kind {
            ArgKind::Options(spec) => Some(spec),
            ArgKind::List(inner) => match inner.kind {
                ArgKind::Options(spec) => Some(spec),
                _ => None,
            },
            _ => None,
        };
        if let Some(nested) = nested {
            options(out, nested, &format!("{prefix}{}.", option.name));
        }
    }
}

fn row(option: &Opt, prefix: &str) -> String {
    let mut words = in_cell(&option.doc());
    if !option.ty.choices.is_empty() {
        words.push_str(&format!(" One of `{}`.", option.ty.choices.join("`, `")));
    }
    if !option.aliases.is_empty() {
        words.push_str(&format!(" Also `{}`.", option.aliases.join("`, `")));
    }
    let default = match option.default {
        _ if option.required => "required".to_string(),
        Some(default) if !default.is_empty() => format!("`{}`", default.replace('|', "\\|")),
        _ => String::new(),
    };
    format!("| `{prefix}{}` | {} | {default} | {words} |\n", option.name, option.ty.words())
}

/// A text as it may stand in a cell of a table.
fn in_cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn rule(rule: &Rule) -> String {
    let names = |names: &[&str]| format!("`{}`", names.join("`, `"));
    match rule {
        Rule::MutuallyExclusive(of) => format!("At most one of {}.", names(of)),
        Rule::RequiredOneOf(of) => format!("At least one of {}.", names(of)),
        Rule::RequiredTogether(of) => format!("All of {}, or none.", names(of)),
        Rule::RequiredIf(option, value, of) => format!("With `{option}: {value}` all of {}.", names(of)),
        Rule::RequiredIfAny(option, value, of) => {
            format!("With `{option}: {value}` at least one of {}.", names(of))
        }
        Rule::RequiredBy(option, of) => format!("With `{option}` all of {}.", names(of)),
    }
}

fn options_json(spec: &Spec) -> Value {
    let one = |option: &Opt| {
        let nested = match option.ty.kind {
            ArgKind::Options(spec) => options_json(spec),
            ArgKind::List(inner) => match inner.kind {
                ArgKind::Options(spec) => options_json(spec),
                _ => Value::Null,
            },
            _ => Value::Null,
        };
        json!({
            "name": option.name, "aliases": option.aliases, "doc": option.doc(), "type": option.ty.words(),
            "choices": option.ty.choices, "required": option.required, "default": option.default,
            "options": nested,
        })
    };
    spec.options.iter().map(one).collect()
}
