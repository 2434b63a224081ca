//! docker_swarm

use serde_json::{Map, Value, json};

use crate::args::{Return, Secret};
use crate::docker::{Client, Engine, escape};
use crate::{Fail, Module, Side, Target, args, choices, returns};

args! {
    /// Make a swarm, join one, leave it, or change what holds for all of it.
    pub struct DockerSwarm as "docker_swarm" {
        /// `present` makes a swarm, or changes the one that the engine manages; `join` joins one; `absent` leaves it;
        /// `remove` removes another node that is down.
        state: State = "present",
        /// The address by which the others reach this node, as `192.168.1.1:2377` or an interface.
        advertise_addr: Option<String>,
        /// Where the node listens for the others.
        listen_addr: String = "0.0.0.0:2377",
        /// The address or interface for the traffic of containers.
        data_path_addr: Option<String>,
        /// The port for the traffic of containers.
        data_path_port: Option<u32>,
        /// Networks that addresses are taken from, for a new swarm.
        default_addr_pool: Option<Vec<String>>,
        /// How many bits of an address are a subnet's, for a new swarm.
        subnet_size: Option<u32>,
        /// Make a new swarm though there is one; leave it though this node manages it; remove a node by force.
        force: bool = false,
        /// The number of the node to remove.
        node_id: Option<String>,
        /// The secret by which a node joins.
        join_token: Option<Secret>,
        /// Addresses of managers to join.
        remote_addrs: Option<Vec<String>>,
        /// How many tasks of the past are kept.
        task_history_retention_limit: Option<i64>,
        /// How many entries of the log are between snapshots.
        snapshot_interval: Option<i64>,
        /// How many snapshots are kept beside the current one.
        keep_old_snapshots: Option<i64>,
        /// How many entries of the log are kept for slow followers.
        log_entries_for_slow_followers: Option<i64>,
        /// Ticks between signs of life of the leader.
        heartbeat_tick: Option<i64>,
        /// Ticks without a leader before another is elected.
        election_tick: Option<i64>,
        /// Nanoseconds between signs of life of a node.
        dispatcher_heartbeat_period: Option<i64>,
        /// Nanoseconds that certificates of nodes are good for.
        node_cert_expiry: Option<i64>,
        /// The name of the swarm.
        name: Option<String>,
        /// Labels of the swarm.
        labels: Option<Map<String, Value>>,
        /// The certificate of the authority that signs those of nodes, as PEM.
        signing_ca_cert: Option<String>,
        /// The key of that authority, as PEM.
        signing_ca_key: Option<Secret>,
        /// Another number than before makes the swarm take a new authority.
        ca_force_rotate: Option<i64>,
        /// Whether managers have to be unlocked after they were started.
        autolock_managers: Option<bool>,
        /// Make a new secret by which workers join.
        rotate_worker_token: bool = false,
        /// Make a new secret by which managers join.
        rotate_manager_token: bool = false,
        ..engine: Engine,
    }
    rules [
        RequiredIf("state", "join", &["remote_addrs", "join_token"]),
        RequiredIf("state", "remove", &["node_id"]),
    ]
}

returns! {
    /// The swarm: `JoinTokens` and, where managers were locked just now, the `UnlockKey`.
    swarm_facts: dict if "the engine manages a swarm",
    /// What was done, in words.
    actions: list,
}

choices! {
    /// What becomes of the swarm.
    pub enum State {
        /// It is there, and as the options say.
        Present = "present",
        /// The node is in it.
        Join = "join",
        /// The node is in none.
        Absent = "absent",
        /// The node with the number is not in it.
        Remove = "remove",
    }
}

impl Module for DockerSwarm {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Make a swarm
  community.docker.docker_swarm:
    advertise_addr: 192.168.1.1
  register: swarm

- name: Join it as a worker
  community.docker.docker_swarm:
    state: join
    join_token: \"{{ swarm.swarm_facts.JoinTokens.Worker }}\"
    remote_addrs: ['192.168.1.1:2377']

- name: Leave it
  community.docker.docker_swarm:
    state: absent
    force: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let said = match self.state {
            State::Present => self.present(target, &client)?,
            State::Join => self.join(target, &client)?,
            State::Absent => self.leave(target, &client)?,
            State::Remove => self.remove(target, &client)?,
        };
        target.set("actions", vec![said]);
        Ok(())
    }
}

impl DockerSwarm {
    fn present(&self, target: &mut Target, client: &Client) -> Result<String, Fail> {
        let member = client.membership()?;
        if member.manager && !self.force {
            return self.update(target, client);
        }
        if member.is_member() && !self.force {
            return client.need_manager().map(|_| String::new());
        }
        let body = json!({
            "ListenAddr": self.listen_addr, "AdvertiseAddr": self.advertise_addr.as_deref().unwrap_or(""),
            "DataPathAddr": self.data_path_addr.as_deref().unwrap_or(""), "DataPathPort": self.data_path_port.unwrap_or(0),
            "DefaultAddrPool": self.default_addr_pool.clone().unwrap_or_default(),
            "SubnetSize": self.subnet_size.unwrap_or(0), "ForceNewCluster": self.force,
            "Spec": self.put(json!({}), true),
        });
        let before =
            if member.is_member() { Side::Json(json!({"state": member.state})) } else { Side::Absent };
        let shown = json!({"state": "active", "spec": self.put(json!({}), false)});
        target.change("swarm", before, shown, |hands| {
            client.post(hands, "/swarm/init", &body).map_err(|error| error.when("cannot make a swarm"))
        })?;
        let swarm = self.facts(target, client, true)?;
        Ok(format!("New Swarm cluster created: {}", swarm["ID"].as_str().unwrap_or_default()))
    }

    fn update(&self, target: &mut Target, client: &Client) -> Result<String, Fail> {
        let swarm = client.get("/swarm")?;
        let before = swarm["Spec"].clone();
        let after = self.put(before.clone(), false);
        let mut shown = after.clone();
        let rotate = [("worker", self.rotate_worker_token), ("manager", self.rotate_manager_token)];
        for (name, _) in rotate.iter().filter(|(_, wanted)| *wanted) {
            shown["rotated"][*name] = true.into();
        }
        let trusted = swarm.pointer("/TLSInfo/TrustRoot").and_then(Value::as_str).unwrap_or_default().trim();
        if self.signing_ca_cert.as_deref().is_some_and(|cert| cert.trim() != trusted) {
            shown["signing_ca_cert"] = "another".into();
        }
        let locks = after["EncryptionConfig"] != before["EncryptionConfig"];
        let path = format!(
            "/swarm/update?version={}&rotateWorkerToken={}&rotateManagerToken={}",
            swarm["Version"]["Index"], self.rotate_worker_token, self.rotate_manager_token
        );
        let body = self.put(before.clone(), true);
        let made = target.change("swarm", before, shown, |hands| {
            client.post(hands, &path, &body).map_err(|error| error.when("cannot change the swarm"))
        })?;
        self.facts(target, client, locks)?;
        Ok(if made.differs() { "Swarm cluster updated" } else { "No modification" }.to_owned())
    }

    /// The options put onto a specification; `whole` with what is never shown.
    fn put(&self, mut spec: Value, whole: bool) -> Value {
        let places = [
            ("/Orchestration/TaskHistoryRetentionLimit", self.task_history_retention_limit),
            ("/Raft/SnapshotInterval", self.snapshot_interval),
            ("/Raft/KeepOldSnapshots", self.keep_old_snapshots),
            ("/Raft/LogEntriesForSlowFollowers", self.log_entries_for_slow_followers),
            ("/Raft/HeartbeatTick", self.heartbeat_tick),
            ("/Raft/ElectionTick", self.election_tick),
            ("/Dispatcher/HeartbeatPeriod", self.dispatcher_heartbeat_period),
            ("/CAConfig/NodeCertExpiry", self.node_cert_expiry),
            ("/CAConfig/ForceRotate", self.ca_force_rotate),
        ];
        for (place, number) in places {
            let Some(number) = number else { continue };
            let mut parts = place.trim_start_matches('/').split('/');
            let (group, key) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            // A number that is 0 is left off by the engine.
            if number != 0 || spec[group].get(key).is_some() {
                spec[group][key] = number.into();
            }
        }
        if let Some(name) = &self.name {
            spec["Name"] = name.as_str().into();
        }
        if let Some(labels) = &self.labels {
            let plain = |value: &Value| crate::compose::units::text(value).unwrap_or_default();
            spec["Labels"] = labels
                .iter()
                .map(|(key, value)| (key.clone(), plain(value).into()))
                .collect::<Map<_, _>>()
                .into();
        }
        if let Some(locks) = self.autolock_managers {
            spec["EncryptionConfig"]["AutoLockManagers"] = locks.into();
        }
        if let (Some(cert), true) = (&self.signing_ca_cert, whole) {
            spec["CAConfig"]["SigningCACert"] = cert.as_str().into();
        }
        if let (Some(key), true) = (&self.signing_ca_key, whole) {
            spec["CAConfig"]["SigningCAKey"] = key.reveal().into();
        }
        spec
    }

    fn facts(&self, target: &mut Target, client: &Client, locked: bool) -> Result<Value, Fail> {
        if !client.membership()?.manager {
            return Ok(Value::Null);
        }
        let mut swarm = client.get("/swarm")?;
        swarm["UnlockKey"] = Value::Null;
        if locked && self.autolock_managers == Some(true) {
            swarm["UnlockKey"] = client.get("/swarm/unlockkey")?["UnlockKey"].take();
        }
        target.set("swarm_facts", swarm.clone());
        Ok(swarm)
    }

    fn join(&self, target: &mut Target, client: &Client) -> Result<String, Fail> {
        if client.membership()?.is_member() {
            return Ok("This node is already part of a swarm.".to_owned());
        }
        let remote = self.remote_addrs.clone().unwrap_or_default();
        let mut body = json!({
            "ListenAddr": self.listen_addr, "AdvertiseAddr": self.advertise_addr.as_deref().unwrap_or(""),
            "RemoteAddrs": remote, "JoinToken": self.join_token.as_ref().map_or("", Secret::reveal),
        });
        if let Some(address) = &self.data_path_addr {
            body["DataPathAddr"] = address.as_str().into();
        }
        target.change("swarm", Side::Absent, json!({"joined": remote}), |hands| {
            client.post(hands, "/swarm/join", &body).map_err(|error| error.when("cannot join the swarm"))
        })?;
        Ok("New node is added to swarm cluster".to_owned())
    }

    fn leave(&self, target: &mut Target, client: &Client) -> Result<String, Fail> {
        let member = client.membership()?;
        if !member.is_member() {
            return Ok("This node is not part of a swarm.".to_owned());
        }
        let path = format!("/swarm/leave?force={}", self.force);
        target.change("swarm", json!({"state": member.state}), Side::Absent, |hands| {
            client.post(hands, &path, &Value::Null).map_err(|error| {
                let fail = error.when("cannot leave the swarm");
                if member.manager && !self.force {
                    fail.hint("`force: true` leaves it though this node manages it")
                } else {
                    fail
                }
            })
        })?;
        Ok("Node has left the swarm cluster".to_owned())
    }

    fn remove(&self, target: &mut Target, client: &Client) -> Result<String, Fail> {
        client.need_manager()?;
        let id = self.node_id.as_deref().unwrap_or_default();
        let path = format!("/nodes/{}", escape(id));
        let Some(node) = client.find(&path)? else { return Ok("The node is not in the swarm.".to_owned()) };
        let state = node["Status"]["State"].as_str().unwrap_or_default();
        if state != "down" && !self.force {
            return Err(Fail::new(format!("cannot remove node `{id}`: it is `{state}`, not `down`"))
                .hint("let it leave first, or say `force: true`"));
        }
        let before = json!({"hostname": node["Description"]["Hostname"], "state": state});
        target.change(&format!("node {id}"), before, Side::Absent, |hands| {
            Ok(client.delete(hands, &format!("{path}?force={}", self.force))?)
        })?;
        Ok("Node is removed from swarm cluster.".to_owned())
    }
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::testing::InSwarm;
    use crate::testing::Sandbox;
    use crate::wire::Change;

    #[test]
    fn a_swarm_is_made_changed_and_left() {
        let _alone = InSwarm::without();
        let sandbox = Sandbox::new("docker_swarm");
        let made = sandbox.converges(json!({"advertise_addr": "127.0.0.1", "listen_addr": "127.0.0.1:2377"}));
        assert!(made.values["swarm_facts"]["JoinTokens"]["Worker"].as_str().unwrap().starts_with("SWMTKN-"));
        let changed = json!({"labels": {"a": "b"}, "task_history_retention_limit": 3, "election_tick": 20, "heartbeat_tick": 2});
        assert_eq!(sandbox.converges(changed).values["actions"], json!(["Swarm cluster updated"]));
        let before = made.values["swarm_facts"]["JoinTokens"]["Manager"].clone();
        let rotated = sandbox.run(json!({"rotate_manager_token": true}));
        assert_eq!(rotated.change, Change::Yes);
        assert_ne!(rotated.values["swarm_facts"]["JoinTokens"]["Manager"], before);
        let joined =
            sandbox.keeps(json!({"state": "join", "join_token": "x", "remote_addrs": ["127.0.0.1:1"]}));
        assert_eq!(joined.values["actions"], json!(["This node is already part of a swarm."]));
        let said = sandbox.run(json!({"state": "absent"})).failure.unwrap();
        assert!(
            said.starts_with("cannot leave the swarm: ") && said.contains("hint: `force: true`"),
            "{said}"
        );
        sandbox.converges(json!({"state": "absent", "force": true}));
        let said = sandbox
            .run(json!({"state": "join", "join_token": "x", "remote_addrs": ["127.0.0.1:1"]}))
            .failure
            .unwrap();
        assert!(said.starts_with("cannot join the swarm: "), "{said}");
        let said = sandbox.run(json!({"state": "remove", "node_id": "x"})).failure.unwrap();
        assert_eq!(said, "the engine is in no swarm\nhint: make one with `docker_swarm`");
    }
}
