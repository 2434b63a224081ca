//! With what a module of the user's is run: what its first line says, unless a variable says otherwise; Python is
//! looked for on the host where nobody names it.

use baton_modules::own::MODULE;
use serde_json::{Value as Json, json};

use super::{Answer, Arguments, Invocation};
use crate::library::Shebang;
use crate::template::{TemplateError, Value};

/// Where Python is thought to be when none was found.
const USUAL: &str = "/usr/bin/python3";
/// The fact that keeps what was found.
const FACT: &str = "discovered_interpreter_python";

/// What a module is run with, and what was learned and is to be said of it.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) argv: Vec<String>,
    discovered: Option<String>,
    warnings: Vec<String>,
    deprecation: Option<String>,
}

impl Chosen {
    fn of(argv: Vec<String>) -> Self {
        Self { argv, ..Self::default() }
    }

    /// The answer with what was learned.
    pub(super) fn told(self, mut answer: Answer) -> Answer {
        if let Some(path) = self.discovered {
            let facts = answer.values.entry("ansible_facts").or_insert_with(|| json!({}));
            if let Json::Object(facts) = facts {
                facts.insert(FACT.into(), path.into());
            }
        }
        answer.warnings.splice(..0, self.warnings);
        if let Some(message) = self.deprecation {
            let old = answer.values.entry("deprecations").or_insert_with(|| json!([]));
            if let Json::Array(old) = old {
                old.push(json!({ "msg": message }));
            }
        }
        answer
    }
}

/// The interpreter of a script in another language than Python.
pub(super) fn other(invocation: &Invocation, shebang: Shebang) -> Result<Chosen, TemplateError> {
    let said = variable(invocation, &format!("ansible_{}_interpreter", shebang.name()))?;
    Ok(Chosen::of(match said {
        Some(interpreter) => {
            let through_env = shebang.interpreter.ends_with("/env") && !shebang.arguments.is_empty();
            let more = shebang.arguments.into_iter().skip(usize::from(through_env));
            std::iter::once(interpreter.to_text()).chain(more).collect()
        }
        None => std::iter::once(shebang.interpreter).chain(shebang.arguments).collect(),
    }))
}

/// The Python of the host.
pub(super) async fn python(
    invocation: &Invocation,
    shebang: Option<&Shebang>,
) -> Result<Chosen, TemplateError> {
    const NAME: &str = "ansible_python_interpreter";
    let said = match variable(invocation, NAME)? {
        Some(value) => value.to_text(),
        // ansible: a variable that comes to nothing is there all the same.
        None if invocation.seat.get(NAME).is_some() => "auto".to_owned(),
        None => invocation.library.settings.interpreter.clone(),
    };
    let through_env = |s: &&Shebang| s.interpreter.ends_with("/env");
    let more = shebang.filter(|s| !through_env(s)).map(|s| s.arguments.clone()).unwrap_or_default();
    let mut chosen = match said.as_str() {
        "auto" | "auto_silent" | "auto_legacy" | "auto_legacy_silent" => search(invocation, &said).await?,
        path => Chosen::of(crate::connection::words(path).unwrap_or_else(|| vec![path.to_owned()])),
    };
    chosen.argv.extend(more);
    Ok(chosen)
}

/// What an explicit `auto` asks for though the module at hand needs no Python: the fact where Python is.
///
/// # Errors
/// When the variable cannot be rendered.
pub(super) async fn asked_for(invocation: &Invocation) -> Result<Chosen, TemplateError> {
    match variable(invocation, "ansible_python_interpreter")?.map(|value| value.to_text()) {
        Some(said) if said.starts_with("auto") => search(invocation, &said).await,
        _ => Ok(Chosen::default()),
    }
}

/// Tells `setup` which Python facts are of, where the user names one.
pub(super) fn add_to_facts(invocation: &Invocation, args: &mut Arguments) {
    let said = variable(invocation, "ansible_python_interpreter").ok().flatten().map(|value| value.to_text());
    let said = said.unwrap_or_else(|| invocation.library.settings.interpreter.clone());
    if !said.starts_with("auto") {
        args.insert("_python".into(), said.into());
    }
}

/// What was found before, or else the first Python that the host has.
async fn search(invocation: &Invocation, mode: &str) -> Result<Chosen, TemplateError> {
    let delegated = invocation.delegated;
    if !delegated && let Some(known) = variable(invocation, FACT)? {
        return Ok(Chosen::of(vec![known.to_text()]));
    }
    let names = match variable(invocation, "ansible_interpreter_python_fallback")? {
        Some(value) => value.as_list().unwrap_or_default().iter().map(Value::to_text).collect(),
        None => invocation.library.settings.interpreters.clone(),
    };
    let mut chosen = Chosen::default();
    let host = &invocation.host;
    let quiet = mode.ends_with("_silent");
    if let Some(odd) = names.iter().find(|name| name.contains(['\'', '"'])) {
        chosen.warnings.push(format!(
            "Unhandled error in Python interpreter discovery for host '{host}': no program can have the name `{odd}`"
        ));
    }
    let tried = names.join(", ");
    (invocation.detail)(format!("<{host}> Attempting python interpreter discovery."));
    let mut args = Arguments::new();
    args.insert("discover".into(), names.into());
    let answer = invocation.call_beside(MODULE, args).await;
    let found = answer.values.get("found").and_then(|found| found.get(0)).and_then(Json::as_str);
    let path = found.unwrap_or(USUAL).to_owned();
    if found.is_none() && chosen.warnings.is_empty() {
        chosen.warnings.push(format!("No python interpreters found for host '{host}' (tried {tried})"));
    } else {
        chosen.warnings.push(format!(
            "Host '{host}' is using the discovered Python interpreter at '{path}', but future installation of another \
             Python interpreter could cause a different interpreter to be discovered."
        ));
    }
    if quiet {
        chosen.warnings.clear();
    } else if mode == "auto_legacy" {
        chosen.deprecation = Some(
            "The 'auto_legacy' option for 'INTERPRETER_PYTHON' now has the same effect as 'auto'.".into(),
        );
    }
    chosen.argv = vec![path.clone()];
    chosen.discovered = (answer.unreachable.is_none() && !delegated).then_some(path);
    Ok(chosen)
}

/// A variable of the host, rendered; one that comes out as `omit` is not there.
fn variable(invocation: &Invocation, name: &str) -> Result<Option<Value>, TemplateError> {
    let Some(raw) = invocation.seat.get(name) else { return Ok(None) };
    let value = invocation.engine.resolve(&raw, &*invocation.seat)?;
    Ok(Some(value).filter(|value| !matches!(value, Value::Omit | Value::None)))
}
