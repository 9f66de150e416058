//! Thresholds tried against the past: what each would have told, by the very engine that tells.

use crate::core::history::threshold_stats::BacktestResult;
use crate::core::history::threshold_stats::ThresholdStats;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Engine, EngineOptions};
use crate::core::history::record::StoredReading;
use crate::core::messages::effect::{Effect, Event};
use crate::core::messages::output_line::OutputEvent;
use crate::core::metrics::metric::{Metric, Percent, Threshold};
use crate::core::settings::{Overrides, Settings};
use crate::core::time::{Now, between};

/// A trial that is going on: an engine for each threshold, the same for CPU and memory, and one look at each reading.
pub struct Backtest {
    runs: Vec<ThresholdRun>,
    zone: TimeZone,
    first: Option<Timestamp>,
    /// The last reading: when, and the refresh interval that was in force.
    last: Option<(Now, Duration)>,
    recorded: Duration,
    effects: Vec<Effect>,
}

/// What would have become of one threshold.
struct ThresholdRun {
    engine: Engine,
    stats: [ThresholdStats; 2],
    today: [(Date, usize); 2],
}

impl Backtest {
    /// A trial of `thresholds`, with `settings` for all else. A snooze is not counted: it was for another time.
    pub fn new(settings: &Settings, thresholds: impl Iterator<Item = Percent>, zone: TimeZone) -> Backtest {
        let lives = thresholds.map(|above| ThresholdRun::new(settings, above)).collect();
        Backtest { runs: lives, zone, first: None, last: None, recorded: Duration::ZERO, effects: Vec::new() }
    }

    /// Takes the next reading.
    pub fn add(&mut self, kept: StoredReading) {
        let first = *self.first.get_or_insert(kept.at);
        let now = Now { elapsed: between(first, kept.at), wall: kept.at.to_zoned(self.zone.clone()) };
        let seen = match &self.last {
            Some((before, refresh)) if !now.is_gap_since(before, *refresh, kept.refresh) => {
                now.elapsed.saturating_sub(before.elapsed)
            }
            _ => Duration::ZERO,
        };
        self.recorded += seen;
        if self.last.as_ref().is_none_or(|(_, refresh)| *refresh != kept.refresh) {
            // As of the reading before: this one is judged by it, no other is.
            let at = self.last.as_ref().map_or(&now, |(before, _)| before);
            for life in &mut self.runs {
                let settings = Settings { refresh: kept.refresh, ..life.engine.saved_settings().clone() };
                life.engine.handle(Event::SettingsRead(Ok(settings)), at, &mut self.effects);
                self.effects.drain(..).for_each(|effect| life.count(&effect, at));
            }
        }
        for life in &mut self.runs {
            life.credit_firing(seen);
            life.engine.handle(Event::Reading(kept.reading), &now, &mut self.effects);
            self.effects.drain(..).for_each(|effect| life.count(&effect, &now));
        }
        self.last = Some((now, kept.refresh));
    }

    /// What came out; `None` where there was no reading.
    pub fn finish(self) -> Option<BacktestResult> {
        let (from, to) = (self.first?, self.last?.0.wall.timestamp());
        let told = Metric::ALL.map(|metric| self.runs.iter().map(|life| life.stats[metric as usize]).collect());
        Some(BacktestResult { from, to, recorded: self.recorded, stats: told })
    }
}

impl ThresholdRun {
    fn new(settings: &Settings, above: Percent) -> ThresholdRun {
        let threshold = Threshold::Above(above);
        let settings = Settings {
            cpu: threshold,
            memory: threshold,
            snoozed_until: None,
            history: false,
            actions: Vec::new(),
            ..settings.clone()
        };
        let manner = EngineOptions { prints_readings: false, names_apps: false };
        let told = ThresholdStats { above, alerts: 0, max_per_day: 0, firing: Duration::ZERO, busiest_day: None };
        ThresholdRun {
            engine: Engine::new(settings, Overrides::default(), manner),
            stats: [told; 2],
            today: [(Date::default(), 0); 2],
        }
    }

    /// What was on before a reading was so until then.
    fn credit_firing(&mut self, seen: Duration) {
        for metric in Metric::ALL {
            if self.engine.alert(metric).firing().is_some() {
                self.stats[metric as usize].firing += seen;
            }
        }
    }

    fn count(&mut self, effect: &Effect, now: &Now) {
        let Effect::Print(line) = effect else { return };
        let OutputEvent::Alert(said) = &line.event else { return };
        if said.suppressed_by.is_some() {
            return;
        }
        let (told, today) = (&mut self.stats[said.metric as usize], &mut self.today[said.metric as usize]);
        let date = now.wall.date();
        *today = if today.0 == date { (date, today.1 + 1) } else { (date, 1) };
        told.alerts += 1;
        if today.1 > told.max_per_day {
            (told.max_per_day, told.busiest_day) = (today.1, Some(date));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::history::threshold_stats::menu_thresholds;
    use jiff::SignedDuration;

    use super::*;
    use crate::core::metrics::reading::Reading;

    /// A day of readings every two seconds from midnight: busy at 70 % for a minute at 10:00 and at 90 % at 11:00.
    fn day(trial: &mut Backtest, date: &str) {
        let midnight: Timestamp = format!("{date}T00:00:00Z").parse().unwrap();
        for second in (0..86_400).step_by(2) {
            let cpu = match second {
                36_000..36_060 => 70.0,
                39_600..39_660 => 90.0,
                _ => 20.0,
            };
            let reading = Reading { cpu_percent: Some(cpu), memory_percent: Some(40.0), ..Reading::default() };
            let at = midnight + SignedDuration::from_secs(second);
            trial.add(StoredReading { at, reading, refresh: Duration::from_secs(2) });
        }
    }

    #[test]
    fn each_threshold_tells_what_the_engine_would_have_told() {
        let mut trial = Backtest::new(&Settings::DEFAULT, menu_thresholds(), TimeZone::UTC);
        day(&mut trial, "2026-11-20");
        day(&mut trial, "2026-11-22");
        let tried = trial.finish().unwrap();
        let times: Vec<(u8, usize, usize)> =
            tried.stats[0].iter().map(|told| (told.above.get(), told.alerts, told.max_per_day)).collect();
        let (low, high, never) = ((4, 2), (2, 1), (0, 0));
        let expected = [low, low, low, low, high, high, high, high, never, never];
        assert_eq!(times, (50..=95).step_by(5).zip(expected).map(|(t, (n, most))| (t, n, most)).collect::<Vec<_>>());
        // Ten readings of a minute above, and five seconds until it is surely over.
        let firing: Vec<u64> = tried.stats[0].iter().map(|told| told.firing.as_secs()).collect();
        assert_eq!((firing[0] / 4, firing[4] / 2, firing[9]), (60, 60, 0), "{firing:?}");
        assert_eq!(tried.stats[0][0].busiest_day, Some("2026-11-20".parse().unwrap()));
        assert!(tried.stats[1].iter().all(|told| told.alerts == 0 && told.busiest_day.is_none()));
        assert_eq!(tried.recorded, Duration::from_secs(2 * (86_400 - 2)), "the day between is a gap");
    }

    #[test]
    fn a_refresh_interval_that_changes_makes_no_gap() {
        let mut trial = Backtest::new(&Settings::DEFAULT, menu_thresholds(), TimeZone::UTC);
        for (n, second) in [0, 2, 4, 64, 124, 184].into_iter().enumerate() {
            let reading = Reading { cpu_percent: Some(99.0), ..Reading::default() };
            let refresh = Duration::from_secs(if n < 2 { 2 } else { 60 });
            trial.add(StoredReading { at: Timestamp::from_second(second).unwrap(), reading, refresh });
        }
        let tried = trial.finish().unwrap();
        assert_eq!(tried.stats[0][9].alerts, 1);
        assert_eq!(tried.recorded, Duration::from_secs(184));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(Backtest::new(&Settings::DEFAULT, menu_thresholds(), TimeZone::UTC).finish(), None);
    }
}
