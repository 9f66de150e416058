//! Random input for the engine: whatever is read and clicked, the promises of the rule hold after every step.

use std::time::Duration;

use jiff::SignedDuration;
use proptest::prelude::*;

use loadline::core::alerts::alert::AlertState;
use loadline::core::alerts::event::{Cause, EndReason, RecoveryEvent};
use loadline::core::alerts::rule::Signal;
use loadline::core::alerts::snooze::Snooze;
use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event, NotificationId, NotificationOutcome, UserCommand};
use loadline::core::messages::output_line::OutputEvent;
use loadline::core::metrics::metric::{Metric, Percent, Threshold};
use loadline::core::metrics::power_state::PowerState;
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::core::settings::{IconStyle, Overrides, Part, Settings, file, layers};
use loadline::core::time::Now;
use loadline::core::tray::view::View;

use crate::support::engine::{ALERTS_ONLY, Driver};

/// One input.
#[derive(Clone, Debug)]
enum Op {
    /// A reading after a pause; the wall clock jumps by so much in addition.
    Read {
        cpu: Option<f64>,
        memory: Option<f64>,
        pressure: Option<Pressure>,
        pause_ms: u64,
        wall_jump_ms: i64,
    },
    Command(UserCommand),
    PowerState(PowerState),
    /// The outcome of the latest notification of a metric, or of the one before.
    Notified {
        metric: Metric,
        is_shown: bool,
        is_late: bool,
    },
    NotificationsPossible,
}

fn percent() -> impl Strategy<Value = Option<f64>> {
    // Often around the thresholds, where alerts change.
    let near = prop_oneof![Just(49.0), Just(50.0), Just(74.9), Just(75.0), Just(80.0), Just(80.1), Just(97.0)];
    prop_oneof![1 => Just(None), 6 => near.prop_map(Some), 3 => (0.0..=100.0).prop_map(Some)]
}

fn threshold() -> impl Strategy<Value = Threshold> {
    let some = prop_oneof![Just(1), Just(50), Just(80), Just(90), 1..=100u64];
    prop_oneof![1 => Just(Threshold::Off), 6 => some.prop_map(|p| Threshold::Above(Percent::new(p).unwrap()))]
}

fn metric() -> impl Strategy<Value = Metric> {
    prop_oneof![Just(Metric::Cpu), Just(Metric::Memory)]
}

fn pressure() -> impl Strategy<Value = Option<Pressure>> {
    let known = prop_oneof![6 => Just(Pressure::Normal), 3 => Just(Pressure::Warning), 1 => Just(Pressure::Critical)];
    prop_oneof![1 => Just(None), 9 => known.prop_map(Some)]
}

fn command() -> impl Strategy<Value = UserCommand> {
    let seconds = |list: &'static [u64]| prop::sample::select(list).prop_map(Duration::from_secs);
    let snooze = prop_oneof![Just(Snooze::Minutes15), Just(Snooze::Hour), Just(Snooze::UntilTomorrow)];
    prop_oneof![
        4 => (metric(), threshold()).prop_map(|(m, t)| UserCommand::SetThreshold(m, t)),
        2 => seconds(&[0, 5, 60]).prop_map(UserCommand::SetAfter),
        1 => prop::sample::select(&Signal::ALL[..]).prop_map(UserCommand::SetMemorySignal),
        1 => seconds(&[1, 2, 10]).prop_map(UserCommand::SetRefresh),
        1 => snooze.prop_map(UserCommand::Snooze),
        2 => Just(UserCommand::Resume),
        1 => prop::sample::select(&Part::ALL[..]).prop_map(UserCommand::Toggle),
        1 => prop::sample::select(&IconStyle::CHOICES[..]).prop_map(UserCommand::SetIcon),
        1 => Just(UserCommand::SendTestNotification),
    ]
}

fn power_state() -> impl Strategy<Value = PowerState> {
    let battery = PowerState { is_on_battery: true, ..PowerState::default() };
    prop::sample::select(vec![PowerState::default(), battery, PowerState { is_session_locked: true, ..battery }])
}

fn op() -> impl Strategy<Value = Op> {
    let pause = prop_oneof![8 => Just(2_000u64), 2 => 250..4_000u64, 1 => 3_000..400_000u64];
    let jump = prop_oneof![20 => Just(0i64), 1 => -4_000_000..40_000_000i64];
    let read = (percent(), percent(), pressure(), pause, jump);
    prop_oneof![
        20 => read.prop_map(|(cpu, memory, pressure, pause_ms, wall_jump_ms)| {
            Op::Read { cpu, memory, pressure, pause_ms, wall_jump_ms }
        }),
        2 => command().prop_map(Op::Command),
        1 => power_state().prop_map(Op::PowerState),
        2 => (metric(), any::<bool>(), any::<bool>())
            .prop_map(|(metric, is_shown, is_late)| Op::Notified { metric, is_shown, is_late }),
        1 => Just(Op::NotificationsPossible),
    ]
}

/// A driver, and an independent account of its readings and effects.
struct Life {
    driver: Driver,
    readings: Vec<(Now, Reading, bool)>,
    /// The interval that was asked for last.
    refresh: Duration,
    /// The longest interval in force between the last two readings, and since the last one.
    longest_before: Duration,
    longest: Duration,
    is_firing: [bool; 2],
    is_recorded: [bool; 2],
    /// The notifications that may have been seen, each with its number; the latest last.
    notified: [Vec<(u64, Duration)>; 2],
    /// Whether nobody can have seen the notification of the present alert.
    is_unseen: [bool; 2],
    /// Whether a notification of the present alert was sent.
    is_announced: [bool; 2],
    /// The number of the latest notification, until its outcome is known, and that of an earlier one.
    sent: [Option<u64>; 2],
    late: [u64; 2],
    warnings: usize,
    view: Option<View>,
}

impl Life {
    fn new() -> Life {
        Life::with(Driver::new(Settings::DEFAULT))
    }

    fn with(driver: Driver) -> Life {
        Life {
            driver,
            readings: Vec::new(),
            refresh: Settings::DEFAULT.refresh,
            longest_before: Duration::ZERO,
            longest: Settings::DEFAULT.refresh,
            is_firing: [false; 2],
            is_recorded: [false; 2],
            notified: Default::default(),
            is_unseen: [false; 2],
            is_announced: [false; 2],
            sent: [None; 2],
            late: [0; 2],
            warnings: 0,
            view: None,
        }
    }

    fn take(&mut self, op: &Op) {
        let settings_before = self.driver.engine.saved_settings().clone();
        let event = match *op {
            Op::Read { cpu, memory, pressure, pause_ms, wall_jump_ms } => {
                self.pass(pause_ms, wall_jump_ms);
                let reading = Reading {
                    cpu_percent: cpu,
                    memory_percent: memory,
                    memory_pressure: pressure,
                    ..Reading::default()
                };
                let is_gap = pause_ms as i64 + wall_jump_ms > self.gap_ms() || pause_ms as i64 > self.gap_ms();
                self.readings.push((self.driver.now.clone(), reading, is_gap));
                self.longest_before = std::mem::take(&mut self.longest);
                Event::Reading(reading)
            }
            Op::Command(command) => Event::Command(command),
            Op::PowerState(state) => Event::PowerState(state),
            Op::Notified { metric, is_shown, is_late } => self.notified(metric, is_shown, is_late),
            Op::NotificationsPossible => Event::NotificationsPossible,
        };
        let effects = self.driver.handle(event);
        // A notification comes with its line on the console, in either order: so the lines first.
        let (lines, rest): (Vec<&Effect>, Vec<&Effect>) = effects.iter().partition(|e| matches!(e, Effect::Print(_)));
        lines.into_iter().chain(rest).for_each(|effect| self.check_effect(effect));
        for (is_unseen, is_firing) in self.is_unseen.iter_mut().zip(self.is_firing) {
            *is_unseen &= is_firing;
        }
        self.longest = self.longest.max(self.refresh);
        assert_eq!(self.is_recorded, self.is_firing, "every firing alert is recorded");
        self.check_saved(&effects, &settings_before);
        let is_quiet = Metric::ALL.iter().all(|metric| self.driver.engine.alert(*metric).state() == AlertState::Quiet);
        let chosen = self.driver.engine.settings().refresh;
        assert!(self.refresh == chosen || (is_quiet && self.refresh > chosen), "{:?}", self.refresh);
        self.check_view();
    }

    /// The outcome of the latest notification, which comes once, or of an earlier one, which must not count.
    fn notified(&mut self, metric: Metric, is_shown: bool, is_late: bool) -> Event {
        let index = index(metric);
        let late = self.late[index];
        let latest = if is_late { None } else { self.sent[index].take() };
        if let Some(sequence) = latest {
            self.late[index] = sequence;
            self.is_unseen[index] = !is_shown && self.is_firing[index] && self.is_announced[index];
            if !is_shown {
                self.notified[index].retain(|(notified, _)| *notified != sequence);
            }
        }
        let (sequence, problem) = (latest.unwrap_or(late), (!is_shown).then(|| "no".to_owned()));
        Event::Notified(NotificationOutcome { id: NotificationId::Alert(metric), sequence, is_shown, problem })
    }

    fn pass(&mut self, pause_ms: u64, wall_jump_ms: i64) {
        self.driver.advance(Duration::from_millis(pause_ms));
        self.driver.shift_wall(SignedDuration::from_millis(wall_jump_ms));
    }

    /// The longest pause that is no gap: three intervals, of those in force up to either of the two readings.
    fn gap_ms(&self) -> i64 {
        3 * self.longest.max(self.longest_before).as_millis() as i64
    }

    fn check_effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Print(line) => match &line.event {
                OutputEvent::Alert(alert) => {
                    let index = index(alert.metric);
                    let rule = self.driver.engine.alert(alert.metric).rule().expect("no alert of a metric that is Off");
                    // The reported time is that of the cause.
                    if !self.is_firing[index] && rule.signal == Signal::Used {
                        assert!(alert.above_for >= rule.after, "fired too early: {alert:?}");
                    }
                    self.check_run(alert.metric, alert.cause, rule.above, alert.above_for);
                    self.is_firing[index] = true;
                }
                OutputEvent::Recovery(end) => self.check_end(end),
                OutputEvent::Forecast(_)
                | OutputEvent::Reading(_)
                | OutputEvent::Notice(_)
                | OutputEvent::Check { .. } => {
                    panic!("not asked for: {line:?}")
                }
            },
            Effect::Notify(notification) => {
                if let NotificationId::Alert(metric) = notification.id {
                    if notification.is_quiet {
                        assert!(!self.is_unseen[index(metric)], "the end of an alert that nobody saw");
                    } else {
                        self.check_notified(metric, notification.sequence);
                    }
                }
            }
            Effect::Dismiss(NotificationId::Alert(metric)) => {
                self.is_firing[index(*metric)] = false;
                self.is_unseen[index(*metric)] = false;
                self.is_announced[index(*metric)] = false;
            }
            Effect::Warn(_) => self.warnings += 1,
            Effect::Save(settings) => assert_eq!(settings, self.driver.engine.saved_settings()),
            Effect::Record(Record::Reading(stored)) => assert_eq!(Some(&stored.reading), self.driver.engine.reading()),
            Effect::Record(Record::Alert { event, .. }) => self.is_recorded[index(event.metric)] = true,
            Effect::Record(Record::AlertTold { metric, is_told }) => {
                assert!(!is_told || !self.notified[index(*metric)].is_empty(), "{effect:?}");
            }
            Effect::Record(Record::Recovery { event, .. }) => self.is_recorded[index(event.metric)] = false,
            Effect::SetRefresh(refresh) => self.refresh = *refresh,
            Effect::ReadMemoryPast(_) | Effect::ReadMemoryLooks(_) => {}
            Effect::Record(Record::Forecast { .. } | Record::ForecastTold { .. } | Record::Apps { .. })
            | Effect::ScanProcesses
            | Effect::LookAtApps
            | Effect::LookForMenu(_)
            | Effect::EndMenuLooks
            | Effect::AskToQuit(_)
            | Effect::Dismiss(_)
            | Effect::MeasureSelf
            | Effect::RunAction(_)
            | Effect::ToggleLaunchAtLogin
            | Effect::ReadLoginItem
            | Effect::OpenSystemMonitor
            | Effect::OpenHistory
            | Effect::OpenAlert(..)
            | Effect::RunBacktest(_)
            | Effect::OpenSettings
            | Effect::OpenSystemSettings(_)
            | Effect::ShowAbout
            | Effect::CheckForUpdates(_)
            | Effect::OpenRelease(_)
            | Effect::Quit => {
                panic!("not asked for: {effect:?}")
            }
        }
    }

    fn check_end(&mut self, end: &RecoveryEvent) {
        let is_unknown = end.end_reason == EndReason::Unknown;
        assert_eq!(end.value_percent.is_none(), is_unknown, "{end:?}");
        let value = end.value_percent.unwrap_or(0.0);
        let rule = self.driver.engine.alert(end.metric).rule().expect("no end for a metric that is Off");
        assert!(self.is_firing[index(end.metric)], "a recovery without an alert");
        assert!(end.end_reason != EndReason::Below(rule.clear_below()) || value < rule.clear_below(), "{end:?}");
        assert!(end.peak_percent >= value);
        self.is_firing[index(end.metric)] = false;
        self.is_announced[index(end.metric)] = false;
    }

    /// Every known reading of the last `above_for` was above for this cause, and there was no gap among them. Three
    /// unknown ones in a row, over six seconds, are a gap.
    fn check_run(&self, metric: Metric, cause: Cause, above: Percent, above_for: Duration) {
        let holds = |reading: &Reading| match cause {
            Cause::Above(percent) => {
                percent == above && reading.percent(metric).is_some_and(|value| value > f64::from(above.get()))
            }
            Cause::Pressure(_) => reading.memory_pressure.is_some_and(|pressure| pressure > Pressure::Normal),
            Cause::SwapGrowth { .. } => false,
        };
        let last = self.readings.last().unwrap().0.elapsed;
        let run = self.readings.iter().rev().take_while(|(at, _, _)| last - at.elapsed <= above_for);
        let mut spans = Duration::ZERO;
        let mut unknown: Option<(u32, Duration)> = None;
        for (at, reading, is_gap) in run {
            spans = last - at.elapsed;
            if reading.percent(metric).is_none() {
                let (count, latest) = unknown.unwrap_or((0, at.elapsed));
                unknown = Some((count + 1, latest));
            } else {
                assert!(holds(reading), "not above all along");
                let is_gap = |(count, latest)| count >= 3 && latest - at.elapsed >= Duration::from_secs(6);
                assert!(!unknown.take().is_some_and(is_gap), "unknown for too long within the run");
            }
            assert!(!is_gap || spans == above_for, "a gap within the run");
        }
        assert_eq!(spans, above_for, "the run begins at a reading");
    }

    fn check_notified(&mut self, metric: Metric, sequence: u64) {
        assert!(
            !self.driver.engine.saved_settings().is_snoozed(self.driver.now.wall.timestamp()),
            "notified while snoozed"
        );
        assert!(self.is_firing[index(metric)], "notified before it fired");
        let (now, index) = (self.driver.now.elapsed, index(metric));
        self.late[index] = self.sent[index].replace(sequence).unwrap_or(self.late[index]);
        assert!(sequence > self.late[index], "numbers grow");
        self.is_announced[index] = true;
        let notified = &mut self.notified[index];
        if let Some((_, before)) = notified.last() {
            assert!(now - *before >= Settings::DEFAULT.cooldown, "notified twice within the cooldown");
        }
        notified.push((sequence, now));
        let in_hour = notified.iter().filter(|(_, at)| now - *at < Duration::from_secs(3600)).count();
        assert!(in_hour <= 3, "{in_hour} alerts were shown in an hour");
    }

    fn check_saved(&self, effects: &[Effect], before: &Settings) {
        let saved = self.driver.engine.saved_settings();
        let saves = effects.iter().filter(|effect| matches!(effect, Effect::Save(_))).count();
        assert_eq!(saves, usize::from(saved != before), "saved when it changed, and only then");
        assert_eq!(file::parse(&layers::write(None, saved, &layers::NO_LAYER)).as_ref(), Ok(saved), "survives a save");
    }

    fn check_view(&mut self) {
        let view = View::of(&self.driver.engine, &self.driver.now, self.view.as_ref());
        assert_eq!(View::of(&self.driver.engine, &self.driver.now, Some(&view)), view, "the same twice is no change");
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            let firing = self.driver.engine.alert(metric).firing().is_some();
            assert_eq!(firing, self.is_firing[index], "the tray shows the alerts that the console announced");
            assert!(!view.rows[index].to_string().is_empty());
        }
        assert_eq!(view.glyph.is_alert, self.is_firing.contains(&true));
        self.view = Some(view);
    }
}

fn index(metric: Metric) -> usize {
    match metric {
        Metric::Cpu => 0,
        Metric::Memory => 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_of_the_rule_hold_for_any_input(ops in prop::collection::vec(op(), 1..120)) {
        let mut life = Life::new();
        for op in &ops {
            life.take(op);
        }
        let changes = ops.iter().filter(|op| matches!(op, Op::Notified { .. })).count();
        prop_assert!(life.warnings <= changes, "a failure and its end are said once");
    }
}

#[test]
fn a_choice_in_the_menu_beats_the_command_line() {
    let fifty = Threshold::Above(Percent::new(50).unwrap());
    let overrides = Overrides { cpu: Some(fifty), memory: Some(Threshold::Off), ..Overrides::default() };
    let mut life = Life::with(Driver::with(Settings::DEFAULT, overrides, ALERTS_ONLY));
    assert_eq!((life.driver.engine.settings().cpu, life.driver.engine.settings().memory), (fifty, Threshold::Off));
    let ninety = Threshold::Above(Percent::new(90).unwrap());
    life.take(&Op::Command(UserCommand::SetThreshold(Metric::Cpu, ninety)));
    assert_eq!((life.driver.engine.settings().cpu, life.driver.engine.settings().memory), (ninety, Threshold::Off));
    assert_eq!(
        life.driver.engine.saved_settings(),
        &Settings { cpu: ninety, ..Settings::DEFAULT },
        "the rest is not saved"
    );
}
