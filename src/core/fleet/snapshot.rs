//! The values of all metrics at one moment, taken from the engine: small, so that taking it costs next to nothing.

use std::time::Duration;

use jiff::Timestamp;

use super::totals::Totals;
use crate::core::alerts::rule::Signal;
use crate::core::engine::Engine;
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::Reading;

/// The state of the engine, as far as the table of metrics shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricsSnapshot {
    /// The latest reading, and its time; `None` before the first one.
    pub reading: Option<(Reading, Timestamp)>,
    pub totals: Totals,
    /// The threshold of each alert, in the order of [`Metric::ALL`]; `None` while the alert is off, or watches the memory
    /// pressure alone.
    pub thresholds: [Option<Percent>; 2],
    /// Whether each alert fires.
    pub are_firing: [bool; 2],
    /// The interval between readings that is in force.
    pub refresh: Duration,
}

impl MetricsSnapshot {
    /// The state of `engine`.
    pub fn of(engine: &Engine) -> MetricsSnapshot {
        let threshold = |metric| {
            let rule = engine.alert(metric).rule().filter(|rule| rule.signal != Signal::Pressure);
            rule.map(|rule| rule.above)
        };
        MetricsSnapshot {
            reading: engine.reading().zip(engine.read_at()).map(|(reading, at)| (*reading, at.wall.timestamp())),
            totals: *engine.totals(),
            thresholds: Metric::ALL.map(threshold),
            are_firing: Metric::ALL.map(|metric| engine.alert(metric).firing().is_some()),
            refresh: engine.refresh_in_force(),
        }
    }
}
