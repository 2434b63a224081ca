//! What a module was told, as its result tells it: `invocation.module_args`.

use std::sync::Arc;

use baton_modules::args::{Kind, Opt, Spec, is_false, is_true};
use serde_json::{Value as Json, json};

use crate::connection::Bodies;

use super::{Answer, Arguments, Invocation};

/// What stands for a value that is not to be seen.
const HIDDEN: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

impl Invocation {
    /// Runs the task's own module, whose result tells what it was told where someone may look.
    pub(super) async fn call_telling(
        &self,
        module: &str,
        args: Arguments,
        bodies: Arc<dyn Bodies>,
    ) -> Answer {
        let tells = self.tells && self.background.is_none();
        let spec = baton_modules::find(module).map(|entry| &entry.spec).filter(|_| tells);
        let told = spec.map(|spec| told(spec, &args));
        let mut answer = self.call_with(module, args, bodies).await;
        if let Some(args) = told.filter(|_| answer.unreachable.is_none()) {
            answer.values.insert("invocation".into(), json!({ "module_args": args }));
        }
        answer
    }
}

/// All options, without what is secret or may hold secrets: what has free keys, or no declaration.
fn told(spec: &Spec, args: &Arguments) -> Arguments {
    let mut all = Arguments::new();
    for option in spec.options.iter().filter(|option| is_shown(option.name)) {
        let given = option.names().find_map(|name| args.get(name));
        let value = match (given, option.default) {
            (Some(value), _) => visible(option.ty.kind, value),
            (None, Some(text)) => typed(option, text),
            (None, None) => Json::Null,
        };
        all.insert(option.name.into(), value);
    }
    // ansible: other names of options that were given stand there, too.
    for (name, value) in args.iter().filter(|(name, _)| is_shown(name)) {
        let kind = spec.option(name).map_or(Kind::Raw, |option| option.ty.kind);
        all.entry(name).or_insert_with(|| visible(kind, value));
    }
    all
}

/// What a task is given, as it may be shown: of modules all that is declared nowhere may be secret.
pub(crate) fn given(name: &str, args: &Arguments) -> Arguments {
    if baton_modules::find(name).is_none() && super::stays(name) {
        return args.clone();
    }
    let spec = super::known(name);
    let kind =
        |name: &str| spec.and_then(|spec| spec.option(name)).map_or(Kind::Raw, |option| option.ty.kind);
    args.iter().map(|(name, value)| (name.clone(), visible(kind(name), value))).collect()
}

/// Whether users know of it: what baton tells its own modules begins with a bar.
fn is_shown(name: &str) -> bool {
    !name.starts_with('_') || name == "_raw_params"
}

fn typed(option: &Opt, default: &str) -> Json {
    match option.ty.kind {
        Kind::Secret | Kind::Raw | Kind::Dict | Kind::Options(_) => default.into(),
        kind => visible(kind, &default.into()),
    }
}

fn visible(kind: Kind, value: &Json) -> Json {
    match (kind, value) {
        (_, Json::Null) => Json::Null,
        (Kind::List(element), Json::Array(items)) => {
            items.iter().map(|item| visible(element.kind, item)).collect()
        }
        (Kind::List(element), Json::String(text)) => {
            let items = text.split(',').map(str::trim).filter(|one| !one.is_empty());
            items.map(|one| visible(element.kind, &one.into())).collect()
        }
        (Kind::List(element), one) => [visible(element.kind, one)].into_iter().collect(),
        (Kind::Options(spec), Json::Object(args)) => told(spec, args).into(),
        (Kind::Secret | Kind::Raw | Kind::Dict | Kind::Options(_), _) => HIDDEN.into(),
        (Kind::Bool, Json::String(text)) if is_true(text) => true.into(),
        (Kind::Bool, Json::String(text)) if is_false(text) => false.into(),
        (Kind::Int, Json::String(text)) => text.trim().parse::<i64>().map_or(value.clone(), Json::from),
        (Kind::Float, Json::String(text)) => text.trim().parse::<f64>().map_or(value.clone(), Json::from),
        (Kind::Str | Kind::Path, Json::Number(number)) => number.to_string().into(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_to(module: &str, args: Json) -> Json {
        told(&baton_modules::find(module).unwrap().spec, args.as_object().unwrap()).into()
    }

    #[test]
    fn of_what_is_given_secrets_are_hidden_and_what_nobody_declares() {
        let args = |args: Json| args.as_object().cloned().unwrap_or_default();
        let shown = given("user", &args(json!({"name": "ann", "password": "$6$x"})));
        assert_eq!(Json::from(shown), json!({"name": "ann", "password": HIDDEN}));
        let shown = given("my.own.thing", &args(json!({"name": "ann"})));
        assert_eq!(Json::from(shown), json!({"name": HIDDEN}));
    }

    #[test]
    fn no_secret_is_told_however_deep() {
        let args = json!({
            "name": "login", "data": {"a": "b"}, "unheard": "of",
            "registry": {"username": "me", "password": "secret"},
        });
        let told = told_to("k8s_secret", args);
        assert_eq!(
            (&told["name"], &told["data"], &told["unheard"]),
            (&json!("login"), &json!(HIDDEN), &json!(HIDDEN))
        );
        assert_eq!(
            (&told["registry"]["username"], &told["registry"]["password"]),
            (&json!("me"), &json!(HIDDEN))
        );
    }

    #[test]
    fn options_have_their_types_defaults_and_all_names_that_were_given() {
        let told = told_to("stat", json!({"dest": "/etc", "follow": "yes", "_source": {}}));
        assert_eq!((&told["dest"], &told["path"]), (&json!("/etc"), &json!("/etc")));
        assert_eq!((&told["follow"], &told["get_checksum"]), (&json!(true), &json!(true)));
        assert_eq!(told.get("_source"), None);
        assert_eq!(told_to("command", json!({"_raw_params": "a"}))["chdir"], Json::Null);
    }
}
