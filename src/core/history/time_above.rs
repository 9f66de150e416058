//! The time that metrics were above their thresholds, by single readings. (Rollups hold only mean and maximum, which do not
//! show it.)

use std::time::Duration;

use super::record::StoredReading;
use crate::core::metrics::metric::{Metric, Threshold};
use crate::core::time::between;

/// The time that each metric was above its threshold.
#[derive(Clone, Debug)]
pub struct TimeAbove {
    thresholds: [Threshold; 2],
    last: Option<StoredReading>,
    above: [Duration; 2],
}

impl TimeAbove {
    /// No time yet. The thresholds are in the order of [`Metric::ALL`].
    pub fn new(thresholds: [Threshold; 2]) -> TimeAbove {
        TimeAbove { thresholds, last: None, above: [Duration::ZERO; 2] }
    }

    /// Adds the next reading: it stands for the time since the one before, unless that is a gap.
    pub fn add(&mut self, stored: &StoredReading) {
        let Some(last) = self.last.replace(*stored) else { return };
        if stored.is_gap_since(&last) {
            return;
        }
        let span = between(last.at, stored.at);
        for metric in Metric::ALL {
            let threshold = self.thresholds[metric as usize].percent();
            let above = stored.reading.percent(metric).zip(threshold);
            if above.is_some_and(|(percent, threshold)| percent > f64::from(threshold.get())) {
                self.above[metric as usize] += span;
            }
        }
    }

    /// The time that `metric` was above its threshold, and that threshold.
    pub fn of(&self, metric: Metric) -> (Duration, Threshold) {
        (self.above[metric as usize], self.thresholds[metric as usize])
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::metrics::metric::Percent;
    use crate::core::metrics::reading::Reading;

    #[test]
    fn time_above_is_the_time_between_readings_without_gaps() {
        let mut above = TimeAbove::new([Threshold::Above(Percent::DEFAULT), Threshold::Off]);
        for (second, cpu) in [(0, 90.0), (2, 80.0), (4, 80.1), (6, 99.0), (13, 99.0), (15, 99.0)] {
            let reading = Reading { cpu_percent: Some(cpu), memory_percent: Some(99.0), ..Reading::default() };
            let refresh = Duration::from_secs(2);
            above.add(&StoredReading { at: Timestamp::from_second(second).unwrap(), reading, refresh });
        }
        assert_eq!(above.of(Metric::Cpu).0, Duration::from_secs(6), "7 s are more than three refresh intervals");
        assert_eq!(above.of(Metric::Memory), (Duration::ZERO, Threshold::Off));
    }
}
