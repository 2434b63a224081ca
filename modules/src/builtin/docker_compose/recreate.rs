//! Making a container: alone, or in the place of an older one, whose volumes without a name it takes over.

use serde_json::{Value, json};

use super::Work;
use super::container::{Wanted, granted_path};
use super::images::Image;
use super::observed::Container;
use super::up::Progress;
use crate::compose::units::{nanoseconds, octal, text};
use crate::docker::{Client, Request, escape, query};
use crate::{Fail, Hands, Side, Target};

/// A request that may take as long as a container takes to end.
pub(super) fn patient(path: &str) -> Request<'static> {
    Request::new("POST", path).patience(std::time::Duration::from_secs(24 * 3600))
}

impl Work {
    /// Makes a container, in the place of `old` where there is one, and starts it where it should run.
    #[allow(clippy::too_many_arguments, reason = "one row of the plan of a service")]
    pub(super) fn make(
        &mut self,
        target: &mut Target,
        service: &str,
        definition: &Value,
        number: usize,
        image: &Image,
        old: Option<&Container>,
        progress: &Progress,
        before: Side,
        after: Value,
    ) -> Result<(), Fail> {
        let others = |name: &str| -> Vec<(String, String)> {
            let all = progress.containers.get(name).into_iter().flatten();
            all.map(|container| (container.id.clone(), container.name.clone())).collect()
        };
        let project = self.project.clone();
        let renew = self.options.renew_anon_volumes;
        let starts = self.options.state == super::State::Present;
        let stop = old.map(|old| self.stop_path(old));
        let mut wanted = Wanted {
            project: &project,
            service,
            definition,
            number,
            image: &image.name,
            image_id: image.id.as_deref().unwrap_or_default(),
            others: &others,
            inherited: Vec::new(),
        };
        let name = wanted.name();
        let status = if old.is_some() { "Recreate" } else { "Creating" };
        let contents = contents(target, &wanted)?;
        self.act(target, ("container", &name, status), before, after, |client, hands| {
            if let Some(old) = old.filter(|_| !renew) {
                wanted.inherited = anonymous(client, old)?;
            }
            let place = Place { client, wanted: &wanted, name: &name };
            let beside = old.map(|old| format!("{}_{name}", &old.id[..12.min(old.id.len())]));
            let id = place.create(hands, beside.as_deref().unwrap_or(&name))?;
            place.finish(hands, &id, &contents, old.zip(stop.as_deref()), renew)?;
            if starts {
                place.start(hands, &id)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The path that stops a container, with the time it has.
    pub(super) fn stop_path(&self, container: &Container) -> String {
        let own = self
            .project
            .services
            .get(&container.service)
            .and_then(|service| service.get("stop_grace_period"));
        let own =
            own.and_then(text).and_then(|text| nanoseconds(&text)).map(|time| (time / 1_000_000_000) as u64);
        let seconds = self.options.timeout.or(own);
        let time = seconds.map_or(String::new(), |seconds| format!("?t={seconds}"));
        format!("/containers/{}/stop{time}", container.id)
    }
}

struct Place<'p> {
    client: &'p Client,
    wanted: &'p Wanted<'p>,
    name: &'p str,
}

impl Place<'_> {
    fn create(&self, hands: &mut Hands<'_>, name: &str) -> Result<String, Fail> {
        let platform = self.wanted.definition["platform"].as_str().unwrap_or_default();
        let path = query("/containers/create", &[("name", name), ("platform", platform)]);
        let what = format!("cannot create container `{}` of service `{}`", self.name, self.wanted.service);
        let made = self.client.post(hands, &path, &self.wanted.body()?).map_err(|error| error.when(&what))?;
        Ok(made["Id"].as_str().unwrap_or_default().to_owned())
    }

    /// All between creation and start; what was made is removed where it fails before the old one is gone.
    fn finish(
        &self,
        hands: &mut Hands<'_>,
        id: &str,
        contents: &[Content],
        old: Option<(&Container, &str)>,
        renew: bool,
    ) -> Result<(), Fail> {
        if let Err(fail) = self.prepare(hands, id, contents) {
            let _ = self.client.delete(hands, &format!("/containers/{id}?force=1&v=1"));
            return Err(fail);
        }
        let Some((old, stop)) = old else { return Ok(()) };
        self.client.send(hands, patient(stop))?;
        let volumes = if renew { "&v=1" } else { "" };
        self.client.delete(hands, &format!("/containers/{}?force=1{volumes}", old.id))?;
        let path = query(&format!("/containers/{id}/rename"), &[("name", self.name)]);
        self.client.post(hands, &path, &Value::Null)?;
        Ok(())
    }

    fn prepare(&self, hands: &mut Hands<'_>, id: &str, contents: &[Content]) -> Result<(), Fail> {
        for (network, endpoint) in self.wanted.networks().iter().skip(1) {
            let body = json!({"Container": id, "EndpointConfig": endpoint});
            let what = format!("cannot connect container `{}` to network `{network}`", self.name);
            let path = format!("/networks/{}/connect", escape(network));
            self.client.post(hands, &path, &body).map_err(|error| error.when(&what))?;
        }
        for content in contents {
            let archive = content.archive();
            let path = query(&format!("/containers/{id}/archive"), &[("path", "/")]);
            let mut body = archive.as_slice();
            let request = Request::new("PUT", path).stream("application/x-tar", &mut body);
            let what = format!("cannot put `{}` into container `{}`", content.path, self.name);
            self.client.send(hands, request).map_err(|error| error.when(&what))?;
        }
        Ok(())
    }

    fn start(&self, hands: &mut Hands<'_>, id: &str) -> Result<(), Fail> {
        let started = self.client.post(hands, &format!("/containers/{id}/start"), &Value::Null);
        started.map(drop).map_err(|error| {
            let what = format!(
                "container `{}` of service `{}` was created, but cannot be started",
                self.name, self.wanted.service
            );
            error.when(&what)
        })
    }
}

/// Volumes without a name of a container: where, and which.
fn anonymous(client: &Client, old: &Container) -> Result<Vec<(String, String)>, Fail> {
    let inspected = client.get(&format!("/containers/{}/json", old.id))?;
    let is_anonymous = |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let each = |mount: &Value| {
        let name = mount["Name"].as_str().filter(|name| is_anonymous(name))?;
        Some((mount["Destination"].as_str()?.to_owned(), name.to_owned()))
    };
    Ok(inspected["Mounts"].as_array().into_iter().flatten().filter_map(each).collect())
}

/// A secret or config that is no file of the target.
struct Content {
    path: String,
    text: String,
    mode: u32,
    uid: u32,
    gid: u32,
}

fn contents(target: &Target, wanted: &Wanted<'_>) -> Result<Vec<Content>, Fail> {
    let mut all = Vec::new();
    for (kind, directory) in [("secrets", "/run/secrets/"), ("configs", "/")] {
        for (grant, definition) in wanted.grants(kind) {
            let variable = definition.get("environment").and_then(Value::as_str);
            let content = match (definition.get("content").and_then(text), variable) {
                (Some(content), _) => content,
                (None, Some(name)) => target.env(name).ok_or_else(|| {
                    let source = grant["source"].as_str().unwrap_or_default();
                    Fail::new(format!("the variable `{name}` of `{source}` in `{kind}` is not set"))
                })?,
                (None, None) => continue,
            };
            let number =
                |key: &str| grant.get(key).and_then(text).and_then(|text| text.parse().ok()).unwrap_or(0);
            let mode = grant.get("mode").map_or(Some(0o444), |mode| {
                mode.as_i64().or_else(|| octal(mode.as_str()?)).and_then(|mode| u32::try_from(mode).ok())
            });
            all.push(Content {
                path: granted_path(grant, directory),
                text: content,
                mode: mode.unwrap_or(0o444),
                uid: number("uid"),
                gid: number("gid"),
            });
        }
    }
    Ok(all)
}

impl Content {
    /// It alone as an archive: the directory above it and the file.
    fn archive(&self) -> Vec<u8> {
        let path = self.path.trim_start_matches('/');
        let mut all = Vec::new();
        if let Some((above, _)) = path.rsplit_once('/') {
            let mut directory = String::new();
            for part in above.split('/') {
                directory += &format!("{part}/");
                all.extend(header(&directory, 0o755, (0, 0), 0, b'5'));
            }
        }
        all.extend(header(path, self.mode, (self.uid, self.gid), self.text.len(), b'0'));
        all.extend(self.text.as_bytes());
        all.resize(all.len().next_multiple_of(512) + 1024, 0);
        all
    }
}

/// The head of an entry of an archive, in the form `ustar`.
fn header(path: &str, mode: u32, owner: (u32, u32), size: usize, kind: u8) -> [u8; 512] {
    let mut head = [0; 512];
    let mut put = |at: usize, text: &str| {
        let length = text.len().min(512 - at);
        head[at..at + length].copy_from_slice(&text.as_bytes()[..length]);
    };
    put(0, &path[..path.len().min(100)]);
    put(100, &format!("{mode:07o}"));
    put(108, &format!("{:07o}", owner.0));
    put(116, &format!("{:07o}", owner.1));
    put(124, &format!("{size:011o}"));
    put(136, "00000000000");
    put(148, "        ");
    put(257, "ustar\u{0}00");
    head[156] = kind;
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    head
}
