//! The rate limit of an alert: its cooldown, and notifications an hour, whatever the readings do.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::SuppressedBy;

/// How far back firings count.
const HOUR: Duration = Duration::from_secs(3600);
/// With the quiet notifications of their ends, and that of the one before, these are at most seven in any hour.
const MAX_NOTIFIED_PER_HOUR: usize = 3;

/// The firings and notifications of an alert in the last hour. Times are on the monotonic clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimiter {
    /// The firings of the last hour, the oldest first.
    fired: VecDeque<Duration>,
    /// The latest first. One more than count, so that the latest can be taken back.
    notified_at: [Option<Duration>; MAX_NOTIFIED_PER_HOUR + 1],
}

impl RateLimiter {
    /// Records that the alert fires.
    pub fn fired(&mut self, at: Duration) {
        while self.fired.front().is_some_and(|fired| at.saturating_sub(*fired) >= HOUR) {
            self.fired.pop_front();
        }
        self.fired.push_back(at);
    }

    /// Records that the alert notifies.
    pub fn notified(&mut self, now: Duration) {
        self.notified_at.rotate_right(1);
        self.notified_at[0] = Some(now);
    }

    /// Takes the latest notification back, as if it had not been sent: nobody could see it.
    pub fn take_back(&mut self) {
        self.notified_at[0] = None;
        self.notified_at.rotate_left(1);
    }

    /// The number of firings in the hour before `now`.
    pub fn times_in_hour(&self, now: Duration) -> usize {
        self.fired.len() - self.fired.partition_point(|fired| now.saturating_sub(*fired) >= HOUR)
    }

    /// The limit that forbids a notification at `now`, if one does. Each firing in the last hour but one doubles the cooldown,
    /// up to an hour.
    pub fn suppressed_by(&self, now: Duration, cooldown: Duration) -> Option<SuppressedBy> {
        let is_within = |notified_at: Option<Duration>, span| {
            notified_at.is_some_and(|notified_at| now.saturating_sub(notified_at) < span)
        };
        let doublings = u32::try_from(self.times_in_hour(now).saturating_sub(1)).unwrap_or(u32::MAX);
        let doubled = cooldown.saturating_mul(2u32.saturating_pow(doublings)).min(HOUR.max(cooldown));
        if is_within(self.notified_at[0], doubled) {
            Some(SuppressedBy::Cooldown(doubled))
        } else if is_within(self.notified_at[MAX_NOTIFIED_PER_HOUR - 1], HOUR) {
            Some(SuppressedBy::RateLimited)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const LIMITED: Option<SuppressedBy> = Some(SuppressedBy::RateLimited);

    /// A limiter that notified at each of these minutes.
    fn notified(minutes: &[u32]) -> RateLimiter {
        let mut limiter = RateLimiter::default();
        minutes.iter().for_each(|minute| limiter.notified(MINUTE * *minute));
        limiter
    }

    /// The limit at a minute, without a cooldown.
    fn limit(limiter: &RateLimiter, minute: u32) -> Option<SuppressedBy> {
        limiter.suppressed_by(MINUTE * minute, Duration::ZERO)
    }

    #[test]
    fn three_notifications_in_an_hour_forbid_a_fourth() {
        let limiter = notified(&[0, 20, 40]);
        assert_eq!([0, 20].map(|last| limit(&notified(&[0, last]), 41)), [None, None]);
        assert_eq!([40, 59, 60, 79].map(|minute| limit(&limiter, minute)), [LIMITED, LIMITED, None, None]);
    }

    #[test]
    fn a_notification_that_is_taken_back_leaves_those_before_it() {
        let mut limiter = notified(&[0, 1, 2]);
        limiter.take_back();
        assert_eq!((limiter.clone(), limit(&limiter, 3)), (notified(&[0, 1]), None));
        let mut limiter = notified(&[0, 1, 2, 3]);
        limiter.take_back();
        assert_eq!(limit(&limiter, 4), LIMITED, "three are left");
        let cooldown = |minute: u32| limiter.suppressed_by(MINUTE * minute, MINUTE * 2);
        assert_eq!((cooldown(3), cooldown(4)), (Some(SuppressedBy::Cooldown(MINUTE * 2)), LIMITED), "since minute 2");
    }

    #[test]
    fn firings_of_the_last_hour_count_and_double_the_cooldown_up_to_an_hour() {
        let mut limiter = RateLimiter::default();
        let mut doubled = Vec::new();
        for minute in 0..8 {
            limiter.fired(MINUTE * minute);
            limiter.notified(MINUTE * minute);
            match limiter.suppressed_by(MINUTE * minute, MINUTE) {
                Some(SuppressedBy::Cooldown(cooldown)) => doubled.push(cooldown.as_secs() / 60),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(doubled, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!([7, 59, 60, 61, 67].map(|minute| limiter.times_in_hour(MINUTE * minute)), [8, 8, 7, 6, 0]);
        limiter.fired(MINUTE * 63);
        assert_eq!(limiter.fired.len(), 5, "what no limit needs any more is not kept");
    }
}
