//! The metrics that the app pushes: the push follows the settings, and gets values when it asks, and when an alert changes.

use super::App;
use crate::core::messages::effect::{Event, Operation};
use crate::runtime::fleet::pusher::Pusher;

impl App {
    /// Gives the app its push; without one no metrics are pushed.
    pub fn set_pusher(&mut self, pusher: Pusher) {
        self.pusher = Some(pusher);
        self.apply_push();
    }

    /// Has the push follow the settings in force.
    pub(super) fn apply_push(&mut self) {
        let settings = self.engine.settings().metrics.push.as_ref();
        let Some(result) = self.pusher.as_mut().and_then(|pusher| pusher.apply(settings)) else { return };
        self.handle(Event::Outcome { operation: Operation::PushMetrics, result });
    }

    pub(super) fn answer_push(&self) {
        if let Some(pusher) = &self.pusher {
            pusher.answer(&self.engine);
        }
    }
}
