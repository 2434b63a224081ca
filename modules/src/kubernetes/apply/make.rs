//! A planned set made: stage by stage, then waited for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::manifest::Manifest;
use super::plan::{Foretold, Planned, Planner, remember};
use super::{Applied, Applying, Mode, ownership, refusal};
use crate::kubernetes::edit::{sides, title};
use crate::kubernetes::status::{Awaited, Want, wait};
use crate::kubernetes::{ApiError, Client, Patch, Write, name};
use crate::target::Made;
use crate::{Fail, Hands, Target};

/// How long a definition may take until its kind is served.
const ESTABLISHED: Duration = Duration::from_secs(60);

/// How long a server may take to name a kind that it serves.
const NAMED: Duration = Duration::from_secs(5);

/// Applies a set of manifests: all of it is tried by the server's dry run first; a mistake anywhere means that nothing is
/// written. Namespaces and definitions come first, then the rest, then waiting.
///
/// # Errors
/// All mistakes at once, each with its document, line and field; or why what was applied did not come about.
pub fn apply(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    manifests: Vec<Manifest>,
    how: &Applying,
) -> Result<Vec<Applied>, Fail> {
    let (planner, planned) = Planner::plan(target, client, manifests, how)?;
    let mut done: Vec<Applied> = Vec::new();
    let mut stage = 0;
    for one in planned {
        if one.stage > 1 && stage <= 1 {
            established(target, client, &done).map_err(|fail| so_far(fail, &done))?;
        }
        stage = one.stage;
        let applied = planner.make(target, one, &done);
        match applied {
            Ok(applied) => done.push(applied),
            Err((one, fail)) if how.go_on => {
                target.warn(fail.message.clone());
                done.push(failed(&one, fail.message));
            }
            Err((_, fail)) => return Err(so_far(fail, &done)),
        }
    }
    if stage <= 1 {
        established(target, client, &done).map_err(|fail| so_far(fail, &done))?;
    }
    if let Some(limit) = how.wait {
        await_all(target, client, &mut done, how, limit)?;
    }
    Ok(done)
}

/// Whether a set could be applied, as far as its dry run says.
///
/// # Errors
/// All mistakes at once.
pub fn check(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    manifests: Vec<Manifest>,
    how: &Applying,
) -> Result<(), Fail> {
    Planner::plan(target, client, manifests, how).map(drop)
}

fn failed(one: &Planned, error: String) -> Applied {
    let object = one.manifest.object.clone();
    Applied {
        resource: one.resource.clone(),
        object,
        changed: false,
        method: "apply",
        foretold: false,
        error: Some(error),
    }
}

/// A failure with what had been done before it.
fn so_far(fail: Fail, done: &[Applied]) -> Fail {
    let changed: Vec<&Applied> = done.iter().filter(|one| one.changed && !one.foretold).collect();
    if changed.is_empty() {
        return fail;
    }
    let titles: Vec<String> = changed.iter().map(|one| title(&one.resource, &one.object)).collect();
    let objects: Vec<Value> = changed.iter().map(|one| one.object.clone()).collect();
    let message = format!("{}\napplied before that: {}", fail.message, titles.join(", "));
    Fail { message, ..fail }.with("applied", objects)
}

/// Waits until the kinds of new definitions are served.
fn established(target: &mut Target<'_>, client: &Arc<Client>, done: &[Applied]) -> Result<(), Fail> {
    let new = |one: &&Applied| {
        one.resource.kind == "CustomResourceDefinition" && !one.foretold && one.error.is_none()
    };
    let awaited: Vec<Awaited> =
        done.iter().filter(new).map(|one| Awaited::one(&one.resource, &one.object, Want::Current)).collect();
    if done.iter().filter(new).any(|one| one.changed) {
        wait(target, client, &awaited, &[], ESTABLISHED)?;
        client.forget();
    }
    Ok(())
}

fn await_all(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    done: &mut [Applied],
    how: &Applying,
    limit: Duration,
) -> Result<(), Fail> {
    let there: Vec<usize> = (0..done.len())
        .filter(|index| {
            !done[*index].foretold && done[*index].error.is_none() && !name(&done[*index].object).is_empty()
        })
        .collect();
    // What is only foretold does not come about, nor what needs it.
    if there.len() < done.iter().filter(|one| one.error.is_none()).count() {
        return Ok(());
    }
    let awaited: Vec<Awaited> = there
        .iter()
        .map(|index| Awaited::one(&done[*index].resource, &done[*index].object, how.want.clone()))
        .collect();
    let known: Vec<Value> = there.iter().map(|index| done[*index].object.clone()).collect();
    let found = wait(target, client, &awaited, &known, limit).map_err(|fail| so_far(fail, done))?;
    for (index, found) in there.into_iter().zip(found) {
        if let Some(object) = found.into_iter().next() {
            done[index].object = object;
        }
    }
    Ok(())
}

type Failed = (Box<Planned>, Fail);

impl Planner<'_> {
    fn make(&self, target: &mut Target<'_>, mut one: Planned, done: &[Applied]) -> Result<Applied, Failed> {
        let foretold = match one.foretold.clone() {
            Foretold::Elsewhere(_) | Foretold::Later if !self.needs_foretold(&one, done) => {
                match self.foretell_late(&mut one) {
                    Ok(foretold) => foretold,
                    Err(fail) => return Err((Box::new(one), fail)),
                }
            }
            other => other,
        };
        let made = match &foretold {
            Foretold::Object(object) | Foretold::Elsewhere(object) => self.change(target, &one, object),
            Foretold::Later => self.change(target, &one, &one.manifest.object),
            Foretold::Unknown(why) => self.perform(target, &one, why),
            Foretold::Failed(why) => Err(Fail::new(why.clone())),
        };
        made.map_err(|fail| (Box::new(one), fail))
    }

    /// Whether the server knows the kind; one that is defined, and so is served, it names a moment later.
    fn is_served(&self, one: &Planned, done: &[Applied]) -> bool {
        let found =
            || matches!(self.client.find(&one.resource.kind, Some(&one.resource.api_version())), Ok(Some(_)));
        let defined = done.iter().any(|other| {
            other.resource.kind == "CustomResourceDefinition"
                && !(other.foretold || other.error.is_some())
                && crate::kubernetes::text(&other.object, "/spec/names/kind") == one.resource.kind
        });
        let until = Instant::now() + NAMED;
        while !found() {
            if !defined || Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(100));
            self.client.forget();
        }
        true
    }

    /// Whether what the object needs is itself only foretold.
    fn needs_foretold(&self, one: &Planned, done: &[Applied]) -> bool {
        let in_set = done.iter().any(|other| {
            other.foretold
                && (other.resource.kind == "Namespace" && name(&other.object) == one.namespace
                    || other.resource.kind == "CustomResourceDefinition"
                        && crate::kubernetes::text(&other.object, "/spec/names/kind") == one.resource.kind)
        });
        let there = || {
            one.namespace.is_empty()
                || !matches!(self.client.read(&format!("/api/v1/namespaces/{}", one.namespace)), Err(error) if error.is_missing())
        };
        in_set || !(self.is_served(one, done) && there())
    }

    /// The dry run of an object whose namespace or definition has come in the meantime.
    fn foretell_late(&self, one: &mut Planned) -> Result<Foretold, Fail> {
        if let Ok(resource) = self.client.resource(&one.resource.kind, Some(&one.resource.api_version())) {
            one.resource = resource;
        }
        self.foretell(one).map_err(|error| super::plan::wrong(&refusal::problems(&one.manifest, &error)))
    }

    fn change(&self, target: &mut Target<'_>, one: &Planned, foretold: &Value) -> Result<Applied, Fail> {
        let Some(write) = self.write(one) else {
            let object = Value::Object(Map::new());
            target.warn(format!("{} is not there, and only what is there is patched", one.manifest.title()));
            return Ok(Applied {
                resource: one.resource.clone(),
                object,
                changed: false,
                method: "patch",
                foretold: false,
                error: None,
            });
        };
        let (from, to) = sides(one.before.as_ref(), Some(foretold));
        let made = target.change(&title(&one.resource, foretold), from, to, |hands| {
            self.send(hands, one, &write)
                .map_err(|error| super::plan::wrong(&refusal::problems(&one.manifest, &error)))
        })?;
        let foretold_only = matches!(made, Made::Foretold);
        if foretold_only {
            remember(self.client, foretold, &one.resource);
        }
        let changed = made.differs();
        let same = || one.before.clone().unwrap_or_else(|| foretold.clone());
        let object = match made {
            Made::Done(object) => object,
            Made::Foretold => foretold.clone(),
            Made::Same => same(),
        };
        Ok(Applied {
            resource: one.resource.clone(),
            object,
            changed,
            method: self.method(one),
            foretold: foretold_only,
            error: None,
        })
    }

    fn perform(&self, target: &mut Target<'_>, one: &Planned, why: &str) -> Result<Applied, Fail> {
        let Some(write) = self.write(one) else { return Err(Fail::new(why)) };
        let made = target.perform(|hands| {
            let object = self
                .send(hands, one, &write)
                .map_err(|error| super::plan::wrong(&refusal::problems(&one.manifest, &error)))?;
            let (from, to) = sides(one.before.as_ref(), Some(&object));
            if from == to {
                hands.unchanged();
            }
            Ok((object, from != to))
        })?;
        if made.is_none() {
            target.warn(format!(
                "{}: a webhook refuses dry runs, so what would change is not known: {why}",
                one.manifest.title()
            ));
        }
        let foretold = made.is_none();
        let (object, changed) = made.unwrap_or_else(|| (one.manifest.object.clone(), false));
        Ok(Applied {
            resource: one.resource.clone(),
            object,
            changed,
            method: self.method(one),
            foretold,
            error: None,
        })
    }

    fn send(&self, hands: &mut Hands<'_>, one: &Planned, write: &Write) -> Result<Value, ApiError> {
        if let Some(before) = one.before.as_ref().filter(|before| self.is_to_take_over(before)) {
            let patch = ownership::take_over(before, &self.how.manager);
            let patch = Write::patch(&one.resource, &one.namespace, name(before), Patch::Json, patch);
            self.client.write(hands, &patch)?;
        }
        match self.client.write(hands, write) {
            Err(error) if ownership::is_with_predecessors(&error, &self.how.manager) => {
                self.client.write(hands, &self.forced(one))
            }
            other => other,
        }
    }

    fn method(&self, one: &Planned) -> &'static str {
        match (&self.how.mode, &one.before) {
            (Mode::Apply { .. }, _) => "apply",
            (_, None) => "create",
            (Mode::Replace, Some(_)) => "update",
            (Mode::Patch(_) | Mode::OnlyPatch(_), Some(_)) => "patch",
        }
    }
}

/// What a set gave, as Ansible returns it: the one object, or `results` of several.
pub fn returned(done: &[Applied], hidden: &[String]) -> Value {
    let shown = |one: &Applied| {
        let mut object = one.object.clone();
        super::remove::hide(&mut object, hidden);
        super::remove::veil(&mut object);
        object
    };
    match done {
        [one] => shown(one),
        many => {
            let each = many.iter().map(|one| {
                let mut entry = json!({"method": one.method, "result": shown(one), "changed": one.changed});
                if let Some(error) = &one.error {
                    entry["error"] = json!({"msg": error});
                }
                entry
            });
            json!({"results": each.collect::<Vec<_>>()})
        }
    }
}
