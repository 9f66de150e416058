//! Sends desktop notifications from a thread of its own: nothing else waits for the notification service.
//!
//! The request for permission waits for the person on another thread, which nothing ever joins: neither notifications nor the
//! end of the program stand behind it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use super::inbox::{Inbox, Input};
use super::platform::{self, ButtonReplies, NotificationBackend, Notifications, PermissionRequest};
use super::work_queue::{WorkQueue, WorkReceiver};
use crate::core::messages::effect::{Event, Notification, NotificationId, NotificationOutcome, Operation};
use crate::core::messages::permission::PermissionAnswer;
use crate::core::metrics::metric::Metric;
use crate::core::text;

/// The time that the notification service has to respond.
const RESPONSE_LIMIT: Duration = Duration::from_secs(5);
/// The time that the end of the program leaves for unsent notifications, and for withdrawing those that are shown.
const FINISH_LIMIT: Duration = Duration::from_secs(1);
/// One job for each [`NotificationId`], the beginning, the answer and the withdrawal, so that none is ever evicted.
const CAPACITY: usize = Metric::ALL.len() + 5;

/// The notifier's thread. Of the unsent jobs for one notification the newest counts.
pub struct Notifier {
    jobs: Arc<WorkQueue<NotifierJob>>,
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<()>>,
    /// Taken when it is asked. `None` where no permission is needed.
    permission_request: Option<PermissionRequest>,
    has_begun: bool,
}

enum NotifierJob {
    Begin,
    Answered(PermissionAnswer),
    Show(Notification),
    Dismiss(NotificationId),
    Withdraw,
}

impl NotifierJob {
    fn id(&self) -> Option<NotificationId> {
        match self {
            NotifierJob::Show(notification) => Some(notification.id),
            NotifierJob::Dismiss(id) => Some(*id),
            NotifierJob::Begin | NotifierJob::Answered(_) | NotifierJob::Withdraw => None,
        }
    }
}

impl Notifier {
    /// Starts the thread. It sends the outcome of each notification to `inbox`.
    ///
    /// The notifications of the bundle on macOS belong to the menu-bar app; a console monitor (`has_tray` is false) beside it
    /// must not close them, and has no loop in which permission could be asked.
    pub fn start(inbox: Arc<Inbox>, has_tray: bool) -> Result<Notifier> {
        let backend = Notifications::new(ButtonReplies(Arc::clone(&inbox)), has_tray);
        Notifier::start_with(inbox, backend)
    }

    /// The same with another desktop, for tests.
    pub fn start_with(inbox: Arc<Inbox>, backend: impl NotificationBackend) -> Result<Notifier> {
        let jobs = Arc::new(WorkQueue::new(CAPACITY, |_| false));
        let receiver = jobs.receiver();
        let permission_request = backend.permission_request();
        let worker = Worker { backend, inbox: Arc::clone(&inbox), shown: BTreeSet::new() };
        let thread = Builder::new()
            .name("notifier".into())
            .spawn(move || worker.run(&receiver))
            .context("could not start the notifier's thread")?;
        Ok(Notifier { jobs, inbox, thread: Some(thread), permission_request, has_begun: false })
    }

    /// Prepares the desktop, and asks the person for permission where the desktop wants that. To be called once the main loop
    /// runs; a further call does nothing. macOS 26 ends a program that asks before its loop runs.
    pub fn begin(&mut self) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        self.jobs.push(NotifierJob::Begin);
        if let Some(request) = self.permission_request.take() {
            let jobs = Arc::clone(&self.jobs);
            // Detached: it may wait for days. Without a thread the request is unanswered, and each notification says so.
            let _ = Builder::new().name("permission".into()).spawn(move || {
                jobs.push(NotifierJob::Answered(request()));
            });
        }
    }

    /// Shows `notification` in place of the one with the same id.
    pub fn show(&self, notification: Notification) {
        self.push(NotifierJob::Show(notification));
    }

    /// Dismisses the notification with this id.
    pub fn dismiss(&self, id: NotificationId) {
        self.push(NotifierJob::Dismiss(id));
    }

    /// Closes the notifications that would be stale after the end of the program, which somebody has asked for.
    pub fn withdraw(&self) {
        self.jobs.push(NotifierJob::Withdraw);
    }

    fn push(&self, job: NotifierJob) {
        let id = job.id();
        for undone in self.jobs.push_replacing(job, |waiting| waiting.id() == id) {
            // Nobody saw that alert: the service was busy with another for as long as it went on.
            if let NotifierJob::Show(Notification { id, sequence: sequence @ 1.., .. }) = undone {
                self.inbox.send(Input::Event(Event::Notified(NotificationOutcome::unsent(id, sequence))));
            }
        }
    }
}

impl Drop for Notifier {
    /// Waits a moment for unsent notifications: the alert that came just before the end.
    fn drop(&mut self) {
        if self.jobs.finish(Some(FINISH_LIMIT))
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// The work of the notifier's thread.
struct Worker<B> {
    backend: B,
    inbox: Arc<Inbox>,
    /// The alerts that somebody could see. The end of another is not shown.
    shown: BTreeSet<NotificationId>,
}

impl<B: NotificationBackend> Worker<B> {
    fn run(mut self, jobs: &WorkReceiver<NotifierJob>) {
        while let Some(job) = jobs.pop() {
            platform::with_autorelease_pool(|| self.perform(job));
        }
    }

    fn perform(&mut self, job: NotifierJob) {
        match job {
            NotifierJob::Begin => self.backend.begin(RESPONSE_LIMIT),
            NotifierJob::Answered(answer) => {
                let result = self.backend.take_answer(answer, RESPONSE_LIMIT);
                let is_possible = result.is_ok();
                let result = result.map_err(|problem| text::desktop::notification_failed(&problem));
                self.inbox.send(Input::outcome(Operation::Notify, result));
                if is_possible {
                    self.inbox.send(Input::Event(Event::NotificationsPossible));
                }
            }
            NotifierJob::Show(notification) => self.show(&notification),
            NotifierJob::Dismiss(id) => {
                self.shown.remove(&id);
                self.backend.dismiss(id, RESPONSE_LIMIT);
            }
            NotifierJob::Withdraw => self.backend.withdraw(FINISH_LIMIT),
        }
    }

    fn show(&mut self, notification: &Notification) {
        let Notification { id, sequence, is_quiet, .. } = *notification;
        let is_alert = matches!(id, NotificationId::Alert(_));
        if is_alert && !self.shown.remove(&id) && is_quiet {
            // The end of an alert that nobody was told of.
            return;
        }
        let result = self.backend.show(notification, RESPONSE_LIMIT);
        let is_shown = result.is_ok();
        if is_shown && is_alert && !is_quiet {
            self.shown.insert(id);
        }
        let problem = result.unwrap_or_else(Some).map(|problem| text::desktop::notification_failed(&problem));
        let outcome = NotificationOutcome { id, sequence, is_shown, problem };
        self.inbox.send(Input::Event(Event::Notified(outcome)));
        if !is_shown {
            self.backend.watch_service(&self.inbox);
        }
    }
}

#[cfg(test)]
mod tests;
