//! Waits by watching: until all that is awaited has come about, or the first of it cannot.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::rules::{self, Status};
use super::trouble::{self, Trouble};
use crate::kubernetes::{ApiError, Client, Resource, Seen, Selection, Watch, name, namespace, text};
use crate::sorting::Trees;
use crate::wire::Stream;
use crate::{Fail, Target};

/// Objects that are waited for.
#[derive(Clone, Debug)]
pub struct Awaited {
    /// Their kind.
    pub resource: Resource,
    /// Where they are; all namespaces, if empty.
    pub namespace: String,
    /// The one that is meant; all that are selected, if empty.
    pub name: String,
    /// Which are meant where none is named.
    pub selection: Selection,
    /// Until when.
    pub want: Want,
}

/// Until when an object is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// It is as it should be, by the rules of its kind.
    Current,
    /// It is gone.
    Gone,
    /// It has a condition.
    Condition(Condition),
}

/// A condition, as `wait_condition` names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `Available`, `Ready`, …
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason it must have; any, if empty.
    pub reason: String,
}

/// How often objects that make no progress are looked at more closely.
const CLOSER: Duration = Duration::from_secs(5);

impl Awaited {
    /// An object of its own.
    pub fn one(resource: &Resource, object: &Value, want: Want) -> Self {
        Self {
            resource: resource.clone(),
            namespace: namespace(object).to_owned(),
            name: name(object).to_owned(),
            selection: Selection::default(),
            want,
        }
    }

    /// ``deployment `shop/web` ``, for messages.
    pub fn title(&self) -> String {
        let kind = self.resource.kind.to_lowercase();
        match (self.name.as_str(), self.namespace.as_str()) {
            ("", _) => format!("each {kind}"),
            (name, "") => format!("{kind} `{name}`"),
            (name, space) => format!("{kind} `{space}/{name}`"),
        }
    }

    /// Whether an object is as wanted; else how far it is.
    fn state(&self, object: &Value) -> Status {
        match &self.want {
            Want::Current => rules::of(object),
            Want::Gone => Status::InProgress(match text(object, "/metadata/deletionTimestamp") {
                "" => "it is still there".to_owned(),
                _ => match crate::kubernetes::items(object, "/metadata/finalizers") {
                    [] => "it is being removed".to_owned(),
                    held => format!(
                        "it is being removed, held by {}",
                        held.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
                    ),
                },
            }),
            Want::Condition(wanted) => wanted.state(object),
        }
    }
}

impl Condition {
    fn state(&self, object: &Value) -> Status {
        let Some(found) = rules::condition(object, &self.kind) else {
            return Status::InProgress(format!("it has no condition `{}` yet", self.kind));
        };
        let reason = self.reason.is_empty() || text(found, "/reason") == self.reason;
        if reason && text(found, "/status").eq_ignore_ascii_case(&self.status) {
            return Status::Current;
        }
        Status::InProgress(format!(
            "its condition `{}` is {}, {}",
            self.kind,
            text(found, "/status"),
            rules::words(found)
        ))
    }
}

/// Waits until all is as wanted. `known` are the objects as far as they are known, so that what is as wanted already
/// needs no watching. What was found in the end, by the order of `awaited`.
///
/// # Errors
/// When one of them cannot come about, with the reasons of its pods; or not in time.
pub fn wait(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    awaited: &[Awaited],
    known: &[Value],
    limit: Duration,
) -> Result<Vec<Vec<Value>>, Fail> {
    let is_known = |awaited: &Awaited| {
        let same = |object: &&Value| {
            name(object) == awaited.name
                && namespace(object) == awaited.namespace
                && text(object, "/kind") == awaited.resource.kind
        };
        let object =
            known.iter().find(same).filter(|_| !awaited.name.is_empty() && awaited.want != Want::Gone)?;
        (awaited.state(object) == Status::Current).then(|| vec![object.clone()])
    };
    let mut found: Vec<Option<Vec<Value>>> = awaited.iter().map(is_known).collect();
    let open: Vec<usize> = (0..awaited.len()).filter(|index| found[*index].is_none()).collect();
    if open.is_empty() {
        return Ok(found.into_iter().flatten().collect());
    }
    let mut waiting = Waiting::new(client, awaited, &open);
    let until = Instant::now() + limit;
    let result = waiting.run(target, until);
    if let Err(stuck) = result {
        return Err(waiting.explain(stuck, limit));
    }
    for index in open {
        found[index] = Some(waiting.objects(&awaited[index]).cloned().collect());
    }
    Ok(found.into_iter().flatten().collect())
}

/// Why waiting ended without success.
enum Stuck {
    Failed(usize, String, Option<Trouble>),
    Late,
    Cancelled,
    Server(ApiError),
}

/// What one watch has seen: objects by namespace and name; nothing until the first list.
type Objects = Option<BTreeMap<(String, String), Value>>;

struct Waiting<'a> {
    client: &'a Arc<Client>,
    awaited: Vec<&'a Awaited>,
    watch: Watch,
    /// By the index of the watch.
    seen: Vec<Objects>,
    /// Which watch sees the objects of a path and selection.
    scopes: HashMap<String, usize>,
    /// Since when a pod has had its trouble.
    since: HashMap<String, Instant>,
    told: Vec<String>,
    begun: Instant,
    /// Storage classes whose volumes are made when a pod wants them.
    lazy: Vec<String>,
}

/// The storage classes that wait for the first consumer; none where they may not be seen.
fn lazy(client: &Client) -> Vec<String> {
    let classes = client.resource("StorageClass", Some("storage.k8s.io/v1"));
    let classes = classes.and_then(|class| client.list(&class, "", &Selection::default()));
    let (classes, _) = classes.unwrap_or_default();
    let waits = |class: &&Value| text(class, "/volumeBindingMode") == "WaitForFirstConsumer";
    classes.iter().filter(waits).map(|class| name(class).to_owned()).collect()
}

/// Kinds that make pods.
const PODS: [&str; 6] =
    ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"];

impl<'a> Waiting<'a> {
    fn new(client: &'a Arc<Client>, awaited: &'a [Awaited], open: &[usize]) -> Self {
        let awaited: Vec<&Awaited> = open.iter().map(|index| &awaited[*index]).collect();
        let mut waiting = Self {
            client,
            awaited,
            watch: Watch::default(),
            seen: Vec::new(),
            scopes: HashMap::new(),
            since: HashMap::new(),
            told: Vec::new(),
            begun: Instant::now(),
            lazy: Vec::new(),
        };
        if waiting.awaited.iter().any(|one| one.resource.kind == "PersistentVolumeClaim") {
            waiting.lazy = lazy(client);
        }
        for one in waiting.awaited.clone() {
            let selection = waiting.selection(one);
            waiting.observe(&one.resource, &one.namespace, &selection);
            if waiting.has_pods(one)
                && let Ok(pods) = client.resource("Pod", Some("v1"))
            {
                waiting.observe(&pods, &one.namespace, &Selection::default());
            }
        }
        waiting
    }

    fn has_pods(&self, one: &Awaited) -> bool {
        one.want != Want::Gone && PODS.contains(&one.resource.kind.as_str())
    }

    /// One object is watched alone, several of a kind and namespace together.
    fn selection(&self, one: &Awaited) -> Selection {
        let alike = self
            .awaited
            .iter()
            .filter(|other| other.resource == one.resource && other.namespace == one.namespace);
        match alike.count() {
            1 if !one.name.is_empty() => {
                Selection { fields: format!("metadata.name={}", one.name), ..Selection::default() }
            }
            _ if one.name.is_empty() => one.selection.clone(),
            _ => Selection::default(),
        }
    }

    fn scope(resource: &Resource, namespace: &str, selection: &Selection) -> String {
        format!("{} {} {}", resource.path(namespace, ""), selection.labels, selection.fields)
    }

    fn observe(&mut self, resource: &Resource, namespace: &str, selection: &Selection) {
        let scope = Self::scope(resource, namespace, selection);
        if !self.scopes.contains_key(&scope) {
            let index = self.watch.add(self.client, resource, namespace, selection);
            self.scopes.insert(scope, index);
            self.seen.push(None);
        }
    }

    fn run(&mut self, target: &mut Target<'_>, until: Instant) -> Result<(), Stuck> {
        let mut closer = Instant::now() + CLOSER;
        loop {
            let pause = Instant::now() + Duration::from_millis(500);
            if let Some(seen) = self.watch.next(pause.min(until)) {
                self.take(seen)?;
                while let Some(seen) = self.watch.next(Instant::now()) {
                    self.take(seen)?;
                }
            }
            if self.is_done()? {
                return Ok(());
            }
            self.check_pods()?;
            self.tell(target);
            if Instant::now() >= closer {
                closer = Instant::now() + CLOSER;
                self.look_closer()?;
            }
            if target.cancelled() {
                return Err(Stuck::Cancelled);
            }
            if Instant::now() >= until {
                return Err(Stuck::Late);
            }
        }
    }

    fn take(&mut self, seen: Seen) -> Result<(), Stuck> {
        let key = |object: &Value| (namespace(object).to_owned(), name(object).to_owned());
        match seen {
            Seen::All(index, objects) => {
                self.seen[index] = Some(objects.into_iter().map(|object| (key(&object), object)).to_map());
            }
            Seen::There(index, object) => {
                self.seen[index].get_or_insert_default().insert(key(&object), object);
            }
            Seen::Gone(index, object) => {
                self.seen[index].get_or_insert_default().remove(&key(&object));
            }
            Seen::Failed(error) => return Err(Stuck::Server(error)),
        }
        Ok(())
    }

    /// The objects of one that is awaited, as far as they are there.
    fn objects<'s>(&'s self, one: &'s Awaited) -> impl Iterator<Item = &'s Value> {
        self.listed(one)
            .into_iter()
            .flat_map(|objects| objects.values())
            .filter(|object| one.name.is_empty() || name(object) == one.name)
    }

    fn listed(&self, one: &Awaited) -> Option<&BTreeMap<(String, String), Value>> {
        let scope = Self::scope(&one.resource, &one.namespace, &self.selection(one));
        self.seen[*self.scopes.get(&scope)?].as_ref()
    }

    fn is_done(&self) -> Result<bool, Stuck> {
        let mut done = true;
        for (index, one) in self.awaited.iter().enumerate() {
            if self.listed(one).is_none() {
                done = false;
                continue;
            }
            let mut any = false;
            for object in self.objects(one) {
                any = true;
                match one.state(object) {
                    Status::Current => {}
                    Status::Failed(why) => return Err(self.failed(index, why)),
                    Status::InProgress(_) if one.want == Want::Current && self.is_unclaimed(object) => {}
                    Status::InProgress(_) | Status::Terminating => done = false,
                }
            }
            done &= any || one.want == Want::Gone;
        }
        Ok(done)
    }

    /// Whether a claim gets its volume only when a pod wants it, and none does yet.
    fn is_unclaimed(&self, object: &Value) -> bool {
        let class = text(object, "/spec/storageClassName");
        let node = text(object, "/metadata/annotations/volume.kubernetes.io~1selected-node");
        text(object, "/status/phase") == "Pending"
            && text(object, "/kind") == "PersistentVolumeClaim"
            && node.is_empty()
            && self.lazy.iter().any(|lazy| lazy == class)
    }

    /// A failure with the pod that may say why.
    fn failed(&self, index: usize, why: String) -> Stuck {
        let troubles = self.troubles(index);
        let pod = troubles.into_iter().next().map(|(_, trouble)| trouble);
        Stuck::Failed(index, why, pod)
    }

    /// The pods of one that is awaited, those of the newest version only.
    fn pods<'s>(&'s self, one: &'s Awaited) -> Vec<&'s Value> {
        if one.resource.kind == "Pod" {
            return self.objects(one).collect();
        }
        let Some(object) = self.objects(one).next().filter(|_| self.has_pods(one)) else { return Vec::new() };
        let Ok(resource) = self.client.resource("Pod", Some("v1")) else { return Vec::new() };
        let scope = Self::scope(&resource, &one.namespace, &Selection::default());
        let all = self.scopes.get(&scope).and_then(|index| self.seen[*index].as_ref());
        let selector = object.pointer("/spec/selector").cloned().unwrap_or_default();
        let of = |pod: &&Value| {
            pod.pointer("/metadata/labels").is_some_and(|labels| trouble::selects(&selector, labels))
        };
        let pods: Vec<&Value> = all.into_iter().flat_map(|pods| pods.values()).filter(of).collect();
        newest(pods)
    }

    fn troubles(&self, index: usize) -> Vec<(String, Trouble)> {
        let pods = self.pods(self.awaited[index]);
        pods.into_iter()
            .filter_map(|pod| Some((text(pod, "/metadata/uid").to_owned(), trouble::of(pod)?)))
            .collect()
    }

    fn check_pods(&mut self) -> Result<(), Stuck> {
        for index in 0..self.awaited.len() {
            if self.awaited[index].want == Want::Gone {
                continue;
            }
            for (uid, trouble) in self.troubles(index) {
                let Some(grace) = trouble.grace else { continue };
                let since = *self.since.entry(uid).or_insert_with(Instant::now);
                let newest = || {
                    self.objects(self.awaited[index])
                        .all(|owner| super::closer::is_newest(self.client, owner, &trouble))
                };
                if since.elapsed() >= grace && newest() {
                    return Err(Stuck::Failed(index, String::new(), Some(trouble)));
                }
            }
        }
        Ok(())
    }

    fn look_closer(&mut self) -> Result<(), Stuck> {
        for (index, one) in self.awaited.iter().enumerate().filter(|(_, one)| one.want == Want::Current) {
            for object in self.objects(one).filter(|object| one.state(object) != Status::Current) {
                let pods = self.pods(one).len();
                if let Some(why) = super::closer::hopeless(self.client, object, pods, self.begun.elapsed()) {
                    return Err(Stuck::Failed(index, why, None));
                }
            }
        }
        Ok(())
    }

    fn explain(&mut self, stuck: Stuck, limit: Duration) -> Fail {
        match stuck {
            Stuck::Server(error) => {
                Fail::new(format!("{}\nwhile waiting for {}", error.message, self.open()))
            }
            Stuck::Cancelled => Fail::new(format!("cancelled while waiting for {}", self.open())),
            Stuck::Failed(index, why, trouble) => {
                let title = self.awaited[index].title();
                let words = if why.is_empty() { String::new() } else { format!(": {why}") };
                let pods =
                    trouble.map(|trouble| super::closer::told(self.client, &trouble)).unwrap_or_default();
                Fail::new(format!("{title} failed{words}{pods}"))
            }
            Stuck::Late => {
                let lines: Vec<String> =
                    (0..self.awaited.len()).filter_map(|index| self.late(index)).collect();
                Fail::new(format!("not as wanted after {} seconds: {}", limit.as_secs(), lines.join("\n")))
            }
        }
    }

    fn open(&self) -> String {
        let open = self.awaited.iter().filter(|one| {
            let mut objects = self.objects(one).peekable();
            objects.peek().is_none() || objects.any(|object| one.state(object) != Status::Current)
        });
        open.map(|one| one.title()).collect::<Vec<_>>().join(", ")
    }

    /// What is not as wanted in the end, and what its pods say.
    fn late(&self, index: usize) -> Option<String> {
        let one = self.awaited[index];
        let mut lines = Vec::new();
        let mut any = false;
        for object in self.objects(one) {
            any = true;
            let title = if one.name.is_empty() {
                format!("{} `{}`", one.resource.kind.to_lowercase(), name(object))
            } else {
                one.title()
            };
            match one.state(object) {
                Status::Current => {}
                Status::Terminating => lines.push(format!("{title}: it is being removed")),
                Status::InProgress(why) | Status::Failed(why) => lines.push(format!("{title}: {why}")),
            }
        }
        if !any && one.want != Want::Gone {
            lines.push(format!("{}: there is none", one.title()));
        }
        if lines.is_empty() {
            return None;
        }
        if one.want == Want::Current {
            let pods = self.pods(one);
            let said = pods.iter().find_map(|pod| super::closer::of_pod(self.client, pod));
            lines.extend(said.or_else(|| {
                self.objects(one).find_map(|object| super::closer::of_object(self.client, object))
            }));
        }
        Some(lines.join("\n"))
    }

    /// Tells once what may pass, but should be known.
    fn tell(&mut self, target: &mut Target<'_>) {
        for index in 0..self.awaited.len() {
            for (_, trouble) in self.troubles(index) {
                let line = format!("pod `{}`: {}", trouble.pod, trouble.words);
                if !self.told.contains(&line) {
                    target.log(Stream::Stderr, &line);
                    self.told.push(line);
                }
            }
        }
    }
}

/// Of pods of several versions those of the newest, which are those that were made last.
fn newest(pods: Vec<&Value>) -> Vec<&Value> {
    let alive = |pod: &&&Value| pod.pointer("/metadata/deletionTimestamp").is_none();
    let made = |pod: &&&Value| text(pod, "/metadata/creationTimestamp").to_owned();
    let last = pods.iter().filter(alive).max_by_key(made).map(|pod| trouble::version(pod));
    pods.into_iter().filter(|pod| Some(trouble::version(pod)) == last && alive(&pod)).collect()
}
