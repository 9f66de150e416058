//! A panel that goes with the lock of the session, as GNOME's does, and comes back with its end.

use std::time::Duration;

use loadline::core::messages::effect::{Effect, Event, NotificationId};
use loadline::core::metrics::power_state::PowerState;
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::Settings;

use crate::support::engine::Driver;

const MISSING: Event = Event::PanelMissing { is_gnome: true };

fn lock(driver: &mut Driver, is_session_locked: bool) {
    driver.handle(Event::PowerState(PowerState { is_session_locked, ..PowerState::default() }));
}

/// Readings every ten seconds, for a minute.
fn read_on(driver: &mut Driver) {
    (0..6).for_each(|_| {
        driver.advance(Duration::from_secs(10));
        driver.read(Reading::default());
    });
}

/// The times, in seconds, at which the notification was shown that there is no panel.
fn told(driver: &Driver) -> Vec<u64> {
    let is_about_panel = |effect: &Effect| match effect {
        Effect::Notify(notification) => notification.id == NotificationId::PanelMissing,
        _ => false,
    };
    let told = driver.effects.iter().filter(|(_, effect)| is_about_panel(effect));
    told.map(|(at, _)| at.as_secs()).collect()
}

#[test]
fn nothing_is_said_of_a_panel_that_is_missing_while_the_session_is_locked() {
    let mut driver = Driver::new(Settings { history: false, ..Settings::DEFAULT });
    lock(&mut driver, true);
    driver.handle(MISSING);
    read_on(&mut driver);
    lock(&mut driver, false);
    driver.handle(Event::PanelFound { shows_text: true });
    read_on(&mut driver);
    assert_eq!(told(&driver), [0; 0]);
    driver.handle(MISSING);
    assert_eq!(told(&driver), [120], "the session is not locked");
}

#[test]
fn a_panel_that_does_not_come_back_with_the_session_is_reported_once() {
    let mut driver = Driver::new(Settings { history: false, ..Settings::DEFAULT });
    lock(&mut driver, true);
    driver.handle(MISSING);
    read_on(&mut driver);
    lock(&mut driver, false);
    read_on(&mut driver);
    assert_eq!(told(&driver), [80], "it has had ten seconds from the first reading on");
    driver.handle(MISSING);
    assert_eq!(told(&driver), [80]);
}
