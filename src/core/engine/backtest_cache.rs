//! What the thresholds would have told of the past, for their rows in the menu: when that is found out, and for how long it
//! holds.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::core::alerts::quiet_hours::QuietHours;
use crate::core::alerts::rule::{Signal, SwapGrowth};
use crate::core::history::threshold_stats::BacktestResult;
use crate::core::settings::Settings;
use crate::core::time::Now;

/// For how long an answer holds, at the most. Nor does it hold for longer than what it tells of.
const MAX_AGE: Duration = Duration::from_secs(3600);
/// And for how long at least: each look at the menu asks.
const MIN_AGE: Duration = Duration::from_secs(60);
/// Less than this says nothing worth reading.
const MIN_RECORDED: Duration = Duration::from_secs(3600);

/// What is known of it.
#[derive(Clone, Debug, Default)]
pub struct BacktestCache {
    cached: Option<CachedResult>,
    /// By which rule a trial is under way.
    running: Option<RuleKey>,
    has_warned: bool,
}

#[derive(Clone, Debug)]
struct CachedResult {
    key: RuleKey,
    at: Now,
    max_age: Duration,
    result: Option<Arc<BacktestResult>>,
}

/// All of the settings that a trial depends on: what it says holds only for these.
#[derive(Clone, Copy, Debug, PartialEq)]
struct RuleKey {
    memory_signal: Signal,
    swap_growth: Option<SwapGrowth>,
    after: Duration,
    cooldown: Duration,
    quiet_hours: Option<QuietHours>,
}

impl RuleKey {
    fn of(settings: &Settings) -> RuleKey {
        let &Settings { memory_signal, swap_growth, after, cooldown, quiet_hours, .. } = settings;
        RuleKey { memory_signal, swap_growth, after, cooldown, quiet_hours }
    }
}

impl BacktestCache {
    /// Whether the thresholds are to be tried, now that somebody looks: one trial at a time.
    pub fn request(&mut self, settings: &Settings, now: &Now) -> bool {
        let terms = RuleKey::of(settings);
        let is_known = self.cached.as_ref().is_some_and(|answer| answer.key == terms && answer.is_fresh(now));
        if is_known || self.running.is_some() {
            return false;
        }
        self.running = Some(terms);
        true
    }

    /// Takes what came out: `None` where nothing is recorded. The answer is what a person is to be told, if anything: a
    /// failure, once.
    pub fn receive(&mut self, result: Result<Option<BacktestResult>, String>, now: &Now) -> Option<String> {
        let terms = self.running.take()?;
        let (tried, holds, problem) = match result {
            Ok(Some(tried)) => {
                let holds = tried.recorded.clamp(MIN_AGE, MAX_AGE);
                (Some(Arc::new(tried)), holds, None)
            }
            Ok(None) => (None, MIN_AGE, None),
            Err(problem) => (None, MAX_AGE, Some(problem)),
        };
        self.cached = Some(CachedResult { key: terms, at: now.clone(), max_age: holds, result: tried });
        let problem = problem.filter(|_| !self.has_warned);
        self.has_warned |= problem.is_some();
        problem
    }

    /// What is known under these settings.
    pub fn result(&self, settings: &Settings) -> Option<&Arc<BacktestResult>> {
        let answer = self.cached.as_ref().filter(|answer| answer.key == RuleKey::of(settings))?;
        answer.result.as_ref().filter(|tried| tried.recorded >= MIN_RECORDED)
    }
}

impl CachedResult {
    /// By either clock: one stands still while the machine sleeps, the other may be set.
    fn is_fresh(&self, now: &Now) -> bool {
        let wall = now.wall.timestamp().duration_since(self.at.wall.timestamp());
        let holds = SignedDuration::try_from(self.max_age).unwrap_or(SignedDuration::MAX);
        now.elapsed.saturating_sub(self.at.elapsed) < self.max_age && wall < holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, tz::TimeZone};

    fn at(elapsed_s: u64, wall_s: i64) -> Now {
        let wall = Timestamp::from_second(wall_s).unwrap().to_zoned(TimeZone::UTC);
        Now { elapsed: Duration::from_secs(elapsed_s), wall }
    }

    fn tried(recorded_s: u64) -> BacktestResult {
        let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        BacktestResult { from, to, recorded: Duration::from_secs(recorded_s), stats: [Vec::new(), Vec::new()] }
    }

    #[test]
    fn it_is_asked_for_once_an_hour_one_at_a_time() {
        let (mut hindsight, settings) = (BacktestCache::default(), Settings::DEFAULT);
        assert!(hindsight.request(&settings, &at(0, 0)));
        assert!(!hindsight.request(&settings, &at(5, 5)), "one is under way");
        assert_eq!(hindsight.receive(Ok(Some(tried(86_400))), &at(6, 6)), None);
        assert!(hindsight.result(&settings).is_some());
        assert!(!hindsight.request(&settings, &at(3605, 3605)));
        assert!(hindsight.request(&settings, &at(3606, 3606)));
        assert!(hindsight.result(&settings).is_some(), "what is known is shown until more is");
        hindsight.receive(Ok(Some(tried(86_400))), &at(3607, 3607));
        assert!(hindsight.request(&settings, &at(3610, 40_000)), "the machine slept");
    }

    #[test]
    fn a_young_history_is_looked_at_again_soon() {
        let (mut hindsight, settings) = (BacktestCache::default(), Settings::DEFAULT);
        assert!(hindsight.request(&settings, &at(0, 0)));
        hindsight.receive(Ok(None), &at(0, 0));
        assert!(!hindsight.request(&settings, &at(59, 59)), "nothing was recorded");
        assert!(hindsight.request(&settings, &at(60, 60)));
        hindsight.receive(Ok(Some(tried(90))), &at(61, 61));
        assert!(hindsight.result(&settings).is_none(), "a minute and a half says nothing");
        assert!(!hindsight.request(&settings, &at(150, 150)));
        assert!(hindsight.request(&settings, &at(151, 151)));
    }

    #[test]
    fn what_was_tried_by_another_rule_is_not_shown() {
        let (mut hindsight, settings) = (BacktestCache::default(), Settings::DEFAULT);
        let slower = Settings { after: Duration::from_secs(60), ..Settings::DEFAULT };
        assert!(hindsight.request(&settings, &at(0, 0)));
        hindsight.receive(Ok(Some(tried(86_400))), &at(1, 1));
        assert!(hindsight.result(&slower).is_none());
        assert!(hindsight.request(&slower, &at(2, 2)));
        hindsight.receive(Ok(Some(tried(86_400))), &at(3, 3));
        assert!(hindsight.result(&slower).is_some() && hindsight.result(&settings).is_none());
        let elsewhere = Settings { snoozed_until: Some(Timestamp::MAX), refresh: Duration::from_secs(9), ..slower };
        assert!(hindsight.result(&elsewhere).is_some(), "a trial does not depend on these");
    }

    #[test]
    fn a_failure_is_told_once_and_tried_again_in_an_hour() {
        let (mut hindsight, settings) = (BacktestCache::default(), Settings::DEFAULT);
        assert!(hindsight.request(&settings, &at(0, 0)));
        assert_eq!(hindsight.receive(Err("damaged".into()), &at(0, 0)), Some("damaged".into()));
        assert!(!hindsight.request(&settings, &at(10, 10)));
        assert!(hindsight.request(&settings, &at(3600, 3600)));
        assert_eq!(hindsight.receive(Err("damaged".into()), &at(3600, 3600)), None);
        assert!(hindsight.result(&settings).is_none());
    }
}
