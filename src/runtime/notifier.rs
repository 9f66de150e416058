//! Sends desktop notifications from a thread of its own: nothing else waits for the notification service.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use super::inbox::{Inbox, Input};
use super::platform::{ButtonReplies, Notifications};
use super::work_queue::{WorkQueue, WorkReceiver};
use crate::core::messages::effect::{Notification, NotificationId, Operation};
use crate::core::metrics::metric::Metric;
use crate::core::text;

/// The time that the notification service has to respond.
const RESPONSE_LIMIT: Duration = Duration::from_secs(5);
/// The time that the end of the program leaves for unsent notifications.
const FINISH_LIMIT: Duration = Duration::from_secs(1);
/// One job for each [`NotificationId`] at most, so that none is ever evicted.
const CAPACITY: usize = Metric::ALL.len() + 2;

/// The notifier's thread. Of the unsent jobs for one notification the newest counts.
pub struct Notifier {
    jobs: WorkQueue<NotifierJob>,
    thread: Option<JoinHandle<()>>,
}

enum NotifierJob {
    Show(Notification),
    Dismiss(NotificationId),
}

impl NotifierJob {
    fn id(&self) -> NotificationId {
        match self {
            NotifierJob::Show(notification) => notification.id,
            NotifierJob::Dismiss(id) => *id,
        }
    }
}

impl Notifier {
    /// Starts the thread. It sends the outcome of each notification to `inbox`.
    pub fn start(inbox: Arc<Inbox>) -> Result<Notifier> {
        let jobs = WorkQueue::new(CAPACITY, |_| false);
        let receiver = jobs.receiver();
        let thread = Builder::new()
            .name("notifier".into())
            .spawn(move || work(&receiver, &inbox))
            .context("could not start the notifier's thread")?;
        Ok(Notifier { jobs, thread: Some(thread) })
    }

    /// Shows `notification` in place of the one with the same id.
    pub fn show(&self, notification: Notification) {
        self.push(NotifierJob::Show(notification));
    }

    /// Dismisses the notification with this id.
    pub fn dismiss(&self, id: NotificationId) {
        self.push(NotifierJob::Dismiss(id));
    }

    fn push(&self, job: NotifierJob) {
        let id = job.id();
        self.jobs.push_replacing(job, |waiting| waiting.id() == id);
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

fn work(jobs: &WorkReceiver<NotifierJob>, inbox: &Arc<Inbox>) {
    let report = |result: Result<(), String>| {
        let result = result.map_err(|problem| text::desktop::notification_failed(&problem));
        inbox.send(Input::outcome(Operation::Notify, result));
    };
    let mut notifications = Notifications::new(ButtonReplies(Arc::clone(inbox)));
    notifications.prepare().unwrap_or_else(|problem| report(Err(problem)));
    while let Some(job) = jobs.pop() {
        match job {
            NotifierJob::Dismiss(id) => notifications.dismiss(id, RESPONSE_LIMIT),
            NotifierJob::Show(notification) => report(notifications.show(&notification, RESPONSE_LIMIT)),
        }
    }
}
