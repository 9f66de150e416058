//! Decides when to scan processes: while an alert is about to fire, waits for the result, or fires; and once in five
//! minutes for the history. (For the open menu see `core/tray/menu_apps.rs`.)

use std::sync::Arc;
use std::time::Duration;

use crate::core::metrics::metric::Metric;
use crate::core::processes::top_apps::{AppUsage, TopApps};

/// A result this old still names the top applications of the moment at which an alert fires.
const FRESH_FOR: Duration = Duration::from_secs(10);
/// The interval of scans for the menu while an alert fires.
const RESCAN_INTERVAL: Duration = Duration::from_secs(60);
/// A result older than this is dropped.
const EXPIRES_AFTER: Duration = Duration::from_secs(150);
/// A scan takes a little more than a second. One without a result after this long has failed.
const SCAN_TIMEOUT: Duration = Duration::from_secs(10);

/// The time between two looks at the applications for the history.
const LOOK_INTERVAL: Duration = Duration::from_secs(300);
/// The first look, with which the second one is compared, is not a part of the start.
const FIRST_LOOK_AFTER: Duration = Duration::from_secs(60);

/// The latest scan result, and the scan under way. Times are on the monotonic clock.
#[derive(Clone, Debug)]
pub struct ScanSchedule {
    /// False for a trace, whose readings are not this machine's present ones.
    is_enabled: bool,
    requested_at: Option<Duration>,
    result: Option<(TopApps, Duration)>,
    /// The next look at the applications for the history; `None` before the first request.
    next_look_at: Option<Duration>,
}

impl ScanSchedule {
    /// A schedule without a result yet.
    pub fn new(is_enabled: bool) -> ScanSchedule {
        ScanSchedule { is_enabled, requested_at: None, result: None, next_look_at: None }
    }

    /// Whether to look at the applications for the history now; if so, the next look is five minutes later.
    pub fn request_look(&mut self, now: Duration) -> bool {
        let is_due = self.is_enabled && now >= *self.next_look_at.get_or_insert(now.saturating_add(FIRST_LOOK_AFTER));
        if is_due {
            self.next_look_at = Some(now.saturating_add(LOOK_INTERVAL));
        }
        is_due
    }

    /// Whether an alert that fires at `now` should wait for a result.
    pub fn is_awaited(&self, now: Duration) -> bool {
        self.is_enabled && !self.is_younger(FRESH_FOR, now)
    }

    /// Whether firing alerts need a new scan.
    pub fn is_rescan_due(&self, now: Duration) -> bool {
        !self.is_younger(RESCAN_INTERVAL, now)
    }

    /// The applications that use the most of `metric`, none where no visible one uses any; `None` where there is no recent scan.
    pub fn top(&self, metric: Metric, now: Duration) -> Option<&Arc<[AppUsage]>> {
        let (top_apps, _) = self.result.as_ref().filter(|_| self.is_younger(EXPIRES_AFTER, now))?;
        Some(match metric {
            Metric::Cpu => &top_apps.by_cpu,
            Metric::Memory => &top_apps.by_memory,
        })
    }

    /// Whether the result covers all processes.
    pub fn is_complete(&self) -> bool {
        self.result.as_ref().is_some_and(|(top_apps, _)| top_apps.is_complete)
    }

    /// Whether to start a scan now; if so, counts it as under way. One at a time.
    pub fn request(&mut self, now: Duration) -> bool {
        let is_under_way = self.requested_at.is_some_and(|at| now.saturating_sub(at) < SCAN_TIMEOUT);
        if !self.is_enabled || is_under_way {
            return false;
        }
        self.requested_at = Some(now);
        true
    }

    /// Stores the result of a scan. A failed one also drops the result before, which is too old by then.
    pub fn receive(&mut self, result: Option<TopApps>, now: Duration) {
        self.requested_at = None;
        self.result = result.map(|top_apps| (top_apps, now));
    }

    fn is_younger(&self, limit: Duration, now: Duration) -> bool {
        self.result.as_ref().is_some_and(|(_, at)| now.saturating_sub(*at) <= limit)
    }
}

#[cfg(test)]
mod tests;
