//! What statements write: one value is kept as it is, more become text.

use super::super::Value;

/// The pieces written so far.
#[derive(Default)]
pub(super) struct Output {
    only: Option<Value>,
    text: String,
    /// Whether a second piece came, so that all is text.
    joined: bool,
}

impl Output {
    /// Writes a finished value; `None` writes nothing.
    pub(super) fn value(&mut self, value: Value) {
        if matches!(value, Value::None) {
            return;
        }
        if !self.joined {
            match self.only.take() {
                None => {
                    self.only = Some(value);
                    return;
                }
                Some(first) => {
                    self.joined = true;
                    write(&first, &mut self.text);
                }
            }
        }
        write(&value, &mut self.text);
    }

    /// Writes text of the template.
    pub(super) fn raw(&mut self, text: &std::sync::Arc<str>) {
        if self.joined {
            self.text.push_str(text);
        } else {
            self.value(Value::Str(text.clone()));
        }
    }

    /// The whole.
    pub(super) fn finish(self) -> Value {
        match self.joined {
            true => Value::from(self.text),
            false => self.only.unwrap_or(Value::None),
        }
    }
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Str(s) => text.push_str(s),
        Value::Omit => {}
        other => text.push_str(&other.to_text()),
    }
}
