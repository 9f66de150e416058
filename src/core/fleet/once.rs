//! The table without a monitor that runs: an engine that takes a few readings, and is gone again.

use super::snapshot::MetricsSnapshot;
use crate::core::engine::{Engine, EngineOptions};
use crate::core::messages::effect::Event;
use crate::core::metrics::reading::Reading;
use crate::core::settings::{Overrides, Settings};
use crate::core::time::{Clock, Now};

/// The state after `readings`, in order. No effect is performed: nobody is notified, and nothing is recorded.
pub fn snapshot(settings: Settings, overrides: Overrides, readings: &[(Reading, Now)]) -> MetricsSnapshot {
    let options =
        EngineOptions { prints_readings: false, names_apps: false, checks_updates: false, clock: Clock::Hours24 };
    let mut engine = Engine::new(Settings { history: false, ..settings }, overrides, options);
    for (reading, now) in readings {
        engine.handle(Event::Reading(*reading), now, &mut Vec::new());
    }
    MetricsSnapshot::of(&engine)
}
