//! Where acts, and how they went, wait for the threads that see to them. One lock, never held while anything is done.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::exchange::Exchange;
use crate::core::actions::outbox::QueuedMessage;
use crate::core::messages::effect::ActionRequest;
use crate::core::messages::output_line::OutputLine;
use crate::core::settings::action::{Action, ActionKind};
use crate::runtime::clock;

/// How many acts may wait for the keeper. It is quick, unless the disk is not.
const ROOM_FOR_ACTS: usize = 64;
/// How many runs of a command may wait for the one before.
const ROOM_FOR_RUNS: usize = 16;
/// How many messages may wait for their delivery.
const ROOM_FOR_MESSAGES: usize = 32;

/// What the keeper is to see to.
pub enum DispatchMessage {
    /// These are the actions now.
    Settings(Vec<Arc<Action>>),
    /// This is to be done.
    Request(ActionRequest),
    /// This was done, or tried.
    Done(JobResult),
}

/// How an attempt went.
pub struct JobResult {
    /// At which desk.
    pub desk: QueueId,
    /// What it was.
    pub job: Job,
    /// How it went; the text is the one that was reported.
    pub exchange: Exchange,
    /// Whether no further attempt is made.
    pub is_final: bool,
}

/// One thing to do.
#[derive(Clone, PartialEq)]
pub enum Job {
    /// Run the command for this.
    Run {
        /// The alert, or its end.
        line: OutputLine,
        /// Whether it is made up.
        is_test: bool,
    },
    /// Deliver this.
    Deliver(QueuedMessage),
}

/// Which desk: a later one for an action of the same name is another.
#[derive(Clone, PartialEq, Eq)]
pub struct QueueId {
    /// The name of the action.
    pub name: Arc<str>,
    number: u64,
}

/// What is to be done for one action, in order.
struct ActionQueue {
    number: u64,
    action: Arc<Action>,
    jobs: VecDeque<Job>,
    /// Whether the first of the jobs is being done now.
    is_busy: bool,
    /// When the first of the jobs may be tried again, on the monotonic clock.
    not_before: Option<Duration>,
    /// How often the first of the jobs has failed.
    attempts: u32,
}

/// What a worker is to do now.
pub struct AssignedJob {
    /// For this action.
    pub action: Arc<Action>,
    /// This.
    pub job: Job,
    /// So often it has failed.
    pub attempts: u32,
}

/// The letters and the desks.
#[derive(Default)]
pub struct JobQueue {
    state: Mutex<JobQueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct JobQueueState {
    letters: VecDeque<DispatchMessage>,
    is_keeper_busy: bool,
    is_keeper_gone: bool,
    desks: BTreeMap<Arc<str>, ActionQueue>,
    desks_made: u64,
    /// Nothing is begun any more.
    is_shut: bool,
    /// Nobody waits any more for what was begun.
    is_over: bool,
}

impl ActionQueue {
    /// From when on there is something to do here; `None` when there is nothing.
    fn ready_at(&self) -> Option<Duration> {
        (!self.is_busy && !self.jobs.is_empty()).then(|| self.not_before.unwrap_or_default())
    }

    fn room(&self) -> usize {
        match self.action.kind {
            ActionKind::Command { .. } => ROOM_FOR_RUNS,
            ActionKind::Webhook { .. } => ROOM_FOR_MESSAGES,
        }
    }

    /// From now on this is the action.
    fn take(&mut self, action: &Arc<Action>) {
        if self.action != *action {
            self.action = Arc::clone(action);
            self.not_before = None;
        }
    }

    fn first_changed(&mut self) {
        self.not_before = None;
        self.attempts = 0;
    }
}

fn is_same_kind(one: &Action, other: &Action) -> bool {
    std::mem::discriminant(&one.kind) == std::mem::discriminant(&other.kind)
}

impl JobQueueState {
    fn action_queue(&mut self, id: &QueueId) -> Option<&mut ActionQueue> {
        self.desks.get_mut(&id.name).filter(|desk| desk.number == id.number)
    }

    /// Whether anything is being done, or about to be. Who waits for another attempt does nothing.
    fn is_working(&self) -> bool {
        let is_working = |desk: &ActionQueue| desk.is_busy || (desk.not_before.is_none() && !desk.jobs.is_empty());
        self.is_keeper_busy || !self.letters.is_empty() || self.desks.values().any(is_working)
    }
}

impl JobQueue {
    /// Puts a letter in. An act for which there is no room takes the place of the oldest one, which is handed back.
    pub fn send(&self, letter: DispatchMessage) -> Option<ActionRequest> {
        let mut state = self.lock();
        let is_act = |letter: &DispatchMessage| matches!(letter, DispatchMessage::Request(_));
        let mut lost = None;
        if is_act(&letter) && state.letters.iter().filter(|waiting| is_act(waiting)).count() >= ROOM_FOR_ACTS {
            let oldest = state.letters.iter().position(is_act).and_then(|oldest| state.letters.remove(oldest));
            lost = oldest.and_then(|letter| if let DispatchMessage::Request(act) = letter { Some(act) } else { None });
        }
        state.letters.push_back(letter);
        self.changed.notify_all();
        lost
    }

    /// The keeper's next letter; `None` when there will be no more.
    pub fn receive(&self) -> Option<DispatchMessage> {
        let mut state = self.lock();
        state.is_keeper_busy = false;
        self.changed.notify_all();
        loop {
            if let Some(letter) = state.letters.pop_front() {
                state.is_keeper_busy = true;
                return Some(letter);
            }
            // A delivery that comes to its end in time is noted: the next run would make it again.
            if state.is_shut && (state.is_over || !state.desks.values().any(|desk| desk.is_busy)) {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The keeper's last word.
    pub fn dispatcher_is_gone(&self) {
        let mut state = self.lock();
        state.is_keeper_busy = false;
        state.is_keeper_gone = true;
        self.changed.notify_all();
    }

    /// Sees to it that the desks are those of `actions`. A desk whose action has changed tries again at once.
    pub fn retain_queues(&self, actions: &[Arc<Action>]) {
        let mut state = self.lock();
        state.desks.retain(|name, desk| {
            let now = actions.iter().find(|action| action.name == **name && is_same_kind(action, &desk.action));
            if let Some(now) = now {
                desk.take(now);
            }
            now.is_some()
        });
        self.changed.notify_all();
    }

    /// Puts a job on the desk of `action`. Answers the desk if it is new and needs a worker, and the job that had to go.
    pub fn enqueue(&self, action: &Arc<Action>, job: Job) -> (Option<QueueId>, Option<Job>) {
        let mut state = self.lock();
        let name: Arc<str> = action.name.as_str().into();
        // The act may be quicker than the settings that it comes from.
        if state.desks.get(&name).is_some_and(|desk| !is_same_kind(&desk.action, action)) {
            state.desks.remove(&name);
        }
        let number = state.desks_made;
        let is_new = !state.desks.contains_key(&name);
        state.desks_made += u64::from(is_new);
        let desk = state.desks.entry(Arc::clone(&name)).or_insert_with(|| ActionQueue {
            number,
            action: Arc::clone(action),
            jobs: VecDeque::new(),
            is_busy: false,
            not_before: None,
            attempts: 0,
        });
        desk.take(action);
        // What is being done now waits no longer.
        let oldest = usize::from(desk.is_busy);
        let mut lost = None;
        if desk.jobs.len() >= desk.room() + oldest {
            lost = desk.jobs.remove(oldest);
            if oldest == 0 {
                desk.first_changed();
            }
        }
        desk.jobs.push_back(job);
        self.changed.notify_all();
        (is_new.then_some(QueueId { name, number }), lost)
    }

    /// Whether a job is on the desk of the action `name`, or how it went is still to be noted.
    pub fn contains(&self, name: &str, job: &Job) -> bool {
        let state = self.lock();
        let is_result_of = |tried: &JobResult| *tried.desk.name == *name && tried.job == *job;
        let is_done = |letter: &DispatchMessage| matches!(letter, DispatchMessage::Done(tried) if is_result_of(tried));
        state.desks.get(name).is_some_and(|desk| desk.jobs.contains(job)) || state.letters.iter().any(is_done)
    }

    /// Takes a desk away that has nobody to work at it.
    pub fn close_queue(&self, id: &QueueId) {
        let mut state = self.lock();
        if state.action_queue(id).is_some() {
            state.desks.remove(&id.name);
        }
    }

    /// Waits for the next thing to do at a desk; `None` when there will be no more.
    pub fn next(&self, id: &QueueId) -> Option<AssignedJob> {
        let mut state = self.lock();
        loop {
            if state.is_shut {
                return None;
            }
            let desk = state.action_queue(id)?;
            let ready_at = desk.ready_at();
            let pause = ready_at.map(|at| at.saturating_sub(clock::monotonic()));
            if pause.is_some_and(|pause| pause.is_zero())
                && let Some(job) = desk.jobs.front().cloned()
            {
                desk.is_busy = true;
                return Some(AssignedJob { action: Arc::clone(&desk.action), job, attempts: desk.attempts });
            }
            state = match pause {
                Some(pause) => self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Whether there is still this desk: the action may be gone, and what becomes of it of no interest.
    pub fn has(&self, id: &QueueId) -> bool {
        self.lock().action_queue(id).is_some()
    }

    /// Says how it went: what was done is cleared away, or tried again after `pause`.
    pub fn complete(&self, tried: JobResult, pause: Option<Duration>) {
        let mut state = self.lock();
        if let Some(desk) = state.action_queue(&tried.desk) {
            desk.is_busy = false;
            match pause {
                Some(pause) => {
                    desk.attempts = desk.attempts.saturating_add(1);
                    desk.not_before = Some(clock::monotonic() + pause);
                }
                None => {
                    desk.jobs.pop_front();
                    desk.first_changed();
                }
            }
            state.letters.push_back(DispatchMessage::Done(tried));
        }
        self.changed.notify_all();
    }

    /// Waits for `limit` at most until everything is done that can be done now; then nothing more is begun.
    pub fn finish(&self, limit: Duration) {
        let working = |state: &mut JobQueueState| state.is_working();
        let waited = self.changed.wait_timeout_while(self.lock(), limit, working);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_shut = true;
        self.changed.notify_all();
    }

    /// Waits for `limit` at most until the keeper has put everything in its place, also what is still being done; then it
    /// waits no longer.
    pub fn wait_for_dispatcher(&self, limit: Duration) {
        let is_there = |state: &mut JobQueueState| !state.is_keeper_gone;
        let waited = self.changed.wait_timeout_while(self.lock(), limit, is_there);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_over = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, JobQueueState> {
        // The state is whole between any two statements: a panic elsewhere leaves it usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
