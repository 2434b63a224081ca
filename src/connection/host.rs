//! One host of a run: its connection, its worker, and the workers of other users below it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_modules::bootstrap::Bootstrap;
use baton_modules::wire::{self, BecomeFailure, BecomeFailureKind, FIRST};
use tokio::sync::{Mutex, watch};

use super::activity::{Activities, Busy};
use super::address::{Become, Transport};
use super::r#become;
use super::docker;
use super::kubectl;
use super::local;
use super::pipes::Pipes;
use super::session::{NoReply, Session};
use super::ssh::{Ground, Master};
use super::unreachable::{Kind, Unreachable};
use super::upload::{NoWorker, Starting};

/// How long a worker that is to end may take.
const DISMISSAL: Duration = Duration::from_secs(3);

/// A host, connected or not.
pub(super) struct Host {
    transport: Transport,
    master: Mutex<Option<Arc<Master>>>,
    session: Mutex<Option<Arc<Session>>>,
    /// The workers below the session's, by the user that they run as.
    workers: Mutex<HashMap<Become, (Arc<Session>, u32)>>,
    /// Whether it is to be closed; whoever waits for it then waits no longer.
    over: watch::Sender<bool>,
    /// What goes on with it.
    pub(super) activities: Activities,
}

impl Host {
    pub(super) fn new(transport: Transport) -> Self {
        Self {
            transport,
            master: Mutex::default(),
            session: Mutex::default(),
            workers: Mutex::default(),
            over: watch::Sender::new(false),
            activities: Activities::default(),
        }
    }

    /// The running worker of the user that logs in; started when there is none.
    pub(super) async fn session(&self, ground: &Arc<Ground>) -> Result<Arc<Session>, Unreachable> {
        self.unless_over(self.connected(ground)).await
    }

    async fn connected(&self, ground: &Arc<Ground>) -> Result<Arc<Session>, Unreachable> {
        let mut kept = self.session.lock().await;
        if let Some(session) = kept.as_ref().filter(|session| session.is_alive()) {
            return Ok(session.clone());
        }
        let busy = self.activities.begin("starting the worker");
        let session = match &self.transport {
            Transport::Local => Starting::new(local::worker(ground.binary.path())?).hello().await?,
            _ => match self.bootstrap(ground, &busy, false).await {
                Err(NoWorker::Mute(_)) => self.bootstrap(ground, &busy, true).await,
                other => other,
            }
            .map_err(NoWorker::reason)?,
        };
        *kept = Some(session.clone());
        Ok(session)
    }

    /// The number of another user's worker; started when there is none.
    pub(super) async fn worker(
        &self,
        session: &Arc<Session>,
        user: &Become,
        wanted: &wire::Become,
    ) -> Result<u32, Unreachable> {
        let mut workers = self.workers.lock().await;
        if let Some((below, worker)) = workers.get(user)
            && Arc::ptr_eq(below, session)
            && session.relays(*worker)
        {
            return Ok(*worker);
        }
        let in_pod = matches!(self.transport, Transport::Kubectl(_));
        if in_pod && session.is_of(&user.user) {
            return Ok(FIRST);
        }
        let lost = |why| r#become::lost(why, "while becoming another user", &self.transport);
        let mut started = session.become_user(wanted).await.map_err(lost)?;
        let no_tool = |failure: &BecomeFailure| failure.kind == BecomeFailureKind::NoTool;
        if in_pod && session.is_of("root") && started.as_ref().is_err_and(no_tool) {
            // Images seldom have `sudo`, and root needs none.
            let by_su = wire::Become { method: "su".to_owned(), flags: None, exe: None, ..wanted.clone() };
            started = session.become_user(&by_su).await.map_err(lost)?;
        }
        let worker = started.map_err(|failure| r#become::refused(&failure, user))?;
        workers.insert(user.clone(), (session.clone(), worker));
        Ok(worker)
    }

    /// Ends the workers of a user, and waits a little until they have gone.
    pub(super) async fn dismiss(&self, user: &str) {
        let mut workers = self.workers.lock().await;
        let theirs: Vec<Become> = workers.keys().filter(|who| who.user == user).cloned().collect();
        for who in theirs {
            let Some((session, worker)) = workers.remove(&who) else { continue };
            session.dismiss(worker, DISMISSAL).await;
        }
    }

    /// Starts a command in the host's login shell.
    pub(super) async fn start(&self, ground: &Arc<Ground>, command: &str) -> Result<Pipes, Unreachable> {
        self.unless_over(self.started(ground, command)).await
    }

    async fn started(&self, ground: &Arc<Ground>, command: &str) -> Result<Pipes, Unreachable> {
        match &self.transport {
            Transport::Local => local::shell(command),
            Transport::Docker(container) => docker::start(container, command).await,
            Transport::Kubectl(pod) => kubectl::start(pod, command).await,
            Transport::Ssh(_) => {
                let master = self.master(ground).await?;
                match master.start(command).await {
                    // The connection may have ended since it was last used.
                    Err(_) if !master.is_alive().await => {
                        self.forget(&master).await;
                        self.master(ground).await?.start(command).await
                    }
                    other => other,
                }
            }
        }
    }

    /// Why a call has no reply; where the worker said nothing, what its connection says.
    pub(super) async fn last_words(&self, why: NoReply) -> NoReply {
        match (why, self.master.lock().await.as_ref()) {
            (NoReply::Lost(said, status), Some(master)) if said.is_empty() && !master.is_alive().await => {
                NoReply::Lost(master.last_words(), status)
            }
            (why, _) => why,
        }
    }

    /// Ends the worker and what it runs, then the connection.
    pub(super) async fn close(&self, patience: Duration) {
        let _busy = self.activities.begin("closing the connection");
        self.over.send_replace(true);
        self.workers.lock().await.clear();
        if let Some(session) = self.session.lock().await.take() {
            session.close(patience).await;
        }
        // The last of those that hold it ends it.
        self.master.lock().await.take();
    }

    async fn unless_over<T>(
        &self,
        work: impl Future<Output = Result<T, Unreachable>>,
    ) -> Result<T, Unreachable> {
        let mut over = self.over.subscribe();
        let closing = || Unreachable::new(Kind::Controller, "the connection is being closed");
        tokio::select! {
            done = work => done,
            _ = over.wait_for(|over| *over) => Err(closing()),
        }
    }

    async fn bootstrap(
        &self,
        ground: &Arc<Ground>,
        busy: &Busy,
        renew: bool,
    ) -> Result<Arc<Session>, NoWorker> {
        // Reading and hashing the binary takes as long as connecting does.
        let (identity, _) = tokio::try_join!(ground.binary.identity(), self.connected_early(ground))?;
        let script =
            Bootstrap { sha256: &identity.sha256, size: identity.size, renew, ..Bootstrap::default() };
        let pipes = self.start(ground, &script.command()).await?;
        Starting::new(pipes).bootstrapped(&ground.binary, busy).await
    }

    async fn master(&self, ground: &Arc<Ground>) -> Result<Arc<Master>, Unreachable> {
        let mut kept = self.master.lock().await;
        if let Some(master) = kept.as_ref().filter(|master| master.looks_alive()) {
            return Ok(master.clone());
        }
        let Transport::Ssh(ssh) = &self.transport else {
            return Err(Unreachable::new(Kind::Controller, "only `ssh` has a connection of its own"));
        };
        let busy = self.activities.begin("waiting for its turn to connect");
        let master = Arc::new(ground.connect(ssh, &busy).await?);
        *kept = Some(master.clone());
        Ok(master)
    }

    /// Connects, where that is a thing of its own.
    async fn connected_early(&self, ground: &Arc<Ground>) -> Result<(), Unreachable> {
        match &self.transport {
            Transport::Ssh(_) => self.master(ground).await.map(drop),
            _ => Ok(()),
        }
    }

    async fn forget(&self, master: &Arc<Master>) {
        self.master.lock().await.take_if(|kept| Arc::ptr_eq(kept, master));
    }
}
