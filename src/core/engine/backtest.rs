//! Thresholds tried against the past: what each would have told, by the very engine that tells.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Engine, Manner};
use crate::core::alerts::event::Said;
use crate::core::history::record::Kept;
use crate::core::messages::effect::{Effect, Event};
use crate::core::metrics::metric::{Metric, Percent, Threshold};
use crate::core::settings::{Overrides, Settings};
use crate::core::time::{Now, between};

/// The thresholds that the menu offers, and that are tried.
pub fn offered() -> impl Iterator<Item = Percent> {
    (50..=95).step_by(5).filter_map(Percent::new)
}

/// What one threshold would have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The threshold.
    pub above: Percent,
    /// How often it would have told in all.
    pub times: usize,
    /// How often on the day on which it would have told most.
    pub most_on_a_day: usize,
    /// For how long its alert would have been on.
    pub firing: Duration,
    /// Which day that was, the first of them; `None` where it never would have told.
    pub busiest_day: Option<Date>,
}

/// What the thresholds would have told, for each metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The first reading.
    pub from: Timestamp,
    /// The last reading.
    pub to: Timestamp,
    /// The time that readings tell of: that between them, without gaps.
    pub recorded: Duration,
    /// In the order of [`Metric::ALL`], the lowest threshold first.
    pub told: [Vec<Told>; 2],
}

/// A trial that is going on: an engine for each threshold, the same for CPU and memory, and one look at each reading.
pub struct Trial {
    lives: Vec<Life>,
    zone: TimeZone,
    first: Option<Timestamp>,
    /// The last reading: when, and the refresh interval that was in force.
    last: Option<(Now, Duration)>,
    recorded: Duration,
    effects: Vec<Effect>,
}

/// What would have become of one threshold.
struct Life {
    engine: Engine,
    told: [Told; 2],
    today: [(Date, usize); 2],
}

impl Trial {
    /// A trial of `thresholds`, with `settings` for all else. A snooze is not counted: it was for another time.
    pub fn new(settings: &Settings, thresholds: impl Iterator<Item = Percent>, zone: TimeZone) -> Trial {
        let lives = thresholds.map(|above| Life::new(settings, above)).collect();
        Trial { lives, zone, first: None, last: None, recorded: Duration::ZERO, effects: Vec::new() }
    }

    /// Takes the next reading.
    pub fn take(&mut self, kept: Kept) {
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
            for life in &mut self.lives {
                let settings = Settings { refresh: kept.refresh, ..life.engine.kept_settings().clone() };
                life.engine.handle(Event::SettingsRead(Ok(settings)), at, &mut self.effects);
                self.effects.drain(..).for_each(|effect| life.count(&effect, at));
            }
        }
        for life in &mut self.lives {
            life.last(seen);
            life.engine.handle(Event::Read(kept.reading), &now, &mut self.effects);
            self.effects.drain(..).for_each(|effect| life.count(&effect, &now));
        }
        self.last = Some((now, kept.refresh));
    }

    /// What came out; `None` where there was no reading.
    pub fn end(self) -> Option<Tried> {
        let (from, to) = (self.first?, self.last?.0.wall.timestamp());
        let told = Metric::ALL.map(|metric| self.lives.iter().map(|life| life.told[metric as usize]).collect());
        Some(Tried { from, to, recorded: self.recorded, told })
    }
}

impl Life {
    fn new(settings: &Settings, above: Percent) -> Life {
        let threshold = Threshold::Above(above);
        let settings = Settings {
            cpu: threshold,
            memory: threshold,
            snoozed_until: None,
            history: false,
            actions: Vec::new(),
            ..settings.clone()
        };
        let manner = Manner { says_readings: false, names_processes: false };
        let told = Told { above, times: 0, most_on_a_day: 0, firing: Duration::ZERO, busiest_day: None };
        Life {
            engine: Engine::new(settings, Overrides::default(), manner),
            told: [told; 2],
            today: [(Date::default(), 0); 2],
        }
    }

    /// What was on before a reading was so until then.
    fn last(&mut self, seen: Duration) {
        for metric in Metric::ALL {
            if self.engine.alert(metric).firing().is_some() {
                self.told[metric as usize].firing += seen;
            }
        }
    }

    fn count(&mut self, effect: &Effect, now: &Now) {
        let Effect::Print(line) = effect else { return };
        let Said::Alert(said) = &line.said else { return };
        if said.silence.is_some() {
            return;
        }
        let (told, today) = (&mut self.told[said.metric as usize], &mut self.today[said.metric as usize]);
        let date = now.wall.date();
        *today = if today.0 == date { (date, today.1 + 1) } else { (date, 1) };
        told.times += 1;
        if today.1 > told.most_on_a_day {
            (told.most_on_a_day, told.busiest_day) = (today.1, Some(date));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::core::metrics::reading::Reading;

    /// A day of readings every two seconds from midnight: busy at 70 % for a minute at 10:00 and at 90 % at 11:00.
    fn day(trial: &mut Trial, date: &str) {
        let midnight: Timestamp = format!("{date}T00:00:00Z").parse().unwrap();
        for second in (0..86_400).step_by(2) {
            let cpu = match second {
                36_000..36_060 => 70.0,
                39_600..39_660 => 90.0,
                _ => 20.0,
            };
            let reading = Reading { cpu_percent: Some(cpu), memory_percent: Some(40.0), ..Reading::default() };
            let at = midnight + SignedDuration::from_secs(second);
            trial.take(Kept { at, reading, refresh: Duration::from_secs(2) });
        }
    }

    #[test]
    fn each_threshold_tells_what_the_engine_would_have_told() {
        let mut trial = Trial::new(&Settings::DEFAULT, offered(), TimeZone::UTC);
        day(&mut trial, "2026-11-20");
        day(&mut trial, "2026-11-22");
        let tried = trial.end().unwrap();
        let times: Vec<(u8, usize, usize)> =
            tried.told[0].iter().map(|told| (told.above.get(), told.times, told.most_on_a_day)).collect();
        let (low, high, never) = ((4, 2), (2, 1), (0, 0));
        let expected = [low, low, low, low, high, high, high, high, never, never];
        assert_eq!(times, (50..=95).step_by(5).zip(expected).map(|(t, (n, most))| (t, n, most)).collect::<Vec<_>>());
        // Ten readings of a minute above, and five seconds until it is surely over.
        let firing: Vec<u64> = tried.told[0].iter().map(|told| told.firing.as_secs()).collect();
        assert_eq!((firing[0] / 4, firing[4] / 2, firing[9]), (60, 60, 0), "{firing:?}");
        assert_eq!(tried.told[0][0].busiest_day, Some("2026-11-20".parse().unwrap()));
        assert!(tried.told[1].iter().all(|told| told.times == 0 && told.busiest_day.is_none()));
        assert_eq!(tried.recorded, Duration::from_secs(2 * (86_400 - 2)), "the day between is a gap");
    }

    #[test]
    fn a_refresh_interval_that_changes_makes_no_gap() {
        let mut trial = Trial::new(&Settings::DEFAULT, offered(), TimeZone::UTC);
        for (n, second) in [0, 2, 4, 64, 124, 184].into_iter().enumerate() {
            let reading = Reading { cpu_percent: Some(99.0), ..Reading::default() };
            let refresh = Duration::from_secs(if n < 2 { 2 } else { 60 });
            trial.take(Kept { at: Timestamp::from_second(second).unwrap(), reading, refresh });
        }
        let tried = trial.end().unwrap();
        assert_eq!(tried.told[0][9].times, 1);
        assert_eq!(tried.recorded, Duration::from_secs(184));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(Trial::new(&Settings::DEFAULT, offered(), TimeZone::UTC).end(), None);
    }
}
