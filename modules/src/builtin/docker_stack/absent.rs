//! Removing a stack: services first, and networks when no task is in them any more.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::DockerStack;
use crate::docker::Client;
use crate::{Fail, Hands, Side, Target};

/// How long tasks may take to end.
const PATIENCE: Duration = Duration::from_secs(120);

impl DockerStack {
    /// Removes all that is of the stack, but no volumes.
    pub(super) fn absent(&self, target: &mut Target, client: &Client) -> Result<(), Fail> {
        let mut networks = Vec::new();
        for (noun, path) in [
            ("service", "/services"),
            ("secret", "/secrets"),
            ("config", "/configs"),
            ("network", "/networks"),
        ] {
            for one in client.listed(path, &self.filters())? {
                let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (id, name) = match noun {
                    "network" => (word(&one["Id"]), word(&one["Name"])),
                    _ => (word(&one["ID"]), word(&one["Spec"]["Name"])),
                };
                let path = format!("{path}/{id}");
                let before = json!({"name": name});
                target.change(&format!("{noun} {name}"), before, Side::Absent, |hands| {
                    if noun == "network" {
                        networks.push((path.clone(), name.clone()));
                        return self.remove_network(client, hands, &path, &name);
                    }
                    let what = format!("cannot remove {noun} `{name}`");
                    client.delete(hands, &path).map(drop).map_err(|error| error.when(&what))
                })?;
            }
        }
        Ok(())
    }

    /// Removes a network as soon as the last task has left it.
    fn remove_network(
        &self,
        client: &Client,
        hands: &mut Hands<'_>,
        path: &str,
        name: &str,
    ) -> Result<(), Fail> {
        let begun = Instant::now();
        loop {
            let tasks = client.listed("/tasks", &self.filters())?;
            let removed = if tasks.is_empty() { client.delete(hands, path).map(drop) } else { Ok(()) };
            match removed {
                Ok(()) if tasks.is_empty() => return Ok(()),
                Err(error) if error.is_missing() => return Ok(()),
                Err(error) if begun.elapsed() > PATIENCE => {
                    return Err(error.when(&format!("cannot remove network `{name}`")));
                }
                Ok(()) if begun.elapsed() > PATIENCE => {
                    return Err(Fail::new(format!(
                        "cannot remove network `{name}`: {} tasks have not ended",
                        tasks.len()
                    )));
                }
                _ if hands.cancelled() => return Err(Fail::new("the run was interrupted")),
                _ => std::thread::sleep(Duration::from_millis(250)),
            }
        }
    }
}
