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
    pub(super) fn text(
        &self,
        session: &Session<'_>,
        template: &Arc<Template>,
        options: &TextOptions,
    ) -> Result<String, TemplateError> {
        let mut syntax = options.syntax.clone();
        let begin = header::apply(&template.text, &mut syntax).map_err(|e| e.at(template.place.clone()))?;
        let template = without_header(template, begin);
        let program = self.program(&template, &syntax)?;
        let value =
            session.entered(&template, || Interp::new(session, template.clone()).program(&program))?;
        let mut text = match value {
            Value::None | Value::Omit => String::new(),
            other => other.to_text(),
        };
        let newlines = |s: &str| s.len() - s.trim_end_matches('\n').len();
        let missing = newlines(&template.text).saturating_sub(newlines(&text));
        text.push_str(&"\n".repeat(missing));
        Ok(match options.newline_sequence.as_str() {
            "\n" => text,
            sequence => text.replace('\n', sequence),
        })
    }
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
