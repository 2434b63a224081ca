//! Objects as they change: lists, then watches from the list's version on, for as long as somebody listens.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::{Client, Selection, with_query};
use super::discovery::Resource;
use super::error::ApiError;
use super::text;

/// How long the server keeps one watch open; then it is taken up where it ended.
const ROUND: &str = "60";
/// How long a server may be gone until that is a failure.
const GONE: Duration = Duration::from_secs(5);

/// What was seen of an object.
#[derive(Clone, Debug)]
pub enum Seen {
    /// All objects of one of the watched kinds, by its index: what is not among them is not there.
    All(usize, Vec<Value>),
    /// It is there, new or changed.
    There(usize, Value),
    /// It has gone.
    Gone(usize, Value),
    /// The server cannot be watched any more.
    Failed(ApiError),
}

/// Kinds of objects being watched, each in a thread that ends with this.
#[derive(Debug)]
pub struct Watch {
    seen: Receiver<Seen>,
    sender: SyncSender<Seen>,
    ended: Arc<AtomicBool>,
    kinds: usize,
}

impl Default for Watch {
    fn default() -> Self {
        let (sender, seen) = sync_channel(64);
        Self { seen, sender, ended: Arc::default(), kinds: 0 }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    /// Watches a kind too; its index in what is seen.
    pub fn add(
        &mut self,
        client: &Arc<Client>,
        resource: &Resource,
        namespace: &str,
        selection: &Selection,
    ) -> usize {
        let index = self.kinds;
        self.kinds += 1;
        let watcher = Watcher {
            index,
            client: client.clone(),
            resource: resource.clone(),
            namespace: namespace.to_owned(),
            selection: selection.clone(),
            sender: self.sender.clone(),
            ended: self.ended.clone(),
        };
        thread::spawn(move || watcher.run());
        index
    }

    /// What is seen next; `None` when nothing is by then.
    pub fn next(&self, until: Instant) -> Option<Seen> {
        self.seen.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
    }
}

struct Watcher {
    index: usize,
    client: Arc<Client>,
    resource: Resource,
    namespace: String,
    selection: Selection,
    sender: SyncSender<Seen>,
    ended: Arc<AtomicBool>,
}

/// Why one round of watching ended.
enum End {
    /// In time, or because the connection broke: from this version on again.
    At(String),
    /// The version is too old: all must be listed again.
    Stale,
    /// Nobody listens.
    Unheard,
}

impl Watcher {
    fn run(&self) {
        let mut lost: Option<Instant> = None;
        let mut version = None;
        while !self.ended.load(Ordering::Relaxed) {
            match self.round(version.take()) {
                Ok(End::At(at)) => (version, lost) = (Some(at), None),
                Ok(End::Stale) => lost = None,
                Ok(End::Unheard) => return,
                // What comes back within seconds was a restart.
                Err((error, at))
                    if error.is_unreachable() && lost.is_none_or(|since| since.elapsed() < GONE) =>
                {
                    lost.get_or_insert_with(Instant::now);
                    version = at;
                    thread::sleep(Duration::from_millis(300));
                }
                // A new definition is served a moment after it says so; a removed one takes its objects along.
                Err((error, _)) if error.is_missing() && lost.is_none_or(|since| since.elapsed() < GONE) => {
                    lost.get_or_insert_with(Instant::now);
                    if !self.tell(Seen::All(self.index, Vec::new())) {
                        return;
                    }
                    thread::sleep(Duration::from_millis(300));
                }
                Err((error, _)) => {
                    let _ = self.sender.send(Seen::Failed(error));
                    return;
                }
            }
        }
    }

    fn round(&self, version: Option<String>) -> Result<End, (ApiError, Option<String>)> {
        let version = match version {
            Some(version) => version,
            None => {
                let listed = self.client.list(&self.resource, &self.namespace, &self.selection);
                let (objects, version) = listed.map_err(|error| (error, None))?;
                if !self.tell(Seen::All(self.index, objects)) {
                    return Ok(End::Unheard);
                }
                version
            }
        };
        let mut query = self.selection.query();
        query.push(("watch", "true".into()));
        query.push(("allowWatchBookmarks", "true".into()));
        query.push(("timeoutSeconds", ROUND.into()));
        query.push(("resourceVersion", version.clone()));
        let path = with_query(&self.resource.path(&self.namespace, ""), &query);
        match self.client.stream(&path) {
            Ok(body) => self.follow(BufReader::new(body), version),
            Err(error) if error.code == 410 => Ok(End::Stale),
            Err(error) => Err((error, Some(version))),
        }
    }

    fn follow(&self, body: impl BufRead, mut version: String) -> Result<End, (ApiError, Option<String>)> {
        for line in body.split(b'\n') {
            let line = match line {
                Ok(line) => line,
                Err(error) => return Err((ApiError::broken(&error, &self.client.config), Some(version))),
            };
            let Ok(mut event) = serde_json::from_slice::<Value>(&line) else { continue };
            let object = event.get_mut("object").map(Value::take).unwrap_or_default();
            let kind = text(&event, "/type");
            if kind == "ERROR" {
                return Ok(End::Stale);
            }
            text(&object, "/metadata/resourceVersion").clone_into(&mut version);
            let heard = match kind {
                "ADDED" | "MODIFIED" => self.tell(Seen::There(self.index, object)),
                "DELETED" => self.tell(Seen::Gone(self.index, object)),
                _ => true,
            };
            if !heard || self.ended.load(Ordering::Relaxed) {
                return Ok(End::Unheard);
            }
        }
        Ok(End::At(version))
    }

    fn tell(&self, seen: Seen) -> bool {
        !self.ended.load(Ordering::Relaxed) && self.sender.send(seen).is_ok()
    }
}
