//! The values templates work on. A string is either data (`Str`) or text the user
//! wrote that still has to be rendered (`Template`): what comes from a host, a file
//! or a look-up is always data, so trust is a matter of type.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Template;

/// A value of the template language; cheap to clone.
#[derive(Clone)]
pub enum Value {
    /// Missing; using it fails, asking whether it is defined does not.
    Undefined(Arc<Undefined>),
    /// The special variable `omit`: the argument is left out.
    Omit,
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// Data: never rendered again.
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
    /// Text of the user's with template markers, not rendered yet.
    Template(Arc<Template>),
    /// An encrypted string of the user's, decrypted when used.
    Vault(Arc<VaultString>),
    List(Arc<List>),
    Tuple(Arc<List>),
    Map(Arc<Map>),
    /// Something with behaviour: functions, `hostvars`, `loop`, namespaces, macros.
    Object(Arc<dyn Object>),
}

/// Why a value is missing, in words, and where that was.
#[derive(Clone, Debug, Default)]
pub struct Undefined {
    /// As Ansible says it: "'foo' is undefined", "object of type 'dict' has no attribute 'x'".
    pub message: String,
    /// The variable that has no value, or whose attribute has none.
    pub name: Option<String>,
    /// Whether it is an attribute of the variable that is missing.
    pub attribute: bool,
    /// The object that was asked, and for what; one of its names was meant, perhaps.
    pub asked: Option<(Value, Value)>,
    pub place: Option<crate::diagnostic::Span>,
    /// What went wrong on the way to it, when it is missing because of something else that is.
    pub cause: Option<Arc<super::TemplateError>>,
}

impl Undefined {
    /// The name that was meant, perhaps.
    pub(super) fn near(&self) -> Option<&str> {
        let (object, key) = self.asked.as_ref()?;
        let names = object.as_map()?.keys().filter_map(Value::as_str);
        crate::diagnostic::nearest(key.as_str()?, names)
    }
}

/// A vault-encrypted string, opened on use with the secrets of the run.
#[derive(Debug)]
pub struct VaultString {
    /// The armoured text, `$ANSIBLE_VAULT;…`.
    pub text: Arc<str>,
    pub place: Option<crate::diagnostic::Span>,
}

/// A list, and whether something in it still has to be rendered or opened.
pub struct List {
    pub items: Vec<Value>,
    lazy: bool,
}

/// A mapping in the order written, and whether something in it still has to be rendered.
pub struct Map {
    pub entries: IndexMap<Value, Value>,
    lazy: bool,
}

/// A value with behaviour.
pub trait Object: Send + Sync {
    /// The name of its type, as Python users know it (`dict`, `function`, `generator`).
    fn type_name(&self) -> &str;

    /// `object.name` or `object[name]`; `None` when there is no such thing.
    fn get(&self, _key: &Value) -> Option<Value> {
        None
    }

    /// Whether it behaves like a dictionary.
    fn is_mapping(&self) -> bool {
        false
    }

    /// Its keys or items when iterated; `None` when it cannot be.
    fn iterate(&self) -> Option<Vec<Value>> {
        None
    }

    /// The whole as a plain value (for output and for filters); `None` when there is none.
    fn to_plain(&self) -> Option<Value> {
        None
    }

    /// Whose variables these are: templates found in it are rendered in this scope.
    fn scope(&self) -> Option<Arc<dyn super::Scope>> {
        None
    }

    /// For downcasting by the engine.
    fn as_any(&self) -> &dyn std::any::Any;
}

impl List {
    /// Wraps items; notes whether any is lazy.
    pub fn new(items: Vec<Value>) -> Self {
        let lazy = items.iter().any(Value::is_unfinished);
        Self { items, lazy }
    }
}

impl List {
    /// Adds an item at the end; a shared list is copied first.
    pub fn push(this: &mut Arc<List>, item: Value) {
        let lazy = this.lazy || item.is_unfinished();
        match Arc::get_mut(this) {
            Some(own) => {
                own.items.push(item);
                own.lazy = lazy;
            }
            None => {
                let items = this.items.iter().cloned().chain(std::iter::once(item)).collect();
                *this = Arc::new(List { items, lazy });
            }
        }
    }

    /// Changes the items; shared ones are copied first.
    pub fn edit<R>(this: &mut Arc<List>, change: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        let list = std::mem::replace(this, Arc::new(List { items: Vec::new(), lazy: false }));
        let mut items = Arc::try_unwrap(list).map_or_else(|shared| shared.items.clone(), |own| own.items);
        let result = change(&mut items);
        *this = Arc::new(List::new(items));
        result
    }
}

impl Map {
    /// Changes the entries; shared ones are copied first.
    pub fn edit<R>(this: &mut Arc<Map>, change: impl FnOnce(&mut IndexMap<Value, Value>) -> R) -> R {
        let map = std::mem::replace(this, Arc::new(Map { entries: IndexMap::new(), lazy: false }));
        let mut entries =
            Arc::try_unwrap(map).map_or_else(|shared| shared.entries.clone(), |own| own.entries);
        let result = change(&mut entries);
        *this = Arc::new(Map::new(entries));
        result
    }

    /// Wraps entries; notes whether any value is lazy.
    pub fn new(entries: IndexMap<Value, Value>) -> Self {
        let lazy = entries.iter().any(|(k, v)| k.is_unfinished() || v.is_unfinished());
        Self { entries, lazy }
    }

    /// The raw value under a string key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }
}

impl Value {
    /// Data: a string that is never rendered.
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Value::Str(text.into())
    }

    /// A list of values.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Self {
        Value::List(Arc::new(List::new(items.into_iter().collect())))
    }

    /// A tuple of values.
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Self {
        Value::Tuple(Arc::new(List::new(items.into_iter().collect())))
    }

    /// A mapping.
    pub fn map(entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        Value::Map(Arc::new(Map::new(entries.into_iter().collect())))
    }

    /// A missing value and why.
    pub fn undefined(message: impl Into<String>) -> Self {
        Value::Undefined(Arc::new(Undefined { message: message.into(), ..Default::default() }))
    }

    /// Whether it is a template or encrypted, or holds such (or anything else that cannot leave
    /// the engine as it is: `omit`, a missing value, an object, a tuple).
    pub fn is_lazy(&self) -> bool {
        match self {
            Value::Template(_) | Value::Vault(_) => true,
            Value::List(l) | Value::Tuple(l) => l.lazy,
            Value::Map(m) => m.lazy,
            _ => false,
        }
    }

    /// Whether it makes the container it is in lazy.
    fn is_unfinished(&self) -> bool {
        match self {
            Value::Undefined(_) | Value::Omit | Value::Tuple(_) => true,
            Value::Object(_) => super::clock::moment(self).is_none(),
            other => other.is_lazy(),
        }
    }

    /// Whether it is missing.
    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined(_))
    }

    /// The text of a data string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The items of a list or tuple.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(l) | Value::Tuple(l) => Some(&l.items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn as_map(&self) -> Option<&IndexMap<Value, Value>> {
        match self {
            Value::Map(m) => Some(&m.entries),
            _ => None,
        }
    }

    /// From JSON: all of it data.
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as J;
        match json {
            J::Null => Value::None,
            J::Bool(b) => Value::Bool(*b),
            J::Number(n) => match (n.as_i128(), n.as_f64()) {
                (Some(i), _) => Value::Int(i),
                (None, f) => Value::Float(f.unwrap_or(f64::NAN)),
            },
            J::String(s) => Value::str(s.as_str()),
            J::Array(a) => Value::list(a.iter().map(Value::from_json)),
            J::Object(o) => Value::map(o.iter().map(|(k, v)| (Value::str(k.as_str()), Value::from_json(v)))),
        }
    }

    /// To JSON, as Python's `json.dumps` would have it; expects a rendered value
    /// (templates come out as their text, missing values as null).
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as J;
        match self {
            Value::Undefined(_) | Value::Omit | Value::None => J::Null,
            Value::Bool(b) => J::Bool(*b),
            Value::Int(i) => serde_json::Number::from_i128(*i).map_or(J::Null, J::Number),
            Value::Float(f) => serde_json::Number::from_f64(*f).map_or(J::Null, J::Number),
            Value::Str(s) => J::String(s.to_string()),
            Value::Bytes(b) => J::String(String::from_utf8_lossy(b).into_owned()),
            Value::Template(t) => J::String(t.text.to_string()),
            Value::Vault(v) => J::String(v.text.to_string()),
            Value::List(l) | Value::Tuple(l) => l.items.iter().map(Value::to_json).collect(),
            Value::Map(m) => J::Object(m.entries.iter().map(|(k, v)| (json_key(k), v.to_json())).collect()),
            Value::Object(o) => match super::clock::moment(self) {
                Some(moment) => J::String(moment.isoformat('T')),
                None => o.to_plain().map_or(J::Null, |v| v.to_json()),
            },
        }
    }
}

/// A mapping's key as JSON has it: always a string.
fn json_key(key: &Value) -> String {
    match key {
        Value::Str(s) => s.to_string(),
        Value::None => "null".into(),
        other => match other.to_json() {
            serde_json::Value::String(s) => s,
            json => json.to_string(),
        },
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::str(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value.into())
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Undefined(u) => write!(f, "Undefined({})", u.message),
            Value::Omit => write!(f, "omit"),
            other => write!(f, "{}", other.to_json()),
        }
    }
}
