//! The thread of one action: does what is on its desk, one after the other.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use super::command;
use super::exchange::{Deliver, Exchange, Failure};
use super::process_group::ProcessGroups;
use super::queue::{AssignedJob, Job, JobQueue, JobResult, QueueId};
use crate::core::actions::backoff::{self, GIVE_UP};
use crate::core::actions::outbox::QueuedMessage;
use crate::core::messages::effect;
use crate::core::settings::action::{Action, ActionKind};
use crate::core::time::between;
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};

/// Said of a message that has waited for too long.
pub const GIVEN_UP: &str = "a message was given up: it could not be delivered within an hour";

/// What a worker needs.
#[derive(Clone)]
pub struct WorkerContext {
    /// Where the work is.
    pub office: Arc<JobQueue>,
    /// Where outcomes go.
    pub inbox: Arc<Inbox>,
    /// Where commands run.
    pub groups: Arc<ProcessGroups>,
    /// How messages are delivered.
    pub deliver: Deliver,
    /// What this machine is called.
    pub host: Arc<str>,
}

impl WorkerContext {
    /// Says how an action went.
    pub fn report(&self, name: &str, result: Result<(), String>) {
        self.inbox.send(Input::outcome(effect::Operation::RunAction(name.into()), result));
    }

    /// Starts the thread that works at a desk.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start_worker(&self, desk: QueueId) -> io::Result<()> {
        let tools = self.clone();
        let work = move || {
            while let Some(task) = tools.office.next(&desk) {
                tools.run_job(&desk, task);
            }
        };
        Builder::new().name("action".into()).spawn(work).map(drop)
    }

    fn run_job(&self, desk: &QueueId, task: AssignedJob) {
        let AssignedJob { action, job, attempts } = task;
        let (mut exchange, pause) = match &job {
            Job::Run { line, is_test } => {
                let ActionKind::Command { argv } = &action.kind else { return };
                (catch_panic(|| command::run(argv, action.timeout, line, &self.host, *is_test, &self.groups)), None)
            }
            Job::Deliver(undelivered) => self.attempt(&action, undelivered, attempts),
        };
        if let Err(failure) = &mut exchange.outcome
            && pause.is_some()
        {
            failure.text.push_str("; trying again");
        }
        let result = exchange.outcome.as_ref().map(|_| ()).map_err(|failure| failure.text.clone());
        if self.office.has(desk) {
            self.report(&action.name, result);
        }
        self.office.complete(JobResult { desk: desk.clone(), job, exchange, is_final: pause.is_none() }, pause);
    }

    /// One attempt, and how long to wait for the next if there is to be one.
    fn attempt(&self, action: &Action, undelivered: &QueuedMessage, attempts: u32) -> (Exchange, Option<Duration>) {
        let left = || GIVE_UP.saturating_sub(between(undelivered.since, clock::now().wall.timestamp()));
        if left().is_zero() {
            let outcome = Err(Failure { text: GIVEN_UP.into(), is_retryable: false, retry_after: None });
            return (Exchange { sent: undelivered.message.body.clone(), response: String::new(), outcome }, None);
        }
        let exchange = catch_panic(|| (self.deliver)(action, &undelivered.message));
        let pause = match &exchange.outcome {
            // Not beyond the hour, so that giving up is said in time.
            Err(Failure { is_retryable: true, retry_after: wait, .. }) => {
                Some(backoff::pause(attempts.saturating_add(1), *wait, fastrand::f64()).min(left()))
            }
            Ok(()) | Err(_) => None,
        };
        (exchange, pause)
    }
}

/// An attempt that breaks off (the web client does where the system has no thread to give) is one that has failed: the
/// desk would be busy for ever, and nothing said.
fn catch_panic(attempt: impl FnOnce() -> Exchange) -> Exchange {
    // What the attempt was about to change is gone with it.
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| {
        let text = "it broke off; the reason is on Loadline's stderr".into();
        let outcome = Err(Failure { text, is_retryable: true, retry_after: None });
        Exchange { sent: String::new(), response: String::new(), outcome }
    })
}
