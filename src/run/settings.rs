//! The keywords of a task rendered for one host.

use std::sync::Arc;
use std::time::Duration;

use crate::plan::Lineage;
use crate::playbook::{Directives, Field};
use crate::template::{Engine, ErrorKind, Scope, TemplateError, Value};

use super::inherit::{environments, links, nearest};

/// The longest `timeout`, in seconds.
const LONGEST: f64 = 100_000_000.0;

/// What a task's keywords say for one host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) check: bool,
    pub(crate) diff: bool,
    pub(crate) no_log: bool,
    pub(crate) ignore_errors: bool,
    pub(crate) ignore_unreachable: bool,
    pub(crate) delegate_to: Option<Arc<str>>,
    pub(crate) delegate_facts: bool,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) timeout: Option<Duration>,
}

/// Renders keywords of one lineage for one host.
pub(crate) struct Keywords<'a> {
    pub(crate) lineage: &'a Arc<Lineage>,
    pub(crate) engine: &'a Engine,
    pub(crate) scope: &'a dyn Scope,
}

impl<'a> Keywords<'a> {
    /// All settings of a task; `check` and `diff` are those of the run.
    ///
    /// # Errors
    /// When a keyword's template fails or has the wrong type.
    pub(crate) fn settings(&self, check: bool, diff: bool) -> Result<Settings, TemplateError> {
        Ok(Settings {
            check: self.flag("check_mode", |d| d.check_mode.as_ref())?.unwrap_or(check),
            diff: self.flag("diff", |d| d.diff.as_ref())?.unwrap_or(diff),
            no_log: self.flag("no_log", |d| d.no_log.as_ref())?.unwrap_or(false),
            ignore_errors: self.flag("ignore_errors", |d| d.ignore_errors.as_ref())?.unwrap_or(false),
            ignore_unreachable: self
                .flag("ignore_unreachable", |d| d.ignore_unreachable.as_ref())?
                .unwrap_or(false),
            delegate_to: self.delegate()?,
            delegate_facts: self.flag("delegate_facts", |d| d.delegate_facts.as_ref())?.unwrap_or(false),
            environment: self
                .environment()
                .map_err(|error| error.within("Error processing keyword 'environment'", None))?,
            timeout: self.timeout()?,
        })
    }

    /// How long the task may take; 0 is as long as it likes.
    fn timeout(&self) -> Result<Option<Duration>, TemplateError> {
        let Some(seconds) = self.number("timeout", |d| d.timeout.as_ref())? else { return Ok(None) };
        if !(0.0..=LONGEST).contains(&seconds) {
            let place = nearest(self.lineage, |d| d.timeout.as_ref()).map(|field| field.span.clone());
            // ansible: scripts look for these words.
            let error = TemplateError::failed(format!("Timeout {seconds} is invalid"));
            return Err(error.hint("give seconds, or 0 for no limit").at(place));
        }
        Ok(Some(seconds).filter(|s| *s > 0.0).map(Duration::from_secs_f64))
    }

    /// The host to delegate to.
    ///
    /// # Errors
    /// When its name cannot be rendered, or comes out empty.
    pub(crate) fn delegate(&self) -> Result<Option<Arc<str>>, TemplateError> {
        let name = self.text(|d| d.delegate_to.as_ref())?;
        if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            let place = nearest(self.lineage, |d| d.delegate_to.as_ref()).map(|field| field.span.clone());
            return Err(
                TemplateError::failed("`delegate_to` came out empty: no host to delegate to").at(place)
            );
        }
        Ok(name.map(Arc::from))
    }

    /// A keyword that is true or false.
    ///
    /// # Errors
    /// When it is neither.
    pub(crate) fn flag(
        &self,
        name: &str,
        keyword: impl Fn(&'a Directives) -> Option<&'a Field>,
    ) -> Result<Option<bool>, TemplateError> {
        let given = self.given(&keyword).map_err(|error| {
            let place = nearest(self.lineage, keyword).map(|field| field.span.clone());
            error.within(format!("Error processing keyword '{name}'"), place)
        });
        let Some((value, field)) = given? else { return Ok(None) };
        match value {
            Value::None => Ok(None),
            value => value.to_bool().map(Some).ok_or_else(|| {
                // ansible: scripts look for these words.
                let said = format!("The value '{}' could not be converted to 'bool'", value.to_text());
                TemplateError::failed(said)
                    .within(format!("Error processing keyword '{name}'"), None)
                    .at(Some(field.span.clone()))
            }),
        }
    }

    /// A keyword that is a text.
    ///
    /// # Errors
    /// When its template fails.
    pub(crate) fn text(
        &self,
        keyword: impl Fn(&'a Directives) -> Option<&'a Field>,
    ) -> Result<Option<String>, TemplateError> {
        let Some((value, _)) = self.given(keyword)? else { return Ok(None) };
        Ok(Some(value).filter(|value| !matches!(value, Value::None)).map(|value| value.to_text()))
    }

    /// The value of a keyword given nearest to the task. One that comes out as `omit` is as
    /// if it were not there: the next one outwards counts.
    fn given(
        &self,
        keyword: impl Fn(&'a Directives) -> Option<&'a Field>,
    ) -> Result<Option<(Value, &'a Field)>, TemplateError> {
        for field in links(self.lineage).filter_map(|link| keyword(&link.directives)) {
            match self.engine.resolve(&field.value, self.scope)? {
                Value::Omit => {}
                value => return Ok(Some((value, field))),
            }
        }
        Ok(None)
    }

    /// How many hosts may be at the task at once.
    ///
    /// # Errors
    /// When that is no number.
    pub(crate) fn throttle(&self) -> Result<Option<f64>, TemplateError> {
        // ansible: scripts look for these words.
        const WORDS: &str = "Failed to convert the throttle value to an integer";
        self.number("throttle", |d| d.throttle.as_ref()).map_err(|error| {
            let error = match error.kind() {
                ErrorKind::Undefined => error,
                _ => {
                    let words = format!("invalid literal for int: {}", error.reason());
                    error.words(words)
                }
            };
            error.within(WORDS, None)
        })
    }

    /// A keyword that is a number.
    ///
    /// # Errors
    /// When it is none.
    fn number(
        &self,
        name: &str,
        keyword: impl Fn(&'a Directives) -> Option<&'a Field>,
    ) -> Result<Option<f64>, TemplateError> {
        let Some((value, field)) = self.given(keyword)? else { return Ok(None) };
        as_number(name, value, field)
    }

    fn environment(&self) -> Result<Vec<(String, String)>, TemplateError> {
        let mut all: Vec<(String, String)> = Vec::new();
        for field in environments(self.lineage) {
            let written = match &field.value {
                Value::List(list) => list.items.clone(),
                one => vec![one.clone()],
            };
            let mut maps = Vec::new();
            // ansible: facts are gathered with the play's environment, which may need them.
            let passed_over =
                |e: &TemplateError| e.kind() == ErrorKind::Undefined && self.lineage.parent.is_none();
            for entry in &written {
                match self.engine.resolve_shallow(entry, self.scope) {
                    Ok(Value::List(list)) => maps.extend(list.items.iter().cloned()),
                    Ok(Value::Omit | Value::None) => {}
                    Ok(one) => maps.push(one),
                    Err(e) if passed_over(&e) => {}
                    Err(e) => return Err(e),
                }
            }
            for map in maps {
                let Some(entries) = map.as_map() else {
                    return Err(wrong("environment", "a mapping", &map, &field));
                };
                for (name, value) in entries {
                    let name = name.to_text();
                    let value = match self.engine.resolve(value, self.scope) {
                        Err(e) if passed_over(&e) => continue,
                        value => value?,
                    };
                    all.retain(|(known, _)| *known != name);
                    if !matches!(value, Value::Omit) {
                        all.push((name, value.to_text()));
                    }
                }
            }
        }
        Ok(all)
    }
}

/// A keyword's number.
///
/// # Errors
/// When it is none.
pub(crate) fn number(
    name: &str,
    field: &Field,
    engine: &Engine,
    scope: &dyn Scope,
) -> Result<Option<f64>, TemplateError> {
    as_number(name, engine.resolve(&field.value, scope)?, field)
}

fn as_number(name: &str, value: Value, field: &Field) -> Result<Option<f64>, TemplateError> {
    match value {
        Value::Omit | Value::None => Ok(None),
        Value::Int(i) => Ok(Some(i as f64)),
        Value::Float(f) => Ok(Some(f)),
        Value::Bool(b) => Ok(Some(f64::from(u8::from(b)))),
        value => match value.to_text().trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(wrong(name, "a number", &value, field)),
        },
    }
}

fn wrong(keyword: &str, expected: &str, value: &Value, field: &Field) -> TemplateError {
    TemplateError::failed(format!(
        "`{keyword}` must be {expected}, found {}: `{}`",
        value.type_name(),
        value.to_text()
    ))
    .at(Some(field.span.clone()))
}
