//! A plan as Terraform shows it in JSON: what it changes, without what is secret.

use serde_json::{Map, Value, json};

const SECRET: &str = "(sensitive)";
const OTHER_SECRET: &str = "(sensitive, another)";
const UNKNOWN: &str = "(known after apply)";

/// What a plan changes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    before: Map<String, Value>,
    after: Map<String, Value>,
    destroyed: Vec<String>,
    secrets: Vec<String>,
}

impl Plan {
    /// Reads what `show -json` says of a plan.
    pub(super) fn read(shown: &Value) -> Self {
        let mut plan = Self::default();
        let resources = || shown["resource_changes"].as_array().into_iter().flatten();
        let outputs = || shown["output_changes"].as_object().into_iter().flatten();
        let changes =
            resources().map(|resource| &resource["change"]).chain(outputs().map(|(_, change)| change));
        for change in changes {
            secrets(&change["before"], &change["before_sensitive"], &mut plan.secrets);
            secrets(&change["after"], &change["after_sensitive"], &mut plan.secrets);
        }
        for resource in resources() {
            plan.take(resource["address"].as_str().unwrap_or_default(), resource);
        }
        for (name, change) in outputs() {
            plan.take(&format!("output.{name}"), &json!({"change": change}));
        }
        plan
    }

    fn take(&mut self, address: &str, resource: &Value) {
        let change = &resource["change"];
        let actions: Vec<&str> =
            change["actions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let moved_from = resource["previous_address"].as_str().filter(|from| *from != address);
        if matches!(actions.as_slice(), ["no-op"] | []) && moved_from.is_none() {
            return;
        }
        if actions == ["delete"] && resource.get("address").is_some() {
            self.destroyed.push(address.to_owned());
        }
        let (old, new) = (&change["before"], &change["after"]);
        if !old.is_null() {
            let side = masked(old, &Value::Null, &change["before_sensitive"], &Value::Null);
            let side = self.without_secrets(side);
            self.before.insert(moved_from.unwrap_or(address).to_owned(), side);
        }
        let comes =
            !new.is_null() || actions.iter().any(|action| ["create", "update", "read"].contains(action));
        if comes {
            let side = masked(new, old, &change["after_sensitive"], &change["after_unknown"]);
            let side = self.without_secrets(side);
            self.after.insert(address.to_owned(), side);
        }
    }

    /// A provider may give back a secret in another place, which Terraform does not know to be secret.
    fn without_secrets(&self, value: Value) -> Value {
        match value {
            Value::String(text) if self.secrets.iter().any(|secret| text.contains(secret)) => json!(SECRET),
            Value::Array(items) => items.into_iter().map(|item| self.without_secrets(item)).collect(),
            Value::Object(map) => {
                map.into_iter().map(|(key, inner)| (key, self.without_secrets(inner))).collect()
            }
            plain => plain,
        }
    }

    /// What is there now of all that changes.
    pub(super) fn before(&self) -> Value {
        Value::Object(self.before.clone())
    }

    /// What is to be there. A plan that has changes of no resource differs too.
    pub(super) fn after(&self) -> Value {
        if self.before == self.after {
            return json!({"plan": "changes the state only"});
        }
        Value::Object(self.after.clone())
    }

    /// Both sides in one, to compare plans.
    pub(super) fn both(&self) -> Value {
        json!({"before": self.before, "after": self.after})
    }

    /// What is destroyed and not made anew.
    pub(super) fn destroyed(&self) -> Vec<String> {
        self.destroyed.clone()
    }

    /// How many resources and outputs it touches.
    pub(super) fn len(&self) -> usize {
        let new = self.after.keys().filter(|key| !self.before.contains_key(*key)).count();
        self.before.len() + new
    }
}

/// The shortest text that is looked for elsewhere; a shorter one stands in too much by chance.
const TELLING: usize = 5;

/// Collects the texts of a value that are secret.
fn secrets(value: &Value, secret: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if *secret == Value::Bool(true) && text.len() >= TELLING => {
            found.push(text.clone())
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| secrets(item, part(secret, &secret[at]), found));
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, inner)| secrets(inner, part(secret, &secret[key]), found));
        }
        _ => {}
    }
}

/// What holds for a part: what holds for the whole, or its own.
fn part<'a>(whole: &'a Value, own: &'a Value) -> &'a Value {
    if *whole == Value::Bool(true) { whole } else { own }
}

/// A value without its secrets, and with words for what is not known yet. A secret that is another than the `old`
/// one shows that much.
fn masked(value: &Value, old: &Value, secret: &Value, unknown: &Value) -> Value {
    if *unknown == Value::Bool(true) {
        return json!(UNKNOWN);
    }
    if *secret == Value::Bool(true) {
        let another = !old.is_null() && old != value;
        return json!(if another { OTHER_SECRET } else { SECRET });
    }
    match value {
        Value::Object(map) => {
            let known = map
                .iter()
                .map(|(key, inner)| (key.clone(), masked(inner, &old[key], &secret[key], &unknown[key])));
            let later = unknown.as_object().into_iter().flatten();
            let later = later.filter(|(key, when)| !map.contains_key(*key) && **when == Value::Bool(true));
            Value::Object(known.chain(later.map(|(key, _)| (key.clone(), json!(UNKNOWN)))).collect())
        }
        Value::Array(items) => {
            let inner = items.iter().enumerate();
            inner.map(|(at, item)| masked(item, &old[at], &secret[at], &unknown[at])).collect()
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(actions: &[&str], before: Value, after: Value, secret: Value) -> Value {
        json!({"resource_changes": [{"address": "x.a", "change": {
            "actions": actions, "before": before, "after": after,
            "before_sensitive": secret, "after_sensitive": secret, "after_unknown": {"id": true},
        }}]})
    }

    #[test]
    fn secrets_are_hidden_and_yet_differ() {
        let (old, new) = (json!({"pw": "hunter2", "n": [1]}), json!({"pw": "hunter3", "n": [1]}));
        let plan = Plan::read(&change(&["update"], old, new, json!({"pw": true})));
        assert_eq!(plan.before(), json!({"x.a": {"pw": "(sensitive)", "n": [1]}}));
        let after = json!({"x.a": {"pw": "(sensitive, another)", "n": [1], "id": "(known after apply)"}});
        assert_eq!(plan.after(), after);
    }

    #[test]
    fn only_what_is_gone_for_good_counts_as_destroyed() {
        let gone = Plan::read(&change(&["delete"], json!({"n": 1}), Value::Null, json!(false)));
        assert_eq!(gone.destroyed(), ["x.a"]);
        assert_eq!(gone.after(), json!({}));
        let anew = Plan::read(&change(&["delete", "create"], json!({"n": 1}), json!({"n": 2}), json!({})));
        assert!(anew.destroyed().is_empty());
        assert_eq!(anew.len(), 1);
    }

    #[test]
    fn what_stays_is_no_change_and_what_moves_is_one() {
        let stays = Plan::read(&change(&["no-op"], json!({"n": 1}), json!({"n": 1}), json!({})));
        assert_eq!(stays.len(), 0);
        let moved = json!({"resource_changes": [{"address": "x.b", "previous_address": "x.a", "change": {
            "actions": ["no-op"], "before": {"n": 1}, "after": {"n": 1}}}]});
        let moved = Plan::read(&moved);
        assert_eq!((moved.before(), moved.after()), (json!({"x.a": {"n": 1}}), json!({"x.b": {"n": 1}})));
    }

    #[test]
    fn a_plan_without_resources_still_differs() {
        let plan = Plan::read(&json!({"output_changes": {}}));
        assert_ne!(plan.before(), plan.after());
    }
}
