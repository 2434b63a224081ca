//! What holds over a whole project: names that are used exist, nothing needs itself, keys go together.

use serde_json::{Map, Value};

use super::check::near;
use super::load::place;
use super::project::Project;
use super::source::{Source, joined};
use super::units::truth;

/// All that does not go together, with its place.
pub(super) fn check(project: &Project, sources: &[Source], wrong: &mut Vec<String>) {
    let mut sound = Sound { project, sources, wrong };
    if project.name.is_empty() || !is_project_name(&project.name) {
        let found = &project.name;
        sound.wrong.push(format!(
            "expected a project name of small letters, digits, `-` and `_`, found `{found}`\nhint: say `project_name`"
        ));
    }
    if project.services.is_empty() && sound.wrong.is_empty() {
        sound.add("", "there are no services");
    }
    for (name, service) in &project.services {
        sound.service(name, service);
    }
    for (kind, named) in [("secrets", &project.secrets), ("configs", &project.configs)] {
        for (name, definition) in named {
            sound.granted(kind, name, definition);
        }
    }
}

fn is_project_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

struct Sound<'s> {
    project: &'s Project,
    sources: &'s [Source],
    wrong: &'s mut Vec<String>,
}

impl Sound<'_> {
    fn add(&mut self, at: &str, message: &str) {
        self.wrong.push(place(self.sources, at, message));
    }

    fn service(&mut self, name: &str, service: &Value) {
        let at = joined("/services", name);
        if service.get("image").is_none() && service.get("build").is_none() {
            self.add(&at, &format!("service `{name}` has neither `image` nor `build`"));
        }
        if service.get("network_mode").is_some() && service.get("networks").is_some() {
            self.add(
                &format!("{at}/network_mode"),
                &format!("service `{name}` has both `network_mode` and `networks`"),
            );
        }
        if service.get("container_name").is_some() && Project::replicas(service) > 1 {
            let message =
                format!("service `{name}` has a `container_name`, so it can have one container only");
            self.add(&format!("{at}/container_name"), &message);
        }
        let project = self.project;
        let keys =
            |map: Option<&Value>| map.and_then(Value::as_object).map(|map| map.keys().cloned().collect());
        let networks: Vec<String> = keys(service.get("networks")).unwrap_or_default();
        for network in networks {
            self.known(&at, "networks", name, "network", &network, &project.networks);
        }
        for volume in service.get("volumes").and_then(Value::as_array).into_iter().flatten() {
            match (volume["type"].as_str(), volume["source"].as_str(), volume["target"].as_str()) {
                (_, _, None) => {
                    self.add(&format!("{at}/volumes"), &format!("a volume of `{name}` has no `target`"))
                }
                (Some("volume"), Some(source), _) => {
                    self.known(&at, "volumes", name, "volume", source, &project.volumes);
                }
                (Some("bind"), None, _) => {
                    self.add(&format!("{at}/volumes"), &format!("a bind mount of `{name}` has no `source`"))
                }
                (Some(kind @ ("npipe" | "cluster" | "image")), ..) => {
                    self.add(
                        &format!("{at}/volumes"),
                        &format!("volumes of type `{kind}` are not supported"),
                    );
                }
                _ => {}
            }
        }
        for (key, noun, named) in
            [("secrets", "secret", &project.secrets), ("configs", "config", &project.configs)]
        {
            for grant in service.get(key).and_then(Value::as_array).into_iter().flatten() {
                let source = grant["source"].as_str().unwrap_or_default();
                self.known(&at, key, name, noun, source, named);
            }
        }
        self.needs(&at, name, service);
    }

    fn known(
        &mut self,
        at: &str,
        key: &str,
        service: &str,
        noun: &str,
        wanted: &str,
        named: &Map<String, Value>,
    ) {
        if !named.contains_key(wanted) {
            let hint = near(wanted, named.keys().map(String::as_str));
            let message =
                format!("service `{service}` uses the {noun} `{wanted}`, which is not defined{hint}");
            self.add(&format!("{at}/{key}"), &message);
        }
    }

    fn needs(&mut self, at: &str, name: &str, service: &Value) {
        for needed in Project::dependencies(service) {
            if !self.project.services.contains_key(&needed.service) && needed.required {
                let hint = near(&needed.service, self.project.services.keys().map(String::as_str));
                let message =
                    format!("service `{name}` needs `{}`, which is not defined{hint}", needed.service);
                self.add(&format!("{at}/depends_on"), &message);
            }
        }
        if let Some(circle) = self.circle(name, &mut Vec::new()) {
            // Told once, at the first of its services.
            if self
                .project
                .services
                .keys()
                .find(|service| circle.contains(service))
                .is_some_and(|first| first == name)
            {
                let message = format!("the services need each other in a circle: `{}`", circle.join("` → `"));
                self.add(&format!("{at}/depends_on"), &message);
            }
        }
    }

    /// A path from a service back to itself.
    fn circle(&self, name: &str, path: &mut Vec<String>) -> Option<Vec<String>> {
        if path.first().is_some_and(|first| first == name) {
            return Some(path.iter().cloned().chain([name.to_owned()]).collect());
        }
        if path.iter().any(|known| known == name) {
            return None;
        }
        path.push(name.to_owned());
        let service = self.project.services.get(name)?;
        let found =
            Project::dependencies(service).iter().find_map(|needed| self.circle(&needed.service, path));
        path.pop();
        found
    }

    fn granted(&mut self, kind: &str, name: &str, definition: &Value) {
        let given =
            ["file", "content", "environment"].iter().filter(|key| definition.get(**key).is_some()).count();
        let is_external = truth(&definition["external"]);
        if given + usize::from(is_external) != 1 {
            let noun = kind.trim_end_matches('s');
            let message =
                format!("{noun} `{name}` needs one of `file`, `content`, `environment` and `external`");
            self.add(&joined(&format!("/{kind}"), name), &message);
        }
    }
}
