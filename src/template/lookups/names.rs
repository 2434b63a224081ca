//! Look-ups of variables, settings and hosts.

use super::super::eval::NOT_OVERRIDDEN;
use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Found, Lookup};
use baton_modules::sorting::Sorting;

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup { name: "vars", doc: "Variables by their names.", run: vars },
    Lookup { name: "varnames", doc: "The names of variables that match.", run: varnames },
    Lookup { name: "env", doc: "Environment variables of the controller.", run: env },
    Lookup { name: "config", doc: "Settings of the run.", run: config },
    Lookup { name: "inventory_hostnames", doc: "The hosts that match a pattern.", run: hostnames },
];

fn vars(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    let args = args.bind("vars", &["default"])?;
    let value = |term: &Value| {
        let Value::Str(name) = term else {
            let message = format!("expected the name of a variable, found `{}`", term.repr());
            let words = format!("Variable name must be 'str' not '{}'.", term.type_name());
            return Err(TemplateError::failed(message).words(words));
        };
        match (session.settled_variable(name)?, args.get(0)) {
            (Some(Value::Undefined(_)) | None, Some(default)) => Ok(default.clone()),
            (Some(value), _) => Ok(value),
            (None, None) => Err(TemplateError::undefined(&super::super::Undefined {
                message: format!("no variable named '{name}' was found"),
                ..Default::default()
            })
            .words(format!("No variable named '{name}' was found."))),
        }
    };
    terms.iter().map(value).collect()
}

fn varnames(session: &Session<'_>, terms: Vec<Value>, _: Args) -> Found {
    let mut names = session.scope.names();
    names.put_in_order();
    let mut out = Vec::new();
    for term in terms {
        let Value::Str(term) = &term else {
            let words = format!("Invalid setting identifier, '{}' is not a string", term.to_text());
            return Err(
                TemplateError::failed(format!("expected a pattern, found `{}`", term.repr())).words(words)
            );
        };
        let pattern = regex::compile(term, Flags::default()).map_err(|e| {
            // Such a sign at the beginning is the mistake that is made most.
            let why = if term.starts_with(['*', '+', '?']) {
                "nothing to repeat at position 0"
            } else {
                e.message()
            };
            let words = format!("Unable to use '{term}' as a search parameter: {why}");
            e.words(words)
        })?;
        for name in &names {
            if pattern.first(name)?.is_some() {
                out.push(Value::from(name.as_str()));
            }
        }
    }
    Ok(out)
}

fn env(_: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    let args = args.bind("env", &["default"])?;
    let value = |term: &Value| {
        let name = term.to_text();
        let name = name.split_whitespace().next().unwrap_or("");
        match (std::env::var_os(name), args.get(0)) {
            (Some(value), _) => Ok(Value::from(value.to_string_lossy().into_owned())),
            (None, None) => Ok(Value::str("")),
            (None, Some(Value::Undefined(none))) if none.message == NOT_OVERRIDDEN => {
                Ok(Value::undefined(format!("the environment variable '{name}' is not set")))
            }
            (None, Some(default)) => Ok(default.clone()),
        }
    };
    terms.iter().map(value).collect()
}

fn config(session: &Session<'_>, terms: Vec<Value>, mut args: Args) -> Found {
    let on_missing = args.take("on_missing").map_or_else(|| "error".into(), |v| v.to_text());
    if !matches!(on_missing.as_str(), "error" | "warn" | "skip") {
        let message = format!("expected `on_missing` to be `error`, `warn` or `skip`, found `{on_missing}`");
        return Err(
            TemplateError::failed(message).words(format!("Invalid value '{on_missing}' for 'on_missing'"))
        );
    }
    let mut out = Vec::new();
    for term in terms {
        let name = term.to_text();
        match (session.engine.setting(&name), on_missing.as_str()) {
            (Some(value), _) => out.push(value),
            (None, "skip" | "warn") => {}
            (None, _) => {
                return Err(TemplateError::failed(format!("setting `{name}` was not defined"))
                    .words(format!("No config definition exists for '{name}'.")));
            }
        }
    }
    Ok(out)
}

fn hostnames(session: &Session<'_>, terms: Vec<Value>, _: Args) -> Found {
    let groups = session.settled_variable("groups")?.unwrap_or(Value::None);
    let groups = session.deep(groups)?;
    let members = |name: &str| -> Vec<String> {
        let lists = groups.as_map().into_iter().flatten();
        let matching = lists.clone().filter(|(g, _)| matches_glob(name, &g.to_text()));
        let mut hosts: Vec<String> =
            matching.flat_map(|(_, hosts)| hosts.as_list().unwrap_or_default()).map(Value::to_text).collect();
        let all = lists
            .filter(|(g, _)| g.as_str() == Some("all"))
            .flat_map(|(_, h)| h.as_list().unwrap_or_default());
        hosts.extend(all.map(Value::to_text).filter(|h| matches_glob(name, h)));
        hosts
    };
    let mut chosen: Vec<String> = Vec::new();
    for term in terms {
        let text = term.to_text();
        let parts: Vec<&str> = text.split([':', ',']).map(str::trim).filter(|p| !p.is_empty()).collect();
        let plain = parts.iter().filter(|p| !p.starts_with(['&', '!']));
        for part in plain {
            for host in members(part) {
                if !chosen.contains(&host) {
                    chosen.push(host);
                }
            }
        }
        for part in &parts {
            if let Some(part) = part.strip_prefix('&') {
                let keep = members(part);
                chosen.retain(|h| keep.contains(h));
            } else if let Some(part) = part.strip_prefix('!') {
                let gone = members(part);
                chosen.retain(|h| !gone.contains(h));
            }
        }
    }
    Ok(chosen.into_iter().map(Value::from).collect())
}

fn matches_glob(pattern: &str, name: &str) -> bool {
    if let Some(expression) = pattern.strip_prefix('~') {
        let compiled = regex::compile(expression, Flags { anchored: true, ..Flags::default() });
        return compiled.is_ok_and(|c| matches!(c.first(name), Ok(Some(_))));
    }
    glob::Pattern::new(pattern).is_ok_and(|p| p.matches(name))
}
