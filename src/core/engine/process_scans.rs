//! Who uses the most, and when to look: only while an alert is about to fire, is waiting for the answer, or fires.

use std::sync::Arc;
use std::time::Duration;

use crate::core::metrics::metric::Metric;
use crate::core::processes::top_apps::{AppUsage, TopApps};

/// An answer this old still says who uses the most at the moment an alert fires.
const FRESH_FOR: Duration = Duration::from_secs(10);
/// While an alert fires, what the menu says of it is looked at again this often.
const RESCAN_INTERVAL: Duration = Duration::from_secs(60);
/// An answer older than this says nothing about now.
const EXPIRES_AFTER: Duration = Duration::from_secs(150);
/// A look takes a second and a little. An answer that is not there after this long is not coming.
const SCAN_TIMEOUT: Duration = Duration::from_secs(10);

/// What is known of the processes. Times are on the monotonic clock.
#[derive(Clone, Debug)]
pub struct ScanSchedule {
    /// Off where the readings are not this machine's of now: a trace.
    is_on: bool,
    asked_at: Option<Duration>,
    answer: Option<(TopApps, Duration)>,
}

impl ScanSchedule {
    /// Nothing known yet.
    pub fn new(is_on: bool) -> ScanSchedule {
        ScanSchedule { is_on, asked_at: None, answer: None }
    }

    /// Whether an alert that fires at `now` should wait for an answer.
    pub fn is_awaited(&self, now: Duration) -> bool {
        self.is_on && !self.is_younger(FRESH_FOR, now)
    }

    /// Whether, of alerts that are firing, a new answer is due.
    pub fn is_rescan_due(&self, now: Duration) -> bool {
        !self.is_younger(RESCAN_INTERVAL, now)
    }

    /// Who uses the most of what `metric` measures; `None` where that is not known.
    pub fn top(&self, metric: Metric, now: Duration) -> Option<&Arc<[AppUsage]>> {
        let (culprits, _) = self.answer.as_ref().filter(|_| self.is_younger(EXPIRES_AFTER, now))?;
        let top = match metric {
            Metric::Cpu => &culprits.by_cpu,
            Metric::Memory => &culprits.by_memory,
        };
        (!top.is_empty()).then_some(top)
    }

    /// Whether what is known is of all processes.
    pub fn is_complete(&self) -> bool {
        self.answer.as_ref().is_some_and(|(culprits, _)| culprits.is_complete)
    }

    /// Whether a look is to be asked for: one at a time.
    pub fn request(&mut self, now: Duration) -> bool {
        let is_under_way = self.asked_at.is_some_and(|asked| now.saturating_sub(asked) < SCAN_TIMEOUT);
        if !self.is_on || is_under_way {
            return false;
        }
        self.asked_at = Some(now);
        true
    }

    /// Takes the answer; without one, what was known before is too old to go by.
    pub fn receive(&mut self, answer: Option<TopApps>, now: Duration) {
        self.asked_at = None;
        self.answer = answer.map(|culprits| (culprits, now));
    }

    fn is_younger(&self, limit: Duration, now: Duration) -> bool {
        self.answer.as_ref().is_some_and(|(_, at)| now.saturating_sub(*at) <= limit)
    }
}
