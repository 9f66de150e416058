//! The thread of the push. It sleeps until the schedule has something to do, or the app has values.

use std::sync::Arc;

use super::push_request::PushSender;
use crate::core::fleet::push::schedule::{PushRequest, PushSchedule, PushStep};
use crate::core::fleet::push::series::TimedSnapshot;
use crate::core::fleet::table::MachineIdentity;
use crate::core::messages::effect::Operation;
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::work_queue::{Popped, WorkReceiver};

/// Values for the push.
pub struct TakenSnapshot {
    pub taken: TimedSnapshot,
    /// An alert has begun or ended.
    pub is_change: bool,
}

/// The state of the thread.
pub struct PushWorker {
    pub schedule: PushSchedule,
    pub sender: PushSender,
    pub identity: MachineIdentity,
    pub inbox: Arc<Inbox>,
    /// The outcome that was told last; `None` before the first request.
    pub told: Option<Result<(), String>>,
}

impl PushWorker {
    /// Pushes until the queue of `snapshots` is closed. Then it ends the series on the server.
    pub fn run(mut self, snapshots: &WorkReceiver<TakenSnapshot>) {
        loop {
            let now = clock::now();
            let until = match self.schedule.next_step(&now, fastrand::f64()) {
                PushStep::TakeSnapshot => {
                    self.inbox.send(Input::PushWanted);
                    continue;
                }
                PushStep::Send(kind) => {
                    self.request(kind);
                    now.elapsed
                }
                PushStep::Wait(until) => until,
            };
            match snapshots.pop_within(Some(until.saturating_sub(clock::monotonic()))) {
                Popped::Item(TakenSnapshot { taken, is_change }) => {
                    self.schedule.take(taken, is_change, &clock::now(), fastrand::f64());
                }
                Popped::TimedOut => {}
                Popped::Closed => break,
            }
        }
        if let Some(body) = self.schedule.end(&clock::now(), &self.identity) {
            // Nobody is left to be told of a failure.
            self.sender.send(&body);
        }
    }

    fn request(&mut self, kind: PushRequest) {
        let exchange = self.sender.send(&self.schedule.body(kind, &self.identity));
        let result = self.schedule.receive(kind, &exchange.reply, &clock::now(), fastrand::f64());
        if self.told.as_ref() != Some(&result) {
            self.told = Some(result.clone());
            self.inbox.send(Input::outcome(Operation::PushMetrics, result));
        }
    }
}
