//! The thread of one action: does its jobs one after the other, and tries a failed delivery again.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::command;
use super::exchange::{Deliver, Exchange, Failure, permanent, transient};
use super::permissions::Permissions;
use super::process_group::ProcessGroups;
use super::queue::{CommandRun, DispatchMessage, Job, JobQueues, JobResult, MessageDelivery, WorkerEnd};
use crate::core::actions::backoff;
use crate::core::actions::secrets;
use crate::core::messages::effect::{Event, Operation};
use crate::core::settings::Settings;
use crate::core::settings::action::{Action, ActionKind};
use crate::core::text::actions as text;
use crate::core::text::problems::THREAD_RESTS;
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::service::failures;
use crate::runtime::work_queue::WorkQueue;

/// The name of the threads.
const THREAD: &str = "action";

/// Everything that the dispatcher and the workers share.
#[derive(Clone)]
pub struct WorkerContext {
    /// The dispatcher's queue, to which results go.
    pub dispatch: Arc<WorkQueue<DispatchMessage>>,
    pub queues: Arc<JobQueues>,
    /// Receives the outcomes that the engine sees.
    pub inbox: Arc<Inbox>,
    /// The groups in which commands run.
    pub groups: Arc<ProcessGroups>,
    /// Makes one attempt to deliver a message.
    pub deliver: Deliver,
    /// Asked again just before anything is done.
    pub permissions: Arc<Permissions>,
    /// The variables that no command inherits, of all settings that were in force.
    pub hidden_variables: Arc<Mutex<BTreeSet<String>>>,
    /// This machine's name.
    pub host: Arc<str>,
}

impl WorkerContext {
    /// Reports the outcome of an action to the engine.
    pub fn report(&self, name: &str, result: Result<(), String>) {
        self.inbox.send(Input::outcome(Operation::RunAction(name.into()), result));
    }

    /// Hides the variables with the secrets of `settings` from all commands.
    pub fn hide_variables(&self, settings: &Settings) {
        self.hidden_variables.lock().unwrap_or_else(PoisonError::into_inner).extend(secrets::variables(settings));
    }

    /// Starts the thread that does the jobs of one action. Where such a thread has failed, they wait; a change of the action may
    /// be the cure.
    pub fn start_worker(&self, end: WorkerEnd) -> io::Result<()> {
        let context = self.clone();
        let rest = failures::rest(THREAD);
        if !rest.is_zero() {
            self.report(&end.action.name, Err(THREAD_RESTS.into()));
        }
        let work = move || {
            if !rest.is_zero() && !end.jobs.pause(rest) {
                return;
            }
            while let Some(job) = end.jobs.pop()
                && context.run_job(&end, &job)
            {}
        };
        Builder::new().name(THREAD.into()).spawn(work).map(drop)
    }

    /// Makes as many attempts as the job needs. Returns false when the queue was closed before the last one.
    fn run_job(&self, end: &WorkerEnd, job: &Job) -> bool {
        let mut failures = 0_u32;
        loop {
            let Some(action) = end.action.get() else { return false };
            let (mut exchange, pause) = self.attempt(&action, job, failures);
            if let Err(failure) = &mut exchange.outcome
                && pause.is_some()
            {
                failure.text.push_str(text::TRYING_AGAIN);
            }
            // The result of a removed action is of no interest.
            if end.action.get().is_none() {
                return false;
            }
            let is_delivered = exchange.outcome.is_ok() && job.sequence() != 0;
            self.report(&action.name, exchange.outcome.clone().map_err(|failure| failure.text));
            if is_delivered {
                self.inbox.send(Input::Event(Event::ActionDelivered { sequence: job.sequence() }));
            }
            let (action, job, is_final) = (Arc::clone(&end.action), job.clone(), pause.is_none());
            self.dispatch.push_unbounded(DispatchMessage::Done(JobResult { action, job, exchange, is_final }));
            let Some(pause) = pause else { return true };
            failures = failures.saturating_add(1);
            if !end.jobs.pause(pause) {
                return false;
            }
        }
    }

    /// Makes one attempt. Returns the pause before the next one if there is to be one.
    fn attempt(&self, action: &Action, job: &Job, failures: u32) -> (Exchange, Option<Duration>) {
        match job {
            Job::Run(run) => (self.run_command(run), None),
            Job::Deliver(delivery) => self.attempt_delivery(action, delivery, failures),
        }
    }

    fn run_command(&self, CommandRun { action, alert, is_test, .. }: &CommandRun) -> Exchange {
        let ActionKind::Command { argv } = &action.kind else { return permanent(text::NO_COMMAND).unsent() };
        if let Err(reason) = self.permissions.check(action) {
            return permanent(reason).unsent();
        }
        let hidden =
            self.hidden_variables.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect::<Vec<_>>();
        command::run(argv, action.timeout, alert, &self.host, *is_test, &self.groups, &hidden)
    }

    fn attempt_delivery(
        &self,
        action: &Action,
        delivery: &MessageDelivery,
        failures: u32,
    ) -> (Exchange, Option<Duration>) {
        let message = &delivery.message.message;
        let left = || delivery.given_up_at.saturating_sub(clock::with_sleep());
        if left().is_zero() {
            let sent = message.body.clone();
            return (Exchange { sent, ..permanent(text::GIVEN_UP).unsent() }, None);
        }
        // A message that waits is sent once its action is trusted again.
        let exchange = match self.permissions.check(action) {
            Ok(()) => (self.deliver)(action, message),
            Err(reason) => transient(reason).unsent(),
        };
        let pause = match &exchange.outcome {
            // Not beyond the hour, so that giving up is reported in time.
            Err(Failure { is_retryable: true, retry_after, .. }) => {
                Some(backoff::pause(failures.saturating_add(1), *retry_after, fastrand::f64()).min(left()))
            }
            Ok(()) | Err(_) => None,
        };
        (exchange, pause)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::actions::backoff::GIVE_UP;
    use crate::core::actions::outbox::QueuedMessage;
    use crate::core::actions::payload::Message;
    use crate::core::settings::metrics::PushSettings;
    use crate::runtime::actions::queue::dispatch_queue;

    /// A worker whose messages all arrive.
    fn worker() -> WorkerContext {
        let deliver = |_: &Action, message: &Message| Exchange {
            sent: message.body.clone(),
            response: String::new(),
            outcome: Ok(()),
        };
        WorkerContext {
            dispatch: Arc::new(dispatch_queue()),
            queues: Arc::default(),
            inbox: Arc::default(),
            groups: Arc::default(),
            deliver: Arc::new(deliver),
            permissions: Arc::new(Permissions::new(None, None)),
            hidden_variables: Arc::default(),
            host: "here".into(),
        }
    }

    fn message(since: Timestamp) -> QueuedMessage {
        let message = Message {
            path: String::new(),
            content_type: "text/plain".into(),
            headers: Vec::new(),
            body: "an alert".into(),
        };
        QueuedMessage { since, message }
    }

    #[test]
    fn a_step_of_the_wall_clock_makes_no_message_older() {
        let (worker, action) = (worker(), PushSettings::new("https://h".into(), Vec::new()).target);
        let attempt = |delivery: &MessageDelivery| worker.attempt_delivery(&action, delivery, 0).0.outcome;
        // It was queued while the clock was wrong by years.
        let fresh = MessageDelivery::of(message(clock::now().wall.timestamp()), 0);
        let stepped = MessageDelivery { message: message(Timestamp::UNIX_EPOCH), ..fresh };
        assert_eq!(attempt(&stepped), Ok(()));
        let waited = MessageDelivery { given_up_at: clock::with_sleep(), ..stepped };
        assert_eq!(attempt(&waited), Err(permanent(text::GIVEN_UP)), "an hour has passed all the same");
    }

    #[test]
    fn a_message_of_an_earlier_run_is_as_old_as_the_wall_clock_says() {
        let left = |age: Duration| {
            let since = clock::now().wall.timestamp() - age;
            MessageDelivery::of(message(since), 0).given_up_at.saturating_sub(clock::with_sleep())
        };
        assert!(left(Duration::ZERO) <= GIVE_UP && left(Duration::ZERO) > GIVE_UP / 2);
        assert!(left(GIVE_UP / 2) <= GIVE_UP / 2 && left(GIVE_UP / 2) > GIVE_UP / 4);
        assert_eq!(left(GIVE_UP), Duration::ZERO);
    }
}
