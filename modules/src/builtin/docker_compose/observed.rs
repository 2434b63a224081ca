//! What the engine has of a project: found by compose's labels.

use serde_json::{Value, json};

use super::names::{HASH, NUMBER, ONEOFF, PROJECT, SERVICE};
use crate::Fail;
use crate::docker::{Client, query};
use crate::sorting::Sorting;

/// A container of a service.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) service: String,
    pub(super) number: usize,
    pub(super) hash: String,
    pub(super) image_id: String,
    /// `created`, `running`, `exited`, …
    pub(super) state: String,
    /// As it stands in the engine's list.
    pub(super) listed: Value,
}

impl Container {
    fn of(listed: &Value) -> Self {
        let label = |name: &str| listed["Labels"][name].as_str().unwrap_or_default().to_owned();
        let word = |name: &str| listed[name].as_str().unwrap_or_default().to_owned();
        let name = listed["Names"][0].as_str().unwrap_or_default().trim_start_matches('/').to_owned();
        Self {
            id: word("Id"),
            name,
            service: label(SERVICE),
            number: label(NUMBER).parse().unwrap_or(1),
            hash: label(HASH),
            image_id: word("ImageID"),
            state: word("State"),
            listed: listed.clone(),
        }
    }

    /// Whether it runs, or will as soon as it can.
    pub(super) fn runs(&self) -> bool {
        matches!(self.state.as_str(), "running" | "restarting")
    }

    /// The exit code of one that ended.
    pub(super) fn exit_code(&self) -> Option<i64> {
        let status = self.listed["Status"].as_str()?.strip_prefix("Exited (")?;
        status.split(')').next()?.parse().ok()
    }
}

/// The containers of a project, those of `docker compose run` left out, by service and number.
pub(super) fn containers(client: &Client, project: &str) -> Result<Vec<Container>, Fail> {
    let filters = json!({"label": [format!("{PROJECT}={project}"), format!("{ONEOFF}=False")]});
    let listed =
        client.get(&query("/containers/json", &[("all", "1"), ("filters", &filters.to_string())]))?;
    let mut all: Vec<Container> = listed.as_array().into_iter().flatten().map(Container::of).collect();
    all.order_by(|a, b| (&a.service, a.number).cmp(&(&b.service, b.number)));
    Ok(all)
}

/// The network of a name; the engine's own look-up would take numbers and beginnings too.
pub(super) fn network(client: &Client, name: &str) -> Result<Option<Value>, Fail> {
    let filters = json!({"name": [name]}).to_string();
    let listed = client.get(&query("/networks", &[("filters", &filters)]))?;
    Ok(listed.as_array().into_iter().flatten().find(|network| network["Name"] == name).cloned())
}

/// What is told of the containers at the end, as `docker compose ps` tells it.
pub(super) fn told(container: &Container, project: &str) -> Value {
    let listed = &container.listed;
    let status = listed["Status"].as_str().unwrap_or_default();
    let health = ["healthy", "unhealthy", "starting"];
    let health = health
        .iter()
        .find(|word| status.contains(&format!("({word}")) || status.contains(&format!("health: {word}")));
    let ports = listed["Ports"].as_array().cloned().unwrap_or_default();
    let publisher = |port: &Value| {
        json!({
            "URL": port["IP"].as_str().unwrap_or(""), "TargetPort": port["PrivatePort"],
            "PublishedPort": port["PublicPort"].as_u64().unwrap_or(0), "Protocol": port["Type"],
        })
    };
    let networks: Vec<&String> = listed
        .pointer("/NetworkSettings/Networks")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|map| map.keys())
        .collect();
    json!({
        "ID": container.id, "Name": container.name, "Names": [container.name], "Service": container.service,
        "Project": project, "Image": listed["Image"], "Command": listed["Command"], "State": container.state,
        "Status": status, "Health": health.unwrap_or(&""), "ExitCode": container.exit_code().unwrap_or(0),
        "CreatedAt": listed["Created"], "Labels": listed["Labels"], "Networks": networks, "Mounts": listed["Mounts"],
        "Publishers": ports.iter().map(publisher).collect::<Vec<_>>(),
    })
}

/// The image of a container, as `docker compose images` tells it.
pub(super) fn image_told(client: &Client, container: &Container) -> Result<Value, Fail> {
    let image = client.image(&container.image_id)?.unwrap_or_default();
    let name = container.listed["Image"].as_str().unwrap_or_default();
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') && !name.starts_with("sha256:") => (repository, tag),
        _ => (name, "latest"),
    };
    Ok(json!({
        "ID": container.image_id, "ContainerName": container.name, "Repository": repository, "Tag": tag,
        "Size": image["Size"],
    }))
}
