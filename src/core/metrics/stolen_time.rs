//! The share of the CPU that other virtual machines took while the percentage was above the threshold.

use super::reading::Reading;

/// The sums of the readings of one run above the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StolenTime {
    steal_percents: f64,
    cpu_percents: f64,
    readings: u32,
}

impl StolenTime {
    /// Adds a reading, if both of its shares are known.
    pub fn add(&mut self, reading: &Reading) {
        let Some((cpu_percent, steal_percent)) = reading.cpu_percent.zip(reading.cpu_steal_percent) else { return };
        self.cpu_percents += cpu_percent;
        self.steal_percents += steal_percent;
        self.readings = self.readings.saturating_add(1);
    }

    /// The mean share, 0..=100, where it is most of the CPU percentage; else `None`: then the machine's own programs
    /// are the reason.
    pub fn main_share_percent(&self) -> Option<f64> {
        let is_most = self.readings > 0 && self.steal_percents > self.cpu_percents / 2.0;
        is_most.then(|| self.steal_percents / f64::from(self.readings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(readings: &[(Option<f64>, Option<f64>)]) -> Option<f64> {
        let mut stolen = StolenTime::default();
        for &(cpu_percent, cpu_steal_percent) in readings {
            stolen.add(&Reading { cpu_percent, cpu_steal_percent, ..Reading::default() });
        }
        stolen.main_share_percent()
    }

    #[test]
    fn the_mean_of_all_readings_counts_and_not_one_of_them() {
        let (stolen, own) = ((Some(95.0), Some(85.0)), (Some(95.0), Some(5.0)));
        assert_eq!(share(&[stolen, stolen]), Some(85.0));
        assert_eq!(share(&[stolen, own, own]), None);
        assert_eq!(share(&[own, stolen, stolen]).map(f64::round), Some(58.0));
        assert_eq!(share(&[stolen, (None, None), (Some(95.0), None)]), Some(85.0));
        assert_eq!((share(&[]), share(&[(Some(0.0), Some(0.0))]), share(&[(Some(95.0), None)])), (None, None, None));
    }
}
