//! Sends desktop notifications from a thread of its own: whatever the service does, nothing else waits for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use super::inbox::{Inbox, Input};
use super::platform::{ButtonReplies, Notifications};
use crate::core::messages::effect::{Notification, NotificationId, Operation};
use crate::core::metrics::metric::Metric;

/// How long the notification service may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How long the end of the program waits for what is still to be sent.
const FINISH_LIMIT: Duration = Duration::from_secs(1);

/// The notifier's thread. What it has not sent yet is one job for each identity: a newer one takes its place.
pub struct Notifier {
    jobs: Arc<NotifierQueue>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct NotifierQueue {
    state: Mutex<NotifierState>,
    changed: Condvar,
}

#[derive(Default)]
struct NotifierState {
    pending: BTreeMap<NotificationId, NotifierJob>,
    is_busy: bool,
    is_over: bool,
}

enum NotifierJob {
    Show(Notification),
    Dismiss,
}

impl Notifier {
    /// Starts the thread. How each notification went comes back through `inbox`.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(inbox: Arc<Inbox>) -> Result<Notifier> {
        let jobs = Arc::new(NotifierQueue::default());
        let mine = Arc::clone(&jobs);
        let thread = Builder::new()
            .name("notifier".into())
            .spawn(move || work(&mine, &inbox))
            .context("could not start the notifier's thread")?;
        Ok(Notifier { jobs, thread: Some(thread) })
    }

    /// Has `note` shown in place of the one with the same identity.
    pub fn show(&self, note: Notification) {
        self.jobs.put(note.id, NotifierJob::Show(note));
    }

    /// Has the notification of a metric's alert taken away.
    pub fn dismiss(&self, metric: Metric) {
        self.jobs.put(NotificationId::Alert(metric), NotifierJob::Dismiss);
    }
}

impl Drop for Notifier {
    /// Waits a moment for what is still to be sent: the alert that came just before the end.
    fn drop(&mut self) {
        let mut state = self.jobs.lock();
        state.is_over = true;
        self.jobs.changed.notify_all();
        let is_working = |state: &mut NotifierState| state.is_busy || !state.pending.is_empty();
        let (state, wait) = self
            .jobs
            .changed
            .wait_timeout_while(state, FINISH_LIMIT, is_working)
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        if !wait.timed_out()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

impl NotifierQueue {
    fn put(&self, identity: NotificationId, job: NotifierJob) {
        self.lock().pending.insert(identity, job);
        self.changed.notify_all();
    }

    /// Waits for the next job; `None` when there will be no more.
    fn next(&self) -> Option<(NotificationId, NotifierJob)> {
        let mut state = self.lock();
        state.is_busy = false;
        self.changed.notify_all();
        loop {
            if let Some(job) = state.pending.pop_first() {
                state.is_busy = true;
                return Some(job);
            }
            if state.is_over {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, NotifierState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn work(jobs: &NotifierQueue, inbox: &Arc<Inbox>) {
    let report = |result: Result<(), String>| {
        inbox.send(Input::outcome(Operation::Notify, result.map_err(|e| format!("notifications do not work: {e}"))));
    };
    let mut notifications = Notifications::new(ButtonReplies(Arc::clone(inbox)));
    if let Err(problem) = notifications.prepare() {
        report(Err(problem));
    }
    while let Some((identity, job)) = jobs.next() {
        match job {
            NotifierJob::Dismiss => notifications.dismiss(identity, ANSWER_LIMIT),
            NotifierJob::Show(note) => report(notifications.show(&note, ANSWER_LIMIT)),
        }
    }
}
