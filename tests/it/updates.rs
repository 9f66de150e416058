//! The engine looks for a newer version only where the settings ask for it, and once a day.

use std::time::Duration;

use loadline::core::engine::EngineOptions;
use loadline::core::messages::effect::{Effect, Event, UserCommand};
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::updates::release::{Release, Repository};
use loadline::core::updates::schedule::UpdateCheck;

use crate::support::engine::{ALERTS_ONLY, Driver};

const HOUR: Duration = Duration::from_secs(3600);
const PAGE: &str = "https://github.com/o/loadline/releases/tag/v99.0.0";

fn repository() -> Repository {
    "https://github.com/o/loadline".parse().unwrap()
}

fn asking() -> Settings {
    Settings { updates_from: Some(repository()), ..Settings::DEFAULT }
}

fn driver(settings: Settings) -> Driver {
    Driver::with(settings, Overrides::default(), EngineOptions { checks_updates: true, ..ALERTS_ONLY })
}

/// Takes a reading; returns whether a check was asked for.
fn is_checked(driver: &mut Driver) -> bool {
    driver.read(Reading::default()).contains(&Effect::CheckForUpdates(repository()))
}

/// The outcome of a check, at the driver's time.
fn outcome(driver: &Driver, outcome: Result<Option<Release>, String>) -> Event {
    let (at, repository) = (driver.now.wall.timestamp(), repository());
    Event::UpdateChecked(UpdateCheck { at, repository, outcome })
}

fn newer() -> Release {
    Release { version: "99.0.0".parse().unwrap(), page: PAGE.into() }
}

#[test]
fn nobody_is_asked_unless_the_settings_name_a_repository() {
    let mut silent = driver(Settings::DEFAULT);
    assert!(!is_checked(&mut silent));
    let mut on_the_console = Driver::new(asking());
    assert!(!is_checked(&mut on_the_console), "there is no menu that could show it");
    assert!(is_checked(&mut driver(asking())));
}

#[test]
fn a_check_is_made_once_a_day_and_after_a_restart_no_sooner() {
    let mut driver = driver(asking());
    assert_eq!([is_checked(&mut driver), is_checked(&mut driver)], [true, false], "one is under way");
    let done = outcome(&driver, Ok(None));
    driver.handle(done);
    driver.advance(24 * HOUR - Duration::from_secs(1));
    assert!(!is_checked(&mut driver));
    driver.advance(Duration::from_secs(1));
    assert!(is_checked(&mut driver));
    let failed = outcome(&driver, Err("no connection".into()));
    driver.handle(failed);
    driver.advance(HOUR);
    assert!(is_checked(&mut driver), "an hour after a failure");

    let mut restarted = self::driver(asking());
    restarted.now = driver.now.clone();
    restarted.handle(outcome(&driver, Ok(None)));
    assert!(!is_checked(&mut restarted));
}

#[test]
fn a_newer_version_is_shown_and_its_page_opened() {
    let mut driver = driver(asking());
    assert_eq!(driver.handle(Event::Command(UserCommand::OpenRelease)), []);
    let found = outcome(&driver, Ok(Some(newer())));
    assert_eq!(driver.handle(found), []);
    assert_eq!(driver.view().newer_version, Some(newer().version));
    assert_eq!(driver.handle(Event::Command(UserCommand::OpenRelease)), [Effect::OpenRelease(PAGE.into())]);
    driver.handle(Event::SettingsRead(Ok(Box::new(Settings::DEFAULT))));
    assert_eq!(driver.view().newer_version, None, "switched off");
}

#[test]
fn a_failed_check_changes_nothing_that_is_seen() {
    let mut driver = driver(asking());
    let before = driver.view();
    let failed = outcome(&driver, Err("no connection".into()));
    assert_eq!(driver.handle(failed), []);
    assert_eq!(driver.view(), before);
}
