//! `linear`, `free` and `host_pinned`: which hosts run which step when. The hosts whose
//! position is least run together; a free host is a batch of its own.

use std::collections::HashMap;
use std::sync::Arc;

use baton_modules::sorting::Sorting;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::diagnostic::{Diagnostics, Severity};
use crate::event::{Event, Level, Outcome, TaskResult};
use crate::plan::{PlannedStep, PlannedTask};
use crate::template::TemplateError;

use super::cursor::Position;
use super::finish::Finished;
use super::foresee::{Ahead, Foreseen, Skips};
use super::host::{HostState, Standing};
use super::include::Include;
use super::settings::Keywords;
use super::task::{Job, Place};
use super::{PlayRun, announce, debugger, meta};

/// Hosts that go through a play together.
pub(super) struct Batch {
    pub(super) play: Arc<PlayRun>,
    pub(super) hosts: Vec<HostState>,
    /// `run_once` and the limits of failures hold among these hosts.
    pub(super) lockstep: bool,
}

/// What hosts of a group want to be included.
#[derive(Default)]
struct Asked {
    /// Each once, with the hosts that asked for it.
    includes: Vec<(Include, Vec<usize>)>,
    /// Hosts whose finish is told when it is known whether the files can be read.
    waiting: Vec<(usize, TaskResult)>,
}

/// Hosts at the same step: their indices in the batch.
pub(super) struct Group {
    pub(super) task: Arc<PlannedTask>,
    position: Position,
    pub(super) members: Vec<usize>,
}

impl Batch {
    /// Goes through the play, all hosts in step.
    pub(super) async fn linear(&mut self) {
        while !self.play.run.is_over() {
            let group = self.least();
            self.tell_losses();
            let Some(group) = group else { return };
            self.step(group).await;
        }
    }

    /// The play hears once of every host that has failed, whichever way it came to that.
    fn tell_losses(&mut self) {
        for host in &mut self.hosts {
            if !host.is_newly_lost() {
                continue;
            }
            self.play.lost(&host.name);
        }
    }

    /// Goes through the play, each host at its own pace; with `at_once`, at most so many
    /// hosts are under way, each to its end.
    pub(super) async fn free(self, at_once: Option<usize>) -> Self {
        let limit = at_once.map(|n| Arc::new(Semaphore::new(n)));
        let mut running = JoinSet::new();
        for (index, host) in self.hosts.into_iter().enumerate() {
            let mut alone = Batch { play: self.play.clone(), hosts: vec![host], lockstep: false };
            let limit = limit.clone();
            running.spawn(async move {
                let _permit = match &limit {
                    Some(limit) => limit.acquire().await.ok(),
                    None => None,
                };
                alone.linear().await;
                (index, alone.hosts)
            });
        }
        let mut hosts = Vec::new();
        while let Some(done) = running.join_next().await {
            hosts.extend(done);
        }
        hosts.order_by_key(|(index, _)| *index);
        let hosts = hosts.into_iter().flat_map(|(_, hosts)| hosts).collect();
        Batch { play: self.play, hosts, lockstep: self.lockstep }
    }

    /// The least position among the hosts, and those who stand there.
    fn least(&mut self) -> Option<Group> {
        let mut least: Option<Group> = None;
        for (index, host) in self.hosts.iter_mut().enumerate() {
            let Some((task, position)) = host.peek() else { continue };
            match &mut least {
                Some(group) if group.position == *position && group.task.id == task.id => {
                    group.members.push(index)
                }
                Some(group) if group.position <= *position => {}
                _ => {
                    least =
                        Some(Group { task: task.clone(), position: position.clone(), members: vec![index] })
                }
            }
        }
        least
    }

    async fn step(&mut self, group: Group) {
        if crate::action::short_name(&group.task.task.action.name) == "meta" {
            return meta::step(self, &group.task, &group.position, &group.members).await;
        }
        if !self.is_wanted(&group).await {
            return group.members.iter().for_each(|member| self.hosts[*member].advance());
        }
        let first = &self.hosts[group.members[0]];
        announce::task(&self.play, &group.task, &first.name, first.cursor.in_handlers()).await;
        let action = crate::action::short_name(&group.task.task.action.name);
        // ansible: these act on the run, not on a host, and so act once.
        let once = match self.decided(&group) {
            Ok(once) => (once || matches!(action, "add_host" | "pause")) && self.lockstep,
            Err(error) => return self.undecided(&group, &error).await,
        };
        let (mut finished, skipped) = self.run_members(&group, once).await;
        let debugging = debugger::possible(&self.play, &group.task);
        for (member, done) in finished.iter_mut().filter(|_| debugging) {
            self.debug(&group, *member, done, once).await;
        }
        let skipped = if once && !skipped.is_empty() { group.members.clone() } else { skipped };
        skipped.into_iter().for_each(|member| self.hosts[member].advance());
        self.settle(&group, finished, once).await;
    }

    /// A keyword that is decided once for all hosts of a group.
    fn flag(
        &self,
        group: &Group,
        keyword: for<'a> fn(&'a crate::playbook::Directives) -> Option<&'a crate::playbook::Field>,
    ) -> bool {
        let host = &self.hosts[group.members[0]].name;
        let scope = self.play.scope(host, &group.task);
        let keywords =
            Keywords { lineage: &group.task.lineage, engine: &self.play.run.engine, scope: &scope };
        keywords.flag("", keyword).ok().flatten().unwrap_or(false)
    }

    /// Whether the task runs once for all; it is known then that `throttle` can be told, too.
    fn decided(&self, group: &Group) -> Result<bool, TemplateError> {
        let host = &self.hosts[group.members[0]].name;
        let scope = self.play.scope(host, &group.task);
        let keywords =
            Keywords { lineage: &group.task.lineage, engine: &self.play.run.engine, scope: &scope };
        keywords.throttle()?;
        Ok(keywords.flag("run_once", |d| d.run_once.as_ref())?.unwrap_or(false))
    }

    async fn undecided(&mut self, group: &Group, error: &TemplateError) {
        let mut finished = Vec::new();
        for member in group.members.iter().copied() {
            let (host, rescued) = (&self.hosts[member].name, self.hosts[member].cursor.would_rescue());
            let done = Finished::undecided(&self.play, &group.task, host, rescued, error.clone()).await;
            finished.push((member, done));
        }
        self.settle(group, finished, false).await;
    }

    /// Runs the task on its hosts at once, as far as `forks` and `throttle` allow.
    /// Gives back what came of it, and the hosts on which its conditions did not hold.
    async fn run_members(&self, group: &Group, once: bool) -> (Vec<(usize, Finished)>, Vec<usize>) {
        let throttle = self.throttle(group);
        // All begin in the order of the play's hosts, whatever `forks` and `throttle` allow at once.
        let mut running = JoinSet::new();
        let mut members = HashMap::new();
        let mut finished = Vec::new();
        let (mut skipped, mut skips) = (Vec::new(), Skips::default());
        let wanted = if once { &group.members[..1] } else { &group.members[..] };
        let jobs = wanted.iter().map(|member| self.job(group.task.clone(), *member, once)).collect();
        let mut ahead = Ahead::of(&self.play, &group.task, jobs, throttle.is_some());
        for member in wanted.iter().copied() {
            let mut job = match ahead.next().await {
                None => break,
                Some(Foreseen::Runs(job)) => job,
                Some(Foreseen::Skipped(skip)) => {
                    skips.add(skip, &self.play, &group.task).await;
                    skipped.push(member);
                    continue;
                }
            };
            skips.tell(&self.play, &group.task).await;
            job.place = Place::of(&self.play.run, throttle.as_ref()).await;
            let handle = running.spawn(async move { (member, job.run().await) });
            members.insert(handle.id(), member);
        }
        skips.tell(&self.play, &group.task).await;
        while let Some(done) = running.join_next().await {
            match done {
                Ok(result) => finished.push(result),
                // A bug of ours must not take the others along: the host fails, and it is said.
                Err(panic) => {
                    let Some(member) = members.get(&panic.id()).copied() else { continue };
                    let host = self.hosts[member].name.clone();
                    let rescued = self.hosts[member].cursor.would_rescue();
                    finished
                        .push((member, Finished::bug(&self.play, &group.task, &host, rescued, panic).await));
                }
            }
        }
        finished.order_by_key(|(member, _)| *member);
        (finished, skipped)
    }

    /// A job that has no place at work yet.
    fn job(&self, planned: Arc<PlannedTask>, member: usize, once: bool) -> Job {
        let host = &self.hosts[member];
        let beneficiaries = match once {
            // ansible: what runs once is for all hosts of the batch, wherever they stand.
            true => self.hosts.iter().filter(|host| host.is_active()).map(|host| host.name.clone()).collect(),
            false => Arc::from([host.name.clone()]),
        };
        Job {
            play: self.play.clone(),
            beneficiaries,
            host: host.name.clone(),
            planned,
            rescued: host.cursor.would_rescue(),
            place: Place::none(),
            prepared: None,
        }
    }

    /// Where the debugger is wanted, the task runs as often as the user likes: the last time counts.
    async fn debug(&self, group: &Group, member: usize, done: &mut Finished, once: bool) {
        let host = &self.hosts[member];
        let mut planned = group.task.clone();
        while debugger::wanted(&self.play, &planned, &host.name, done) {
            let rescued = host.cursor.would_rescue();
            let Some(again) = debugger::ask(&self.play, &planned, &host.name, done, rescued).await else {
                return;
            };
            planned = again;
            let mut job = self.job(planned.clone(), member, once);
            job.place = Place::of(&self.play.run, None).await;
            *done = job.run().await;
        }
    }

    fn throttle(&self, group: &Group) -> Option<Arc<Semaphore>> {
        let host = &self.hosts[group.members[0]].name;
        let scope = self.play.scope(host, &group.task);
        let keywords =
            Keywords { lineage: &group.task.lineage, engine: &self.play.run.engine, scope: &scope };
        let limit = keywords.throttle().ok().flatten()?;
        (limit >= 1.0).then(|| self.play.throttle(group.task.id, limit as usize))
    }

    /// Moves the cursors by what came of the task.
    async fn settle(&mut self, group: &Group, finished: Vec<(usize, Finished)>, once: bool) {
        for message in self.play.handlers.take_warnings() {
            self.play.run.send(Event::Notice { level: Level::Warning, message, origin: None }).await;
        }
        let mut asked = Asked::default();
        let mut failed: Vec<usize> = Vec::new();
        for (member, done) in &finished {
            self.tell_grave(done).await;
            let lost = matches!(done.outcome, Outcome::Failed | Outcome::Unreachable);
            let affected = match (once, lost) {
                (true, true) => (0..self.hosts.len()).filter(|i| self.hosts[*i].is_active()).collect(),
                (true, false) => group.members.clone(),
                (false, _) => vec![*member],
            };
            if lost {
                failed.extend(&affected);
            }
            for index in affected {
                self.settle_host(group, index, (index == *member, done), &mut asked).await;
            }
        }
        failed.extend(self.push_includes(group, asked).await);
        if !failed.is_empty() && self.lockstep {
            self.after_failures(group, &failed).await;
        }
    }

    /// `own` tells whether the task ran for this very host, and not once for all.
    async fn settle_host(
        &mut self,
        group: &Group,
        index: usize,
        (own, done): (bool, &Finished),
        asked: &mut Asked,
    ) {
        if own
            && !matches!(done.outcome, Outcome::Skipped | Outcome::Unreachable | Outcome::UnreachableIgnored)
        {
            self.hosts[index].cursor.begin_role();
        }
        match done.outcome {
            Outcome::Failed => return self.host_failed(group, index, done),
            Outcome::Unreachable => return self.hosts[index].lose(),
            _ => {}
        }
        self.notify(index, done).await;
        // ansible: what is included with `run_once` runs on the first host only.
        if done.includes.is_empty() || !own {
            return self.hosts[index].advance();
        }
        asked.waiting.push((index, done.result.clone()));
        for include in &done.includes {
            match asked.includes.iter_mut().find(|(known, _)| known.same(include)) {
                Some((_, hosts)) => hosts.push(index),
                None => asked.includes.push((include.clone(), vec![index])),
            }
        }
    }

    fn host_failed(&mut self, group: &Group, index: usize, done: &Finished) {
        let host = &mut self.hosts[index];
        if host.cursor.would_rescue() {
            self.play.remember_failure(&host.name, &group.task, &done.answer);
        }
        host.fail();
    }

    /// What belongs to no host ends the run, or is warned of.
    async fn tell_grave(&self, done: &Finished) {
        let run = &self.play.run;
        for grave in &done.grave {
            if grave.severity == Severity::Error {
                run.abort(&Diagnostics(vec![grave.clone()])).await;
            } else {
                let message = grave.words.clone().unwrap_or_else(|| grave.message.clone());
                run.send(Event::Notice { level: Level::Warning, message, origin: None }).await;
            }
        }
    }

    async fn notify(&mut self, index: usize, done: &Finished) {
        for (name, ids) in &done.notify {
            let host = &mut self.hosts[index];
            if !host.cursor.in_handlers() && !host.notifications.contains(name) {
                host.notifications.push(name.clone());
            }
            let news = ids.iter().filter(|id| host.notified.insert(**id)).count();
            if news > 0 {
                let event = Event::Notified { handler: name.clone(), host: host.name.clone() };
                self.play.run.send(event).await;
            }
        }
    }

    /// Reads what was included, once for all hosts that asked for the same, and pushes it.
    /// Gives back the hosts for which it could not be read.
    async fn push_includes(&mut self, group: &Group, asked: Asked) -> Vec<usize> {
        let mut loaded = Vec::new();
        let mut mistakes: HashMap<usize, (Diagnostics, Option<String>)> = HashMap::new();
        for (include, members) in &asked.includes {
            let scope = self.play.scope(&self.hosts[members[0]].name, &group.task);
            let handler = self.hosts[members[0]].cursor.in_handlers();
            match include.load(&self.play, &group.task, &scope, handler) {
                Ok(steps) => loaded.push(steps),
                Err(found) => {
                    loaded.push(Arc::from([]));
                    let told = (found, include.file());
                    members.iter().for_each(|member| drop(mistakes.insert(*member, told.clone())));
                }
            }
        }
        for (member, result) in asked.waiting {
            let host = self.hosts[member].name.clone();
            match mistakes.get(&member) {
                None => announce::finished(&self.play, &group.task, &host, result, false).await,
                Some((found, file)) => {
                    let rescued = self.hosts[member].cursor.would_rescue();
                    let grave = announce::is_grave(found);
                    let result = match grave {
                        true => announce::given_up(file.as_deref()),
                        false => announce::unreadable(found, file.as_deref()),
                    };
                    announce::finished(&self.play, &group.task, &host, result, rescued && !grave).await;
                }
            }
        }
        for (found, _) in mistakes.values().filter(|(found, _)| announce::is_grave(found)) {
            self.play.run.abort(found).await;
        }
        let mut pushed: HashMap<usize, Vec<(u32, Arc<[PlannedStep]>)>> = HashMap::new();
        for (nth, ((include, members), steps)) in asked.includes.iter().zip(loaded).enumerate() {
            let good: Vec<usize> = members.iter().copied().filter(|m| !mistakes.contains_key(m)).collect();
            if good.is_empty() {
                continue;
            }
            let names = good.iter().map(|m| self.hosts[*m].name.clone()).collect();
            self.play.run.send(announce::included(&group.task, include, names)).await;
            good.iter().for_each(|m| pushed.entry(*m).or_default().push((nth as u32, steps.clone())));
        }
        for (member, lists) in pushed {
            self.hosts[member].take();
            self.hosts[member].cursor.include(&group.position, lists);
        }
        let mut failed: Vec<usize> = mistakes.into_keys().collect();
        failed.put_in_order();
        failed.iter().for_each(|member| self.hosts[*member].fail());
        failed
    }

    /// `any_errors_fatal` and `max_fail_percentage`.
    async fn after_failures(&mut self, group: &Group, failed: &[usize]) {
        if self.flag(group, |d| d.any_errors_fatal.as_ref()) || self.play.any_errors_fatal {
            // Whoever failed is on its way to a rescue section already; the others follow.
            for (_, host) in
                self.hosts.iter_mut().enumerate().filter(|(i, h)| h.is_active() && !failed.contains(i))
            {
                host.fail();
            }
            if self.hosts.iter().all(|host| !host.is_active()) {
                self.play.break_off("any_errors_fatal").await;
            }
        }
        if let Some(limit) = self.play.max_fail_percentage {
            let lost =
                self.hosts.iter().filter(|h| matches!(h.standing, Standing::Failed | Standing::Unreachable));
            if lost.count() as f64 * 100.0 / self.hosts.len() as f64 > limit {
                self.hosts.iter_mut().filter(|h| h.is_active()).for_each(HostState::end);
                self.play.break_off("max_fail_percentage").await;
            }
        }
    }
}
