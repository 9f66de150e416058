//! What the thresholds would have told of the past, for their rows in the menu: when that is found out, and for how long it
//! holds.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::backtest::Tried;
use crate::core::alerts::quiet_hours::QuietHours;
use crate::core::alerts::rule::{Signal, SwapGrowth};
use crate::core::settings::Settings;
use crate::core::time::Now;

/// For how long an answer holds, at the most. Nor does it hold for longer than what it tells of.
const HOLDS: Duration = Duration::from_secs(3600);
/// And for how long at least: each look at the menu asks.
const HOLDS_AT_LEAST: Duration = Duration::from_secs(60);
/// Less than this says nothing worth reading.
const LEAST_RECORDED: Duration = Duration::from_secs(3600);

/// What is known of it.
#[derive(Clone, Debug, Default)]
pub struct Hindsight {
    answer: Option<Answer>,
    /// By which rule a trial is under way.
    asked: Option<Terms>,
    has_complained: bool,
}

#[derive(Clone, Debug)]
struct Answer {
    terms: Terms,
    at: Now,
    holds: Duration,
    tried: Option<Arc<Tried>>,
}

/// All of the settings that a trial depends on: what it says holds only for these.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Terms {
    memory_signal: Signal,
    swap_growth: Option<SwapGrowth>,
    after: Duration,
    cooldown: Duration,
    quiet_hours: Option<QuietHours>,
}

impl Terms {
    fn of(settings: &Settings) -> Terms {
        let &Settings { memory_signal, swap_growth, after, cooldown, quiet_hours, .. } = settings;
        Terms { memory_signal, swap_growth, after, cooldown, quiet_hours }
    }
}

impl Hindsight {
    /// Whether the thresholds are to be tried, now that somebody looks: one trial at a time.
    pub fn ask(&mut self, settings: &Settings, now: &Now) -> bool {
        let terms = Terms::of(settings);
        let is_known = self.answer.as_ref().is_some_and(|answer| answer.terms == terms && answer.holds_at(now));
        if is_known || self.asked.is_some() {
            return false;
        }
        self.asked = Some(terms);
        true
    }

    /// Takes what came out: `None` where nothing is recorded. The answer is what a person is to be told, if anything: a
    /// failure, once.
    pub fn take(&mut self, result: Result<Option<Tried>, String>, now: &Now) -> Option<String> {
        let terms = self.asked.take()?;
        let (tried, holds, problem) = match result {
            Ok(Some(tried)) => {
                let holds = tried.recorded.clamp(HOLDS_AT_LEAST, HOLDS);
                (Some(Arc::new(tried)), holds, None)
            }
            Ok(None) => (None, HOLDS_AT_LEAST, None),
            Err(problem) => (None, HOLDS, Some(problem)),
        };
        self.answer = Some(Answer { terms, at: now.clone(), holds, tried });
        let problem = problem.filter(|_| !self.has_complained);
        self.has_complained |= problem.is_some();
        problem
    }

    /// What is known under these settings.
    pub fn tried(&self, settings: &Settings) -> Option<&Arc<Tried>> {
        let answer = self.answer.as_ref().filter(|answer| answer.terms == Terms::of(settings))?;
        answer.tried.as_ref().filter(|tried| tried.recorded >= LEAST_RECORDED)
    }
}

impl Answer {
    /// By either clock: one stands still while the machine sleeps, the other may be set.
    fn holds_at(&self, now: &Now) -> bool {
        let wall = now.wall.timestamp().duration_since(self.at.wall.timestamp());
        let holds = SignedDuration::try_from(self.holds).unwrap_or(SignedDuration::MAX);
        now.elapsed.saturating_sub(self.at.elapsed) < self.holds && wall < holds
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

    fn tried(recorded_s: u64) -> Tried {
        let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        Tried { from, to, recorded: Duration::from_secs(recorded_s), told: [Vec::new(), Vec::new()] }
    }

    #[test]
    fn it_is_asked_for_once_an_hour_one_at_a_time() {
        let (mut hindsight, settings) = (Hindsight::default(), Settings::DEFAULT);
        assert!(hindsight.ask(&settings, &at(0, 0)));
        assert!(!hindsight.ask(&settings, &at(5, 5)), "one is under way");
        assert_eq!(hindsight.take(Ok(Some(tried(86_400))), &at(6, 6)), None);
        assert!(hindsight.tried(&settings).is_some());
        assert!(!hindsight.ask(&settings, &at(3605, 3605)));
        assert!(hindsight.ask(&settings, &at(3606, 3606)));
        assert!(hindsight.tried(&settings).is_some(), "what is known is shown until more is");
        hindsight.take(Ok(Some(tried(86_400))), &at(3607, 3607));
        assert!(hindsight.ask(&settings, &at(3610, 40_000)), "the machine slept");
    }

    #[test]
    fn a_young_history_is_looked_at_again_soon() {
        let (mut hindsight, settings) = (Hindsight::default(), Settings::DEFAULT);
        assert!(hindsight.ask(&settings, &at(0, 0)));
        hindsight.take(Ok(None), &at(0, 0));
        assert!(!hindsight.ask(&settings, &at(59, 59)), "nothing was recorded");
        assert!(hindsight.ask(&settings, &at(60, 60)));
        hindsight.take(Ok(Some(tried(90))), &at(61, 61));
        assert!(hindsight.tried(&settings).is_none(), "a minute and a half says nothing");
        assert!(!hindsight.ask(&settings, &at(150, 150)));
        assert!(hindsight.ask(&settings, &at(151, 151)));
    }

    #[test]
    fn what_was_tried_by_another_rule_is_not_shown() {
        let (mut hindsight, settings) = (Hindsight::default(), Settings::DEFAULT);
        let slower = Settings { after: Duration::from_secs(60), ..Settings::DEFAULT };
        assert!(hindsight.ask(&settings, &at(0, 0)));
        hindsight.take(Ok(Some(tried(86_400))), &at(1, 1));
        assert!(hindsight.tried(&slower).is_none());
        assert!(hindsight.ask(&slower, &at(2, 2)));
        hindsight.take(Ok(Some(tried(86_400))), &at(3, 3));
        assert!(hindsight.tried(&slower).is_some() && hindsight.tried(&settings).is_none());
        let elsewhere = Settings { snoozed_until: Some(Timestamp::MAX), refresh: Duration::from_secs(9), ..slower };
        assert!(hindsight.tried(&elsewhere).is_some(), "a trial does not depend on these");
    }

    #[test]
    fn a_failure_is_told_once_and_tried_again_in_an_hour() {
        let (mut hindsight, settings) = (Hindsight::default(), Settings::DEFAULT);
        assert!(hindsight.ask(&settings, &at(0, 0)));
        assert_eq!(hindsight.take(Err("damaged".into()), &at(0, 0)), Some("damaged".into()));
        assert!(!hindsight.ask(&settings, &at(10, 10)));
        assert!(hindsight.ask(&settings, &at(3600, 3600)));
        assert_eq!(hindsight.take(Err("damaged".into()), &at(3600, 3600)), None);
        assert!(hindsight.tried(&settings).is_none());
    }
}
