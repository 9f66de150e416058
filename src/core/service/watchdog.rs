//! The watchdog of a service manager, which restarts a service that it has not heard from for a while.

use std::time::Duration;

/// Decides when the service manager hears from the loop: after half of its time at the latest, and with a reading where one comes
/// shortly before, so that no timer of its own is needed then.
///
/// Source: sd_watchdog_enabled(3), which recommends half of the time.
#[derive(Clone, Debug, PartialEq)]
pub struct Watchdog {
    interval: Duration,
    last: Duration,
}

impl Watchdog {
    /// The watchdog that the variables `WATCHDOG_USEC` and `WATCHDOG_PID` ask for, told at `now`. `None` where they ask for none,
    /// or ask another process than `pid`.
    pub fn new(microseconds: Option<&str>, watched: Option<&str>, pid: u32, now: Duration) -> Option<Watchdog> {
        let is_meant = watched.is_none_or(|watched| watched.parse() == Ok(pid));
        let time = microseconds?.parse().ok().filter(|time| (1..u64::MAX).contains(time) && is_meant)?;
        Some(Watchdog { interval: Duration::from_micros(time) / 2, last: now })
    }

    /// The latest time at which the service manager wants to hear from the loop.
    pub fn due_at(&self) -> Duration {
        self.last + self.interval
    }

    /// The most by which the service manager may hear from the loop late.
    pub fn tolerance(&self) -> Duration {
        self.interval / 4
    }

    /// Whether to tell with the reading of `now`: it is due, or will be before the reading after it, at `next`, and half of the
    /// interval is over. Without a known `next` that alone decides.
    pub fn goes_with_reading(&self, now: Duration, next: Option<Duration>) -> bool {
        now >= self.last + self.interval / 2 && next.is_none_or(|next| next > self.due_at())
    }

    /// The service manager was told at `now`.
    pub fn told(&mut self, now: Duration) {
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn watchdog(microseconds: &str) -> Option<Watchdog> {
        Watchdog::new(Some(microseconds), None, 7, Duration::ZERO)
    }

    #[test]
    fn the_variables_ask_for_half_of_their_time_and_only_this_process() {
        let due = |watched| Watchdog::new(Some("30000000"), watched, 7, SECOND).map(|watchdog| watchdog.due_at());
        assert_eq!(due(None), Some(16 * SECOND));
        assert_eq!(due(Some("7")), Some(16 * SECOND));
        assert_eq!([due(Some("8")), due(Some("")), due(Some("x"))], [None; 3]);
        assert_eq!(Watchdog::new(None, Some("7"), 7, SECOND), None);
        for wrong in ["", "0", "-1", "30s", "18446744073709551615", "99999999999999999999"] {
            assert_eq!(watchdog(wrong), None, "{wrong}");
        }
    }

    /// The times in seconds at which the service manager is told, with a reading every `refresh`, over two minutes.
    fn told(refresh: u32) -> Vec<(u64, bool)> {
        let mut watchdog = watchdog("30000000").unwrap();
        let (mut told, mut reading) = (Vec::new(), Duration::ZERO);
        while reading < 120 * SECOND {
            let next = reading + refresh * SECOND;
            if watchdog.goes_with_reading(reading, Some(next)) {
                watchdog.told(reading);
                told.push((reading.as_secs(), true));
            }
            while watchdog.due_at() < next {
                told.push((watchdog.due_at().as_secs(), false));
                watchdog.told(watchdog.due_at());
            }
            reading = next;
        }
        told
    }

    #[test]
    fn readings_that_come_often_tell_it_and_no_more_often_than_asked() {
        let with_readings = |times: &[u64]| times.iter().map(|time| (*time, true)).collect::<Vec<_>>();
        assert_eq!(told(2), with_readings(&[14, 28, 42, 56, 70, 84, 98, 112]));
        assert_eq!(told(15), with_readings(&[15, 30, 45, 60, 75, 90, 105]));
    }

    #[test]
    fn it_is_told_in_time_between_rare_readings() {
        for refresh in [1, 2, 7, 11, 15, 16, 20, 60, 100] {
            let times = told(refresh);
            let gaps: Vec<u64> = times.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
            assert!(times[0].0 <= 15 && gaps.iter().all(|gap| (7..=15).contains(gap)), "{refresh}: {times:?}");
        }
        assert!(told(60).iter().any(|(_, is_with_reading)| !is_with_reading));
    }

    #[test]
    fn readings_at_unknown_times_tell_it_once_half_of_the_interval_is_over() {
        let watchdog = watchdog("40000000").unwrap();
        let goes = [9, 10, 25].map(|now| watchdog.goes_with_reading(now * SECOND, None));
        assert_eq!(goes, [false, true, true]);
    }
}
