//! A build by BuildKit, through the docker command: for secrets, several platforms, other outputs, and what a Dockerfile
//! has that the engine's own builder does not know. Newer commands need their plugin `buildx` for it, those from 18.09 to
//! 22 do it themselves.

use std::io::Read;
use std::path::PathBuf;

use super::{Build, Context};
use crate::docker::Client;
use crate::docker::endpoint::Address;
use crate::target::Replace;
use crate::{Command, Fail, Hands, Target, args};

/// A secret for the commands of a build.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name; a command finds it in `/run/secrets`.
    pub id: String,
    /// Where it comes from.
    pub source: Source,
}

/// Where a secret comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file of the target.
    File(PathBuf),
    /// A variable of the target's environment.
    Env(String),
    /// The secret itself.
    Value(args::Secret),
}

/// Where the result of a build goes, in the words of `buildx`: `type=tar,dest=…`.
#[derive(Clone, Debug)]
pub struct Output(pub String);

/// The docker command with what it must be told of the engine.
pub(super) struct Docker {
    command: Command,
    /// Whether its plugin `buildx` builds.
    by_plugin: bool,
}

impl Build {
    /// The docker command, where only BuildKit can build this; `None` where the engine can.
    pub(super) fn docker(
        &self,
        target: &mut Target,
        client: &Client,
        dockerfile: Option<&str>,
    ) -> Result<Option<Docker>, Fail> {
        let why = match dockerfile {
            _ if !self.secrets.is_empty() => "secrets".to_owned(),
            _ if !self.outputs.is_empty() => "`outputs`".to_owned(),
            _ if self.platform.len() > 1 => "several platforms".to_owned(),
            Some(words) => words.to_owned(),
            None => return Ok(None),
        };
        let missing = |what: &str| {
            let words = format!("cannot build `{}`: BuildKit is needed for {why}, and {what}", self.name());
            Fail::new(words).hint("install the docker command with its plugin `buildx` on the target")
        };
        if target.find_program("docker").is_none() {
            return Err(missing("there is no docker command to reach it with"));
        }
        let docker = docker(client);
        if target.query(&docker.clone().args(["buildx", "version"]))?.ok() {
            return Ok(Some(Docker { command: docker, by_plugin: true }));
        }
        let version = target.query(&Command::new("docker").arg("--version").own_locale())?;
        match speaks_to_buildkit(&version.text()) {
            true => Ok(Some(Docker { command: docker.env("DOCKER_BUILDKIT", "1"), by_plugin: false })),
            false => Err(missing("the docker command has no plugin `buildx`")),
        }
    }

    pub(super) fn by_buildkit(
        &self,
        docker: &Docker,
        hands: &mut Hands<'_>,
        context: &Context,
    ) -> Result<(), Fail> {
        let mut archive = Vec::new();
        let read = context.archive(hands)?.read_to_end(&mut archive);
        read.map_err(|error| Fail::io("cannot read the context", &error))?;
        let private =
            tempfile::tempdir().map_err(|error| Fail::io("cannot make a private directory", &error))?;
        let mut command = docker.command.clone();
        if docker.by_plugin {
            command = command.arg("buildx");
        }
        command = command.args(["build", "--progress", "plain"]).args(self.words(context));
        if docker.by_plugin && self.outputs.is_empty() {
            command = command.arg("--load");
        }
        for secret in &self.secrets {
            let id = &secret.id;
            let from = match &secret.source {
                Source::File(path) => format!("id={id},src={}", path.display()),
                Source::Env(name) => format!("id={id},env={name}"),
                Source::Value(value) => {
                    let path =
                        private.path().join(format!("{}.secret", crate::checksum::sha256(id.as_bytes())));
                    let how = Replace { mode: Some(0o600), ..Replace::default() };
                    hands.replace(&path, &mut value.reveal().as_bytes(), &how)?;
                    format!("id={id},src={}", path.display())
                }
            };
            command = command.args(["--secret", &from]);
        }
        let command = command.arg("-").stdin(archive).live();
        hands.set("command", command.words());
        let output = hands.try_run(&command)?;
        hands.set("stdout", output.text());
        hands.set("stderr", output.errors());
        match output.ok() {
            true => Ok(()),
            false => Err(failure(&self.name(), &output.errors()).with("rc", output.rc)),
        }
    }

    fn words(&self, context: &Context) -> Vec<String> {
        let mut words = vec!["--file".to_owned(), context.dockerfile.clone()];
        let mut add = |flag: &str, values: Vec<String>| {
            values.into_iter().for_each(|value| words.extend([flag.to_owned(), value]));
        };
        let pairs = |map: &std::collections::BTreeMap<String, String>, between: &str| -> Vec<String> {
            map.iter().map(|(name, value)| format!("{name}{between}{value}")).collect()
        };
        add("--build-arg", pairs(&self.args, "="));
        add("--label", pairs(&self.labels, "="));
        add("--add-host", pairs(&self.etc_hosts, ":"));
        add("--cache-from", self.cache_from.clone());
        add("--target", self.target.iter().cloned().collect());
        add("--network", self.network.iter().cloned().collect());
        add("--shm-size", self.shm_size.iter().map(ToString::to_string).collect());
        add("--output", self.outputs.iter().map(|output| output.0.clone()).collect());
        if !self.platform.is_empty() {
            add("--platform", vec![self.platform.join(",")]);
        }
        if self.outputs.is_empty() {
            add("--tag", self.names.iter().map(ToString::to_string).collect());
        }
        let flags = [("--pull", self.pull), ("--no-cache", self.nocache)];
        words.extend(flags.iter().filter(|(_, on)| *on).map(|(flag, _)| (*flag).to_owned()));
        words
    }
}

/// Whether a docker command speaks to BuildKit itself, by its `--version`: `Docker version 20.10.24+dfsg1, build …`.
fn speaks_to_buildkit(said: &str) -> bool {
    let version = said.trim().strip_prefix("Docker version ").unwrap_or_default();
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    ((18, 9)..(23, 0)).contains(&found)
}

/// The docker command for this engine.
fn docker(client: &Client) -> Command {
    let endpoint = client.endpoint();
    let host = match &endpoint.address {
        Address::Unix(path) => format!("unix://{}", path.display()),
        Address::Tcp(host, port) => format!("tcp://{host}:{port}"),
    };
    let mut command = Command::new("docker").args(["--host", &host]).own_locale();
    if let Some(tls) = &endpoint.tls {
        command = command.arg(if tls.verify { "--tlsverify" } else { "--tls" });
        let client = tls.client.as_ref();
        let files = [
            ("--tlscacert", tls.ca.as_ref()),
            ("--tlscert", client.map(|c| &c.0)),
            ("--tlskey", client.map(|c| &c.1)),
        ];
        for (flag, file) in files {
            if let Some(file) = file {
                command = command.arg(flag).arg(file);
            }
        }
    }
    command
}

/// Why it failed, from what BuildKit says: its last word begins with `ERROR:`.
fn failure(name: &str, said: &str) -> Fail {
    let lines: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let why = lines.iter().rev().find_map(|line| line.strip_prefix("ERROR: "));
    let mut words =
        format!("cannot build `{name}`: {}", why.or(lines.last().copied()).unwrap_or("no reason was given"));
    let last = &lines[lines.len().saturating_sub(12)..];
    words += "\nits last lines:";
    last.iter().for_each(|line| words += &format!("\n  {line}"));
    Fail::new(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_before_the_plugin_speak_to_buildkit_themselves() {
        for (said, wanted) in [
            ("Docker version 20.10.24+dfsg1, build 297e128\n", true),
            ("Docker version 18.09.1, build 4c52b90", true),
            ("Docker version 18.06.3-ce, build d7080c1", false),
            ("Docker version 28.2.2, build e6534b4", false),
            ("podman version 4.3.1", false),
        ] {
            assert_eq!(speaks_to_buildkit(said), wanted, "{said}");
        }
    }
}
