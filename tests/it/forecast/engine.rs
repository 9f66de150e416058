//! The early warning by an engine in virtual time: when it is said, how, and when it is not.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use loadline::core::alerts::event::SuppressedBy;
use loadline::core::forecast::event::ForecastEvent;
use loadline::core::forecast::forecaster::{MemoryPast, Told};
use loadline::core::forecast::grower::MemoryLooks;
use loadline::core::forecast::slots::{Slot, slot_number};
use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event, Notification, NotificationId, NotificationOutcome, UserCommand};
use loadline::core::messages::output_line::OutputEvent;
use loadline::core::metrics::metric::{Metric, Percent, Threshold};
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::Settings;
use loadline::core::settings::action::Action;

use crate::support::engine::Driver;
use crate::support::events;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(super) const TOTAL_BYTES: u64 = 16 << 30;

/// Memory in use, in percent, by hours since the start of virtual time.
pub(super) type MemoryByHour = fn(f64) -> f64;

/// One reading a minute.
pub(super) struct Run {
    pub driver: Driver,
    pub percent: MemoryByHour,
    /// The answer to each question for the looks at the applications; `None` leaves it open.
    pub looks: Option<MemoryLooks>,
}

impl Run {
    /// A run in which the past is known to be empty.
    pub fn new(settings: Settings, percent: MemoryByHour) -> Run {
        let mut driver = Driver::new(Settings { refresh: MINUTE, ..settings });
        driver.handle(Event::MemoryPast(MemoryPast::default()));
        Run { driver, percent, looks: Some(MemoryLooks::default()) }
    }

    pub fn read(&mut self) -> Vec<Effect> {
        let hours = self.driver.now.elapsed.as_secs_f64() / 3600.0;
        let memory_percent = Some((self.percent)(hours));
        let reading = Reading { memory_percent, memory_total_bytes: Some(TOTAL_BYTES), ..Reading::default() };
        let mut effects = self.driver.read(reading);
        let is_asked = effects.iter().any(|effect| matches!(effect, Effect::ReadMemoryLooks(_)));
        if let Some(looks) = self.looks.clone().filter(|_| is_asked) {
            effects.extend(self.driver.handle(Event::MemoryLooks(looks)));
        }
        self.driver.advance(MINUTE);
        effects
    }

    /// Reads until `end` after the start; returns the warnings, each with its time.
    pub fn until(&mut self, end: Duration) -> Vec<(Duration, ForecastEvent)> {
        let mut found = Vec::new();
        while self.driver.now.elapsed < end {
            let at = self.driver.now.elapsed;
            found.extend(warnings(&self.read()).into_iter().map(|event| (at, event)));
        }
        found
    }
}

/// The warnings that are printed.
pub(super) fn warnings(effects: &[Effect]) -> Vec<ForecastEvent> {
    let event = |effect: &Effect| match effect {
        Effect::Print(line) => match &line.event {
            OutputEvent::Forecast(event) => Some(event.clone()),
            _ => None,
        },
        _ => None,
    };
    effects.iter().filter_map(event).collect()
}

pub(super) fn notifications(driver: &Driver) -> Vec<&Notification> {
    let notification = |(_, effect): &'_ (Duration, Effect)| matches!(effect, Effect::Notify(_));
    let of_forecast =
        driver.effects.iter().filter(|effect| notification(effect)).filter_map(|(_, effect)| match effect {
            Effect::Notify(notification) if notification.id == NotificationId::Forecast => Some(notification),
            _ => None,
        });
    of_forecast.collect()
}

/// Two quiet days at half of the memory, then five points more an hour.
pub(super) fn leak(hours: f64) -> f64 {
    50.0 + 5.0 * (hours - 48.0).max(0.0)
}

#[test]
fn a_slow_leak_is_told_once_in_words_and_quietly() {
    let mut run = Run::new(Settings::DEFAULT, leak);
    let found = run.until(DAY * 2 + HOUR * 5);
    let [(at, event)] = &found[..] else { panic!("{found:?}") };
    assert!((DAY * 2 + HOUR..DAY * 2 + HOUR * 5).contains(at), "{at:?}");
    let hours_left = event.left.as_secs_f64() / 3600.0;
    let crosses_after = (80.0 - 50.0) / 5.0 - (at.as_secs_f64() / 3600.0 - 48.0);
    assert!((hours_left / crosses_after - 1.0).abs() < 0.2, "{hours_left} of {crosses_after}");
    assert_eq!(event.threshold, Percent::DEFAULT);
    assert_eq!(event.grown_bytes, Some((TOTAL_BYTES as f64 * event.grown_points / 100.0) as u64));
    let [notification] = notifications(&run.driver)[..] else { panic!("one notification") };
    assert!(notification.is_quiet && !notification.has_sound);
    assert!(notification.title.starts_with("Memory may cross 80% in about "), "{}", notification.title);
    assert_eq!(notification.click, Some(UserCommand::OpenHistory));
    let recorded = run.driver.effects.iter().filter(|(_, e)| matches!(e, Effect::Record(Record::Forecast { .. })));
    assert_eq!(recorded.count(), 1);
}

#[test]
fn the_past_of_the_history_is_asked_for_once_and_counts_as_if_it_had_been_read() {
    let mut whole = Run::new(Settings::DEFAULT, leak);
    let expected = whole.until(DAY * 2 + HOUR * 5);
    // The same day, but the program is started anew in the middle of a slot, when the leak has begun.
    let begin = DAY * 2 + HOUR + MINUTE * 13;
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.driver = Driver::new(Settings { refresh: MINUTE, ..Settings::DEFAULT });
    let start = run.driver.now.wall.timestamp();
    run.driver.advance(begin);
    let mut asked = Vec::new();
    let mut found = Vec::new();
    while run.driver.now.elapsed < DAY * 2 + HOUR * 5 {
        let at = run.driver.now.elapsed;
        let effects = run.read();
        found.extend(warnings(&effects).into_iter().map(|event| (at, event)));
        for effect in effects {
            if let Effect::ReadMemoryPast(until) = effect {
                asked.push(until);
                let past = MemoryPast { slots: slots(start, until, leak), ..MemoryPast::default() };
                let mut effects = run.driver.handle(Event::MemoryPast(past));
                effects.extend(run.driver.handle(Event::MemoryLooks(MemoryLooks::default())));
                found.extend(warnings(&effects).into_iter().map(|event| (at, event)));
            }
        }
    }
    assert_eq!(asked, [start + begin]);
    assert_eq!(found, expected);
}

/// The slots of minutes from `start` to `until`.
fn slots(start: Timestamp, until: Timestamp, percent: MemoryByHour) -> Vec<(i64, Slot)> {
    let mut slots: Vec<(i64, Slot)> = Vec::new();
    let mut at = start;
    while at < until {
        let hours = at.duration_since(start).as_secs_f64() / 3600.0;
        let hundredths = (percent(hours) * 100.0).round() as u16;
        let is_last = at.as_second() % 600 == 540;
        let minute = Slot::new(hundredths, hundredths.into(), 1, is_last.then_some(hundredths)).unwrap();
        match slots.last_mut() {
            Some((number, slot)) if *number == slot_number(at) => *slot = slot.with_later(minute),
            _ => slots.push((slot_number(at), minute)),
        }
        at += SignedDuration::from_mins(1);
    }
    slots
}

#[test]
fn harmless_memory_is_no_leak() {
    let harmless: [(&str, MemoryByHour); 7] = [
        ("a work day", |h| 45.0 + 15.0 * (h * std::f64::consts::PI / 12.0).sin().max(0.0)),
        ("a cache that fills up and stays", |h| 50.0 + 20.0 * (1.0 - (-(h - 48.0).max(0.0) / 2.0).exp())),
        ("a build every three hours", |h| if h % 3.0 < 0.7 { 70.0 } else { 45.0 }),
        ("a sawtooth over a level floor", |h| 50.0 + 20.0 * (h % 1.0)),
        ("a staircase of jumps", |h| 45.0 + 8.0 * ((h - 48.0).max(0.0) / 2.0).floor().min(3.0)),
        ("one jump", |h| if h < 48.0 { 45.0 } else { 70.0 }),
        ("a slope that ends far below", |h| 30.0 + (h - 48.0).clamp(0.0, 8.0)),
    ];
    for (name, percent) in harmless {
        let found = Run::new(Settings::DEFAULT, percent).until(DAY * 4);
        assert_eq!(found, [], "{name}");
    }
}

#[test]
fn a_first_day_a_gap_and_a_fresh_start_of_the_machine_are_silent() {
    let mut young = Run::new(Settings::DEFAULT, |h| 50.0 + 5.0 * h);
    assert_eq!(young.until(HOUR * 6), [], "less than a day is known");
    // The machine started when the leak did: nothing is said as long as the window reaches further back.
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.driver = Driver::new(Settings { refresh: MINUTE, ..Settings::DEFAULT });
    let booted_at = Some(run.driver.now.wall.timestamp() + DAY * 2 + HOUR * 2);
    run.driver.handle(Event::MemoryPast(MemoryPast { booted_at, ..MemoryPast::default() }));
    assert_eq!(run.until(DAY * 2 + HOUR * 4), []);
    assert_eq!(run.until(DAY * 2 + HOUR * 5).len(), 1);
    // A machine that slept for an hour while memory rose.
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.until(DAY * 2 + MINUTE * 50);
    run.driver.advance(HOUR);
    assert_eq!(run.until(DAY * 2 + HOUR * 3), [], "a third of the window is not known");
}

#[test]
fn a_clock_that_is_set_begins_anew() {
    for jump in [SignedDuration::from_hours(-5), SignedDuration::from_hours(24 * 400)] {
        let mut run = Run::new(Settings::DEFAULT, leak);
        run.until(DAY * 2 + HOUR);
        run.driver.shift_wall(jump);
        assert_eq!(run.until(DAY * 2 + HOUR * 6), [], "{jump}");
    }
}

#[test]
fn nothing_is_foretold_during_an_alert_and_for_an_hour_after_it() {
    /// Above the threshold for ten minutes, once the leak has gone on for an hour.
    fn with_peak(hours: f64) -> f64 {
        if (49.0..49.17).contains(&hours) { 90.0 } else { leak(hours) }
    }
    let mut run = Run::new(Settings::DEFAULT, with_peak);
    let found = run.until(DAY * 2 + HOUR * 5);
    assert!(found.first().is_some_and(|(at, _)| *at >= DAY * 2 + HOUR * 2 + MINUTE * 10), "{found:?}");
}

#[test]
fn a_snooze_has_it_said_on_the_console_and_notified_when_it_is_over() {
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.until(DAY * 2);
    let until = run.driver.now.wall.timestamp() + MINUTE * 275;
    let snoozed = Settings { snoozed_until: Some(until), refresh: MINUTE, ..Settings::DEFAULT };
    run.driver.handle(Event::SettingsRead(Ok(Box::new(snoozed))));
    let found = run.until(DAY * 2 + HOUR * 5);
    let silence: Vec<_> = found.iter().map(|(_, event)| event.suppressed_by.clone()).collect();
    assert_eq!(silence, [Some(SuppressedBy::Snoozed), None]);
    assert!(found[1].0 >= DAY * 2 + MINUTE * 275 && notifications(&run.driver).len() == 1);
}

#[test]
fn a_notification_that_nobody_could_see_is_sent_again_without_a_second_line() {
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.until(DAY * 2);
    while notifications(&run.driver).is_empty() {
        run.read();
    }
    let outcome = NotificationOutcome { id: NotificationId::Forecast, sequence: 0, is_shown: false, problem: None };
    run.driver.handle(Event::Notified(outcome));
    let end = run.driver.now.elapsed + MINUTE * 25;
    assert_eq!(run.until(end), []);
    assert_eq!(notifications(&run.driver).len(), 2, "the next slot tries again, and nothing says that it failed");
}

#[test]
fn it_is_off_where_it_is_switched_off_or_no_threshold_counts() {
    let off = [
        Settings { memory_forecast: false, ..Settings::DEFAULT },
        Settings { memory: Threshold::Off, ..Settings::DEFAULT },
    ];
    for settings in off {
        assert_eq!(Run::new(settings, leak).until(DAY * 2 + HOUR * 5), []);
    }
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.driver.handle(Event::Command(UserCommand::ToggleForecast));
    assert!(!run.driver.engine.saved_settings().memory_forecast);
}

#[test]
fn a_warning_of_the_last_day_in_the_history_is_enough() {
    let mut run = Run::new(Settings::DEFAULT, leak);
    run.driver = Driver::new(Settings { refresh: MINUTE, ..Settings::DEFAULT });
    let last_warning = Some((run.driver.now.wall.timestamp() + DAY + HOUR * 8, Told::Notified));
    run.driver.handle(Event::MemoryPast(MemoryPast { last_warning, ..MemoryPast::default() }));
    assert_eq!(run.until(DAY * 2 + HOUR * 5), []);
}

fn action(name: &str, on_forecast: bool, metrics: &[Metric]) -> Arc<Action> {
    let plain = events::action(name, events::command());
    Arc::new(Action { on_recovery: true, on_forecast, metrics: metrics.to_vec(), ..plain })
}

#[test]
fn a_warning_that_notifies_runs_the_actions_that_ask_for_it() {
    let both = [Metric::Cpu, Metric::Memory];
    let actions =
        vec![action("asks", true, &both), action("of the CPU", true, &[Metric::Cpu]), action("alerts", false, &both)];
    let mut run = Run::new(Settings { actions, ..Settings::DEFAULT }, leak);
    assert_eq!(run.until(DAY * 2 + HOUR * 5).len(), 1);
    let name = |(_, effect): &(Duration, Effect)| match effect {
        Effect::RunAction(request) => Some(request.action.name.clone()),
        _ => None,
    };
    assert_eq!(run.driver.effects.iter().filter_map(name).collect::<Vec<_>>(), ["asks"]);
    // One that is only printed runs none.
    let until = Some(Timestamp::MAX);
    let actions = vec![action("asks", true, &both)];
    let mut run = Run::new(Settings { actions, snoozed_until: until, ..Settings::DEFAULT }, leak);
    assert_eq!(run.until(DAY * 2 + HOUR * 5).len(), 1);
    assert_eq!(run.driver.effects.iter().filter_map(name).count(), 0);
}
