//! The thread that owns what is kept of the actions: it decides who works, fills the outbox, and clears it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::outbox_file::OutboxFile;
use super::permissions;
use super::queue::{DispatchMessage, Job, JobResult};
use super::worker::{GIVEN_UP, WorkerContext};
use crate::core::actions::outbox::{LastRun, Outbox, QueuedMessage};
use crate::core::actions::payload::Message;
use crate::core::messages::effect::ActionRequest;
use crate::core::settings::action::{Action, ActionKind};
use crate::runtime::instance_lock::{self, InstanceLock};
use crate::runtime::{atomic_file, clock};

/// What another Loadline does need not be done twice.
const LEFT: &str = "left to the Loadline that is already running";

/// What the keeper needs and knows.
pub struct Dispatcher {
    pub(super) tools: WorkerContext,
    pub(super) settings_file: Option<PathBuf>,
    pub(super) folder: Option<PathBuf>,
    /// The actions there are; `None` until that is said.
    pub(super) actions: Option<Vec<Arc<Action>>>,
    /// Whether these were trusted when they were read: a file that is written or guarded later does not make up for it.
    pub(super) were_trusted: bool,
    /// The commands of which it was said that they are not trusted.
    pub(super) untrusted: BTreeSet<String>,
    /// Held by the one Loadline that does what actions want, with what it keeps.
    pub(super) owned: Option<(InstanceLock, OutboxFile)>,
}

impl Dispatcher {
    /// Reads letters until there are no more.
    pub fn run(mut self) {
        let office = Arc::clone(&self.tools.office);
        while let Some(letter) = office.receive() {
            match letter {
                DispatchMessage::Settings(actions) => self.take_settings(&actions),
                DispatchMessage::Request(act) => self.queue_run(act),
                DispatchMessage::Done(tried) => self.note(tried),
            }
        }
        // The lock goes with it: the next Loadline may begin.
        drop(self);
        office.dispatcher_is_gone();
    }

    fn take_settings(&mut self, actions: &[Arc<Action>]) {
        self.tools.office.retain_queues(actions);
        self.report_permissions(actions);
        for gone in self.actions.iter().flatten().filter(|old| actions.iter().all(|action| action.name != old.name)) {
            // What was wrong with it is wrong no more.
            self.tools.report(&gone.name, Ok(()));
        }
        self.actions = Some(actions.to_vec());
        let Some(first) = self.actions.iter().flatten().next().map(|action| action.name.clone()) else {
            return self.drop_removed("");
        };
        // That another has it is said only when there is something to do.
        if self.acquire_lock(&first) {
            self.drop_removed(&first);
            // Where acts were quicker than the settings, not everything has been.
            self.requeue(actions);
        }
    }

    fn queue_run(&mut self, act: ActionRequest) {
        let ActionRequest { action, line, is_test } = act;
        let name = action.name.as_str();
        if !self.acquire_lock(name) {
            return self.tools.report(name, Err(LEFT.into()));
        }
        match &action.kind {
            ActionKind::Command { .. } => {
                if let Err(reason) = self.check_permissions() {
                    return self.tools.report(name, Err(reason));
                }
                self.enqueue(&action, Job::Run { line, is_test });
            }
            ActionKind::Webhook { preset, .. } => {
                // The act may be quicker than the settings; what waits from an earlier run goes first all the same.
                self.requeue(std::slice::from_ref(&action));
                let message = Message::of(*preset, &line, &self.tools.host, is_test);
                let undelivered = QueuedMessage { since: clock::now().wall.timestamp(), message };
                self.change(name, |state| {
                    state.actions.entry(name.to_owned()).or_default().undelivered.push(undelivered.clone());
                });
                self.enqueue(&action, Job::Deliver(undelivered));
            }
        }
    }

    /// Keeps how an attempt went.
    fn note(&mut self, tried: JobResult) {
        let at = clock::now().wall.timestamp();
        let JobResult { desk, job, exchange, is_final } = tried;
        let text = exchange.outcome.as_ref().err().map(|failure| failure.text.clone());
        let last = LastRun { at, ok: text.is_none(), text: text.unwrap_or_default(), output: exchange.response };
        self.change(&desk.name, |state| {
            let kept = state.actions.entry(desk.name.to_string()).or_default();
            kept.last = Some(last);
            if is_final {
                take_out(&mut kept.undelivered, &job);
            }
        });
    }

    /// Puts a job on the action's desk, and somebody behind it.
    fn enqueue(&mut self, action: &Arc<Action>, job: Job) {
        let name = action.name.as_str();
        let (new, lost) = self.tools.office.enqueue(action, job);
        if let Some(lost) = lost {
            self.tools.report(name, Err("more waits than can be kept: the oldest was dropped".into()));
            self.change(name, |state| {
                if let Some(kept) = state.actions.get_mut(name) {
                    take_out(&mut kept.undelivered, &lost);
                }
            });
        }
        if let Some(desk) = new
            && let Err(error) = self.tools.start_worker(desk.clone())
        {
            self.tools.office.close_queue(&desk);
            self.tools.report(name, Err(format!("could not start a thread: {error}")));
        }
    }

    /// Whether this is the Loadline that does what actions want. When it has just become that, it goes on with what an
    /// earlier one left undelivered. Problems are said in the name of the action `name`.
    fn acquire_lock(&mut self, name: &str) -> bool {
        if self.owned.is_some() {
            return true;
        }
        // Without the folder there is no lock either; writing into it will fail, and be said.
        let _ = self.folder.as_deref().map(atomic_file::make_folder);
        let Some(lock) = instance_lock::acquire(self.folder.as_deref(), instance_lock::ACTIONS) else { return false };
        let (kept, complaint) = OutboxFile::load(self.folder.as_deref(), clock::now().wall.timestamp());
        if let Some(complaint) = complaint {
            self.tools.report(name, Err(complaint));
        }
        self.owned = Some((lock, kept));
        self.drop_removed(name);
        self.requeue(&self.actions.clone().unwrap_or_default());
        true
    }

    /// Puts what is in the outbox for `actions` on their desks, unless it is there, and says what is there no more.
    fn requeue(&mut self, actions: &[Arc<Action>]) {
        for action in actions.iter().filter(|action| matches!(action.kind, ActionKind::Webhook { .. })) {
            self.report_given_up(&action.name);
            let kept = self.owned.as_ref().and_then(|(_, kept)| kept.state.actions.get(&action.name));
            let undelivered = kept.map(|kept| kept.undelivered.clone()).unwrap_or_default();
            for job in undelivered.into_iter().map(Job::Deliver) {
                if !self.tools.office.contains(&action.name, &job) {
                    self.enqueue(action, job);
                }
            }
        }
    }

    /// Says, and keeps, that messages of the action `name` grew too old while nothing ran.
    fn report_given_up(&mut self, name: &str) {
        if self.owned.as_mut().is_some_and(|(_, kept)| kept.given_up.remove(name)) {
            self.tools.report(name, Err(GIVEN_UP.into()));
            let at = clock::now().wall.timestamp();
            let last = LastRun { at, ok: false, text: GIVEN_UP.into(), output: String::new() };
            self.change(name, |state| state.actions.entry(name.to_owned()).or_default().last = Some(last));
        }
    }

    /// Forgets what belongs to actions that are gone, and messages for what is no webhook any more.
    fn drop_removed(&mut self, name: &str) {
        let Some(actions) = self.actions.clone() else { return };
        self.change(name, |state| {
            state.actions.retain(|kept, _| actions.iter().any(|action| action.name == *kept));
            for action in actions.iter().filter(|action| matches!(action.kind, ActionKind::Command { .. })) {
                if let Some(kept) = state.actions.get_mut(&action.name) {
                    kept.undelivered.clear();
                }
            }
        });
    }

    /// Changes what is kept, and writes it if that made it another.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Outbox)) {
        let Some((_, kept)) = &mut self.owned else { return };
        let before = kept.state.clone();
        change(&mut kept.state);
        if kept.state != before
            && let Some(complaint) = kept.save()
        {
            self.tools.report(name, Err(complaint));
        }
    }

    /// Whether commands may be run: they must be as safe now as they were when they were read.
    fn check_permissions(&self) -> Result<(), String> {
        let Some(file) = self.settings_file.as_deref() else { return Ok(()) };
        permissions::check(file)?;
        if self.were_trusted { Ok(()) } else { Err(permissions::were_unsafe(file)) }
    }

    /// Says of each command that it is not run, as soon as that is so, and when it is no more.
    fn report_permissions(&mut self, actions: &[Arc<Action>]) {
        let commands = || actions.iter().filter(|action| matches!(action.kind, ActionKind::Command { .. }));
        if commands().next().is_none() {
            return;
        }
        self.were_trusted = true;
        let result = self.check_permissions();
        self.were_trusted = result.is_ok();
        for action in commands() {
            if result.is_err() {
                self.untrusted.insert(action.name.clone());
                self.tools.report(&action.name, result.clone());
            } else if self.untrusted.remove(&action.name) {
                self.tools.report(&action.name, Ok(()));
            }
        }
    }
}

fn take_out(undelivered: &mut Vec<QueuedMessage>, job: &Job) {
    let Job::Deliver(done) = job else { return };
    if let Some(place) = undelivered.iter().position(|one| one == done) {
        undelivered.remove(place);
    }
}
