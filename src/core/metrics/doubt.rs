//! Doubt in figures whose source does not report a failed read: what a failure would look like is unknown, and never a value.

use std::time::Duration;

/// Figures of a running machine that stay the same for so long, to the last byte, were not read.
const STALE_AFTER: Duration = Duration::from_secs(10);

/// Figures that change all the time on a machine that runs, and since when they have not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Staleness<T> {
    latest: Option<(T, Duration)>,
    is_repeated: bool,
}

impl<T: PartialEq> Staleness<T> {
    /// Takes the figures at `elapsed`, which never goes back. Returns whether they are the old ones because none were read.
    pub fn is_stale(&mut self, figures: T, elapsed: Duration) -> bool {
        self.is_repeated = self.latest.as_ref().is_some_and(|(latest, _)| *latest == figures);
        match &self.latest {
            Some((latest, since)) if *latest == figures => elapsed.saturating_sub(*since) >= STALE_AFTER,
            _ => {
                self.latest = Some((figures, elapsed));
                false
            }
        }
    }

    /// Whether the figures taken last are the same as those before: too soon to call them stale, and too doubtful for an alert.
    pub fn is_repeated(&self) -> bool {
        self.is_repeated
    }
}

/// The usage of all cores together, percent; `None` where it comes from a failed read. `all` is 0 after a failed read, and no
/// machine that runs this program is idle to the last tick. The usage of a core whose counters stepped back is outside 0..=100.
pub fn usage_of_cores(all: f32, cores: impl IntoIterator<Item = f32>) -> Option<f64> {
    let is_share = |percent: f32| (0.0..=100.0).contains(&percent);
    let is_known = all > 0.0 && is_share(all) && cores.into_iter().all(is_share);
    is_known.then_some(f64::from(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_stay_the_same_for_ten_seconds_are_stale() {
        let mut figures = Staleness::default();
        let mut stale = |second, value| figures.is_stale(value, Duration::from_secs(second));
        assert_eq!([stale(0, 1), stale(9, 1), stale(10, 1), stale(60, 1)], [false, false, true, true]);
        assert_eq!([stale(61, 2), stale(70, 2), stale(72, 1), stale(73, 1)], [false; 4]);
    }

    #[test]
    fn figures_that_are_the_same_as_before_are_repeated() {
        let mut figures = Staleness::default();
        let mut repeated = |value| {
            figures.is_stale(value, Duration::ZERO);
            figures.is_repeated()
        };
        assert_eq!([1, 1, 1, 2, 1, 1].map(&mut repeated), [false, true, true, false, false, true]);
    }

    #[test]
    fn the_usage_after_a_failed_read_is_unknown() {
        assert_eq!(usage_of_cores(40.0, [80.0, 0.0]), Some(40.0));
        assert_eq!(usage_of_cores(100.0, [100.0, 100.0]), Some(100.0));
        assert_eq!(usage_of_cores(0.0, [80.0, 0.0]), None, "sysinfo's figure after a failed read");
        assert_eq!(usage_of_cores(0.0, [0.0, 0.0]), None);
        assert_eq!(usage_of_cores(f32::NAN, []), None, "no cores");
        assert_eq!(usage_of_cores(30.0, [-20.0, 80.0]), None, "a counter stepped back");
        assert_eq!(usage_of_cores(90.0, [150.0, 30.0]), None, "idle time stepped back");
    }
}
