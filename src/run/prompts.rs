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
    for prompt in entries.iter().filter_map(Prompt::of) {
        if run.store.has_extra(&prompt.name) {
            continue;
        }
        let answer = match ask(run, &prompt).await {
            Some(answer) => hashed(run, &prompt, answer)?,
            None => Value::str(""),
        };
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
            name,
        })
    }
}

/// What the user types, or the default.
async fn ask(run: &Run, prompt: &Prompt) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        let message = format!("not prompting for `{}`: there is no terminal", prompt.name);
        run.send(Event::Notice { level: Level::Warning, message }).await;
        return prompt.default.clone();
    }
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
    let typed = typed.await.ok().and_then(Result::ok).filter(|typed| !typed.is_empty());
    typed.or_else(|| prompt.default.clone())
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
    let Some(method) = &prompt.encrypt else { return Ok(Value::from(answer)) };
    let define = |text: &str| Definition::from(Value::str(text));
    let mut vars = VarMap::from([("answer".into(), define(&answer)), ("method".into(), define(method))]);
    let expression = match &prompt.salt {
        Some(salt) => {
            vars.insert("salt".into(), define(salt));
            "answer | password_hash(method, salt)"
        }
        None => "answer | password_hash(method)",
    };
    run.engine.expression(expression, &PlainScope(Arc::new(vars)))
}
