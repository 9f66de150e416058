//! Choices of the person that the engine obeys: a snooze, and whether a history is kept.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use loadline::core::alerts::snooze::Snooze;
use loadline::core::history::record::Record;
use loadline::core::messages::effect::{Effect, Event, Operation, UserCommand};
use loadline::core::settings::Settings;

use crate::support::engine::Driver;
use crate::support::events;

#[test]
fn switching_the_history_off_clears_its_problem() {
    let mut driver = Driver::new(Settings::DEFAULT);
    driver.handle(Event::Outcome { operation: Operation::Record, result: Err("no room".into()) });
    assert_eq!(driver.engine.problem().as_deref(), Some("History not kept: no room"));
    driver.handle(Event::SettingsRead(Ok(Box::new(Settings { history: false, ..Settings::DEFAULT }))));
    assert_eq!(driver.engine.problem(), None);
}

#[test]
fn until_tomorrow_ends_at_eight_in_the_morning_across_a_clock_change() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    for (now, end) in [
        ("2026-11-22T15:00:00+01:00", "2026-11-23T08:00:00+01:00"),
        ("2026-11-22T04:59:00+01:00", "2026-11-22T08:00:00+01:00"),
        ("2026-11-22T05:00:00+01:00", "2026-11-23T08:00:00+01:00"),
        ("2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00"),
    ] {
        let mut driver = Driver::new(Settings::DEFAULT);
        driver.now.wall = now.parse::<Timestamp>().unwrap().to_zoned(zone.clone());
        driver.handle(Event::Command(UserCommand::Snooze(Snooze::UntilTomorrow)));
        assert_eq!(driver.engine.saved_settings().snoozed_until, Some(end.parse().unwrap()), "from {now}");
    }
}

#[test]
fn the_end_of_a_recorded_alert_is_recorded() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let records = |driver: &mut Driver, cpu, history| {
        let settings = Settings { history, after: Duration::ZERO, ..Settings::DEFAULT };
        let mut effects = driver.handle(Event::SettingsRead(Ok(Box::new(settings))));
        driver.advance(Duration::from_secs(2));
        effects.extend(driver.read(events::cpu(cpu)));
        let kind = |effect: Effect| match effect {
            Effect::Record(Record::Reading(_)) => Some("reading"),
            Effect::Record(Record::Alert { .. }) => Some("alert"),
            Effect::Record(Record::Recovery { .. }) => Some("recovery"),
            _ => None,
        };
        effects.into_iter().filter_map(kind).collect::<Vec<_>>()
    };
    assert_eq!(records(&mut driver, 90.0, true), ["reading", "alert"]);
    assert_eq!(records(&mut driver, 20.0, false), ["recovery"], "switched off meanwhile");
    assert!(records(&mut driver, 90.0, false).is_empty());
    assert_eq!(records(&mut driver, 20.0, true), ["reading"], "the alert was not recorded");
}
