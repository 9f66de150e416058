//! The sampling interval: slowed by the power state, never while an alert is anything but quiet.

use std::time::Duration;

use loadline::core::history::record::{Record, StoredReading};
use loadline::core::messages::effect::{Effect, Event, UserCommand};
use loadline::core::messages::output_line::{OutputEvent, OutputLine};
use loadline::core::metrics::power_state::{PowerState, SlowReason, SlowedInterval};
use loadline::core::settings::{Overrides, Settings};

use crate::support::engine::{ALERTS_ONLY, Driver};
use crate::support::events;

const NONE: PowerState = PowerState {
    is_on_battery: false,
    is_low_power: false,
    is_display_asleep: false,
    is_session_locked: false,
    is_session_inactive: false,
};
const BATTERY: PowerState = PowerState { is_on_battery: true, ..NONE };
const LOCKED: PowerState = PowerState { is_session_locked: true, ..NONE };

/// A driver whose readings come at the interval in force.
struct Machine {
    driver: Driver,
    last_read: Duration,
    refresh: Duration,
    /// Every interval that was asked for, in seconds.
    asked: Vec<u64>,
    lines: Vec<(Duration, OutputLine)>,
    stored: Vec<StoredReading>,
}

impl Machine {
    fn new(settings: Settings) -> Machine {
        let refresh = settings.refresh;
        let driver = Driver::new(settings);
        let (asked, lines, stored) = (Vec::new(), Vec::new(), Vec::new());
        let mut machine = Machine { driver, last_read: Duration::ZERO, refresh, asked, lines, stored };
        machine.read(10.0);
        machine
    }

    fn handle(&mut self, event: Event) {
        for effect in self.driver.handle(event) {
            match effect {
                Effect::SetRefresh(refresh) => {
                    assert_ne!(refresh, self.refresh, "asked for the interval in force");
                    self.refresh = refresh;
                    self.asked.push(refresh.as_secs());
                }
                Effect::Print(line) => self.lines.push((self.driver.now.elapsed, line)),
                Effect::Record(Record::Reading(stored)) => self.stored.push(stored),
                _ => {}
            }
        }
    }

    fn read(&mut self, cpu: f64) {
        self.last_read = self.driver.now.elapsed;
        self.handle(Event::Reading(events::cpu(cpu)));
    }

    /// Takes the readings up to `until` seconds, the CPU being `cpu` of the time in seconds.
    fn live(&mut self, until: f64, cpu: impl Fn(f64) -> f64) {
        let until = Duration::from_secs_f64(until);
        while (self.last_read + self.refresh).max(self.driver.now.elapsed) <= until {
            self.driver.advance_to((self.last_read + self.refresh).max(self.driver.now.elapsed));
            self.read(cpu(self.driver.now.elapsed.as_secs_f64()));
        }
        self.driver.advance_to(until);
    }

    fn set_power_state(&mut self, state: PowerState) {
        self.handle(Event::PowerState(state));
    }

    fn alerted_at(&self) -> Option<Duration> {
        self.lines.iter().find(|(_, line)| matches!(line.event, OutputEvent::Alert(_))).map(|(at, _)| *at)
    }
}

#[test]
fn the_interval_follows_the_power_state() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.set_power_state(NONE);
    for state in [BATTERY, LOCKED, LOCKED, BATTERY, NONE] {
        machine.set_power_state(state);
    }
    assert_eq!(machine.asked, [4, 10, 4, 2]);
    machine.set_power_state(BATTERY);
    machine.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(10))));
    machine.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(60))));
    assert_eq!(machine.asked[4..], [4, 20, 60], "never shorter than the chosen interval");
}

#[test]
fn the_interval_is_the_chosen_one_while_an_alert_is_not_quiet() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.set_power_state(LOCKED);
    // Rising from 10 s on, firing from 16 s on, in between, falling from 24 s on, quiet at 30 s.
    machine.live(9.0, |_| 10.0);
    assert_eq!(machine.asked, [10]);
    let cpu = |second| match second {
        10.0..20.0 => 90.0,
        20.0..24.0 => 78.0,
        _ => 10.0,
    };
    machine.live(29.0, cpu);
    assert_eq!(machine.asked, [10, 2]);
    assert_eq!(machine.alerted_at(), Some(Duration::from_secs(16)));
    machine.live(60.0, cpu);
    assert_eq!(machine.asked, [10, 2, 10]);
    let slowed = SlowedInterval { refresh: Duration::from_secs(10), reason: SlowReason::Locked };
    assert_eq!(machine.driver.view().slowed, Some(slowed));
}

#[test]
fn one_reading_above_costs_one_chosen_interval() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.set_power_state(BATTERY);
    machine.live(60.0, |second| if second == 8.0 { 90.0 } else { 10.0 });
    assert_eq!(machine.asked, [4, 2, 4]);
    assert_eq!(machine.lines, []);
}

#[test]
fn the_interval_is_the_chosen_one_while_the_menu_is_open() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.set_power_state(BATTERY);
    machine.handle(Event::MenuOpened { counts_for: Duration::from_secs(30) });
    machine.live(29.0, |_| 10.0);
    assert_eq!(machine.asked, [4, 2]);
    assert!(machine.driver.view().slowed.is_some(), "the menu names the slowed interval");
    machine.live(30.0, |_| 10.0);
    assert_eq!(machine.asked, [4, 2, 4], "a panel that reports no closing");
    machine.handle(Event::MenuOpened { counts_for: Duration::MAX });
    machine.handle(Event::MenuClosed);
    assert_eq!(machine.asked, [4, 2, 4, 2, 4]);
}

#[test]
fn readings_may_be_late_while_they_are_slowed_or_seldom() {
    let mut machine = Machine::new(Settings::DEFAULT);
    let may_be_late = |machine: &Machine| machine.driver.view().may_be_late;
    assert!(!may_be_late(&machine));
    machine.set_power_state(BATTERY);
    assert!(may_be_late(&machine));
    machine.handle(Event::MenuOpened { counts_for: Duration::MAX });
    assert!(!may_be_late(&machine), "a person looks at the menu");
    machine.handle(Event::MenuClosed);
    assert!(may_be_late(&machine));
    machine.read(90.0);
    assert!(!may_be_late(&machine), "an alert is about to fire");
    machine.set_power_state(NONE);
    machine.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(10))));
    assert!(!may_be_late(&machine));
    machine.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(11))));
    assert!(may_be_late(&machine));
}

#[test]
fn a_setting_switches_slowing_off() {
    let always = Settings { refresh_saves_power: false, ..Settings::DEFAULT };
    let mut machine = Machine::new(always.clone());
    machine.set_power_state(LOCKED);
    assert_eq!(machine.asked, [0; 0]);
    assert_eq!(machine.driver.engine.slowed_interval(), None);
    machine.handle(Event::SettingsRead(Ok(Box::new(Settings::DEFAULT))));
    machine.handle(Event::SettingsRead(Ok(Box::new(always))));
    assert_eq!(machine.asked, [10, 2]);
}

#[test]
fn an_alert_is_at_most_one_slowed_interval_late() {
    for (state, slowed) in [(BATTERY, 4.0), (LOCKED, 10.0)] {
        for crossing in (40..80).map(|quarters| f64::from(quarters) / 4.0) {
            let alerted_at = |state| {
                let mut machine = Machine::new(Settings::DEFAULT);
                machine.set_power_state(state);
                machine.live(60.0, |second| if second >= crossing { 90.0 } else { 10.0 });
                machine.alerted_at().expect("above for half a minute").as_secs_f64()
            };
            let (plain, late) = (alerted_at(NONE), alerted_at(state));
            assert!(plain >= crossing + 5.0 && late >= crossing + 5.0);
            assert!(late - plain <= slowed, "above from {crossing} s on: {plain} s, slowed {late} s");
        }
    }
}

#[test]
fn slowed_readings_make_no_gap_and_replay_to_the_same_lines() {
    let mut machine = Machine::new(Settings { after: Duration::from_secs(15), ..Settings::DEFAULT });
    let cpu = |second: f64| if (second % 100.0) > 60.0 { 90.0 } else { 10.0 };
    let changes = [(25.0, LOCKED), (71.0, NONE), (110.0, BATTERY), (133.0, LOCKED), (138.5, NONE), (150.0, LOCKED)];
    for (second, state) in changes {
        machine.live(second, cpu);
        machine.set_power_state(state);
    }
    machine.live(600.0, cpu);
    assert!(machine.lines.len() >= 8, "{:#?}", machine.lines);
    assert!(machine.stored.iter().any(|stored| stored.refresh == Duration::from_secs(10)));
    assert!(machine.stored.windows(2).all(|pair| !pair[1].is_gap_since(&pair[0])));

    let mut again = Machine::new(machine.driver.engine.saved_settings().clone());
    let first = machine.stored[0].at;
    for stored in &machine.stored[1..] {
        let settings = Settings { refresh: stored.refresh, ..again.driver.engine.saved_settings().clone() };
        again.handle(Event::SettingsRead(Ok(Box::new(settings))));
        again.driver.advance_to(Duration::try_from(stored.at.duration_since(first)).unwrap());
        again.handle(Event::Reading(stored.reading));
    }
    assert_eq!(again.lines, machine.lines);
}

#[test]
fn a_sleep_while_locked_makes_a_gap() {
    let mut machine = Machine::new(Settings { after: Duration::from_secs(15), ..Settings::DEFAULT });
    machine.set_power_state(LOCKED);
    machine.live(20.0, |_| 90.0);
    machine.driver.advance_to(Duration::from_secs(60));
    machine.read(90.0);
    assert_eq!(machine.alerted_at(), None);
    machine.live(76.0, |_| 90.0);
    assert_eq!(machine.alerted_at(), Some(Duration::from_secs(76)), "above for 15 s since then");
}

#[test]
fn a_lock_that_ends_before_its_first_reading_makes_no_gap() {
    let mut machine = Machine::new(Settings { after: Duration::from_secs(15), ..Settings::DEFAULT });
    machine.live(20.5, |_| 90.0);
    machine.lines.clear();
    // The interval is never slowed while an alert fires: this one ends before.
    machine.live(60.5, |_| 10.0);
    machine.set_power_state(LOCKED);
    machine.live(68.0, |_| 10.0);
    machine.set_power_state(NONE);
    machine.live(90.0, |_| 90.0);
    let pauses: Vec<Duration> =
        machine.stored.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).try_into().unwrap()).collect();
    assert!(pauses.contains(&Duration::from_secs(8)), "longer than three of the chosen intervals: {pauses:?}");
    assert!(machine.stored.windows(2).all(|pair| !pair[1].is_gap_since(&pair[0])));
    assert_eq!(machine.lines.last().unwrap().0, Duration::from_secs(84), "above since 68 s, the end of the lock");
}

#[test]
fn an_interval_of_the_command_line_is_kept() {
    let overrides = Overrides { refresh: Some(Duration::from_secs(1)), ..Overrides::default() };
    let mut driver = Driver::with(Settings::DEFAULT, overrides, ALERTS_ONLY);
    let effects = driver.handle(Event::PowerState(LOCKED));
    assert_eq!((effects.as_slice(), driver.engine.slowed_interval()), (&[][..], None));
    driver.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(2))));
    assert_eq!(
        driver.engine.slowed_interval(),
        Some(SlowedInterval { refresh: Duration::from_secs(10), reason: SlowReason::Locked })
    );
}
