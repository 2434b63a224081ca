//! All hosts of a run, each with its one connection, its worker and the workers of other users
//! below that: started when first needed, kept to the end.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_modules::wire::{self, Call, FIRST, Reply};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::LogLine;
use super::activity::Activity;
use super::address::{Address, Become, Transport};
use super::r#become;
use super::binary::Binary;
use super::bodies::Bodies;
use super::host::Host;
use super::kubectl;
use super::ssh::Ground;
use super::unreachable::{Kind, Unreachable};

/// How long workers have to end what they run when the run is over.
const PATIENCE: Duration = Duration::from_secs(5);

/// What holds for all connections.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How many connections are opened at once.
    pub(crate) forks: usize,
    /// How many of them to one and the same address, so that `MaxStartups` is respected.
    pub(crate) forks_per_address: usize,
    /// How long `sudo`, `su` or `doas` may take.
    pub(crate) become_timeout: Duration,
    /// The binary that works on the hosts.
    pub(crate) worker: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        let worker = PathBuf::from("/proc/self/exe");
        Self { forks: 50, forks_per_address: 8, become_timeout: Duration::from_secs(30), worker }
    }
}

/// What a command of `raw` gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Output {
    /// The exit status; 255 when it was killed.
    pub(crate) status: i32,
    /// As it was written.
    pub(crate) stdout: Vec<u8>,
    /// As it was written.
    pub(crate) stderr: Vec<u8>,
}

/// The connections of a run.
pub(crate) struct Connections {
    hosts: Mutex<HashMap<Transport, Arc<Host>>>,
    ground: Arc<Ground>,
    become_timeout: Duration,
    /// Whether modules that can are to answer early.
    stopping: watch::Sender<bool>,
}

impl Connections {
    /// None yet.
    pub(crate) fn new(options: Options) -> Self {
        let ground = Ground::new(Binary::new(options.worker), options.forks, options.forks_per_address);
        Self {
            hosts: Mutex::default(),
            ground: Arc::new(ground),
            become_timeout: options.become_timeout,
            stopping: watch::Sender::new(false),
        }
    }

    /// Runs a module on a host and waits for its reply; a call that is dropped ends what it runs.
    ///
    /// # Errors
    /// When the host cannot be reached, the user not become, or the worker is lost on the way.
    pub(crate) async fn call(
        &self,
        address: &Address,
        call: Call,
        bodies: Arc<dyn Bodies>,
        on_log: impl FnMut(LogLine) + Send,
    ) -> Result<Reply, Unreachable> {
        let host = self.host(address);
        if let Some(user) = removed(&call) {
            host.dismiss(user).await;
        }
        let busy = host.activities.begin("waiting for the connection");
        let session = host.session(&self.ground).await?;
        let worker = match &address.r#become {
            None => FIRST,
            Some(user) => {
                busy.say(format!("becoming `{}` by `{}`", user.user, user.method));
                let wanted = self.wanted(user).await?;
                host.worker(&session, user, &wanted).await?
            }
        };
        let module = call.module.clone();
        busy.say(format!("running `{module}`"));
        match session.call(worker, call, bodies, on_log, self.stopping.subscribe()).await {
            Ok(reply) => Ok(reply),
            Err(why) => {
                let why = host.last_words(why).await;
                Err(r#become::lost(why, &format!("while `{module}` ran"), &address.transport))
            }
        }
    }

    /// Runs a command in the host's login shell, without a worker.
    ///
    /// # Errors
    /// When the host cannot be reached or does not end the command in time.
    pub(crate) async fn raw(
        &self,
        address: &Address,
        command: &str,
        stdin: &[u8],
        timeout: Option<Duration>,
    ) -> Result<Output, Unreachable> {
        let host = self.host(address);
        let _busy = host.activities.begin("running `raw`");
        let (command, answer) = r#become::raw_command(address.r#become.as_ref(), command)?;
        let reads = !stdin.is_empty() || answer.is_some();
        let command = match &address.transport {
            Transport::Kubectl(_) if !reads => kubectl::without_input(&command),
            _ => command,
        };
        let pipes = host.start(&self.ground, &command).await?;
        let run = super::raw::run(pipes, stdin, answer);
        match timeout {
            None => run.await,
            Some(limit) => match tokio::time::timeout(limit, run).await {
                Ok(output) => output,
                Err(_) => {
                    let what = format!("the command did not end within {} s", limit.as_secs_f32());
                    Err(Unreachable::new(Kind::Timeout, what))
                }
            },
        }
    }

    /// Closes the connection to a host, so that the next call opens a new one.
    pub(crate) async fn reset(&self, address: &Address) {
        let host = self.hosts.lock().remove(&address.transport);
        if let Some(host) = host {
            host.close(PATIENCE).await;
        }
    }

    /// What a host is doing, if anything.
    #[cfg(all(test, feature = "lab"))]
    pub(crate) fn activity(&self, address: &Address) -> Option<Activity> {
        let host = self.hosts.lock().get(&address.transport).cloned();
        host.and_then(|host| host.activities.current())
    }

    /// What goes on with every host, by its address.
    pub(crate) fn activities(&self) -> Vec<(String, Activity)> {
        let hosts = self.hosts.lock();
        let busy = hosts.iter().filter_map(|(to, host)| Some((to.to_string(), host.activities.current()?)));
        busy.collect()
    }

    /// Has modules answer early that wait for what is done elsewhere, those that run and those to come.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Ends all workers and what they run, and closes all connections; none are opened any more.
    pub(crate) async fn close(&self) {
        self.ground.close();
        self.close_hosts().await;
    }

    /// Ends all workers and what they run, and closes all connections.
    pub(super) async fn close_hosts(&self) {
        let hosts: Vec<_> = self.hosts.lock().drain().map(|(_, host)| host).collect();
        let closing: Vec<_> =
            hosts.into_iter().map(|host| tokio::spawn(async move { host.close(PATIENCE).await })).collect();
        for host in closing {
            // One that panics has still been dropped.
            let _ = host.await;
        }
    }

    fn host(&self, address: &Address) -> Arc<Host> {
        let new = || Arc::new(Host::new(address.transport.clone()));
        self.hosts.lock().entry(address.transport.clone()).or_insert_with(new).clone()
    }

    async fn wanted(&self, user: &Become) -> Result<wire::Become, Unreachable> {
        Ok(wire::Become {
            method: user.method.clone(),
            user: user.user.clone(),
            password: user.password.as_ref().map(|secret| secret.reveal().to_owned()),
            flags: user.flags.clone(),
            exe: user.exe.clone(),
            prompts: user.prompts.clone(),
            sha256: self.ground.binary.identity().await?.sha256.clone(),
            timeout: user.timeout.unwrap_or(self.become_timeout).as_millis() as u64,
        })
    }
}

/// The user that a call is to remove: no one can be removed whose worker still runs.
fn removed(call: &Call) -> Option<&str> {
    let text = |names: &[&str]| names.iter().find_map(|name| call.args.get(*name)?.as_str());
    (call.module == "user" && !call.check && text(&["state"]) == Some("absent"))
        .then(|| text(&["name", "user"]))
        .flatten()
}
