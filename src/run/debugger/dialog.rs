//! The dialogue of the task debugger: its commands, with the words of Ansible's.

use std::sync::Arc;

use baton_modules::sorting::Sorting;
use serde_json::{Map, Value as Json};

use crate::playbook::{Action, Args, Field};
use crate::template::{Engine, TemplateError, Value};
use crate::vars::{Definition, Layer, PlainScope, TaskScope, VarMap};

use super::console;
use super::statement::{Place, Root, Statement, placed};

/// ansible: the name under which free text stands among the arguments.
const RAW: &str = "_raw_params";

const HELP: &[(&str, &str)] = &[
    ("p|pprint EXPRESSION", "show a value: task, task.args, task_vars, host, result._result"),
    ("task.args['KEY'] = EXPRESSION", "change an argument; `del task.args['KEY']` takes it away"),
    ("task_vars['KEY'] = EXPRESSION", "change a variable, for `update_task`"),
    ("u|update_task", "render the arguments anew, with the variables as they are now"),
    ("r|redo", "run the task again"),
    ("c|continue", "go on"),
    ("q|quit", "end the run"),
    ("h|help", "this"),
];

/// How to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Redo,
    Continue,
    Quit,
}

/// What the user looks at and may change.
pub(super) struct Dialog {
    engine: Arc<Engine>,
    scope: TaskScope,
    host: Arc<str>,
    title: String,
    action: Action,
    /// The arguments, as written or as the user has them by now.
    args: Value,
    /// The variables that the user has set.
    vars: VarMap,
    result: Map<String, Json>,
}

impl Dialog {
    /// About a task that has ended on a host.
    pub(super) fn new(
        engine: Arc<Engine>,
        scope: TaskScope,
        host: Arc<str>,
        title: String,
        action: Action,
        result: Map<String, Json>,
    ) -> Self {
        let options = action.args.options.iter().map(|(key, _, field)| (Value::str(&**key), field));
        let raw = action.args.raw.iter().map(|field| (Value::str(RAW), field));
        let args = Value::map(options.chain(raw).map(|(key, field)| (key, field.value.clone())));
        Self { engine, scope, host, title, action, args, vars: VarMap::default(), result }
    }

    /// Asks until the user knows how to go on.
    pub(super) fn hold(mut self) -> (Next, Args) {
        let prompt = format!("[{}] {} (debug)> ", self.host, self.title);
        // ansible: an empty line says the last one again.
        let mut last = String::new();
        loop {
            let Some(line) = console::read(&prompt) else {
                console::say("User interrupted execution");
                return (Next::Quit, self.args());
            };
            let line = if line.is_empty() { last.clone() } else { line };
            match self.obey(&Statement::parse(&line)) {
                Ok(Some(next)) => return (next, self.args()),
                Ok(None) => {}
                Err(error) => console::say(&format!("***{error}")),
            }
            last = line;
        }
    }

    fn obey(&mut self, statement: &Statement) -> Result<Option<Next>, TemplateError> {
        match statement {
            Statement::Redo => return Ok(Some(Next::Redo)),
            Statement::Continue => return Ok(Some(Next::Continue)),
            Statement::Quit => {
                console::say("User interrupted execution");
                return Ok(Some(Next::Quit));
            }
            Statement::Print(expression) => console::say(&self.shown(expression)?),
            Statement::Evaluate(expression) => {
                let value = self.value(expression)?;
                if !matches!(value, Value::None) {
                    console::say(&value.repr());
                }
            }
            Statement::Assign(place, expression) => {
                let value = self.written(expression)?;
                self.put(place, Some(value))?;
            }
            Statement::Delete(place) => self.put(place, None)?,
            Statement::Update => self.update()?,
            Statement::Help(_) => {
                HELP.iter().for_each(|(what, does)| console::say(&format!("{what:32}{does}")));
            }
            Statement::Empty => {}
        }
        Ok(None)
    }

    /// A value for the eye.
    fn shown(&self, expression: &str) -> Result<String, TemplateError> {
        let plain = match expression {
            "task" => return Ok(self.title.clone()),
            "host" => return Ok(self.host.to_string()),
            "result" => return Ok(format!("<result of {} on {}>", self.title, self.host)),
            "task.args" => raw(&self.args),
            "task_vars" => raw(&self.task_vars()),
            other => raw(&self.value(other)?),
        };
        let vars = VarMap::from([("value".into(), Definition { value: plain, place: None })]);
        Ok(self.engine.expression("value | pprint", &PlainScope(Arc::new(vars)))?.to_text())
    }

    /// The value of an expression over the task, its variables and its result.
    fn value(&self, expression: &str) -> Result<Value, TemplateError> {
        if expression.is_empty() {
            return Err(TemplateError::failed("an expression is missing"));
        }
        let host = Value::map([(Value::str("name"), Value::str(self.host.clone()))]);
        let task = [
            ("name", Value::str(self.title.trim_start_matches("TASK: "))),
            ("action", Value::str(&*self.action.name)),
            ("args", raw(&self.args)),
        ];
        let values = Value::from_json(&Json::Object(self.result.clone()));
        let result = [
            ("_result", values.clone()),
            ("result", values),
            ("_host", host.clone()),
            ("host", host.clone()),
            ("task_name", Value::str(&*self.title)),
        ];
        let map = |entries: &[(&str, Value)]| {
            Value::map(entries.iter().map(|(name, value)| (Value::str(*name), value.clone())))
        };
        let names =
            [("task", map(&task)), ("task_vars", self.task_vars()), ("result", map(&result)), ("host", host)];
        let vars: VarMap =
            names.into_iter().map(|(n, value)| (n.into(), Definition { value, place: None })).collect();
        self.engine.expression(expression, &self.with_changes().with(Layer::Loop, Arc::new(vars)))
    }

    /// A value to be set. What the user types is the user's own text: it may hold templates.
    /// What comes from elsewhere by a name in it may not.
    fn written(&self, expression: &str) -> Result<Value, TemplateError> {
        match self.engine.expression(expression, &PlainScope(Arc::default())) {
            Ok(value) => Ok(trusted(&value)),
            Err(_) => self.value(expression),
        }
    }

    fn put(&mut self, place: &Place, new: Option<Value>) -> Result<(), TemplateError> {
        let keys = place.keys.iter().map(|key| self.value(key)).collect::<Result<Vec<_>, _>>()?;
        let nowhere = || TemplateError::failed("there is no such place");
        match place.root {
            Root::Args if keys.is_empty() && !matches!(new, Some(Value::Map(_))) => Err(nowhere()),
            Root::Args => {
                self.args = placed(&self.args, &keys, new).ok_or_else(nowhere)?;
                Ok(())
            }
            Root::Vars => {
                let (first, rest) = keys.split_first().ok_or_else(nowhere)?;
                let name: Arc<str> = first.to_text().into();
                let old = self.variable(&name);
                let value = match (rest, new) {
                    ([], Some(new)) => new,
                    ([], None) => Value::undefined(format!("'{name}' is undefined")),
                    (rest, new) => {
                        let old = self.engine.resolve(&old.ok_or_else(nowhere)?, &self.scope)?;
                        placed(&old, rest, new).ok_or_else(nowhere)?
                    }
                };
                self.vars.insert(name, Definition { value, place: None });
                Ok(())
            }
        }
    }

    fn variable(&self, name: &str) -> Option<Value> {
        crate::template::Scope::get(&self.with_changes(), name)
    }

    fn with_changes(&self) -> TaskScope {
        self.scope.with(Layer::Loop, Arc::new(self.vars.clone()))
    }

    /// All variables by their names, templates as they are.
    fn task_vars(&self) -> Value {
        use crate::template::Scope;
        let scope = self.with_changes();
        let mut names = scope.names();
        names.put_in_order();
        names.dedup();
        let plain = |value: &Value| !matches!(value, Value::Undefined(_) | Value::Omit | Value::Object(_));
        let entries = names.into_iter().filter_map(|name| Some((scope.get(&name)?, name)));
        Value::map(entries.filter(|(v, _)| plain(v)).map(|(value, name)| (Value::str(name), value)))
    }

    /// Renders the arguments with the variables as they are now.
    fn update(&mut self) -> Result<(), TemplateError> {
        self.args = self.engine.resolve(&self.args, &self.with_changes())?;
        Ok(())
    }

    /// The arguments for another attempt.
    fn args(&self) -> Args {
        let span = &self.action.name_span;
        let field = |value: &Value| Field { value: value.clone(), span: span.clone() };
        let mut args = Args { whole: self.action.args.whole.clone(), ..Args::default() };
        for (key, value) in self.args.as_map().into_iter().flatten() {
            match key.to_text() {
                raw if raw == RAW => args.raw = Some(field(value)),
                key => args.options.push((key, span.clone(), field(value))),
            }
        }
        args
    }
}

/// Templates as their text.
fn raw(value: &Value) -> Value {
    match value {
        Value::Template(template) => Value::Str(template.text.clone()),
        Value::List(list) => Value::list(list.items.iter().map(raw)),
        Value::Map(map) => Value::map(map.entries.iter().map(|(k, v)| (k.clone(), raw(v)))),
        other => other.clone(),
    }
}

/// Text of the user's, which may hold templates.
fn trusted(value: &Value) -> Value {
    match value {
        Value::Str(text) => Value::text(text, None),
        Value::List(list) => Value::list(list.items.iter().map(trusted)),
        Value::Map(map) => Value::map(map.entries.iter().map(|(k, v)| (k.clone(), trusted(v)))),
        other => other.clone(),
    }
}
