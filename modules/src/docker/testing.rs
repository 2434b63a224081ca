//! A swarm for tests: one at a time on this machine, since there is one engine.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::{Client, Endpoint, Error};
use crate::Hands;
use crate::target::Target;
use crate::testing::InProcess;
use crate::wire::Call;

static TURN: Mutex<()> = Mutex::new(());

/// The right to use the engine's swarm; left when dropped.
pub(crate) struct InSwarm {
    client: Client,
    _file: File,
    _turn: MutexGuard<'static, ()>,
}

impl InSwarm {
    /// A new swarm.
    pub(crate) fn new() -> Self {
        let swarm = Self::without();
        let body = json!({"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"});
        swarm.perform(|client, hands| client.post(hands, "/swarm/init", &body)).unwrap();
        swarm
    }

    /// No swarm, and nobody else makes one.
    pub(crate) fn without() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::create(std::env::temp_dir().join("baton-swarm.lock")).unwrap();
        file.lock().unwrap();
        let endpoint = Endpoint::parse("unix:///var/run/docker.sock").unwrap();
        let client = Client::connect(&endpoint).expect("the tests need a Docker Engine at the usual socket");
        let swarm = Self { client, _file: file, _turn: turn };
        swarm.leave();
        swarm
    }

    fn leave(&self) {
        if self.client.membership().is_ok_and(|member| member.is_member()) {
            self.perform(|client, hands| client.post(hands, "/swarm/leave?force=true", &Value::Null))
                .unwrap();
        }
    }

    fn perform(
        &self,
        make: impl FnOnce(&Client, &mut Hands<'_>) -> Result<Value, Error>,
    ) -> Result<Value, crate::Fail> {
        let mut io = InProcess::new(&HashMap::new());
        let call = Call::default();
        let made =
            Target::new(Path::new("/"), &call, &mut io).perform(|hands| Ok(make(&self.client, hands)?));
        made.map(Option::unwrap_or_default)
    }
}

impl Drop for InSwarm {
    fn drop(&mut self) {
        self.leave();
    }
}
