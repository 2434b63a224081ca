//! debconf

use std::collections::BTreeMap;

use serde_json::json;

use crate::args::{Return, Value};
use crate::sorting::Sorting;
use crate::{Command, Fail, Module, Side, Target, args, choices, returns};

args! {
    /// Answer the questions of Debian packages before they ask.
    pub struct Debconf as "debconf" {
        /// The name of the package.
        #[alias("pkg")]
        name: String,
        /// The question; without it the package's answers are only told.
        #[alias("selection", "setting")]
        question: Option<String>,
        /// The kind of answer.
        vtype: Option<Kind>,
        /// The answer; for `multiselect` it may be a list.
        #[alias("answer")]
        value: Option<Value>,
        /// Whether the question is still to be asked.
        unseen: bool = false,
    }
    rules [RequiredTogether(&["question", "vtype", "value"])]
}

returns! {
    /// The answers, or the one that was given.
    current: dict,
    /// The answer as it was.
    previous: dict if "an answer was changed",
}

choices! {
    /// Kinds of answers.
    pub enum Kind {
        /// `true` or `false`.
        Boolean = "boolean",
        /// A message about a mistake.
        Error = "error",
        /// Several of a list.
        Multiselect = "multiselect",
        /// A message.
        Note = "note",
        /// A text that is not shown.
        Password = "password",
        /// Whether the question was asked.
        Seen = "seen",
        /// One of a list.
        Select = "select",
        /// A text.
        String = "string",
        /// A text without a question.
        Text = "text",
        /// The title of the questions.
        Title = "title",
    }
}

impl Module for Debconf {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Choose the locale of the system
  ansible.builtin.debconf:
    name: locales
    question: locales/default_environment_locale
    value: de_DE.UTF-8
    vtype: select
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let answers = self.answers(target)?;
        let (Some(question), Some(kind), Some(value)) = (&self.question, self.vtype, &self.value) else {
            target.set("current", json!(answers));
            return Ok(());
        };
        let wanted = text(kind, value)?.trim_end_matches('\n').to_owned();
        if wanted.contains('\n') {
            // What follows would be read as a question of its own, and quoted when it is none.
            return Err(Fail::new(format!("the answer of `{question}` must stand on one line")));
        }
        let now = match kind {
            Kind::Password if answers.contains_key(question) => Some(self.password(target, question)?),
            _ => answers.get(question).cloned(),
        };
        let same = now.as_ref().is_some_and(|now| match (kind, value) {
            (Kind::Boolean, _) => now.to_lowercase() == wanted.to_lowercase(),
            (Kind::Multiselect, Value::Array(_)) => sorted(now) == sorted(&wanted),
            _ => *now == wanted,
        });
        let wanted = if kind == Kind::Boolean { wanted.to_lowercase() } else { wanted };
        if same {
            target.set("current", json!(answers));
            return Ok(());
        }
        let secret = kind == Kind::Password;
        let side = |text: Option<&str>| match text {
            None => Side::Absent,
            Some(text) if secret => Side::Hidden(crate::checksum::sha256(text.as_bytes())),
            Some(text) => Side::Content(format!("{text}\n").into_bytes()),
        };
        let told = |text: &str| json!({ question: if secret { "********" } else { text } });
        target.set("previous", told(now.as_deref().unwrap_or_default()));
        target.set("current", told(&wanted));
        let line = format!("{} {question} {} {wanted}\n", self.name, kind.as_str());
        let set = Command::new("debconf-set-selections").args(self.unseen.then_some("-u")).stdin(line);
        let what = format!("{question} of {}", self.name);
        target.change(&what, side(now.as_deref()), side(Some(&wanted)), |hands| hands.run(&set))?;
        Ok(())
    }
}

impl Debconf {
    /// The answers that are known, by question.
    fn answers(&self, target: &mut Target) -> Result<BTreeMap<String, String>, Fail> {
        let shown = target.query(&Command::new("debconf-show").arg(&self.name))?;
        let shown = shown.expect_ok("debconf-show")?.text();
        let pair = |line: &str| {
            let (question, answer) = line.split_once(':')?;
            Some((question.trim_matches('*').trim().to_owned(), answer.trim().to_owned()))
        };
        Ok(shown.lines().filter_map(pair).collect())
    }

    /// The password as it is: what `debconf-show` tells of one is no answer.
    fn password(&self, target: &mut Target, question: &str) -> Result<String, Fail> {
        let all = target.query(&Command::new("debconf-get-selections"))?;
        let all = all.expect_ok("debconf-get-selections")?.text();
        let value = |line: &str| {
            let fields: Vec<&str> = line.split('\t').collect();
            let here = fields.starts_with(&[self.name.as_str(), question, "password"]);
            here.then(|| fields.get(3).copied().unwrap_or_default().to_owned())
        };
        Ok(all.lines().find_map(value).unwrap_or_default())
    }
}

/// An answer as it is written.
fn text(kind: Kind, value: &Value) -> Result<String, Fail> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let items = match value {
        Value::Array(items) if kind == Kind::Multiselect => items,
        Value::Array(_) | Value::Object(_) => {
            return Err(Fail::new(format!("an answer of the kind `{}` is a text", kind.as_str())));
        }
        _ => return Ok(text(value)),
    };
    if let Some(odd) = items.iter().find(|item| !item.is_string()) {
        return Err(Fail::new(format!("Invalid value provided for 'multiselect': {odd} is not a string")));
    }
    let mut items: Vec<String> = items.iter().map(text).collect();
    items.put_in_order();
    Ok(items.join(", "))
}

fn sorted(text: &str) -> Vec<&str> {
    let mut items: Vec<&str> = text.split(',').map(str::trim).collect();
    items.put_in_order();
    items
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    /// Keeps one answer: `debconf-set-selections` writes it, the others read it.
    fn sandbox() -> Sandbox {
        let sandbox = Sandbox::new("debconf").tool("debconf-set-selections", r#"cat > "$SANDBOX/answer""#);
        let show = r#"[ ! -e "$SANDBOX/answer" ] || sed 's/^app \([^ ]*\) password .*/* \1: (password omitted)/
s/^app \([^ ]*\) [a-z]* \(.*\)/* \1: \2/' "$SANDBOX/answer""#;
        let get = r#"sed 's/ /\t/; s/ /\t/; s/ /\t/' "$SANDBOX/answer""#;
        sandbox.tool("debconf-show", show).tool("debconf-get-selections", get)
    }

    #[test]
    fn a_question_is_answered() {
        let sandbox = sandbox();
        let reply = sandbox
            .converges(json!({"name": "app", "question": "app/mode", "vtype": "select", "value": "fast"}));
        assert_eq!(reply.values["current"], json!({"app/mode": "fast"}));
        assert_eq!(sandbox.reads(json!({"name": "app"}))["current"], json!({"app/mode": "fast"}));
        sandbox.converges(json!({"name": "app", "question": "app/on", "vtype": "boolean", "value": true}));
        sandbox.keeps(json!({"name": "app", "question": "app/on", "vtype": "boolean", "value": "TRUE"}));
    }

    #[test]
    fn a_password_is_compared_but_not_told() {
        let sandbox = sandbox();
        let args = json!({"name": "app", "question": "app/pw", "vtype": "password", "value": "hunter2"});
        let reply = sandbox.converges(args);
        assert!(!format!("{reply:?}").contains("hunter2"), "{reply:?}");
        let args = json!({"name": "app", "question": "app/pw", "vtype": "password", "value": "a\nhunter2"});
        assert_eq!(sandbox.fails(args), "the answer of `app/pw` must stand on one line");
    }

    #[test]
    fn several_answers_are_the_same_in_any_order() {
        let sandbox = sandbox();
        let args = |value: serde_json::Value| json!({"name": "app", "question": "app/of", "vtype": "multiselect", "value": value});
        sandbox.converges(args(json!(["a", "b"])));
        sandbox.keeps(args(json!(["b", "a"])));
        let said = sandbox.fails(args(json!({"a": 1})));
        assert_eq!(said, "an answer of the kind `multiselect` is a text");
        let said = sandbox.fails(args(json!(["a", 1])));
        assert!(said.starts_with("Invalid value provided for 'multiselect'"), "{said}");
    }
}
