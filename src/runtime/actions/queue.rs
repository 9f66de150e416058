//! The queues of the actions: jobs that wait for the worker of their action, and the action as it is now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::attribution::AttributedLine;
use super::exchange::Exchange;
use crate::core::actions::backoff::GIVE_UP;
use crate::core::actions::outbox::QueuedMessage;
use crate::core::messages::effect::ActionRequest;
use crate::core::settings::action::{Action, ActionKind};
use crate::core::time::between;
use crate::runtime::clock;
use crate::runtime::work_queue::{WorkQueue, WorkReceiver};

/// How many requests may wait for the dispatcher, which is quick unless the disk is slow.
const REQUEST_CAPACITY: usize = 64;
/// How many runs of a command may wait for the one in work.
const RUN_CAPACITY: usize = 16;
/// How many messages of a webhook may wait for the one in work. A restart takes them all up again.
const MESSAGE_CAPACITY: usize = 32;

/// An item of the dispatcher's queue.
pub enum DispatchMessage {
    /// The actions have changed: these are all of them.
    Settings(Vec<Arc<Action>>),
    /// For a command with the users whose processes the alert names, as they were when it was requested.
    Request(ActionRequest, Option<Vec<u32>>),
    /// A worker has made an attempt.
    Done(JobResult),
}

/// The result of one attempt.
pub struct JobResult {
    pub action: Arc<CurrentAction>,
    pub job: Job,
    /// The outcome's text is the one that was reported.
    pub exchange: Exchange,
    /// No further attempt is made.
    pub is_final: bool,
}

/// One job of an action.
#[derive(Clone, PartialEq)]
pub enum Job {
    /// Runs a command.
    Run(CommandRun),
    /// Delivers a message.
    Deliver(MessageDelivery),
}

/// A command to run: the one that was meant by its request, whatever the settings say by now.
#[derive(Clone, PartialEq)]
pub struct CommandRun {
    pub action: Arc<Action>,
    /// With the users as of the request.
    pub alert: AttributedLine,
    pub is_test: bool,
    /// The number of the request's notification.
    pub sequence: u64,
}

/// A message to deliver.
#[derive(Clone, PartialEq)]
pub struct MessageDelivery {
    pub message: QueuedMessage,
    /// When it is given up, on the clock that counts sleep and never steps.
    pub given_up_at: Duration,
    /// The number of the request's notification; 0 for a message of an earlier run.
    pub sequence: u64,
}

impl MessageDelivery {
    /// The delivery of a message, whose age so far is that by the wall clock. From here on a step of that clock makes it no
    /// older.
    pub fn of(message: QueuedMessage, sequence: u64) -> MessageDelivery {
        let left = GIVE_UP.saturating_sub(between(message.since, clock::now().wall.timestamp()));
        MessageDelivery { message, given_up_at: clock::with_sleep().saturating_add(left), sequence }
    }
}

impl Job {
    /// Removes the message that this job delivers.
    pub fn remove_from(&self, messages: &mut Vec<QueuedMessage>) {
        let Job::Deliver(delivery) = self else { return };
        if let Some(place) = messages.iter().position(|one| *one == delivery.message) {
            messages.remove(place);
        }
    }

    /// The number of the notification that tells the same; 0 where there is none.
    pub fn sequence(&self) -> u64 {
        match self {
            Job::Run(run) => run.sequence,
            Job::Deliver(delivery) => delivery.sequence,
        }
    }
}

/// An action as the settings have it now, for its worker.
pub struct CurrentAction {
    pub name: String,
    /// `None` once the action is removed.
    action: Mutex<Option<Arc<Action>>>,
}

/// A new worker's end of the queue of one action.
pub struct WorkerEnd {
    pub action: Arc<CurrentAction>,
    pub jobs: WorkReceiver<Job>,
}

/// The queues of all actions in use, by name.
#[derive(Default)]
pub struct JobQueues {
    state: Mutex<QueuesState>,
}

#[derive(Default)]
struct QueuesState {
    queues: BTreeMap<String, ActionQueue>,
    is_closed: bool,
}

struct ActionQueue {
    action: Arc<CurrentAction>,
    jobs: Arc<WorkQueue<Job>>,
    /// The messages that were enqueued and are neither delivered nor given up, as far as the dispatcher knows.
    pending: Vec<QueuedMessage>,
}

/// The dispatcher's queue. When it is full, the oldest request is evicted.
pub fn dispatch_queue() -> WorkQueue<DispatchMessage> {
    WorkQueue::new(REQUEST_CAPACITY, |message| matches!(message, DispatchMessage::Request(..)))
}

impl CurrentAction {
    /// The action; `None` once it is removed.
    pub fn get(&self) -> Option<Arc<Action>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Action>>> {
        self.action.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActionQueue {
    fn new(action: &Arc<Action>) -> ActionQueue {
        let capacity = match action.kind {
            ActionKind::Command { .. } => RUN_CAPACITY,
            // Also the one that was in work when Loadline ended.
            ActionKind::Webhook { .. } => MESSAGE_CAPACITY + 1,
        };
        let current = CurrentAction { name: action.name.clone(), action: Mutex::new(Some(Arc::clone(action))) };
        let jobs = Arc::new(WorkQueue::new(capacity, |_| true));
        ActionQueue { action: Arc::new(current), jobs, pending: Vec::new() }
    }

    fn is_same_kind(&self, action: &Action) -> bool {
        let current = self.action.lock();
        current.as_ref().is_some_and(|own| std::mem::discriminant(&own.kind) == std::mem::discriminant(&action.kind))
    }

    /// Takes over a changed action. A job that waits for its next attempt is tried at once: the change may be the cure.
    fn update(&self, action: &Arc<Action>) {
        let mut current = self.action.lock();
        if current.as_ref() != Some(action) {
            *current = Some(Arc::clone(action));
            self.jobs.wake();
        }
    }

    /// Forgets all jobs, and the result of the one in work.
    fn discard(&self) {
        *self.action.lock() = None;
        self.jobs.clear();
        self.jobs.close();
    }
}

impl JobQueues {
    /// Discards the queues of actions that are removed or of another kind now, and updates the others.
    pub fn retain_queues(&self, actions: &[Arc<Action>]) {
        self.lock().queues.retain(|name, queue| {
            let action = actions.iter().find(|action| action.name == *name && queue.is_same_kind(action));
            match action {
                Some(action) => queue.update(action),
                None => queue.discard(),
            }
            action.is_some()
        });
    }

    /// Adds a job behind the others of `action`. Returns the worker's end if the queue has no worker, and the job that was
    /// evicted. After [`JobQueues::finish`] nothing is added: a message stays in the outbox.
    pub fn enqueue(&self, action: &Arc<Action>, job: Job) -> (Option<WorkerEnd>, Option<Job>) {
        let mut state = self.lock();
        if state.is_closed {
            return (None, None);
        }
        // The request may be quicker than the settings that it comes from.
        if state.queues.get(&action.name).is_some_and(|queue| !queue.is_same_kind(action)) {
            state.remove(&action.name);
        }
        let queue = state.queues.entry(action.name.clone()).or_insert_with(|| ActionQueue::new(action));
        queue.update(action);
        if let Job::Deliver(delivery) = &job {
            queue.pending.push(delivery.message.clone());
        }
        let is_over = |queue: &ActionQueue| queue.pending.len() > MESSAGE_CAPACITY + 1;
        let evicted = queue.jobs.push(job).or_else(|| is_over(queue).then(|| queue.jobs.take_oldest()).flatten());
        if let Some(evicted) = &evicted {
            evicted.remove_from(&mut queue.pending);
        }
        let new = || WorkerEnd { action: Arc::clone(&queue.action), jobs: queue.jobs.receiver() };
        ((!queue.jobs.has_receiver()).then(new), evicted)
    }

    /// Discards the queue of the action `name`, which could not be given a worker.
    pub fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Whether a message of the action `name` waits or is being delivered, or its result still waits for the dispatcher.
    pub fn contains(&self, name: &str, message: &QueuedMessage) -> bool {
        self.lock().queues.get(name).is_some_and(|queue| queue.pending.contains(message))
    }

    /// Takes in the result of an attempt. Returns whether the action is still there.
    pub fn complete(&self, result: &JobResult) -> bool {
        let mut state = self.lock();
        let queue = state.queues.get_mut(&result.action.name);
        let Some(queue) = queue.filter(|queue| Arc::ptr_eq(&queue.action, &result.action)) else { return false };
        if result.is_final {
            result.job.remove_from(&mut queue.pending);
        }
        true
    }

    /// Closes all queues and waits, for `limit` at most, until every job is done that can be done now. Then no further job
    /// is begun. A job that waits for its next attempt is not waited for.
    pub fn finish(&self, limit: Duration) {
        let deadline = clock::monotonic().saturating_add(limit);
        let queues: Vec<Arc<WorkQueue<Job>>> = {
            let mut state = self.lock();
            state.is_closed = true;
            state.queues.values().map(|queue| Arc::clone(&queue.jobs)).collect()
        };
        queues.iter().for_each(|jobs| jobs.close());
        for jobs in &queues {
            jobs.finish(Some(deadline.saturating_sub(clock::monotonic())));
        }
        queues.iter().for_each(|jobs| jobs.clear());
    }

    fn lock(&self) -> MutexGuard<'_, QueuesState> {
        // The state is whole between any two statements: a panic elsewhere leaves it usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueuesState {
    fn remove(&mut self, name: &str) {
        if let Some(queue) = self.queues.remove(name) {
            queue.discard();
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::actions::payload::Message;
    use crate::core::metrics::metric::Metric;
    use crate::core::settings::action::Preset;

    fn message(number: usize) -> Job {
        let (path, content_type, headers) = (String::new(), "text/plain".into(), Vec::new());
        let message = Message { path, content_type, headers, body: number.to_string() };
        let message = QueuedMessage { since: Timestamp::UNIX_EPOCH, message };
        Job::Deliver(MessageDelivery { message, given_up_at: Duration::MAX, sequence: 0 })
    }

    #[test]
    fn as_many_messages_as_an_outbox_can_hold_are_queued_again_and_no_more() {
        let kind = ActionKind::Webhook { url: "http://h".into(), preset: Preset::Json, headers: Vec::new() };
        let action = Arc::new(Action {
            name: "a".into(),
            on_alert: true,
            on_recovery: true,
            on_forecast: false,
            metrics: vec![Metric::Cpu],
            min_interval: Duration::ZERO,
            timeout: Duration::ZERO,
            kind,
            is_machine_wide: false,
            is_trusted: true,
        });
        let queues = JobQueues::default();
        let (worker, _) = queues.enqueue(&action, message(0));
        let worker = worker.unwrap();
        (1..=MESSAGE_CAPACITY).for_each(|n| assert!(queues.enqueue(&action, message(n)).1.is_none(), "{n}"));
        assert!(queues.enqueue(&action, message(100)).1 == Some(message(0)), "the worker has taken none");
        assert!(worker.jobs.pop() == Some(message(1)));
        assert!(queues.enqueue(&action, message(101)).1 == Some(message(2)), "the one in work counts, and stays");
    }
}
