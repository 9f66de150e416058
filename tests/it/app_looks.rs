//! Looks at the applications for the history: when they are asked for, and where they go.

use std::time::Duration;

use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event};
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::app_look::AppLook;
use loadline::core::settings::{Overrides, Settings};

use crate::support::engine::{ALERTS_ONLY, Driver, WITH_APPS};

const DEFAULT: Settings = Settings::DEFAULT;

fn driver(settings: Settings) -> Driver {
    Driver::with(settings, Overrides::default(), WITH_APPS)
}

/// The seconds at which looks are asked for in twenty minutes.
fn looks(mut driver: Driver) -> Vec<u64> {
    for _ in 0..600 {
        driver.read(Reading::default());
        driver.advance(Duration::from_secs(2));
    }
    let looks = driver.effects.iter().filter(|(_, effect)| *effect == Effect::LookAtApps);
    looks.map(|(at, _)| at.as_secs()).collect()
}

fn found() -> AppLook {
    let cpu_time = Duration::from_secs(3);
    AppLook {
        span: Duration::from_secs(300),
        apps: Vec::new(),
        others_cpu_time: cpu_time,
        others_memory_bytes: 9,
        is_complete: false,
    }
}

#[test]
fn the_applications_are_looked_at_once_in_five_minutes() {
    assert_eq!(looks(driver(DEFAULT)), [60, 360, 660, 960]);
}

#[test]
fn nothing_is_looked_at_where_it_is_not_recorded() {
    assert_eq!(looks(driver(Settings { history: false, ..DEFAULT })), [0; 0]);
    assert_eq!(looks(driver(Settings { history_applications: false, ..DEFAULT })), [0; 0]);
    assert_eq!(looks(Driver::with(DEFAULT, Overrides::default(), ALERTS_ONLY)), [0; 0], "a trace is not this machine");
}

#[test]
fn a_look_is_recorded_unless_the_settings_have_changed_meanwhile() {
    let mut driver = driver(DEFAULT);
    let at = driver.now.wall.timestamp();
    let effects = driver.handle(Event::AppLook(Ok(found())));
    assert_eq!(effects, [Effect::Record(Record::Apps { at, look: found() })]);
    driver.handle(Event::SettingsRead(Ok(Box::new(Settings { history_applications: false, ..DEFAULT }))));
    assert_eq!(driver.handle(Event::AppLook(Ok(found()))), []);
}

#[test]
fn a_look_that_fails_is_reported_once() {
    let mut driver = driver(DEFAULT);
    let mut fail = || driver.handle(Event::AppLook(Err("the processes cannot be read".into())));
    let warnings = |effects: &[Effect]| effects.iter().filter(|effect| matches!(effect, Effect::Warn(_))).count();
    assert_eq!([warnings(&fail()), warnings(&fail())], [1, 0]);
    driver.handle(Event::AppLook(Ok(found())));
    assert_eq!(warnings(&driver.handle(Event::AppLook(Err("again".into())))), 1);
}
