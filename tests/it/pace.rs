//! How often readings are asked for: stretched where that is for nobody, never while an alert is anything but quiet.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use loadline::core::engine::{Engine, EngineOptions};
use loadline::core::history::record::{Record, StoredReading};
use loadline::core::messages::effect::{Effect, Event, UserCommand};
use loadline::core::messages::output_line::{OutputEvent, OutputLine};
use loadline::core::metrics::power_state::{PowerState, SlowReason, SlowedInterval};
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::time::Now;
use loadline::core::tray::view::View;

const NONE: PowerState =
    PowerState { is_on_battery: false, is_low_power: false, is_display_asleep: false, is_session_locked: false };
const BATTERY: PowerState = PowerState { is_on_battery: true, ..NONE };
const LOCKED: PowerState = PowerState { is_session_locked: true, ..NONE };

/// A machine with Loadline on it: readings come when the interval in force says, in virtual time.
struct Machine {
    engine: Engine,
    now: Duration,
    last_read: Duration,
    refresh: Duration,
    /// Every interval that was asked for.
    asked: Vec<u64>,
    lines: Vec<(Duration, OutputLine)>,
    kept: Vec<StoredReading>,
}

impl Machine {
    fn new(settings: Settings) -> Machine {
        let refresh = settings.refresh;
        let manner = EngineOptions { prints_readings: false, names_apps: false };
        let engine = Engine::new(settings, Overrides::default(), manner);
        let (now, last_read) = (Duration::ZERO, Duration::ZERO);
        let mut machine =
            Machine { engine, now, last_read, refresh, asked: Vec::new(), lines: Vec::new(), kept: Vec::new() };
        machine.read(10.0);
        machine
    }

    fn handle(&mut self, event: Event) {
        let mut effects = Vec::new();
        self.engine.handle(event, &at(self.now), &mut effects);
        for effect in effects {
            match effect {
                Effect::SetRefresh(refresh) => {
                    assert_ne!(refresh, self.refresh, "asked for what is in force");
                    self.refresh = refresh;
                    self.asked.push(refresh.as_secs());
                }
                Effect::Print(line) => self.lines.push((self.now, line)),
                Effect::Record(Record::Reading(kept)) => self.kept.push(kept),
                _ => {}
            }
        }
    }

    fn read(&mut self, cpu: f64) {
        self.last_read = self.now;
        self.handle(Event::Reading(Reading { cpu_percent: Some(cpu), ..Reading::default() }));
    }

    /// Takes the readings up to `until` seconds, the CPU being what `cpu` says of a time in seconds.
    fn live(&mut self, until: f64, cpu: impl Fn(f64) -> f64) {
        let until = Duration::from_secs_f64(until);
        while (self.last_read + self.refresh).max(self.now) <= until {
            self.now = (self.last_read + self.refresh).max(self.now);
            self.read(cpu(self.now.as_secs_f64()));
        }
        self.now = until;
    }

    fn are(&mut self, circumstances: PowerState) {
        self.handle(Event::PowerState(circumstances));
    }

    fn alerted_at(&self) -> Option<Duration> {
        self.lines.iter().find(|(_, line)| matches!(line.event, OutputEvent::Alert(_))).map(|(at, _)| *at)
    }
}

fn at(elapsed: Duration) -> Now {
    let wall = (Timestamp::from_second(1_800_000_000).unwrap() + elapsed).to_zoned(TimeZone::UTC);
    Now { elapsed, wall }
}

#[test]
fn the_interval_follows_the_circumstances() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.are(NONE);
    for circumstances in [BATTERY, LOCKED, LOCKED, BATTERY, NONE] {
        machine.are(circumstances);
    }
    assert_eq!(machine.asked, [4, 10, 4, 2]);
    machine.are(BATTERY);
    machine.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(10))));
    machine.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(60))));
    assert_eq!(machine.asked[4..], [4, 20, 60], "who chose a minute keeps a minute");
}

#[test]
fn it_is_the_chosen_one_while_an_alert_is_anything_but_quiet() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.are(LOCKED);
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
    let stretch = SlowedInterval { refresh: Duration::from_secs(10), reason: SlowReason::Locked };
    assert_eq!(View::of(&machine.engine, &at(machine.now), None).slowed, Some(stretch));
}

#[test]
fn a_value_that_is_above_for_one_reading_costs_one_interval() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.are(BATTERY);
    machine.live(60.0, |second| if second == 8.0 { 90.0 } else { 10.0 });
    assert_eq!(machine.asked, [4, 2, 4]);
    assert_eq!(machine.lines, []);
}

#[test]
fn it_is_the_chosen_one_while_the_menu_is_open() {
    let mut machine = Machine::new(Settings::DEFAULT);
    machine.are(BATTERY);
    machine.handle(Event::MenuOpened { counts_for: Duration::from_secs(30) });
    machine.live(29.0, |_| 10.0);
    assert_eq!(machine.asked, [4, 2]);
    assert!(View::of(&machine.engine, &at(machine.now), None).slowed.is_some(), "the menu says so");
    machine.live(30.0, |_| 10.0);
    assert_eq!(machine.asked, [4, 2, 4], "a panel that never says that it closed it");
    machine.handle(Event::MenuOpened { counts_for: Duration::MAX });
    machine.handle(Event::MenuClosed);
    assert_eq!(machine.asked, [4, 2, 4, 2, 4]);
}

#[test]
fn who_does_not_want_it_does_not_get_it() {
    let always = Settings { refresh_saves_power: false, ..Settings::DEFAULT };
    let mut machine = Machine::new(always.clone());
    machine.are(LOCKED);
    assert_eq!(machine.asked, [0; 0]);
    assert_eq!(machine.engine.slowed_interval(), None);
    machine.handle(Event::SettingsRead(Ok(Settings::DEFAULT)));
    machine.handle(Event::SettingsRead(Ok(always)));
    assert_eq!(machine.asked, [10, 2]);
}

#[test]
fn an_alert_is_at_most_one_stretched_interval_late() {
    for (circumstances, stretched) in [(BATTERY, 4.0), (LOCKED, 10.0)] {
        for crossing in (40..80).map(|quarters| f64::from(quarters) / 4.0) {
            let alerted_at = |circumstances| {
                let mut machine = Machine::new(Settings::DEFAULT);
                machine.are(circumstances);
                machine.live(60.0, |second| if second >= crossing { 90.0 } else { 10.0 });
                machine.alerted_at().expect("above for half a minute").as_secs_f64()
            };
            let (plain, late) = (alerted_at(NONE), alerted_at(circumstances));
            assert!(plain >= crossing + 5.0 && late >= crossing + 5.0);
            assert!(late - plain <= stretched, "above from {crossing} s on: {plain} s, stretched {late} s");
        }
    }
}

#[test]
fn stretched_readings_are_no_gaps_and_decide_alike_when_played_again() {
    let mut machine = Machine::new(Settings { after: Duration::from_secs(15), ..Settings::DEFAULT });
    let cpu = |second: f64| if (second % 100.0) > 60.0 { 90.0 } else { 10.0 };
    let changes = [(25.0, LOCKED), (71.0, NONE), (110.0, BATTERY), (133.0, LOCKED), (138.5, NONE), (150.0, LOCKED)];
    for (second, circumstances) in changes {
        machine.live(second, cpu);
        machine.are(circumstances);
    }
    machine.live(600.0, cpu);
    assert!(machine.lines.len() >= 8, "{:#?}", machine.lines);
    assert!(machine.kept.iter().any(|kept| kept.refresh == Duration::from_secs(10)));
    assert!(machine.kept.windows(2).all(|pair| !pair[1].is_gap_since(&pair[0])));

    let mut again = Machine::new(machine.engine.saved_settings().clone());
    let first = machine.kept[0].at;
    for kept in &machine.kept[1..] {
        let settings = Settings { refresh: kept.refresh, ..again.engine.saved_settings().clone() };
        again.handle(Event::SettingsRead(Ok(settings)));
        again.now = Duration::try_from(kept.at.duration_since(first)).unwrap();
        again.handle(Event::Reading(kept.reading));
    }
    assert_eq!(again.lines, machine.lines);
}

#[test]
fn a_machine_that_slept_while_it_was_locked_has_a_gap() {
    let mut machine = Machine::new(Settings { after: Duration::from_secs(15), ..Settings::DEFAULT });
    machine.are(LOCKED);
    machine.live(20.0, |_| 90.0);
    machine.now = Duration::from_secs(60);
    machine.read(90.0);
    assert_eq!(machine.alerted_at(), None);
    machine.live(76.0, |_| 90.0);
    assert_eq!(machine.alerted_at(), Some(Duration::from_secs(76)), "above for 15 s since then");
}

#[test]
fn a_lock_that_is_over_before_its_first_reading_makes_no_gap() {
    let mut machine = Machine::new(Settings { after: Duration::from_secs(15), ..Settings::DEFAULT });
    machine.live(20.5, |_| 90.0);
    machine.lines.clear();
    // An alert that fires is never stretched: this one ends before.
    machine.live(60.5, |_| 10.0);
    machine.are(LOCKED);
    machine.live(68.0, |_| 10.0);
    machine.are(NONE);
    machine.live(90.0, |_| 90.0);
    let pauses: Vec<Duration> =
        machine.kept.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).try_into().unwrap()).collect();
    assert!(pauses.contains(&Duration::from_secs(8)), "longer than three of the chosen intervals: {pauses:?}");
    assert!(machine.kept.windows(2).all(|pair| !pair[1].is_gap_since(&pair[0])));
    assert_eq!(machine.lines.last().unwrap().0, Duration::from_secs(84), "above since 68 s, the end of the lock");
}

#[test]
fn an_interval_of_the_command_line_is_kept_to() {
    let every = Overrides { refresh: Some(Duration::from_secs(1)), ..Overrides::default() };
    let manner = EngineOptions { prints_readings: false, names_apps: false };
    let mut engine = Engine::new(Settings::DEFAULT, every, manner);
    let mut effects = Vec::new();
    engine.handle(Event::PowerState(LOCKED), &at(Duration::ZERO), &mut effects);
    assert_eq!((effects.as_slice(), engine.slowed_interval()), (&[][..], None));
    engine.handle(Event::Command(UserCommand::SetRefresh(Duration::from_secs(2))), &at(Duration::ZERO), &mut effects);
    assert_eq!(
        engine.slowed_interval(),
        Some(SlowedInterval { refresh: Duration::from_secs(10), reason: SlowReason::Locked })
    );
}
