//! Means over time: a value weighs as much as the time that it stands for. Readings come less often on battery and while
//! nobody looks, so that their number says nothing of that.

use super::record::{MeanMax, StoredReading};
use crate::core::metrics::metric::Metric;

/// The values of one metric on their way to a mean.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeightedMean {
    minutes: f64,
    /// Percent times minutes.
    total: f64,
    max_percent: f64,
}

impl WeightedMean {
    /// Takes values that stand for this many minutes.
    pub fn add(&mut self, minutes: f64, MeanMax { mean_percent, max_percent }: MeanMax) {
        self.minutes += minutes;
        self.total += mean_percent * minutes;
        self.max_percent = self.max_percent.max(max_percent);
    }

    /// Takes what a reading says of one metric, if it does.
    pub fn add_reading(&mut self, kept: &StoredReading, metric: Metric) {
        if let Some(percent) = kept.reading.percent(metric) {
            self.add(kept.weight_minutes(), MeanMax { mean_percent: percent, max_percent: percent });
        }
    }

    /// Takes all that another has taken.
    pub fn add_all(&mut self, other: WeightedMean) {
        if let Some(share) = other.mean_max() {
            self.add(other.minutes, share);
        }
    }

    /// What came out; `None` where nothing was taken.
    pub fn mean_max(self) -> Option<MeanMax> {
        let mean_percent = self.total / self.minutes;
        self.is_known().then_some(MeanMax { mean_percent, max_percent: self.max_percent })
    }

    /// Whether anything was taken.
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

    fn kept(cpu: Option<f64>, refresh_s: u64) -> StoredReading {
        let reading = Reading { cpu_percent: cpu, ..Reading::default() };
        StoredReading { at: Timestamp::UNIX_EPOCH, reading, refresh: Duration::from_secs(refresh_s) }
    }

    fn mean(readings: &[StoredReading]) -> Option<MeanMax> {
        let mut mean = WeightedMean::default();
        readings.iter().for_each(|kept| mean.add_reading(kept, Metric::Cpu));
        mean.mean_max()
    }

    #[test]
    fn ten_minutes_weigh_as_much_as_ten_minutes_however_often_they_were_read() {
        let readings = [vec![kept(Some(95.0), 2); 300], vec![kept(Some(5.0), 10); 60]].concat();
        let share = mean(&readings).unwrap();
        assert!((share.mean_percent - 50.0).abs() < 1e-9, "{share:?}");
        assert_eq!(share.max_percent, 95.0);
    }

    #[test]
    fn what_is_not_known_weighs_nothing() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[kept(None, 10)]), None);
        let known = Some(MeanMax { mean_percent: 20.0, max_percent: 20.0 });
        assert_eq!(mean(&[kept(None, 10), kept(Some(20.0), 2)]), known);
        assert_eq!(mean(&[kept(Some(20.0), 0)]), known, "at an interval that is not known");
        let mut all = WeightedMean::default();
        all.add_all(WeightedMean::default());
        assert_eq!(all.mean_max(), None);
    }
}
