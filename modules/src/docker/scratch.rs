//! Things on a real engine that belong to one test: with names of their own, and gone when it ends.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{Client, Endpoint, Error, Reference, Remote};
use crate::target::Target;
use crate::testing::InProcess;
use crate::wire::Call;
use crate::{Fail, Hands};

/// A corner of the engine at the usual socket.
pub(crate) struct Scratch {
    pub(crate) client: Client,
    suffix: String,
}

impl Scratch {
    /// A corner that nobody else uses.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let endpoint = Endpoint::parse("unix:///var/run/docker.sock").unwrap();
        let client = Client::connect(&endpoint).expect("the tests need a Docker Engine at the usual socket");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Self { client, suffix: format!("{:x}-{count}-{:x}", std::process::id(), time.subsec_nanos()) }
    }

    /// A name of this corner.
    pub(crate) fn name(&self, word: &str) -> String {
        format!("{word}-{}", self.suffix)
    }

    /// What the engine says of something; `Null` where there is none.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.client.find(path).unwrap().unwrap_or_default()
    }

    /// A container as it is inspected.
    pub(crate) fn container(&self, name: &str) -> Value {
        self.get(&format!("/containers/{name}/json"))
    }

    /// Posts to the engine.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.perform(|hands| self.client.post(hands, path, body)).unwrap()
    }

    /// Deletes something.
    pub(crate) fn delete(&self, path: &str) {
        self.perform(|hands| self.client.delete(hands, path)).unwrap();
    }

    /// Sends an image to its registry.
    pub(crate) fn push(&self, name: &str) {
        let to = Remote { name: Reference::parse(name).unwrap(), login: None };
        self.perform(|hands| Ok(self.client.push_image(hands, &to).unwrap())).unwrap();
    }

    /// A running container of the lab's image with this command; its name.
    pub(crate) fn start(&self, command: &str) -> String {
        self.start_with(json!({"Cmd": crate::words::split(command).unwrap()}))
    }

    /// A running container of the lab's image, made in this way; its name.
    pub(crate) fn start_with(&self, mut body: Value) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = self.name(&format!("c{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        body["Image"] = "lab/app:1".into();
        body["StopTimeout"] = 1.into();
        self.post(&format!("/containers/create?name={name}"), &body);
        self.post(&format!("/containers/{name}/start"), &Value::Null);
        name
    }

    fn perform<T>(&self, make: impl FnOnce(&mut Hands<'_>) -> Result<T, Error>) -> Result<T, Fail> {
        let mut io = InProcess::new(&HashMap::new());
        let call = Call::default();
        let made = Target::new(Path::new("/"), &call, &mut io).perform(|hands| Ok(make(hands)?));
        made.map(Option::unwrap)
    }

    /// What has a name of this corner, in an answer that lists things.
    fn own(&self, path: &str, list: &str, key: &str) -> Vec<String> {
        let all = self.client.get(path).unwrap_or_default();
        let all = if list.is_empty() { all } else { all[list].clone() };
        let of = |thing: &Value| {
            let name = if thing[key].is_array() { &thing[key][0] } else { &thing[key] };
            name.as_str().unwrap_or_default().trim_start_matches('/').to_owned()
        };
        let names = all.as_array().into_iter().flatten().map(of);
        names.filter(|name| name.contains(&self.suffix)).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for (list, within, key, place, options) in [
            ("/containers/json?all=1", "", "Names", "/containers/", "?force=1&v=1"),
            ("/networks", "", "Name", "/networks/", ""),
            ("/volumes", "Volumes", "Name", "/volumes/", "?force=1"),
            ("/images/json", "", "RepoTags", "/images/", "?force=1"),
        ] {
            for name in self.own(list, within, key) {
                let path = format!("{place}{name}{options}");
                let _ = self.perform(|hands| self.client.delete(hands, &path));
            }
        }
    }
}
