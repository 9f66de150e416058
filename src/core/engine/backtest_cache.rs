//! The cached backtest for the threshold rows of the menu: when to run one, and how long its result is valid.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::core::alerts::quiet_hours::QuietHours;
use crate::core::alerts::rule::{Signal, SwapGrowth};
use crate::core::history::threshold_stats::BacktestResult;
use crate::core::settings::Settings;
use crate::core::time::Now;

/// Maximum cache age. A result is never cached for longer than the time that it covers, either.
const MAX_AGE: Duration = Duration::from_secs(3600);
/// Minimum cache age: each opening of the menu asks.
const MIN_AGE: Duration = Duration::from_secs(60);
/// A result from less recorded time is not shown.
const MIN_RECORDED: Duration = Duration::from_secs(3600);

/// The latest result, and the backtest under way.
#[derive(Clone, Debug, Default)]
pub struct BacktestCache {
    cached: Option<CachedResult>,
    /// The rule of the backtest under way.
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

/// All settings that a backtest depends on: its result is valid only for these.
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
    /// Whether to run a backtest, now that the menu is open; if so, counts it as under way. One at a time.
    pub fn request(&mut self, settings: &Settings, now: &Now) -> bool {
        let key = RuleKey::of(settings);
        let is_known = self.cached.as_ref().is_some_and(|cached| cached.key == key && cached.is_fresh(now));
        if is_known || self.running.is_some() {
            return false;
        }
        self.running = Some(key);
        true
    }

    /// Stores a result; `None` where nothing is recorded. Returns the failure to warn of, the first time.
    pub fn receive(&mut self, result: Result<Option<BacktestResult>, String>, now: &Now) -> Option<String> {
        let key = self.running.take()?;
        let (result, max_age, problem) = match result {
            Ok(result) => {
                let max_age = result.as_ref().map_or(MIN_AGE, |result| result.recorded.clamp(MIN_AGE, MAX_AGE));
                (result.map(Arc::new), max_age, None)
            }
            Err(problem) => (None, MAX_AGE, Some(problem)),
        };
        self.cached = Some(CachedResult { key, at: now.clone(), max_age, result });
        let problem = problem.filter(|_| !self.has_warned);
        self.has_warned |= problem.is_some();
        problem
    }

    /// The result that is valid under these settings.
    pub fn result(&self, settings: &Settings) -> Option<&Arc<BacktestResult>> {
        let cached = self.cached.as_ref().filter(|cached| cached.key == RuleKey::of(settings))?;
        cached.result.as_ref().filter(|result| result.recorded >= MIN_RECORDED)
    }
}

impl CachedResult {
    /// Checks both clocks: the monotonic one stands still while the machine sleeps, the wall clock may be set.
    fn is_fresh(&self, now: &Now) -> bool {
        let wall = now.wall.timestamp().duration_since(self.at.wall.timestamp());
        let max_age = SignedDuration::try_from(self.max_age).unwrap_or(SignedDuration::MAX);
        now.elapsed.saturating_sub(self.at.elapsed) < self.max_age && wall < max_age
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::time::now_at as at;

    fn result(recorded_s: u64) -> BacktestResult {
        let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        BacktestResult { from, to, recorded: Duration::from_secs(recorded_s), stats: [Vec::new(), Vec::new()] }
    }

    #[test]
    fn a_backtest_runs_once_an_hour_and_one_at_a_time() {
        let (mut cache, settings) = (BacktestCache::default(), Settings::DEFAULT);
        assert!(cache.request(&settings, &at(0, 0)));
        assert!(!cache.request(&settings, &at(5, 5)), "one is under way");
        assert_eq!(cache.receive(Ok(Some(result(86_400))), &at(6, 6)), None);
        assert!(cache.result(&settings).is_some());
        assert!(!cache.request(&settings, &at(3605, 3605)));
        assert!(cache.request(&settings, &at(3606, 3606)));
        assert!(cache.result(&settings).is_some(), "the old result is shown until there is a new one");
        cache.receive(Ok(Some(result(86_400))), &at(3607, 3607));
        assert!(cache.request(&settings, &at(3610, 40_000)), "the machine slept");
    }

    #[test]
    fn a_young_history_is_tested_again_soon() {
        let (mut cache, settings) = (BacktestCache::default(), Settings::DEFAULT);
        assert!(cache.request(&settings, &at(0, 0)));
        cache.receive(Ok(None), &at(0, 0));
        assert!(!cache.request(&settings, &at(59, 59)), "nothing was recorded");
        assert!(cache.request(&settings, &at(60, 60)));
        cache.receive(Ok(Some(result(90))), &at(61, 61));
        assert!(cache.result(&settings).is_none(), "a minute and a half is too little to show");
        assert!(!cache.request(&settings, &at(150, 150)));
        assert!(cache.request(&settings, &at(151, 151)));
    }

    #[test]
    fn a_result_of_another_rule_is_not_shown() {
        let (mut cache, settings) = (BacktestCache::default(), Settings::DEFAULT);
        let slower = Settings { after: Duration::from_secs(60), ..Settings::DEFAULT };
        assert!(cache.request(&settings, &at(0, 0)));
        cache.receive(Ok(Some(result(86_400))), &at(1, 1));
        assert!(cache.result(&slower).is_none());
        assert!(cache.request(&slower, &at(2, 2)));
        cache.receive(Ok(Some(result(86_400))), &at(3, 3));
        assert!(cache.result(&slower).is_some() && cache.result(&settings).is_none());
        let unrelated = Settings { snoozed_until: Some(Timestamp::MAX), refresh: Duration::from_secs(9), ..slower };
        assert!(cache.result(&unrelated).is_some(), "a backtest does not depend on these");
    }

    #[test]
    fn a_failure_is_reported_once_and_the_backtest_runs_again_in_an_hour() {
        let (mut cache, settings) = (BacktestCache::default(), Settings::DEFAULT);
        assert!(cache.request(&settings, &at(0, 0)));
        assert_eq!(cache.receive(Err("damaged".into()), &at(0, 0)), Some("damaged".into()));
        assert!(!cache.request(&settings, &at(10, 10)));
        assert!(cache.request(&settings, &at(3600, 3600)));
        assert_eq!(cache.receive(Err("damaged".into()), &at(3600, 3600)), None);
        assert!(cache.result(&settings).is_none());
    }
}
