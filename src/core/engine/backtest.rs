//! The backtest: the alerts that each threshold would have given on recorded readings, decided by the engine itself.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Engine, EngineOptions};
use crate::core::history::record::StoredReading;
use crate::core::history::threshold_stats::{BacktestResult, ThresholdStats};
use crate::core::messages::effect::{Effect, Event};
use crate::core::messages::output_line::OutputEvent;
use crate::core::metrics::metric::{Metric, Percent, Threshold};
use crate::core::settings::{Overrides, Settings};
use crate::core::time::{Clock, Now, between};

/// A running backtest: an engine for each threshold, the same for CPU and memory, and one pass over the readings.
pub struct Backtest {
    runs: Vec<ThresholdRun>,
    zone: TimeZone,
    first: Option<Timestamp>,
    /// The time of the last reading, and the refresh interval then in force.
    last: Option<(Now, Duration)>,
    recorded: Duration,
    effects: Vec<Effect>,
}

struct ThresholdRun {
    engine: Engine,
    stats: [ThresholdStats; 2],
    today: [(Date, usize); 2],
}

impl Backtest {
    /// A backtest of `thresholds`, with `settings` for all else except a snooze, which was meant for the present.
    pub fn new(settings: &Settings, thresholds: impl Iterator<Item = Percent>, zone: TimeZone) -> Backtest {
        let runs = thresholds.map(|above| ThresholdRun::new(settings, above)).collect();
        Backtest { runs, zone, first: None, last: None, recorded: Duration::ZERO, effects: Vec::new() }
    }

    /// Feeds the next reading to every run.
    pub fn add(&mut self, stored: StoredReading) {
        let first = *self.first.get_or_insert(stored.at);
        let now = Now { elapsed: between(first, stored.at), wall: stored.at.to_zoned(self.zone.clone()) };
        let span = match &self.last {
            Some((before, refresh)) if !now.is_gap_since(before, *refresh, stored.refresh) => {
                now.elapsed.saturating_sub(before.elapsed)
            }
            _ => Duration::ZERO,
        };
        self.recorded += span;
        if self.last.as_ref().is_none_or(|(_, refresh)| *refresh != stored.refresh) {
            // From the reading before on: the interval counts for this reading, and for none before it.
            let at = self.last.as_ref().map_or(&now, |(before, _)| before);
            for run in &mut self.runs {
                let settings = Settings { refresh: stored.refresh, ..run.engine.saved_settings().clone() };
                run.engine.handle(Event::SettingsRead(Ok(Box::new(settings))), at, &mut self.effects);
                self.effects.drain(..).for_each(|effect| run.count(&effect, at));
            }
        }
        for run in &mut self.runs {
            run.credit_firing(span);
            run.engine.handle(Event::Reading(stored.reading), &now, &mut self.effects);
            self.effects.drain(..).for_each(|effect| run.count(&effect, &now));
        }
        self.last = Some((now, stored.refresh));
    }

    /// The result; `None` where there was no reading.
    pub fn finish(self) -> Option<BacktestResult> {
        let (from, to) = (self.first?, self.last?.0.wall.timestamp());
        let stats = Metric::ALL.map(|metric| self.runs.iter().map(|run| run.stats[metric as usize]).collect());
        Some(BacktestResult { from, to, recorded: self.recorded, stats })
    }
}

impl ThresholdRun {
    fn new(settings: &Settings, above: Percent) -> ThresholdRun {
        let threshold = Threshold::Above(above);
        let settings = Settings {
            cpu: threshold,
            memory: threshold,
            memory_forecast: false,
            snoozed_until: None,
            history: false,
            actions: Vec::new(),
            ..settings.clone()
        };
        let options =
            EngineOptions { prints_readings: false, names_apps: false, checks_updates: false, clock: Clock::Hours24 };
        let stats = ThresholdStats { above, alerts: 0, max_per_day: 0, firing: Duration::ZERO, busiest_day: None };
        ThresholdRun {
            engine: Engine::new(settings, Overrides::default(), options),
            stats: [stats; 2],
            today: [(Date::default(), 0); 2],
        }
    }

    /// Credits the interval to the alerts that were firing before this reading.
    fn credit_firing(&mut self, span: Duration) {
        for metric in Metric::ALL {
            if self.engine.alert(metric).firing().is_some() {
                self.stats[metric as usize].firing += span;
            }
        }
    }

    fn count(&mut self, effect: &Effect, now: &Now) {
        let Effect::Print(line) = effect else { return };
        let OutputEvent::Alert(alert) = &line.event else { return };
        if alert.suppressed_by.is_some() {
            return;
        }
        let (stats, today) = (&mut self.stats[alert.metric as usize], &mut self.today[alert.metric as usize]);
        let date = now.wall.date();
        *today = if today.0 == date { (date, today.1 + 1) } else { (date, 1) };
        stats.alerts += 1;
        if today.1 > stats.max_per_day {
            (stats.max_per_day, stats.busiest_day) = (today.1, Some(date));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::core::history::threshold_stats::menu_thresholds;
    use crate::core::metrics::reading::Reading;

    /// A day of readings every two seconds from midnight: busy at 70 % for a minute at 10:00 and at 90 % at 11:00.
    fn day(backtest: &mut Backtest, date: &str) {
        let midnight: Timestamp = format!("{date}T00:00:00Z").parse().unwrap();
        for second in (0..86_400).step_by(2) {
            let cpu = match second {
                36_000..36_060 => 70.0,
                39_600..39_660 => 90.0,
                _ => 20.0,
            };
            let reading = Reading { cpu_percent: Some(cpu), memory_percent: Some(40.0), ..Reading::default() };
            let at = midnight + SignedDuration::from_secs(second);
            backtest.add(StoredReading { at, reading, refresh: Duration::from_secs(2) });
        }
    }

    #[test]
    fn each_threshold_counts_the_alerts_of_an_engine() {
        let mut backtest = Backtest::new(&Settings::DEFAULT, menu_thresholds(), TimeZone::UTC);
        day(&mut backtest, "2026-11-20");
        day(&mut backtest, "2026-11-22");
        let result = backtest.finish().unwrap();
        let times: Vec<(u8, usize, usize)> =
            result.stats[0].iter().map(|stats| (stats.above.get(), stats.alerts, stats.max_per_day)).collect();
        let (low, high, never) = ((4, 2), (2, 1), (0, 0));
        let expected = [low, low, low, low, high, high, high, high, never, never];
        assert_eq!(times, (50..=95).step_by(5).zip(expected).map(|(t, (n, most))| (t, n, most)).collect::<Vec<_>>());
        // Ten readings of a minute above, and five seconds until it clears.
        let firing: Vec<u64> = result.stats[0].iter().map(|stats| stats.firing.as_secs()).collect();
        assert_eq!((firing[0] / 4, firing[4] / 2, firing[9]), (60, 60, 0), "{firing:?}");
        assert_eq!(result.stats[0][0].busiest_day, Some("2026-11-20".parse().unwrap()));
        assert!(result.stats[1].iter().all(|stats| stats.alerts == 0 && stats.busiest_day.is_none()));
        assert_eq!(result.recorded, Duration::from_secs(2 * (86_400 - 2)), "the day between is a gap");
    }

    #[test]
    fn a_changed_refresh_interval_makes_no_gap() {
        let mut backtest = Backtest::new(&Settings::DEFAULT, menu_thresholds(), TimeZone::UTC);
        for (n, second) in [0, 2, 4, 64, 124, 184].into_iter().enumerate() {
            let reading = Reading { cpu_percent: Some(99.0), ..Reading::default() };
            let refresh = Duration::from_secs(if n < 2 { 2 } else { 60 });
            backtest.add(StoredReading { at: Timestamp::from_second(second).unwrap(), reading, refresh });
        }
        let result = backtest.finish().unwrap();
        assert_eq!(result.stats[0][9].alerts, 1);
        assert_eq!(result.recorded, Duration::from_secs(184));
    }

    #[test]
    fn a_backtest_without_readings_has_no_result() {
        assert_eq!(Backtest::new(&Settings::DEFAULT, menu_thresholds(), TimeZone::UTC).finish(), None);
    }
}
