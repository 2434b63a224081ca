//! A build by the engine itself: the context is sent, the steps are told as they go.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};

use super::{Build, Context};
use crate::docker::{Client, Error, Request, query};
use crate::{Fail, Hands};

/// How many lines of a step that fails are told.
const LAST: usize = 10;

/// What the engine says of its own doings.
const NOISE: [&str; 2] = [" ---> ", "Removing intermediate container "];

impl Build {
    pub(super) fn by_engine(
        &self,
        client: &Client,
        hands: &mut Hands<'_>,
        context: &Context,
        registries: &Value,
    ) -> Result<(), Fail> {
        let mut archive = context.archive(hands)?;
        let mut told = Told { added: self.labels.len(), ..Told::default() };
        let mut request = Request::new("POST", self.path(context)).stream("application/x-tar", &mut archive);
        if registries.as_object().is_some_and(|all| !all.is_empty()) {
            request = request.header("X-Registry-Config", URL_SAFE.encode(registries.to_string()));
        }
        let built = client.progress(hands, request, |value| told.take(value));
        hands.set("stdout", told.all.trim_end());
        built.map_err(|error| told.failure(&self.name(), error))
    }

    fn path(&self, context: &Context) -> String {
        let json = |value: Value| match value.as_object().is_some_and(serde_json::Map::is_empty) {
            true => String::new(),
            false => value.to_string(),
        };
        let flag = |on: bool| (if on { "1" } else { "0" }).to_owned();
        let hosts: Vec<String> =
            self.etc_hosts.iter().map(|(name, address)| format!("{name}:{address}")).collect();
        let cache =
            if self.cache_from.is_empty() { String::new() } else { json!(self.cache_from).to_string() };
        let given: [(&str, String); 13] = [
            ("dockerfile", context.dockerfile.clone()),
            ("buildargs", json(json!(self.args))),
            ("labels", json(json!(self.labels))),
            ("target", self.target.clone().unwrap_or_default()),
            ("platform", self.platform.first().cloned().unwrap_or_default()),
            ("cachefrom", cache),
            ("networkmode", self.network.clone().unwrap_or_default()),
            ("extrahosts", hosts.join(",")),
            ("nocache", flag(self.nocache)),
            ("shmsize", self.shm_size.map(|size| size.to_string()).unwrap_or_default()),
            ("rm", "1".to_owned()),
            ("forcerm", flag(!self.keep_containers)),
            ("version", "1".to_owned()),
        ];
        let names: Vec<String> = self.names.iter().map(ToString::to_string).collect();
        let names = names.iter().map(|name| ("t", name.as_str()));
        let given = given.iter().map(|(name, value)| (*name, value.as_str()));
        let limits = self.limits.iter().map(|(name, value)| (*name, value.as_str()));
        query("/build", &names.chain(given).chain(limits).collect::<Vec<_>>())
    }
}

/// What a build has told so far.
#[derive(Default)]
struct Told {
    all: String,
    /// Steps that the engine adds for labels, and counts.
    added: usize,
    step: Option<String>,
    last: VecDeque<String>,
    open: String,
}

impl Told {
    fn take(&mut self, value: &Value) {
        let text = value.get("stream").and_then(Value::as_str).unwrap_or_default();
        self.all += text;
        self.open += text;
        while let Some((line, rest)) = self.open.split_once('\n') {
            let (line, rest) = (line.trim_end().to_owned(), rest.to_owned());
            self.line(line);
            self.open = rest;
        }
    }

    fn line(&mut self, line: String) {
        if let Some(step) = line.strip_prefix("Step ") {
            self.step = Some(step.to_owned());
            self.last.clear();
        } else if !line.is_empty() && !NOISE.iter().any(|start| line.starts_with(start)) {
            self.last.push_back(line);
            if self.last.len() > LAST {
                self.last.pop_front();
            }
        }
    }

    /// `2/5` without the steps that stand in no Dockerfile.
    fn counted(&self, number: &str) -> String {
        let parts = number.split_once('/').and_then(|(at, all)| Some((at, all.parse::<usize>().ok()?)));
        parts.map_or(number.to_owned(), |(at, all)| format!("{at}/{}", all.saturating_sub(self.added)))
    }

    /// Why it failed: the step, its cause in the engine's words, and its last lines.
    fn failure(&mut self, name: &str, error: Error) -> Fail {
        let open = std::mem::take(&mut self.open);
        self.line(open);
        let step = self.step.as_ref().and_then(|step| step.split_once(" : "));
        let at = step.map(|(number, words)| format!("step {} `{words}`: ", self.counted(number)));
        let at = at.unwrap_or_default();
        let mut words = format!("cannot build `{name}`: {at}{}", error.message);
        if !self.last.is_empty() && step.is_some() {
            words += "\nits last lines:";
            self.last.iter().for_each(|line| words += &format!("\n  {line}"));
        }
        let fail = Fail::new(words).with("stdout", self.all.trim_end());
        let hint = error.hint.as_deref().or_else(|| {
            error
                .message
                .contains("BuildKit")
                .then_some("install docker's `buildx` plugin on the target; such builds go to it")
        });
        hint.map_or(fail.clone(), |hint| fail.hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_step_and_its_last_lines() {
        let mut told = Told::default();
        for text in ["Step 1/2 : FROM a\n", " ---> 123\n", "Step 2/2 : RUN x\n", "one\ntw", "o\nthree"] {
            told.take(&json!({"stream": text}));
        }
        let said = told.failure("app:1", Error::refused(500, "it returned 1")).message;
        assert_eq!(
            said,
            "cannot build `app:1`: step 2/2 `RUN x`: it returned 1\nits last lines:\n  one\n  two\n  three"
        );
    }
}
