//! How often an alert has fired and told of late: what keeps it from telling too often, whatever the readings do.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::SuppressedBy;

/// How far back it counts.
const HOUR: Duration = Duration::from_secs(3600);
/// How often an alert tells in any hour. With the quiet notifications of their ends, and that of the one before, these are
/// at most seven notifications.
const MAX_NOTIFIED_PER_HOUR: usize = 3;

/// The last hour of an alert. Times are on the monotonic clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimiter {
    /// When it fired in the last hour, the oldest first.
    fired: VecDeque<Duration>,
    /// When it last told, the latest first.
    told: [Option<Duration>; MAX_NOTIFIED_PER_HOUR],
}

impl RateLimiter {
    /// Notes that it fires.
    pub fn fired(&mut self, at: Duration) {
        while self.fired.front().is_some_and(|fired| at.saturating_sub(*fired) >= HOUR) {
            self.fired.pop_front();
        }
        self.fired.push_back(at);
    }

    /// Notes that it tells.
    pub fn notified(&mut self, now: Duration) {
        self.told.rotate_right(1);
        self.told[0] = Some(now);
    }

    /// How often it fired in the hour before `now`.
    pub fn times_in_hour(&self, now: Duration) -> usize {
        self.fired.len() - self.fired.partition_point(|fired| now.saturating_sub(*fired) >= HOUR)
    }

    /// Why it may not tell at `now`, for it has told of late. Every time but one that it fired in the last hour doubles the
    /// cooldown, up to an hour.
    pub fn suppressed_by(&self, now: Duration, cooldown: Duration) -> Option<SuppressedBy> {
        let is_within = |told: Option<Duration>, span| told.is_some_and(|told| now.saturating_sub(told) < span);
        let doublings = u32::try_from(self.times_in_hour(now).saturating_sub(1)).unwrap_or(u32::MAX);
        let doubled = cooldown.saturating_mul(2u32.saturating_pow(doublings)).min(HOUR.max(cooldown));
        if is_within(self.told[0], doubled) {
            Some(SuppressedBy::Cooldown(doubled))
        } else if is_within(self.told[MAX_NOTIFIED_PER_HOUR - 1], HOUR) {
            Some(SuppressedBy::RateLimited)
        } else {
            None
        }
    }
}
