//! `vars_prompt` of a play: asked once, before its hosts are chosen.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use crate::event::{Event, Level};
use crate::plan::PlannedPlay;
use crate::template::{TemplateError, Value};
use crate::vars::{Definition, Layer, PlainScope, Stratum, TaskScope, VarMap};

use super::Run;

/// One question.
struct Prompt {
    name: String,
    text: String,
    default: Option<String>,
    private: bool,
    confirm: bool,
    /// A way of hashing passwords, and the salt.
    encrypt: Option<String>,
    salt: Option<String>,
    salt_size: Option<i64>,
    /// The answer is data, whatever it looks like.
    r#unsafe: bool,
}

/// The layer of the answers; variables of the command line are not asked for.
///
/// # Errors
/// When a question cannot be rendered or an answer not hashed.
pub(super) async fn of_play(
    run: &Arc<Run>,
    plan: &PlannedPlay,
    scope: &TaskScope,
) -> Result<Vec<Stratum>, TemplateError> {
    let Some(field) = &plan.play.vars_prompt else { return Ok(Vec::new()) };
    let value = run.engine.resolve(&field.value, scope)?;
    let entries = value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
    let mut answers = VarMap::new();
    let prompts: Vec<Prompt> = entries.iter().filter_map(Prompt::of).collect();
    let asked: Vec<&Prompt> = prompts.iter().filter(|prompt| !run.store.has_extra(&prompt.name)).collect();
    let terminal = std::io::stdin().is_terminal();
    if !terminal && !asked.is_empty() {
        let names: Vec<&str> = asked.iter().map(|prompt| &*prompt.name).collect();
        let message = format!("not prompting for `{}`: there is no terminal", names.join("`, `"));
        run.send(Event::Notice { level: Level::Warning, message, origin: None }).await;
    }
    for prompt in asked {
        let typed = if terminal { ask(prompt).await } else { None };
        // ansible: what nobody answers is this text.
        let answer = typed.or_else(|| prompt.default.clone()).unwrap_or_else(|| "None".into());
        let answer = hashed(run, prompt, answer)?;
        answers.insert(prompt.name.as_str().into(), Definition::from(answer));
    }
    Ok(vec![Stratum::new(Layer::PlayPrompt, Arc::new(answers))])
}

impl Prompt {
    fn of(entry: &Value) -> Option<Self> {
        let map = entry.as_map()?;
        let text = |key: &str| map.get(key).filter(|v| !matches!(v, Value::None)).map(Value::to_text);
        let flag = |key: &str, default| map.get(key).and_then(Value::to_bool).unwrap_or(default);
        let name = text("name")?;
        let default = text("default");
        let asked = text("prompt").unwrap_or_else(|| name.clone());
        let hint = default.as_ref().filter(|d| !d.is_empty()).map(|d| format!(" [{d}]")).unwrap_or_default();
        Some(Self {
            text: format!("{asked}{hint}: "),
            default,
            private: flag("private", true),
            confirm: flag("confirm", false),
            encrypt: text("encrypt"),
            salt: text("salt"),
            salt_size: map.get("salt_size").and_then(Value::as_int).and_then(|size| i64::try_from(size).ok()),
            r#unsafe: flag("unsafe", false),
            name,
        })
    }
}

/// What the user types, if it is anything.
async fn ask(prompt: &Prompt) -> Option<String> {
    let (text, private, confirm) = (prompt.text.clone(), prompt.private, prompt.confirm);
    let typed = tokio::task::spawn_blocking(move || {
        loop {
            let first = read(&text, private)?;
            if !confirm || read(&format!("confirm {text}"), private)? == first {
                return Ok::<_, std::io::Error>(first);
            }
            write_line("***** VALUES ENTERED DO NOT MATCH ****")?;
        }
    });
    typed.await.ok().and_then(Result::ok).filter(|typed| !typed.is_empty())
}

/// What the user types in answer to a question; `None` where there is nobody to type.
pub(super) async fn typed(question: &str) -> Option<String> {
    let question = question.to_owned();
    tokio::task::spawn_blocking(move || read(&question, false)).await.ok()?.ok()
}

fn read(text: &str, private: bool) -> std::io::Result<String> {
    if private {
        return rpassword::prompt_password(text);
    }
    let mut terminal = std::io::stderr();
    terminal.write_all(text.as_bytes())?;
    terminal.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

fn write_line(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "{text}")
}

/// The answer, hashed where the prompt says so.
fn hashed(run: &Run, prompt: &Prompt, answer: String) -> Result<Value, TemplateError> {
    let Some(method) = &prompt.encrypt else {
        // ansible: an answer is the user's text, and may be a template, unless the prompt says that it is not.
        return Ok(if prompt.r#unsafe { Value::str(answer) } else { Value::text(&answer, None) });
    };
    let define = |value: Value| Definition::from(value);
    let mut vars = VarMap::from([
        ("answer".into(), define(Value::str(answer))),
        ("method".into(), define(Value::str(method.as_str()))),
    ]);
    let expression = match (&prompt.salt, prompt.salt_size) {
        (Some(salt), _) => {
            vars.insert("salt".into(), define(Value::str(salt.as_str())));
            "answer | password_hash(method, salt)"
        }
        (None, Some(size)) => {
            vars.insert("size".into(), define(Value::from(size)));
            "answer | password_hash(method, salt_size=size)"
        }
        (None, None) => "answer | password_hash(method)",
    };
    run.engine.expression(expression, &PlainScope(Arc::new(vars)))
}
