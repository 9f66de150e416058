//! The dispatcher: the thread that owns the outbox file, decides whether an action may run, and fills the action queues.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::attribution::AttributedLine;
use super::outbox_file::OutboxFile;
use super::queue::{CommandRun, DispatchMessage, Job, JobResult, MessageDelivery};
use super::worker::WorkerContext;
use crate::core::actions::outbox::{LastRun, Outbox, QueuedMessage};
use crate::core::actions::payload::Message;
use crate::core::messages::effect::ActionRequest;
use crate::core::settings::action::{Action, ActionKind, Preset};
use crate::core::text::actions as text;
use crate::runtime::instance_lock::{self, InstanceLock};
use crate::runtime::work_queue::WorkReceiver;
use crate::runtime::{atomic_file, clock};

/// The dispatcher's state.
pub struct Dispatcher {
    context: WorkerContext,
    folder: Option<PathBuf>,
    /// `None` until the first settings arrive.
    actions: Option<Vec<Arc<Action>>>,
    /// The actions that were reported as not permitted.
    refused: BTreeSet<String>,
    /// Held by the one Loadline that runs the actions.
    owned: Option<(InstanceLock, OutboxFile)>,
}

impl Dispatcher {
    /// A dispatcher with its outbox in `folder`. Touches nothing yet.
    pub fn new(context: WorkerContext, folder: Option<PathBuf>) -> Dispatcher {
        Dispatcher { context, folder, actions: None, refused: BTreeSet::new(), owned: None }
    }

    /// Handles messages until the queue is closed and empty.
    pub fn run(mut self, messages: WorkReceiver<DispatchMessage>) {
        while let Some(message) = messages.pop() {
            match message {
                DispatchMessage::Settings(actions) => self.take_settings(&actions),
                DispatchMessage::Request(request, uids) => self.take_request(request, uids),
                DispatchMessage::Done(result) => self.take_result(result),
            }
        }
        // First the instance lock, so that the next Loadline may begin; then the queue's end, which the program waits for.
        drop(self);
        drop(messages);
    }

    fn take_settings(&mut self, actions: &[Arc<Action>]) {
        self.context.queues.retain_queues(actions);
        self.report_permissions(actions);
        let is_removed = |old: &&Arc<Action>| actions.iter().all(|action| action.name != old.name);
        for removed in self.actions.iter().flatten().filter(is_removed) {
            // Its last failure is no problem any more.
            self.context.report(&removed.name, Ok(()));
        }
        self.actions = Some(actions.to_vec());
        let Some(first) = self.actions.iter().flatten().next().map(|action| action.name.clone()) else {
            return self.drop_removed("");
        };
        // Another Loadline that holds the lock is reported only when there is something to do.
        if self.acquire_lock(&first) {
            self.drop_removed(&first);
            // The lock may be older than these settings: requests can be quicker.
            self.requeue(actions);
        }
    }

    fn take_request(&mut self, request: ActionRequest, uids: Option<Vec<u32>>) {
        let action = Arc::clone(&request.action);
        let name = action.name.as_str();
        if !self.acquire_lock(name) {
            return self.context.report(name, Err(text::LEFT_TO_RUNNING.into()));
        }
        if let Err(reason) = self.context.permissions.check(&action) {
            return self.context.report(name, Err(reason));
        }
        match &action.kind {
            ActionKind::Command { .. } => {
                let ActionRequest { action: own, line, is_test, sequence } = request;
                let alert = AttributedLine { line, uids };
                self.enqueue(&action, Job::Run(CommandRun { action: own, alert, is_test, sequence }));
            }
            ActionKind::Webhook { preset, .. } => {
                // The request may be quicker than the settings; messages from an earlier run go first all the same.
                self.requeue(std::slice::from_ref(&action));
                let message = Message::of(*preset, &request.line, &self.context.host, request.is_test);
                let queued = QueuedMessage { since: clock::now().wall.timestamp(), message };
                self.change_outbox(name, |outbox| {
                    outbox.actions.entry(name.to_owned()).or_default().undelivered.push(queued.clone());
                });
                self.enqueue(&action, Job::Deliver(MessageDelivery::of(queued, request.sequence)));
            }
        }
    }

    /// Stores the result of an attempt.
    fn take_result(&mut self, result: JobResult) {
        if !self.context.queues.complete(&result) {
            return;
        }
        let JobResult { action, job, exchange, is_final } = result;
        let last = last_run(exchange.outcome.err().map(|failure| failure.text), exchange.response);
        self.change_outbox(&action.name, |outbox| {
            let record = outbox.actions.entry(action.name.clone()).or_default();
            record.last = Some(last);
            if is_final {
                job.remove_from(&mut record.undelivered);
            }
        });
    }

    /// Adds a job to the queue of the action, and starts its worker if there is none.
    fn enqueue(&mut self, action: &Arc<Action>, job: Job) {
        let name = action.name.as_str();
        let (new_worker, evicted) = self.context.queues.enqueue(action, job);
        if let Some(evicted) = evicted {
            self.context.report(name, Err(text::QUEUE_FULL.into()));
            self.change_outbox(name, |outbox| {
                if let Some(record) = outbox.actions.get_mut(name) {
                    evicted.remove_from(&mut record.undelivered);
                }
            });
        }
        if let Some(end) = new_worker
            && let Err(error) = self.context.start_worker(end)
        {
            self.context.queues.remove(name);
            self.context.report(name, Err(text::no_thread(error)));
        }
    }

    /// Whether this is the Loadline that runs the actions. When it has just become that, it loads the outbox that an
    /// earlier one left. Problems are reported under the action `name`.
    fn acquire_lock(&mut self, name: &str) -> bool {
        if self.owned.is_some() {
            return true;
        }
        // Without the folder there is no lock either; writing into it will fail, and be reported.
        let _ = self.folder.as_deref().map(atomic_file::make_folder);
        let Some(lock) = instance_lock::acquire(self.folder.as_deref(), instance_lock::ACTIONS) else { return false };
        let (file, problem) = OutboxFile::load(self.folder.as_deref(), clock::now().wall.timestamp());
        if let Some(problem) = problem {
            self.context.report(name, Err(problem));
        }
        self.owned = Some((lock, file));
        self.drop_removed(name);
        self.requeue(&self.actions.clone().unwrap_or_default());
        true
    }

    /// Enqueues the messages that the outbox holds for `actions`, unless they are queued already.
    fn requeue(&mut self, actions: &[Arc<Action>]) {
        for action in actions {
            let ActionKind::Webhook { preset, .. } = action.kind else { continue };
            self.report_given_up(&action.name);
            self.drop_others(&action.name, preset);
            let record = self.owned.as_ref().and_then(|(_, file)| file.outbox.actions.get(&action.name));
            let undelivered = record.map(|record| record.undelivered.clone()).unwrap_or_default();
            for message in undelivered {
                if !self.context.queues.contains(&action.name, &message) {
                    self.enqueue(action, Job::Deliver(MessageDelivery::of(message, 0)));
                }
            }
        }
    }

    /// Drops the messages that `preset` would not make, and reports that. The file may have been changed, and the address and the
    /// headers of the settings would go where a message says.
    fn drop_others(&mut self, name: &str, preset: Preset) {
        let record = self.owned.as_ref().and_then(|(_, file)| file.outbox.actions.get(name));
        if record.is_none_or(|record| record.undelivered.iter().all(|one| one.message.is_of(preset))) {
            return;
        }
        self.context.report(name, Err(text::outbox::NOT_OF_PRESET.into()));
        let last = last_run(Some(text::outbox::NOT_OF_PRESET.into()), String::new());
        self.change_outbox(name, |outbox| {
            let record = outbox.actions.entry(name.to_owned()).or_default();
            record.undelivered.retain(|one| one.message.is_of(preset));
            record.last = Some(last);
        });
    }

    /// Reports and stores that messages of the action `name` grew too old while no Loadline ran.
    fn report_given_up(&mut self, name: &str) {
        if self.owned.as_mut().is_some_and(|(_, file)| file.given_up.remove(name)) {
            self.context.report(name, Err(text::GIVEN_UP.into()));
            let last = last_run(Some(text::GIVEN_UP.into()), String::new());
            self.change_outbox(name, |outbox| outbox.actions.entry(name.to_owned()).or_default().last = Some(last));
        }
    }

    /// Drops the records of removed actions, and the messages of actions that are no webhooks any more.
    fn drop_removed(&mut self, name: &str) {
        let Some(actions) = self.actions.clone() else { return };
        self.change_outbox(name, |outbox| {
            outbox.actions.retain(|recorded, _| actions.iter().any(|action| action.name == *recorded));
            for action in actions.iter().filter(|action| matches!(action.kind, ActionKind::Command { .. })) {
                if let Some(record) = outbox.actions.get_mut(&action.name) {
                    record.undelivered.clear();
                }
            }
        });
    }

    /// Changes the outbox, and writes its file if that changed anything.
    fn change_outbox(&mut self, name: &str, change: impl FnOnce(&mut Outbox)) {
        let Some((_, file)) = &mut self.owned else { return };
        let before = file.outbox.clone();
        change(&mut file.outbox);
        if file.outbox != before
            && let Some(problem) = file.save()
        {
            self.context.report(name, Err(problem));
        }
    }

    /// Reports each action that is not permitted, and takes the report back when it is.
    fn report_permissions(&mut self, actions: &[Arc<Action>]) {
        for action in actions {
            let result = self.context.permissions.check(action);
            if result.is_err() {
                self.refused.insert(action.name.clone());
                self.context.report(&action.name, result);
            } else if self.refused.remove(&action.name) {
                self.context.report(&action.name, Ok(()));
            }
        }
    }
}

fn last_run(problem: Option<String>, output: String) -> LastRun {
    let at = clock::now().wall.timestamp();
    LastRun { at, ok: problem.is_none(), text: problem.unwrap_or_default(), output }
}
