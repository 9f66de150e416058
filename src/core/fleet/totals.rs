//! Totals since the start of Loadline. A server computes true means from them, whatever the interval at which it collects.

use std::time::Duration;

use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;

/// Totals since the start: they only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Time during which the machine was busy, all processors counting as one.
    pub cpu_busy_seconds: f64,
    /// Time during which the CPU usage was known.
    pub cpu_observed_seconds: f64,
    /// Alerts that fired, in the order of [`Metric::ALL`].
    pub alerts: [u64; 2],
}

impl Totals {
    /// Adds a reading that came `pause` after the one before. While the CPU usage is unknown nothing is added.
    pub fn add(&mut self, reading: &Reading, pause: Duration) {
        if let Some(percent) = reading.cpu_percent {
            self.cpu_busy_seconds += pause.as_secs_f64() * percent / 100.0;
            self.cpu_observed_seconds += pause.as_secs_f64();
        }
    }

    /// Counts an alert that has fired, whether it notifies or not.
    pub fn count_alert(&mut self, metric: Metric) {
        self.alerts[metric as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_without_a_known_usage_counts_neither_as_busy_nor_as_idle() {
        let mut totals = Totals::default();
        for cpu_percent in [Some(50.0), None, Some(0.0), Some(100.0)] {
            totals.add(&Reading { cpu_percent, ..Reading::default() }, Duration::from_secs(2));
        }
        assert_eq!((totals.cpu_busy_seconds, totals.cpu_observed_seconds), (3.0, 6.0));
    }
}
