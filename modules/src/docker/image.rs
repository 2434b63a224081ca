//! Images of an engine: found, tagged, brought from registries and sent to them.

use serde_json::{Value, json};

use super::{Client, Error, Login, Logins, Reference, Request, escape, is_id, query};
use crate::sorting::Sorting;
use crate::{Fail, Hands, Target};

/// A path of the API beneath an image's name.
fn path(name: &str, verb: &str) -> String {
    let parts: Vec<String> =
        name.split('/').map(|part| escape(part).replace("%3A", ":").replace("%40", "@")).collect();
    format!("/images/{}{verb}", parts.join("/"))
}

/// Where an image comes from or goes to, and the login for it.
pub struct Remote {
    /// Its name there.
    pub name: Reference,
    /// The login, where there is one.
    pub login: Option<Login>,
}

impl Remote {
    /// With the login that the user's `config.json` has for its registry.
    ///
    /// # Errors
    /// When `config.json` or the program that keeps logins cannot be used.
    pub fn of(target: &mut Target, name: Reference) -> Result<Self, Fail> {
        let login = Logins::load(target)?.find(target, name.registry())?;
        Ok(Self { name, login })
    }

    /// The login as the header that the engine wants.
    pub(crate) fn header(&self) -> String {
        match &self.login {
            Some(login) => login.header(self.name.registry()),
            // The engine wants the header even where nobody is logged in.
            None => "e30=".to_owned(),
        }
    }

    /// Trouble with the registry, with a hint how to mend it.
    pub fn trouble(&self, what: &str, error: Error) -> Fail {
        let (words, registry) = (error.message.to_lowercase(), self.name.registry());
        let any = |of: &[&str]| of.iter().any(|word| words.contains(word));
        let fail = Fail::new(format!("{what}: {}", error.message));
        if any(&[
            "unauthorized",
            "authentication required",
            "no basic auth",
            "denied",
            "authorization failed",
        ]) {
            let how = if self.login.is_some() { "is the login still good" } else { "log in first" };
            return fail
                .hint(&format!("the registry `{registry}` wants a login: {how}, with `docker_login`"));
        }
        if any(&[
            "connection refused",
            "no such host",
            "no route to host",
            "i/o timeout",
            "network is unreachable",
        ]) {
            return fail.hint(&format!(
                "the registry `{registry}` does not answer: is its name right, and does it run?"
            ));
        }
        if any(&["server gave http response to https client"]) {
            return fail
                .hint(&format!("name `{registry}` in `insecure-registries` of the engine's `daemon.json`"));
        }
        fail
    }
}

impl Client {
    /// What the engine knows of an image; `None` where it has none of this name or number.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn image(&self, name: &str) -> Result<Option<Value>, Error> {
        match self.find(&path(name, "/json")) {
            // Names that are no names are unknown too.
            Err(error) if error.status == 400 && is_id(name) => Ok(None),
            other => other,
        }
    }

    /// Images in brief, with these filters: `{"label": ["a=b"]}`.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn images(&self, filters: &Value, all: bool) -> Result<Vec<Value>, Error> {
        let filters = if filters.is_null() { String::new() } else { filters.to_string() };
        let path = query("/images/json", &[("filters", &filters), ("all", if all { "1" } else { "" })]);
        Ok(self.get(&path)?.as_array().cloned().unwrap_or_default())
    }

    /// Gives an image one name more.
    ///
    /// # Errors
    /// With the engine's words.
    pub fn tag_image(&self, hands: &mut Hands<'_>, image: &str, name: &Reference) -> Result<(), Error> {
        let tag = name.tag.as_deref().unwrap_or("latest");
        let path = query(&path(image, "/tag"), &[("repo", &name.repository), ("tag", tag)]);
        self.post(hands, &path, &Value::Null).map(drop)
    }

    /// Removes a name of an image, and the image with its last one; what was untagged and deleted.
    ///
    /// # Errors
    /// With the engine's words, as that a container uses it.
    pub fn remove_image(
        &self,
        hands: &mut Hands<'_>,
        name: &str,
        force: bool,
        prune: bool,
    ) -> Result<Value, Error> {
        let flag = |on: bool| if on { "1" } else { "" };
        self.delete(hands, &query(&path(name, ""), &[("force", flag(force)), ("noprune", flag(!prune))]))
    }

    /// Brings an image from its registry, for `platform` where that is not empty.
    ///
    /// # Errors
    /// With the registry's words, and a hint.
    pub fn pull_image(&self, hands: &mut Hands<'_>, from: &Remote, platform: &str) -> Result<(), Fail> {
        let pairs = [
            ("fromImage", from.name.repository.as_str()),
            ("tag", from.name.version()),
            ("platform", platform),
        ];
        let request =
            Request::new("POST", query("/images/create", &pairs)).header("X-Registry-Auth", from.header());
        let what = format!("cannot pull `{}`", from.name);
        self.progress(hands, request, |_| {}).map_err(|error| from.trouble(&what, error))
    }

    /// Sends an image to its registry; the digest that it has there, and what was said.
    ///
    /// # Errors
    /// With the registry's words, and a hint.
    pub fn push_image(
        &self,
        hands: &mut Hands<'_>,
        to: &Remote,
    ) -> Result<(Option<String>, Vec<String>), Fail> {
        let path = query(
            &path(&to.name.repository, "/push"),
            &[("tag", to.name.tag.as_deref().unwrap_or("latest"))],
        );
        let request = Request::new("POST", path).header("X-Registry-Auth", to.header());
        let (mut digest, mut said) = (None, Vec::new());
        let what = format!("cannot push `{}`", to.name);
        let each = |value: &Value| {
            digest =
                value.pointer("/aux/Digest").and_then(Value::as_str).map(str::to_owned).or(digest.take());
            said.extend(value.get("status").and_then(Value::as_str).map(str::to_owned));
        };
        self.progress(hands, request, each).map_err(|error| to.trouble(&what, error))?;
        Ok((digest, said))
    }

    /// The digest that a name has in its registry now; `None` where it has none there.
    ///
    /// # Errors
    /// When the registry does not answer, or wants a login.
    pub fn registry_digest(&self, of: &Remote) -> Result<Option<String>, Fail> {
        let name = of.name.to_string();
        let path = path(&name, "/json").replacen("/images/", "/distribution/", 1);
        let request = Request::new("GET", path).header("X-Registry-Auth", of.header());
        let what = format!("cannot ask the registry for `{name}`");
        match self.json_of(request) {
            Ok(answer) => Ok(answer.pointer("/Descriptor/digest").and_then(Value::as_str).map(str::to_owned)),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(of.trouble(&what, error)),
        }
    }

    /// Has the registry look at a login; what it says of a good one.
    ///
    /// # Errors
    /// With the registry's words.
    pub fn check_login(&self, registry: &str, login: &Login) -> Result<String, Error> {
        let answer = self.json_of(Request::new("POST", "/auth").json(&login.json(registry)))?;
        Ok(answer.get("Status").and_then(Value::as_str).unwrap_or("Login Succeeded").to_owned())
    }

    /// Loads images from an archive; their names and numbers.
    ///
    /// # Errors
    /// With the engine's words.
    pub fn load_images(
        &self,
        hands: &mut Hands<'_>,
        archive: &mut dyn std::io::Read,
    ) -> Result<(Vec<String>, Vec<String>), Error> {
        let (mut names, mut said) = (Vec::new(), String::new());
        let request = Request::new("POST", "/images/load").stream("application/x-tar", archive);
        self.progress(hands, request, |value| {
            said += value.get("stream").and_then(Value::as_str).unwrap_or_default();
        })?;
        for line in said.lines() {
            let name = line.strip_prefix("Loaded image: ").or_else(|| line.strip_prefix("Loaded image ID: "));
            names.extend(name.map(|name| name.trim().to_owned()));
        }
        Ok((names, said.lines().map(str::to_owned).collect()))
    }

    /// An archive of images, as it comes.
    ///
    /// # Errors
    /// With the engine's words.
    pub fn save_images(&self, names: &[String]) -> Result<super::Response, Error> {
        let names: Vec<(&str, &str)> = names.iter().map(|name| ("names", name.as_str())).collect();
        self.open(&query("/images/get", &names))
    }
}

/// Whether a registry knows no such image; some say it as if it were forbidden.
fn is_unknown(error: &Error) -> bool {
    let words = error.message.to_lowercase();
    error.status == 404 || words.contains("manifest unknown") || words.contains("name unknown")
}

/// The number of an image.
pub fn id(image: &Value) -> &str {
    image.get("Id").and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list in what the engine knows of an image.
pub fn texts(image: &Value, list: &str) -> Vec<String> {
    let all = image.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut texts: Vec<String> = all.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect();
    texts.put_in_order();
    texts
}

/// What a diff shows of an image.
pub fn shown(image: Option<&Value>) -> Value {
    match image {
        None => json!({"exists": false}),
        Some(image) => json!({
            "exists": true, "id": id(image), "tags": texts(image, "RepoTags"), "digests": texts(image, "RepoDigests"),
        }),
    }
}
