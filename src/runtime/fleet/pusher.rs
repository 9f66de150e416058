//! The push as the app sees it: on while the settings want it, else without a thread.

use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use super::identity::identity;
use super::push_request::PushSender;
use super::push_turn::PushTurn;
use super::push_worker::{PushWork, PushWorker};
use crate::core::engine::Engine;
use crate::core::fleet::push::schedule::PushSchedule;
use crate::core::fleet::push::series::TimedSnapshot;
use crate::core::fleet::snapshot::MetricsSnapshot;
use crate::core::metrics::metric::Metric;
use crate::core::settings::metrics::PushSettings;
use crate::core::text::actions::no_thread;
use crate::core::text::fleet::push as text;
use crate::runtime::actions::permissions::Permissions;
use crate::runtime::inbox::Inbox;
use crate::runtime::service::failures;
use crate::runtime::work_queue::WorkQueue;
use crate::runtime::{clock, platform};

/// The name of the thread.
const THREAD: &str = "push";
/// The most snapshots that wait for the thread: only while a server takes its time for an answer.
const CAPACITY: usize = 64;
/// So long the end of the program waits for the end of the series on the server.
const END_LIMIT: Duration = Duration::from_secs(3);

/// The push of a run.
pub struct Pusher {
    inbox: Arc<Inbox>,
    permissions: Arc<Permissions>,
    turn: Arc<PushTurn>,
    /// By the latest settings.
    wanted: Option<PushSettings>,
    /// Closed when it is dropped: then its thread ends by itself.
    running: Option<WorkQueue<PushWork>>,
    /// The alerts at the latest look, in the order of [`Metric::ALL`].
    are_firing: [bool; 2],
}

impl Pusher {
    /// A push that is off. It asks for values by the inbox.
    pub fn new(inbox: Arc<Inbox>, permissions: Arc<Permissions>) -> Pusher {
        let turn = Arc::new(PushTurn::new(platform::state_dir()));
        Pusher { inbox, permissions, turn, wanted: None, running: None, are_firing: [false; 2] }
    }

    /// Starts, stops or changes the push as the settings want it. `None` where nothing has changed. With the same address it goes
    /// on, and keeps the values that wait. The series of a push that is stopped end on its server, which is not waited for.
    ///
    /// # Errors
    /// One sentence, when nothing can be pushed.
    pub fn apply(&mut self, settings: Option<&PushSettings>) -> Option<Result<(), String>> {
        if self.wanted.as_ref() == settings {
            return None;
        }
        let url = |settings: &PushSettings| settings.url().map(str::to_owned);
        let is_same_server = self.wanted.as_ref().and_then(url) == settings.and_then(url);
        self.wanted = settings.cloned();
        if let (true, Some(queue), Some(settings)) = (is_same_server, &self.running, settings) {
            queue.push(PushWork::Settings(settings.clone()));
            return Some(Ok(()));
        }
        self.running = None;
        Some(settings.map_or(Ok(()), |settings| self.start(settings.clone())))
    }

    /// Gives the push the values that it has asked for.
    pub fn answer(&self, engine: &Engine) {
        self.give(engine, false);
    }

    /// Has an alert that has begun or ended since the last call be pushed soon.
    pub fn note_alerts(&mut self, engine: &Engine) {
        let are_firing = Metric::ALL.map(|metric| engine.alert(metric).firing().is_some());
        if std::mem::replace(&mut self.are_firing, are_firing) != are_firing {
            self.give(engine, true);
        }
    }

    fn give(&self, engine: &Engine, is_change: bool) {
        if let Some(queue) = &self.running {
            let at_ms = clock::now().wall.timestamp().as_millisecond();
            let taken = TimedSnapshot { snapshot: MetricsSnapshot::of(engine), at_ms };
            // The oldest goes where there are too many.
            queue.push(PushWork::Values(Box::new(taken), is_change));
        }
    }

    fn start(&mut self, settings: PushSettings) -> Result<(), String> {
        let identity = identity();
        let name = identity.host_id.as_deref().ok_or(text::NO_NAME)?;
        let schedule = PushSchedule::new(settings.every, name, &clock::now(), fastrand::f64());
        let sender = PushSender::new(settings, Arc::clone(&self.permissions));
        let (inbox, turn) = (Arc::clone(&self.inbox), Arc::clone(&self.turn));
        let turn_at = clock::monotonic() + failures::rest(THREAD);
        let worker = PushWorker { schedule, sender, identity, inbox, turn, lock: None, turn_at, told: None };
        let queue = WorkQueue::new(CAPACITY, |work| matches!(work, PushWork::Values(..)));
        let snapshots = queue.receiver();
        let thread = Builder::new().name(THREAD.into()).spawn(move || worker.run(&snapshots));
        thread.map_err(|error| text::not_pushed(&no_thread(error)))?;
        self.running = Some(queue);
        Ok(())
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        if let Some(queue) = &self.running {
            queue.finish(Some(END_LIMIT));
        }
    }
}
