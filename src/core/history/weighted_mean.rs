//! Means over time: a value weighs as much as the time that it stands for. (Readings come less often on battery and with the
//! display asleep, so that their number is no measure of time.)

use super::record::{MeanMax, StoredReading};
use crate::core::metrics::metric::Metric;

/// The weighted sum of the values of one metric.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeightedMean {
    minutes: f64,
    /// Percent times minutes.
    total: f64,
    max_percent: f64,
}

impl WeightedMean {
    /// Adds values that stand for this many minutes.
    pub fn add(&mut self, minutes: f64, MeanMax { mean_percent, max_percent }: MeanMax) {
        self.minutes += minutes;
        self.total += mean_percent * minutes;
        self.max_percent = self.max_percent.max(max_percent);
    }

    /// Adds a reading's value of one metric, if it has one.
    pub fn add_reading(&mut self, stored: &StoredReading, metric: Metric) {
        if let Some(percent) = stored.reading.percent(metric) {
            self.add(stored.weight_minutes(), MeanMax { mean_percent: percent, max_percent: percent });
        }
    }

    /// Adds all values of another mean.
    pub fn add_all(&mut self, other: WeightedMean) {
        if let Some(mean_max) = other.mean_max() {
            self.add(other.minutes, mean_max);
        }
    }

    /// The result; `None` without a value.
    pub fn mean_max(self) -> Option<MeanMax> {
        let mean_percent = self.total / self.minutes;
        self.is_known().then_some(MeanMax { mean_percent, max_percent: self.max_percent })
    }

    /// Whether there is any value.
    pub fn is_known(self) -> bool {
        self.minutes > 0.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::core::metrics::reading::Reading;

    fn reading(cpu: Option<f64>, refresh_s: u64) -> StoredReading {
        let reading = Reading { cpu_percent: cpu, ..Reading::default() };
        StoredReading { at: Timestamp::UNIX_EPOCH, reading, refresh: Duration::from_secs(refresh_s) }
    }

    fn mean(readings: &[StoredReading]) -> Option<MeanMax> {
        let mut mean = WeightedMean::default();
        readings.iter().for_each(|reading| mean.add_reading(reading, Metric::Cpu));
        mean.mean_max()
    }

    #[test]
    fn readings_weigh_by_their_intervals() {
        let readings = [vec![reading(Some(95.0), 2); 300], vec![reading(Some(5.0), 10); 60]].concat();
        let result = mean(&readings).unwrap();
        assert!((result.mean_percent - 50.0).abs() < 1e-9, "{result:?}");
        assert_eq!(result.max_percent, 95.0);
    }

    #[test]
    fn unknown_values_weigh_nothing() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[reading(None, 10)]), None);
        let known = Some(MeanMax { mean_percent: 20.0, max_percent: 20.0 });
        assert_eq!(mean(&[reading(None, 10), reading(Some(20.0), 2)]), known);
        assert_eq!(mean(&[reading(Some(20.0), 0)]), known, "at an unknown interval");
        let mut all = WeightedMean::default();
        all.add_all(WeightedMean::default());
        assert_eq!(all.mean_max(), None);
    }
}
