//! The thread of the push. It sleeps until the schedule has something to do, or the app has values.

use std::sync::Arc;
use std::time::Duration;

use super::push_request::PushSender;
use super::push_turn::PushTurn;
use crate::core::fleet::push::schedule::{PushRequest, PushSchedule, PushStep};
use crate::core::fleet::push::series::TimedSnapshot;
use crate::core::fleet::table::MachineIdentity;
use crate::core::messages::effect::Operation;
use crate::core::settings::metrics::PushSettings;
use crate::core::text::fleet::push as text;
use crate::core::text::problems::THREAD_RESTS;
use crate::core::time::Now;
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::instance_lock::InstanceLock;
use crate::runtime::work_queue::{Popped, WorkReceiver};

/// Work for the thread.
pub enum PushWork {
    /// Values, and whether an alert has begun or ended.
    Values(Box<TimedSnapshot>, bool),
    /// Other settings for the same address.
    Settings(PushSettings),
}

/// The state of the thread.
pub struct PushWorker {
    pub schedule: PushSchedule,
    pub sender: PushSender,
    pub identity: MachineIdentity,
    pub inbox: Arc<Inbox>,
    pub turn: Arc<PushTurn>,
    /// The right to push; `None` while another process has it.
    pub lock: Option<Arc<InstanceLock>>,
    /// The time at which the right is tried for, on the monotonic clock.
    pub turn_at: Duration,
    /// The outcome that was told last; `None` before the first request.
    pub told: Option<Result<(), String>>,
}

impl PushWorker {
    /// Pushes until the queue of `work` is closed. Then it ends the series on the server.
    pub fn run(mut self, work: &WorkReceiver<PushWork>) {
        if self.turn_at > clock::monotonic() {
            self.tell(Err(text::not_pushed(THREAD_RESTS)));
        }
        loop {
            let until = match self.next_step(&clock::now()) {
                PushStep::TakeSnapshot => {
                    self.inbox.send(Input::PushWanted);
                    continue;
                }
                PushStep::Send(kind) => {
                    self.request(kind);
                    Duration::ZERO
                }
                PushStep::Wait(until) => until,
            };
            match work.pop_within(Some(until.saturating_sub(clock::monotonic()))) {
                Popped::Item(PushWork::Values(taken, is_change)) if self.lock.is_some() => {
                    self.schedule.take(*taken, is_change, &clock::now(), fastrand::f64());
                }
                Popped::Item(PushWork::Settings(settings)) => self.change(settings),
                Popped::Item(PushWork::Values(..)) | Popped::TimedOut => {}
                Popped::Closed => break,
            }
        }
        self.end();
    }

    /// The next thing to do: nothing while another process pushes. That is looked at once in an interval.
    fn next_step(&mut self, now: &Now) -> PushStep {
        if self.lock.is_none() && now.elapsed >= self.turn_at {
            self.lock = self.turn.take();
            self.turn_at = self.schedule.next_in_phase(now);
            if self.lock.is_none() {
                self.tell(Err(text::ANOTHER_PUSHES.into()));
            }
        }
        match self.lock {
            Some(_) => self.schedule.next_step(now, fastrand::f64()),
            None => PushStep::Wait(self.turn_at),
        }
    }

    fn request(&mut self, kind: PushRequest) {
        let exchange = self.sender.send(&self.schedule.body(kind, &self.identity));
        let result = self.schedule.receive(kind, &exchange.reply, &clock::now(), fastrand::f64());
        self.tell(result);
    }

    fn tell(&mut self, result: Result<(), String>) {
        if self.told.as_ref() != Some(&result) {
            self.told = Some(result.clone());
            self.inbox.send(Input::outcome(Operation::PushMetrics, result));
        }
    }

    /// The app has forgotten the problem before: it is told again if it goes on.
    fn change(&mut self, settings: PushSettings) {
        let name = self.identity.host_id.as_deref().unwrap_or_default();
        self.schedule.change(settings.every, name, &clock::now(), fastrand::f64());
        self.sender.change(settings);
        (self.told, self.turn_at) = (None, Duration::ZERO);
    }

    /// Nobody is left to be told of a failure. A server that does not answer is not asked twice.
    fn end(mut self) {
        if self.lock.is_none() {
            return;
        }
        if let Some(body) = self.schedule.last_retry(&clock::now(), &self.identity) {
            let reply = self.sender.send(&body).reply;
            if reply.status.is_none() {
                return;
            }
            let _ = self.schedule.receive(PushRequest::Values, &reply, &clock::now(), 0.0);
        }
        if let Some(body) = self.schedule.end(&clock::now(), &self.identity) {
            self.sender.send(&body);
        }
    }
}
