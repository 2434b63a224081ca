//! Whole files rendered to text, as the module `template` does.

use std::sync::Arc;

use super::eval::Interp;
use super::session::Session;
use super::{Engine, Scope, Syntax, Template, TemplateError, Value, header};

/// Finds templates for `include`, `import` and `extends`; `None` when there is no such file.
pub(super) type Loader = dyn Fn(&str) -> Result<Option<Arc<Template>>, TemplateError> + Send + Sync;

/// How a whole file is rendered.
#[derive(Clone)]
pub(crate) struct TextOptions {
    pub syntax: Syntax,
    /// Line ends of the result.
    pub newline_sequence: String,
    /// Where included templates come from; by default the search path in the scope.
    pub loader: Option<Arc<Loader>>,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            syntax: Syntax { raw_strings: false, ..Syntax::default() },
            newline_sequence: "\n".into(),
            loader: None,
        }
    }
}

impl Engine {
    /// Renders a file to text.
    pub(crate) fn render_text(
        &self,
        template: &Arc<Template>,
        scope: &dyn Scope,
        options: &TextOptions,
    ) -> Result<String, TemplateError> {
        let session = Session::new(self, scope, Some(options));
        self.text(&session, template, options).map_err(|e| self.explained(e, scope))
    }

    /// Renders a file within a rendering.
    fn walked(
        &self,
        session: &Session<'_>,
        template: &Arc<Template>,
        options: &TextOptions,
    ) -> Result<(Value, Arc<Template>), TemplateError> {
        let mut syntax = options.syntax.clone();
        let begin = header::apply(&template.text, &mut syntax).map_err(|e| e.at(template.place.clone()))?;
        let template = without_header(template, begin);
        let program = self.program(&template, &syntax)?;
        let value = session.entered(&template, || Interp::new(session, template.clone()).program(&program));
        Ok((value.map_err(|error| error.failed_as("template"))?, template))
    }

    /// A template file as text.
    pub(super) fn text(
        &self,
        session: &Session<'_>,
        template: &Arc<Template>,
        options: &TextOptions,
    ) -> Result<String, TemplateError> {
        let (value, template) = self.walked(session, template, options)?;
        let text = match value {
            Value::None | Value::Omit => String::new(),
            other => other.to_text(),
        };
        let text = ended(text, &template.text);
        Ok(match options.newline_sequence.as_str() {
            "\n" => text,
            sequence => text.replace('\n', sequence),
        })
    }

    /// A template file as what it gives: one expression alone keeps its type.
    pub(super) fn native(
        &self,
        session: &Session<'_>,
        template: &Arc<Template>,
        options: &TextOptions,
    ) -> Result<Value, TemplateError> {
        let (value, template) = self.walked(session, template, options)?;
        Ok(match value {
            // ansible: a file that writes nothing gives nothing, an empty one an empty text.
            Value::None if template.text.trim_matches('\n').is_empty() => Value::Str(template.text.clone()),
            Value::Str(text) if text.is_empty() && !template.text.contains(&options.syntax.variable.0) => {
                Value::None
            }
            Value::Str(text) => Value::from(ended(text.to_string(), &template.text)),
            other => other,
        })
    }
}

/// A text with as many line breaks at its end as its template has.
fn ended(mut text: String, template: &str) -> String {
    let newlines = |s: &str| s.len() - s.trim_end_matches('\n').len();
    let missing = newlines(template).saturating_sub(newlines(&text));
    text.push_str(&"\n".repeat(missing));
    text
}

/// The template behind its header line, its line ends made plain.
fn without_header(template: &Arc<Template>, begin: usize) -> Arc<Template> {
    if begin == 0 && !template.text.contains('\r') {
        return template.clone();
    }
    let text = template.text[begin..].replace("\r\n", "\n").replace('\r', "\n");
    let place = template.place.clone().map(|mut place| {
        if place.text() == &*template.text {
            place.start += begin as u32;
        }
        place
    });
    Template::new(text, place)
}
